// Softmax and log-softmax for each SIMD target: along rows that are contiguous, and across the columns of any other
// dimension, a vector of columns at a time. Half types are copied into float32 first, and rounded once.
#include "kernels/softmax.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#include "core/check.h"
#include "cpu/dense_cast.h"
#include "cpu/parallel.h"
#include "cpu/scratch.h"
#include "cpu/target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpu/softmax.cc"
#include "cpu/simd/targets.h"
#include "hwy/foreach_target.h"
//
#include "cpu/simd/math-inl.h"

#ifndef RELUME_CPU_SOFTMAX_ONCE
#define RELUME_CPU_SOFTMAX_ONCE
namespace relume::cpu {

// A row of consecutive elements, or as many columns as a vector has lanes, whose elements are `stride` apart.
using SoftmaxForward = void (*)(const void* input, void* output, int64_t size, int64_t stride);
using SoftmaxBackward = void (*)(const void* grad, const void* output, void* grad_input, int64_t size, int64_t stride);

struct SoftmaxLoops {
  SoftmaxForward row;
  SoftmaxForward columns;
  SoftmaxBackward row_backward;
  SoftmaxBackward columns_backward;
};

// [dtype][log], and how many columns a vector is.
struct SoftmaxKernels {
  SoftmaxLoops loops[kNumDtypes][2];
  int64_t columns[kNumDtypes];
};

}  // namespace relume::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace relume::cpu::HWY_NAMESPACE {

// `count` elements, the other lanes filled.
template <class T>
RELUME_INLINE Vector<T> load(const T* p, int64_t count, double fill) {
  using V = Vector<T>;
  if (count == V::lanes()) return V::load(p);
  HWY_ALIGN T lanes[V::kMaxLanes];
  V(fill).store(lanes);
  for (int64_t i = 0; i < count; ++i) lanes[i] = p[i];
  return V::load(lanes);
}

template <class T>
RELUME_INLINE void store(Vector<T> v, T* p, int64_t count) {
  using V = Vector<T>;
  if (count == V::lanes()) return v.store(p);
  HWY_ALIGN T lanes[V::kMaxLanes] = {};
  v.store(lanes);
  for (int64_t i = 0; i < count; ++i) p[i] = lanes[i];
}

// Of a number and NaN either: whoever asks makes NaN of all later.
template <class T>
RELUME_INLINE Vector<T> larger(Vector<T> a, Vector<T> b) {
  return hn::Max(a.v, b.v);
}

// All lanes hold the sum (the largest) of the lanes.
template <class T>
RELUME_INLINE Vector<T> sum_lanes(Vector<T> v) {
  return hn::SumOfLanes(hn::ScalableTag<T>(), v.v);
}
template <class T>
RELUME_INLINE Vector<T> max_lanes(Vector<T> v) {
  return hn::MaxOfLanes(hn::ScalableTag<T>(), v.v);
}

// Walks a slice: along a row, whose lanes are consecutive elements of it, or down a vector of columns, whose lanes are
// elements of different slices. `body(offset, count)` gets the offset of a vector and the number of lanes in use.
template <class T, bool kRow, class Body>
RELUME_INLINE void walk(int64_t size, int64_t stride, const Body& body) {
  const int64_t lanes = Vector<T>::lanes();
  if constexpr (kRow) {
    for (int64_t i = 0; i < size; i += lanes) body(i, std::min(lanes, size - i));
  } else {
    for (int64_t i = 0; i < size; ++i) body(i * stride, lanes);
  }
}

constexpr double kLowest = -std::numeric_limits<double>::infinity();

// The largest element of each slice. A row is read four vectors at a time, which need not wait for each other.
template <class T, bool kRow>
RELUME_INLINE Vector<T> largest_of(const T* x, int64_t size, int64_t stride) {
  using V = Vector<T>;
  V largest(kLowest);
  int64_t done = 0;
  if constexpr (kRow) {
    const int64_t lanes = V::lanes();
    V a = largest, b = largest, c = largest, d = largest;
    for (; done + 4 * lanes <= size; done += 4 * lanes) {
      const T* const at = x + done;
      a = larger(a, V::load(at));
      b = larger(b, V::load(at + lanes));
      c = larger(c, V::load(at + 2 * lanes));
      d = larger(d, V::load(at + 3 * lanes));
    }
    largest = larger(larger(a, b), larger(c, d));
  }
  walk<T, kRow>(size - done, stride,
                [&](int64_t i, int64_t n) HWY_ATTR { largest = larger(largest, load(x + done + i, n, kLowest)); });
  if constexpr (kRow) largest = max_lanes(largest);
  return largest;
}

