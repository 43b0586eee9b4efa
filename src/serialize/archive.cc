// Archives over safetensors files: what is no tensor is written as one, and its kind stands in the metadata.
#include "relume/serialize/archive.h"

#include <algorithm>
#include <istream>
#include <iterator>
#include <ostream>

#include "core/check.h"
#include "relume/creation.h"
#include "relume/ops.h"
#include "relume/printing.h"
#include "relume/serialize/safetensors.h"
#include "serialize/torch_file.h"

namespace relume {
namespace serialize {
namespace {

using relume::detail::SavedData;

constexpr const char* kRequiresGrad = "requires_grad";  // the kind of tensors that do

// How a kind of value that is no tensor becomes one, and back.
struct Kind {
  const char* name;
  bool (IValue::*is)() const;
  Tensor (*to_tensor)(const IValue& value);
  IValue (*from_tensor)(const Tensor& tensor);
};

template <class T>
Tensor list_tensor(const T* data, size_t size, ScalarType dtype) {
  return from_blob(const_cast<T*>(data), {static_cast<int64_t>(size)}, dtype).clone();
}
template <class T>
std::vector<T> list_of(const Tensor& tensor) {
  const T* data = tensor.data_ptr<T>();
  return std::vector<T>(data, data + tensor.numel());
}

constexpr Kind kKinds[] = {
    {"None", &IValue::isNone, [](const IValue&) { return empty({0}, kByte); }, [](const Tensor&) { return IValue(); }},
    {"bool", &IValue::isBool, [](const IValue& value) { return full({}, value.toBool(), kBool); },
     [](const Tensor& tensor) { return IValue(tensor.item<bool>()); }},
    {"int", &IValue::isInt, [](const IValue& value) { return full({}, value.toInt(), kLong); },
     [](const Tensor& tensor) { return IValue(tensor.item<int64_t>()); }},
    {"float", &IValue::isDouble, [](const IValue& value) { return full({}, value.toDouble(), kDouble); },
     [](const Tensor& tensor) { return IValue(tensor.item<double>()); }},
    {"str", &IValue::isString,
     [](const IValue& value) { return list_tensor(value.toStringRef().data(), value.toStringRef().size(), kByte); },
     [](const Tensor& tensor) {
       const auto bytes = list_of<uint8_t>(tensor);
       return IValue(std::string(bytes.begin(), bytes.end()));
     }},
    {"List[int]", &IValue::isIntList,
     [](const IValue& value) {
       const auto list = value.toIntVector();
       return list_tensor(list.data(), list.size(), kLong);
     },
     [](const Tensor& tensor) { return IValue(list_of<int64_t>(tensor)); }},
    {"List[float]", &IValue::isDoubleList,
     [](const IValue& value) {
       const auto list = value.toDoubleVector();
       return list_tensor(list.data(), list.size(), kDouble);
     },
     [](const Tensor& tensor) { return IValue(list_of<double>(tensor)); }},
};

const Kind* kind_of(const IValue& value) {
  for (const Kind& kind : kKinds)
    if ((value.*kind.is)()) return &kind;
  return nullptr;
}

const Kind& kind_named(const std::string& name, const std::string& key) {
  for (const Kind& kind : kKinds)
    if (name == kind.name) return kind;
  fail("\"{}\" is of the unknown kind {}", key, name);
}

void add(SavedData& values, const std::string& key, const IValue& value) {
  check(values.count(key) == 0, "OutputArchive: the name \"{}\" is taken", key);
  values[key] = value;
}

// Calls write(tensors, metadata) with the values in the form of a file.
template <class Write>
void as_file(const SavedData& values, Write write) {
  OrderedDict<std::string, Tensor> tensors;
  Metadata metadata;
  for (const auto& [key, value] : values) {
    const Kind* kind = value.isTensor() ? nullptr : kind_of(value);
    const Tensor tensor = kind ? kind->to_tensor(value) : value.toTensor();
    if (kind || tensor.requires_grad()) metadata.insert(key, kind ? kind->name : kRequiresGrad);
    tensors.insert(key, tensor);
  }
  write(tensors, metadata);
}

IValue value_of(const std::string& key, const Tensor& tensor, const Metadata& metadata) {
  const std::string* const kind = metadata.find(key);
  if (!kind) return tensor;
  if (*kind == kRequiresGrad) return tensor.set_requires_grad(true);
  return kind_named(*kind, key).from_tensor(tensor);
}

SavedData values_of(const OrderedDict<std::string, Tensor>& tensors, const Metadata& metadata) {
  SavedData values;
  for (const auto& item : tensors) values[item.key()] = value_of(item.key(), item.value(), metadata);
  return values;
}

// The values of a file of PyTorch's, or of one of safetensors, which load_tensors(metadata) then reads.
template <class LoadTensors>
SavedData values_in(const ByteSource& source, LoadTensors load_tensors) {
  if (is_torch_file(source)) return read_torch_file(source);
  Metadata metadata;
  const OrderedDict<std::string, Tensor> tensors = load_tensors(&metadata);
  return values_of(tensors, metadata);
}

// All tensors of an archive and of those in it, with their whole names.
void add_tensors(InputArchive& archive, const std::string& prefix, OrderedDict<std::string, Tensor>& tensors) {
  for (const std::string& key : archive.keys()) {
    Tensor tensor;
    InputArchive nested;
    if (archive.try_read(key, tensor))
      tensors.insert(prefix + key, tensor);
    else if (archive.try_read(key, nested))
      add_tensors(nested, prefix + key + ".", tensors);
  }
}

std::string number(size_t i) { return std::to_string(i); }

Tensor tensor_of(const IValue& value) {
  if (value.isTensor()) return value.toTensor();
  return value.isDouble() ? full({}, value.toDouble(), kDouble) : full({}, value.toScalar().toLong(), kLong);
}

// What a group of an optimizer's, in a file of PyTorch's, calls its parameters.
std::vector<std::string> parameters_of(InputArchive& group) {
  std::vector<std::string> names;
  IValue value;
  while (group.try_read("params/" + number(names.size()), value)) names.push_back(value.toStringRef());
  if (names.empty() && group.try_read("params", value) && value.isIntList())
    for (const int64_t i : value.toIntVector()) names.push_back(std::to_string(i));
  return names;
}

// An optimizer's state as its state_dict() has it, from a file of PyTorch's, which keeps states by numbers, or of
// libtorch's, by addresses.
OrderedDict<std::string, Tensor> state_of_torch(InputArchive& archive) {
  OrderedDict<std::string, Tensor> dict;
  InputArchive groups, states, group;
  archive.read("param_groups", groups);
  archive.try_read("state", states);
  size_t parameters = 0;
  for (size_t g = 0; groups.try_read(number(g), group) || groups.try_read("param_groups/" + number(g), group); ++g) {
    const std::vector<std::string> names = parameters_of(group);
    for (const std::string& name : names) {
      const std::string prefix = "state." + number(parameters++) + ".";
      InputArchive state;
      if (!states.try_read(name, state)) continue;
      for (const std::string& key : state.keys()) {
        IValue value;
        if (state.try_read(key, value) && (value.isTensor() || value.isScalar()))
          dict.insert(prefix + key, tensor_of(value));
      }
    }
    const std::string prefix = "group." + number(g) + ".";
    dict.insert(prefix + "params", full({}, static_cast<int64_t>(names.size()), kLong));
    InputArchive options = group;
    group.try_read("options", options);
    for (const std::string& key : options.keys()) {
      IValue value;
      if (!options.try_read(key, value)) continue;
      if (value.isScalar()) dict.insert(prefix + key, tensor_of(value));
      if (key == "betas" && value.isDoubleList())
        for (size_t i = 0; i < value.toDoubleVector().size(); ++i)
          dict.insert(prefix + "beta" + number(i + 1), tensor_of(value.toDoubleVector()[i]));
    }
  }
  return dict;
}

}  // namespace

void OutputArchive::write(const std::string& key, const Tensor& tensor, bool) {
  check(tensor.defined(), "OutputArchive: the tensor \"{}\" is undefined", key);
  add(values_, key, tensor.requires_grad() ? tensor.detach().set_requires_grad(true) : tensor.detach());
}

void OutputArchive::write(const std::string& key, const IValue& value) {
  if (value.isTensor()) return write(key, value.toTensor());
  check(kind_of(value) != nullptr, "OutputArchive: \"{}\" is a list of tensors: write each by a name of its own", key);
  add(values_, key, value);
}

void OutputArchive::write(const std::string& key, const OutputArchive& nested_archive) {
  for (const auto& [name, value] : nested_archive.values_) add(values_, key + "." + name, value);
}

void OutputArchive::save_to(const std::string& filename) const {
  as_file(values_,
          [&](const auto& tensors, const Metadata& metadata) { save_safetensors(filename, tensors, metadata); });
}

void OutputArchive::save_to(std::ostream& stream) const {
  as_file(values_, [&](const auto& tensors, const Metadata& metadata) { save_safetensors(stream, tensors, metadata); });
}

std::string OutputArchive::bytes() const {
  relume::detail::TextStream file;
  save_to(file.stream());
  return file.str();
}

bool InputArchive::try_read(const std::string& key, Tensor& tensor, bool) {
  const auto found = values_.find(key);
  if (found == values_.end() || !found->second.isTensor()) return false;
  const Tensor& value = found->second.toTensor();
  if (!tensor.defined()) {
    tensor = value;
    return true;
  }
  const NoGradGuard unrecorded;
  if (tensor.sizes() == value.sizes() && tensor.scalar_type() == value.scalar_type())
    tensor.copy_(value);
  else
    tensor.set_data(value.detach());
  return true;
}

bool InputArchive::try_read(const std::string& key, IValue& value) {
  const auto found = values_.find(key);
  if (found == values_.end()) return false;
  value = found->second;
  return true;
}

bool InputArchive::try_read(const std::string& key, InputArchive& archive) {
  const std::string prefix = key + ".";
  SavedData below;
  for (const auto& [name, value] : values_)
    if (name.compare(0, prefix.size(), prefix) == 0) below[name.substr(prefix.size())] = value;
  if (below.empty()) return false;
  archive.path_ = path_ + prefix;
  archive.values_ = std::move(below);
  return true;
}

void InputArchive::read(const std::string& key, Tensor& tensor, bool is_buffer) {
  check(try_read(key, tensor, is_buffer), "No such serialized tensor '{}{}'", path_, key);
}

void InputArchive::read(const std::string& key, IValue& value) {
  check(try_read(key, value), "No such serialized IValue '{}{}'", path_, key);
}

void InputArchive::read(const std::string& key, InputArchive& archive) {
  check(try_read(key, archive), "No such serialized submodule: '{}{}'", path_, key);
}

std::vector<std::string> InputArchive::keys() const {
  OrderedDict<std::string, bool> names;
  for (const auto& [key, value] : values_) {
    const std::string name = key.substr(0, key.find('.'));
    if (!names.contains(name)) names.insert(name, true);
  }
  return names.keys();
}

void InputArchive::load_from(const std::string& filename, std::optional<Device>) {
  const InputFile file(filename);
  const ByteSource source = {filename, file.size(),
                             [&](uint64_t offset, void* to, size_t count) { file.read_at(offset, to, count); }};
  values_ = values_in(source, [&](Metadata* metadata) { return load_safetensors(filename, metadata); });
}

void InputArchive::load_from(std::istream& stream, std::optional<Device> device) {
  const std::string bytes(std::istreambuf_iterator<char>(stream), {});
  check(!stream.bad(), "load: the stream cannot be read");
  load_from(bytes.data(), bytes.size(), device);
}

void InputArchive::load_from(const char* data, size_t size, std::optional<Device>) {
  const ByteSource source = {"the stream", size, [&](uint64_t offset, void* to, size_t count) {
                               std::copy_n(data + offset, count, static_cast<char*>(to));
                             }};
  values_ = values_in(source, [&](Metadata* metadata) { return load_safetensors(data, size, metadata); });
}

OutputArchive& operator<<(OutputArchive& archive, const Tensor& tensor) {
  archive.write("0", tensor);
  return archive;
}

OutputArchive& operator<<(OutputArchive& archive, const std::vector<Tensor>& tensors) {
  for (size_t i = 0; i < tensors.size(); ++i) archive.write(number(i), tensors[i]);
  return archive;
}

OutputArchive& operator<<(OutputArchive& archive, const nn::Module& module) {
  module.save(archive);
  return archive;
}

OutputArchive& operator<<(OutputArchive& archive, const optim::Optimizer& optimizer) {
  optimizer.save(archive);
  return archive;
}

InputArchive& operator>>(InputArchive& archive, Tensor& tensor) {
  check(archive.keys().size() == 1, "load: expected a file of one tensor, got {}", archive.keys().size());
  archive.read("0", tensor);
  return archive;
}

InputArchive& operator>>(InputArchive& archive, std::vector<Tensor>& tensors) {
  size_t count = 0;
  for (Tensor tensor; archive.try_read(number(count), tensor); tensor.reset(), ++count) tensors.push_back(tensor);
  return archive;
}

InputArchive& operator>>(InputArchive& archive, nn::Module& module) {
  module.load(archive);
  return archive;
}

InputArchive& operator>>(InputArchive& archive, optim::Optimizer& optimizer) {
  optimizer.load(archive);
  return archive;
}

}  // namespace serialize

void nn::Module::save(serialize::OutputArchive& archive) const {
  for (const auto& item : named_parameters(false)) archive.write(item.key(), item.value());
  for (const auto& item : named_buffers(false)) archive.write(item.key(), item.value(), true);
  for (const auto& child : children_) {
    if (!child.value()->is_serializable()) continue;
    serialize::OutputArchive nested;
    child.value()->save(nested);
    archive.write(child.key(), nested);
  }
}

void nn::Module::load(serialize::InputArchive& archive) {
  for (auto& item : named_parameters(false)) archive.read(item.key(), item.value());
  for (auto& item : named_buffers(false)) archive.read(item.key(), item.value(), true);
  for (const auto& child : children_) {
    if (!child.value()->is_serializable()) continue;
    serialize::InputArchive nested;
    if (!archive.try_read(child.key(), nested)) {
      if (child.value()->state_dict().is_empty()) continue;
      archive.read(child.key(), nested);  // throws, with the whole name
    }
    child.value()->load(nested);
  }
}

bool nn::Module::is_serializable() const { return true; }

void optim::Optimizer::save(serialize::OutputArchive& archive) const {
  for (const auto& item : state_dict()) archive.write(item.key(), item.value());
}

void optim::Optimizer::load(serialize::InputArchive& archive) {
  serialize::InputArchive groups;
  if (archive.try_read("param_groups", groups)) return load_state_dict(serialize::state_of_torch(archive));
  OrderedDict<std::string, Tensor> state;
  serialize::add_tensors(archive, "", state);
  load_state_dict(state);
}

std::vector<char> serialize::pickle_save(const IValue& value) {
  std::vector<char> bytes;
  OutputArchive archive;
  archive.write("0", value);
  archive.save_to([&](const void* data, size_t size) {
    bytes.assign(static_cast<const char*>(data), static_cast<const char*>(data) + size);
  });
  return bytes;
}

IValue serialize::pickle_load(const std::vector<char>& bytes) {
  InputArchive archive;
  archive.load_from(bytes.data(), bytes.size());
  IValue value;
  archive.read("0", value);
  return value;
}

}  // namespace relume
