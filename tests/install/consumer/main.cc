// A user's program: a value that the library computes, and one of its errors caught by type.
#include <relume/dtype.h>
#include <relume/error.h>
#include <relume/shape.h>

#include <cstdio>

int main() {
  const relume::DimVector sizes = {2, 3};
  const relume::ScalarType type = relume::promote_types(relume::kLong, relume::kHalf);
  std::printf("%s %s\n", relume::to_string(relume::IntArrayRef(sizes)).c_str(), relume::python_name(type));
  try {
    throw relume::IndexError("out of range");
  } catch (const relume::Error& error) {
    return type == relume::kHalf && error.msg() == "out of range" ? 0 : 1;
  }
}
