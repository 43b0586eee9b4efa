// Products named by subscripts (einsum) and by dimensions (tensordot), and what is made of them.
#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "core/check.h"
#include "core/tensor_impl.h"
#include "ops/autocast.h"
#include "ops/composed.h"
#include "ops/dims.h"
#include "relume/ops.h"

namespace relume {
namespace {

// ---- A product of two tensors over some of their common dimensions -----------------------------------------------

int64_t product_of(IntArrayRef sizes, const std::vector<int64_t>& dims) {
  int64_t product = 1;
  for (int64_t d : dims) product *= sizes[static_cast<size_t>(d)];
  return product;
}

std::vector<int64_t> joined(std::initializer_list<const std::vector<int64_t>*> lists) {
  std::vector<int64_t> all;
  for (const auto* list : lists) all.insert(all.end(), list->begin(), list->end());
  return all;
}

// sum(left * right, dims, keepdim=True) by a batched matrix product, unless nothing is left to sum. The two have the
// same rank and sizes that broadcast; dims are in order.
Tensor product_summed(Tensor left, Tensor right, const std::vector<int64_t>& dims) {
  std::vector<int64_t> both, only_left, only_right, summed, ones;
  for (int64_t d = 0; d < left.dim(); ++d) {
    const bool in_left = left.size(d) != 1, in_right = right.size(d) != 1;
    if (std::find(dims.begin(), dims.end(), d) == dims.end()) {
      (in_left && in_right ? both : in_left ? only_left : only_right).push_back(d);
    } else if (in_left && in_right) {
      summed.push_back(d);
    } else {
      if (in_left) left = left.sum({d}, /*keepdim=*/true);
      if (in_right) right = right.sum({d}, /*keepdim=*/true);
      ones.push_back(d);
    }
  }
  if (summed.empty()) return left * right;
  const DimVector a(left.sizes()), b(right.sizes());
  const int64_t batch = product_of(a, both), terms = product_of(a, summed);
  const Tensor rows = left.permute(joined({&both, &only_left, &summed, &only_right, &ones}))
                          .reshape({batch, product_of(a, only_left), terms});
  const Tensor columns = right.permute(joined({&both, &summed, &only_right, &only_left, &ones}))
                             .reshape({batch, terms, product_of(b, only_right)});
  const std::vector<int64_t> order = joined({&both, &only_left, &only_right, &summed, &ones});
  DimVector sizes, back(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    const auto d = static_cast<size_t>(order[i]);
    const bool gone = i >= both.size() + only_left.size() + only_right.size();
    sizes.push_back(gone ? 1 : a[d] == 1 ? b[d] : a[d]);
    back[d] = static_cast<int64_t>(i);
  }
  return bmm(rows, columns).view(sizes).permute(back);
}

// ---- einsum ------------------------------------------------------------------------------------------------------

constexpr int kEllipsis = 256;  // stands for the dimensions that "..." covers

// The subscripts of an operand or of the output, in order.
using Labels = std::vector<int>;

struct Equation {
  std::vector<Labels> inputs;
  Labels output;
  bool has_output = false;
};

Labels parse_labels(std::string_view text, size_t offset) {
  Labels labels;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ' ') continue;
    if (c == '.') {
      check(text.substr(i, 3) == "...", "einsum(): found '.' that is not part of any ellipsis");
      check(std::find(labels.begin(), labels.end(), kEllipsis) == labels.end(),
            "einsum(): found '.' for operand that already has an ellipsis");
      labels.push_back(kEllipsis);
      i += 2;
      continue;
    }
    check(std::isalpha(static_cast<unsigned char>(c)) != 0,
          "einsum(): invalid subscript given at index {} in the equation string, subscripts must be in [a-zA-Z]",
          offset + i);
    labels.push_back(c);
  }
  return labels;
}

Equation parse(std::string_view equation) {
  Equation parsed;
  const size_t arrow = equation.find("->");
  std::string_view left = equation.substr(0, arrow);
  size_t offset = 0;
  while (true) {
    const size_t comma = left.find(',');
    parsed.inputs.push_back(parse_labels(left.substr(0, comma), offset));
    if (comma == std::string_view::npos) break;
    left.remove_prefix(comma + 1);
    offset += comma + 1;
  }
  if (arrow != std::string_view::npos) {
    parsed.has_output = true;
    parsed.output = parse_labels(equation.substr(arrow + 2), arrow + 2);
  }
  return parsed;
}

