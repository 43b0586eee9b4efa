// How calls are compared with lines of parameters, and what is said where they do not fit.
#include "signature.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "core/tensor_impl.h"

namespace relume::python {

namespace {

struct KindName {
  std::string_view in_lines;
  Kind kind;
  const char* in_messages;
};
constexpr KindName kKinds[] = {
    {"Tensor", Kind::Tensor, "Tensor"},
    {"Tensor[]", Kind::Tensors, "tuple of Tensors"},
    {"Number", Kind::Number, "Number"},
    {"int", Kind::Int, "int"},
    {"int[]", Kind::Ints, "tuple of ints"},
    {"float", Kind::Float, "float"},
    {"bool", Kind::Bool, "bool"},
    {"str", Kind::Text, "str"},
    {"dtype", Kind::Dtype, "torch.dtype"},
    {"layout", Kind::Layout, "torch.layout"},
    {"device", Kind::Device, "torch.device"},
    {"memory_format", Kind::Format, "torch.memory_format"},
    {"Generator", Kind::Generator, "torch.Generator"},
    {"object", Kind::Object, "object"},
};

struct Alias {
  const char *name, *numpy;
};
constexpr Alias kAliases[] = {{"dim", "axis"}, {"keepdim", "keepdims"}, {"input", "x"}, {"other", "x2"}};

Kind kind_of(std::string_view text) {
  for (const KindName& name : kKinds)
    if (name.in_lines == text) return name.kind;
  raise(PyExc_SystemError, "unknown kind of parameter: " + std::string(text));
}

PyObject* interned(std::string_view name) { return checked(PyUnicode_InternFromString(std::string(name).c_str())); }

// The next parameter of a line: "Tensor? bias=None".
Parameter read_parameter(std::string_view text) {
  Parameter parameter{};
  const size_t space = text.find(' ');
  const size_t equals = text.find('=');
  std::string_view kind = text.substr(0, space);
  if (kind.back() == '?') {
    parameter.may_be_none = true;
    kind.remove_suffix(1);
  }
  parameter.kind = kind_of(kind);
  parameter.needed = equals == text.npos;
  if (!parameter.needed && text.substr(equals + 1) == "None") parameter.may_be_none = true;
  const std::string_view name = text.substr(space + 1, equals == text.npos ? equals : equals - space - 1);
  parameter.name = interned(name);
  for (const Alias& alias : kAliases)
    if (name == alias.name) parameter.alias = interned(alias.numpy);
  return parameter;
}

bool is_integer(PyObject* object) {
  if (PyLong_Check(object)) return !PyBool_Check(object);
  if (is_tensor(object)) {
    const Tensor& tensor = tensor_of(object);
    return tensor.dim() == 0 && !tensor.is_floating_point() && tensor.scalar_type() != kBool;
  }
  return PyIndex_Check(object) && !PySequence_Check(object);
}

bool is_list(PyObject* object) { return PyTuple_Check(object) || PyList_Check(object); }

bool is_list_of(PyObject* object, bool (*fits_item)(PyObject*)) {
  if (!is_list(object)) return false;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(object); ++i)
    if (!fits_item(PySequence_Fast_GET_ITEM(object, i))) return false;
  return true;
}

bool is_truth(PyObject* object) {
  if (PyBool_Check(object)) return true;
  if (PyLong_CheckExact(object) || object == Py_None || is_tensor(object)) return false;
  return type_name_of(object).starts_with("numpy.bool");
}

bool is_python_dtype(PyObject* object) {
  return object == reinterpret_cast<PyObject*>(&PyFloat_Type) || object == reinterpret_cast<PyObject*>(&PyLong_Type) ||
         object == reinterpret_cast<PyObject*>(&PyBool_Type);
}

}  // namespace

bool is_number(PyObject* object) {
  if (PyFloat_Check(object) || PyLong_Check(object)) return true;
  if (is_tensor(object)) return tensor_of(object).dim() == 0 && !tensor_of(object).requires_grad();
  PyTypeObject* type = Py_TYPE(object);
  const bool converts = PyType_GetSlot(type, Py_nb_float) || PyType_GetSlot(type, Py_nb_index);
  return converts && !PySequence_Check(object);
}

