// Threads, seeds and grad mode, as functions of torch.
#pragma once

#include <torch/types.h>
