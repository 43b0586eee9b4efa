// The random fills against PyTorch's numbers, bit for bit.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "core/random.h"
#include "crc32.h"
#include "kernels/random.h"

namespace relume {
namespace {

struct Golden {
  const char* fill;
  ScalarType dtype;
  double a, b;
  int64_t first, last;
  uint64_t seed;
  uint32_t numbers, state;
};

const Golden kGoldens[] = {
#include "oracle/goldens/random.inc"
};

// Elements made by f(0), f(1), ... in a floating dtype.
template <class F>
std::vector<uint8_t> elements(ScalarType dtype, int64_t count, F f) {
  std::vector<uint8_t> bytes(static_cast<size_t>(count * element_size(dtype)));
  for (int64_t i = 0; i < count; ++i) {
    const double value = f(i);
    void* const to = bytes.data() + i * element_size(dtype);
    if (dtype == kFloat) *static_cast<float*>(to) = static_cast<float>(value);
    if (dtype == kDouble) *static_cast<double*>(to) = value;
    if (dtype == kHalf) *static_cast<Half*>(to) = Half(static_cast<float>(value));
    if (dtype == kBFloat16) *static_cast<BFloat16*>(to) = BFloat16(static_cast<float>(value));
  }
  return bytes;
}

using Run = std::function<void(RandomStream&, void* out, int64_t count, const Golden&)>;

std::vector<uint8_t> weights(ScalarType dtype, int64_t count) {
  return elements(dtype, count, [](int64_t i) { return static_cast<double>(i % 7) + 0.5; });
}

void multinomial(RandomStream& stream, void* out, int64_t n, const Golden& g) {
  random_fills().multinomial(stream, static_cast<int64_t*>(out), weights(g.dtype, n).data(), g.dtype, 1, n, n + 1);
}

void integers(RandomStream& stream, void* out, int64_t n, const Golden& g) {
  const int64_t from = g.dtype == kByte ? 0 : static_cast<int64_t>(g.a);
  random_fills().integers(stream, out, g.dtype, n, from, static_cast<uint64_t>(static_cast<int64_t>(g.b) - from));
}

void permutation(RandomStream& stream, void* out, int64_t n, const Golden& g) {
  random_fills().permutation(stream, out, g.dtype, n);
}

Run with_one(RandomFills::FillWithOne fill) {
  return [fill](RandomStream& stream, void* out, int64_t n, const Golden& g) { fill(stream, out, g.dtype, n, g.a); };
}
Run with_two(RandomFills::FillWithTwo fill) {
  return
      [fill](RandomStream& stream, void* out, int64_t n, const Golden& g) { fill(stream, out, g.dtype, n, g.a, g.b); };
}

const std::map<std::string, Run>& runs() {
  static const RandomFills& fills = random_fills();
  static const std::map<std::string, Run> kRuns = {
      {"uniform", with_two(fills.uniform)},
      {"normal", with_two(fills.normal)},
      {"normal_one_by_one", with_two(fills.normal_one_by_one)},
      {"log_normal", with_two(fills.log_normal)},
      {"cauchy", with_two(fills.cauchy)},
      {"exponential", with_one(fills.exponential)},
      {"geometric", with_one(fills.geometric)},
      {"bernoulli", with_two(fills.bernoulli)},
      {"dropout_mask", [](RandomStream& stream, void* out, int64_t n,
                          const Golden& g) { fills.bernoulli(stream, out, g.dtype, n, 1 - g.a, 1 / (1 - g.a)); }},
      {"bernoulli_each",
       [](RandomStream& stream, void* out, int64_t n, const Golden& g) {
         const auto p = elements(g.dtype, n, [](int64_t i) { return static_cast<float>(i % 11) / 10.0f; });
         fills.bernoulli_each(stream, out, g.dtype, n, p.data(), g.dtype);
       }},
      {"integers", integers},
      {"wide_integers", integers},
      {"all_integers", [](RandomStream& stream, void* out, int64_t n,
                          const Golden& g) { fills.all_integers(stream, out, g.dtype, n); }},
      {"permutation", permutation},
      {"long_permutation", permutation},
      {"rrelu_noise",
       [](RandomStream& stream, void* out, int64_t n, const Golden& g) {
         const auto x = elements(g.dtype, n, [](int64_t i) { return static_cast<double>(i % 5 - 2); });
         fills.rrelu_noise(stream, out, g.dtype, n, x.data(), g.a, g.b);
       }},
      {"multinomial", multinomial},
  };
  return kRuns;
}

class RandomFill : public testing::TestWithParam<std::string> {};

TEST_P(RandomFill, GivesPyTorchsNumbersAndLeavesItsState) {
  for (const Golden& golden : kGoldens) {
    if (golden.fill != GetParam()) continue;
    SCOPED_TRACE(testing::Message() << to_string(golden.dtype) << " " << golden.a << " " << golden.b << ", counts "
                                    << golden.first << " to " << golden.last);
    const bool indices = golden.fill == std::string("multinomial");
    const Generator generator(golden.seed);
    uint32_t crc = 0;
    for (int64_t n = golden.first; n <= golden.last; ++n) {
      const int64_t size = indices ? 8 * (n + 1) : n * element_size(golden.dtype);
      std::vector<uint8_t> out(static_cast<size_t>(size));
      const LockedStream stream(generator);
      runs().at(golden.fill)(*stream, out.data(), n, golden);
      crc = crc32(out.data(), out.size(), crc);
    }
    EXPECT_EQ(crc, golden.numbers);
    const auto state = generator.get_state();
    EXPECT_EQ(crc32(state.data(), state.size()), golden.state);
  }
}

std::vector<std::string> fill_names() {
  std::vector<std::string> names;
  for (const auto& [name, run] : runs()) names.push_back(name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, RandomFill, testing::ValuesIn(fill_names()), [](const auto& info) { return info.param; });

}  // namespace
}  // namespace relume
