// Hooks on the tensors that nodes save for backward: what torch.autograd.graph.saved_tensors_hooks stands on.
#include "arguments.h"
#include "autograd/saved.h"
#include "tables.h"

namespace relume::python {

namespace {

// What a pack hook returned. It is unpacked, and dies, under the lock.
class PackedObject final : public autograd::PackedTensor {
 public:
  PackedObject(Ref object, Ref unpack) : object_(std::move(object)), unpack_(std::move(unpack)) {}
  ~PackedObject() override {
    if (!Py_IsInitialized()) {
      object_.release();
      unpack_.release();
      return;
    }
    const Locked lock;
    object_ = Ref();
    unpack_ = Ref();
  }
  Tensor unpack() override {
    const Locked lock;
    const Ref result = own(PyObject_CallFunctionObjArgs(unpack_.get(), object_.get(), nullptr));
    if (!is_tensor(result.get()))
      raise(PyExc_TypeError,
            "Output of saved tensor unpack_hook expected to be a Tensor but got result of type " +
                type_name_of(result.get()));
    return tensor_of(result.get());
  }

 private:
  Ref object_, unpack_;
};

// A pair of hooks of this thread, above those that were in force before.
class PythonSavedHooks final : public autograd::SavedTensorHooks {
 public:
  PythonSavedHooks(PyObject* pack, PyObject* unpack)
      : pack_(Ref::borrow(pack)), unpack_(Ref::borrow(unpack)), before_(autograd::saved_tensor_hooks) {}
  std::unique_ptr<autograd::PackedTensor> pack(const Tensor& tensor) override {
    const Locked lock;
    const Ref argument = Ref::steal(wrap(tensor));
    Ref packed = own(PyObject_CallFunctionObjArgs(pack_.get(), argument.get(), nullptr));
    return std::make_unique<PackedObject>(std::move(packed), unpack_);
  }
  autograd::SavedTensorHooks* before() const { return before_; }

 private:
  Ref pack_, unpack_;
  autograd::SavedTensorHooks* before_;
};

PyObject* push(Arguments& a) {
  autograd::saved_tensor_hooks = new PythonSavedHooks(a.object(0), a.object(1));
  return none();
}

PyObject* pop(Arguments&) {
  const std::unique_ptr<PythonSavedHooks> top(static_cast<PythonSavedHooks*>(autograd::saved_tensor_hooks));
  if (!top) raise(PyExc_RuntimeError, "_pop_saved_tensors_hooks: there are no hooks on this thread");
  autograd::saved_tensor_hooks = top->before();
  return none();
}

const Op kSavedHooks[] = {
    {"_push_saved_tensors_hooks",
     "_push_saved_tensors_hooks(pack, unpack)\n\nKeeps what this thread's nodes save as pack(tensor).\n",
     {{kFunction, "object pack, object unpack", push}}},
    {"_pop_saved_tensors_hooks",
     "_pop_saved_tensors_hooks()\n\nReturns to the hooks before.\n",
     {{kFunction, "", pop}}},
};

}  // namespace

void append_saved_hooks(std::vector<OpEntry>& entries) { append_entries<kSavedHooks>(entries); }

}  // namespace relume::python
