// The random fills for the CPU: the order of draws, the arithmetic and its roundings are PyTorch's.
#include "core/random.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "core/check.h"
#include "cpu/dense_cast.h"
#include "cpu/random_simd.h"
#include "kernels/random.h"
#include "kernels/special_functions.h"

namespace relume {
namespace {

using cpu::random_loops;

template <class T>
struct Type {
  using type = T;
};

[[noreturn]] void refuse(const char* op, ScalarType dtype) {
  fail<NotImplementedError>("\"{}\" not implemented for '{}'", op, to_string(dtype));
}

// Calls body(Type<T>()) with the C++ type of a floating dtype, or of any dtype.
template <class F>
void visit_floating(const char* op, ScalarType dtype, F&& body) {
  switch (dtype) {
    case ScalarType::Float:
      return body(Type<float>());
    case ScalarType::Double:
      return body(Type<double>());
    case ScalarType::Half:
      return body(Type<Half>());
    case ScalarType::BFloat16:
      return body(Type<BFloat16>());
    default:
      refuse(op, dtype);
  }
}

template <class F>
void visit_all(const char* op, ScalarType dtype, F&& body) {
  switch (dtype) {
#define RELUME_VISIT(type, name, python) \
  case ScalarType::name:                 \
    return body(Type<type>());
    RELUME_FORALL_DTYPES(RELUME_VISIT)
#undef RELUME_VISIT
    default:
      refuse(op, dtype);
  }
}

// With the unsigned integer that is as large as an element.
template <class F>
void visit_size(ScalarType dtype, F&& body) {
  switch (element_size(dtype)) {
    case 1:
      return body(Type<uint8_t>());
    case 2:
      return body(Type<uint16_t>());
    case 4:
      return body(Type<uint32_t>());
    default:
      return body(Type<uint64_t>());
  }
}

// Integers come by their value, floating types by rounding once.
template <class T>
T from_integer(int64_t value) {
  if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) {
    return T(static_cast<float>(value));
  } else {
    return static_cast<T>(value);
  }
}

constexpr int64_t kCastAtOnce = 512;  // elements that are drawn before they are cast

// At most kCastAtOnce elements. Integers are reached through int64, as casts from double are in PyTorch.
void put(void* out, ScalarType dtype, const void* drawn, ScalarType drawn_dtype, int64_t count) {
  int64_t integers[kCastAtOnce];
  if (drawn_dtype == kDouble && !is_floating_point(dtype)) {
    cpu::dense_cast(kDouble, kLong)(integers, drawn, count);
    drawn = integers;
    drawn_dtype = kLong;
  }
  if (drawn_dtype == dtype)
    std::memcpy(out, drawn, static_cast<size_t>(count * element_size(dtype)));
  else
    cpu::dense_cast(drawn_dtype, dtype)(out, drawn, count);
}

// Draws T's, which are then cast to the dtype, unless it is theirs.
template <class T, class F>
void fill(void* out, ScalarType dtype, int64_t count, F draw) {
  const bool direct = dtype == dtype_of<T>;
  T block[kCastAtOnce];
  for (int64_t i = 0; i < count; i += kCastAtOnce) {
    const int64_t piece = std::min(kCastAtOnce, count - i);
    T* const drawn = direct ? static_cast<T*>(out) + i : block;
    for (int64_t j = 0; j < piece; ++j) drawn[j] = draw();
    if (!direct) put(static_cast<char*>(out) + i * element_size(dtype), dtype, drawn, dtype_of<T>, piece);
  }
}

template <class F>
void fill_floating(const char* op, void* out, ScalarType dtype, int64_t count, F&& draw) {
  if (!is_floating_point(dtype)) refuse(op, dtype);
  fill<double>(out, dtype, count, draw);
}

// As put() does it.
template <class T>
T from_double(double value) {
  if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) {
    return T(static_cast<float>(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(value);
  } else {
    constexpr double kLimit = 0x1p63;
    return static_cast<T>(std::fabs(value) < kLimit ? static_cast<int64_t>(value)
                                                    : std::numeric_limits<int64_t>::min());
  }
}

// ---- Uniform -------------------------------------------------------------------------------------------------------

void uniform_floats(RandomStream& stream, float* out, int64_t count, float low, float high) {
  while (count > 0) {
    const auto words = stream.engine.take(count);
    const int64_t taken = static_cast<int64_t>(words.size());
    random_loops().uniform_float(words.data(), out, taken, low, high - low, high);
    out += taken;
    count -= taken;
  }
}

void uniform(RandomStream& stream, void* out, ScalarType dtype, int64_t count, double from, double to) {
  visit_floating("check_uniform_bounds", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    T* const result = static_cast<T*>(out);
    if constexpr (std::is_same_v<T, float>) {
      uniform_floats(stream, result, count, static_cast<float>(from), static_cast<float>(to));
    } else if constexpr (std::is_same_v<T, double>) {
      for (int64_t i = 0; i < count; ++i) {
        const double value = std::fma(stream.uniform53(), to - from, from);
        result[i] = value == to ? from : value;
      }
    } else {
      const float low = static_cast<float>(from), high = static_cast<float>(to);
      for (int64_t i = 0; i < count; ++i) {
        const T value(std::fma(stream.uniform24(), high - low, low));
        result[i] = value == T(high) ? T(low) : value;
      }
    }
  });
}

// ---- Normal --------------------------------------------------------------------------------------------------------

constexpr int64_t kBlock = 16;

void normal_one_by_one(RandomStream& stream, void* out, ScalarType dtype, int64_t count, double mean,
                       double deviation) {
  fill_floating("normal_kernel_cpu", out, dtype, count,
                [=, &stream] { return std::fma(stream.normal(), deviation, mean); });
}

void transform_block(double* data, double mean, double deviation) {
  for (int64_t j = 0; j < kBlock / 2; ++j) {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - data[j]));
    const double angle = 2.0 * M_PI * data[j + kBlock / 2];
    data[j] = std::fma(radius * std::cos(angle), deviation, mean);
    data[j + kBlock / 2] = std::fma(radius * std::sin(angle), deviation, mean);
  }
}

