// The errors that Relume throws: one hierarchy under relume::Error, named like Python's.
#pragma once

#include <exception>
#include <string>
#include <utility>

#include "relume/export.h"

namespace relume {

// Base of all errors, and the one thrown for wrong shapes, states and unsupported combinations (Python: RuntimeError).
// what() names the op, what it expected and what it got.
class RELUME_API Error : public std::exception {
 public:
  explicit Error(std::string message) : message_(std::move(message)) {}
  ~Error() override;
  const char* what() const noexcept override { return message_.c_str(); }
  const char* what_without_backtrace() const noexcept { return message_.c_str(); }
  const std::string& msg() const noexcept { return message_; }

 private:
  std::string message_;
};

// An index or dimension out of range.
class RELUME_API IndexError : public Error {
 public:
  using Error::Error;
  ~IndexError() override;
};

// An argument of the wrong kind or dtype.
class RELUME_API TypeError : public Error {
 public:
  using Error::Error;
  ~TypeError() override;
};

// An argument whose value is outside what the function accepts.
class RELUME_API ValueError : public Error {
 public:
  using Error::Error;
  ~ValueError() override;
};

// A combination of op, dtype and device for which there is no kernel.
class RELUME_API NotImplementedError : public Error {
 public:
  using Error::Error;
  ~NotImplementedError() override;
};

// A matrix of which a decomposition, an inverse or a solution does not exist.
class RELUME_API LinAlgError : public Error {
 public:
  using Error::Error;
  ~LinAlgError() override;
};

// Memory that could not be had; the message says how much was asked for.
class RELUME_API OutOfMemoryError : public Error {
 public:
  using Error::Error;
  ~OutOfMemoryError() override;
};

}  // namespace relume
