// The program that measures limits: copies, matrix products, and a convolutional network done by hand.
#include <omp.h>

#include "limits.h"

namespace bench {

Run fastest(const std::vector<Run>& ways) {
  const auto best = [](const Run& run) {
    run();
    return best_microseconds(run);
  };
  Run winner;
  double least = std::numeric_limits<double>::infinity();
  for (const Run& way : ways)
    if (const double us = best(way); us < least) {
      least = us;
      winner = way;
    }
  return winner;
}

Floats::Floats(size_t count) {
  constexpr size_t kPage = 4096;
  auto* block = static_cast<float*>(std::aligned_alloc(kPage, (count * sizeof(float) / kPage + 1) * kPage));
  if (!block) throw std::bad_alloc();
  for (size_t i = 0; i < count; ++i) block[i] = (static_cast<float>(i * 2654435761u % 1000) - 499.5f) * 1e-3f;
  data_.reset(block, std::free);
}

}  // namespace bench

int main(int argc, char** argv) {
  bench::Rows rows;
  bench::add_copy_rows(rows);
  bench::add_product_rows(rows);
  bench::add_simple_cnn_rows(rows);
  return bench::run_program(argc, argv, rows, omp_set_num_threads);
}