// All numbers are drawn before the first block is transformed, and the tail's 16 are drawn anew.
void normal_doubles(RandomStream& stream, double* out, int64_t count, double mean, double deviation) {
  for (int64_t i = 0; i < count; ++i) out[i] = stream.uniform53();
  for (int64_t i = 0; i + kBlock <= count; i += kBlock) transform_block(out + i, mean, deviation);
  if (count % kBlock == 0) return;
  double* const tail = out + count - kBlock;
  for (int64_t j = 0; j < kBlock; ++j) tail[j] = stream.uniform53();
  transform_block(tail, mean, deviation);
}

void normal_floats(RandomStream& stream, float* out, int64_t count, float mean, float deviation) {
  constexpr int64_t kPiece = 256 * kBlock;  // stays in the first cache between drawing and transforming
  for (int64_t i = 0; i < count; i += kPiece) {
    const int64_t piece = std::min(kPiece, count - i);
    uniform_floats(stream, out + i, piece, 0.0f, 1.0f);
    random_loops().normal_blocks(out + i, piece / kBlock, mean, deviation);
  }
  if (count % kBlock == 0) return;
  float* const tail = out + count - kBlock;
  uniform_floats(stream, tail, kBlock, 0.0f, 1.0f);
  random_loops().normal_blocks(tail, 1, mean, deviation);
}

// The half types draw each block just before its transform, and nothing for the tail in advance.
template <class T>
void normal_halves(RandomStream& stream, T* out, int64_t count, float mean, float deviation) {
  const auto fill_block = [&](T* block) {
    float values[kBlock];
    uniform_floats(stream, values, kBlock, 0.0f, 1.0f);
    random_loops().normal_blocks(values, 1, mean, deviation);
    std::copy(values, values + kBlock, block);
  };
  for (int64_t i = 0; i + kBlock <= count; i += kBlock) fill_block(out + i);
  if (count % kBlock != 0) fill_block(out + count - kBlock);
}

void normal(RandomStream& stream, void* out, ScalarType dtype, int64_t count, double mean, double deviation) {
  if (count < kBlock) return normal_one_by_one(stream, out, dtype, count, mean, deviation);
  visit_floating("normal_kernel_cpu", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    T* const result = static_cast<T*>(out);
    if constexpr (std::is_same_v<T, double>) {
      normal_doubles(stream, result, count, mean, deviation);
    } else if constexpr (std::is_same_v<T, float>) {
      normal_floats(stream, result, count, static_cast<float>(mean), static_cast<float>(deviation));
    } else {
      normal_halves(stream, result, count, static_cast<float>(mean), static_cast<float>(deviation));
    }
  });
}

// ---- Other continuous distributions: each is computed in double, then rounded
// ----------------------------------------

void log_normal(RandomStream& stream, void* out, ScalarType dtype, int64_t count, double mean, double deviation) {
  fill_floating("log_normal_cpu", out, dtype, count,
                [=, &stream] { return std::exp(std::fma(stream.normal(), deviation, mean)); });
}

