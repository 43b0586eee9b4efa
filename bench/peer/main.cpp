// The program that does the benchmark's work by one library: compiled against Relume, and again against libtorch.
#include "rows.h"

int main(int argc, char** argv) {
  bench::Rows rows;
  bench::add_small_rows(rows);
  bench::add_elementwise_rows(rows);
  bench::add_network_rows(rows);
  return bench::run_program(argc, argv, rows, [](int threads) { torch::set_num_threads(threads); });
}