// Where each subscript stands in the common order of dimensions: those of the output first, in its order.
class Order {
 public:
  Order(const Equation& equation, TensorList operands) : equation_(equation) {
    count_subscripts(operands);
    const Labels output = equation.has_output ? checked_output() : implied_output();
    for (int label : output) place(label);
    output_rank_ = rank_;
    for (int label = 0; label < 256; ++label)
      if (times_[static_cast<size_t>(label)] > 0 && place_[static_cast<size_t>(label)] < 0) place(label);
    if (place_[kEllipsis] < 0 && covered_ > 0) place(kEllipsis);
  }

  int64_t rank() const { return rank_; }
  int64_t output_rank() const { return output_rank_; }
  int64_t covered() const { return covered_; }
  int64_t place_of(int label) const { return place_[static_cast<size_t>(label)]; }

 private:
  void count_subscripts(TensorList operands) {
    for (size_t i = 0; i < operands.size(); ++i) {
      const Labels& labels = equation_.inputs[i];
      const auto letters = static_cast<int64_t>(labels.size());
      const bool ellipsis = std::find(labels.begin(), labels.end(), kEllipsis) != labels.end();
      check(ellipsis ? letters - 1 <= operands[i].dim() : letters == operands[i].dim(),
            "einsum(): the number of subscripts in the equation ({}) {} the number of dimensions ({}) for operand {}{}",
            ellipsis ? letters - 1 : letters, ellipsis ? "is more than" : "does not match", operands[i].dim(), i,
            ellipsis ? "" : " and no ellipsis was given");
      if (ellipsis) covered_ = std::max(covered_, operands[i].dim() - (letters - 1));
      for (int label : labels) ++times_[static_cast<size_t>(label)];
    }
  }

  Labels checked_output() const {
    std::array<int, kEllipsis + 1> seen{};
    for (int label : equation_.output) {
      check(label == kEllipsis || times_[static_cast<size_t>(label)] > 0,
            "einsum(): output subscript {} does not appear in the equation for any input operand",
            static_cast<char>(label));
      check(++seen[static_cast<size_t>(label)] == 1,
            "einsum(): output subscript {} appears more than once in the output", static_cast<char>(label));
    }
    return equation_.output;
  }

  // Without "->": what the ellipsis covers, and the subscripts that appear once, sorted.
  Labels implied_output() const {
    Labels output = {kEllipsis};
    for (int label = 0; label < 256; ++label)
      if (times_[static_cast<size_t>(label)] == 1) output.push_back(label);
    return output;
  }

  void place(int label) {
    place_[static_cast<size_t>(label)] = rank_;
    rank_ += label == kEllipsis ? covered_ : 1;
  }

  const Equation& equation_;
  int64_t rank_ = 0, output_rank_ = 0, covered_ = 0;
  std::array<int, kEllipsis + 1> times_{};
  std::array<int64_t, kEllipsis + 1> place_ = [] {
    std::array<int64_t, kEllipsis + 1> none{};
    none.fill(-1);
    return none;
  }();
};

// The operand with its dimensions in the common order, of size 1 where it has no such subscript; where a subscript is
// repeated, the diagonal.
Tensor in_order(Tensor operand, const Labels& labels, const Order& order) {
  std::vector<int64_t> places;  // of the operand's dimensions
  for (int label : labels) {
    if (label != kEllipsis) {
      places.push_back(order.place_of(label));
      continue;
    }
    const int64_t covers = operand.dim() - static_cast<int64_t>(labels.size()) + 1;
    for (int64_t i = 0; i < covers; ++i) places.push_back(order.place_of(kEllipsis) + order.covered() - covers + i);
  }
  for (size_t i = 0; i < places.size(); ++i)
    for (size_t j = i + 1; j < places.size(); ++j) {
      if (places[i] != places[j]) continue;
      check(operand.size(static_cast<int64_t>(i)) == operand.size(static_cast<int64_t>(j)),
            "einsum(): subscript {} is repeated for an operand, but the sizes do not match, {} != {}",
            static_cast<char>(labels[i]), operand.size(static_cast<int64_t>(j)), operand.size(static_cast<int64_t>(i)));
      operand = operand.diagonal(0, static_cast<int64_t>(i), static_cast<int64_t>(j));
      operand = operand.movedim(-1, static_cast<int64_t>(i));
      places.erase(places.begin() + static_cast<std::ptrdiff_t>(j--));
    }
  std::vector<int64_t> source(static_cast<size_t>(order.rank()), -1);
  for (size_t i = 0; i < places.size(); ++i) source[static_cast<size_t>(places[i])] = static_cast<int64_t>(i);
  for (int64_t& from : source) {
    if (from >= 0) continue;
    from = operand.dim();
    operand = operand.unsqueeze(-1);
  }
  return operand.permute(source);
}

