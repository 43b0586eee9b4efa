// What this machine can do at best for some rows of the benchmark, measured with their parts alone: no tensors, no
// graph, memory ready and warm, layouts as the parts like them. The rows have the names of the peers' rows.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "../harness.h"

namespace bench {

using Run = std::function<void()>;

// The fastest of several ways to do the same.
Run fastest(const std::vector<Run>& ways);

// `count` floats, aligned to a page, set to small numbers of both signs.
class Floats {
 public:
  explicit Floats(size_t count);
  float* data() const { return data_.get(); }

 private:
  std::shared_ptr<float> data_;
};

void add_copy_rows(Rows& rows);
void add_product_rows(Rows& rows);
void add_simple_cnn_rows(Rows& rows);

}  // namespace bench
