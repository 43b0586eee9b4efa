// torch::save and torch::load, of modules and tensors. The files are safetensors, not libtorch's archives.
#pragma once

#include <torch/nn.h>
#include <torch/types.h>

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace torch {
namespace serialize {
using namespace relume::serialize;
}

// Writes a module's parameters and buffers by their names.
template <class M, class = std::enable_if_t<std::is_base_of_v<relume::nn::Module, M>>>
void save(const std::shared_ptr<M>& module, const std::string& path) {
  relume::serialize::save_safetensors(path, module->state_dict());
}
template <class M>
void save(const relume::nn::ModuleHolder<M>& module, const std::string& path) {
  save(module.ptr(), path);
}
// Reads them back. Throws Error where a name is missing or unexpected, or a shape differs.
template <class M, class = std::enable_if_t<std::is_base_of_v<relume::nn::Module, M>>>
void load(const std::shared_ptr<M>& module, const std::string& path) {
  module->load_state_dict(relume::serialize::load_safetensors(path));
}
template <class M>
void load(relume::nn::ModuleHolder<M>& module, const std::string& path) {
  load(module.ptr(), path);
}

// Tensors are kept by their positions: "0", "1", ...
inline void save(const std::vector<Tensor>& tensors, const std::string& path) {
  OrderedDict<std::string, Tensor> named;
  for (size_t i = 0; i < tensors.size(); ++i) named.insert(std::to_string(i), tensors[i]);
  relume::serialize::save_safetensors(path, named);
}
inline void load(std::vector<Tensor>& tensors, const std::string& path) {
  const OrderedDict<std::string, Tensor> named = relume::serialize::load_safetensors(path);
  tensors.clear();
  for (size_t i = 0; i < named.size(); ++i) tensors.push_back(named[std::to_string(i)]);
}
inline void save(const Tensor& tensor, const std::string& path) { save(std::vector<Tensor>{tensor}, path); }
inline void load(Tensor& tensor, const std::string& path) {
  std::vector<Tensor> tensors;
  load(tensors, path);
  TORCH_CHECK(tensors.size() == 1, "load: expected a file of one tensor, got ", tensors.size());
  tensor = tensors[0];
}

}  // namespace torch
