// A header of libtorch's, whose names come with another one. Made by tools/generate_compat.py; not edited by hand.
#pragma once

#include <torch/nn.h>
