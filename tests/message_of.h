// The text of the error that a call throws, for tests of texts.
#pragma once

#include <string>

#include "relume/error.h"

namespace relume {

// "no error" where there is none.
template <class F>
std::string message_of(F&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace relume
