// All of libtorch's C++ frontend that Relume has.
#pragma once

#include <torch/autograd.h>
#include <torch/data.h>
#include <torch/detail/static.h>
#include <torch/functions.h>
#include <torch/nn.h>
#include <torch/optim.h>
#include <torch/serialize.h>
#include <torch/special.h>
#include <torch/types.h>
#include <torch/utils.h>
#include <torch/version.h>
