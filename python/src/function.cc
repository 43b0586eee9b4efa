// Nodes of the graph as objects, and autograd.Function.
#include "function.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "arguments.h"
#include "autograd/custom_node.h"
#include "autograd/node_hook.h"

namespace relume::python {

namespace {

using autograd::GraphNode;
using autograd::NodePtr;
using autograd::variable_list;

// ---- x.grad_fn

struct NodeObject {
  PyObject_HEAD NodePtr node;
};
PyTypeObject* node_type = nullptr;

const NodePtr& node_in(PyObject* self) { return reinterpret_cast<NodeObject*>(self)->node; }

// The object of each node that has one, so that a node is the same object as long as somebody holds it.
std::unordered_map<const autograd::Node*, PyObject*>& objects() {
  static auto* const map = new std::unordered_map<const autograd::Node*, PyObject*>;
  return *map;
}

void delete_node(PyObject* self) {
  objects().erase(node_in(self).get());
  reinterpret_cast<NodeObject*>(self)->node.~NodePtr();
  free_object(self);
}

PyObject* node_name(PyObject* self, PyObject*) {
  return guarded([&] { return text(autograd::python_name(*node_in(self))).release(); });
}
PyObject* own_context(PyObject* self);  // the ctx of a Function's node, borrowed; null for other nodes
// The name of the class that the node has in PyTorch: without namespaces.
std::string class_name(PyObject* self) {
  const std::string name = autograd::python_name(*node_in(self));
  return name.substr(name.rfind(':') + 1);  // npos + 1 is 0
}
PyObject* node_repr(PyObject* self) {
  return guarded([&] {
    const std::string name = class_name(self);
    const char* module = own_context(self) ? "torch.autograd.function." : "";
    return checked(PyUnicode_FromFormat("<%s%s object at %p>", module, name.c_str(), node_in(self).get()));
  });
}
// What the node of a Function lacks, its ctx may have.
PyObject* node_attribute(PyObject* self, PyObject* name) {
  PyObject* found = PyObject_GenericGetAttr(self, name);
  PyObject* context = found ? nullptr : own_context(self);
  if (!context || !PyErr_ExceptionMatches(PyExc_AttributeError)) return found;
  PyErr_Clear();
  return PyObject_GetAttr(context, name);
}
Py_hash_t node_hash(PyObject* self) {
  return static_cast<Py_hash_t>(reinterpret_cast<uintptr_t>(node_in(self).get()) >> 4);
}
PyObject* node_compare(PyObject* self, PyObject* other, int operation) {
  if (!PyObject_TypeCheck(other, node_type) || (operation != Py_EQ && operation != Py_NE)) Py_RETURN_NOTIMPLEMENTED;
  return boolean((node_in(self) == node_in(other)) == (operation == Py_EQ));
}

// The class of nodes of one name, made when the first of them is asked for. Its module is that of PyTorch's classes.
PyTypeObject* class_of(const std::string& name, const char* module) {
  static PyObject* const classes = checked(PyDict_New());
  PyObject* found = PyDict_GetItemString(classes, name.c_str());
  if (found) return reinterpret_cast<PyTypeObject*>(found);
  PyType_Slot slots[] = {{0, nullptr}};
  const auto* text = new std::string("relume." + name);  // the interpreter keeps the pointer
  PyType_Spec spec = {text->c_str(), sizeof(NodeObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                      slots};
  const Ref bases = own(PyTuple_Pack(1, node_type));
  const Ref made = own(PyType_FromSpecWithBases(&spec, bases.get()));
  check_status(PyObject_SetAttrString(made.get(), "__module__", relume::python::text(module).get()));
  check_status(PyObject_SetAttrString(made.get(), "__name__", relume::python::text(name).get()));  // as messages say it
  check_status(PyDict_SetItemString(classes, name.c_str(), made.get()));
  return reinterpret_cast<PyTypeObject*>(made.get());
}

PyObject* next_functions(PyObject* self, void*) {
  return guarded([&] {
    const auto& node = static_cast<const GraphNode&>(*node_in(self));
    Ref tuple = own(PyTuple_New(static_cast<Py_ssize_t>(node.edges.size())));
    for (size_t i = 0; i < node.edges.size(); ++i) {
      const Ref next = own(node_object(node.edges[i].node));
      PyTuple_SET_ITEM(tuple.get(), static_cast<Py_ssize_t>(i),
                       checked(Py_BuildValue("(OI)", next.get(), node.edges[i].input_nr)));
    }
    return tuple.release();
  });
}
PyObject* node_variable(PyObject* self, void*) {
  return guarded([&]() -> PyObject* {
    const auto* leaf = dynamic_cast<autograd::AccumulateGrad*>(node_in(self).get());
    if (!leaf)
      return PyErr_Format(PyExc_AttributeError, "'%s' object has no attribute 'variable'", class_name(self).c_str());
    return wrap(leaf->variable);
  });
}

// ---- Hooks on nodes

// What Python keeps of a node, as one hook: dicts of the hooks before and after it, and of what programs note of it.
// autograd/graph.py calls the hooks.
class PythonNodeHooks final : public autograd::WholeNodeHook {
 public:
  PythonNodeHooks() : dicts_(own(Py_BuildValue("({}{}{})"))) {}
  ~PythonNodeHooks() override {
    if (!Py_IsInitialized()) {
      dicts_.release();
      return;
    }
    const Locked lock;
    dicts_ = Ref();
  }
  void before(variable_list& grad_outputs) override {
    const Locked lock;
    if (PyDict_Size(dict(0)) > 0) run("_run_prehooks", dict(0), grad_outputs, nullptr);
  }
  void after(variable_list& grad_inputs, const variable_list& grad_outputs) override {
    const Locked lock;
    if (PyDict_Size(dict(1)) > 0) run("_run_hooks", dict(1), grad_inputs, &grad_outputs);
  }
  PyObject* dicts() const { return dicts_.get(); }

 private:
  PyObject* dict(Py_ssize_t i) const { return PyTuple_GET_ITEM(dicts_.get(), i); }
  static void run(const char* function, PyObject* hooks, variable_list& grads, const variable_list* grad_outputs);

  Ref dicts_;
};

void PythonNodeHooks::run(const char* function, PyObject* hooks, variable_list& grads,
                          const variable_list* grad_outputs) {
  const Ref module = own(PyImport_ImportModule("relume.autograd.graph"));
  const Ref given = own(wrap(grads)), outputs = grad_outputs ? own(wrap(*grad_outputs)) : own(none());
  const Ref result = own(PyObject_CallMethod(module.get(), function, "OOO", hooks, given.get(), outputs.get()));
  for (size_t i = 0; i < grads.size(); ++i) {
    PyObject* item = PyTuple_GET_ITEM(result.get(), static_cast<Py_ssize_t>(i));
    grads[i] = item == Py_None ? Tensor() : tensor_of(item);
  }
}

PyObject* node_hooks(PyObject* self, PyObject*) {
  return guarded([&] {
    auto& node = static_cast<GraphNode&>(*node_in(self));
    for (const auto& hook : whole_node_hooks(node))
      if (const auto* own_hooks = dynamic_cast<const PythonNodeHooks*>(hook.get()))
        return Py_NewRef(own_hooks->dicts());
    const auto made = std::make_shared<PythonNodeHooks>();
    std::vector<autograd::NodeHook>& hooks = node.hooks_for_writing().tensor_hooks;
    hooks.push_back({autograd::kWholeNode, hooks.empty() ? 0 : hooks.back().handle + 1, made});
    return Py_NewRef(made->dicts());
  });
}

PyObject* node_sequence(PyObject* self, PyObject*) { return PyLong_FromUnsignedLongLong(node_in(self)->sequence_nr()); }

// A tuple of what the node saved: (the number of the input of its forward op that it is, -1 for an output; the tensor).
// A tensor that leads to no input, as it needs no gradient or hooks packed it, counts for the first that is left.
PyObject* node_saved(PyObject* self, PyObject*) {
  return guarded([&] {
    auto& node = static_cast<GraphNode&>(*node_in(self));
    node.check_not_released();
    const Ref found = own(PyList_New(0));
    std::vector<bool> taken(node.edges.size());
    for (size_t i = 0; i < node.saved.size(); ++i) {
      const Tensor tensor = node.unpack(i);
      if (!tensor.defined()) continue;
      const autograd::GraphEdge edge = tensor.requires_grad() ? autograd::gradient_edge(tensor) : autograd::GraphEdge();
      Py_ssize_t place = 0;
      if (edge.get() == &node)
        place = -1;
      else
        while (place < static_cast<Py_ssize_t>(taken.size()) &&
               (taken[place] || node.edges[place].node != edge.node || node.edges[place].input_nr != edge.input_nr))
          ++place;
      if (place == static_cast<Py_ssize_t>(taken.size()))
        place = std::find(taken.begin(), taken.end(), false) - taken.begin();
      if (place == static_cast<Py_ssize_t>(taken.size())) continue;
      if (place >= 0) taken[place] = true;
      const Ref object = own(wrap(tensor));
      const Ref pair = own(Py_BuildValue("(nO)", place, object.get()));
      check_status(PyList_Append(found.get(), pair.get()));
    }
    return checked(PyList_AsTuple(found.get()));
  });
}

PyObject* node_is_awaited(PyObject* self, PyObject*) {
  return boolean(autograd::current_run_needs(static_cast<const GraphNode*>(node_in(self).get())));
}

PyMethodDef node_methods[] = {
    {"_hooks", node_hooks, METH_NOARGS, "_hooks($self, /)\n--\n\nDicts: hooks before and after it, metadata."},
    {"_is_awaited", node_is_awaited, METH_NOARGS,
     "_is_awaited($self, /)\n--\n\nWhether the backward that calls the present hook runs the node."},
    {"_sequence_nr", node_sequence, METH_NOARGS, "_sequence_nr($self, /)\n--\n\nGrows from each node to the next."},
    {"_saved", node_saved, METH_NOARGS, "_saved($self, /)\n--\n\nWhat it saved, with the numbers of inputs."},
    {"name", node_name, METH_NOARGS, "name($self, /)\n--\n\nThe name, such as ReluBackward0."},
    {nullptr, nullptr, 0, nullptr},
};
PyGetSetDef node_attributes[] = {
    {"next_functions", next_functions, nullptr, "The nodes that receive the gradients of the inputs.", nullptr},
    {"variable", node_variable, nullptr, "The leaf of an AccumulateGrad node.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

// ---- autograd.Function

class PythonNode;

// The ctx of a Function's forward and backward. The node owns it, and clears `node` when it goes.
struct ContextObject {
  PyObject_HEAD PythonNode* node;
  PyObject* attributes;
  PyObject* needs_input_grad;
};
PyTypeObject* context_type = nullptr;

class PythonNode final : public detail::CustomNode {
 public:
  PythonNode(PyObject* function, ContextObject* object)
      : function_(Ref::borrow(function)), object_(Ref::borrow(reinterpret_cast<PyObject*>(object))) {
    const Ref name = own(PyObject_GetAttrString(function, "__name__"));
    node_name_ = std::string(text_of(name.get())) + "Backward";
    object->node = this;
  }
  ~PythonNode() override {
    if (!Py_IsInitialized()) {
      function_.release();
      object_.release();
      return;
    }
    const Locked lock;
    reinterpret_cast<ContextObject*>(object_.get())->node = nullptr;
    function_ = Ref();
    object_ = Ref();
  }
  std::string name() const override { return node_name_; }
  void rename(std::string_view name) { node_name_ = name; }
  PyObject* object() const { return object_.get(); }
  // Notes of the next output of forward whether it is a tensor: the gradient of another is None.
  void add_output(bool tensor) { is_tensor_output_.push_back(tensor); }

 private:
  variable_list run_backward(variable_list grads) override;

  Ref function_, object_;
  std::string node_name_;
  std::vector<bool> is_tensor_output_;
};

PyObject* own_context(PyObject* self) {
  const auto* node = dynamic_cast<const PythonNode*>(node_in(self).get());
  return node ? node->object() : nullptr;
}

// A Tensor or None as a tensor, for what backward returns.
Tensor gradient_of(PyObject* object) {
  if (object == Py_None) return Tensor();
  if (!is_tensor(object)) raise(PyExc_RuntimeError, "expected Variable or None (got " + type_name_of(object) + ")");
  return tensor_of(object);
}

variable_list PythonNode::run_backward(variable_list grads) {
  const Locked lock;
  std::vector<Ref> owned;
  std::vector<PyObject*> arguments = {object_.get()};
  size_t next = 0;
  for (const bool tensor : is_tensor_output_) {
    owned.push_back(own(tensor ? wrap(grads[next++]) : none()));
    arguments.push_back(owned.back().get());
  }
  const Ref backward = own(PyObject_GetAttrString(function_.get(), "_gradient_function"));
  const Ref result = own(PyObject_Vectorcall(backward.get(), arguments.data(), arguments.size(), nullptr));
  if (!PyTuple_Check(result.get())) return {gradient_of(result.get())};
  variable_list results;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(result.get()); ++i)
    results.push_back(gradient_of(PyTuple_GET_ITEM(result.get(), i)));
  return results;
}

ContextObject* context_of(PyObject* self) { return reinterpret_cast<ContextObject*>(self); }

PythonNode& node_of(PyObject* self) {
  PythonNode* node = context_of(self)->node;
  if (!node)
    raise(PyExc_RuntimeError,
          "Trying to backward through the graph a second time, or to use a ctx after its graph has been freed.");
  return *node;
}

void delete_context(PyObject* self) {
  PyObject_GC_UnTrack(self);
  Py_CLEAR(context_of(self)->attributes);
  Py_CLEAR(context_of(self)->needs_input_grad);
  free_object(self);
}
int traverse_context(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(context_of(self)->attributes);
  return 0;
}
int clear_context(PyObject* self) {
  Py_CLEAR(context_of(self)->attributes);
  return 0;
}

// The tensors among some arguments; None stands for an undefined one. `expected` begins the message about another type.
variable_list tensors_in(PyObject* const* arguments, Py_ssize_t count, PyObject* error, const char* expected) {
  variable_list tensors;
  for (Py_ssize_t i = 0; i < count; ++i) {
    if (arguments[i] != Py_None && !is_tensor(arguments[i]))
      raise(error, expected + std::to_string(i) + " is of type " + type_name_of(arguments[i]));
    tensors.push_back(arguments[i] == Py_None ? Tensor() : tensor_of(arguments[i]));
  }
  return tensors;
}

template <class F>
PyObject* with_context(PyObject* self, F body) {
  return guarded([&] {
    body(node_of(self).context);
    return none();
  });
}
PyObject* save_for_backward(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  return with_context(self, [&](autograd::AutogradContext& context) {
    context.save_for_backward(
        tensors_in(arguments, count, PyExc_TypeError, "save_for_backward can only save variables, but argument "));
  });
}
PyObject* mark_dirty(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  return with_context(self, [&](autograd::AutogradContext& context) {
    context.mark_dirty(
        tensors_in(arguments, count, PyExc_RuntimeError, "mark_dirty can only accept variables, but argument "));
  });
}
PyObject* mark_non_differentiable(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  return with_context(self, [&](autograd::AutogradContext& context) {
    context.mark_non_differentiable(
        tensors_in(arguments, count, PyExc_RuntimeError,
                   "mark_non_differentiable only accepts variable arguments, but got argument "));
  });
}
PyObject* set_materialize_grads(PyObject* self, PyObject* value) {
  return with_context(
      self, [&](autograd::AutogradContext& context) { context.set_materialize_grads(PyObject_IsTrue(value) == 1); });
}
PyObject* saved_tensors(PyObject* self, void*) {
  return guarded([&] { return wrap(node_of(self).saved_variables()); });
}

PyMethodDef context_methods[] = {
    {"save_for_backward", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(save_for_backward)), METH_FASTCALL,
     "save_for_backward($self, /, *tensors)\n--\n\nKeeps inputs or outputs of forward for backward."},
    {"mark_dirty", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(mark_dirty)), METH_FASTCALL,
     "mark_dirty($self, /, *tensors)\n--\n\nSays which inputs forward writes to."},
    {"mark_non_differentiable", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(mark_non_differentiable)),
     METH_FASTCALL, "mark_non_differentiable($self, /, *tensors)\n--\n\nSays which outputs have no gradient."},
    {"set_materialize_grads", set_materialize_grads, METH_O,
     "set_materialize_grads($self, value, /)\n--\n\nWhether backward gets zeros, or None, where no gradient flows."},
    {nullptr, nullptr, 0, nullptr},
};
PyGetSetDef context_attributes[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr},
    {"saved_tensors", saved_tensors, nullptr, "What save_for_backward kept.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};
PyMemberDef context_members[] = {
    {"needs_input_grad", T_OBJECT, offsetof(ContextObject, needs_input_grad), 0,
     "Whether the gradient of each argument of forward is wanted."},
    {"__dictoffset__", T_PYSSIZET, offsetof(ContextObject, attributes), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

// forward(ctx, *args), or forward(*args) and setup_context(ctx, inputs, output) where the class has that.
Ref run_forward(PyObject* function, PyObject* context, PyObject* arguments) {
  const NoGradGuard unrecorded;
  const Ref forward = own(PyObject_GetAttrString(function, "forward"));
  const Ref separate = own(PyObject_GetAttrString(function, "_has_setup_context"));
  if (PyObject_IsTrue(separate.get()) == 1) {
    Ref output = own(PyObject_CallObject(forward.get(), arguments));
    own(PyObject_CallMethod(function, "setup_context", "OOO", context, arguments, output.get()));
    return output;
  }
  const Py_ssize_t count = PyTuple_GET_SIZE(arguments);
  const Ref all = own(PyTuple_New(count + 1));
  PyTuple_SET_ITEM(all.get(), 0, Py_NewRef(context));
  for (Py_ssize_t i = 0; i < count; ++i) PyTuple_SET_ITEM(all.get(), i + 1, Py_NewRef(PyTuple_GET_ITEM(arguments, i)));
  return own(PyObject_CallObject(forward.get(), all.get()));
}

// What forward returned, with its tensors in their place in the graph.
PyObject* finish(PythonNode& node, const variable_list& inputs, const Ref& output) {
  const bool single = !PyTuple_Check(output.get());
  const Ref outputs = single ? own(PyTuple_Pack(1, output.get())) : output;
  variable_list tensors;
  const Py_ssize_t count = PyTuple_GET_SIZE(outputs.get());
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyObject* item = PyTuple_GET_ITEM(outputs.get(), i);
    node.add_output(is_tensor(item));
    if (is_tensor(item)) tensors.push_back(tensor_of(item));
  }
  node.finish(inputs, tensors);
  if (single) return tensors.empty() ? Ref(output).release() : wrap(tensors[0]);
  Ref result = own(PyTuple_New(count));
  for (Py_ssize_t i = 0, next = 0; i < count; ++i) {
    PyObject* item = PyTuple_GET_ITEM(outputs.get(), i);
    PyTuple_SET_ITEM(result.get(), i, is_tensor(item) ? checked(wrap(tensors[next++])) : Py_NewRef(item));
  }
  return result.release();
}

PyObject* apply_function(PyObject*, PyObject* arguments) {
  return guarded([&]() -> PyObject* {
    PyObject* function = PyTuple_GET_ITEM(arguments, 0);
    const Ref inputs = own(PyTuple_GetSlice(arguments, 1, PyTuple_GET_SIZE(arguments)));
    const Ref context = own(PyType_GenericAlloc(context_type, 0));
    const NodePtr handle = NodePtr::adopt(autograd::make_node<PythonNode>(function, context_of(context.get())));
    auto& node = static_cast<PythonNode&>(*handle);
    const Py_ssize_t count = PyTuple_GET_SIZE(inputs.get());
    const Ref needs = own(PyTuple_New(count));
    variable_list tensors;
    for (Py_ssize_t i = 0; i < count; ++i) {
      PyObject* item = PyTuple_GET_ITEM(inputs.get(), i);
      const bool tensor = is_tensor(item);
      node.add_argument(tensor ? &tensor_of(item) : nullptr);
      if (tensor) tensors.push_back(tensor_of(item));
      PyTuple_SET_ITEM(needs.get(), i, boolean(tensor && tensor_of(item).requires_grad()));
    }
    context_of(context.get())->needs_input_grad = Ref(needs).release();
    return finish(node, tensors, run_forward(function, context.get(), inputs.get()));
  });
}

PyMethodDef graph_functions[] = {
    {"_apply_function", apply_function, METH_VARARGS, "Calls a Function's forward and records its backward."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

PyObject* node_object(const NodePtr& node) {
  if (!node) return none();
  if (const auto found = objects().find(node.get()); found != objects().end()) return Py_NewRef(found->second);
  const std::string name = autograd::python_name(*node);
  const char* module = dynamic_cast<const PythonNode*>(node.get()) ? "torch.autograd.function" : "builtins";
  PyTypeObject* type = class_of(name.substr(name.rfind(':') + 1), module);
  auto* object = reinterpret_cast<NodeObject*>(checked(PyType_GenericAlloc(type, 0)));
  new (&object->node) NodePtr(node);
  objects().emplace(node.get(), reinterpret_cast<PyObject*>(object));
  return reinterpret_cast<PyObject*>(object);
}

void name_node(const Tensor& tensor, std::string_view name) {
  static auto* const names = new std::set<std::string, std::less<>>;  // nodes keep pointers to them
  const NodePtr node = tensor.grad_fn();
  if (!node) return;
  if (auto* own_node = dynamic_cast<PythonNode*>(node.get())) return own_node->rename(name);
  static_cast<GraphNode&>(*node).name_ = names->emplace(name).first->c_str();
}

int visit_node(const autograd::Node* node, visitproc visit, void* arg) {
  const auto* own_node = dynamic_cast<const PythonNode*>(node);
  if (own_node && own_node->refs.load() == 1) Py_VISIT(own_node->object());
  return 0;
}

void run_backward(const std::vector<Tensor>& tensors, const std::vector<Tensor>& gradients,
                  std::optional<bool> retain_graph, bool create_graph, const std::vector<Tensor>& inputs) {
  const Unlocked unlocked;
  autograd::backward(tensors, gradients, retain_graph, create_graph, inputs);
}

void add_graph_types(PyObject* module) {
  PyType_Slot node_slots[] = {
      {Py_tp_doc, const_cast<char*>("A function of the backward graph.")},
      {Py_tp_dealloc, reinterpret_cast<void*>(delete_node)},
      {Py_tp_repr, reinterpret_cast<void*>(node_repr)},
      {Py_tp_getattro, reinterpret_cast<void*>(node_attribute)},
      {Py_tp_hash, reinterpret_cast<void*>(node_hash)},
      {Py_tp_richcompare, reinterpret_cast<void*>(node_compare)},
      {Py_tp_methods, node_methods},
      {Py_tp_getset, node_attributes},
      {0, nullptr},
  };
  PyType_Spec node_spec = {"relume._C.Node", sizeof(NodeObject), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION, node_slots};
  node_type = make_type(module, node_spec);
  PyType_Slot context_slots[] = {
      {Py_tp_doc, const_cast<char*>("What the forward of a Function hands to its backward.")},
      {Py_tp_dealloc, reinterpret_cast<void*>(delete_context)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse_context)},
      {Py_tp_clear, reinterpret_cast<void*>(clear_context)},
      {Py_tp_methods, context_methods},
      {Py_tp_getset, context_attributes},
      {Py_tp_members, context_members},
      {0, nullptr},
  };
  PyType_Spec context_spec = {"relume._C.FunctionCtx", sizeof(ContextObject), 0,
                              Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                              context_slots};
  context_type = make_type(module, context_spec);
  check_status(PyModule_AddFunctions(module, graph_functions));
}

}  // namespace relume::python
