// The forms of ops that write into a tensor that is there: at::add_out(out, a, b).
#pragma once

#include <c10/util/Exception.h>
#include <relume/out.h>
#include <relume/relume.h>

#include <string>
#include <tuple>

namespace at {
namespace detail {

inline relume::Tensor& out(const char* op, relume::Tensor& out, const relume::Tensor& result) {
  if (const std::string text = relume::resize_warning(out, result); !text.empty()) TORCH_WARN(text);
  return relume::write_out(op, out, result);
}
inline std::tuple<relume::Tensor&, relume::Tensor&> out(const char* op, relume::Tensor& first, relume::Tensor& second,
                                                        const std::tuple<relume::Tensor, relume::Tensor>& results) {
  return {out(op, first, std::get<0>(results)), out(op, second, std::get<1>(results))};
}

}  // namespace detail

#define RELUME_OUT(name)                                                   \
  template <class... A>                                                    \
  relume::Tensor& name##_out(relume::Tensor& out, const A&... arguments) { \
    return ::at::detail::out(#name, out, relume::name(arguments...));      \
  }
// Those whose first argument, or second, may be a list in braces.
#define RELUME_OUT_OF_LIST(name, List)                                                        \
  RELUME_OUT(name)                                                                            \
  template <class... A>                                                                       \
  relume::Tensor& name##_out(relume::Tensor& out, relume::List list, const A&... arguments) { \
    return ::at::detail::out(#name, out, relume::name(list, arguments...));                   \
  }
#define RELUME_OUT_OVER_DIMS(name)                                                                     \
  RELUME_OUT(name)                                                                                     \
  template <class... A>                                                                                \
  relume::Tensor& name##_out(relume::Tensor& out, const relume::Tensor& self, relume::IntArrayRef dim, \
                             const A&... arguments) {                                                  \
    return ::at::detail::out(#name, out, relume::name(self, dim, arguments...));                       \
  }
// Those that make a tensor, in the dtype of out.
#define RELUME_OUT_MADE(name)                                                                           \
  template <class... A>                                                                                 \
  relume::Tensor& name##_out(relume::Tensor& out, const A&... arguments) {                              \
    return ::at::detail::out(#name, out, relume::name(arguments..., relume::dtype(out.scalar_type()))); \
  }
#define RELUME_OUT_OF_SIZE(name)                                                                              \
  RELUME_OUT_MADE(name)                                                                                       \
  template <class... A>                                                                                       \
  relume::Tensor& name##_out(relume::Tensor& out, relume::IntArrayRef size, const A&... arguments) {          \
    return ::at::detail::out(#name, out, relume::name(size, arguments..., relume::dtype(out.scalar_type()))); \
  }
// Those with two results.
#define RELUME_OUT_TWO(name)                                                                                   \
  template <class... A>                                                                                        \
  std::tuple<relume::Tensor&, relume::Tensor&> name##_out(relume::Tensor& first, relume::Tensor& second,       \
                                                          const relume::Tensor& self, const A&... arguments) { \
    return ::at::detail::out(#name, first, second, relume::name(self, arguments...));                          \
  }

RELUME_OUT(abs)
RELUME_OUT(absolute)
RELUME_OUT(acos)
RELUME_OUT(acosh)
RELUME_OUT(add)
RELUME_OUT(addbmm)
RELUME_OUT(addcdiv)
RELUME_OUT(addcmul)
RELUME_OUT(addmm)
RELUME_OUT(addmv)
RELUME_OUT(addr)
RELUME_OUT(all)
RELUME_OUT(any)
RELUME_OUT(arccos)
RELUME_OUT(arccosh)
RELUME_OUT(arcsin)
RELUME_OUT(arcsinh)
RELUME_OUT(arctan)
RELUME_OUT(arctan2)
RELUME_OUT(arctanh)
RELUME_OUT(argmax)
RELUME_OUT(argmin)
RELUME_OUT(argsort)
RELUME_OUT(asin)
RELUME_OUT(asinh)
RELUME_OUT(atan)
RELUME_OUT(atan2)
RELUME_OUT(atanh)
RELUME_OUT(avg_pool2d)
RELUME_OUT(baddbmm)
RELUME_OUT(bernoulli)
RELUME_OUT(binary_cross_entropy)
RELUME_OUT(bincount)
RELUME_OUT(bitwise_and)
RELUME_OUT(bitwise_left_shift)
RELUME_OUT(bitwise_not)
RELUME_OUT(bitwise_or)
RELUME_OUT(bitwise_right_shift)
RELUME_OUT(bitwise_xor)
RELUME_OUT(bmm)
RELUME_OUT(bucketize)
RELUME_OUT(ceil)
RELUME_OUT(cholesky)
RELUME_OUT(cholesky_inverse)
RELUME_OUT(cholesky_solve)
RELUME_OUT(clamp)
RELUME_OUT(clamp_max)
RELUME_OUT(clamp_min)
RELUME_OUT(clip)
RELUME_OUT(copysign)
RELUME_OUT(cos)
RELUME_OUT(cosh)
RELUME_OUT(count_nonzero)
RELUME_OUT(cross)
RELUME_OUT(cumprod)
RELUME_OUT(cumsum)
RELUME_OUT(deg2rad)
RELUME_OUT(diag)
RELUME_OUT(diff)
RELUME_OUT(digamma)
RELUME_OUT(div)
RELUME_OUT(divide)
RELUME_OUT(dot)
RELUME_OUT(elu)
RELUME_OUT(eq)
RELUME_OUT(erf)
RELUME_OUT(erfc)
RELUME_OUT(erfinv)
RELUME_OUT(exp)
RELUME_OUT(exp2)
RELUME_OUT(expm1)
RELUME_OUT(fix)
RELUME_OUT(float_power)
RELUME_OUT(floor)
RELUME_OUT(floor_divide)
RELUME_OUT(fmax)
RELUME_OUT(fmin)
RELUME_OUT(fmod)
RELUME_OUT(frac)
RELUME_OUT(gather)
RELUME_OUT(gcd)
RELUME_OUT(ge)
RELUME_OUT(gelu)
RELUME_OUT(ger)
RELUME_OUT(greater)
RELUME_OUT(greater_equal)
RELUME_OUT(gt)
RELUME_OUT(hardshrink)
RELUME_OUT(hardsigmoid)
RELUME_OUT(hardswish)
RELUME_OUT(hardtanh)
RELUME_OUT(heaviside)
RELUME_OUT(histc)
RELUME_OUT(huber_loss)
RELUME_OUT(hypot)
RELUME_OUT(index_add)
RELUME_OUT(index_copy)
RELUME_OUT(index_reduce)
RELUME_OUT(index_select)
RELUME_OUT(inner)
RELUME_OUT(inverse)
RELUME_OUT(isin)
RELUME_OUT(isneginf)
RELUME_OUT(isposinf)
RELUME_OUT(kron)
RELUME_OUT(lcm)
RELUME_OUT(ldexp)
RELUME_OUT(le)
RELUME_OUT(leaky_relu)
RELUME_OUT(lerp)
RELUME_OUT(less)
RELUME_OUT(less_equal)
RELUME_OUT(lgamma)
RELUME_OUT(linear)
RELUME_OUT(log)
RELUME_OUT(log10)
RELUME_OUT(log1p)
RELUME_OUT(log2)
RELUME_OUT(log_softmax)
RELUME_OUT(logaddexp)
RELUME_OUT(logaddexp2)
RELUME_OUT(logcumsumexp)
RELUME_OUT(logical_and)
RELUME_OUT(logical_not)
RELUME_OUT(logical_or)
RELUME_OUT(logical_xor)
RELUME_OUT(logit)
RELUME_OUT(lt)
RELUME_OUT(masked_select)
RELUME_OUT(matmul)
RELUME_OUT(matrix_power)
RELUME_OUT(maximum)
RELUME_OUT(minimum)
RELUME_OUT(mish)
RELUME_OUT(mm)
RELUME_OUT(mse_loss)
RELUME_OUT(msort)
RELUME_OUT(mul)
RELUME_OUT(multinomial)
RELUME_OUT(multiply)
RELUME_OUT(mv)
RELUME_OUT(nan_to_num)
RELUME_OUT(ne)
RELUME_OUT(neg)
RELUME_OUT(negative)
RELUME_OUT(nextafter)
RELUME_OUT(nonzero)
RELUME_OUT(norm)
RELUME_OUT(normal)
RELUME_OUT(not_equal)
RELUME_OUT(outer)
RELUME_OUT(polygamma)
RELUME_OUT(pow)
RELUME_OUT(prod)
RELUME_OUT(quantile)
RELUME_OUT(rad2deg)
RELUME_OUT(reciprocal)
RELUME_OUT(relu)
RELUME_OUT(remainder)
RELUME_OUT(renorm)
RELUME_OUT(round)
RELUME_OUT(rsqrt)
RELUME_OUT(scatter)
RELUME_OUT(scatter_add)
RELUME_OUT(scatter_reduce)
RELUME_OUT(searchsorted)
RELUME_OUT(sgn)
RELUME_OUT(sigmoid)
RELUME_OUT(sign)
RELUME_OUT(signbit)
RELUME_OUT(silu)
RELUME_OUT(sin)
RELUME_OUT(sinc)
RELUME_OUT(sinh)
RELUME_OUT(smooth_l1_loss)
RELUME_OUT(softmax)
RELUME_OUT(softplus)
RELUME_OUT(softshrink)
RELUME_OUT(sqrt)
RELUME_OUT(square)
RELUME_OUT(std)
RELUME_OUT(sub)
RELUME_OUT(subtract)
RELUME_OUT(take)
RELUME_OUT(take_along_dim)
RELUME_OUT(tan)
RELUME_OUT(tanh)
RELUME_OUT(tensordot)
RELUME_OUT(threshold)
RELUME_OUT(tril)
RELUME_OUT(triu)
RELUME_OUT(true_divide)
RELUME_OUT(trunc)
RELUME_OUT(var)
RELUME_OUT(vdot)
RELUME_OUT(where)
RELUME_OUT(xlogy)
RELUME_OUT(linalg_cross)
RELUME_OUT(linalg_det)
RELUME_OUT(linalg_inv)
RELUME_OUT(linalg_solve)
RELUME_OUT(linalg_svdvals)
RELUME_OUT_OVER_DIMS(sum)
RELUME_OUT_OVER_DIMS(mean)
RELUME_OUT_OVER_DIMS(amax)
RELUME_OUT_OVER_DIMS(amin)
RELUME_OUT_OVER_DIMS(nansum)
RELUME_OUT_OVER_DIMS(nanmean)
RELUME_OUT_OVER_DIMS(logsumexp)
RELUME_OUT_OF_LIST(cat, TensorList)
RELUME_OUT_OF_LIST(stack, TensorList)
RELUME_OUT_OF_LIST(hstack, TensorList)
RELUME_OUT_OF_LIST(vstack, TensorList)
RELUME_OUT_OF_LIST(dstack, TensorList)
RELUME_OUT_OF_LIST(column_stack, TensorList)
RELUME_OUT_OF_LIST(concat, TensorList)
RELUME_OUT_OF_LIST(row_stack, TensorList)
RELUME_OUT_MADE(arange)
RELUME_OUT_MADE(eye)
RELUME_OUT_MADE(linspace)
RELUME_OUT_MADE(logspace)
RELUME_OUT_MADE(randperm)
RELUME_OUT_OF_SIZE(zeros)
RELUME_OUT_OF_SIZE(ones)
RELUME_OUT_OF_SIZE(full)
RELUME_OUT_OF_SIZE(rand)
RELUME_OUT_OF_SIZE(randn)
RELUME_OUT_OF_SIZE(randint)
RELUME_OUT_OF_SIZE(empty)
RELUME_OUT_TWO(max)
RELUME_OUT_TWO(min)
RELUME_OUT_TWO(sort)
RELUME_OUT_TWO(topk)
RELUME_OUT_TWO(kthvalue)
RELUME_OUT_TWO(median)
RELUME_OUT_TWO(mode)
RELUME_OUT_TWO(cummax)
RELUME_OUT_TWO(cummin)
RELUME_OUT_TWO(aminmax)
RELUME_OUT_TWO(qr)
RELUME_OUT_TWO(slogdet)

#undef RELUME_OUT
#undef RELUME_OUT_OF_LIST
#undef RELUME_OUT_OVER_DIMS
#undef RELUME_OUT_MADE
#undef RELUME_OUT_OF_SIZE
#undef RELUME_OUT_TWO

}  // namespace at
