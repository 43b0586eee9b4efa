// Files that PyTorch wrote: what torch.save made of a state dict, a tensor or plain values, and libtorch's archives.
#pragma once

#include "relume/custom_function.h"
#include "serialize/zip.h"

namespace relume::serialize {

// Whether a file is one. Throws Error for one of the format that PyTorch had before 1.6.
bool is_torch_file(const ByteSource& source);

// The values by name: keys of dicts, names of parameters, numbers in lists, nested ones after a dot; a file of one
// tensor has it as "0". Throws Error where the file is damaged, or holds objects of other classes: nothing of the file
// is executed.
detail::SavedData read_torch_file(const ByteSource& source);

}  // namespace relume::serialize
