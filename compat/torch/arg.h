// TORCH_ARG: an option with a setter that can be chained and a getter.
#pragma once

#include <relume/nn/options.h>

#define TORCH_ARG(T, name) RELUME_ARG(T, name)
