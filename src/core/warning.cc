// Warnings: the handlers, and the line that is written where there is none.
#include "relume/warning.h"

#include <fmt/core.h>

#include <ctime>
#include <ostream>
#include <string_view>

#include "core/warn_once.h"

namespace relume {

namespace {

constinit thread_local WarningHandler* t_handler = nullptr;
std::atomic<WarningHandler*> default_handler = nullptr;
std::atomic<bool> always = false;

}  // namespace

std::ostream& operator<<(std::ostream& stream, const SourceLocation& where) {
  return stream << where.function << " at " << where.file << ":" << where.line;
}

WarningHandler::~WarningHandler() = default;

void WarningHandler::process(const Warning& warning) {
  const SourceLocation& where = warning.source_location();
  const std::string_view file = where.file;
  timespec now;
  std::timespec_get(&now, TIME_UTC);
  tm local;
  localtime_r(&now.tv_sec, &local);
  fmt::print(stderr, "[W{:02}{:02} {:02}:{:02}:{:02}.{:09} {}:{}] Warning: {} (function {})\n", local.tm_mon + 1,
             local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec, now.tv_nsec, file.substr(file.rfind('/') + 1),
             where.line, warning.msg(), where.function);
}

WarningHandler* get_warning_handler() noexcept {
  static WarningHandler writer;
  if (t_handler) return t_handler;
  WarningHandler* const given = default_handler;
  return given ? given : &writer;
}
void set_warning_handler(WarningHandler* handler) noexcept { t_handler = handler; }
void set_default_warning_handler(WarningHandler* handler) noexcept { default_handler = handler; }

bool get_warn_always() noexcept { return always; }
void set_warn_always(bool value) noexcept { always = value; }

void warn(const Warning& warning) { get_warning_handler()->process(warning); }

void warn(std::string text, SourceLocation where) {
  warn(Warning(Warning::UserWarning(), where, std::move(text), false));
}

void warn_once(std::atomic<bool>* warned, const char* text, SourceLocation where) {
  if (!warned->exchange(true) || get_warn_always()) warn(text, where);
}

}  // namespace relume
