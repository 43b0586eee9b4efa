// The checks and errors of c10: TORCH_CHECK and its kin throw Relume's errors, TORCH_WARN writes to standard error.
#pragma once

#include <c10/util/StringUtil.h>
#include <relume/error.h>

#include <iostream>
#include <string>

namespace c10 {

using relume::Error;
using relume::IndexError;
using relume::LinAlgError;
using relume::NotImplementedError;
using relume::OutOfMemoryError;
using relume::TypeError;
using relume::ValueError;

namespace detail {

// The message of a failed check: what the program gave, or else the condition. The macros add an empty last part.
template <class... Parts>
std::string check_message(const char* condition, const Parts&... parts) {
  if constexpr (sizeof...(parts) == 1) {
    return str("Expected ", condition, " to be true, but got false.");
  } else {
    return str(parts...);
  }
}

template <class... Parts>
void warn(const char* file, int line, const Parts&... parts) {
  std::cerr << "[W " << file << ":" << line << "] Warning: " << str(parts...) << "\n";
}

}  // namespace detail
}  // namespace c10

// Throws `error` where the condition, the first of the arguments after it, does not hold; the others make the message.
#define TORCH_CHECK_WITH(error, ...) TORCH_CHECK_OR_THROW_(error, __VA_ARGS__, "")
#define TORCH_CHECK_OR_THROW_(error, condition, ...)                                             \
  do {                                                                                           \
    if (!(condition)) throw ::c10::error(::c10::detail::check_message(#condition, __VA_ARGS__)); \
  } while (false)
#define TORCH_CHECK(...) TORCH_CHECK_WITH(Error, __VA_ARGS__)
#define TORCH_CHECK_INDEX(...) TORCH_CHECK_WITH(IndexError, __VA_ARGS__)
#define TORCH_CHECK_TYPE(...) TORCH_CHECK_WITH(TypeError, __VA_ARGS__)
#define TORCH_CHECK_VALUE(...) TORCH_CHECK_WITH(ValueError, __VA_ARGS__)
#define TORCH_CHECK_NOT_IMPLEMENTED(...) TORCH_CHECK_WITH(NotImplementedError, __VA_ARGS__)
#define TORCH_INTERNAL_ASSERT(...) TORCH_CHECK_WITH(Error, __VA_ARGS__)
#ifdef NDEBUG
#define TORCH_INTERNAL_ASSERT_DEBUG_ONLY(...) static_cast<void>(0)
#else
#define TORCH_INTERNAL_ASSERT_DEBUG_ONLY(...) TORCH_INTERNAL_ASSERT(__VA_ARGS__)
#endif
#define AT_ASSERTM(...) TORCH_INTERNAL_ASSERT(__VA_ARGS__)
#define C10_THROW_ERROR(kind, message) throw ::c10::kind(message)
#define TORCH_CHECK_COMPARED_(a, op, b, ...) \
  TORCH_CHECK((a)op(b), "Check failed: " #a " " #op " " #b " (", a, " vs. ", b, "). ", ##__VA_ARGS__)
#define TORCH_CHECK_EQ(a, b, ...) TORCH_CHECK_COMPARED_(a, ==, b, ##__VA_ARGS__)
#define TORCH_CHECK_NE(a, b, ...) TORCH_CHECK_COMPARED_(a, !=, b, ##__VA_ARGS__)
#define TORCH_CHECK_LT(a, b, ...) TORCH_CHECK_COMPARED_(a, <, b, ##__VA_ARGS__)
#define TORCH_CHECK_LE(a, b, ...) TORCH_CHECK_COMPARED_(a, <=, b, ##__VA_ARGS__)
#define TORCH_CHECK_GT(a, b, ...) TORCH_CHECK_COMPARED_(a, >, b, ##__VA_ARGS__)
#define TORCH_CHECK_GE(a, b, ...) TORCH_CHECK_COMPARED_(a, >=, b, ##__VA_ARGS__)
#define AT_ASSERT(...) TORCH_INTERNAL_ASSERT(__VA_ARGS__)
#define AT_ERROR(...) throw ::c10::Error(::c10::str(__VA_ARGS__))

#define TORCH_WARN(...) ::c10::detail::warn(__FILE__, __LINE__, __VA_ARGS__)
#define TORCH_WARN_ONCE(...)                                    \
  do {                                                          \
    static const bool warned = (TORCH_WARN(__VA_ARGS__), true); \
    static_cast<void>(warned);                                  \
  } while (false)
