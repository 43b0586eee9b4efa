// Dropout as modules and as functions with options.
#include "relume/nn/dropout.h"

#include <ostream>

#include "core/check.h"
#include "nn/print.h"
#include "relume/nn/functional.h"
#include "relume/ops.h"

namespace relume::nn {
namespace {

void check_probability(double p) {
  check<ValueError>(p >= 0 && p <= 1, "dropout probability has to be between 0 and 1, but got {}", p);
}

using Op = Tensor (*)(const Tensor&, double, bool);
using InPlaceOp = Tensor& (*)(Tensor&, double, bool);

template <class Options>
Tensor apply(Op op, InPlaceOp op_in_place, Tensor input, const Options& options) {
  check_probability(options.p());
  if (options.inplace()) return op_in_place(input, options.p(), options.training());
  return op(input, options.p(), options.training());
}

// What has not the rank of a batch [N, C, size...] is taken for a sample [C, size...].
Tensor drop_channels(Tensor input, int64_t batch_rank, const functional::DropoutFuncOptions& options) {
  if (input.dim() == batch_rank)
    return apply(relume::feature_dropout, relume::feature_dropout_, std::move(input), options);
  Tensor batch = input.unsqueeze(0);
  if (!options.inplace()) return apply(relume::feature_dropout, relume::feature_dropout_, batch, options).squeeze(0);
  apply(relume::feature_dropout, relume::feature_dropout_, batch, options);
  return input;
}

}  // namespace

Tensor functional::dropout(Tensor input, const DropoutFuncOptions& options) {
  return apply(relume::dropout, relume::dropout_, std::move(input), options);
}
Tensor functional::dropout1d(Tensor input, const Dropout1dFuncOptions& options) {
  return drop_channels(std::move(input), 3, options);
}
Tensor functional::dropout2d(Tensor input, const Dropout2dFuncOptions& options) {
  return drop_channels(std::move(input), 4, options);
}
Tensor functional::dropout3d(Tensor input, const Dropout3dFuncOptions& options) {
  return drop_channels(std::move(input), 5, options);
}
Tensor functional::alpha_dropout(Tensor input, const AlphaDropoutFuncOptions& options) {
  return apply(relume::alpha_dropout, relume::alpha_dropout_, std::move(input), options);
}
Tensor functional::feature_alpha_dropout(Tensor input, const FeatureAlphaDropoutFuncOptions& options) {
  return apply(relume::feature_alpha_dropout, relume::feature_alpha_dropout_, std::move(input), options);
}

#define RELUME_DROPOUT(Name, name, FuncOptions)                                                                 \
  Name##Impl::Name##Impl(double p) : Name##Impl(Name##Options(p)) {}                                            \
  Name##Impl::Name##Impl(const Name##Options& options_) : options(options_) { check_probability(options.p()); } \
  void Name##Impl::reset() {}                                                                                   \
  void Name##Impl::pretty_print(std::ostream& stream) const {                                                   \
    detail::OptionsPrinter(stream, #Name).add("p", options.p()).add("inplace", options.inplace());              \
  }                                                                                                             \
  Tensor Name##Impl::forward(Tensor input) {                                                                    \
    return functional::name(                                                                                    \
        std::move(input),                                                                                       \
        functional::FuncOptions().p(options.p()).training(is_training()).inplace(options.inplace()));           \
  }
RELUME_DROPOUT(Dropout, dropout, DropoutFuncOptions)
RELUME_DROPOUT(Dropout1d, dropout1d, DropoutFuncOptions)
RELUME_DROPOUT(Dropout2d, dropout2d, DropoutFuncOptions)
RELUME_DROPOUT(Dropout3d, dropout3d, DropoutFuncOptions)
RELUME_DROPOUT(AlphaDropout, alpha_dropout, AlphaDropoutFuncOptions)
RELUME_DROPOUT(FeatureAlphaDropout, feature_alpha_dropout, AlphaDropoutFuncOptions)
#undef RELUME_DROPOUT

}  // namespace relume::nn
