// Embedding kernels: rows, gradients, and indices out of range.
#include "kernels/embedding.h"

#include <gtest/gtest.h>

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
  embedding_backward(embedding, out.data(), padding, scale, grad.data());
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

TEST(Embedding, RefusesRowsThatDoNotExist) {
  for (int64_t row : {int64_t{-1}, int64_t{4}, int64_t{1} << 40}) {
    const Embedding embedding{kFloat, 4, 2, kLong, &row, 1};
    EXPECT_THROW(embedding_forward(embedding, nullptr, nullptr), IndexError);
    EXPECT_THROW(embedding_backward(embedding, nullptr, -1, false, nullptr), IndexError);
  }
}

}  // namespace
}  // namespace relume::cpu
