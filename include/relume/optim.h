// optim: optimizers and learning-rate schedules.
#pragma once

#include "relume/optim/lbfgs.h"
#include "relume/optim/optimizer.h"
#include "relume/optim/optimizers.h"
#include "relume/optim/schedulers.h"
