"""Storages: the memory of tensors as an object."""

import copy

import pytest
import relume as torch


class TestStorage:
    def test_classes_of_a_dtype(self):
        made = torch.FloatStorage([1, 2])
        assert made.tolist() == [1, 2] and made.type() == "torch.FloatStorage" and made.size() == 2
        assert isinstance(made, torch.FloatStorage) and not isinstance(made, torch.LongStorage)
        assert torch.LongStorage(3).nbytes() == 24 and torch.empty(0).set_(made, 1).tolist() == [2]

    def test_converts_and_copies(self):
        made = torch.arange(3.0).storage()
        assert made.double().dtype == torch.float64 and made.half().tolist() == [0, 1, 2]
        assert made.type("torch.LongStorage").tolist() == [0, 1, 2]
        copied = copy.copy(made)
        assert copied.data_ptr() != made.data_ptr() and copied.tolist() == made.tolist()
        assert made.copy_(torch.ones(3).storage()) is made and made.tolist() == [1, 1, 1]
        with pytest.raises(RuntimeError, match="size does not match, self was 12 bytes but src was 4 bytes"):
            made.copy_(torch.ones(1).storage())

    def test_index_errors(self):
        made = torch.FloatStorage([1, 2])
        with pytest.raises(IndexError, match="index 2 out of range for storage of size 2"):
            made[2]
        with pytest.raises(RuntimeError, match="slices are only supported in UntypedStorage"):
            made[:1]

    def test_bytes_of_a_sequence_and_of_a_file(self, tmp_path):
        assert torch.UntypedStorage([1, 2]).tolist() == [1, 2]
        torch.FloatStorage.from_file(str(tmp_path / "x"), shared=True, size=2).fill_(3)
        assert torch.FloatStorage.from_file(str(tmp_path / "x"), size=2).tolist() == [3, 3]
