// Dictionaries of tensors to and from safetensors files.
#include <ostream>

#include "core/check.h"
#include "core/tensor_impl.h"
#include "relume/ops.h"
#include "relume/serialize/safetensors.h"
#include "serialize/safetensors.h"

namespace relume::serialize {
namespace {

// Calls write(sources) with the tensors in row-major order.
template <class Write>
void with_sources(const OrderedDict<std::string, Tensor>& tensors, Write write) {
  std::vector<Tensor> contiguous;  // they live until they are written
  std::vector<TensorSource> sources;
  for (const auto& item : tensors) {
    contiguous.push_back(item.value().detach().contiguous());
    const Tensor& tensor = contiguous.back();
    sources.push_back({item.key(), tensor.scalar_type(), tensor.sizes().vec(), tensor.impl()->data()});
  }
  write(std::move(sources));
}

// The tensors of an index; read(entry, to) gets their elements.
template <class Read>
OrderedDict<std::string, Tensor> read_all(SafetensorsIndex index, Metadata* metadata, Read read) {
  OrderedDict<std::string, Tensor> tensors;
  for (const TensorEntry& entry : index.entries) {
    const Tensor tensor = relume::empty(entry.sizes, entry.dtype);
    read(entry, tensor.impl()->data());
    tensors.insert(entry.name, tensor);
  }
  if (metadata) *metadata = std::move(index.metadata);
  return tensors;
}

}  // namespace

void save_safetensors(const std::string& path, const OrderedDict<std::string, Tensor>& tensors) {
  save_safetensors(path, tensors, Metadata());
}

void save_safetensors(const std::string& path, const OrderedDict<std::string, Tensor>& tensors,
                      const Metadata& metadata) {
  with_sources(tensors,
               [&](std::vector<TensorSource> sources) { write_safetensors(path, std::move(sources), metadata); });
}

void save_safetensors(std::ostream& stream, const OrderedDict<std::string, Tensor>& tensors, const Metadata& metadata) {
  with_sources(tensors, [&](std::vector<TensorSource> sources) {
    write_safetensors("the stream", std::move(sources), metadata, [&](const void* from, size_t count) {
      stream.write(static_cast<const char*>(from), static_cast<std::streamsize>(count));
    });
    check(stream.good(), "cannot write the stream");
  });
}

OrderedDict<std::string, Tensor> load_safetensors(const std::string& path, Metadata* metadata) {
  const InputFile file(path);
  return read_all(read_safetensors_index(file), metadata,
                  [&](const TensorEntry& entry, void* to) { read_safetensors_elements(file, entry, to); });
}

OrderedDict<std::string, Tensor> load_safetensors(const void* data, size_t size, Metadata* metadata) {
  const ArrayRef<uint8_t> file(static_cast<const uint8_t*>(data), size);
  return read_all(parse_safetensors_index(file, "the stream"), metadata, [&](const TensorEntry& entry, void* to) {
    copy_safetensors_elements(file, "the stream", entry, to);
  });
}

}  // namespace relume::serialize
