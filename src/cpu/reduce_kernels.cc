// Kernels of the reductions, compiled once for every target. Sums run in a fixed number of lanes, so that all targets
// round alike.
#include "cpu/reduce_kernels.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/reduce_kernels.cc"
#define RELUME_COMPILER_VECTORS
#include "cpu/simd/targets.h"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace relume::cpu {
namespace HWY_NAMESPACE {

using Options = const ReduceOptions&;

template <class T>
T* component(void* state, int64_t columns, int k) {
  return reinterpret_cast<T*>(static_cast<char*>(state) + k * columns * 8);
}
template <class T>
const T* component(const void* state, int64_t columns, int k) {
  return reinterpret_cast<const T*>(static_cast<const char*>(state) + k * columns * 8);
}

template <class T, int kLanes>
struct LanesOf {
  using Type [[gnu::vector_size(sizeof(T) * kLanes), gnu::may_alias]] = T;
};
template <class T, int kLanes>
using Lanes = typename LanesOf<T, kLanes>::Type;

// Wider ones the compiler would keep in memory.
#if HWY_TARGET == HWY_AVX3
constexpr int kVectorBytes = 64;
#elif HWY_TARGET == HWY_AVX2
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif

template <class V, class T>
V load(const T* from) {
  V lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}

// ---- Sums and products -------------------------------------------------------------------------------------------

// Floats are summed in double, integers in uint64, which wraps.
template <class T>
using sum_type = std::conditional_t<std::is_floating_point_v<T>, double, uint64_t>;

// What is summed, for elements and lanes of them.
// clang-format off
struct Value { template <class V> static V of(V x) { return x; } };
struct Magnitude { template <class V> static V of(V x) { return x < 0 ? -x : x; } };
struct Square { template <class V> static V of(V x) { return x * x; } };
struct SquareAbout { double mean; template <class V> V of(V x) const { return (x - mean) * (x - mean); } };
struct Plus { static constexpr int kNeutral = 0; template <class V> static V of(V a, V b) { return a + b; } };
struct Times { static constexpr int kNeutral = 1; template <class V> static V of(V a, V b) { return a * b; } };
struct Ratio { static double of(double sum, Options options) { return sum / options.divisor; } };
struct Itself { static double of(double sum, Options) { return sum; } };
struct Root { static double of(double sum, Options) { return __builtin_sqrt(sum); } };
// clang-format on

// Elements that are added as floats before their sum goes on in double: one in 64 of them, at most sixteen times. Of
// fewer the sum is double from the start.
constexpr int64_t kFloatRun = 1024, kLeastFloatRun = 256;

// What stands in chains[0 ... 3] at the same place, combined in pairs.
template <class Combine, class V, int kParts>
V combine_chains(const V (&chains)[4][kParts], int part) {
  return Combine::of(Combine::of(chains[0][part], chains[1][part]), Combine::of(chains[2][part], chains[3][part]));
}

// Adds n floats, a multiple of 64, to eight lanes: converting each to double would take as long as reading them.
template <int kWideParts, class Wide>
void add_run(const float* x, int64_t n, Wide (&sums)[kWideParts]) {
  constexpr int kWidth = kVectorBytes / sizeof(float), kParts = 16 / kWidth;
  using Floats = Lanes<float, kWidth>;
  Floats chains[4][kParts] = {};
  for (int64_t i = 0; i < n; i += 64)
#pragma GCC unroll 4
    for (int c = 0; c < 4; ++c)
#pragma GCC unroll 4
      for (int part = 0; part < kParts; ++part) chains[c][part] += load<Floats>(x + i + c * 16 + part * kWidth);
  float lanes[16];
  for (int part = 0; part < kParts; ++part) {
    const Floats all = combine_chains<Plus>(chains, part);
    std::memcpy(lanes + part * kWidth, &all, sizeof all);
  }
  constexpr int kWideWidth = 8 / kWideParts;
  using Narrow = Lanes<float, kWideWidth>;
  for (int part = 0; part < kWideParts; ++part)
    sums[part] += __builtin_convertvector(load<Narrow>(lanes + part * kWideWidth), Wide) +
                  __builtin_convertvector(load<Narrow>(lanes + 8 + part * kWideWidth), Wide);
}

template <class Sum, class Combine>
struct FoldState {
  using State = Sum;
  static constexpr int kComponents = 1;

