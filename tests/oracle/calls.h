// Calls ops by name with arguments that were read from goldens.
#pragma once

#include <map>
#include <tuple>
#include <utility>

#include "oracle/golden.h"
#include "relume/activations.h"

namespace relume::oracle {

using Results = std::vector<Tensor>;

// An argument: a tensor, a list, or a JSON value.
struct Value {
  json raw;
  Tensor tensor;
  std::vector<Value> items;

  Value() = default;
  Value(Tensor tensor) : tensor(std::move(tensor)) {}  // NOLINT: implicit
  Value(json raw) : raw(std::move(raw)) {}             // NOLINT: implicit

  // Reads an argument of a golden's `args`.
  static Value read(const json& data, const Golden& golden) {
    if (is_tensor(data)) return parse_tensor(golden.text(data));
    Value value(data);
    if (data.is_array())
      for (const json& item : data) value.items.push_back(read(item, golden));
    return value;
  }

  bool is_null() const { return raw.is_null() && !tensor.defined(); }
  bool is_dtype() const { return raw.is_string() && dtype_named(raw.get<std::string>()); }
  bool is_number() const { return raw.is_number() || raw.is_boolean() || (raw.is_object() && raw.contains("float")); }
  double number() const {
    return raw.is_object() ? std::strtod(raw["float"].get<std::string>().c_str(), nullptr) : raw.get<double>();
  }
  Scalar scalar() const {
    if (raw.is_boolean()) return raw.get<bool>();
    if (raw.is_number_integer()) return raw.get<int64_t>();
    return number();
  }
  // The tensors in it, in order.
  void collect(std::vector<Tensor*>& tensors) {
    if (tensor.defined()) tensors.push_back(&tensor);
    for (Value& item : items) item.collect(tensors);
  }
};

// Arguments of a call. Each accessor reads one; an absent one has the given default.
class Arguments {
 public:
  std::vector<Value> values;

  Tensor& tensor(size_t i) { return i < values.size() ? values[i].tensor : nothing_; }
  std::vector<Tensor> tensors(size_t i) const {
    std::vector<Tensor> list;
    for (const Value& item : values[i].items) list.push_back(item.tensor);
    return list;
  }
  Scalar scalar(size_t i, Scalar fallback = {}) const { return has(i) ? values[i].scalar() : fallback; }
  int64_t integer(size_t i, int64_t fallback = 0) const { return has(i) ? values[i].raw.get<int64_t>() : fallback; }
  double number(size_t i, double fallback = 0) const { return has(i) ? values[i].number() : fallback; }
  bool boolean(size_t i, bool fallback = false) const { return has(i) ? values[i].raw.get<bool>() : fallback; }
  std::string text(size_t i, const char* fallback = "") const {
    return has(i) ? values[i].raw.get<std::string>() : fallback;
  }
  std::vector<int64_t> integers(size_t i, std::vector<int64_t> fallback = {}) const {
    if (!has(i)) return fallback;
    if (values[i].raw.is_number()) return {values[i].raw.get<int64_t>()};
    return values[i].raw.get<std::vector<int64_t>>();
  }
  ScalarType dtype(size_t i) const { return *dtype_named(text(i)); }
  TensorOptions options(size_t i, TensorOptions fallback) const { return has(i) ? TensorOptions(dtype(i)) : fallback; }
  std::optional<Scalar> opt_scalar(size_t i) const { return optional(i, &Arguments::scalar); }
  std::optional<int64_t> opt_integer(size_t i) const { return optional(i, &Arguments::integer); }
  std::optional<std::vector<int64_t>> opt_integers(size_t i) const { return optional(i, &Arguments::integers); }
  std::optional<double> opt_number(size_t i) const { return optional(i, &Arguments::number); }
  std::optional<bool> opt_boolean(size_t i) const { return optional(i, &Arguments::boolean); }
  std::optional<std::string> opt_text(size_t i) const { return optional(i, &Arguments::text); }
  std::optional<ScalarType> opt_dtype(size_t i) const {
    return has(i) ? std::optional<ScalarType>(dtype(i)) : std::nullopt;
  }
  // What stands between the brackets of x[...].
  std::vector<indexing::TensorIndex> indices(size_t i) const {
    std::vector<indexing::TensorIndex> list;
    for (const Value& item : values[i].items) list.push_back(index(item));
    return list;
  }
  static indexing::TensorIndex index(const Value& value);

