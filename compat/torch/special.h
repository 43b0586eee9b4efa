// The special functions that Relume has in C++, under their names in torch::special.
#pragma once

#include <relume/activations.h>
#include <relume/ops.h>

namespace torch {
namespace special {

using relume::digamma;
using relume::erf;
using relume::erfc;
using relume::erfinv;
using relume::exp2;
using relume::expm1;
using relume::log1p;
using relume::log_softmax;
using relume::logit;
using relume::logsumexp;
using relume::polygamma;
using relume::round;
using relume::sinc;
using relume::softmax;
using relume::xlogy;

inline relume::Tensor expit(const relume::Tensor& self) { return relume::sigmoid(self); }
inline relume::Tensor gammaln(const relume::Tensor& self) { return relume::lgamma(self); }
inline relume::Tensor psi(const relume::Tensor& self) { return relume::digamma(self); }

}  // namespace special
}  // namespace torch
