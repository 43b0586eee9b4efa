// Saving and loading.
#pragma once

#include "relume/serialize/archive.h"
#include "relume/serialize/safetensors.h"