bool fits(const Parameter& parameter, PyObject* object) {
  if (object == Py_None && parameter.may_be_none) return true;
  switch (parameter.kind) {
    case Kind::Tensor:
      return is_tensor(object);
    case Kind::Tensors:
      return is_list_of(object, [](PyObject*) { return true; });
    case Kind::Number:
    case Kind::Float:
      return is_number(object);
    case Kind::Int:
      return is_integer(object);
    case Kind::Ints:
      return is_integer(object) || is_list_of(object, is_integer);
    case Kind::Bool:
      return is_truth(object);
    case Kind::Text:
      return PyUnicode_Check(object);
    case Kind::Dtype:
      return is_dtype(object) || is_python_dtype(object);
    case Kind::Layout:
      return is_layout(object);
    case Kind::Device:
      return is_device(object) || PyUnicode_Check(object) || PyLong_CheckExact(object);
    case Kind::Format:
      return is_format(object);
    case Kind::Generator:
      return is_generator(object);
    case Kind::Object:
      return true;
  }
  return false;
}

Line::Line(const Overload& overload) : overload(&overload) {
  std::string_view rest = overload.parameters;
  bool keywords_only = false;
  while (!rest.empty()) {
    const size_t comma = rest.find(", ");
    const std::string_view text = rest.substr(0, comma);
    rest = comma == rest.npos ? std::string_view() : rest.substr(comma + 2);
    if (text == "*") {
      keywords_only = true;
    } else {
      parameters.push_back(read_parameter(text));
      if (!keywords_only) positional = parameters.size();
    }
  }
}

bool Line::spread(Arguments& slots, size_t first, PyObject* const* arguments, size_t count) const {
  if (positional != first + 1 || parameters[first].kind != Kind::Ints) return false;
  for (size_t i = 0; i < count; ++i)
    if (!is_integer(arguments[i])) return false;
  slots.slots_[first] = Py_True;  // given, though not as an object
  slots.spread_slot_ = first;
  slots.spread_ = arguments;
  slots.spread_count_ = count;
  return true;
}

Misfit Line::match(Arguments& slots, PyObject* self, PyObject* const* arguments, size_t count,
                   PyObject* keywords) const {
  const size_t from = first(self);
  if (self) slots.slots_[0] = self;
  if (from + count > positional) {
    if (!spread(slots, from, arguments, count)) return {Misfit::TooMany};
  } else {
    for (size_t i = 0; i < count; ++i) {
      if (!fits(parameters[from + i], arguments[i])) return {Misfit::WrongType, from + i, i};
      slots.slots_[from + i] = arguments[i];
    }
  }
  if (keywords) {
    const Misfit misfit = match_keywords(slots, arguments + count, keywords);
    if (misfit.reason != Misfit::None) return misfit;
  }
  for (size_t i = from; i < parameters.size(); ++i)
    if (parameters[i].needed && !slots.slots_[i]) return {Misfit::Missing, i};
  return {};
}

Misfit Line::match_keywords(Arguments& slots, PyObject* const* values, PyObject* keywords) const {
  for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(keywords); ++k) {
    PyObject* keyword = PyTuple_GET_ITEM(keywords, k);
    size_t i = 0;
    while (i < parameters.size() && parameters[i].name != keyword && parameters[i].alias != keyword) ++i;
    if (i == parameters.size()) {  // a name that was not interned
      for (i = 0; i < parameters.size(); ++i)
        if (PyUnicode_Compare(parameters[i].name, keyword) == 0) break;
    }
    if (i == parameters.size()) return {Misfit::UnknownKeyword, 0, 0, keyword};
    if (slots.slots_[i]) return {Misfit::GivenTwice, i, 0, keyword};
    if (!fits(parameters[i], values[k])) return {Misfit::WrongType, i, Arguments::kMost, values[k]};
    slots.slots_[i] = values[k];
  }
  return {};
}

