// Rows for safetensors files.
#include "arguments.h"
#include "relume/serialize/safetensors.h"
#include "tables.h"

namespace relume::python {

namespace {

// The texts of a list of str.
std::vector<std::string> texts(PyObject* list) {
  const Ref items = own(PySequence_Fast(list, "expected a sequence of str"));
  std::vector<std::string> result;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items.get()); ++i) {
    PyObject* item = PySequence_Fast_GET_ITEM(items.get(), i);
    if (!PyUnicode_Check(item)) raise(PyExc_TypeError, "safetensors: names and metadata must be str");
    result.emplace_back(text_of(item));
  }
  return result;
}

PyObject* text_list(const std::vector<std::string>& list) {
  Ref result = own(PyList_New(static_cast<Py_ssize_t>(list.size())));
  for (size_t i = 0; i < list.size(); ++i)
    PyList_SET_ITEM(result.get(), static_cast<Py_ssize_t>(i), text(list[i]).release());
  return result.release();
}

PyObject* save(Arguments& a) {
  const std::vector<std::string> names = texts(a.object(1)), metadata = texts(a.object(3));
  const std::vector<Tensor> tensors = a.tensors(2);
  OrderedDict<std::string, Tensor> dict;
  for (size_t i = 0; i < names.size(); ++i) dict.insert(names[i], tensors.at(i));
  serialize::Metadata pairs;
  for (size_t i = 0; i + 1 < metadata.size(); i += 2) pairs.insert(metadata[i], metadata[i + 1]);
  const std::string path(a.text(0));
  {
    const Unlocked unlocked;
    serialize::save_safetensors(path, dict, pairs);
  }
  return none();
}

PyObject* load(Arguments& a) {
  const std::string path(a.text(0));
  serialize::Metadata pairs;
  const auto dict = [&] {
    const Unlocked unlocked;
    return serialize::load_safetensors(path, &pairs);
  }();
  std::vector<std::string> names, metadata;
  std::vector<Tensor> tensors;
  for (const auto& item : dict) {
    names.push_back(item.key());
    tensors.push_back(item.value());
  }
  for (const auto& item : pairs) metadata.insert(metadata.end(), {item.key(), item.value()});
  return checked(Py_BuildValue("(NNN)", text_list(names), wrap(tensors), text_list(metadata)));
}

const Op kFileOps[] = {
    {"_save_safetensors",
     "_save_safetensors(path, names, tensors, metadata)\n\nSee relume.safetensors.save_file.\n",
     {{kFunction, "str path, object names, Tensor[] tensors, object metadata", save}}},
    {"_load_safetensors",
     "_load_safetensors(path)\n\nNames, tensors, and keys and values of the metadata in turn.\n",
     {{kFunction, "str path", load}}},
};

}  // namespace

void append_file_ops(std::vector<OpEntry>& entries) { append_entries<kFileOps>(entries); }

}  // namespace relume::python
