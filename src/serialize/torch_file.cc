// PyTorch's files are zip files of a pickle, data.pkl, which names storages, and of their elements, data/KEY.
#include "serialize/torch_file.h"

#include <algorithm>
#include <cstring>

#include "core/check.h"
#include "core/tensor_impl.h"
#include "relume/creation.h"
#include "relume/ops.h"
#include "serialize/pickle.h"

namespace relume::serialize {
namespace {

using Kind = Pickle::Kind;

struct StorageClass {
  const char* name;
  ScalarType dtype;
};
constexpr StorageClass kStorageClasses[] = {{"torch.FloatStorage", kFloat}, {"torch.DoubleStorage", kDouble},
                                            {"torch.HalfStorage", kHalf},   {"torch.BFloat16Storage", kBFloat16},
                                            {"torch.LongStorage", kLong},   {"torch.IntStorage", kInt},
                                            {"torch.ShortStorage", kShort}, {"torch.CharStorage", kChar},
                                            {"torch.ByteStorage", kByte},   {"torch.BoolStorage", kBool}};

constexpr const char kPickleName[] = "data.pkl";
constexpr int kDeepest = 200;     // of nested values
constexpr size_t kMostUses = 16;  // of each value, on average: lists that hold each other would else never end

// The folder in the zip file, with its slash, that the archive is in.
std::string folder_of(const ZipFile& zip) {
  for (const auto& [name, entry] : zip.entries()) {
    const size_t slash = name.find('/');
    if (slash != std::string::npos && name.compare(slash + 1, std::string::npos, kPickleName) == 0)
      return name.substr(0, slash + 1);
  }
  fail("{}: expected a file of PyTorch's with an entry {}", zip.name(), kPickleName);
}

class TorchFile {
 public:
  explicit TorchFile(const ByteSource& source)
      : zip_(source), folder_(folder_of(zip_)), pickle_(parse_pickle(read(kPickleName), zip_.name())) {
    if (zip_.entries().count(folder_ + "byteorder") == 0) return;
    const Bytes order = read("byteorder");
    check(std::string(order.begin(), order.end()) == "little", "{}: expected numbers with the low byte first",
          zip_.name());
  }

  detail::SavedData values() {
    add("", pickle_.at(pickle_.root), 0);
    return std::move(values_);
  }

 private:
  using Value = Pickle::Value;

  Bytes read(const std::string& name) const {
    const ZipFile::Entry& entry = zip_.at(folder_ + name);
    Bytes bytes(entry.bytes);
    zip_.read(entry, bytes.data());
    return bytes;
  }
  const Value& item(const Value& value, size_t i) const {
    check(i < value.items.size(), "{}: damaged pickle: a list of {} items, expected more", zip_.name(),
          value.items.size());
    return pickle_.at(value.items[i]);
  }
  const Value& expect(const Value& value, Kind kind) const {
    check(value.kind == kind, "{}: damaged pickle: a value of another kind than expected", zip_.name());
    return value;
  }
  const std::string& callable_of(const Value& object) const {
    return expect(pickle_.at(object.callable), Kind::Global).text;
  }
  const Value& argument(const Value& object, size_t i) const {
    return item(expect(pickle_.at(object.arguments), Kind::Tuple), i);
  }
  DimVector numbers(const Value& tuple) const {
    DimVector result;
    for (size_t i = 0; i < expect(tuple, Kind::Tuple).items.size(); ++i)
      result.insert(i, expect(item(tuple, i), Kind::Int).integer);
    return result;
  }

  // The elements that ("storage", class, key, device, count) names.
  Tensor storage(const Value& identity) {
    const Value& tuple = expect(item(expect(identity, Kind::Persistent), 0), Kind::Tuple);
    const std::string &class_name = expect(item(tuple, 1), Kind::Global).text,
                      &key = expect(item(tuple, 2), Kind::Text).text;
    const auto* row = std::find_if(std::begin(kStorageClasses), std::end(kStorageClasses),
                                   [&](const StorageClass& each) { return each.name == class_name; });
    check(row != std::end(kStorageClasses), "{}: elements of {} are not supported", zip_.name(), class_name);
    Tensor& elements = storages_[key];
    if (elements.defined()) {
      check(elements.scalar_type() == row->dtype, "{}: storage {} has two dtypes", zip_.name(), key);
      return elements;
    }
    const ZipFile::Entry& entry = zip_.at(folder_ + "data/" + key);
    const int64_t count = expect(item(tuple, 4), Kind::Int).integer, size = element_size(row->dtype);
    check(count >= 0 && static_cast<uint64_t>(count) == entry.bytes / static_cast<uint64_t>(size) &&
              entry.bytes % static_cast<uint64_t>(size) == 0,
          "{}: storage {} of {} elements does not take {} bytes", zip_.name(), key, count, entry.bytes);
    const Tensor made = empty({count}, row->dtype);
    auto* const bytes = reinterpret_cast<uint8_t*>(made.impl()->data());
    zip_.read(entry, bytes);
    check(row->dtype != kBool || std::all_of(bytes, bytes + entry.bytes, [](uint8_t byte) { return byte <= 1; }),
          "{}: storage {} has a bool that is neither 0 nor 1", zip_.name(), key);
    return elements = made;
  }

