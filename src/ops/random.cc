// Tensors of random numbers, and filling tensors with them.
//
// A fill goes through a tensor in the order of its memory: a transposed tensor is filled along its storage, a sliced
// one in logical order. The numbers, and so this order, are PyTorch's.
#include "core/random.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "autograd/record.h"
#include "core/printing.h"
#include "kernels/copy.h"
#include "kernels/random.h"
#include "ops/elementwise.h"
#include "ops/methods.h"
#include "relume/ops.h"

namespace relume {
namespace {

using MaybeGenerator = std::optional<Generator>;

const Generator& chosen(const MaybeGenerator& generator) { return generator ? *generator : default_generator(); }

// The dimensions of a tensor from the one with the largest stride to the one with the smallest.
struct MemoryOrder {
  DimVector dims, sizes, strides;

  explicit MemoryOrder(const detail::TensorImpl& impl) : dims(impl.sizes.size()) {
    std::iota(dims.begin(), dims.end(), int64_t{0});
    std::stable_sort(dims.begin(), dims.end(), [&](int64_t a, int64_t b) { return impl.strides[a] > impl.strides[b]; });
    sizes = permuted(impl.sizes);
    strides = permuted(impl.strides);
  }
  DimVector permuted(const DimVector& list) const {
    DimVector result(list.size());
    for (size_t i = 0; i < list.size(); ++i) result[i] = list[dims[i]];
    return result;
  }
};

// Calls fill(stream, data, dtype, count) on the elements of self in memory order, by way of a copy where they do not
// lie side by side.
template <class F>
void fill_elements(const Tensor& self, const MaybeGenerator& generator, F&& fill) {
  const detail::TensorImpl& impl = *self.impl();
  const LockedStream stream(chosen(generator));
  if (self.is_non_overlapping_and_dense()) return fill(*stream, impl.data(), impl.dtype, impl.numel);
  const MemoryOrder order(impl);
  const Tensor dense = make_tensor(order.sizes, impl.dtype);
  const detail::TensorImpl& from = *dense.impl();
  fill(*stream, from.data(), impl.dtype, impl.numel);
  cpu::copy_strided(order.sizes, impl.data(), order.strides.data(), impl.dtype, from.data(), from.strides.data(),
                    from.dtype);
}

// How to call the fills of the table that take one or two parameters.
auto with(RandomFills::FillWithOne fill, double parameter) {
  return [=](RandomStream& stream, void* out, ScalarType dtype, int64_t count) {
    fill(stream, out, dtype, count, parameter);
  };
}
auto with(RandomFills::FillWithTwo fill, double a, double b) {
  return
      [=](RandomStream& stream, void* out, ScalarType dtype, int64_t count) { fill(stream, out, dtype, count, a, b); };
}

void zero_gradient(Backward& run) { run.set(0, zeros_like(run.grad())); }
void zero_gradients(Backward& run) {
  run.set(0, zeros_like(run.grad()));
  run.set(1, zeros_like(run.grad()));
}

// An in-place fill, as autograd sees it: the old values do not matter.
template <class F>
Tensor& fill_in_place(const char* op, const char* node, Tensor& self, const MaybeGenerator& generator, F&& fill) {
  impl_of(self, op);
  InPlace write(op, self);
  fill_elements(self, generator, fill);
  write.record(node, {}, zero_gradient);
  return self;
}

// The largest finite number of a dtype; 1 for bool.
double largest(ScalarType dtype) {
  switch (dtype) {
    case ScalarType::Half:
      return 65504;
    case ScalarType::BFloat16:
      return 0x1.fep127;
    case ScalarType::Float:
      return std::numeric_limits<float>::max();
    case ScalarType::Double:
      return std::numeric_limits<double>::max();
    case ScalarType::Bool:
      return 1;
    default:
      return std::ldexp(1.0, static_cast<int>(8 * element_size(dtype)) - is_signed(dtype)) - 1;
  }
}

const char* type_name(ScalarType dtype) { return TypeMeta(dtype).name(); }

// ---- Uniform and normal
// ----------------------------------------------------------------------------------------------

void fill_uniform(const Tensor& self, double from, double to, const MaybeGenerator& generator) {
  const ScalarType dtype = self.scalar_type();
  if (is_floating_point(dtype)) {
    const double most = largest(dtype);
    check(std::fabs(from) <= most, "from is out of bounds for {}", type_name(dtype));
    check(std::fabs(to) <= most, "to is out of bounds for {}", type_name(dtype));
    check(from <= to, "uniform_ expects to return a [from, to) range, but found from={} > to={}", stream_text(from),
          stream_text(to));
    check(to - from <= most,
          "uniform_ expects to-from <= std::numeric_limits<{}>::max(), but found to={} and from={} which result in "
          "to-from to exceed the limit",
          to_string(dtype), stream_text(to), stream_text(from));
  }
  fill_elements(self, generator, with(random_fills().uniform, from, to));
}

// Row-major tensors take the block algorithm, others the one that makes number after number.
void fill_normal(const Tensor& self, double mean, double std, const MaybeGenerator& generator) {
  check(std >= 0, "normal expects std >= 0.0, but found std {}", stream_text(std));
  const RandomFills& fills = random_fills();
  fill_elements(self, generator, with(self.is_contiguous() ? fills.normal : fills.normal_one_by_one, mean, std));
}

Tensor made(Tensor tensor, const TensorOptions& options) {
  if (options.requires_grad()) tensor.set_requires_grad(true);
  return tensor;
}

}  // namespace

// Uniform in [0, 1).
Tensor rand(IntArrayRef size, MaybeGenerator generator, const TensorOptions& options) {
  Tensor result = empty(size, options.requires_grad(false));
  fill_uniform(result, 0, 1, generator);
  return made(std::move(result), options);
}
Tensor rand(IntArrayRef size, const TensorOptions& options) { return rand(size, std::nullopt, options); }
Tensor rand_like(const Tensor& self, const TensorOptions& options) {
  Tensor result = empty_like(self, options.requires_grad(false));
  fill_uniform(result, 0, 1, {});
  return made(std::move(result), options);
}

// Normal with mean 0 and standard deviation 1.
Tensor randn(IntArrayRef size, MaybeGenerator generator, const TensorOptions& options) {
  return normal(0, 1, size, std::move(generator), options);
}
Tensor randn(IntArrayRef size, const TensorOptions& options) { return normal(0, 1, size, std::nullopt, options); }
Tensor randn_like(const Tensor& self, const TensorOptions& options) {
  Tensor result = empty_like(self, options.requires_grad(false));
  fill_normal(result, 0, 1, {});
  return made(std::move(result), options);
}

Tensor normal(double mean, double std, IntArrayRef size, MaybeGenerator generator, const TensorOptions& options) {
  Tensor result = empty(size, options.requires_grad(false));
  fill_normal(result, mean, std, generator);
  return made(std::move(result), options);
}

Tensor normal(const Tensor& mean, double std, MaybeGenerator generator) {
  impl_of(mean, "normal");
  Tensor result = empty(mean.sizes(), mean.scalar_type());
  {
    const NoGradGuard guard;
    fill_normal(result, 0, std, generator);
    result.add_(mean);
  }
  return record("NormalBackward1", std::move(result), {mean}, {}, zero_gradient);
}

namespace {

void check_deviations(const Tensor& std) {
  check(std.numel() == 0 || std.min().item<double>() >= 0, "normal expects all elements of std >= 0.0");
}

}  // namespace

Tensor normal(double mean, const Tensor& std, MaybeGenerator generator) {
  impl_of(std, "normal");
  Tensor result = empty(std.sizes(), std.scalar_type());
  {
    const NoGradGuard guard;
    check_deviations(std);
    fill_normal(result, 0, 1, generator);
    result.mul_(std).add_(mean);
  }
  return record("NormalBackward2", std::move(result), {std}, {}, zero_gradient);
}

Tensor normal(const Tensor& mean, const Tensor& std, MaybeGenerator generator) {
  impl_of(mean, "normal");
  impl_of(std, "normal");
  Tensor result = empty(broadcast_sizes(mean.sizes(), std.sizes()), mean.scalar_type());
  {
    const NoGradGuard guard;
    check_deviations(std);
    fill_normal(result, 0, 1, generator);
    result.mul_(std).add_(mean);
  }
  return record("NormalBackward3", std::move(result), {mean, std}, {}, zero_gradients);
}

namespace method {

Tensor& uniform_(Tensor& self, double from, double to, MaybeGenerator generator) {
  impl_of(self, "uniform_");
  InPlace write("uniform_", self);
  fill_uniform(self, from, to, generator);
  write.record("UniformBackward0", {}, zero_gradient);
  return self;
}

Tensor& normal_(Tensor& self, double mean, double std, MaybeGenerator generator) {
  impl_of(self, "normal_");
  InPlace write("normal_", self);
  fill_normal(self, mean, std, generator);
  write.record("NormalBackward0", {}, zero_gradient);
  return self;
}

// exp of a normal number.
Tensor& log_normal_(Tensor& self, double mean, double std, MaybeGenerator generator) {
  check(std > 0, "log_normal_ expects std > 0.0, but found std={}", stream_text(std));
  return fill_in_place("log_normal_", "LogNormalBackward0", self, generator,
                       with(random_fills().log_normal, mean, std));
}

// Density sigma / (pi ((x - median)^2 + sigma^2)).
Tensor& cauchy_(Tensor& self, double median, double sigma, MaybeGenerator generator) {
  check(sigma > 0, "cauchy_ expects sigma > 0.0, but found sigma={}", stream_text(sigma));
  check(
      is_floating_point(impl_of(self, "cauchy_").dtype),
      "Cauchy distribution is a continuous probability distribution. dtype must be a floating point but you specified "
      "{}",
      type_name(self.scalar_type()));
  return fill_in_place("cauchy_", "CauchyBackward0", self, generator, with(random_fills().cauchy, median, sigma));
}

// Density lambd exp(-lambd x).
Tensor& exponential_(Tensor& self, double lambd, MaybeGenerator generator) {
  check(lambd > 0, "exponential_ expects lambda > 0.0, but found lambda={}", stream_text(lambd));
  check(is_floating_point(impl_of(self, "exponential_").dtype),
        "Exponential distribution is a continuous probability distribution. dtype must be a floating point but you "
        "specified {}",
        to_string(self.scalar_type()));
  return fill_in_place("exponential_", "ExponentialBackward0", self, generator,
                       with(random_fills().exponential, lambd));
}

// Number of trials up to the first success.
Tensor& geometric_(Tensor& self, double p, MaybeGenerator generator) {
  check(p > 0 && p < 1, "geometric_ expects p to be in (0, 1), but got p={}", stream_text(p));
  if (impl_of(self, "geometric_").dtype == kBool) fail_not_implemented("geometric_cpu", kBool);
  return fill_in_place("geometric_", "GeometricBackward0", self, generator, with(random_fills().geometric, p));
}

}  // namespace method

// Numbers of Poisson's distribution whose rates are the elements of self. The gradient is 0.
Tensor poisson(const Tensor& self, MaybeGenerator generator) {
  impl_of(self, "poisson");
  const Tensor rates = self.detach().contiguous(), result = empty(self.sizes(), self.scalar_type());
  fill_elements(result, generator, [&](RandomStream& stream, void* out, ScalarType dtype, int64_t count) {
    random_fills().poisson(stream, out, dtype, count, rates.impl()->data());
  });
  return record("PoissonBackward0", result, {self}, {}, zero_gradient);
}

// ---- Bernoulli and multinomial
// ---------------------------------------------------------------------------------------

namespace method {

Tensor& bernoulli_(Tensor& self, double p, MaybeGenerator generator) {
  check(p >= 0 && p <= 1, "bernoulli_ expects p to be in [0, 1], but got p={}", stream_text(p));
  return fill_in_place("bernoulli_", "BernoulliBackward2", self, generator, with(random_fills().bernoulli, p, 1));
}

// 1 with the probability that p, broadcast to self, has at the same place.
Tensor& bernoulli_(Tensor& self, const Tensor& p, MaybeGenerator generator) {
  impl_of(self, "bernoulli_");
  const ScalarType dtype = impl_of(p, "bernoulli_").dtype;
  const Tensor expanded = p.detach().expand(self.sizes());
  InPlace write("bernoulli_", self, {p});
  const MemoryOrder order(*self.impl());
  const Tensor seen = make_tensor(order.sizes, dtype);
  cpu::copy_strided(order.sizes, seen.impl()->data(), seen.impl()->strides.data(), dtype, expanded.impl()->data(),
                    order.permuted(expanded.impl()->strides).data(), dtype);
  fill_elements(self, generator, [&](RandomStream& stream, void* out, ScalarType out_dtype, int64_t count) {
    random_fills().bernoulli_each(stream, out, out_dtype, count, seen.impl()->data(), dtype);
  });
  write.record("BernoulliBackward1", {}, zero_gradients);
  return self;
}

}  // namespace method

// 0 or 1 with the probabilities that self holds.
Tensor bernoulli(const Tensor& self, MaybeGenerator generator) {
  impl_of(self, "bernoulli");
  Tensor result = empty(self.sizes(), self.scalar_type());
  method::bernoulli_(result, self.detach(), std::move(generator));
  return record("BernoulliBackward0", std::move(result), {self}, {}, zero_gradient);
}

// 0 or 1 with probability p; only the shape and dtype of self count.
Tensor bernoulli(const Tensor& self, double p, MaybeGenerator generator) {
  impl_of(self, "bernoulli");
  Tensor result = empty(self.sizes(), self.scalar_type());
  return method::bernoulli_(result, p, std::move(generator));
}

namespace {

void check_multinomial(const Tensor& self, int64_t num_samples, bool replacement) {
  const int64_t dim = impl_of(self, "multinomial").dim();
  check(dim == 1 || dim == 2, "prob_dist must be 1 or 2 dim");
  check(self.is_floating_point(), "multinomial only supports floating-point dtypes for input, got: {}",
        to_string(self.scalar_type()));
  check(num_samples > 0, "cannot sample n_sample <= 0 samples");
  check(replacement || num_samples <= self.size(-1),
        "cannot sample n_sample > prob_dist.size(-1) samples without replacement");
  check(self.size(-1) <= int64_t{1} << 24, "number of categories cannot exceed 2^24");
}

// The categories win whose weight / exponential number is largest (Efraimidis and Spirakis, 2006).
Tensor draw_without_replacement(const Tensor& weights, int64_t num_samples, const MaybeGenerator& generator) {
  check(weights.max().item<double>() < std::numeric_limits<double>::infinity() && weights.min().item<double>() >= 0,
        "probability tensor contains either `inf`, `nan` or element < 0");
  check(!weights.sum(-1).eq(0).any().item<bool>(), "invalid multinomial distribution (sum of probabilities <= 0)");
  const Tensor race = empty_like(weights);
  fill_elements(race, generator, with(random_fills().exponential, 1));
  const Tensor ratio = weights.div(race);
  return num_samples == 1 ? ratio.argmax(-1, true) : std::get<1>(ratio.topk(num_samples));
}

}  // namespace

// Indices of categories, drawn with probabilities in proportion to self (a vector, or one distribution a row).
Tensor multinomial(const Tensor& self, int64_t num_samples, bool replacement, MaybeGenerator generator) {
  check_multinomial(self, num_samples, replacement);
  const Tensor weights = self.detach();
  if (weights.numel() > 0 && (!replacement || num_samples == 1))
    return draw_without_replacement(weights, num_samples, generator);
  DimVector sizes = weights.impl()->sizes;
  sizes[sizes.size() - 1] = num_samples;
  Tensor result = make_tensor(sizes, kLong);
  if (weights.numel() == 0) return result;
  const Tensor dense = weights.contiguous();
  const LockedStream stream(chosen(generator));
  random_fills().multinomial(*stream, result.data_ptr<int64_t>(), dense.data_ptr(), dense.scalar_type(),
                             weights.numel() / weights.size(-1), weights.size(-1), num_samples);
  return result;
}

// ---- Integers
// ----------------------------------------------------------------------------------------------------------

namespace {

// The value that a floating dtype has in place of an integer. Wider than int64, for 2^63 - 1 becomes 2^63.
using Wide = __int128;
Wide rounded(Wide value, ScalarType dtype) {
  const int64_t integer = static_cast<int64_t>(value);
  if (dtype == kHalf) return static_cast<Wide>(static_cast<float>(Half(static_cast<float>(integer))));
  if (dtype == kBFloat16) return static_cast<Wide>(static_cast<float>(BFloat16(static_cast<float>(integer))));
  if (dtype == kFloat) return static_cast<Wide>(static_cast<float>(integer));
  return static_cast<Wide>(static_cast<double>(integer));
}

// Binary digits of the mantissa.
int digits(ScalarType dtype) { return dtype == kHalf ? 11 : dtype == kBFloat16 ? 8 : dtype == kFloat ? 24 : 53; }

// The distance between the dtype's neighbours at a value that it cannot hold.
Wide spacing(Wide value, ScalarType dtype) {
  int exponent = 0;
  for (Wide left = value < 0 ? -value : value; left >>= 1;) ++exponent;
  return Wide{1} << (exponent - digits(dtype) + 1);
}

// Bounds that a floating dtype cannot hold are moved inwards, so that no number is rounded out of the range.
int64_t lower_bound_in(int64_t from, ScalarType dtype) {
  if (!is_floating_point(dtype) || from == std::numeric_limits<int64_t>::max()) return from;
  const Wide next = Wide{from} + 1, held = rounded(next, dtype);
  return held < from ? static_cast<int64_t>(held + spacing(next, dtype)) : from;
}
int64_t upper_bound_in(int64_t to, ScalarType dtype) {
  if (!is_floating_point(dtype) || to == std::numeric_limits<int64_t>::min()) return to;
  const Wide last = Wide{to} - 1, held = rounded(last, dtype);
  return held >= to ? static_cast<int64_t>(held - spacing(last, dtype)) : to;
}

void check_in_bounds(int64_t value, ScalarType dtype, const char* name) {
  const double most = largest(dtype);
  const double least = is_floating_point(dtype) ? -most : is_signed(dtype) ? -most - 1 : 0;
  const double wide = static_cast<double>(value);
  check(dtype == kLong || (wide >= least && wide <= most), "{} is out of bounds for {}", name, type_name(dtype));
}

void fill_integers(const Tensor& self, int64_t from, uint64_t range, const MaybeGenerator& generator) {
  fill_elements(self, generator, [&](RandomStream& stream, void* out, ScalarType dtype, int64_t count) {
    random_fills().integers(stream, out, dtype, count, from, range);
  });
}

// Integers in [from, to).
void fill_integers_below(const Tensor& self, int64_t from, int64_t to, const MaybeGenerator& generator) {
  const ScalarType dtype = self.scalar_type();
  check(from < to, "random_ expects 'from' to be less than 'to', but got from={} >= to={}", from, to);
  from = lower_bound_in(from, dtype);
  to = upper_bound_in(to, dtype);
  check(from < to,
        "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, but got from={} >= to={}", from,
        to);
  check_in_bounds(from, dtype, "from");
  check_in_bounds(to - 1, dtype, "to - 1");
  fill_integers(self, from, static_cast<uint64_t>(to) - static_cast<uint64_t>(from), generator);
}

// Integers from `from` to the largest that the dtype holds (floating dtypes: up to which they hold all).
void fill_integers_from(const Tensor& self, int64_t from, const MaybeGenerator& generator) {
  const ScalarType dtype = self.scalar_type();
  if (from == std::numeric_limits<int64_t>::min()) return fill_integers(self, from, 0, generator);
  const int64_t last = is_floating_point(dtype) ? int64_t{1} << digits(dtype)
                       : dtype == kLong         ? std::numeric_limits<int64_t>::max()
                                                : static_cast<int64_t>(largest(dtype));
  from = lower_bound_in(from, dtype);
  check(
      from <= last,
      "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' casted to dtype, but got from={} > "
      "to_inc={}",
      from, last);
  check_in_bounds(from, dtype, "from");
  fill_integers(self, from, static_cast<uint64_t>(last) - static_cast<uint64_t>(from) + 1, generator);
}

}  // namespace

namespace method {

Tensor& random_(Tensor& self, int64_t from, std::optional<int64_t> to, MaybeGenerator generator) {
  impl_of(self, "random_");
  InPlace write("random_", self);
  if (to) {
    fill_integers_below(self, from, *to, generator);
  } else {
    fill_integers_from(self, from, generator);
  }
  write.record("RandomBackward0", {}, zero_gradient);
  return self;
}

Tensor& random_(Tensor& self, int64_t to, MaybeGenerator generator) {
  impl_of(self, "random_");
  InPlace write("random_", self);
  fill_integers_below(self, 0, to, generator);
  write.record("RandomBackward1", {}, zero_gradient);
  return self;
}

Tensor& random_(Tensor& self, MaybeGenerator generator) {
  return fill_in_place("random_", "RandomBackward2", self, generator, random_fills().all_integers);
}

}  // namespace method

// Integers in [low, high).
Tensor randint(int64_t low, int64_t high, IntArrayRef size, MaybeGenerator generator, const TensorOptions& options) {
  Tensor result =
      empty(size, options.has_dtype() ? options.requires_grad(false) : options.requires_grad(false).dtype(kLong));
  fill_integers_below(result, low, high, generator);
  return made(std::move(result), options);
}
Tensor randint(int64_t low, int64_t high, IntArrayRef size, const TensorOptions& options) {
  return randint(low, high, size, std::nullopt, options);
}
Tensor randint(int64_t high, IntArrayRef size, const TensorOptions& options) {
  return randint(0, high, size, std::nullopt, options);
}
Tensor randint_like(const Tensor& self, int64_t low, int64_t high, const TensorOptions& options) {
  Tensor result = empty_like(self, options.requires_grad(false));
  fill_integers_below(result, low, high, {});
  return made(std::move(result), options);
}

Tensor randint_like(const Tensor& self, int64_t high, const TensorOptions& options) {
  return randint_like(self, 0, high, options);
}

// The numbers 0 .. n - 1 in random order.
Tensor randperm(int64_t n, MaybeGenerator generator, const TensorOptions& options) {
  const ScalarType dtype = options.has_dtype() ? ScalarType(options.dtype()) : kLong;
  if (dtype == kBool) fail_not_implemented("randperm", dtype);
  if (is_floating_point(dtype) && dtype != kBFloat16) {
    const int64_t most = (int64_t{1} << digits(dtype)) + 1;
    check(n <= most, "n cannot be greater than {} for {} type.", most, to_string(dtype));
  } else if (dtype != kLong && dtype != kBFloat16) {
    check(static_cast<double>(n - 1) <= largest(dtype), "value cannot be converted to type {}int{}_t without overflow",
          is_signed(dtype) ? "" : "u", 8 * element_size(dtype));
  }
  Tensor result = empty({n}, options.requires_grad(false).dtype(dtype));
  fill_elements(result, generator, random_fills().permutation);
  return made(std::move(result), options);
}
Tensor randperm(int64_t n, const TensorOptions& options) { return randperm(n, std::nullopt, options); }

}  // namespace relume
