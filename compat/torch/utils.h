// Threads, seeds and grad mode, as functions of torch.
#pragma once

#include <torch/context.h>
#include <torch/types.h>