void check_broadcast(const std::vector<Tensor>& operands, const std::vector<Labels>& labels, const Order& order) {
  for (int64_t d = 0; d < order.rank(); ++d) {
    int64_t seen = 1;
    for (size_t i = 0; i < operands.size(); ++i) {
      const int64_t size = operands[i].size(d);
      char name = '.';
      for (int label : labels[i])
        if (label != kEllipsis && order.place_of(label) == d) name = static_cast<char>(label);
      check(size == 1 || seen == 1 || size == seen,
            "einsum(): subscript {} has size {} for operand {} which does not broadcast with previously seen size {}",
            name, size, i, seen);
      if (size != 1) seen = size;
    }
  }
}

}  // namespace

// The sum over all subscripts that the output lacks of the product of the operands' elements: "bij,bjk->bik". Operands
// are multiplied from left to right. Without "->" the output has the subscripts that appear once, in alphabetical
// order.
Tensor einsum(std::string_view equation, TensorList tensors) {
  if (const Autocast cast(CastTo::ScopeDtype); cast) return einsum(equation, cast(tensors));
  check(!tensors.empty(), "einsum(): must provide at least one operand");
  for (const Tensor& tensor : tensors) impl_of(tensor, "einsum");
  const Equation parsed = parse(equation);
  check(parsed.inputs.size() >= tensors.size(), "einsum(): more operands were provided than specified in the equation");
  check(parsed.inputs.size() <= tensors.size(),
        "einsum(): fewer operands were provided than specified in the equation");
  const Order order(parsed, tensors);
  std::vector<Tensor> operands;
  for (size_t i = 0; i < tensors.size(); ++i) operands.push_back(in_order(tensors[i], parsed.inputs[i], order));
  check_broadcast(operands, parsed.inputs, order);

  // A dimension is summed as soon as no operand that comes later has it.
  const auto ends_with = [&](size_t i) {
    std::vector<int64_t> dims;
    for (int64_t d = order.output_rank(); d < order.rank(); ++d) {
      size_t last = operands.size() - 1;
      for (size_t k = 0; k < operands.size(); ++k)
        if (operands[k].size(d) != 1) last = k;
      if (last == i) dims.push_back(d);
    }
    return dims;
  };
  Tensor result = operands[0];
  if (const auto dims = ends_with(0); !dims.empty()) result = result.sum(dims, /*keepdim=*/true);
  for (size_t i = 1; i < operands.size(); ++i) result = product_summed(result, operands[i], ends_with(i));
  return order.rank() == order.output_rank()
             ? result
             : result.reshape(result.sizes().slice(0, static_cast<size_t>(order.output_rank())));
}

