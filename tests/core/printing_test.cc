// Printing of tensors, numbers and shapes: PyTorch's texts, one rule a test.
#include "core/printing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "relume/error.h"

namespace relume {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

// Dense values and the source that shows them; the last calls decide what is printed behind them.
template <class T>
class Sample {
 public:
  Sample(const std::vector<double>& values, IntArrayRef sizes) : values_(values.size()) {
    for (size_t i = 0; i < values.size(); ++i) values_[i] = T(values[i]);
    source_.sizes = DimVector(sizes);
    source_.strides = source_.sizes;
    int64_t stride = 1;
    for (size_t i = sizes.size(); i-- > 0;) {
      source_.strides[i] = stride;
      stride *= sizes[i];
    }
    source_.dtype = dtype_of<T>;
  }
  explicit Sample(const std::vector<double>& values) : Sample(values, {static_cast<int64_t>(values.size())}) {}

  Sample& requires_grad() {
    source_.requires_grad = true;
    return *this;
  }
  Sample& grad_fn(const char* name) {
    source_.grad_fn = name;
    return requires_grad();
  }
  std::string python(const PrintOptions& options = {}) const { return python_text(source(), options); }
  std::string libtorch(int64_t linewidth = 80) const { return libtorch_text(source(), linewidth); }
  PrintSource source() const {
    PrintSource source = source_;
    source.data = values_.get();
    return source;
  }

