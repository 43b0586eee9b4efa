// The bridge to the interpreter: owned references, errors in both directions, and the lock.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "abi.h"  // before every standard header

namespace relume::python {

// An owned reference to a Python object, or none.
class Ref {
 public:
  Ref() = default;
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref(const Ref& other) noexcept : object_(other.object_) { Py_XINCREF(object_); }
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() { Py_XDECREF(object_); }
  // Takes over a reference, as most functions of the interpreter return one.
  static Ref steal(PyObject* object) {
    Ref ref;
    ref.object_ = object;
    return ref;
  }
  static Ref borrow(PyObject* object) {
    Py_XINCREF(object);
    return steal(object);
  }
  PyObject* get() const { return object_; }
  PyObject* release() { return std::exchange(object_, nullptr); }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  PyObject* object_ = nullptr;
};

// Thrown where the interpreter has an error set. It carries that error through C++ frames, whatever Python code runs on
// the way, to the place where it is set again.
class PythonError {
 public:
  PythonError();
  void restore();

 private:
  Ref type_, value_, traceback_;
};

// `object`, or PythonError where it is null.
inline PyObject* checked(PyObject* object) {
  if (!object) [[unlikely]]
    throw PythonError();
  return object;
}
inline Ref own(PyObject* object) { return Ref::steal(checked(object)); }
inline void check_status(int status) {
  if (status < 0) [[unlikely]]
    throw PythonError();
}

// Sets a Python error of the given kind and throws it.
[[noreturn]] void raise(PyObject* kind, const std::string& message);
// Sets the Python error that corresponds to the C++ exception being handled. Always returns null.
PyObject* translate_exception() noexcept;

// The class of errors about memory, a RuntimeError.
PyObject* out_of_memory_error();
// From now on warnings are Python's.
void hand_warnings_to_python();
PyObject* linear_algebra_error();

// Calls body(), turning C++ exceptions into Python errors: what every function called by the interpreter is made of.
template <class F>
PyObject* guarded(F&& body) noexcept {
  try {
    return body();
  } catch (...) {
    return translate_exception();
  }
}
template <class F>
int guarded_status(F&& body) noexcept {
  try {
    body();
    return 0;
  } catch (...) {
    translate_exception();
    return -1;
  }
}

// Holds the interpreter's lock, on whichever thread.
class Locked {
 public:
  Locked() : state_(PyGILState_Ensure()) {}
  ~Locked() { PyGILState_Release(state_); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

 private:
  PyGILState_STATE state_;
};

// Lets other threads run Python until the end of the scope, where that pays.
class Unlocked {
 public:
  explicit Unlocked(bool pays = true) : thread_(pays ? PyEval_SaveThread() : nullptr) {}
  ~Unlocked() {
    if (thread_) PyEval_RestoreThread(thread_);
  }
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

 private:
  PyThreadState* thread_;
};

// The name of an object's class as PyTorch's messages give it: with the module where the class is not written in
// Python.
std::string type_name_of(PyObject* object);
// Text of a str object, which must outlive it.
std::string_view text_of(PyObject* object);
inline Ref text(std::string_view value) {
  return own(PyUnicode_FromStringAndSize(value.data(), static_cast<Py_ssize_t>(value.size())));
}
inline PyObject* none() {
  Py_INCREF(Py_None);
  return Py_None;
}
inline PyObject* boolean(bool value) { return PyBool_FromLong(value); }

// A type made from its slots, kept for as long as the interpreter lives and added to the module under its own name.
PyTypeObject* make_type(PyObject* module, PyType_Spec& spec, PyObject* bases = nullptr);
// Adds a borrowed object to a module.
void add_object(PyObject* module, const char* name, PyObject* object);

}  // namespace relume::python
