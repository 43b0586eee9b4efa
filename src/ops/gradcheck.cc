// gradcheck and gradgradcheck: gradients against central differences, element by element.
#include "relume/gradcheck.h"

#include <algorithm>
#include <cmath>

#include "core/check.h"
#include "core/tensor_impl.h"
#include "relume/ops.h"

namespace relume::autograd {

GradcheckError::~GradcheckError() = default;

namespace checks {
namespace {

// The elements of a tensor, row-major.
std::vector<double> elements(const Tensor& tensor) {
  const Tensor dense = tensor.detach().to(kDouble).contiguous();
  const double* data = dense.data_ptr<double>();
  return std::vector<double>(data, data + dense.numel());
}

// The index of the i-th element, row-major.
DimVector index_of(int64_t i, IntArrayRef sizes) {
  DimVector index(sizes.size());
  for (size_t d = sizes.size(); d-- > 0;) {
    index[d] = i % sizes[d];
    i /= sizes[d];
  }
  return index;
}

// Moves one element of a tensor by a step while it lives. The version counter does not see it.
class Step {
 public:
  Step(const Tensor& tensor, int64_t i, double step) : tensor_(tensor) {
    const DimVector index = index_of(i, tensor.sizes());
    for (size_t d = 0; d < index.size(); ++d) offset_ += index[d] * tensor.strides()[d];
    before_ = exchange(std::nullopt);
    exchange(before_ + step);
  }
  ~Step() { exchange(before_); }
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

 private:
  double exchange(std::optional<double> value) {
    return tensor_.scalar_type() == kDouble ? exchange_as<double>(value) : exchange_as<float>(value);
  }
  template <class T>
  double exchange_as(std::optional<double> value) {
    T& element = tensor_.data_ptr<T>()[offset_];
    if (value) element = static_cast<T>(*value);
    return element;
  }