  static void init(void* state, int64_t columns) {
    for (int64_t j = 0; j < columns; ++j) static_cast<Sum*>(state)[j] = Combine::kNeutral;
  }
  static void combine(void* into, const void* from, int64_t columns) {
    for (int64_t j = 0; j < columns; ++j)
      static_cast<Sum*>(into)[j] = Combine::of(static_cast<Sum*>(into)[j], static_cast<const Sum*>(from)[j]);
  }
};

// Combines term(x) of all elements by an associative operation, in float64 or uint64; plain sums of many floats begin
// in float32.
template <class T, class Term, class Combine, class Finish>
struct Fold : FoldState<sum_type<T>, Combine> {
  using Sum = sum_type<T>;
  static constexpr ScalarType kOutputs[2] = {dtype_of<T>, ScalarType::Undefined};
  static constexpr bool kInRuns =
      std::is_same_v<T, float> && std::is_same_v<Term, Value> && std::is_same_v<Combine, Plus>;
  static constexpr int64_t kBlock = kInRuns ? 16 * kFloatRun : 1024;

  // In four chains of eight lanes, each in as many vectors as it takes.
  static Sum block(const T* x, int64_t n, const Term& term = {}) {
    constexpr int kLanes = 8, kChains = 4, kWidth = kVectorBytes / sizeof(Sum), kParts = kLanes / kWidth;
    using Wide = Lanes<Sum, kWidth>;
    Wide chains[kChains][kParts];
    for (auto& chain : chains)
      for (Wide& part : chain) part = Wide{} + Sum(Combine::kNeutral);
    int64_t i = 0;
    if constexpr (kInRuns) {
      for (int64_t run; n >= kLeastFloatRun && i + 64 <= n; i += run) {
        run = n - i < kFloatRun ? (n - i) / 64 * 64 : kFloatRun;
        add_run(x + i, run, chains[0]);
      }
    }
    for (; i + kLanes * kChains <= n; i += kLanes * kChains)
#pragma GCC unroll 4
      for (int c = 0; c < kChains; ++c)
#pragma GCC unroll 4
        for (int part = 0; part < kParts; ++part) {
          const auto lanes = load<Lanes<T, kWidth>>(x + i + c * kLanes + part * kWidth);
          chains[c][part] = Combine::of(chains[c][part], term.of(__builtin_convertvector(lanes, Wide)));
        }
    Sum lanes[kLanes];
    for (int part = 0; part < kParts; ++part) {
      const Wide all = combine_chains<Combine>(chains, part);
      std::memcpy(lanes + part * kWidth, &all, sizeof all);
    }
    const auto pair = [&lanes](int lane) { return Combine::of(lanes[lane], lanes[lane + 1]); };
    Sum result = Combine::of(Combine::of(pair(0), pair(2)), Combine::of(pair(4), pair(6)));
    for (; i < n; ++i) result = Combine::of(result, term.of(static_cast<Sum>(x[i])));
    return result;
  }

  static void row(void* state, const void* x, int64_t n, int64_t, Options) {
    Sum& sum = *static_cast<Sum*>(state);
    for (int64_t i = 0; i < n; i += kBlock)
      sum = Combine::of(sum, block(static_cast<const T*>(x) + i, n - i < kBlock ? n - i : kBlock));
  }
  static void columns(void* state, const void* x, int64_t columns, int64_t, Options) {
    Sum* sums = static_cast<Sum*>(state);
    const T* from = static_cast<const T*>(x);
    for (int64_t j = 0; j < columns; ++j) sums[j] = Combine::of(sums[j], Term::of(static_cast<Sum>(from[j])));
  }
  static void rows(void* state, const void* x, int64_t stride, int64_t columns) {
    Sum* sums = static_cast<Sum*>(state);
    const T* from = static_cast<const T*>(x);
    for (int64_t j = 0; j < columns; ++j, ++from) {
      const T low = (from[0] + from[stride]) + (from[2 * stride] + from[3 * stride]);
      const T high = (from[4 * stride] + from[5 * stride]) + (from[6 * stride] + from[7 * stride]);
      sums[j] += static_cast<Sum>(low + high);
    }
  }
  static void finish(void* const* outputs, const void* state, int64_t columns, Options options) {
    const Sum* sums = static_cast<const Sum*>(state);
    T* out = static_cast<T*>(outputs[0]);
    for (int64_t j = 0; j < columns; ++j) {
      if constexpr (std::is_floating_point_v<T>)
        out[j] = static_cast<T>(Finish::of(sums[j], options));
      else
        out[j] = static_cast<T>(sums[j]);
    }
  }
};

// (sum |x|^p)^(1/p).
template <class T>
struct PowerSum : Fold<T, Value, Plus, Itself> {
  static constexpr bool kInRuns = false;

