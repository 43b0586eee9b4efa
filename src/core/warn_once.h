// Warnings that are given once in a process.
#pragma once

#include <atomic>

#include "relume/warning.h"

namespace relume {

// Warns the first time only, which `warned` remembers, unless set_warn_always() says otherwise.
void warn_once(std::atomic<bool>* warned, const char* text, SourceLocation where = SourceLocation::current());

}  // namespace relume
