// Read once a target, behind Highway's header: where the plain baseline serves only machines without SSE4, and tests, it
// is made small.
#if HWY_TARGET == HWY_SCALAR && (HWY_TARGETS & HWY_SSE4) && defined(__OPTIMIZE__) && !defined(__clang__)
#pragma GCC optimize("Os")
#endif
