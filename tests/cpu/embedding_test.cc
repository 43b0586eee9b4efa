// Embedding kernels: rows, gradients, and indices out of range.
#include "kernels/embedding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "relume/error.h"

namespace relume::cpu {
namespace {

template <class T, class Index>
void expect_like_loops(int64_t rows, int64_t columns, int64_t count, int64_t padding, bool scale) {
  std::mt19937 engine(static_cast<uint32_t>(rows + columns + count));
  std::vector<T> table(static_cast<size_t>(rows * columns)), out(static_cast<size_t>(count * columns), T(9.0f));
  for (T& e : table) e = static_cast<T>(static_cast<float>(engine() % 17));
  std::vector<Index> index(static_cast<size_t>(count));
  for (Index& i : index) i = static_cast<Index>(engine() % static_cast<uint32_t>(rows));
  const Embedding embedding{dtype_of<T>, rows, columns, dtype_of<Index>, index.data(), count};
  embedding_forward(embedding, table.data(), out.data());
  std::vector<double> sums(table.size()), times(static_cast<size_t>(rows));
  for (int64_t i = 0; i < count; ++i) {
    ++times[index[i]];
    for (int64_t j = 0; j < columns; ++j) {
      ASSERT_EQ(static_cast<double>(out[i * columns + j]), static_cast<double>(table[index[i] * columns + j]));
      if (index[i] != padding) sums[index[i] * columns + j] += static_cast<double>(out[i * columns + j]);
    }
  }
  std::vector<T> grad(table.size(), T(9.0f));
  embedding_backward(embedding, out.data(), nullptr, padding, scale, grad.data());
  for (int64_t i = 0; i < rows * columns; ++i) {
    const double expected = scale && times[i / columns] > 0 ? sums[i] / times[i / columns] : sums[i];
    ASSERT_NEAR(static_cast<double>(grad[i]), static_cast<double>(static_cast<T>(expected)), 1e-3 + expected * 0.01)
        << i;
  }
}

TEST(Embedding, AgreesWithLoops) {
  for (bool scale : {false, true}) {
    expect_like_loops<float, int64_t>(10, 300, 50, -1, scale);
    expect_like_loops<float, int32_t>(3, 1, 7, 1, scale);
    expect_like_loops<double, int64_t>(30, 16, 20, 2, scale);
    expect_like_loops<Half, int64_t>(5, 20, 9, 0, scale);
    expect_like_loops<BFloat16, int32_t>(5, 20, 9, -1, scale);
    expect_like_loops<float, int64_t>(4, 3, 0, -1, scale);
  }
}

template <class T>
void expect_bags_like_loops(int64_t columns, bool mean, bool weighted, int64_t padding) {
  constexpr int64_t kRows = 9, kBags = 5;
  const int64_t starts[kBags + 1] = {0, 3, 3, 4, 20, 33}, count = starts[kBags];
  std::mt19937 engine(static_cast<uint32_t>(columns));
  std::vector<T> table(static_cast<size_t>(kRows * columns)), factors(static_cast<size_t>(count));
  std::vector<T> out(static_cast<size_t>(kBags * columns), T(9.0f));
  for (T& e : table) e = static_cast<T>(static_cast<float>(engine() % 17) - 8);
  for (T& e : factors) e = static_cast<T>(weighted ? static_cast<float>(engine() % 4) : 1.0f);
  std::vector<int64_t> index(static_cast<size_t>(count)), from(out.size(), -1), bag(index.size());
  for (int64_t& i : index) i = engine() % kRows;
  const Embedding embedding{dtype_of<T>, kRows, columns, kLong, index.data(), count};
  const EmbeddingBags bags{starts, kBags, padding};
  embedding_bag_sums(embedding, bags, table.data(), weighted ? factors.data() : nullptr, mean, out.data());
  embedding_bag_maxima(embedding, bags, table.data(), from.data());
  std::vector<double> gradient(table.size());
  for (int64_t b = 0; b < kBags; ++b)
    for (int64_t c = 0; c < columns; ++c) {
      double sum = 0, best = -100;
      int64_t counted = 0, row = 0;
      for (int64_t i = starts[b]; i < starts[b + 1]; ++i) {
        bag[i] = b;
        if (index[i] == padding) continue;
        const auto x = static_cast<double>(table[index[i] * columns + c]);
        sum += x * static_cast<double>(factors[i]);
        if (x > best) best = x, row = index[i];
        gradient[index[i] * columns + c] += static_cast<double>(out[b * columns + c]);
        ++counted;
      }
      if (mean && counted > 0) sum /= static_cast<double>(counted);
      const T expected = static_cast<T>(sum);
      ASSERT_NEAR(static_cast<double>(out[b * columns + c]), static_cast<double>(expected), 1e-5)
          << columns << " " << c;
      ASSERT_EQ(from[b * columns + c], row);
    }
  std::vector<T> grad(table.size(), T(9.0f));
  embedding_backward(embedding, out.data(), bag.data(), padding, false, grad.data());
  for (size_t i = 0; i < grad.size(); ++i)
    ASSERT_NEAR(static_cast<double>(grad[i]), gradient[i], 1e-4 + std::abs(gradient[i]) * 0.01);
}

TEST(Embedding, BagsAgreeWithLoops) {
  for (int64_t columns : {1, 15, 16, 33, 64, 107})
    for (bool mean : {false, true}) {
      expect_bags_like_loops<float>(columns, mean, !mean, 2);
      expect_bags_like_loops<double>(columns, mean, false, -1);
      expect_bags_like_loops<Half>(columns, mean, !mean, -1);
      expect_bags_like_loops<BFloat16>(columns, mean, false, 4);
    }
}

TEST(Embedding, RefusesRowsThatDoNotExist) {
  for (int64_t row : {int64_t{-1}, int64_t{4}, int64_t{1} << 40}) {
    const Embedding embedding{kFloat, 4, 2, kLong, &row, 1};
    EXPECT_THROW(embedding_forward(embedding, nullptr, nullptr), IndexError);
    EXPECT_THROW(embedding_backward(embedding, nullptr, nullptr, -1, false, nullptr), IndexError);
  }
}

}  // namespace
}  // namespace relume::cpu
