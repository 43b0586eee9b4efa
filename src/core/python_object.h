// What the core asks of the binding of a scripting language: about objects that tensors own, and whether to go on.
#pragma once

namespace relume::detail {

// Called with TensorImpl::python_object of a tensor that dies, where that is set. Set by the binding, once.
extern void (*release_python_object)(void* object);

// Called between two nodes of a long backward pass, where that is set; what it throws ends the pass. Set by the
// binding, once.
extern void (*check_interrupt)();

}  // namespace relume::detail
