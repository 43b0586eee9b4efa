// Dictionaries of tensors to and from safetensors files.
#include "core/tensor_impl.h"
#include "relume/ops.h"
#include "relume/serialize/safetensors.h"
#include "serialize/safetensors.h"

namespace relume::serialize {

void save_safetensors(const std::string& path, const OrderedDict<std::string, Tensor>& tensors,
                      const Metadata& metadata) {
  std::vector<Tensor> contiguous;  // they live until they are written
  std::vector<TensorSource> sources;
  for (const auto& item : tensors) {
    contiguous.push_back(item.value().detach().contiguous());
    const Tensor& tensor = contiguous.back();
    sources.push_back({item.key(), tensor.scalar_type(), tensor.sizes().vec(), tensor.impl()->data()});
  }
  write_safetensors(path, std::move(sources), metadata);
}

OrderedDict<std::string, Tensor> load_safetensors(const std::string& path, Metadata* metadata) {
  const InputFile file(path);
  SafetensorsIndex index = read_safetensors_index(file);
  OrderedDict<std::string, Tensor> tensors;
  for (const TensorEntry& entry : index.entries) {
    const Tensor tensor = relume::empty(entry.sizes, entry.dtype);
    read_safetensors_elements(file, entry, tensor.impl()->data());
    tensors.insert(entry.name, tensor);
  }
  if (metadata) *metadata = std::move(index.metadata);
  return tensors;
}

}  // namespace relume::serialize
