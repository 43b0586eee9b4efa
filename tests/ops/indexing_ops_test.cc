// Index tensors, masks and rearrangement: derivatives, repeated places, strided tensors and error texts.
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "message_of.h"
#include "ops/numeric_gradient.h"
#include "relume/indexing.h"

namespace relume {
namespace {

using indexing::None;
using indexing::Slice;
using Inputs = std::vector<Tensor>;

Tensor longs(std::vector<int64_t> values) { return tensor(values, kLong); }

TEST(Triangles, KeepWhatIsBelowOrAboveTheDiagonal) {
  for (const ScalarType dtype : {kFloat, kDouble, kBFloat16, kHalf, kInt, kLong, kByte, kBool})
    for (const auto& sizes : std::vector<std::vector<int64_t>>{{3, 5}, {2, 2, 4, 3}, {0, 3}, {2, 3, 0}})
      for (const int64_t diagonal : {int64_t{-100}, int64_t{-2}, int64_t{0}, int64_t{1}, int64_t{100},
                                     std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}) {
        const Tensor x = ones(sizes, kInt).to(dtype), rows = arange(x.size(-2), kDouble).unsqueeze(1);
        const Tensor offset = arange(x.size(-1), kDouble) - rows;
        const auto limit = static_cast<double>(diagonal);
        EXPECT_TRUE(equal(x.tril(diagonal), x * (offset <= limit).to(dtype))) << diagonal;
        EXPECT_TRUE(equal(x.triu(diagonal), x * (offset >= limit).to(dtype))) << diagonal;
      }
  const Tensor x = arange(12, kFloat).view({3, 4}).t();
  EXPECT_TRUE(equal(x.tril(), x.contiguous().tril()));
  EXPECT_TRUE(x.tril().is_contiguous());
}

TEST(Picking, HasTheGradientsOfFiniteDifferences) {
  const auto check = [](auto op) {
    expect_gradients([op](const Inputs& x) { return op(x[0]); }, {varied({3, 4}, 0.3)});
    expect_gradients([op](const Inputs& x) { return op(x[0].t()); }, {varied({4, 3}, 0.3)});
  };
  check([](const Tensor& x) { return x.index_select(1, longs({2, 0, 2})); });
  check([](const Tensor& x) { return x.gather(0, longs({0, 2, 2, 1}).reshape({1, 4})); });
  check([](const Tensor& x) { return x.take(longs({0, -1, 0, 5})); });
  check([](const Tensor& x) { return x.masked_select(x > 0); });
  check([](const Tensor& x) { return x.index({longs({0, 1, 0}), longs({3, -1, 3})}); });
  check([](const Tensor& x) { return x.index({Slice(1), None, longs({1, 1})}); });
  check([](const Tensor& x) { return x.flip({0, 1}) + x.roll({1, -2}, {0, 1}) + x.tril() + x.triu(1).rot90(2); });
}

// The same elements one after another, of tensors with one dimension or more beside the picked one, large enough for
// threads.
TEST(Picking, TakesElementsAlongEveryDimension) {
  for (const ScalarType dtype : {kFloat, kByte, kDouble, kHalf})
    for (const bool transposed : {false, true}) {
      const Tensor plain = arange(60 * 70 * 30, kInt).view({60, 70, 30}).remainder(251).to(dtype);
      const Tensor x = transposed ? plain.transpose(0, 2) : plain;
      for (int64_t dim = 0; dim < 3; ++dim) {
        const Tensor index = arange(100) * 7 % x.size(dim);
        std::vector<Tensor> picked;
        for (int64_t i = 0; i < 100; ++i) picked.push_back(x.narrow(dim, i * 7 % x.size(dim), 1));
        EXPECT_TRUE(equal(x.index_select(dim, index), cat(picked, dim))) << dtype << ' ' << dim;
        EXPECT_EQ(x.index_select(dim, index.slice(0, 0, 0)).numel(), 0);
      }
    }
}

TEST(Putting, HasTheGradientsOfFiniteDifferences) {
  const auto check = [](IntArrayRef values, auto op) {
    expect_gradients([op](const Inputs& x) { return op(x[0], x[1]); }, {varied({3, 4}, 0.3), varied(values, 1)});
    expect_gradients([op](const Inputs& x) { return op(x[0].t(), x[1]); }, {varied({4, 3}, 0.3), varied(values, 1)});
  };
  check({2, 4}, [](const Tensor& x, const Tensor& v) { return x.index_add(0, longs({2, 2}), v, 1.5); });
  check({2, 4}, [](const Tensor& x, const Tensor& v) { return x.index_copy(0, longs({2, 0}), v); });
  check({1, 4}, [](const Tensor& x, const Tensor& v) { return x.scatter(0, longs({0, 2, 2, 1}).reshape({1, 4}), v); });
  check({2, 4}, [](const Tensor& x, const Tensor& v) {
    return x.scatter_add(0, longs({0, 2, 2, 1, 0, 0, 1, 1}).reshape({2, 4}), v);
  });
  check({12}, [](const Tensor& x, const Tensor& v) { return x.masked_scatter(x > 0, v); });
  check({2}, [](const Tensor& x, const Tensor& v) {
    Tensor y = x * 1;
    y.index_put_({longs({0, 1}), longs({3, 2})}, v);
    return y;
  });
  check({2}, [](const Tensor& x, const Tensor& v) { return index_put(x, {{longs({0, 0}), longs({3, 3})}}, v, true); });
}

TEST(Putting, CountsTheLastOfSeveralValuesOrAddsThemAll) {
  const Tensor x = zeros({3}), index = longs({1, 1, 1}), values = tensor({1.0f, 2.0f, 3.0f});
  EXPECT_TRUE(equal(x.scatter(0, index, values), tensor({0.0f, 3.0f, 0.0f})));
  EXPECT_TRUE(equal(x.scatter_add(0, index, values), tensor({0.0f, 6.0f, 0.0f})));
  EXPECT_TRUE(equal(x.index_add(0, index, values, 2), tensor({0.0f, 12.0f, 0.0f})));
}

TEST(Putting, ReadsValuesThatItOverwritesFirst) {
  Tensor x = tensor({1.0f, 2.0f, 3.0f});
  x.index_put_({longs({0, 1, 2})}, x.flip({0}));
  EXPECT_TRUE(equal(x, tensor({3.0f, 2.0f, 1.0f})));
  const Tensor whole = arange(6, kFloat);  // whose every other element is written: that they overlap is not certain
  Tensor some = whole.slice(0, 0, 6, 2);
  some.index_copy_(0, longs({1, 2}), whole.slice(0, 0, 4, 2));
  EXPECT_TRUE(equal(some, tensor({0.0f, 0.0f, 2.0f})));
}

TEST(Putting, ReadsTheIndexThatItOverwritesFirst) {
  Tensor x = longs({2, 9, 0, 9, 1}).slice(0, 0, 5, 2);
  x.scatter_(0, x, longs({10, 20, 30}));
  EXPECT_TRUE(equal(x, longs({20, 30, 10})));
}

TEST(Putting, RefusesValuesAndIndicesThatItOverwrites) {
  Tensor x = tensor({1.0f, 2.0f, 3.0f}), index = longs({2, 0, 1});
  const std::string text = "some elements of the input tensor and the written-to tensor refer to a single memory";
  EXPECT_NE(message_of([&] { x.index_copy_(0, longs({1, 2}), x.slice(0, 0, 2)); }).find(text), std::string::npos);
  EXPECT_NE(message_of([&] { index.scatter_(0, index, longs({10, 20, 30})); }).find(text), std::string::npos);
  EXPECT_TRUE(equal(x, tensor({1.0f, 2.0f, 3.0f})) && equal(index, longs({2, 0, 1})));
}

TEST(Picking, FindsAnyIndexOutOfRange) {
  const Tensor x = arange(7, kFloat).unsqueeze(0);
  for (const int64_t wrong :
       {int64_t{7}, int64_t{-1}, std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()})
    for (const int64_t at : {0, 1023, 1024, 2999}) {
      Tensor index = zeros({1, 3000}, kLong);
      index[0][at] = wrong;
      const std::string text = "index " + std::to_string(wrong) + " is out of bounds for dimension 1 with size 7";
      EXPECT_NE(message_of([&] { x.gather(1, index); }).find(text), std::string::npos) << wrong;
    }
  EXPECT_TRUE(equal(x.gather(1, full({1, 3000}, 6, kLong)), full({1, 3000}, 6, kFloat)));
}

TEST(Picking, TakesIndicesOfNeighboursOfEveryDtype) {
  const Tensor index = longs({4, 0, 0, 2, 1, 3}).reshape({2, 3});
  for (const ScalarType dtype : {kByte, kChar, kShort, kInt, kLong, kHalf, kBFloat16, kFloat, kDouble}) {
    const Tensor x = arange(10, dtype).reshape({2, 5}), picked = tensor({4, 0, 0, 7, 6, 8}, dtype).reshape({2, 3});
    EXPECT_TRUE(equal(x.gather(1, index), picked)) << dtype;
    EXPECT_TRUE(equal(x.t().contiguous().t().gather(1, index.to(kInt)), picked)) << dtype;
    EXPECT_TRUE(equal(zeros({2, 5}, dtype).scatter_add(1, index, picked),
                      tensor({0, 0, 0, 0, 4, 0, 6, 7, 8, 0}, dtype).reshape({2, 5})))
        << dtype;
  }
}

TEST(Picking, TakesMasksOfSeveralDimensionsAmongSlices) {
  const Tensor x = arange(24, kLong).reshape({2, 3, 4});
  const Tensor mask = tensor({1, 0, 0, 0, 0, 1}, kBool).reshape({2, 3});
  EXPECT_TRUE(equal(x.index({mask, Slice(0, 2)}), longs({0, 1, 20, 21}).reshape({2, 2})));
  EXPECT_TRUE(equal(x.index({"...", longs({3})}).select(2, 0), x.select(2, 3)));
  EXPECT_EQ(x.index({true}).sizes(), IntArrayRef({1, 2, 3, 4}));
  EXPECT_EQ(x.index({false}).sizes(), IntArrayRef({0, 2, 3, 4}));
}

TEST(Picking, FindsWhatIsNotZero) {
  const Tensor x = tensor({0, 1, 2, 0}, kInt).reshape({2, 2});
  EXPECT_TRUE(equal(nonzero(x), longs({0, 1, 1, 0}).reshape({2, 2})));
  EXPECT_EQ(nonzero(tensor(5)).sizes(), IntArrayRef({1, 0}));
  EXPECT_EQ(nonzero(zeros({0, 3})).sizes(), IntArrayRef({0, 2}));
  EXPECT_EQ(where(x).size(), 2u);
}

TEST(Picking, TakesTensorsWithoutDimensions) {
  const Tensor x = tensor(3.0), yes = tensor(1).to(kBool), no = tensor(0).to(kBool), none = empty({0}, kLong);
  EXPECT_TRUE(equal(masked_select(x, yes), tensor({3.0})));
  EXPECT_TRUE(equal(masked_select(x, no), empty({0})));
  EXPECT_TRUE(equal(masked_scatter(x, yes, tensor({5.0, 6.0})), tensor(5.0)));
  EXPECT_TRUE(equal(masked_scatter(x, no, tensor({5.0, 6.0})), x));
  EXPECT_TRUE(equal(index_fill(x, 0, none, 7), x));
  EXPECT_TRUE(equal(index_fill(x, 0, tensor({0, 0}), 7), tensor(7.0)));
  const Tensor leaf = tensor(3.0).requires_grad_();
  (masked_select(leaf, yes) * 2).sum().backward();
  EXPECT_TRUE(equal(leaf.grad(), tensor(2.0)));
}

TEST(Rearranging, MovesElementsOfEveryRank) {
  const Tensor x = arange(6, kLong).reshape({2, 3});
  EXPECT_TRUE(equal(x.roll(1), longs({5, 0, 1, 2, 3, 4}).reshape({2, 3})));
  EXPECT_TRUE(equal(x.rot90(), longs({2, 5, 1, 4, 0, 3}).reshape({3, 2})));
  EXPECT_TRUE(equal(x.flip({1}), longs({2, 1, 0, 5, 4, 3}).reshape({2, 3})));
  EXPECT_TRUE(equal(tensor(5).flip(IntArrayRef()), tensor(5)));
  EXPECT_TRUE(equal(x.repeat_interleave(longs({2, 0}), 0), longs({0, 1, 2, 0, 1, 2}).reshape({2, 3})));
  EXPECT_TRUE(equal(zeros({7, 3}).fill_diagonal_(1, true).sum(1), tensor({1.f, 1.f, 1.f, 0.f, 1.f, 1.f, 1.f})));
}

TEST(Rearranging, FlipsRowsOfEveryLengthAndDtype) {
  for (const ScalarType dtype : {kByte, kHalf, kFloat, kDouble, kBool})
    for (const int64_t length : {1, 3, 4, 16, 37, 300}) {
      const Tensor x = arange(3 * length, kInt).remainder(250).to(dtype).view({3, length});
      EXPECT_TRUE(equal(x.flip({1}), x.index_select(1, length - 1 - arange(length)))) << dtype << ' ' << length;
    }
}

TEST(Counts, TellHowOftenValuesCome) {
  EXPECT_TRUE(equal(bincount(longs({1, 2, 2, 5})), longs({0, 1, 2, 0, 0, 1})));
  EXPECT_TRUE(equal(bincount(longs({1, 1}), tensor({0.5f, 0.25f}), 3), tensor({0.0f, 0.75f, 0.0f})));
  EXPECT_TRUE(equal(one_hot(longs({0, 2})), longs({1, 0, 0, 0, 0, 1}).reshape({2, 3})));
}

TEST(Indexing, NamesWhatIsWrong) {
  const Tensor x = ones({2, 3});
  EXPECT_EQ(message_of([&] { return x[5]; }),
            "select(): index 5 out of range for tensor of size [2, 3] at dimension 0");
  EXPECT_EQ(message_of([&] { return x.index({longs({5})}); }), "index 5 is out of bounds for dimension 0 with size 2");
  EXPECT_EQ(message_of([&] { return x.index_select(0, longs({2})); }), "index out of range in self");
  EXPECT_EQ(message_of([&] {
              return x.gather(0, longs({-1}).reshape({1, 1}));
            }),
            "index -1 is out of bounds for dimension 0 with size 2");
  EXPECT_EQ(message_of([&] { return x.index({0, 0, 0}); }), "too many indices for tensor of dimension 2");
  EXPECT_EQ(message_of([&] {
              return x.index({longs({0, 1}), longs({0, 1, 2})});
            }),
            "shape mismatch: indexing tensors could not be broadcast together with shapes [2], [3]");
  EXPECT_EQ(message_of([&] { return x.take(longs({7})); }),
            "out of range: tried to access index 7 on a tensor of 6 elements.");
  EXPECT_EQ(message_of([&] { return x.index({x}); }),
            "tensors used as indices must be long, int, byte or bool tensors");
  EXPECT_EQ(message_of([&] { return one_hot(longs({-1})); }), "Class values must be non-negative.");
  EXPECT_EQ(message_of([&] { return bincount(longs({-1})); }),
            "bincount only supports 1-d non-negative integral inputs.");
  EXPECT_EQ(message_of([&] { return x.tril().select(0, 0).tril(); }),
            "tril: input tensor must have at least 2 dimensions");
}

}  // namespace
}  // namespace relume