template <class T, bool kRow, bool kLog>
void forward(const void* input, void* output, int64_t size, int64_t stride) {
  using V = Vector<T>;
  const T* x = static_cast<const T*>(input);
  T* y = static_cast<T*>(output);
  const V largest = largest_of<T, kRow>(x, size, stride);
  V sum(0.0);
  int64_t done = 0;
  if constexpr (kRow) {  // two exponentials at a time, whose operations the compiler mixes
    const int64_t lanes = V::lanes();
    for (; done + 2 * lanes <= size; done += 2 * lanes) {
      const V first = exp_below_zero(V::load(x + done) - largest),
              second = exp_below_zero(V::load(x + done + lanes) - largest);
      sum = (sum + first) + second;
      if constexpr (!kLog) first.store(y + done), second.store(y + done + lanes);
    }
  }
  walk<T, kRow>(size - done, stride, [&](int64_t i, int64_t n) HWY_ATTR {
    const V e = exp_below_zero(load(x + done + i, n, kLowest) - largest);
    // The fill of unused lanes is -inf: no part of the sum, unless the largest is -inf too and all become NaN anyway.
    sum = sum + e;
    if constexpr (!kLog) store(e, y + done + i, n);
  });
  if constexpr (kRow) sum = sum_lanes(sum);
  const V scale = kLog ? log(sum) : V(1.0) / sum;
  walk<T, kRow>(size, stride, [&](int64_t i, int64_t n) HWY_ATTR {
    if constexpr (kLog)
      store((load(x + i, n, 0.0) - largest) - scale, y + i, n);
    else
      store(load(y + i, n, 0.0) * scale, y + i, n);
  });
}

template <class T, bool kRow, bool kLog>
void backward(const void* grad, const void* output, void* grad_input, int64_t size, int64_t stride) {
  using V = Vector<T>;
  const T* g = static_cast<const T*>(grad);
  const T* y = static_cast<const T*>(output);
  T* gx = static_cast<T*>(grad_input);
  V sum(0.0);
  walk<T, kRow>(size, stride, [&](int64_t i, int64_t n) HWY_ATTR {
    const V gi = load(g + i, n, 0.0);
    sum = sum + (kLog ? gi : gi * load(y + i, n, 0.0));
  });
  if constexpr (kRow) sum = sum_lanes(sum);
  walk<T, kRow>(size, stride, [&](int64_t i, int64_t n) HWY_ATTR {
    const V gi = load(g + i, n, 0.0);
    const V yi = load(y + i, n, 0.0);
    store(kLog ? gi - exp(yi) * sum : yi * (gi - sum), gx + i, n);
  });
}

template <class T, bool kLog>
constexpr SoftmaxLoops make_loops() {
  return {forward<T, true, kLog>, forward<T, false, kLog>, backward<T, true, kLog>, backward<T, false, kLog>};
}

template <class T>
void fill(SoftmaxKernels& kernels) {
  constexpr int kIndex = static_cast<int>(dtype_of<T>);
  kernels.loops[kIndex][0] = make_loops<T, false>();
  kernels.loops[kIndex][1] = make_loops<T, true>();
  kernels.columns[kIndex] = Vector<T>::lanes();
}

const SoftmaxKernels& softmax_kernels() {
  static const SoftmaxKernels kernels = [] {
    SoftmaxKernels made{};
    fill<float>(made);
    fill<double>(made);
    return made;
  }();
  return kernels;
}

}  // namespace relume::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace relume::cpu {
namespace {

constexpr int64_t kGrainElements = 8192;

const SoftmaxKernels& kernels_for(Target target) { RELUME_DISPATCH(target, softmax_kernels()); }

// Neighbouring slices of a tensor: `count` of them begin at consecutive elements, and the elements of each are `stride`
// apart. A row is the case count 1, stride 1. In a copy they are `pitch` apart.
struct Slices {
  int64_t offset, size, stride, count, pitch;
};

// The elements of slices as they are computed with: those of a half type as float32, those of columns close together,
// because rows that lie a power of two apart would drive each other out of the cache.
class Operand {
 public:
  template <class Void>
  Operand(ScalarType dtype, Void* data, const Slices& slices)
      : dtype_(dtype),
        computed_(dtype == kDouble ? kDouble : kFloat),
        slices_(slices),
        data_(static_cast<char*>(const_cast<void*>(static_cast<const void*>(data))) +
              slices.offset * element_size(dtype)),
        close_(is_copied() ? slices.size * slices.pitch * element_size(computed_) : 0) {}

