// The values and gradients of each activation at infinities, NaN, signed zeros and kinks, as PyTorch 2.13 has them;
// where its vectorised and scalar code disagree, the choice stands in docs/compatibility.md.
#include <cmath>

#include "cpu/simd_targets.h"
#include "kernels/activations.h"

namespace relume::cpu {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Point {
  double x;
  double value;
  double slope;
};

// Expects f(x) and f'(x) at each point in float and double, in every lane and with the sign of zero.
template <class T, class F>
void expect_points(ScalarType dtype, Activation activation, const F& formula, const std::vector<Point>& points) {
  for_each_target([&](Target target) {
    const ActivationLoops& loops = activation_kernels(target).at(activation, dtype);
    for (const Point& point : points) {
      const std::vector<T> x(35, static_cast<T>(point.x)), ones(35, 1);
      const auto y = apply(loops.forward, &formula, x);
      const auto grad = apply(loops.backward, &formula, ones, saves_result(formula) ? y : x);
      for (size_t i = 0; i < x.size(); ++i) {
        ASSERT_LE(ulp_error(y[i], point.value), 4) << "f(" << point.x << ") is " << y[i];
        ASSERT_LE(ulp_error(grad[i], point.slope), 4) << "f'(" << point.x << ") is " << grad[i];
        if (point.value == 0) {
          ASSERT_EQ(std::signbit(y[i]), std::signbit(point.value)) << "sign of f(" << point.x << ")";
        }
      }
    }
  });
}

template <class F>
void expect_points(Activation activation, const F& formula, const std::vector<Point>& points) {
  expect_points<float>(kFloat, activation, formula, points);
  expect_points<double>(kDouble, activation, formula, points);
}

TEST(ActivationValues, Relu) {
  expect_points(Activation::relu, formulas::ReLU{},
                {{kInf, kInf, 1}, {-kInf, 0, 0}, {-0.0, -0.0, 0}, {0, 0, 0}, {kNaN, kNaN, 1}});
}

TEST(ActivationValues, Relu6) {
  expect_points(Activation::relu6, formulas::ReLU6{},
                {{kInf, 6, 0}, {-kInf, 0, 0}, {-0.0, -0.0, 0}, {0, 0, 0}, {6, 6, 0}, {5, 5, 1}, {kNaN, kNaN, 1}});
}

TEST(ActivationValues, LeakyRelu) {
  expect_points(Activation::leaky_relu, formulas::LeakyReLU{0.25},
                {{kInf, kInf, 1}, {-kInf, -kInf, 0.25}, {-0.0, -0.0, 0.25}, {0, 0, 0.25}, {kNaN, kNaN, 0.25}});
}

TEST(ActivationValues, Elu) {
  expect_points(Activation::elu, formulas::ELU{2.0},
                {{kInf, kInf, 1}, {-kInf, -2, 0}, {-0.0, -0.0, 2}, {0, 0, 2}, {kNaN, kNaN, kNaN}});
}

TEST(ActivationValues, Selu) {
  constexpr double kLow = formulas::SELU::kScale * formulas::SELU::kAlpha;
  expect_points(
      Activation::selu, formulas::SELU{},
      {{kInf, kInf, formulas::SELU::kScale}, {-kInf, -kLow, 0}, {-0.0, -0.0, kLow}, {0, 0, kLow}, {kNaN, kNaN, kNaN}});
}

TEST(ActivationValues, Celu) {
  expect_points(Activation::celu, formulas::CELU{2.0},
                {{kInf, kInf, 1}, {-kInf, -2, 0}, {-0.0, -0.0, 1}, {0, 0, 1}, {kNaN, kNaN, kNaN}});
}

TEST(ActivationValues, Gelu) {
  expect_points(Activation::gelu, formulas::GELU{},
                {{kInf, kInf, kNaN}, {-kInf, kNaN, kNaN}, {-0.0, -0.0, 0.5}, {-1e30, -0.0, 0}, {1e30, 1e30, 1}});
  expect_points(Activation::gelu, formulas::GELU{GeluApproximate::Tanh},
                {{kInf, kInf, kNaN}, {-kInf, kNaN, kNaN}, {-0.0, -0.0, 0.5}, {-1e30, -0.0, 0}, {1e30, 1e30, 1}});
}

TEST(ActivationValues, Sigmoid) {
  expect_points(Activation::sigmoid, formulas::Sigmoid{},
                {{kInf, 1, 0}, {-kInf, 0, 0}, {-0.0, 0.5, 0.25}, {0, 0.5, 0.25}, {kNaN, kNaN, kNaN}});
}

TEST(ActivationValues, Tanh) {
  expect_points(Activation::tanh, formulas::Tanh{},
                {{kInf, 1, 0}, {-kInf, -1, 0}, {-0.0, -0.0, 1}, {0, 0, 1}, {kNaN, kNaN, kNaN}});
}

TEST(ActivationValues, Hardtanh) {
  expect_points(Activation::hardtanh, formulas::Hardtanh{},
                {{kInf, 1, 0}, {-kInf, -1, 0}, {-0.0, -0.0, 1}, {0, 0, 1}, {-1, -1, 0}, {1, 1, 0}, {kNaN, kNaN, 1}});
}

TEST(ActivationValues, Hardswish) {
  expect_points(Activation::hardswish, formulas::Hardswish{},
                {{kInf, kInf, 1},
                 {-kInf, kNaN, 0},
                 {-0.0, -0.0, 0.5},
                 {-3, -0.0, 0},
                 {3, 3, 1},
                 {-9, -0.0, 0},
                 {kNaN, kNaN, kNaN},
                 {3e38, 3e38, 1}});
}

TEST(ActivationValues, Hardsigmoid) {
  expect_points(Activation::hardsigmoid, formulas::Hardsigmoid{},
                {{kInf, 1, 0}, {-kInf, 0, 0}, {-0.0, 0.5, 1.0 / 6}, {-3, 0, 0}, {3, 1, 0}, {kNaN, kNaN, 0}});
}

TEST(ActivationValues, Hardshrink) {
  expect_points(Activation::hardshrink, formulas::Hardshrink{},
                {{kInf, kInf, 1}, {-kInf, -kInf, 1}, {-0.0, 0, 0}, {0.5, 0, 0}, {-0.5, 0, 0}, {kNaN, kNaN, 1}});
  expect_points(Activation::hardshrink, formulas::Hardshrink{-1}, {{0.5, 0.5, 1}, {0, 0, 1}});
}

TEST(ActivationValues, Softshrink) {
  expect_points(Activation::softshrink, formulas::Softshrink{},
                {{kInf, kInf, 1}, {-kInf, -kInf, 1}, {-0.0, 0, 0}, {0.5, 0, 0}, {-0.5, 0, 0}, {kNaN, kNaN, 1}});
}

TEST(ActivationValues, Softplus) {
  expect_points(Activation::softplus, formulas::Softplus{},
                {{kInf, kInf, 1}, {-kInf, 0, 0}, {0, std::log(2.0), 0.5}, {20.5, 20.5, 1}, {kNaN, kNaN, kNaN}});
  expect_points(Activation::softplus, formulas::Softplus{0, 20}, {{1, kInf, 0.5}});
}

TEST(ActivationValues, Softsign) {
  expect_points(Activation::softsign, formulas::Softsign{},
                {{kInf, kNaN, kNaN}, {-kInf, kNaN, kNaN}, {-0.0, -0.0, 1}, {0, 0, 1}, {kNaN, kNaN, kNaN}});
}

TEST(ActivationValues, Tanhshrink) {
  expect_points(Activation::tanhshrink, formulas::Tanhshrink{},
                {{kInf, kInf, 1}, {-kInf, -kInf, 1}, {-0.0, 0, 0}, {0, 0, 0}, {kNaN, kNaN, kNaN}});
}

TEST(ActivationValues, Threshold) {
  expect_points(Activation::threshold, formulas::Threshold{1, -7},
                {{kInf, kInf, 1}, {-kInf, -7, 0}, {-0.0, -7, 0}, {1, -7, 0}, {2, 2, 1}, {kNaN, kNaN, 1}});
}

TEST(ActivationValues, Silu) {
  expect_points(Activation::silu, formulas::SiLU{},
                {{kInf, kInf, kNaN}, {-kInf, kNaN, kNaN}, {-0.0, -0.0, 0.5}, {-1e4, -0.0, 0}, {kNaN, kNaN, kNaN}});
}

TEST(ActivationValues, Mish) {
  expect_points(Activation::mish, formulas::Mish{},
                {{kInf, kInf, kNaN}, {-kInf, kNaN, kNaN}, {-0.0, -0.0, 0.6}, {-1e4, -0.0, 0}, {kNaN, kNaN, kNaN}});
}

TEST(ActivationValues, LogSigmoid) {
  expect_points(Activation::logsigmoid, formulas::LogSigmoid{},
                {{kInf, 0, 0}, {-kInf, -kInf, 1}, {-0.0, -std::log(2.0), 0.5}, {kNaN, kNaN, kNaN}});
}

}  // namespace
}  // namespace relume::cpu
