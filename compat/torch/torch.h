// What programs written for libtorch include: everything.
#pragma once

#include <torch/all.h>