  // _rebuild_tensor_v2(storage, offset, sizes, strides, requires_grad, hooks).
  Tensor tensor(const Value& object) {
    const Tensor elements = storage(argument(object, 0));
    const int64_t offset = expect(argument(object, 1), Kind::Int).integer;
    const DimVector sizes = numbers(argument(object, 2)), strides = numbers(argument(object, 3));
    int64_t last = offset;
    bool wrong = offset < 0 || sizes.size() != strides.size();
    for (size_t d = 0; d < sizes.size() && !wrong; ++d) {
      int64_t reach = 0;
      wrong = sizes[d] < 0 || strides[d] < 0 || __builtin_mul_overflow(sizes[d] - 1, strides[d], &reach) ||
              __builtin_add_overflow(last, reach, &last);
    }
    const bool is_empty = std::find(sizes.begin(), sizes.end(), 0) != sizes.end();
    check(!wrong && (is_empty || last < elements.numel()),
          "{}: a tensor of sizes {} and strides {} does not fit into {} elements", zip_.name(), IntArrayRef(sizes),
          IntArrayRef(strides), elements.numel());
    const Tensor result =
        is_empty ? empty(sizes, elements.scalar_type()) : make_alias(elements, sizes, strides, offset);
    return with_grad(result, argument(object, 4));
  }
  Tensor with_grad(const Tensor& tensor, const Value& requires_grad) const {
    const bool wanted = expect(requires_grad, Kind::Bool).integer != 0 && tensor.is_floating_point();
    return wanted ? tensor.set_requires_grad(true) : tensor;
  }

  void add(const std::string& name, const Value& value, int depth) {
    check(depth < kDeepest, "{}: values are nested deeper than {}", zip_.name(), kDeepest);
    check(++uses_ / kMostUses <= pickle_.values.size(), "{}: values are part of each other too often", zip_.name());
    switch (value.kind) {
      case Kind::None:
        return put(name, IValue());
      case Kind::Bool:
        return put(name, value.integer != 0);
      case Kind::Int:
        return put(name, value.integer);
      case Kind::Float:
        return put(name, value.number);
      case Kind::Text:
        return put(name, value.text);
      case Kind::List:
      case Kind::Tuple:
        return add_list(name, value, depth);
      case Kind::Dict:
        return add_members(name, value, depth);
      case Kind::Object:
        return add_object(name, value, depth);
      case Kind::Global:
      case Kind::Persistent:
        fail("{}: \"{}\" is {}, which is no value", zip_.name(), name, value.text);
    }
  }
  void put(const std::string& name, IValue value) { values_.append(name.empty() ? "0" : name, std::move(value)); }

  void add_list(const std::string& name, const Value& list, int depth) {
    const auto all = [&](Kind kind) {
      return !list.items.empty() &&
             std::all_of(list.items.begin(), list.items.end(), [&](size_t i) { return pickle_.at(i).kind == kind; });
    };
    if (all(Kind::Int)) {
      std::vector<int64_t> numbers;
      for (const size_t i : list.items) numbers.push_back(pickle_.at(i).integer);
      return put(name, std::move(numbers));
    }
    if (all(Kind::Float)) {
      std::vector<double> numbers;
      for (const size_t i : list.items) numbers.push_back(pickle_.at(i).number);
      return put(name, std::move(numbers));
    }
    for (size_t i = 0; i < list.items.size(); ++i) add(below(name, std::to_string(i)), item(list, i), depth + 1);
  }
  void add_members(const std::string& name, const Value& dict, int depth) {
    for (size_t i = 0; i < dict.items.size(); i += 2) {
      const Value& key = item(dict, i);
      add(below(name, key.kind == Kind::Int ? std::to_string(key.integer) : expect(key, Kind::Text).text),
          item(dict, i + 1), depth + 1);
    }
  }
  static std::string below(const std::string& name, const std::string& key) {
    return name.empty() ? key : name + "." + key;
  }

  void add_object(const std::string& name, const Value& object, int depth) {
    const std::string& made_by = callable_of(object);
    if (made_by == "torch._utils._rebuild_tensor_v2") return put(name, tensor(object));
    if (made_by == "torch._utils._rebuild_parameter") {
      const Value& inner = expect(argument(object, 0), Kind::Object);
      check(callable_of(inner) == "torch._utils._rebuild_tensor_v2", "{}: \"{}\" is a parameter of another kind",
            zip_.name(), name);
      return put(name, with_grad(tensor(inner), argument(object, 1)));
    }
    if (made_by == "collections.OrderedDict") return add_members(name, object, depth);
    if (made_by.rfind("torch.jit._pickle.build_", 0) == 0) return add_list(name, argument(object, 0), depth);
    const bool is_module = made_by.rfind("__torch__.", 0) == 0;  // of libtorch or TorchScript
    check(is_module, "{}: {} is an object of class {}, and only tensors and plain values are read: save a state_dict()",
          zip_.name(), name.empty() ? "the whole" : '"' + name + '"', made_by);
    if (object.state != Pickle::kNothing) add_members(name, expect(pickle_.at(object.state), Kind::Dict), depth);
  }

  const ZipFile zip_;
  const std::string folder_;
  const Pickle pickle_;
  std::map<std::string, Tensor> storages_;
  detail::SavedData values_;
  size_t uses_ = 0;  // of values so far
};

}  // namespace

bool is_torch_file(const ByteSource& source) {
  constexpr char kMark[] = {'P', 'K', 3, 4}, kOldMark[] = {'\x80', 2, '\x8a', 10};
  char start[sizeof kMark];
  if (source.size < sizeof start) return false;
  source.read_at(0, start, sizeof start);
  check(std::memcmp(start, kOldMark, sizeof start) != 0,
        "{}: PyTorch's format before 1.6 is not read: save it without _use_new_zipfile_serialization=False",
        source.name);
  return std::memcmp(start, kMark, sizeof start) == 0;
}

detail::SavedData read_torch_file(const ByteSource& source) { return TorchFile(source).values(); }

}  // namespace relume::serialize