  static void row(void* state, const void* x, int64_t n, int64_t, Options options) {
    for (int64_t i = 0; i < n; ++i)
      *static_cast<double*>(state) += std::pow(std::abs(static_cast<double>(static_cast<const T*>(x)[i])), options.p);
  }
  static void columns(void* state, const void* x, int64_t columns, int64_t, Options options) {
    for (int64_t j = 0; j < columns; ++j)
      static_cast<double*>(state)[j] += std::pow(std::abs(static_cast<double>(static_cast<const T*>(x)[j])), options.p);
  }
  static void finish(void* const* outputs, const void* state, int64_t columns, Options options) {
    for (int64_t j = 0; j < columns; ++j)
      static_cast<T*>(outputs[0])[j] = static_cast<T>(std::pow(static_cast<const double*>(state)[j], 1 / options.p));
  }
};

// ---- Bools -------------------------------------------------------------------------------------------------------

template <bool kAny>
struct Logic {
  using State = uint8_t;
  static constexpr int kComponents = 1;
  static constexpr ScalarType kOutputs[2] = {kBool, ScalarType::Undefined};

  static uint8_t of(uint8_t a, uint8_t b) { return kAny ? a | b : a & b; }
  static void init(void* state, int64_t columns) { std::memset(state, kAny ? 0 : 1, columns); }
  static void row(void* state, const void* x, int64_t n, int64_t, Options) {
    uint8_t result = *static_cast<uint8_t*>(state);
    for (int64_t i = 0; i < n; ++i) result = of(result, static_cast<const uint8_t*>(x)[i]);
    *static_cast<uint8_t*>(state) = result;
  }
  static void columns(void* state, const void* x, int64_t columns, int64_t, Options) { combine(state, x, columns); }
  static void combine(void* into, const void* from, int64_t columns) {
    uint8_t* to = static_cast<uint8_t*>(into);
    for (int64_t j = 0; j < columns; ++j) to[j] = of(to[j], static_cast<const uint8_t*>(from)[j]);
  }
  static void finish(void* const* outputs, const void* state, int64_t columns, Options) {
    std::memcpy(outputs[0], state, columns);
  }
};

struct CountTrue : FoldState<uint64_t, Plus> {
  static constexpr ScalarType kOutputs[2] = {kLong, ScalarType::Undefined};