  const Tensor& tensor_;
  int64_t offset_ = 0;
  double before_;
};

// The inputs that require grad, which must be such that one element can be moved alone.
variable_list inputs_to_check(const variable_list& inputs) {
  variable_list checked;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& input = inputs[i];
    if (!input.defined() || !input.requires_grad()) continue;
    const ScalarType dtype = input.scalar_type();
    check<TypeError>(dtype == kDouble || dtype == kFloat, "gradcheck: input {} is {}, expected float64 or float32", i,
                     relume::to_string(dtype));
    for (int64_t d = 0; d < input.dim(); ++d)
      check(input.stride(d) != 0 || input.size(d) <= 1,
            "gradcheck: the {}th input has a dimension with stride 0, so that elements share memory: call contiguous()",
            i);
    checked.push_back(input);
  }
  check<ValueError>(!checked.empty(),
                    "gradcheck expects at least one input tensor to require gradient, but none of the them have "
                    "requires_grad=True.");
  return checked;
}

// Derivatives of all elements of the outputs by one element of an input: [output][element].
using Column = std::vector<std::vector<double>>;
Column differences(DifferentiableFunction& function, const variable_list& inputs, const Tensor& moved, int64_t i,
                   double eps) {
  const auto values_at = [&](double step) {
    const Step there(moved, i, step);
    Column values;
    for (const Tensor& output : function.call(inputs)) values.push_back(elements(output));
    return values;
  };
  const Column low = values_at(-eps);
  Column column = values_at(eps);
  for (size_t o = 0; o < column.size(); ++o)
    for (size_t j = 0; j < column[o].size(); ++j) column[o][j] = (column[o][j] - low[o][j]) / (2 * eps);
  return column;
}

// Derivatives of one element of an output by all elements of the inputs: [input][element]; 0 where it does not depend.
std::vector<std::vector<double>> analytic_row(const Tensor& output, int64_t j, const variable_list& checked) {
  std::vector<std::vector<double>> row;
  variable_list grads(checked.size());
  if (output.requires_grad()) {
    Tensor one = zeros({output.numel()}, output.scalar_type());
    one.select(0, j).fill_(1);
    grads = grad({output}, checked, {one.reshape(output.sizes())}, /*retain_graph=*/true, /*create_graph=*/false,
                 /*allow_unused=*/true);
  }
  for (size_t k = 0; k < checked.size(); ++k)
    row.push_back(grads[k].defined() ? elements(grads[k])
                                     : std::vector<double>(static_cast<size_t>(checked[k].numel())));
  return row;
}

void check_gradients(DifferentiableFunction& function, const variable_list& inputs, const GradcheckOptions& options) {
  const variable_list checked = inputs_to_check(inputs);
  std::vector<std::vector<Column>> numeric(checked.size());  // [input][element]
  for (size_t k = 0; k < checked.size(); ++k)
    for (int64_t i = 0; i < checked[k].numel(); ++i)
      numeric[k].push_back(differences(function, inputs, checked[k], i, options.eps));

  const variable_list outputs = function.call(inputs);
  for (size_t o = 0; o < outputs.size(); ++o) {
    if (!outputs[o].is_floating_point()) continue;
    for (int64_t j = 0; j < outputs[o].numel(); ++j) {
      const auto row = analytic_row(outputs[o], j, checked), again = analytic_row(outputs[o], j, checked);
      for (size_t k = 0; k < checked.size(); ++k)
        for (size_t i = 0; i < row[k].size(); ++i) {
          const double n = numeric[k][i][o][static_cast<size_t>(j)], a = row[k][i];
          const auto place = [&](const Tensor& tensor, int64_t at) { return index_of(at, tensor.sizes()); };
          check<GradcheckError>(
              std::abs(a - n) <= options.atol + options.rtol * std::abs(n) || a == n,
              "Jacobian mismatch for output {} with respect to input {}: the derivative of element {} "
              "by element {} is {} numerically and {} analytically",
              o, k, IntArrayRef(place(outputs[o], j)), IntArrayRef(place(checked[k], static_cast<int64_t>(i))), n, a);
          check<GradcheckError>(std::abs(a - again[k][i]) <= options.nondet_tol || a == again[k][i],
                                "Backward is not reentrant, i.e., running backward with same input and grad_output "
                                "multiple times gives different values, although analytical gradient matches numerical "
                                "gradient. The tolerance for nondeterminism was {}. Output {}, input {}: {} and {}",
                                options.nondet_tol, o, k, a, again[k][i]);
        }
    }
  }
}

// The gradients of a function, weighted by its last arguments, as a function.
struct GradientFunction final : DifferentiableFunction {
  GradientFunction(DifferentiableFunction& function, size_t inputs) : function(function), count(inputs) {}
  variable_list call(const variable_list& arguments) override {
    const AutoGradMode recording(true);
    const variable_list inputs(arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(count));
    variable_list outputs, weights, wanted, grads;
    auto weight = arguments.begin() + static_cast<std::ptrdiff_t>(count);
    for (const Tensor& output : function.call(inputs)) {
      if (!output.is_floating_point()) continue;
      if (output.requires_grad()) {
        outputs.push_back(output);
        weights.push_back(*weight);
      }
      ++weight;
    }
    std::copy_if(inputs.begin(), inputs.end(), std::back_inserter(wanted),
                 [](const Tensor& input) { return input.defined() && input.requires_grad(); });
    for (Tensor& gradient : grad(outputs, wanted, weights, /*retain_graph=*/true, /*create_graph=*/true,
                                 /*allow_unused=*/true))
      if (gradient.defined()) grads.push_back(std::move(gradient));
    return grads;
  }
  DifferentiableFunction& function;
  size_t count;
};

// Numbers in [0.5, 1.5) without a pattern, as weights of an output.
Tensor some_weights(const Tensor& output) {
  const Tensor numbers = arange(1, output.numel() + 1, TensorOptions(kDouble)) * 0.6180339887498949;
  return (numbers - numbers.floor() + 0.5).to(output.scalar_type()).reshape(output.sizes()).requires_grad_();
}

template <class F>
bool report(const GradcheckOptions& options, F&& body) {
  try {
    body();
    return true;
  } catch (const GradcheckError&) {
    if (options.raise_exception) throw;
    return false;
  }
}

}  // namespace

bool gradcheck(DifferentiableFunction& function, const variable_list& inputs, const GradcheckOptions& options) {
  const AutoGradMode recording(true);
  return report(options, [&] { check_gradients(function, inputs, options); });
}

bool gradgradcheck(DifferentiableFunction& function, const variable_list& inputs, const variable_list& grad_outputs,
                   const GradcheckOptions& options) {
  const AutoGradMode recording(true);
  inputs_to_check(inputs);
  variable_list arguments = inputs;
  const variable_list outputs = function.call(inputs);
  size_t given = 0;
  for (const Tensor& output : outputs) {
    if (!output.is_floating_point()) continue;
    check<ValueError>(grad_outputs.empty() || given < grad_outputs.size(),
                      "gradgradcheck: got {} grad_outputs for more outputs", grad_outputs.size());
    arguments.push_back(grad_outputs.empty() ? some_weights(output.detach()) : grad_outputs[given++]);
  }
  GradientFunction gradients(function, inputs.size());
  return report(options, [&] { check_gradients(gradients, arguments, options); });
}

}  // namespace checks
}  // namespace relume::autograd
