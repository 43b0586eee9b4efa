// The checks and errors of c10: TORCH_CHECK and its kin throw Relume's errors, TORCH_WARN calls Relume's handler of
// warnings.
#pragma once

#include <c10/util/StringUtil.h>
#include <relume/error.h>
#include <relume/warning.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

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

}  // namespace detail

using relume::SourceLocation;
using relume::warn;
using relume::Warning;
using relume::WarningHandler;

// Each thread has a handler of its own.
namespace WarningUtils {
using relume::get_warning_handler;
using relume::set_warning_handler;
inline bool get_warnAlways() noexcept { return relume::get_warn_always(); }
inline void set_warnAlways(bool always) noexcept { relume::set_warn_always(always); }

// Sets the handler until the end of the scope.
class WarningHandlerGuard {
 public:
  explicit WarningHandlerGuard(WarningHandler* handler) : previous_(get_warning_handler()) {
    set_warning_handler(handler);
  }
  ~WarningHandlerGuard() { set_warning_handler(previous_); }
  WarningHandlerGuard(const WarningHandlerGuard&) = delete;
  WarningHandlerGuard& operator=(const WarningHandlerGuard&) = delete;

 private:
  WarningHandler* previous_;
};

// The same for get_warnAlways().
class WarnAlways {
 public:
  explicit WarnAlways(bool always = true) : previous_(get_warnAlways()) { set_warnAlways(always); }
  ~WarnAlways() { set_warnAlways(previous_); }
  WarnAlways(const WarnAlways&) = delete;
  WarnAlways& operator=(const WarnAlways&) = delete;

 private:
  bool previous_;
};
}  // namespace WarningUtils

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
#define TORCH_CHECK_LINALG(...) TORCH_CHECK_WITH(LinAlgError, __VA_ARGS__)
#define TORCH_CHECK_ARG(condition, number, ...) \
  TORCH_CHECK(condition, "invalid argument ", number, ": ", ::c10::str(__VA_ARGS__))
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

#define TORCH_WARN_AS_(kind, ...) \
  ::c10::warn(::c10::Warning(::c10::kind(), {__func__, __FILE__, __LINE__}, ::c10::str(__VA_ARGS__), false))
#define TORCH_WARN(...) TORCH_WARN_AS_(Warning::UserWarning, __VA_ARGS__)
#define TORCH_WARN_DEPRECATION(...) TORCH_WARN_AS_(Warning::DeprecationWarning, __VA_ARGS__)
#define TORCH_WARN_ONCE(...)                                \
  do {                                                      \
    static bool warned = false;                             \
    if (!warned || ::c10::WarningUtils::get_warnAlways()) { \
      warned = true;                                        \
      TORCH_WARN(__VA_ARGS__);                              \
    }                                                       \
  } while (false)
