// Vectors written to streams, as libtorch writes them: up to 100 elements with spaces between.
#pragma once

#include <relume/shape.h>

#include <ostream>
#include <vector>

namespace std {

template <class T, class A>
ostream& operator<<(ostream& stream, const vector<T, A>& list) {
  constexpr size_t kMost = 100;
  for (size_t i = 0; i < list.size() && i < kMost; ++i) stream << (i ? " " : "") << list[i];
  return stream << (list.size() > kMost ? " ..." : "");
}

}  // namespace std

namespace relume {

// "[1.5, 2]"; of int64 and of tensors Relume has its own.
template <class T>
std::ostream& operator<<(std::ostream& stream, ArrayRef<T> list) {
  stream << '[';
  for (size_t i = 0; i < list.size(); ++i) stream << (i ? ", " : "") << list[i];
  return stream << ']';
}

}  // namespace relume