  static void row(void* state, const void* x, int64_t n, int64_t, Options) {
    int64_t sum = 0;
    for (int64_t i = 0; i < n; ++i) sum += static_cast<const uint8_t*>(x)[i];
    *static_cast<int64_t*>(state) += sum;
  }
  static void columns(void* state, const void* x, int64_t columns, int64_t, Options) {
    int64_t* sums = static_cast<int64_t*>(state);
    for (int64_t j = 0; j < columns; ++j) sums[j] += static_cast<const uint8_t*>(x)[j];
  }
  static void finish(void* const* outputs, const void* state, int64_t columns, Options) {
    std::memcpy(outputs[0], state, columns * 8);
  }
};

// ---- Extremes ----------------------------------------------------------------------------------------------------

// Which of two values is kept. NaN wins over all numbers.
struct Larger {
  template <class V>
  static auto beats(V x, V than) {
    return x > than;
  }
  template <class T>
  static constexpr T worst() {
    if constexpr (std::is_floating_point_v<T>) return -std::numeric_limits<T>::infinity();
    return std::numeric_limits<T>::lowest();
  }
};
struct Smaller {
  template <class V>
  static auto beats(V x, V than) {
    return x < than;
  }
  template <class T>
  static constexpr T worst() {
    if constexpr (std::is_floating_point_v<T>) return std::numeric_limits<T>::infinity();
    return std::numeric_limits<T>::max();
  }
};

template <class Order, class T>
T better(T a, T b) {
  return Order::beats(b, a) || b != b ? b : a;
}

// The best of kLanes lanes, none of which is NaN.
template <int kLanes, class Order, class V>
auto best_lane(V lanes) {
  using T = std::decay_t<decltype(lanes[0])>;
  if constexpr (kLanes == 2) {
    const T first = lanes[0], second = lanes[1];
    return Order::beats(second, first) ? second : first;
  } else {
    using Half = Lanes<T, kLanes / 2>;
    Half halves[2];
    std::memcpy(halves, &lanes, sizeof lanes);
    return best_lane<kLanes / 2, Order>(Half(Order::beats(halves[1], halves[0]) ? halves[1] : halves[0]));
  }
}

template <class Mask>
bool is_any(Mask mask) {
  uint64_t words[sizeof mask / 8], any = 0;
  std::memcpy(words, &mask, sizeof mask);
  for (const uint64_t word : words) any |= word;
  return any != 0;
}

// Where `value`, which may be NaN, first stands; it does.
template <class T>
[[gnu::noinline]] int64_t first_place(const T* x, int64_t n, T value) {
  constexpr int kLanes = kVectorBytes / sizeof(T);
  using V = Lanes<T, kLanes>;
  const V wanted = V{} + value;
  int64_t at = 0;
  const auto equal = [&](int part) { return load<V>(x + at + part * kLanes) == wanted; };
  while (value == value && at + 4 * kLanes <= n && !is_any((equal(0) | equal(1)) | (equal(2) | equal(3))))
    at += 4 * kLanes;
  while (!(x[at] == value || (value != value && x[at] != x[at]))) ++at;
  return at;
}

// The best of n > 0 elements.
template <class T, class Term, class Order>
[[gnu::noinline]] T extreme_of(const T* x, int64_t n) {
  constexpr int kLanes = kVectorBytes / sizeof(T);
  using V = Lanes<T, kLanes>;
  T best = Order::template worst<T>();
  bool nan = false;
  const auto absorb = [&](T value) {
    best = Order::beats(value, best) ? value : best;
    nan |= value != value;
  };
  int64_t i = 0;
  if (n >= 2 * kLanes) {
    V even = V{} + best, odd = even;
    auto unordered = V{} != V{};
    for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
      const V first = Term::of(load<V>(x + i)), second = Term::of(load<V>(x + i + kLanes));
      even = Order::beats(first, even) ? first : even;
      odd = Order::beats(second, odd) ? second : odd;
      if constexpr (std::is_floating_point_v<T>) unordered |= (first != first) | (second != second);
    }
    best = best_lane<kLanes, Order>(Order::beats(odd, even) ? odd : even);
    if constexpr (std::is_floating_point_v<T>) nan = is_any(unordered);
  }
#pragma GCC unroll 1
  for (; i < n; ++i) absorb(Term::of(x[i]));
  if constexpr (std::is_floating_point_v<T>) return nan ? std::numeric_limits<T>::quiet_NaN() : best;
  return best;
}

template <class T, class Order>
struct ExtremeState {
  using State = T;
  static constexpr int kComponents = 1;
  static constexpr ScalarType kOutputs[2] = {dtype_of<T>, ScalarType::Undefined};

  static void init(void* state, int64_t columns) {
    for (int64_t j = 0; j < columns; ++j) static_cast<T*>(state)[j] = Order::template worst<T>();
  }
  static void combine(void* into, const void* from, int64_t columns) {
    T* best = static_cast<T*>(into);
    for (int64_t j = 0; j < columns; ++j) best[j] = better<Order>(best[j], static_cast<const T*>(from)[j]);
  }
  static void finish(void* const* outputs, const void* state, int64_t columns, Options) {
    std::memcpy(outputs[0], state, columns * sizeof(T));
  }
};

template <class T, class Term, class Order>
struct Extreme : ExtremeState<T, Order> {
  static void row(void* state, const void* x, int64_t n, int64_t, Options) {
    T& best = *static_cast<T*>(state);
    best = better<Order>(best, extreme_of<T, Term, Order>(static_cast<const T*>(x), n));
  }
  static void columns(void* state, const void* x, int64_t columns, int64_t, Options) {
    if constexpr (std::is_same_v<Term, Value>) return ExtremeState<T, Order>::combine(state, x, columns);
    T* best = static_cast<T*>(state);
    const T* from = static_cast<const T*>(x);
    for (int64_t j = 0; j < columns; ++j) best[j] = better<Order>(best[j], Term::of(from[j]));
  }
};

// The extreme and its first index. An index of -1 says that nothing was seen yet.
template <class T, class Order>
struct IndexedExtreme {
  static constexpr int kComponents = 2;
  static constexpr ScalarType kOutputs[2] = {dtype_of<T>, kLong};
  static constexpr int64_t kBlock = 2048;  // elements that are searched again while they are in the first cache

