// All of Relume.
#pragma once

#include "relume/autograd.h"
#include "relume/creation.h"
#include "relume/data.h"
#include "relume/dtype.h"
#include "relume/error.h"
#include "relume/indexing.h"
#include "relume/nn.h"
#include "relume/operators.h"
#include "relume/ops.h"
#include "relume/options.h"
#include "relume/printing.h"
#include "relume/random.h"
#include "relume/scalar.h"
#include "relume/shape.h"
#include "relume/tensor.h"
#include "relume/threads.h"
