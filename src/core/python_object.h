// What a tensor does with the object of a scripting language that it owns.
#pragma once

namespace relume::detail {

// Called with TensorImpl::python_object of a tensor that dies, where that is set. Set by the binding, once.
extern void (*release_python_object)(void* object);

}  // namespace relume::detail
