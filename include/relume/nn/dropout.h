// Dropout: in training, zeros in random places.
#pragma once

#include "relume/nn/module.h"
#include "relume/nn/options.h"
#include "relume/nn/pimpl.h"

namespace relume {
namespace nn {

class DropoutOptions {
 public:
  DropoutOptions(double p = 0.5) : p_(p) {}  // NOLINT: implicit, as in libtorch
  RELUME_ARG(double, p);
  RELUME_ARG(bool, inplace) = false;
};
using Dropout1dOptions = DropoutOptions;
using Dropout2dOptions = DropoutOptions;
using Dropout3dOptions = DropoutOptions;
using AlphaDropoutOptions = DropoutOptions;
using FeatureAlphaDropoutOptions = DropoutOptions;

// Each element is zeroed with probability p, the others divided by 1 - p.  Srivastava et al., 2014.
RELUME_STATELESS_MODULE(Dropout, (Tensor input), double p = 0.5);
// The same for whole channels of [N, C, ...].
RELUME_STATELESS_MODULE(Dropout1d, (Tensor input), double p = 0.5);
RELUME_STATELESS_MODULE(Dropout2d, (Tensor input), double p = 0.5);
RELUME_STATELESS_MODULE(Dropout3d, (Tensor input), double p = 0.5);
// Keeps mean and variance of what SELU gives.  Klambauer et al., 2017.
RELUME_STATELESS_MODULE(AlphaDropout, (Tensor input), double p = 0.5);
RELUME_STATELESS_MODULE(FeatureAlphaDropout, (Tensor input), double p = 0.5);

}  // namespace nn
}  // namespace relume
