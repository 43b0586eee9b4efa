// The element-wise executor against plain loops: layouts, broadcasts, conversions, aliasing, sizes.
#include "kernels/elementwise.h"

#include <gtest/gtest.h>

#include "random_layout.h"

namespace relume::cpu {
namespace {

using test::Layout;
using test::Sizes;

// out = 2 a + b, or 2 a for one input.
template <class T, int kInputs>
void sum_loop(void* out, const void* const* inputs, int64_t n, const void*) {
  for (int64_t i = 0; i < n; ++i) {
    T sum = static_cast<const T*>(inputs[0])[i] * T(2);
    for (int k = 1; k < kInputs; ++k) sum += static_cast<const T*>(inputs[k])[i];
    static_cast<T*>(out)[i] = sum;
  }
}

void less_loop(void* out, const void* const* inputs, int64_t n, const void*) {
  for (int64_t i = 0; i < n; ++i)
    static_cast<bool*>(out)[i] = static_cast<const float*>(inputs[0])[i] < static_cast<const float*>(inputs[1])[i];
}

template <class Out, class A, class B>
void check_sum(const Sizes& sizes, std::mt19937& random) {
  const Layout lo = test::random_layout(sizes, random), la = test::random_broadcast_layout(sizes, random),
               lb = test::random_broadcast_layout(sizes, random);
  const auto a = test::random_values<A>(la.memory, random);
  const auto b = test::random_values<B>(lb.memory, random);
  std::vector<Out> out(lo.memory, Out(1)), expected = out;
  test::for_each_index(sizes, [&](const Sizes& i) {
    const float x = a[test::offset(i, la.strides)], y = b[test::offset(i, lb.strides)];
    expected[test::offset(i, lo.strides)] = Out(2 * x + y);
  });
  const ElementwiseOperand operands[] = {{out.data(), lo.strides.data(), dtype_of<Out>, kFloat},
                                         {const_cast<A*>(a.data()), la.strides.data(), dtype_of<A>, kFloat},
                                         {const_cast<B*>(b.data()), lb.strides.data(), dtype_of<B>, kFloat}};
  run_elementwise({sizes, operands, 2, sum_loop<float, 2>});
  for (size_t i = 0; i < out.size(); ++i) ASSERT_EQ(float(out[i]), float(expected[i])) << to_string(IntArrayRef(sizes));
}

TEST(Elementwise, AgreesWithPlainLoopsOnRandomLayoutsAndDtypes) {
  std::mt19937 random(1);
  for (int i = 0; i < 400; ++i) {
    const Sizes sizes = test::random_sizes(random);
    check_sum<float, float, float>(sizes, random);
    check_sum<double, float, Half>(sizes, random);
    check_sum<BFloat16, int64_t, float>(sizes, random);
    check_sum<int32_t, uint8_t, double>(sizes, random);
  }
}

TEST(Elementwise, AgreesWithPlainLoopsOnLargeTensors) {
  std::mt19937 random(2);
  for (const Sizes& sizes : {Sizes{1000003}, Sizes{1003, 997}, Sizes{3, 333333}, Sizes{333333, 3}, Sizes{70, 80, 90}})
    for (int i = 0; i < 4; ++i) check_sum<float, float, float>(sizes, random);
}

TEST(Elementwise, StreamsLargeResultsToAnyAlignment) {
  const int64_t n = 12 << 20;
  std::vector<float> a(n, 3.0f), out(n + 16);
  for (const int64_t shift : {0, 1, 5, 16}) {
    std::fill(out.begin(), out.end(), -1.0f);
    const ElementwiseOperand operands[] = {{out.data() + shift, nullptr, kFloat, kFloat},
                                           {a.data(), nullptr, kFloat, kFloat}};
    run_elementwise({n, operands, 1, sum_loop<float, 1>});
    EXPECT_EQ(std::count(out.begin() + shift, out.begin() + shift + n, 6.0f), n);
    EXPECT_EQ(std::count(out.begin(), out.end(), -1.0f), 16);
  }
}

TEST(Elementwise, MayWriteOverItsInput) {
  for (const int64_t n : {5, 5000, 5000000}) {
    std::vector<double> x(n);
    std::iota(x.begin(), x.end(), 0.0);
    const ElementwiseOperand operand{x.data(), nullptr, kDouble, kDouble};
    const ElementwiseOperand operands[] = {operand, operand, operand};
    run_elementwise({n, operands, 2, sum_loop<double, 2>});
    for (int64_t i = 0; i < n; ++i) ASSERT_EQ(x[i], 3.0 * i);
  }
}

TEST(Elementwise, MayWriteOverAStridedInputOfAnotherDtype) {
  const int64_t n = 4000, stride = 3;
  std::vector<Half> x(n * stride, Half(2.0f));
  const ElementwiseOperand operand{x.data(), &stride, kHalf, kFloat};
  const ElementwiseOperand operands[] = {operand, operand};
  run_elementwise({n, operands, 1, sum_loop<float, 1>});
  for (int64_t i = 0; i < n * stride; ++i) ASSERT_EQ(float(x[i]), i % stride == 0 ? 4.0f : 2.0f);
}

TEST(Elementwise, WritesBoolsFromComparisons) {
  const float a[] = {1, 2, 3}, b[] = {2, 2, 2};
  bool out[] = {false, true, true};
  const ElementwiseOperand operands[] = {{out, nullptr, kBool, kBool},
                                         {const_cast<float*>(a), nullptr, kFloat, kFloat},
                                         {const_cast<float*>(b), nullptr, kFloat, kFloat}};
  run_elementwise({int64_t{3}, operands, 2, less_loop});
  EXPECT_TRUE(out[0]);
  EXPECT_FALSE(out[1]);
  EXPECT_FALSE(out[2]);
}

TEST(Elementwise, DoesNothingForZeroElements) {
  const ElementwiseOperand operands[] = {{nullptr, nullptr, kFloat, kFloat}, {nullptr, nullptr, kFloat, kFloat}};
  const Sizes sizes = {3, 0, 2};
  run_elementwise({sizes, operands, 1, sum_loop<float, 1>});
}

TEST(Elementwise, TakesZeroDimAndSixtyFourDimTensors) {
  float x = 3, y = 0;
  const ElementwiseOperand operands[] = {{&y, nullptr, kFloat, kFloat}, {&x, nullptr, kFloat, kFloat}};
  run_elementwise({IntArrayRef(), operands, 1, sum_loop<float, 1>});
  EXPECT_EQ(y, 6);
  std::mt19937 random(3);
  Sizes sizes(64, 1);
  for (const int d : {0, 3, 9, 20, 21, 40, 41, 63}) sizes[d] = 2;
  for (int i = 0; i < 20; ++i) check_sum<float, float, float>(sizes, random);
}

}  // namespace
}  // namespace relume::cpu
