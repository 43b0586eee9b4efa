// at::globalContext() and generators.
#pragma once

#include <torch/context.h>
