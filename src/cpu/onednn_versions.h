// Where versions 2 and 3 of oneDNN differ: how a primitive is described.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>

namespace relume::cpu::onednn {

// The description of a primitive, from which it is made and which says what it takes and gives. Version 2 wants an
// operation for it.
template <class Primitive, class... Operation>
typename Primitive::primitive_desc describe(const dnnl::engine& engine, const dnnl::primitive_attr& attributes,
                                            const Operation&... operation) {
#if DNNL_VERSION_MAJOR >= 3
  return typename Primitive::primitive_desc(engine, operation..., attributes);
#else
  return typename Primitive::primitive_desc(typename Primitive::desc(operation...), attributes, engine);
#endif
}

// The same for a backward pass, which is chosen to fit a forward one.
template <class Primitive, class Forward, class... Operation>
typename Primitive::primitive_desc describe_backward(const dnnl::engine& engine, const dnnl::primitive_attr& attributes,
                                                     const Forward& forward, const Operation&... operation) {
#if DNNL_VERSION_MAJOR >= 3
  return typename Primitive::primitive_desc(engine, operation..., forward, attributes);
#else
  return typename Primitive::primitive_desc(typename Primitive::desc(operation...), attributes, engine, forward);
#endif
}

inline void append_relu(dnnl::post_ops& ops) {
#if DNNL_VERSION_MAJOR >= 3
  ops.append_eltwise(dnnl::algorithm::eltwise_relu, 0, 0);
#else
  ops.append_eltwise(1, dnnl::algorithm::eltwise_relu, 0, 0);
#endif
}

}  // namespace relume::cpu::onednn
