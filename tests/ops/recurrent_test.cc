// A step of an LSTM by its kernel, against the ops of which it is made.
#include <gtest/gtest.h>

#include "relume/relume.h"

namespace relume {
namespace {

struct Step {
  Tensor hidden, cell;
};

Step step_of_ops(const Tensor& gates, const Tensor& cell) {
  const std::vector<Tensor> parts = gates.chunk(4, -1);
  const Tensor next = parts[1].sigmoid() * cell + parts[0].sigmoid() * parts[2].tanh();
  return {parts[3].sigmoid() * next.tanh(), next};
}

Tensor leaf(IntArrayRef sizes, ScalarType dtype) { return randn(sizes, dtype).set_requires_grad(true); }

TEST(LstmCell, HasTheBitsOfItsOps) {
  manual_seed(1);
  for (const ScalarType dtype : {kFloat, kDouble})
    for (const int64_t hidden : {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33, 700}) {
      const Tensor input = leaf({5, 4 * hidden}, dtype), recurrent = leaf({5, 4 * hidden}, dtype);
      const Tensor cell = leaf({5, hidden}, dtype), along = randn({5, hidden}, dtype);
      const auto [h, c, gates] = _thnn_fused_lstm_cell(input, recurrent, cell);
      const Step expected = step_of_ops(input + recurrent, cell);
      EXPECT_TRUE(equal(h, expected.hidden)) << hidden;
      EXPECT_TRUE(equal(c, expected.cell)) << hidden;
      EXPECT_FALSE(gates.requires_grad());
      const auto gradients = [&](const Tensor& h, const Tensor& c) {
        return autograd::grad({(h * along).sum() + (c * 2).sum()}, {input, recurrent, cell});
      };
      const std::vector<Tensor> got = gradients(h, c), wanted = gradients(expected.hidden, expected.cell);
      for (size_t i = 0; i < got.size(); ++i) EXPECT_TRUE(equal(got[i], wanted[i])) << hidden << ' ' << i;
    }
}

TEST(LstmCell, TakesViewsAndPartsOfItsResults) {
  manual_seed(2);
  const Tensor gates = leaf({12, 3}, kFloat), cell = leaf({3, 6}, kFloat);
  const Tensor zero = zeros({3, 12});
  const auto [h, c, activated] = _thnn_fused_lstm_cell(gates.t(), zero, cell.slice(1, 0, 6, 2));
  const Step expected = step_of_ops(gates.t(), cell.slice(1, 0, 6, 2));
  EXPECT_TRUE(equal(h, expected.hidden));
  EXPECT_TRUE(equal(autograd::grad({c.sum()}, {gates}, {}, true)[0],
                    autograd::grad({expected.cell.sum()}, {gates}, {}, true)[0]));
  EXPECT_TRUE(equal(autograd::grad({h.t().sum()}, {cell})[0], autograd::grad({expected.hidden.sum()}, {cell})[0]));
}

TEST(LstmCell, ComputesHalfTypesByOps) {
  manual_seed(3);
  const Tensor gates = randn({2, 12}).to(kHalf), cell = randn({2, 3}).to(kHalf);
  const auto [h, c, activated] = _thnn_fused_lstm_cell(gates, zeros_like(gates), cell);
  const Step expected = step_of_ops(gates, cell);
  EXPECT_TRUE(equal(h, expected.hidden));
  EXPECT_TRUE(equal(c, expected.cell));
  EXPECT_EQ(activated.sizes(), gates.sizes());
}

TEST(LstmCell, TakesNoSequences) {
  EXPECT_EQ(std::get<0>(_thnn_fused_lstm_cell(zeros({0, 8}), zeros({0, 8}), zeros({0, 2}))).numel(), 0);
  EXPECT_THROW(_thnn_fused_lstm_cell(zeros({2, 8}), zeros({2, 8}), zeros({2, 3})), Error);
}

}  // namespace
}  // namespace relume
