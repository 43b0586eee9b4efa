// Special functions of numbers: values computed with 40 digits, and the ends of their domains.
#include "kernels/special_functions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace relume::cpu {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

void expect_close(double got, double expected, double tolerance = 1e-14) {
  EXPECT_NEAR(got, expected, std::abs(expected) * tolerance);
}

TEST(SpecialFunctions, Zeta) {
  const double rows[][3] = {{2, 1, 1.6449340668482264},
                            {1.1, .001, 2005.8450485611702},
                            {3, 2.5, 0.1181020258208637},
                            {25.5, 10, 3.4754731097104735e-26},
                            {40, 40, 1.3297096581034463e-64},
                            {200, 3, 3.7648619495990264e-96},
                            {3, -1.3, -34.274706735581067},
                            {5, -30.5, 2.7046866041008969e-7},
                            {2, -10000.5, 9.869504411088442}};
  for (const auto& [s, q, expected] : rows) expect_close(zeta(s, q), expected, s > 4 && q < 0 ? 1e-13 : 1e-14);
  EXPECT_EQ(zeta(1, 2), kInf);
  EXPECT_EQ(zeta(2, 0), kInf);
  EXPECT_EQ(zeta(2, -3), kInf);
  EXPECT_EQ(zeta(2, kInf), 0);
  EXPECT_TRUE(std::isnan(zeta(0.5, 2)));
  EXPECT_TRUE(std::isnan(zeta(1.5, -0.5)));
  EXPECT_TRUE(std::isnan(zeta(2, std::nan(""))));
}

TEST(SpecialFunctions, ScaledBessel) {
  const double rows[][3] = {{0, 1, 0},
                            {1e-5, 0.99999000007499958, 4.999950000312499e-6},
                            {.5, 0.64503527044915007, 0.1564208031848717},
                            {-3.3, 0.23024798447142643, -0.19109017276102952},
                            {24.9, 0.080359332611532214, 0.078728794882103129},
                            {25.1, 0.080035197254296236, 0.078424315178368414},
                            {700, 0.015081295651531358, 0.015070519444716847}};
  for (const auto& [x, i0, i1] : rows) {
    expect_close(scaled_bessel_i0(x), i0);
    expect_close(scaled_bessel_i1(x), i1);
  }
}

TEST(SpecialFunctions, Normal) {
  const double errors[][2] = {{-5, 144009798674.66104}, {-.3, 1.4537492328427656}, {1.999, 0.25550251459057791},
                              {2, 0.25539567631050574}, {60, 0.0094018542751763886}, {-30, kInf}};
  for (const auto& [x, expected] : errors) {
    if (std::isinf(expected)) {
      EXPECT_EQ(scaled_erfc(x), expected);
    } else {
      expect_close(scaled_erfc(x), expected);
    }
  }
  const double logarithms[][2] = {{-700, -245007.47002090905},
                                  {-5, -15.064998393988726},
                                  {-1, -1.8410216450092635},
                                  {.5, -0.36894641528865639},
                                  {7, -1.279812543886654e-12}};
  for (const auto& [x, expected] : logarithms) expect_close(log_normal_cdf(x), expected);
  const double inverses[][2] = {{1e-300, -37.047096299361199}, {1e-5, -4.2648907939228246}, {.09, -1.3407550336902164},
                                {.11, -1.2265281200366101},    {.7, 0.52440051270804066},   {.99, 2.3263478740408408}};
  for (const auto& [p, expected] : inverses) expect_close(inverse_normal_cdf(p), expected);
  EXPECT_EQ(inverse_normal_cdf(0), -kInf);
  EXPECT_EQ(inverse_normal_cdf(1), kInf);
  EXPECT_TRUE(std::isnan(inverse_normal_cdf(-0.1)));
}

TEST(SpecialFunctions, IncompleteGamma) {
  const double rows[][4] = {{.5, .01, 0.11246291601828489, 0.88753708398171511},
                            {3, 2, 0.32332358381693654, 0.67667641618306346},
                            {30, 25, 0.18210391597745511, 0.81789608402254489},
                            {30, 50, 0.99908317113854392, 0.00091682886145607987},
                            {1000, 990, 0.37952137853796394, 0.62047862146203606},
                            {1000, 1030, 0.82891190388239396, 0.17108809611760604}};
  for (const auto& [a, x, lower, upper] : rows) {
    expect_close(lower_gamma(a, x), lower, 1e-12);
    expect_close(upper_gamma(a, x), upper, 1e-12);
  }
  EXPECT_EQ(lower_gamma(2, 0), 0);
  EXPECT_EQ(lower_gamma(2, kInf), 1);
  EXPECT_EQ(upper_gamma(0, 2), 0);
  EXPECT_TRUE(std::isnan(lower_gamma(0, 0)));
  EXPECT_TRUE(std::isnan(upper_gamma(kInf, kInf)));
  EXPECT_TRUE(std::isnan(upper_gamma(-1, 2)));
}

}  // namespace
}  // namespace relume::cpu
