// How options of a group take over what an optimizer's defaults say.
#pragma once

#include "relume/optim/optimizer.h"

namespace relume::optim {

// Where an option has the value that it has in `fresh`, that of `defaults`.
void inherit_numbers(OptimizerOptions& options, const OptimizerOptions& fresh, const OptimizerOptions& defaults);

}  // namespace relume::optim
