// Tensors by name in safetensors files, which Python's safetensors package reads and writes too.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>

#include "relume/export.h"
#include "relume/nn/ordered_dict.h"
#include "relume/tensor.h"

namespace relume::serialize {

// Text by name, which a file carries beside its tensors.
using Metadata = OrderedDict<std::string, std::string>;

// Writes the tensors, of any dtype and layout, to a file that replaces `path` only when it is whole: where the disk is
// full or the program is killed, the old file stays. Throws Error where it cannot be written or a name is not UTF-8.
//   save_safetensors("model.safetensors", model->state_dict());
RELUME_API void save_safetensors(const std::string& path, const OrderedDict<std::string, Tensor>& tensors);
RELUME_API void save_safetensors(const std::string& path, const OrderedDict<std::string, Tensor>& tensors,
                                 const Metadata& metadata);
// The same to a stream, from where it stands.
RELUME_API void save_safetensors(std::ostream& stream, const OrderedDict<std::string, Tensor>& tensors,
                                 const Metadata& metadata);

// Reads all tensors of a file, and its metadata where that is asked for. Every length is checked against the file's:
// throws Error where it is missing, truncated or damaged, or has a dtype that Relume hasn't. Nothing in it is executed.
//   model->load_state_dict(load_safetensors("model.safetensors"));
RELUME_API OrderedDict<std::string, Tensor> load_safetensors(const std::string& path, Metadata* metadata = nullptr);
// The same of a whole file in memory.
RELUME_API OrderedDict<std::string, Tensor> load_safetensors(const void* data, size_t size,
                                                             Metadata* metadata = nullptr);

}  // namespace relume::serialize
