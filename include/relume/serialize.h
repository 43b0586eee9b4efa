// Saving and loading.
#pragma once

#include "relume/serialize/safetensors.h"
