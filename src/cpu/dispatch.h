// dispatch: from a dtype to the C++ type it names.
#pragma once

#include "core/check.h"
#include "relume/dtype.h"

namespace relume::cpu {

// Calls body(T()) for that T of Types whose dtype is given; throws NotImplementedError, naming the kernel, otherwise.
template <class... Types, class Body>
void dispatch(const char* kernel, ScalarType dtype, const Body& body) {
  const bool found = ((dtype == dtype_of<Types> && (body(Types()), true)) || ...);
  check<NotImplementedError>(found, "\"{}\" not implemented for '{}'", kernel, to_string(dtype));
}

// ... for the floating types.
template <class Body>
void dispatch_floating(const char* kernel, ScalarType dtype, const Body& body) {
  dispatch<float, double, Half, BFloat16>(kernel, dtype, body);
}

// ... for every type that has a sum and a product: all but bool and uint16.
template <class Body>
void dispatch_numbers(const char* kernel, ScalarType dtype, const Body& body) {
  dispatch<float, double, Half, BFloat16, int64_t, int32_t, int16_t, int8_t, uint8_t>(kernel, dtype, body);
}

}  // namespace relume::cpu
