// nn: modules, their functional forms, initialisation of weights, and utilities.
#pragma once

#include "relume/nn/activation.h"
#include "relume/nn/any.h"
#include "relume/nn/containers.h"
#include "relume/nn/conv.h"
#include "relume/nn/dropout.h"
#include "relume/nn/linear.h"
#include "relume/nn/loss.h"
#include "relume/nn/module.h"
#include "relume/nn/norm.h"
#include "relume/nn/options.h"
#include "relume/nn/ordered_dict.h"
#include "relume/nn/padding.h"
#include "relume/nn/pimpl.h"
#include "relume/nn/pooling.h"
