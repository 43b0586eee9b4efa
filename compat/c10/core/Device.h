// One of c10's headers: its names come with torch/types.h.
#pragma once

#include <torch/types.h>