  static void init(void* state, int64_t columns) {
    for (int64_t j = 0; j < columns; ++j) {
      component<T>(state, columns, 0)[j] = Order::template worst<T>();
      component<int64_t>(state, columns, 1)[j] = -1;
    }
  }
  static bool replaces(T x, T best, int64_t best_index) {
    return best_index < 0 || Order::beats(x, best) || (x != x && best == best);
  }
  static void row(void* state, const void* x, int64_t n, int64_t index, Options) {
    T& best = *component<T>(state, 1, 0);
    int64_t& best_index = *component<int64_t>(state, 1, 1);
    for (int64_t i = 0; i < n; i += kBlock) {
      const T* from = static_cast<const T*>(x) + i;
      const int64_t count = n - i < kBlock ? n - i : kBlock;
      const T value = extreme_of<T, Value, Order>(from, count);
      if (!replaces(value, best, best_index)) continue;
      best = value;
      best_index = index + i + first_place(from, count, value);
    }
  }
  static void columns(void* state, const void* x, int64_t columns, int64_t index, Options) {
    T* best = component<T>(state, columns, 0);
    int64_t* best_index = component<int64_t>(state, columns, 1);
    for (int64_t j = 0; j < columns; ++j) {
      const T value = static_cast<const T*>(x)[j];
      const bool replace = replaces(value, best[j], best_index[j]);
      best[j] = replace ? value : best[j];
      best_index[j] = replace ? index : best_index[j];
    }
  }
  static void combine(void* into, const void* from, int64_t columns) {
    for (int64_t j = 0; j < columns; ++j) {
      const T value = component<T>(from, columns, 0)[j];
      const int64_t index = component<int64_t>(from, columns, 1)[j];
      if (index < 0 || !replaces(value, component<T>(into, columns, 0)[j], component<int64_t>(into, columns, 1)[j]))
        continue;
      component<T>(into, columns, 0)[j] = value;
      component<int64_t>(into, columns, 1)[j] = index;
    }
  }
  static void finish(void* const* outputs, const void* state, int64_t columns, Options) {
    std::memcpy(outputs[0], component<T>(state, columns, 0), columns * sizeof(T));
    std::memcpy(outputs[1], component<int64_t>(state, columns, 1), columns * 8);
  }
};

// ---- Variance ----------------------------------------------------------------------------------------------------

// Mean and sum of squared distances from it, blockwise in two passes, joined by the formula of Chan, Golub and LeVeque
// (1979). The third component is the number of elements, in its first slot.
struct MomentsState {
  static constexpr int kComponents = 3;

  static void init(void* state, int64_t columns) { std::memset(state, 0, columns * kComponents * 8); }

  static void join(double& mean, double& squares, double n, double other_mean, double other_squares, double other_n) {
    const double distance = other_mean - mean, all = n + other_n;
    mean += distance * (other_n / all);
    squares += other_squares + distance * distance * (n * other_n / all);
  }

  static void combine(void* into, const void* from, int64_t columns) {
    double& n = *component<double>(into, columns, 2);
    const double other_n = *component<double>(from, columns, 2);
    if (other_n == 0) return;
    for (int64_t j = 0; j < columns; ++j)
      join(component<double>(into, columns, 0)[j], component<double>(into, columns, 1)[j], n,
           component<double>(from, columns, 0)[j], component<double>(from, columns, 1)[j], other_n);
    n += other_n;
  }
};

template <class T>
struct MomentsOf : MomentsState {
  static constexpr ScalarType kOutputs[2] = {dtype_of<T>, dtype_of<T>};
  static constexpr int64_t kBlock = 1024;

  static void row(void* state, const void* x, int64_t n, int64_t, Options) {
    double* const moments = static_cast<double*>(state);
    for (int64_t i = 0; i < n; i += kBlock) {
      const T* from = static_cast<const T*>(x) + i;
      const int64_t count = n - i < kBlock ? n - i : kBlock;
      const double mean = Fold<T, Value, Plus, Itself>::block(from, count) / count;
      const double squares = Fold<T, SquareAbout, Plus, Itself>::block(from, count, {mean});
      join(moments[0], moments[1], moments[2], mean, squares, count);
      moments[2] += count;
    }
  }
  static void columns(void* state, const void* x, int64_t columns, int64_t, Options) {
    double* mean = component<double>(state, columns, 0);
    double* squares = component<double>(state, columns, 1);
    const double weight = 1 / ++*component<double>(state, columns, 2);
    for (int64_t j = 0; j < columns; ++j) {
      const double value = static_cast<const T*>(x)[j], distance = value - mean[j];
      mean[j] += distance * weight;
      squares[j] += distance * (value - mean[j]);
    }
  }
};

