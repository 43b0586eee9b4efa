// Archives: tensors and other values by name, as modules and optimizers write them to files and streams; and save() and
// load(), which take any of these.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "relume/custom_function.h"
#include "relume/export.h"
#include "relume/nn/pimpl.h"
#include "relume/optim/optimizer.h"
#include "relume/tensor.h"

namespace relume {
namespace serialize {

// Values on their way to a file, which is one of safetensors. A name of a nested archive stands behind that archive's
// own name and a dot. Tensors are written as they are when the file is, without history.
class RELUME_API OutputArchive {
 public:
  // Throws Error where the name is taken, or where the value is a list of tensors. A buffer is written as a parameter.
  void write(const std::string& key, const Tensor& tensor, bool is_buffer = false);
  void write(const std::string& key, const IValue& value);
  void write(const std::string& key, const OutputArchive& nested_archive);
  // The file is replaced only when it is whole. Throws Error where it cannot be written.
  void save_to(const std::string& filename) const;
  void save_to(std::ostream& stream) const;
  // To write(const void* data, size_t size).
  template <class Write, class = std::enable_if_t<std::is_invocable_v<Write&, const void*, size_t>>>
  void save_to(Write&& write) const {
    const std::string file = bytes();
    write(static_cast<const void*>(file.data()), file.size());
  }

 private:
  std::string bytes() const;

  relume::detail::SavedData values_;
};

// Values from a file or stream: one that OutputArchive wrote, or libtorch's torch::save, or PyTorch's torch.save, where
// it holds tensors, numbers, strings, lists and dicts alone (nothing of it is executed). read() throws Error, which
// names the value, where there is none of that name and kind; try_read() then says false. A tensor that is defined
// keeps its identity, and takes over the file's sizes and dtype.
class RELUME_API InputArchive {
 public:
  void read(const std::string& key, Tensor& tensor, bool is_buffer = false);
  void read(const std::string& key, IValue& value);
  void read(const std::string& key, InputArchive& archive);
  bool try_read(const std::string& key, Tensor& tensor, bool is_buffer = false);
  bool try_read(const std::string& key, IValue& value);
  bool try_read(const std::string& key, InputArchive& archive);
  // The names in this archive, each nested archive's once.
  std::vector<std::string> keys() const;
  // Throws Error where the file is missing, truncated or damaged; then the archive is as it was.
  void load_from(const std::string& filename, std::optional<Device> device = {});
  void load_from(std::istream& stream, std::optional<Device> device = {});
  void load_from(const char* data, size_t size, std::optional<Device> device = {});
  // From read(uint64_t position, void* to, size_t size), which returns how many bytes it gave; size() is that of all.
  template <class Read, class Size,
            class = std::enable_if_t<std::is_invocable_v<Read&, uint64_t, void*, size_t> && std::is_invocable_v<Size&>>>
  void load_from(const Read& read, const Size& size, std::optional<Device> device = {}) {
    std::string file(size(), '\0');
    file.resize(read(uint64_t{0}, static_cast<void*>(file.data()), file.size()));
    load_from(file.data(), file.size(), device);
  }

 private:
  relume::detail::SavedData values_;
  std::string path_;  // the names of the archives around this one, each with a dot
};

// A tensor has the name "0", those of a list "0", "1" and so on; modules and optimizers write themselves.
RELUME_API OutputArchive& operator<<(OutputArchive& archive, const Tensor& tensor);
RELUME_API OutputArchive& operator<<(OutputArchive& archive, const std::vector<Tensor>& tensors);
RELUME_API OutputArchive& operator<<(OutputArchive& archive, const nn::Module& module);
RELUME_API OutputArchive& operator<<(OutputArchive& archive, const optim::Optimizer& optimizer);
RELUME_API InputArchive& operator>>(InputArchive& archive, Tensor& tensor);
RELUME_API InputArchive& operator>>(InputArchive& archive, std::vector<Tensor>& tensors);
RELUME_API InputArchive& operator>>(InputArchive& archive, nn::Module& module);
RELUME_API InputArchive& operator>>(InputArchive& archive, optim::Optimizer& optimizer);

template <class M, class = std::enable_if_t<std::is_base_of_v<nn::Module, M>>>
OutputArchive& operator<<(OutputArchive& archive, const std::shared_ptr<M>& module) {
  return archive << static_cast<const nn::Module&>(*module);
}
template <class M>
OutputArchive& operator<<(OutputArchive& archive, const nn::ModuleHolder<M>& module) {
  return archive << static_cast<const nn::Module&>(*module);
}
template <class M, class = std::enable_if_t<std::is_base_of_v<nn::Module, M>>>
InputArchive& operator>>(InputArchive& archive, const std::shared_ptr<M>& module) {
  return archive >> static_cast<nn::Module&>(*module);
}
template <class M>
InputArchive& operator>>(InputArchive& archive, const nn::ModuleHolder<M>& module) {
  return archive >> static_cast<nn::Module&>(*module);
}

// A value as the bytes of a file, and back. Throws Error for a list of tensors, and for bytes that are no such file.
RELUME_API std::vector<char> pickle_save(const IValue& value);
RELUME_API IValue pickle_load(const std::vector<char>& bytes);

}  // namespace serialize

// Writes a tensor, a list of tensors, a module or an optimizer to a file, named by a string, or to a stream.
template <class Value, class... To>
void save(const Value& value, To&&... to) {
  serialize::OutputArchive archive;
  archive << value;
  archive.save_to(std::forward<To>(to)...);
}

// Reads back what save() has written, into a value of the same kind. Throws Error where it does not fit.
template <class Value, class... From>
void load(Value& value, From&&... from) {
  serialize::InputArchive archive;
  archive.load_from(std::forward<From>(from)...);
  archive >> value;
}

}  // namespace relume