void cauchy(RandomStream& stream, void* out, ScalarType dtype, int64_t count, double median, double sigma) {
  fill_floating("cauchy_cpu", out, dtype, count,
                [=, &stream] { return std::fma(sigma, std::tan(M_PI * (stream.uniform53() - 0.5)), median); });
}

void exponential(RandomStream& stream, void* out, ScalarType dtype, int64_t count, double rate) {
  fill_floating("exponential_cpu", out, dtype, count,
                [=, &stream] { return (-1.0 / rate) * std::log1p(-stream.uniform53()); });
}

void geometric(RandomStream& stream, void* out, ScalarType dtype, int64_t count, double probability) {
  fill<double>(out, dtype, count,
               [=, &stream] { return std::ceil(std::log(stream.uniform53()) / std::log1p(-probability)); });
}

// Counts uniform numbers until their product is below exp(-rate). Knuth, 1969.
double small_poisson(RandomStream& stream, double rate) {
  const double limit = std::exp(-rate);
  double count = 0;
  for (double product = stream.uniform53(); product > limit; product *= stream.uniform53()) ++count;
  return count;
}

// Transformed rejection with squeeze. Hoermann, 1993, algorithm PTRS.
double large_poisson(RandomStream& stream, double rate) {
  const double b = 0.931 + 2.53 * std::sqrt(rate), a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), squeeze = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const double u = stream.uniform53() - 0.5, v = stream.uniform53(), distance = 0.5 - std::abs(u);
    const double k = std::floor((2 * a / distance + b) * u + rate + 0.43);
    if (distance >= 0.07 && v <= squeeze) return k;
    if (k < 0 || (distance < 0.013 && v > distance)) continue;
    const double accepted = std::log(v) + std::log(inverse_alpha) - std::log(a / (distance * distance) + b);
    if (accepted <= -rate + k * std::log(rate) - cpu::log_gamma(k + 1)) return k;
  }
}

void poisson(RandomStream& stream, void* out, ScalarType dtype, int64_t count, const void* rates) {
  visit_floating("poisson_cpu", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    for (int64_t i = 0; i < count; ++i) {
      const double rate = static_cast<double>(static_cast<const T*>(rates)[i]);
      check(rate >= 0, "invalid Poisson rate, expected rate to be non-negative");
      const double drawn = rate == 0 ? 0 : rate >= 10 ? large_poisson(stream, rate) : small_poisson(stream, rate);
      static_cast<T*>(out)[i] = from_double<T>(drawn);
    }
  });
}

// ---- Bernoulli -----------------------------------------------------------------------------------------------------

void bernoulli(RandomStream& stream, void* out, ScalarType dtype, int64_t count, double probability, double value) {
  visit_all("bernoulli_scalar_cpu_", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    const T values[2] = {T(0), from_double<T>(value)};
    for (int64_t i = 0; i < count; ++i) static_cast<T*>(out)[i] = values[stream.uniform53() < probability];
  });
}

void bernoulli_each(RandomStream& stream, void* out, ScalarType dtype, int64_t count, const void* probabilities,
                    ScalarType probabilities_dtype) {
  visit_floating("bernoulli_tensor_cpu_p_", probabilities_dtype, [&](auto type) {
    using P = typename decltype(type)::type;
    const P* p = static_cast<const P*>(probabilities);
    for (int64_t i = 0; i < count; ++i)
      check(p[i] >= P(0) && p[i] <= P(1),
            "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be improved?  "
            "If so, please report an enhancement request to PyTorch.)");
    fill<float>(out, dtype, count, [=, &stream]() mutable -> float {
      if constexpr (std::is_same_v<P, double>)
        return stream.uniform53() < *p++;
      else
        return stream.uniform24() < static_cast<float>(*p++);
    });
  });
}

void rrelu_noise(RandomStream& stream, void* out, ScalarType dtype, int64_t count, const void* x, double lower,
                 double upper) {
  visit_floating("rrelu_with_noise_out_cpu", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    using Bound = std::conditional_t<std::is_same_v<T, double>, double, float>;
    const double low = static_cast<Bound>(lower), high = static_cast<Bound>(upper);
    for (int64_t i = 0; i < count; ++i) {
      const bool slope = static_cast<const T*>(x)[i] <= Bound(0);
      static_cast<T*>(out)[i] = slope ? from_double<T>(stream.uniform53() * (high - low) + low) : T(1);
    }
  });
}

// ---- Integers ------------------------------------------------------------------------------------------------------

