// The forms of the commonest ops that write into a tensor that is there: at::add_out(out, a, b).
#pragma once

#include <relume/out.h>
#include <relume/relume.h>

#include <tuple>
#include <type_traits>
#include <vector>

namespace at {
namespace detail {

// The tensors among the arguments of an op, and in its lists of tensors.
template <class... A>
std::vector<relume::Tensor> tensors_among(const A&... arguments) {
  std::vector<relume::Tensor> tensors;
  const auto add = [&tensors](const auto& argument) {
    if constexpr (std::is_convertible_v<decltype(argument), relume::TensorList>)
      for (const relume::Tensor& tensor : relume::TensorList(argument))
        if (tensor.defined()) tensors.push_back(tensor);
  };
  (add(arguments), ...);
  return tensors;
}

}  // namespace detail

#define RELUME_OUT(name)                                                                                     \
  template <class... A>                                                                                      \
  relume::Tensor& name##_out(relume::Tensor& out, const A&... arguments) {                                   \
    return ::relume::write_out(#name, out, relume::name(arguments...), detail::tensors_among(arguments...)); \
  }
// Those whose first argument, or second, may be a list in braces.
#define RELUME_OUT_OF_LIST(name, List)                                                                     \
  RELUME_OUT(name)                                                                                         \
  template <class... A>                                                                                    \
  relume::Tensor& name##_out(relume::Tensor& out, relume::List list, const A&... arguments) {              \
    return ::relume::write_out(#name, out, relume::name(list, arguments...), detail::tensors_among(list)); \
  }
#define RELUME_OUT_OVER_DIMS(name)                                                                              \
  RELUME_OUT(name)                                                                                              \
  template <class... A>                                                                                         \
  relume::Tensor& name##_out(relume::Tensor& out, const relume::Tensor& self, relume::IntArrayRef dim,          \
                             const A&... arguments) {                                                           \
    return ::relume::write_out(#name, out, relume::name(self, dim, arguments...), detail::tensors_among(self)); \
  }
// Those that make a tensor, in the dtype of out.
#define RELUME_OUT_MADE(name)                                                                             \
  template <class... A>                                                                                   \
  relume::Tensor& name##_out(relume::Tensor& out, const A&... arguments) {                                \
    return ::relume::write_out(#name, out, relume::name(arguments..., relume::dtype(out.scalar_type()))); \
  }
#define RELUME_OUT_OF_SIZE(name)                                                                                \
  RELUME_OUT_MADE(name)                                                                                         \
  template <class... A>                                                                                         \
  relume::Tensor& name##_out(relume::Tensor& out, relume::IntArrayRef size, const A&... arguments) {            \
    return ::relume::write_out(#name, out, relume::name(size, arguments..., relume::dtype(out.scalar_type()))); \
  }
// Those with two results.
#define RELUME_OUT_TWO(name)                                                                                   \
  template <class... A>                                                                                        \
  std::tuple<relume::Tensor&, relume::Tensor&> name##_out(relume::Tensor& first, relume::Tensor& second,       \
                                                          const relume::Tensor& self, const A&... arguments) { \
    const auto results = relume::name(self, arguments...);                                                     \
    const auto inputs = detail::tensors_among(self);                                                           \
    return {relume::write_out(#name, first, std::get<0>(results), inputs),                                     \
            relume::write_out(#name, second, std::get<1>(results), inputs)};                                   \
  }

RELUME_OUT(abs)
RELUME_OUT(add)
RELUME_OUT(addmm)
RELUME_OUT(argmax)
RELUME_OUT(argmin)
RELUME_OUT(bmm)
RELUME_OUT(clamp)
RELUME_OUT(cos)
RELUME_OUT(cumsum)
RELUME_OUT(div)
RELUME_OUT(eq)
RELUME_OUT(exp)
RELUME_OUT(floor)
RELUME_OUT(gather)
RELUME_OUT(ge)
RELUME_OUT(gt)
RELUME_OUT(index_select)
RELUME_OUT(le)
RELUME_OUT(log)
RELUME_OUT(lt)
RELUME_OUT(matmul)
RELUME_OUT(mm)
RELUME_OUT(mul)
RELUME_OUT(ne)
RELUME_OUT(neg)
RELUME_OUT(normal)
RELUME_OUT(pow)
RELUME_OUT(sigmoid)
RELUME_OUT(sin)
RELUME_OUT(softmax)
RELUME_OUT(sqrt)
RELUME_OUT(sub)
RELUME_OUT(tanh)
RELUME_OUT(where)
RELUME_OUT_OVER_DIMS(sum)
RELUME_OUT_OVER_DIMS(mean)
RELUME_OUT_OVER_DIMS(amax)
RELUME_OUT_OVER_DIMS(amin)
RELUME_OUT_OF_LIST(cat, TensorList)
RELUME_OUT_OF_LIST(stack, TensorList)
RELUME_OUT_MADE(arange)
RELUME_OUT_MADE(eye)
RELUME_OUT_MADE(linspace)
RELUME_OUT_OF_SIZE(zeros)
RELUME_OUT_OF_SIZE(ones)
RELUME_OUT_OF_SIZE(full)
RELUME_OUT_OF_SIZE(rand)
RELUME_OUT_OF_SIZE(randn)
RELUME_OUT_OF_SIZE(empty)
RELUME_OUT_TWO(max)
RELUME_OUT_TWO(min)
RELUME_OUT_TWO(sort)
RELUME_OUT_TWO(topk)

#undef RELUME_OUT
#undef RELUME_OUT_OF_LIST
#undef RELUME_OUT_OVER_DIMS
#undef RELUME_OUT_MADE
#undef RELUME_OUT_OF_SIZE
#undef RELUME_OUT_TWO

}  // namespace at
