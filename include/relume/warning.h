// Warnings: what ops and programs say where they go on all the same, and the handler that does something with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <utility>

#include "relume/export.h"

namespace relume {

// Where in a program something happened.
struct SourceLocation {
  const char* function;
  const char* file;
  uint32_t line;

  // The place of the call, when it is the default of an argument.
  static constexpr SourceLocation current(const char* function = __builtin_FUNCTION(),
                                          const char* file = __builtin_FILE(), uint32_t line = __builtin_LINE()) {
    return {function, file, line};
  }
};
RELUME_API std::ostream& operator<<(std::ostream& stream, const SourceLocation& where);

// What is said, of which kind (Python has a class for each) and where.
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

// Does something with warnings: unless a class of one's own says otherwise, writes them to standard error, as
// `[W1224 18:00:00.123456789 file.cc:12] Warning: text (function name)`. What process() throws comes out of the op.
class RELUME_API WarningHandler {
 public:
  virtual ~WarningHandler();
  virtual void process(const Warning& warning);
};

// The handler of the calling thread: what was set for the thread, or else for all of them, or else one that writes.
RELUME_API WarningHandler* get_warning_handler() noexcept;
// Sets it for the thread; null takes it away.
RELUME_API void set_warning_handler(WarningHandler* handler) noexcept;
// Sets it for all threads that have none of their own.
RELUME_API void set_default_warning_handler(WarningHandler* handler) noexcept;

// Whether what is said once in a process is said each time.
RELUME_API bool get_warn_always() noexcept;
RELUME_API void set_warn_always(bool always) noexcept;

// Gives the handler a warning.
RELUME_API void warn(const Warning& warning);
RELUME_API void warn(std::string text, SourceLocation where = SourceLocation::current());

}  // namespace relume
