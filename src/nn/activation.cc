// Activations as modules and as functions with options: the point-wise ones from the rows of activations.inc.
#include "relume/nn/activation.h"

#include <cstring>
#include <ostream>

#include "core/check.h"
#include "nn/print.h"
#include "ops/consuming.h"
#include "relume/activations.h"
#include "relume/nn/functional.h"
#include "relume/nn/init.h"
#include "relume/ops.h"

namespace relume::nn {
namespace {

// A name says what a number is, but for the one parameter of the shrinking functions; texts are not shown.
void print_option(detail::OptionsPrinter& printer, const char* name, double value) {
  if (std::strcmp(name, "lambda") == 0)
    printer.add(value);
  else
    printer.add(name, value);
}
void print_option(detail::OptionsPrinter&, const char*, const std::string&) {}

// What a module refuses when it is made; its function may take it.
template <class Options>
void check_module(const Options&) {}
void check_module(const HardtanhOptions& options) {
  check(options.max_val() > options.min_val(), "max_val must be greater than min_val");
}

}  // namespace

// What each option of a row becomes in the code below.
#define RELUME_EACH_DECLARE_A(type, name, value) type name, RELUME_EACH_DECLARE_B
#define RELUME_EACH_DECLARE_B(type, name, value) type name, RELUME_EACH_DECLARE_A
#define RELUME_EACH_DECLARE_A_END
#define RELUME_EACH_DECLARE_B_END
#define RELUME_EACH_PASS_A(type, name, value) std::move(name), RELUME_EACH_PASS_B
#define RELUME_EACH_PASS_B(type, name, value) std::move(name), RELUME_EACH_PASS_A
#define RELUME_EACH_PASS_A_END
#define RELUME_EACH_PASS_B_END
#define RELUME_EACH_VALUE_A(type, name, value) , options.name() RELUME_EACH_VALUE_B
#define RELUME_EACH_VALUE_B(type, name, value) , options.name() RELUME_EACH_VALUE_A
#define RELUME_EACH_VALUE_A_END
#define RELUME_EACH_VALUE_B_END
#define RELUME_EACH_PRINT_A(type, name, value)  \
  print_option(printer, #name, options.name()); \
  RELUME_EACH_PRINT_B
#define RELUME_EACH_PRINT_B(type, name, value)  \
  print_option(printer, #name, options.name()); \
  RELUME_EACH_PRINT_A
#define RELUME_EACH_PRINT_A_END
#define RELUME_EACH_PRINT_B_END
// What the kinds of in-place form add.
#define RELUME_DECLARE_Option bool inplace
#define RELUME_DECLARE_Function detail::NoMoreOptions none
#define RELUME_DECLARE_None detail::NoMoreOptions none
#define RELUME_PASS_Option inplace
#define RELUME_PASS_Function none
#define RELUME_PASS_None none
#define RELUME_PRINT_Option \
  if (options.inplace()) printer.add("inplace", true);
#define RELUME_PRINT_Function
#define RELUME_PRINT_None
#define RELUME_IN_PLACE_Option(call) \
  if (options.inplace()) return relume::call;
#define RELUME_IN_PLACE_Function(call)
#define RELUME_IN_PLACE_None(call)

// clang-format off
#define RELUME_OPTION(type, name, value) (type, name, value)
#define RELUME_ACTIVATION(function, Name, in_place, list)                                      \
  Name##Impl::Name##Impl(RELUME_EACH(DECLARE, list) RELUME_DECLARE_##in_place)                 \
      : options(RELUME_EACH(PASS, list) RELUME_PASS_##in_place) {                              \
    Name##Impl::reset();                                                                       \
  }                                                                                            \
  Name##Impl::Name##Impl(const Name##Options& options_) : options(options_) {                  \
    Name##Impl::reset();                                                                       \
  }                                                                                            \
  void Name##Impl::reset() { check_module(options); }                                          \
  void Name##Impl::pretty_print(std::ostream& stream) const {                                  \
    detail::OptionsPrinter printer(stream, #Name);                                             \
    RELUME_EACH(PRINT, list) RELUME_PRINT_##in_place                                           \
  }                                                                                            \
  Tensor Name##Impl::forward(Tensor input) {                                                   \
    return functional::function(std::move(input), options);                                    \
  }                                                                                            \
  Tensor functional::function(Tensor input, [[maybe_unused]] const Name##FuncOptions& options) { \
    RELUME_IN_PLACE_##in_place(function##_(input RELUME_EACH(VALUE, list)))                    \
    return consuming::function(std::move(input) RELUME_EACH(VALUE, list));                     \
  }
// clang-format on
#include "relume/activations.inc"

// Those that look at more than one element.

#define RELUME_SOFTMAX_MODULE(Name, name)                                                                      \
  Name##Impl::Name##Impl(int64_t dim) : options(dim) {}                                                        \
  Name##Impl::Name##Impl(const Name##Options& options_) : options(options_) {}                                 \
  void Name##Impl::reset() {}                                                                                  \
  void Name##Impl::pretty_print(std::ostream& stream) const {                                                  \
    detail::OptionsPrinter(stream, #Name).add("dim", options.dim());                                           \
  }                                                                                                            \
  Tensor Name##Impl::forward(const Tensor& input) { return relume::name(input, options.dim(), std::nullopt); } \
  Tensor functional::name(const Tensor& input, const Name##FuncOptions& options) {                             \
    return relume::name(input, options.dim(), options.dtype());                                                \
  }
RELUME_SOFTMAX_MODULE(Softmax, softmax)
RELUME_SOFTMAX_MODULE(Softmin, softmin)
RELUME_SOFTMAX_MODULE(LogSoftmax, log_softmax)
#undef RELUME_SOFTMAX_MODULE

Softmax2dImpl::Softmax2dImpl() = default;
void Softmax2dImpl::reset() {}
void Softmax2dImpl::pretty_print(std::ostream& stream) const { detail::OptionsPrinter(stream, "Softmax2d"); }
Tensor Softmax2dImpl::forward(const Tensor& input) {
  check<ValueError>(input.dim() == 3 || input.dim() == 4, "Softmax2d requires a 3D or 4D tensor as input");
  return relume::softmax(input, -3, std::nullopt);
}

GLUImpl::GLUImpl(int64_t dim) : options(dim) {}
GLUImpl::GLUImpl(const GLUOptions& options_) : options(options_) {}
void GLUImpl::reset() {}
void GLUImpl::pretty_print(std::ostream& stream) const {
  detail::OptionsPrinter(stream, "GLU").add("dim", options.dim());
}
Tensor GLUImpl::forward(const Tensor& input) { return relume::glu(input, options.dim()); }
Tensor functional::glu(const Tensor& input, const GLUFuncOptions& options) { return relume::glu(input, options.dim()); }

RReLUImpl::RReLUImpl() : RReLUImpl(RReLUOptions()) {}
RReLUImpl::RReLUImpl(const RReLUOptions& options_) : options(options_) {}
void RReLUImpl::reset() {}
void RReLUImpl::pretty_print(std::ostream& stream) const {
  detail::OptionsPrinter(stream, "RReLU")
      .add("lower", options.lower())
      .add("upper", options.upper())
      .add_unless(!options.inplace(), "inplace", options.inplace());
}
Tensor RReLUImpl::forward(Tensor input) {
  return functional::rrelu(input, functional::RReLUFuncOptions()
                                      .lower(options.lower())
                                      .upper(options.upper())
                                      .training(is_training())
                                      .inplace(options.inplace()));
}
Tensor functional::rrelu(const Tensor& input, const RReLUFuncOptions& options) {
  Tensor self = input;
  if (options.inplace()) return relume::rrelu_(self, options.lower(), options.upper(), options.training());
  return relume::rrelu(self, options.lower(), options.upper(), options.training());
}

PReLUImpl::PReLUImpl(const PReLUOptions& options_) : options(options_) { PReLUImpl::reset(); }
void PReLUImpl::reset() {
  weight = register_parameter("weight", relume::full({options.num_parameters()}, options.init(), get_default_dtype()));
}
void PReLUImpl::pretty_print(std::ostream& stream) const {
  detail::OptionsPrinter(stream, "PReLU").add("num_parameters", options.num_parameters());
}
Tensor PReLUImpl::forward(const Tensor& input) { return relume::prelu(input, weight); }
Tensor functional::prelu(const Tensor& input, const Tensor& weight) { return relume::prelu(input, weight); }

Tensor functional::gumbel_softmax(const Tensor& logits, const GumbelSoftmaxFuncOptions& options) {
  const Tensor noise = relume::empty_like(logits).exponential_().log().neg();
  const Tensor soft = ((logits + noise) / options.tau()).softmax(options.dim());
  if (!options.hard()) return soft;
  const Tensor index = std::get<1>(soft.max(options.dim(), true));
  const Tensor hard = relume::zeros_like(logits).scatter(options.dim(), index, 1.0);
  return hard - soft.detach() + soft;
}

}  // namespace relume::nn