  void read() {
    for_each_row([this](char* element, char* copy, int64_t n) { convert(dtype_, element, computed_, copy, n); });
  }
  void write() {
    for_each_row([this](char* element, char* copy, int64_t n) { convert(computed_, copy, dtype_, element, n); });
  }
  // Of the slice that begins with the element `column` of the first row.
  char* elements(int64_t column) const {
    return (is_copied() ? close_.as<char>() : data_) + column * element_size(computed_);
  }
  int64_t stride() const { return slices_.pitch; }

 private:
  bool is_copied() const { return dtype_ != computed_ || slices_.stride > 1; }
  static void convert(ScalarType from, const char* source, ScalarType to, char* target, int64_t n) {
    if (from == to)
      std::memcpy(target, source, static_cast<size_t>(n * element_size(to)));
    else
      dense_cast(from, to)(target, source, n);
  }
  template <class Copy>
  void for_each_row(const Copy& copy) {
    if (!is_copied()) return;
    const auto& [offset, size, stride, count, pitch] = slices_;
    if (stride == pitch) return copy(data_, close_.as<char>(), size * pitch);
    for (int64_t i = 0; i < size; ++i)
      copy(data_ + i * stride * element_size(dtype_), close_.as<char>() + i * pitch * element_size(computed_), count);
  }

  const ScalarType dtype_, computed_;
  const Slices slices_;
  char* const data_;
  const Scratch close_;
};

// How many columns are computed at a time: some vectors of them, whose copies stay in the cache.
int64_t columns_at_a_time(int64_t size, int64_t lanes, ScalarType dtype) {
  constexpr int64_t kMostVectors = 8, kBytes = 32768;
  return lanes * std::clamp<int64_t>(kBytes / (size * lanes * element_size(dtype)), 1, kMostVectors);
}

// Calls run(loops, lanes, slices) for every row, or for every group of neighbouring columns.
template <class Run>
void for_each_slice(const Softmax& softmax, const Run& run) {
  check(is_floating_point(softmax.dtype), "softmax: expected a floating-point dtype, got {}", to_string(softmax.dtype));
  static const SoftmaxKernels& kernels = kernels_for(target());
  const ScalarType computed = softmax.dtype == kDouble ? kDouble : kFloat;
  const SoftmaxLoops& loops = kernels.loops[static_cast<int>(computed)][softmax.log];
  if (softmax.outer == 0 || softmax.size == 0 || softmax.inner == 0) return;
  const int64_t lanes = softmax.inner == 1 ? 1 : kernels.columns[static_cast<int>(computed)];
  const int64_t width = softmax.inner == 1 ? 1 : columns_at_a_time(softmax.size, lanes, computed);
  const int64_t groups = (softmax.inner + width - 1) / width;
  const int64_t grain = std::max<int64_t>(1, kGrainElements / (softmax.size * width));
  parallel_for(softmax.outer * groups, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t column = i % groups * width, count = std::min(width, softmax.inner - column);
      run(loops, lanes,
          Slices{i / groups * softmax.size * softmax.inner + column, softmax.size, softmax.inner, count,
                 (count + lanes - 1) / lanes * lanes});
    }
  });
}

}  // namespace

void softmax_forward(const Softmax& softmax, const void* input, void* output) {
  for_each_slice(softmax, [&](const SoftmaxLoops& loops, int64_t lanes, const Slices& slices) {
    Operand x(softmax.dtype, input, slices), y(softmax.dtype, output, slices);
    x.read();
    const SoftmaxForward loop = softmax.inner == 1 ? loops.row : loops.columns;
    for (int64_t c = 0; c < slices.count; c += lanes) loop(x.elements(c), y.elements(c), slices.size, y.stride());
    y.write();
  });
}

void softmax_backward(const Softmax& softmax, const void* grad, const void* output, void* grad_input) {
  for_each_slice(softmax, [&](const SoftmaxLoops& loops, int64_t lanes, const Slices& slices) {
    Operand g(softmax.dtype, grad, slices), y(softmax.dtype, output, slices), result(softmax.dtype, grad_input, slices);
    g.read();
    y.read();
    const SoftmaxBackward loop = softmax.inner == 1 ? loops.row_backward : loops.columns_backward;
    for (int64_t c = 0; c < slices.count; c += lanes)
      loop(g.elements(c), y.elements(c), result.elements(c), slices.size, result.stride());
    result.write();
  });
}

}  // namespace relume::cpu
#endif