 private:
  struct Elements {  // std::vector<bool> has no data()
    explicit Elements(size_t size) : data(new T[size + 1]()) {}
    Elements(const Elements&) = delete;
    T& operator[](size_t i) { return data[i]; }
    const T* get() const { return data; }
    ~Elements() { delete[] data; }
    T* data;
  };
  Elements values_;
  PrintSource source_;
};

using Float = Sample<float>;
using Double = Sample<double>;
using Long = Sample<int64_t>;
using Bool = Sample<bool>;

std::vector<double> range(int64_t count, double step = 1) {
  std::vector<double> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(static_cast<double>(i) * step);
  return values;
}

TEST(PythonText, PrintsIntegersAndBooleansAligned) {
  EXPECT_EQ(Long({1, 2, 3}).python(), "tensor([1, 2, 3])");
  EXPECT_EQ(Long({-1, 20, 300}).python(), "tensor([ -1,  20, 300])");
  EXPECT_EQ(Long({1, -2, 30, 4}, {2, 2}).python(), "tensor([[ 1, -2],\n        [30,  4]])");
  EXPECT_EQ(Bool({1, 0}).python(), "tensor([ True, False])");
}

TEST(PythonText, PrintsWholeFloatsWithADotAndOthersWithFourDigits) {
  EXPECT_EQ(Float({1, 2}).python(), "tensor([1., 2.])");
  EXPECT_EQ(Float({1, -2.5}).python(), "tensor([ 1.0000, -2.5000])");
  EXPECT_EQ(Float({0, -0.0}).python(), "tensor([0., -0.])");
  EXPECT_EQ(Float({0.123456, 12.3456, 99.9}).python(), "tensor([ 0.1235, 12.3456, 99.9000])");
  EXPECT_EQ(Float({0.1, 100}).python(), "tensor([  0.1000, 100.0000])");
  EXPECT_EQ(Float({1.5, -200.25, 3, 4}, {2, 2}).python(),
            "tensor([[   1.5000, -200.2500],\n        [   3.0000,    4.0000]])");
}

TEST(PythonText, TurnsScientificByRatioAndMagnitude) {
  EXPECT_EQ(Float({1, 1000}).python(), "tensor([   1., 1000.])");
  EXPECT_EQ(Float({1, 1001}).python(), "tensor([1.0000e+00, 1.0010e+03])");
  EXPECT_EQ(Float({1.5, 1500}).python(), "tensor([   1.5000, 1500.0000])");
  EXPECT_EQ(Float({1.5, 1501}).python(), "tensor([1.5000e+00, 1.5010e+03])");
  EXPECT_EQ(Float({0.001, 1}).python(), "tensor([0.0010, 1.0000])");
  EXPECT_EQ(Float({0.00099, 1}).python(), "tensor([9.9000e-04, 1.0000e+00])");
  EXPECT_EQ(Float({0, 1e-3}).python(), "tensor([0.0000, 0.0010])");
  EXPECT_EQ(Float({1e-4}).python(), "tensor([1.0000e-04])");
  EXPECT_EQ(Float({0.000100001}).python(), "tensor([0.0001])");
  EXPECT_EQ(Float({1e8}).python(), "tensor([100000000.])");
  EXPECT_EQ(Float({1.0001e8}).python(), "tensor([1.0001e+08])");
  EXPECT_EQ(Float({-1e9, 5}).python(), "tensor([-1.0000e+09,  5.0000e+00])");
  EXPECT_EQ(Float({1e-45}).python(), "tensor([1.4013e-45])");
  EXPECT_EQ(Float({0.99999}).python(), "tensor([1.0000])");
  EXPECT_EQ(Double({1e100}).python(), "tensor([1.0000e+100], dtype=torch.float64)");
  EXPECT_EQ(Double({1e-300, 1}).python(), "tensor([1.0000e-300,  1.0000e+00], dtype=torch.float64)");
}

TEST(PythonText, LetsNonFiniteNumbersStickOut) {
  EXPECT_EQ(Float({1, kNan, kInf, -kInf}).python(), "tensor([1., nan, inf, -inf])");
  EXPECT_EQ(Float({1.5, kNan, kInf, -kInf}).python(), "tensor([1.5000,    nan,    inf,   -inf])");
  EXPECT_EQ(Float({kNan, kInf}).python(), "tensor([nan, inf])");
  EXPECT_EQ(Float({-kInf, 1e5}).python(), "tensor([   -inf, 100000.])");
  EXPECT_EQ(Float({1e-5, kNan, kInf}).python(), "tensor([1.0000e-05,        nan,        inf])");
  EXPECT_EQ(Float({2e10, kInf, kNan, -1}).python(), "tensor([ 2.0000e+10,         inf,         nan, -1.0000e+00])");
}

TEST(PythonText, PrintsScalarsWithoutBrackets) {
  EXPECT_EQ(Long({3}, {}).python(), "tensor(3)");
  EXPECT_EQ(Float({3}, {}).python(), "tensor(3.)");
  EXPECT_EQ(Float({3.14159265}, {}).python(), "tensor(3.1416)");
  EXPECT_EQ(Bool({1}, {}).python(), "tensor(True)");
  EXPECT_EQ(Float({-0.0}, {}).python(), "tensor(-0.)");
  EXPECT_EQ(Float({-kNan}, {}).python(), "tensor(nan)");
  EXPECT_EQ(Float({1e-9}, {}).python(), "tensor(1.0000e-09)");
  EXPECT_EQ(Float({12345.678}, {}).python(), "tensor(12345.6777)");
}

TEST(PythonText, PrintsTheSizesOfEmptyTensors) {
  EXPECT_EQ(Float({}).python(), "tensor([])");
  EXPECT_EQ(Float({}, {0, 3}).python(), "tensor([], size=(0, 3))");
  EXPECT_EQ(Float({}, {2, 0, 3}).python(), "tensor([], size=(2, 0, 3))");
  EXPECT_EQ(Long({}).python(), "tensor([], dtype=torch.int64)");
  EXPECT_EQ(Long({}, {0, 2}).python(), "tensor([], size=(0, 2), dtype=torch.int64)");
  EXPECT_EQ(Float({}, {0, 3}).requires_grad().python(), "tensor([], size=(0, 3), requires_grad=True)");
}

TEST(PythonText, NamesTheDtypeUnlessItIsUsual) {
  EXPECT_EQ(Sample<int32_t>({1, 2}).python(), "tensor([1, 2], dtype=torch.int32)");
  EXPECT_EQ(Double({1, 2}).python(), "tensor([1., 2.], dtype=torch.float64)");
  EXPECT_EQ(Sample<Half>({0.1, 0.2}).python(), "tensor([0.1000, 0.2000], dtype=torch.float16)");
  EXPECT_EQ(Sample<BFloat16>({0.1, 0.2}).python(), "tensor([0.1001, 0.2002], dtype=torch.bfloat16)");
  EXPECT_EQ(Sample<Half>({65504, 1}).python(), "tensor([6.5504e+04, 1.0000e+00], dtype=torch.float16)");
  PrintSource source;
  source.sizes = source.strides = DimVector{0};
  source.default_dtype = kDouble;
  EXPECT_EQ(python_text(source), "tensor([], dtype=torch.float32)");
  source.device = "cuda:0";
  EXPECT_EQ(python_text(source), "tensor([], device='cuda:0', dtype=torch.float32)");
}

TEST(PythonText, NamesTheNodeOrSaysThatAGradientIsWanted) {
  EXPECT_EQ(Float({1, 2}).requires_grad().python(), "tensor([1., 2.], requires_grad=True)");
  EXPECT_EQ(Float({2, 4}).grad_fn("MulBackward0").python(), "tensor([2., 4.], grad_fn=<MulBackward0>)");
  EXPECT_EQ(Float({std::exp(2.0)}, {}).grad_fn("ExpBackward0").python(), "tensor(7.3891, grad_fn=<ExpBackward0>)");
  EXPECT_EQ(Double({3}, {}).grad_fn("SumBackward0").python(),
            "tensor(3., dtype=torch.float64, grad_fn=<SumBackward0>)");
}

TEST(PythonText, SeparatesMatricesByEmptyLines) {
  EXPECT_EQ(Long(range(24), {2, 3, 4}).python(),
            "tensor([[[ 0,  1,  2,  3],\n"
            "         [ 4,  5,  6,  7],\n"
            "         [ 8,  9, 10, 11]],\n"
            "\n"
            "        [[12, 13, 14, 15],\n"
            "         [16, 17, 18, 19],\n"
            "         [20, 21, 22, 23]]])");
  EXPECT_EQ(Float(range(16), {2, 2, 2, 2}).python(),
            "tensor([[[[ 0.,  1.],\n"
            "          [ 2.,  3.]],\n"
            "\n"
            "         [[ 4.,  5.],\n"
            "          [ 6.,  7.]]],\n"
            "\n"
            "\n"
            "        [[[ 8.,  9.],\n"
            "          [10., 11.]],\n"
            "\n"
            "         [[12., 13.],\n"
            "          [14., 15.]]]])");
}

TEST(PythonText, BreaksLongLines) {
  EXPECT_EQ(Float(range(30)).python(),
            "tensor([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11., 12., 13.,\n"
            "        14., 15., 16., 17., 18., 19., 20., 21., 22., 23., 24., 25., 26., 27.,\n"
            "        28., 29.])");
  EXPECT_EQ(Float(range(11, 1.0 / 7)).python(),
            "tensor([0.0000, 0.1429, 0.2857, 0.4286, 0.5714, 0.7143, 0.8571, 1.0000, 1.1429,\n"
            "        1.2857, 1.4286])");
  EXPECT_EQ(Double(std::vector<double>(20, 2.5), {2, 10}).python(),
            "tensor([[2.5000, 2.5000, 2.5000, 2.5000, 2.5000, 2.5000, 2.5000, 2.5000, 2.5000,\n"
            "         2.5000],\n"
            "        [2.5000, 2.5000, 2.5000, 2.5000, 2.5000, 2.5000, 2.5000, 2.5000, 2.5000,\n"
            "         2.5000]], dtype=torch.float64)");
}

TEST(PythonText, BreaksTheLineBeforeASuffixThatDoesNotFit) {
  const std::vector<double> ones(24, 1.0);
  const std::string rows =
      "tensor([[1., 1., 1., 1., 1., 1., 1., 1.],\n"
      "        [1., 1., 1., 1., 1., 1., 1., 1.],\n"
      "        [1., 1., 1., 1., 1., 1., 1., 1.]], ";
  EXPECT_EQ(Float(ones, {3, 8}).requires_grad().python(), rows + "requires_grad=True)");
  EXPECT_EQ(Double(ones, {3, 8}).requires_grad().python(), rows + "dtype=torch.float64,\n       requires_grad=True)");
  EXPECT_EQ(Float(range(8, 1.0 / 7)).requires_grad().python(),
            "tensor([0.0000, 0.1429, 0.2857, 0.4286, 0.5714, 0.7143, 0.8571, 1.0000],\n"
            "       requires_grad=True)");
}

TEST(PythonText, AbbreviatesMoreThanAThousandElements) {
  EXPECT_EQ(Long(range(1001)).python(), "tensor([   0,    1,    2,  ...,  998,  999, 1000])");
  EXPECT_EQ(Float(range(1001, 1.0 / 3)).python(),
            "tensor([0.0000e+00, 3.3333e-01, 6.6667e-01,  ..., 3.3267e+02, 3.3300e+02,\n"
            "        3.3333e+02])");
  EXPECT_EQ(Long(range(2000), {40, 50}).python(),
            "tensor([[   0,    1,    2,  ...,   47,   48,   49],\n"
            "        [  50,   51,   52,  ...,   97,   98,   99],\n"
            "        [ 100,  101,  102,  ...,  147,  148,  149],\n"
            "        ...,\n"
            "        [1850, 1851, 1852,  ..., 1897, 1898, 1899],\n"
            "        [1900, 1901, 1902,  ..., 1947, 1948, 1949],\n"
            "        [1950, 1951, 1952,  ..., 1997, 1998, 1999]])");
  EXPECT_EQ(Long(range(2000), {2, 1000}).python(),
            "tensor([[   0,    1,    2,  ...,  997,  998,  999],\n"
            "        [1000, 1001, 1002,  ..., 1997, 1998, 1999]])");
  EXPECT_EQ(Float(std::vector<double>(2000), {1000, 1, 2}).python(),
            "tensor([[[0., 0.]],\n\n        [[0., 0.]],\n\n        [[0., 0.]],\n\n        ...,\n\n"
            "        [[0., 0.]],\n\n        [[0., 0.]],\n\n        [[0., 0.]]])");
  EXPECT_EQ(Float(std::vector<double>(1001)).requires_grad().python(),
            "tensor([0., 0., 0.,  ..., 0., 0., 0.], requires_grad=True)");
}

TEST(PythonText, PrintsInLogicalOrder) {
  Long sample(range(6), {2, 3});
  PrintSource source = sample.source();
  std::swap(source.sizes[0], source.sizes[1]);
  std::swap(source.strides[0], source.strides[1]);
  EXPECT_EQ(python_text(source), "tensor([[0, 3],\n        [1, 4],\n        [2, 5]])");
  EXPECT_EQ(libtorch_text(source), " 0  3\n 1  4\n 2  5\n[ CPULongType{3,2} ]");
}

TEST(PythonText, FollowsTheOptions) {
  PrintOptions options = print_profile("short");
  EXPECT_EQ(Float({1.0 / 3}).python(options), "tensor([0.33])");
  EXPECT_EQ(Long(range(1001)).python(options), "tensor([   0,    1,  ...,  999, 1000])");
  EXPECT_EQ(Long(range(1001)).python(print_profile("full")).find("..."), std::string::npos);
  options = {};
  options.sci_mode = true;
  EXPECT_EQ(Float({1, 2}).python(options), "tensor([1.0000e+00, 2.0000e+00])");
  options = {};
  options.precision = 20;
  EXPECT_EQ(Double({0.1}).python(options), "tensor([0.10000000000000000555], dtype=torch.float64)");
}

TEST(PrintOptions, AreKeptAndChecked) {
  set_printoptions(print_profile("short"));
  EXPECT_EQ(get_printoptions().precision, 2);
  EXPECT_EQ(python_text(Float({0.5}).source()), "tensor([0.50])");
  set_printoptions({});
  EXPECT_EQ(python_text(Float({0.5}).source()), "tensor([0.5000])");
  EXPECT_THROW(print_profile("long"), ValueError);
  PrintOptions negative;
  negative.precision = -1;
  EXPECT_THROW(set_printoptions(negative), ValueError);
}

TEST(LibtorchText, PrintsAVectorDownwards) {
  EXPECT_EQ(Float({1, 2, 3}).libtorch(), " 1\n 2\n 3\n[ CPUFloatType{3} ]");
  EXPECT_EQ(Float({1.5, -2.25, 3}).libtorch(), " 1.5000\n-2.2500\n 3.0000\n[ CPUFloatType{3} ]");
}

TEST(LibtorchText, PrintsAMatrixInAlignedColumns) {
  EXPECT_EQ(Float({1, 2, 3, 4}, {2, 2}).libtorch(), " 1  2\n 3  4\n[ CPUFloatType{2,2} ]");
  EXPECT_EQ(Float({1.5, -2, 3, 4}, {2, 2}).libtorch(), " 1.5000 -2.0000\n 3.0000  4.0000\n[ CPUFloatType{2,2} ]");
  EXPECT_EQ(Long({1, 20, 300, -4}, {2, 2}).libtorch(), "   1   20\n 300   -4\n[ CPULongType{2,2} ]");
  EXPECT_EQ(Long({-1, -2}, {1, 2}).libtorch(), "-1 -2\n[ CPULongType{1,2} ]");
  EXPECT_EQ(Bool({1, 0, 0, 1}, {2, 2}).libtorch(), " 1  0\n 0  1\n[ CPUBoolType{2,2} ]");
}

TEST(LibtorchText, PrintsAScalarWithTheFewestDigits) {
  EXPECT_EQ(Float({3.5}, {}).libtorch(), "3.5\n[ CPUFloatType{} ]");
  EXPECT_EQ(Float({1e-9}, {}).libtorch(), "9.999999717180685e-10\n[ CPUFloatType{} ]");
  EXPECT_EQ(Float({1e10}, {}).libtorch(), "10000000000\n[ CPUFloatType{} ]");
  EXPECT_EQ(Float({-0.0}, {}).libtorch(), "-0\n[ CPUFloatType{} ]");
  EXPECT_EQ(Float({1.0 / 3}, {}).libtorch(), "0.3333333432674408\n[ CPUFloatType{} ]");
}

TEST(LibtorchText, PrintsOnlyTheTypeOfAnEmptyTensor) {
  EXPECT_EQ(Float({}).libtorch(), "[ CPUFloatType{0} ]");
  EXPECT_EQ(Float({}, {2, 0, 3}).libtorch(), "[ CPUFloatType{2,0,3} ]");
  EXPECT_EQ(type_text(kHalf, "cuda:1"), "CUDAHalfType");
}

TEST(LibtorchText, PrintsMatricesWithTheFirstIndexRunningFastest) {
  EXPECT_EQ(Long(range(12), {2, 2, 3}).libtorch(),
            "(1,.,.) = \n 0  1  2\n  3  4  5\n\n(2,.,.) = \n  6   7   8\n   9  10  11\n[ CPULongType{2,2,3} ]");
  EXPECT_EQ(Float(range(24), {2, 2, 2, 3}).libtorch(),
            "(1,1,.,.) = \n 0  1  2\n  3  4  5\n\n(2,1,.,.) = \n 12  13  14\n  15  16  17\n\n"
            "(1,2,.,.) = \n  6   7   8\n   9  10  11\n\n(2,2,.,.) = \n 18  19  20\n  21  22  23\n"
            "[ CPUFloatType{2,2,2,3} ]");
}

TEST(LibtorchText, TakesAScaleOutOfSmallAndLargeNumbers) {
  EXPECT_EQ(Float({0.01, 0.02}).libtorch(), "0.01 *\n 1.0000\n 2.0000\n[ CPUFloatType{2} ]");
  EXPECT_EQ(Float({0.0001, 0.0002, 0.0003, 0.0004}, {2, 2}).libtorch(),
            "0.0001 *\n 1.0000  2.0000\n  3.0000  4.0000\n[ CPUFloatType{2,2} ]");
  EXPECT_EQ(Float(range(8, 0.001), {2, 2, 2}).libtorch(),
            "(1,.,.) = \n0.001 *\n  0.0000  1.0000\n   2.0000  3.0000\n\n"
            "(2,.,.) = \n0.001 *\n  4.0000  5.0000\n   6.0000  7.0000\n[ CPUFloatType{2,2,2} ]");
  EXPECT_EQ(Float({100000.5, 200000}).libtorch(), "100000 *\n 1.0000\n 2.0000\n[ CPUFloatType{2} ]");
}

TEST(LibtorchText, TurnsScientificWhenTheRangeIsWide) {
  EXPECT_EQ(Float({1.5, 12345.678}).libtorch(), "     1.5000\n 12345.6777\n[ CPUFloatType{2} ]");
  EXPECT_EQ(Float({1.5, 123456.78}).libtorch(), " 1.5000e+00\n 1.2346e+05\n[ CPUFloatType{2} ]");
  EXPECT_EQ(Float({1e-9, 1}).libtorch(), " 1.0000e-09\n 1.0000e+00\n[ CPUFloatType{2} ]");
  EXPECT_EQ(Float({1, 1e10}).libtorch(), " 1.0000e+00\n 1.0000e+10\n[ CPUFloatType{2} ]");
  EXPECT_EQ(Float({5, 100000, 1234567}).libtorch(), "       5\n  100000\n1.23457e+06\n[ CPUFloatType{3} ]");
  EXPECT_EQ(Float({1e8, 2e8}).libtorch(), "     1e+08\n     2e+08\n[ CPUFloatType{2} ]");
}

TEST(LibtorchText, PrintsNonFiniteNumbers) {
  EXPECT_EQ(Float({1.5, kNan, kInf, -kInf}).libtorch(), " 1.5000\n    nan\n    inf\n   -inf\n[ CPUFloatType{4} ]");
  EXPECT_EQ(Float({1, kNan, kInf, -kInf}).libtorch(), " 1\nnan\ninf\n-inf\n[ CPUFloatType{4} ]");
}

TEST(LibtorchText, SplitsWideMatricesByColumns) {
  EXPECT_EQ(Float(range(42), {2, 21}).libtorch(),
            "Columns 1 to 20  0   1   2   3   4   5   6   7   8   9  10  11  12  13  14  15  16  17  18  19\n"
            " 21  22  23  24  25  26  27  28  29  30  31  32  33  34  35  36  37  38  39  40\n\n"
            "Columns 21 to 21 20\n 41\n[ CPUFloatType{2,21} ]");
  EXPECT_EQ(Long({1, 2}, {1, 2}).libtorch(1), "Columns 1 to 1 1\n\nColumns 2 to 2 2\n[ CPULongType{1,2} ]");
}

TEST(Repr, WritesNumbersAsPythonDoes) {
  EXPECT_EQ(repr(1.0), "1.0");
  EXPECT_EQ(repr(-0.0), "-0.0");
  EXPECT_EQ(repr(1.0 / 3), "0.3333333333333333");
  EXPECT_EQ(repr(1e-5), "1e-05");
  EXPECT_EQ(repr(0.0001), "0.0001");
  EXPECT_EQ(repr(1e16), "1e+16");
  EXPECT_EQ(repr(123456789012345680.0), "1.2345678901234568e+17");
  EXPECT_EQ(repr(9999999999999998.0), "9999999999999998.0");
  EXPECT_EQ(repr(kNan), "nan");
  EXPECT_EQ(repr(-kInf), "-inf");
  EXPECT_EQ(repr(2), "2");
  EXPECT_EQ(repr(true), "True");
}

TEST(Repr, WritesDtypesAndSizesAsPythonDoes) {
  EXPECT_EQ(repr(kFloat), "torch.float32");
  EXPECT_EQ(size_repr({2, 3}), "torch.Size([2, 3])");
  EXPECT_EQ(size_repr({}), "torch.Size([])");
}

TEST(StreamText, WritesNumbersAsStreamsDo) {
  EXPECT_EQ(stream_text(1.0), "1");
  EXPECT_EQ(stream_text(1.0 / 3), "0.333333");
  EXPECT_EQ(stream_text(1e-5), "1e-05");
  EXPECT_EQ(stream_text(1234567), "1.23457e+06");
}

}  // namespace
}  // namespace relume