namespace {

std::string name_of(const Parameter& parameter) { return std::string(text_of(parameter.name)); }
const char* message_of(Kind kind) {
  for (const KindName& name : kKinds)
    if (name.kind == kind) return name.in_messages;
  return "object";
}

std::string given_types(PyObject* const* arguments, size_t count, PyObject* keywords) {
  std::string text = "(";
  for (size_t i = 0; i < count; ++i) text += (i ? ", " : "") + type_name_of(arguments[i]);
  for (Py_ssize_t k = 0; keywords && k < PyTuple_GET_SIZE(keywords); ++k)
    text += (text.size() > 1 ? ", " : "") + std::string(text_of(PyTuple_GET_ITEM(keywords, k))) + "=" +
            type_name_of(arguments[count + static_cast<size_t>(k)]);
  return text + (count == 0 && text.size() > 1 ? ", )" : ")");  // as PyTorch ends a list of keywords alone
}

size_t least(const Line& line, size_t hidden) {
  return static_cast<size_t>(std::count_if(line.parameters.begin() + static_cast<ptrdiff_t>(hidden),
                                           line.parameters.end(), [](const Parameter& p) { return p.needed; }));
}

std::string too_many(const Op& op, const Line& line, Form form, size_t count) {
  const size_t hidden = form == kMethod ? 1 : 0;
  const size_t fewest = least(line, hidden), most = line.positional - hidden;
  const std::string name = std::string(op.name) + "()", given = std::to_string(count);
  if (form == kMethod && line.parameters.size() == 1)
    return "TensorBase." + name + " takes no arguments (" + given + " given)";
  if (fewest != most)
    return name + " takes from " + std::to_string(fewest) + " to " + std::to_string(most) +
           " positional arguments but " + given + " were given";
  return name + " takes " + std::to_string(most) + " positional argument" + (most == 1 ? "" : "s") + " but " + given +
         (count == 1 ? " was given" : " were given");
}

// The argument that a call fails at, by position or by keyword.
PyObject* given_object(const Misfit& misfit, PyObject* const* arguments) {
  return misfit.argument == Arguments::kMost ? misfit.keyword : arguments[misfit.argument];
}

// What was given in place of a parameter: of a list of ints, the first element.
std::string got(const Parameter& parameter, PyObject* object) {
  if (parameter.kind != Kind::Ints || !is_list(object)) return ", not " + type_name_of(object);
  return ", but found element of type " + type_name_of(PySequence_Fast_GET_ITEM(object, 0)) + " at pos 0";
}

std::string explain(const Op& op, const Line& line, Form form, const Misfit& misfit, PyObject* const* arguments,
                    size_t count) {
  const std::string name = std::string(op.name) + "()";
  const size_t hidden = form == kMethod ? 1 : 0;
  switch (misfit.reason) {
    case Misfit::Missing: {
      std::string missing;
      size_t number = 0;
      for (size_t i = misfit.parameter; i < line.parameters.size(); ++i) {
        if (!line.parameters[i].needed || i < hidden + count) continue;
        missing += (number++ ? ", \"" : "\"") + name_of(line.parameters[i]) + "\"";
      }
      return name + " missing " + std::to_string(number) + " required positional argument" + (number == 1 ? "s" : "") +
             ": " + missing;  // as PyTorch writes it
    }
    case Misfit::TooMany:
      return too_many(op, line, form, count);
    case Misfit::UnknownKeyword:
      return name + " got an unexpected keyword argument '" + std::string(text_of(misfit.keyword)) + "'";
    case Misfit::GivenTwice:
      return name + " got multiple values for argument '" + name_of(line.parameters[misfit.parameter]) + "'";
    default: {
      const Parameter& parameter = line.parameters[misfit.parameter];
      PyObject* object = given_object(misfit, arguments);
      const std::string position =
          misfit.argument != Arguments::kMost ? " (position " + std::to_string(misfit.argument + 1) + ")" : "";
      return name + ": argument '" + name_of(parameter) + "'" + position + " must be " + message_of(parameter.kind) +
             got(parameter, object);
    }
  }
}

// What keeps a call from matching a line with as many parameters: "(Tensor, !O!)".
std::string marked_types(const Line& line, size_t hidden, PyObject* const* arguments, size_t count,
                         PyObject* keywords) {
  std::string types = "(", unknown;
  for (size_t i = 0; i < count; ++i) {
    const std::string mark = fits(line.parameters[hidden + i], arguments[i]) ? "" : "!";
    types += (i ? ", " : "") + mark + type_name_of(arguments[i]) + mark;
  }
  for (Py_ssize_t k = 0; keywords && k < PyTuple_GET_SIZE(keywords); ++k) {
    PyObject* object = arguments[count + static_cast<size_t>(k)];
    const std::string name(text_of(PyTuple_GET_ITEM(keywords, k)));
    const auto known = std::find_if(line.parameters.begin(), line.parameters.end(),
                                    [&](const Parameter& parameter) { return name_of(parameter) == name; });
    if (known == line.parameters.end()) unknown += (unknown.empty() ? "" : ", ") + name;
    const std::string mark = known != line.parameters.end() && fits(*known, object) ? "" : "!";
    types += (types.size() > 1 ? ", " : "") + name + "=" + mark + type_name_of(object) + mark;
  }
  if (!unknown.empty()) return "      didn't match because some of the keywords were incorrect: " + unknown + "\n";
  return "      didn't match because some of the arguments have invalid types: " + types +
         (count == 0 && types.size() > 1 ? ", )" : ")") + "\n";
}

// Ops whose forms for a tensor and for a number are one to the reader.
bool takes_numbers_as_tensors(std::string_view name) {
  if (name.ends_with('_')) name.remove_suffix(1);
  constexpr std::string_view kNames[] = {"add", "sub", "mul", "div", "floor_divide", "true_divide", "copy", "to"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

bool same_names(const Line& a, const Line& b) {
  return std::equal(a.parameters.begin(), a.parameters.end(), b.parameters.begin(), b.parameters.end(),
                    [](const Parameter& x, const Parameter& y) { return x.name == y.name; });
}

// PyTorch tells a list of ints by its first element: throws where that is one and another is not.
void refuse_later_items(const Op& op, const Parameter& parameter, PyObject* const* items, size_t count) {
  for (size_t i = 1; i < count && is_integer(items[0]); ++i)
    if (!is_integer(items[i]))
      raise(PyExc_TypeError, std::string(op.name) + "(): argument '" + name_of(parameter) +
                                 "' failed to unpack the object at pos " + std::to_string(i + 1) +
                                 " with error \"type must be tuple of ints,but got " + type_name_of(items[i]) + "\"");
}

// The same for what keeps a call from matching a line: a list, or the arguments that stand for one.
void refuse_later_items(const Op& op, const Line& line, const Misfit& misfit, size_t hidden, PyObject* const* arguments,
                        size_t count) {
  if (misfit.reason == Misfit::TooMany && line.positional == hidden + 1 && line.parameters[hidden].kind == Kind::Ints)
    return refuse_later_items(op, line.parameters[hidden], arguments, count);
  const Parameter& parameter = line.parameters[misfit.parameter];
  PyObject* object = given_object(misfit, arguments);
  if (misfit.reason != Misfit::WrongType || parameter.kind != Kind::Ints || !is_list(object)) return;
  std::vector<PyObject*> items;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(object); ++i)
    items.push_back(PySequence_Fast_GET_ITEM(object, i));
  refuse_later_items(op, parameter, items.data(), items.size());
}

}  // namespace

std::string shown(const Line& line, Form form) {
  std::string result = "(";
  std::string_view rest = line.overload->parameters;
  size_t index = 0;
  while (!rest.empty()) {
    const size_t comma = rest.find(", ");
    const std::string_view text = rest.substr(0, comma);
    rest = comma == rest.npos ? std::string_view() : rest.substr(comma + 2);
    const bool hidden = form == kMethod && index == 0;
    if (!hidden && result.size() > 1) result += ", ";
    if (text == "*") {
      result += "*";
      continue;
    }
    const Parameter& parameter = line.parameters[index++];
    if (hidden) continue;
    result += std::string(message_of(parameter.kind)) + " " + name_of(parameter);
    const size_t equals = text.find('=');
    if (equals != text.npos) result += " = " + std::string(text.substr(equals + 1));
  }
  return result + ")";
}

void raise_misfit(const Op& op, Form form, PyObject* self, PyObject* const* arguments, size_t count,
                  PyObject* keywords) {
  std::vector<const Line*> possible;
  size_t forms = 0;
  for (const Line& line : op.lines->lines) {
    if (!(line.overload->forms & form)) continue;
    ++forms;
    const bool one = takes_numbers_as_tensors(op.name) && !possible.empty() && same_names(*possible.back(), line);
    if (!one) possible.push_back(&line);
  }
  const size_t hidden = form == kMethod ? 1 : 0;
  for (const Line* line : possible) {
    Arguments slots;
    refuse_later_items(op, *line, line->match(slots, self, arguments, count, keywords), hidden, arguments, count);
  }
  const size_t given = count + (keywords ? static_cast<size_t>(PyTuple_GET_SIZE(keywords)) : 0);
  std::vector<const Line*> plausible;
  for (const Line* line : possible)
    if (least(*line, hidden) <= given && given <= line->parameters.size() - hidden) plausible.push_back(line);
  if (forms == 1 || plausible.size() == 1) {
    const Line& line = forms == 1 ? *possible[0] : *plausible[0];
    Arguments slots;
    const Misfit misfit = line.match(slots, self, arguments, count, keywords);
    raise(PyExc_TypeError, explain(op, line, form, misfit, arguments, count));
  }
  std::string message = std::string(op.name) + "() received an invalid combination of arguments - got " +
                        given_types(arguments, count, keywords) + ", but expected ";
  if (possible.size() == 1) raise(PyExc_TypeError, message + shown(*possible[0], form));
  message += "one of:\n";
  for (const Line* line : possible) {
    message += " * " + shown(*line, form) + "\n";
    if (given == line->parameters.size() - hidden) message += marked_types(*line, hidden, arguments, count, keywords);
  }
  raise(PyExc_TypeError, message);
}

}  // namespace relume::python
