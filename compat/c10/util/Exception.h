// The checks and errors of c10: TORCH_CHECK and its kin throw Relume's errors, TORCH_WARN calls a
// handler that can be replaced.
#pragma once

#include <c10/util/StringUtil.h>
#include <relume/error.h>

#include <cstddef>
#include <cstdint>
#include <iostream>
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

// Where in a program something happened.
struct SourceLocation {
  const char* function;
  const char* file;
  uint32_t line;
};
inline std::ostream& operator<<(std::ostream& stream, const SourceLocation& where) {
  return stream << where.function << " at " << where.file << ":" << where.line;
}

// What TORCH_WARN says.
class Warning {
 public:
  struct UserWarning {};
  struct DeprecationWarning {};
  // One of the two; index() says which.
  class warning_variant_t {
   public:
    warning_variant_t(UserWarning) : index_(0) {}         // NOLINT: implicit, as a std::variant of them
    warning_variant_t(DeprecationWarning) : index_(1) {}  // NOLINT
    size_t index() const { return index_; }

   private:
    size_t index_;
  };

  Warning(warning_variant_t type, SourceLocation where, std::string msg, bool verbatim)
      : type_(type), where_(where), msg_(std::move(msg)), verbatim_(verbatim) {}
  warning_variant_t type() const { return type_; }
  const SourceLocation& source_location() const { return where_; }
  const std::string& msg() const { return msg_; }
  bool verbatim() const { return verbatim_; }

 private:
  warning_variant_t type_;
  SourceLocation where_;
  std::string msg_;
  bool verbatim_;
};

// Does something with the program's warnings; unless a class of one's own says otherwise, writes them to standard
// error. Relume's own warnings do not come here.
class WarningHandler {
 public:
  virtual ~WarningHandler() = default;
  virtual void process(const Warning& warning) {
    const SourceLocation& where = warning.source_location();
    std::cerr << "[W " << where.file << ":" << where.line << "] Warning: " << warning.msg() << "\n";
  }
};

namespace detail {
inline thread_local WarningHandler* warning_handler = nullptr;
}

// Each thread has a handler of its own.
namespace WarningUtils {
inline WarningHandler* get_warning_handler() noexcept {
  static WarningHandler usual;
  return detail::warning_handler ? detail::warning_handler : &usual;
}
inline void set_warning_handler(WarningHandler* handler) noexcept { detail::warning_handler = handler; }

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
}  // namespace WarningUtils

inline void warn(const Warning& warning) { WarningUtils::get_warning_handler()->process(warning); }

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
#define TORCH_WARN_ONCE(...)                                    \
  do {                                                          \
    static const bool warned = (TORCH_WARN(__VA_ARGS__), true); \
    static_cast<void>(warned);                                  \
  } while (false)
