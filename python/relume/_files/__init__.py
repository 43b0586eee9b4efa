"""The file format of save() and load(): a zip archive of a pickle and of the storages that its tensors lie in."""