  // Whether they fit a call's kinds, such as "tensor integers boolean", of which the first `needed` must be there.
  bool fit(const std::string& kinds, size_t needed) const;

 private:
  bool has(size_t i) const { return i < values.size() && !values[i].raw.is_null(); }
  template <class T, class Default>
  std::optional<T> optional(size_t i, T (Arguments::*read)(size_t, Default) const) const {
    return has(i) ? std::optional<T>((this->*read)(i, Default())) : std::nullopt;
  }
  static bool fits_kind(const Value& value, const std::string& kind);

  Tensor nothing_;
};

inline indexing::TensorIndex Arguments::index(const Value& value) {
  if (value.tensor.defined()) return value.tensor;
  if (value.raw.is_null()) return indexing::None;
  if (value.raw.is_boolean()) return value.raw.get<bool>();
  if (value.raw.is_string()) return indexing::Ellipsis;
  if (value.raw.is_number()) return value.raw.get<int64_t>();
  const auto bound = [&](int i) -> std::optional<int64_t> {
    const json& number = value.raw.at("slice")[i];
    return number.is_null() ? std::nullopt : std::optional<int64_t>(number.get<int64_t>());
  };
  return indexing::Slice(bound(0), bound(1), bound(2));
}

inline bool Arguments::fits_kind(const Value& value, const std::string& kind) {
  const json& raw = value.raw;
  if (kind == "any") return true;
  if (kind.rfind("opt_", 0) == 0) return value.is_null() || fits_kind(value, kind.substr(4));
  if (kind == "tensor") return value.tensor.defined() || value.is_null();
  if (kind == "scalar" || kind == "number") return value.is_number();
  if (kind == "integer") return raw.is_number_integer();
  if (kind == "boolean") return raw.is_boolean();
  if (kind == "text") return raw.is_string();
  if (kind == "dtype" || kind == "options") return value.is_dtype();
  if (kind == "integers" && raw.is_number_integer()) return true;
  return raw.is_array() && std::all_of(value.items.begin(), value.items.end(), [&](const Value& item) {
           return kind == "tensors" ? item.tensor.defined() : item.raw.is_number_integer();
         });
}

inline bool Arguments::fit(const std::string& kinds, size_t needed) const {
  std::stringstream list(kinds);
  size_t i = 0;
  for (std::string kind; list >> kind && i < values.size(); ++i)
    if (!fits_kind(values[i], kind)) return false;
  return i == values.size() && i >= needed;
}

inline Results results(const Tensor& tensor) { return {tensor}; }
inline Results results(std::vector<Tensor> tensors) { return tensors; }
inline Results results(bool value) { return {scalar_tensor(value, kBool)}; }
template <class... T>
Results results(const std::tuple<T...>& tensors) {
  return std::apply([](const auto&... each) { return Results{each...}; }, tensors);
}

// One overload of an op.
struct Call {
  const char* op;
  std::string kinds;
  size_t needed;
  Results (*run)(Arguments&);
  const char* same_as = nullptr;  // where this is another name of an op: that name
};

// Reads the options of an activation one after another.
struct OptionReader {
  Arguments& arguments;
  size_t at = 1;
  template <class T>
  T next(T fallback) {
    const size_t i = at++;
    if constexpr (std::is_same_v<T, std::string>)
      return arguments.text(i, fallback.c_str());
    else
      return arguments.number(i, fallback);
  }
};

inline Results write_index(Arguments& a) {
  Tensor x = a.tensor(0).clone();
  if (a.tensor(2).defined())
    x.index_put_(a.indices(1), a.tensor(2));
  else
    x.index_put_(a.indices(1), a.scalar(2));
  return {x};
}

inline const std::multimap<std::string, Call>& calls() {
  static const std::multimap<std::string, Call> table = [] {
    const std::vector<Call> rows = {
#include "oracle/op_calls.inc"

#include "oracle/in_place_calls.inc"
        {"index", "tensor any", 2, [](Arguments& a) { return results(a.tensor(0).index(a.indices(1))); }},
        {"setitem", "tensor any any", 3, write_index},
        {"index_put", "tensor any tensor any", 3,
         [](Arguments& a) { return results(index_put(a.tensor(0), a.indices(1), a.tensor(2), a.boolean(3))); }},
        {"to", "tensor dtype", 2, [](Arguments& a) { return results(a.tensor(0).to(a.dtype(1))); }},
        {"data", "tensor", 1, [](Arguments& a) { return results(a.tensor(0).data()); }},
        {"detach", "tensor", 1, [](Arguments& a) { return results(a.tensor(0).detach()); }},
        {"detach_", "tensor", 1, [](Arguments& a) { return results(a.tensor(0).detach_()); }},
        {"to_channels_last", "tensor", 1,
         [](Arguments& a) { return results(a.tensor(0).contiguous(MemoryFormat::ChannelsLast)); }},
#define RELUME_OPTION(type, name, value) , options.next<type>(value)
#define RELUME_ACTIVATION(name, Module, in_place, ...)                                     \
  {#name, "tensor any any", 1,                                                             \
   [](Arguments& a) {                                                                      \
     [[maybe_unused]] OptionReader options{a};                                             \
     return std::apply([](const auto&... each) { return results(relume::name(each...)); }, \
                       std::tuple{a.tensor(0) __VA_ARGS__});                               \
   }},                                                                                     \
      RELUME_ACTIVATION_##in_place(name, __VA_ARGS__)
#define RELUME_ACTIVATION_None(name, ...)
#define RELUME_ACTIVATION_Option(name, ...) RELUME_ACTIVATION_Function(name, __VA_ARGS__)
#define RELUME_ACTIVATION_Function(name, ...)                                                                    \
  {#name "_", "tensor any any", 1, [](Arguments& a) {                                                            \
     [[maybe_unused]] OptionReader options{a};                                                                   \
     return std::apply([&](int, const auto&... each) { return results(relume::name##_(a.tensor(0), each...)); }, \
                       std::tuple{0 __VA_ARGS__});                                                               \
   }},
#include "relume/activations.inc"
#include "relume/special.h"
    };
    std::multimap<std::string, Call> by_name;
    for (const Call& row : rows) by_name.emplace(row.op, row);
    return by_name;
  }();
  return table;
}

// Calls the first overload that fits. Throws std::logic_error where there is none.
inline Results call(const std::string& op, Arguments& arguments) {
  const auto [begin, end] = calls().equal_range(op);
  for (auto row = begin; row != end; ++row)
    if (arguments.fit(row->second.kinds, row->second.needed)) return row->second.run(arguments);
  throw std::logic_error("no call of " + op + " takes these arguments");
}

using Names = std::map<std::string, Value>;

// The value of a word of a call that is written as text: a variable, a list of variables, a dtype, or JSON.
inline Value word_value(const std::string& word, const Names& names) {
  if (const auto found = names.find(word); found != names.end()) return found->second;
  if (word[0] == '[' && std::isalpha(static_cast<unsigned char>(word[1]))) {
    Value list(json::array());
    std::stringstream items(word.substr(1, word.size() - 2));
    for (std::string item; std::getline(items, item, ',');) list.items.push_back(word_value(item, names));
    return list;
  }
  if (dtype_named(word)) return json(word);
  Value value(json::parse(word));
  if (value.raw.is_array())
    for (const json& item : value.raw) value.items.emplace_back(item);
  return value;
}

// Evaluates `op argument argument ...`.
inline Results call(const std::string& text, const Names& names) {
  std::stringstream words(text);
  std::string op, word;
  words >> op;
  Arguments arguments;
  while (words >> word) arguments.values.push_back(word_value(word, names));
  return call(op, arguments);
}

}  // namespace relume::oracle
