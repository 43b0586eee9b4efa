// How the tables of arithmetic loops are written: an op and the dtypes that it has.
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/arithmetic.h"

namespace relume::cpu {

struct ArithmeticTable {
  ElementwiseLoop loops[kNumArithmeticOps][kNumDtypes] = {};

  constexpr ElementwiseLoop& at(ArithmeticOp op, ScalarType dtype) {
    return loops[static_cast<int>(op)][static_cast<int>(dtype)];
  }
  constexpr ElementwiseLoop at(ArithmeticOp op, ScalarType dtype) const {
    return loops[static_cast<int>(op)][static_cast<int>(dtype)];
  }
};

template <class... Ts>
struct TypeList {};
using FloatTypes = TypeList<float, double>;
using IntTypes = TypeList<uint8_t, int8_t, int16_t, int32_t, int64_t>;
using BitTypes = TypeList<uint8_t, int8_t, int16_t, int32_t, int64_t, uint16_t, bool>;

// Unsigned integers of the same size, in which sums wrap and one kernel serves both signs.
template <class T>
using bits_of = std::conditional_t<
    sizeof(T) == 1, uint8_t,
    std::conditional_t<sizeof(T) == 2, uint16_t, std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>>>;

const ArithmeticTable& scalar_arithmetic();

}  // namespace relume::cpu
