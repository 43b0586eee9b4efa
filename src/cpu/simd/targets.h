// Which of Highway's targets are built, and how a file picks its function for one of them. Include this before any of
// Highway's headers.
#pragma once

// Named without their values, so that targets of later versions of Highway are disabled as well. Where the compiler
// makes the vectors, as a file says by RELUME_COMPILER_VECTORS, SSE4 would be the code of the baseline once more.
#if defined(__x86_64__)
#ifdef RELUME_COMPILER_VECTORS
#define HWY_DISABLED_TARGETS (~(HWY_SCALAR | HWY_AVX2 | HWY_AVX3))
#else
#define HWY_DISABLED_TARGETS (~(HWY_SCALAR | HWY_SSE4 | HWY_AVX2 | HWY_AVX3))
#endif
#define HWY_BROKEN_EMU128 1  // the plain baseline is HWY_SCALAR
#endif

#include "cpu/target.h"
#include "hwy/detect_targets.h"

#if HWY_TARGETS & HWY_SSE4
#define RELUME_CASE_SSE4(expression) \
  case Target::SSE4:                 \
    return N_SSE4::expression;
#else
#define RELUME_CASE_SSE4(expression)
#endif
#if HWY_TARGETS & HWY_AVX2
#define RELUME_CASE_AVX2(expression) \
  case Target::AVX2:                 \
    return N_AVX2::expression;
#else
#define RELUME_CASE_AVX2(expression)
#endif
#if HWY_TARGETS & HWY_AVX3
#define RELUME_CASE_AVX3(expression) \
  case Target::AVX3:                 \
    return N_AVX3::expression;
#else
#define RELUME_CASE_AVX3(expression)
#endif

// The body of a function that returns `expression` as the namespace of `target` has it:
//   const Kernels& kernels(Target target) { RELUME_DISPATCH(target, kKernels); }
#define RELUME_DISPATCH(target, expression)   \
  switch (target) {                           \
    RELUME_CASE_SSE4(expression)              \
    RELUME_CASE_AVX2(expression)              \
    RELUME_CASE_AVX3(expression)              \
    default:                                  \
      return HWY_STATIC_DISPATCH(expression); \
  }
