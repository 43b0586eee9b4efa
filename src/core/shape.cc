// The parts of DimVector that are off the fast path, and how integer lists print.
#include "relume/shape.h"

#include <algorithm>
#include <ostream>

namespace relume {

void DimVector::grow(size_t wanted) {
  const size_t capacity = std::max(wanted, 2 * this->capacity());
  int64_t* bigger = new int64_t[capacity];
  std::copy(begin(), end(), bigger);
  delete[] heap_;
  heap_ = bigger;
  capacity_ = static_cast<uint32_t>(capacity);
}

void DimVector::free_heap() { delete[] heap_; }

void DimVector::swap(DimVector& other) noexcept {
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
  std::swap(heap_, other.heap_);
  std::swap(inline_, other.inline_);
}

std::string to_string(IntArrayRef list) {
  std::string text = "[";
  for (size_t i = 0; i < list.size(); ++i) {
    if (i) text += ", ";
    text += std::to_string(list[i]);
  }
  return text + "]";
}

std::ostream& operator<<(std::ostream& stream, IntArrayRef list) { return stream << to_string(list); }

}  // namespace relume
