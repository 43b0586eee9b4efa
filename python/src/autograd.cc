// Rows for automatic differentiation and for the settings of the library.
#include "relume/autograd.h"

#include "arguments.h"
#include "autograd/node_hook.h"
#include "function.h"
#include "ops/elementwise.h"
#include "relume/ops.h"
#include "relume/printing.h"
#include "relume/random.h"
#include "relume/threads.h"
#include "relume/warning.h"
#include "tables.h"

namespace relume::python {

namespace {

// A list of tensors in which None stands for an undefined one.
std::vector<Tensor> optional_tensors(const Arguments& a, size_t i) {
  std::vector<Tensor> tensors;
  if (!a.has(i)) return tensors;
  const Ref items = own(PySequence_Fast(a.object(i), "expected a sequence of tensors"));
  for (Py_ssize_t j = 0; j < PySequence_Fast_GET_SIZE(items.get()); ++j) {
    PyObject* item = PySequence_Fast_GET_ITEM(items.get(), j);
    tensors.push_back(item == Py_None ? Tensor() : tensor_argument(item, "grad"));
  }
  return tensors;
}

PyObject* grad(Arguments& a) {
  const std::vector<Tensor> outputs = a.tensors(0), inputs = a.tensors(1), weights = optional_tensors(a, 2);
  const std::optional<bool> retain = a.optional_boolean(3);
  const bool create = a.boolean(4, false), unused = a.boolean(5, false);
  return wrap([&] {
    const Unlocked unlocked;
    return autograd::grad(outputs, inputs, weights, retain, create, unused);
  }());
}

PyObject* backward(Arguments& a) {
  run_backward(a.tensors(0), optional_tensors(a, 1), a.optional_boolean(2), a.boolean(3, false),
               a.has(4) ? a.tensors(4) : std::vector<Tensor>());
  return none();
}

PyObject* set_grad_enabled(Arguments& a) {
  GradMode::set_enabled(a.boolean(0));
  return none();
}

// Inference mode as a pair of calls: enter returns what leave is to be given.
PyObject* enter_inference(Arguments& a) { return checked(PyLong_FromVoidPtr(new InferenceMode(a.boolean(0, true)))); }
PyObject* leave_inference(Arguments& a) {
  delete static_cast<InferenceMode*>(PyLong_AsVoidPtr(a.object(0)));
  return none();
}

PyObject* set_anomaly(Arguments& a) {
  autograd::AnomalyMode::set_enabled(a.boolean(0), a.boolean(1, true));
  return none();
}

PyObject* printoptions() {
  const PrintOptions options = get_printoptions();
  return checked(Py_BuildValue("(iLLLN)", options.precision, static_cast<long long>(options.threshold),
                               static_cast<long long>(options.edgeitems), static_cast<long long>(options.linewidth),
                               options.sci_mode ? boolean(*options.sci_mode) : none()));
}
PyObject* set_print(Arguments& a) {
  PrintOptions options;
  options.precision = static_cast<int>(a.integer(0));
  options.threshold = a.integer(1);
  options.edgeitems = a.integer(2);
  options.linewidth = a.integer(3);
  options.sci_mode = a.optional_boolean(4);
  set_printoptions(options);
  return none();
}

PyObject* promote(Arguments& a) { return Py_NewRef(dtype_object(promote_types(a.dtype(0), a.dtype(1)))); }

PyObject* result_type_object(std::initializer_list<Operand> operands) {
  return Py_NewRef(dtype_object(result_type(operands)));
}

PyObject* set_dtype(Arguments& a) {
  set_default_dtype(a.dtype(0));
  return none();
}

const Op kAutogradOps[] = {
    {"_named",
     "_named(input, name)\n\ninput, whose grad_fn, which must be nobody else's, has that name from now on.\n",
     {{kFunction, "Tensor input, str name",
       [](Arguments& a) -> PyObject* {
         name_node(a.tensor(0), a.text(1));
         return Py_NewRef(a.object(0));
       }}}},
    {"_grad",
     "_grad(outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused)\n\nSee autograd.grad.\n",
     {{kFunction,
       "Tensor[] outputs, Tensor[] inputs, Tensor[]? grad_outputs=None, bool? retain_graph=None, bool "
       "create_graph=False, "
       "bool allow_unused=False",
       grad}}},
    {"_backward",
     "_backward(tensors, grad_tensors, retain_graph, create_graph, inputs)\n\nSee autograd.backward.\n",
     {{kFunction,
       "Tensor[] tensors, Tensor[]? grad_tensors=None, bool? retain_graph=None, bool create_graph=False, Tensor[]? "
       "inputs=None",
       backward}}},
    {"_current_run",
     "_current_run()\n\nThe number of the backward that calls the present hook; 0 outside of one.\n",
     {{kFunction, "",
       [](Arguments& a) -> PyObject* {
         return (static_cast<void>(a), PyLong_FromUnsignedLongLong(autograd::current_run()));
       }}}},
    {"_current_run_is_partial",
     "_current_run_is_partial()\n\nWhether that backward is for the gradients of some inputs only.\n",
     {{kFunction, "",
       [](Arguments& a) -> PyObject* { return (static_cast<void>(a), boolean(autograd::current_run_is_partial())); }}}},
    {"is_grad_enabled",
     "is_grad_enabled()\n\nWhether ops record a graph on this thread.\n",
     {{kFunction, "",
       [](Arguments& a) -> PyObject* { return (static_cast<void>(a), boolean(GradMode::is_enabled())); }}}},
    {"_set_grad_enabled",
     "_set_grad_enabled(mode)\n\nSays whether ops record a graph.\n",
     {{kFunction, "bool mode", set_grad_enabled}}},
    {"is_inference_mode_enabled",
     "is_inference_mode_enabled()\n\nWhether inference mode is on.\n",
     {{kFunction, "",
       [](Arguments& a) -> PyObject* { return (static_cast<void>(a), boolean(InferenceMode::is_enabled())); }}}},
    {"_enter_inference",
     "_enter_inference(mode)\n\nStarts inference mode.\n",
     {{kFunction, "bool mode=True", enter_inference}}},
    {"_leave_inference",
     "_leave_inference(guard)\n\nEnds inference mode.\n",
     {{kFunction, "object guard", leave_inference}}},
    {"is_anomaly_enabled",
     "is_anomaly_enabled()\n\nWhether anomaly detection is on.\n",
     {{kFunction, "",
       [](Arguments& a) -> PyObject* {
         return (static_cast<void>(a), boolean(autograd::AnomalyMode::is_enabled()));
       }}}},
    {"is_anomaly_check_nan_enabled",
     "is_anomaly_check_nan_enabled()\n\nWhether anomaly detection looks for NaN.\n",
     {{kFunction, "",
       [](Arguments& a) -> PyObject* {
         return (static_cast<void>(a), boolean(autograd::AnomalyMode::should_check_nan()));
       }}}},
    {"_set_anomaly",
     "_set_anomaly(mode, check_nan)\n\nTurns anomaly detection on or off.\n",
     {{kFunction, "bool mode, bool check_nan=True", set_anomaly}}},
};

const Op kSettings[] = {
    {"set_warn_always",
     "set_warn_always(b)\n\nWhether warnings that are given once in a process are given each time.\n",
     {{kFunction, "bool b", [](Arguments& a) -> PyObject* { return (set_warn_always(a.boolean(0, false)), none()); }}}},
    {"is_warn_always_enabled",
     "is_warn_always_enabled()\n\nWhat set_warn_always() was given; False at first.\n",
     {{kFunction, "", [](Arguments& a) -> PyObject* { return (static_cast<void>(a), boolean(get_warn_always())); }}}},
    {"get_num_threads",
     "get_num_threads()\n\nHow many threads an op may use.\n",
     {{kFunction, "",
       [](Arguments& a) -> PyObject* { return (static_cast<void>(a), PyLong_FromLong(get_num_threads())); }}}},
    {"set_num_threads",
     "set_num_threads(int)\n\nSets how many threads an op may use.\n",
     {{kFunction, "int int",
       [](Arguments& a) -> PyObject* {
         if (a.integer(0) <= 0) raise(PyExc_RuntimeError, "set_num_threads expects a positive integer");
         set_num_threads(static_cast<int>(a.integer(0)));
         return none();
       }}}},
    {"set_flush_denormal",
     "set_flush_denormal(mode)\n\nWhether floating-point numbers too small to be normal count as zero; returns False "
     "where "
     "the processor has no such mode.\n",
     {{kFunction, "bool mode",
       [](Arguments& a) -> PyObject* { return boolean(set_flush_denormal(a.boolean(0, false))); }}}},
    {"get_default_dtype",
     "get_default_dtype()\n\nThe dtype of floating-point tensors made without one.\n",
     {{kFunction, "",
       [](Arguments& a) -> PyObject* {
         return (static_cast<void>(a), Py_NewRef(dtype_object(get_default_dtype())));
       }}}},
    {"set_default_dtype", "set_default_dtype(d)\n\nSets it; float32 at first.\n", {{kFunction, "dtype d", set_dtype}}},
    {"promote_types",
     "promote_types(type1, type2)\n\nThe dtype that holds values of both.\n",
     {{kFunction, "dtype type1, dtype type2", promote}}},
    {"can_cast",
     "can_cast(from_, to)\n\nWhether values of one dtype may be written as another.\n",
     {{kFunction, "dtype from_, dtype to",
       [](Arguments& a) -> PyObject* { return boolean(can_cast(a.dtype(0), a.dtype(1))); }}}},
    {"result_type",
     "result_type(tensor1, tensor2)\n\nThe dtype of an op on both, of which one may be a number.\n",
     {{kFunction, "Tensor tensor1, Tensor tensor2",
       [](Arguments& a) -> PyObject* {
         return result_type_object({a.tensor(0), a.tensor(1)});
       }},
      {kFunction, "Tensor tensor1, Number tensor2",
       [](Arguments& a) -> PyObject* {
         return result_type_object({a.tensor(0), a.scalar(1)});
       }},
      {kFunction, "Number tensor1, Tensor tensor2",
       [](Arguments& a) -> PyObject* {
         return result_type_object({a.scalar(0), a.tensor(1)});
       }},
      {kFunction, "Number tensor1, Number tensor2",
       [](Arguments& a) -> PyObject* {
         return result_type_object({a.scalar(0), a.scalar(1)});
       }}}},
    {"_repr",
     "_repr(input)\n\nThe tensor as text.\n",
     {{kFunction, "Tensor input", [](Arguments& a) -> PyObject* { return text(repr(a.tensor(0))).release(); }}}},
    {"_get_printoptions",
     "_get_printoptions()\n\nprecision, threshold, edgeitems, linewidth, sci_mode.\n",
     {{kFunction, "", [](Arguments& a) -> PyObject* { return (static_cast<void>(a), printoptions()); }}}},
    {"_set_printoptions",
     "_set_printoptions(precision, threshold, edgeitems, linewidth, sci_mode)\n\nSets them.\n",
     {{kFunction, "int precision, int threshold, int edgeitems, int linewidth, bool? sci_mode=None", set_print}}},
};

}  // namespace

void append_autograd_ops(std::vector<OpEntry>& entries) { append_entries<kAutogradOps>(entries); }
void append_settings(std::vector<OpEntry>& entries) { append_entries<kSettings>(entries); }

}  // namespace relume::python