template <class T, bool kRoot>
struct Moments : MomentsOf<T> {
  static void finish(void* const* outputs, const void* state, int64_t columns, Options options) {
    const double n = *component<double>(state, columns, 2), freedom = n - options.correction;
    for (int64_t j = 0; j < columns; ++j) {
      const double variance = component<double>(state, columns, 1)[j] / (freedom > 0 ? freedom : 0);
      static_cast<T*>(outputs[0])[j] = static_cast<T>(kRoot ? __builtin_sqrt(variance) : variance);
      static_cast<T*>(outputs[1])[j] = static_cast<T>(n > 0 ? component<double>(state, columns, 0)[j] : NAN);
    }
  }
};

// ---- The table ---------------------------------------------------------------------------------------------------

template <class Kernel>
constexpr ReduceKernel kernel() {
  ReduceKernel made;
  made.components = Kernel::kComponents;
  made.outputs[0] = Kernel::kOutputs[0], made.outputs[1] = Kernel::kOutputs[1];
  made.init = Kernel::init, made.row = Kernel::row, made.columns = Kernel::columns;
  made.combine = Kernel::combine, made.finish = Kernel::finish;
  if constexpr (requires { requires Kernel::kInRuns; }) made.rows = Kernel::rows;
  if constexpr (Kernel::kComponents == 1) made.column_bytes = sizeof(typename Kernel::State);
  return made;
}

template <class T>
constexpr void set_extremes(ReduceTable& table) {
  constexpr ScalarType dtype = dtype_of<T>;
  table.at(ReduceOp::amax, dtype) = kernel<Extreme<T, Value, Larger>>();
  table.at(ReduceOp::amin, dtype) = kernel<Extreme<T, Value, Smaller>>();
  table.at(ReduceOp::max, dtype) = kernel<IndexedExtreme<T, Larger>>();
  table.at(ReduceOp::min, dtype) = kernel<IndexedExtreme<T, Smaller>>();
}

template <class T>
constexpr void set_float_ops(ReduceTable& table) {
  table.at(ReduceOp::sum, dtype_of<T>) = kernel<Fold<T, Value, Plus, Ratio>>();
  table.at(ReduceOp::prod, dtype_of<T>) = kernel<Fold<T, Value, Times, Itself>>();
  table.at(ReduceOp::abs_sum, dtype_of<T>) = kernel<Fold<T, Magnitude, Plus, Itself>>();
  table.at(ReduceOp::square_sum, dtype_of<T>) = kernel<Fold<T, Square, Plus, Root>>();
  table.at(ReduceOp::power_sum, dtype_of<T>) = kernel<PowerSum<T>>();
  table.at(ReduceOp::abs_max, dtype_of<T>) = kernel<Extreme<T, Magnitude, Larger>>();
  table.at(ReduceOp::abs_min, dtype_of<T>) = kernel<Extreme<T, Magnitude, Smaller>>();
  table.at(ReduceOp::variance, dtype_of<T>) = kernel<Moments<T, false>>();
  table.at(ReduceOp::deviation, dtype_of<T>) = kernel<Moments<T, true>>();
}

constexpr ReduceTable make_table() {
  ReduceTable table;
  set_float_ops<float>(table);
  set_float_ops<double>(table);
  table.at(ReduceOp::sum, kLong) = kernel<Fold<int64_t, Value, Plus, Itself>>();
  table.at(ReduceOp::prod, kLong) = kernel<Fold<int64_t, Value, Times, Itself>>();
  table.at(ReduceOp::any, kBool) = kernel<Logic<true>>();
  table.at(ReduceOp::all, kBool) = kernel<Logic<false>>();
  table.at(ReduceOp::count, kBool) = kernel<CountTrue>();
  set_extremes<float>(table);
  set_extremes<double>(table);
  set_extremes<int64_t>(table);
  return table;
}

constexpr ReduceTable kReductions = make_table();

}  // namespace HWY_NAMESPACE
}  // namespace relume::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace relume::cpu {

const ReduceTable& reduce_table(Target target) { RELUME_DISPATCH(target, kReductions); }

const ReduceTable& reduce_table() {
  static const ReduceTable& table = reduce_table(target());
  return table;
}

}  // namespace relume::cpu
#endif  // HWY_ONCE
