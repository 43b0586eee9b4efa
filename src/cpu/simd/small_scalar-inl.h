// Read once a target, after Highway's header. Where the plain baseline serves only tests, and machines without SSE4,
// what stands between HWY_BEFORE_NAMESPACE and HWY_AFTER_NAMESPACE is made small for it.
#if HWY_TARGET == HWY_SCALAR && (HWY_TARGETS & HWY_SSE4) && defined(__OPTIMIZE__) && !defined(__clang__)
#undef HWY_BEFORE_NAMESPACE
#undef HWY_AFTER_NAMESPACE
#define HWY_BEFORE_NAMESPACE() \
  _Pragma("GCC push_options") _Pragma("GCC optimize(\"Os\")") static_assert(true, "a semicolon follows")
#define HWY_AFTER_NAMESPACE() _Pragma("GCC pop_options") static_assert(true, "a semicolon follows")
#endif
