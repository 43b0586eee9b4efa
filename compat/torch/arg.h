// TORCH_ARG: an option with a setter that can be chained and a getter.
#pragma once

#include <relume/nn/options.h>

#define TORCH_ARG(T, name) RELUME_ARG(T, name)

// Constructors of options from each of three, or four, tags, for an option that is a std::variant of them.
#define TORCH_OPTIONS_CTOR_(Options, name, Tag) \
  Options(torch::enumtype::Tag tag) : name##_(tag) {}
#define TORCH_OPTIONS_CTOR_VARIANT_ARG3(Options, name, A, B, C) \
  TORCH_OPTIONS_CTOR_(Options, name, A)                         \
  TORCH_OPTIONS_CTOR_(Options, name, B)                         \
  TORCH_OPTIONS_CTOR_(Options, name, C)
#define TORCH_OPTIONS_CTOR_VARIANT_ARG4(Options, name, A, B, C, D) \
  TORCH_OPTIONS_CTOR_VARIANT_ARG3(Options, name, A, B, C)          \
  TORCH_OPTIONS_CTOR_(Options, name, D)