// The sum over pairs of dimensions: result[free of self..., free of other...].
Tensor tensordot(const Tensor& self, const Tensor& other, IntArrayRef dims_self, IntArrayRef dims_other) {
  if (const Autocast cast(CastTo::ScopeDtype); cast) return tensordot(cast(self), cast(other), dims_self, dims_other);
  check(dims_self.size() == dims_other.size(), "both dimension lists should have same length");
  check(impl_of(self, "tensordot").dtype == impl_of(other, "tensordot").dtype, "both inputs should have same dtype");
  Tensor left = self, right = other;
  std::vector<int64_t> first, second;
  for (size_t i = 0; i < dims_self.size(); ++i) {
    first.push_back(wrap_dim(dims_self[i], self.dim()));
    second.push_back(wrap_dim(dims_other[i], other.dim()));
    const int64_t a = self.size(first[i]), b = other.size(second[i]);
    check(a == b || a == 1 || b == 1,
          "contracted dimensions need to match, but first has size {} in dim {} and second has size {} in dim {}", a,
          dims_self[i], b, dims_other[i]);
    // What is to be multiplied by the same number is summed before.
    if (a > 1 && b == 1) left = left.sum({first[i]}, true, left.scalar_type());
    if (a == 1 && b > 1) right = right.sum({second[i]}, true, right.scalar_type());
  }
  const auto not_among = [](IntArrayRef dims, int64_t rank) {
    std::vector<int64_t> others;
    const DimSet among = dims.empty() ? 0 : dim_set(dims, rank);
    for (int64_t d = 0; d < rank; ++d)
      if (!contains(among, static_cast<size_t>(d))) others.push_back(d);
    return others;
  };
  const std::vector<int64_t> free_first = not_among(first, self.dim()), free_second = not_among(second, other.dim());
  DimVector sizes;
  for (int64_t d : free_first) sizes.push_back(self.size(d));
  for (int64_t d : free_second) sizes.push_back(other.size(d));
  const int64_t terms = product_of(left.sizes(), first);
  const Tensor rows =
      left.permute(joined({&free_first, &first})).reshape({product_of(self.sizes(), free_first), terms});
  const Tensor columns =
      right.permute(joined({&second, &free_second})).reshape({terms, product_of(other.sizes(), free_second)});
  return mm(rows, columns).view(sizes);
}

// result[..., o] = sum_{i, j} input1[..., i] weight[o, i, j] input2[..., j] + bias[o].
Tensor bilinear(const Tensor& input1, const Tensor& input2, const Tensor& weight, const Tensor& bias) {
  const AutocastPause pause;  // PyTorch computes it with its arguments as they are, and einsum would cast them
  const int64_t rank = impl_of(input1, "bilinear").dim();
  check(rank == impl_of(input2, "bilinear").dim(), "bilinear(): input dimensions do not match: got {} and {}", rank,
        input2.dim());
  for (int64_t d = 0; d + 1 < rank; ++d)
    check(input1.size(d) == input2.size(d), "bilinear(): input batch dimensions do not match at dim {}: got {} and {}",
          d, input1.size(d), input2.size(d));
  check(impl_of(weight, "bilinear").dim() == 3, "bilinear(): expected a 3-D weight, got {}-D {}", weight.dim(),
        weight.sizes());
  check(input1.size(-1) == weight.size(1), "bilinear(): input1 size does not match weight size: got {} but expected {}",
        input1.size(-1), weight.size(1));
  check(input2.size(-1) == weight.size(2), "bilinear(): input2 size does not match weight size: got {} but expected {}",
        input2.size(-1), weight.size(2));
  check(!bias.defined() || bias.size(0) == weight.size(0),
        "bilinear(): bias size does not match weight size: got {} but expected {}", bias.defined() ? bias.size(0) : 0,
        weight.size(0));
  const Tensor result = einsum("...i,oij,...j->...o", std::vector<Tensor>{input1, weight, input2});
  return bias.defined() ? result + bias : result;
}

// x1 . x2 / (max(|x1|, eps) max(|x2|, eps)) along a dimension.
Tensor cosine_similarity(const Tensor& x1, const Tensor& x2, int64_t dim, double eps) {
  impl_of(x1, "cosine_similarity"), impl_of(x2, "cosine_similarity");
  const auto unit = [&](const Tensor& x) { return x / x.norm(2, {dim}, /*keepdim=*/true).clamp_min(eps); };
  const std::vector<Tensor> both = broadcast_tensors({x1, x2});  // dim counts in the common shape
  return (unit(both[0]) * unit(both[1])).sum({dim});
}

// The p-norm of x1 - x2 + eps along the last dimension.
Tensor pairwise_distance(const Tensor& x1, const Tensor& x2, double p, double eps, bool keepdim) {
  impl_of(x1, "pairwise_distance"), impl_of(x2, "pairwise_distance");
  return named("NormBackward1", (x1 - x2 + eps).norm(p, {-1}, keepdim));
}

}  // namespace relume