void integers(RandomStream& stream, void* out, ScalarType dtype, int64_t count, int64_t from, uint64_t range) {
  constexpr uint64_t kLargeRange = uint64_t{1} << 28;  // from here 32 bits would be too unequal
  const auto shifted = [from](uint64_t value) { return static_cast<int64_t>(from + value); };
  if (range == 0) {
    fill<int64_t>(out, dtype, count, [&stream] { return static_cast<int64_t>(stream.engine.draw64()); });
  } else if (range >= kLargeRange) {
    fill<int64_t>(out, dtype, count, [=, &stream] { return shifted(stream.engine.draw64() % range); });
  } else {
    const uint32_t narrow = static_cast<uint32_t>(range);
    fill<int64_t>(out, dtype, count, [=, &stream] { return shifted(stream.engine() % narrow); });
  }
}

// Number of consecutive integers from 0 that T holds exactly; 0 stands for 2^64 and more.
template <class T>
constexpr uint64_t exact_integers() {
  if constexpr (std::is_same_v<T, Half>) return (uint64_t{1} << 11) + 1;
  if constexpr (std::is_same_v<T, BFloat16>) return (uint64_t{1} << 8) + 1;
  if constexpr (std::is_floating_point_v<T>) return (uint64_t{1} << std::numeric_limits<T>::digits) + 1;
  if constexpr (std::is_integral_v<T>) return static_cast<uint64_t>(std::numeric_limits<T>::max()) + 1;
}

void all_integers(RandomStream& stream, void* out, ScalarType dtype, int64_t count) {
  visit_all("random_kernel_cpu", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    constexpr uint64_t kRange = exact_integers<T>();
    constexpr bool kWide = std::is_same_v<T, int64_t> || std::is_same_v<T, double>;
    for (int64_t i = 0; i < count; ++i) {
      const uint64_t bits = kWide ? stream.engine.draw64() : stream.engine();
      static_cast<T*>(out)[i] = from_integer<T>(static_cast<int64_t>(bits % kRange));
    }
  });
}

void permutation(RandomStream& stream, void* out, ScalarType dtype, int64_t count) {
  fill<int64_t>(out, dtype, count, [next = int64_t{0}]() mutable { return next++; });
  const bool wide = count >= static_cast<int64_t>(std::numeric_limits<uint32_t>::max() / 20);
  visit_size(dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    T* const result = static_cast<T*>(out);
    for (int64_t i = 0; i + 1 < count; ++i) {
      const uint64_t bits = wide ? stream.engine.draw64() : stream.engine();
      std::swap(result[i], result[i + static_cast<int64_t>(bits % static_cast<uint64_t>(count - i))]);
    }
  });
}

// ---- Multinomial ---------------------------------------------------------------------------------------------------

// By the cumulative distribution, in float for the half types.
template <class T>
void draw_with_replacement(RandomStream& stream, int64_t* out, const T* weights, int64_t categories, int64_t samples) {
  using Sum = std::conditional_t<std::is_same_v<T, double>, double, float>;
  std::vector<Sum> cumulative(static_cast<size_t>(categories));
  Sum sum = 0;
  for (int64_t i = 0; i < categories; ++i) {
    const Sum weight = static_cast<Sum>(weights[i]);
    check(!(weight < 0), "invalid multinomial distribution (encountering probability entry < 0)");
    check(std::isfinite(weight), "invalid multinomial distribution (encountering probability entry = infinity or NaN)");
    cumulative[i] = sum += weight;
  }
  check(sum > 0, "invalid multinomial distribution (sum of probabilities <= 0)");
  for (Sum& c : cumulative) c /= sum;
  cumulative.back() = 1;
  for (int64_t i = 0; i < samples; ++i) {
    const double u = stream.uniform53();
    out[i] = std::lower_bound(cumulative.begin(), cumulative.end(), u) - cumulative.begin();
  }
}

void multinomial(RandomStream& stream, int64_t* out, const void* weights, ScalarType dtype, int64_t rows,
                 int64_t categories, int64_t samples) {
  visit_floating("multinomial", dtype, [&](auto type) {
    using T = typename decltype(type)::type;
    for (int64_t row = 0; row < rows; ++row) {
      draw_with_replacement(stream, out + row * samples, static_cast<const T*>(weights) + row * categories, categories,
                            samples);
    }
  });
}

constexpr RandomFills kFills = {
    .uniform = uniform,
    .normal = normal,
    .normal_one_by_one = normal_one_by_one,
    .log_normal = log_normal,
    .cauchy = cauchy,
    .exponential = exponential,
    .geometric = geometric,
    .poisson = poisson,
    .bernoulli = bernoulli,
    .bernoulli_each = bernoulli_each,
    .integers = integers,
    .all_integers = all_integers,
    .permutation = permutation,
    .rrelu_noise = rrelu_noise,
    .multinomial = multinomial,
};

}  // namespace

const RandomFills& random_fills() { return kFills; }

}  // namespace relume
