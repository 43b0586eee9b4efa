// One of ATen's headers: all of them are ATen/ATen.h.
#pragma once

#include <ATen/ATen.h>
