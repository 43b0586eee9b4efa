// Results written into a tensor that is there.
#include "relume/out.h"

#include <string_view>

#include "autograd/record.h"
#include "ops/elementwise.h"
#include "relume/warning.h"

namespace relume {
namespace {

// Which dtypes of out; lists of tensors are said to be of the wrong type.
enum class Refuses { EveryOther, EveryOtherButByte, Uncastable, UncastableList };

// What ops say of an out whose dtype is not the result's, of which {0} is the name, {1} that of out's, {2} and {3} are
// the names that C++ has for them, and {4} is the op's. Other ops convert where promotion would.
constexpr struct {
  const char* ops;  // each between spaces
  Refuses refuses;
  const char* text;
} kRules[] = {
    {" addmm addmv aminmax argmax argmin as_strided_copy avg_pool2d avg_pool3d baddbmm bmm cross det diag "
     "diagonal_copy expand_copy gather index_add index_copy index_reduce inverse isin linalg_cholesky "
     "linalg_cholesky_ex linalg_cross linalg_det linalg_eigh linalg_eigvalsh linalg_inv linalg_inv_ex linalg_lu "
     "linalg_lu_factor linalg_lu_factor_ex linalg_lu_solve linalg_matmul linalg_qr linalg_slogdet linalg_solve "
     "linalg_solve_ex linalg_svd linalg_svdvals linalg_vector_norm linear log_softmax lu_solve lu_unpack matmul max "
     "min mm msort mv norm permute_copy qr renorm scatter scatter_add scatter_reduce slice_scatter slogdet "
     "softmax sort squeeze_copy svd t_copy take_along_dim topk transpose_copy triangular_solve tril triu unfold_copy "
     "unsqueeze_copy view_copy ",
     Refuses::EveryOther, "Expected out tensor to have dtype {2}, but got {3} instead"},
    {" abs absolute bitwise_not ceil conj_physical fix floor frac gelu hardshrink neg negative positive round sgn sign "
     "softplus softshrink trunc ",
     Refuses::EveryOther, "Found dtype {1} but expected {0}"},
    {" arange empty eye full linspace logspace ones rand randn randperm zeros ", Refuses::EveryOther,
     "dtype {0} does not match dtype of out parameter ({1})"},
    {" cat concat concatenate column_stack dstack hstack row_stack stack vstack ", Refuses::UncastableList,
     "torch.cat(): input types can't be cast to the desired output type {1}"},
    {" cholesky cholesky_inverse cholesky_solve ", Refuses::Uncastable,
     "{4}: Expected result to be safely castable from {0} dtype, but got result with dtype {1}"},
    {" isneginf isposinf signbit ", Refuses::EveryOther, "{4} does not support non-boolean outputs."},
    {" dot vdot ", Refuses::EveryOther, "result dtype {1} does not match input dtype {0}"},
    {" cummax cummin logcumsumexp ", Refuses::EveryOther, "expected scalar_type {0} but found {1}"},
    {" index_select masked_select ", Refuses::EveryOther, "{4}(): self and result must have the same scalar type"},
    {" linalg_solve_triangular logsigmoid ", Refuses::EveryOther, "expected scalar type {0} but found {1}"},
    {" all any ", Refuses::EveryOtherButByte, "{4} only supports bool tensor for result, got: {1}"},
    {" amax amin ", Refuses::EveryOther,
     "Expected the dtype for input and out to match, but got {0} for input's dtype and {1} for out's dtype."},
    {" linalg_norm ", Refuses::EveryOther, "linalg.norm expected out tensor dtype {0} but got: {1}"},
    {" linalg_matrix_norm ", Refuses::EveryOther, "linalg.matrix_norm expected out tensor dtype {0} but got: {1}"},
    {" linalg_multi_dot ", Refuses::EveryOther, "multi_dot(): expected out tensor to have dtype {2} but got {3}"},
    {" addbmm ", Refuses::EveryOther, "self and mat2 must have the same dtype, but got {1} and {0}"},
    {" heaviside ", Refuses::EveryOther, "{4} is not yet implemented for tensors with different dtypes."},
    {" float_power ", Refuses::EveryOther,
     "the output given to {4} has dtype {1} but the operation's result requires dtype {0}"},
    {" quantile nanquantile ", Refuses::EveryOther, "quantile() out tensor must be same dtype as the input tensor"},
    {" nan_to_num ", Refuses::EveryOther, "{4}: dtype of out: {1} should be same as input: {0}"},
    {" take ", Refuses::EveryOther,
     "{4}(): self and out expected to have the same dtype, but got self.dtype = {0} and out.dtype = {1}"},
    {" multinomial ", Refuses::EveryOther, "{4} expects {0} tensor out, got: {1}"},
    {" nonzero ", Refuses::EveryOther, "{4}: Expected out tensor to have scalar type {0} but got scalar type{1}"},
    {" histc ", Refuses::EveryOther,
     "torch.histogram: input tensor and hist tensor should have the same dtype, but got input {2} and hist {3}"},
    {" logsumexp ", Refuses::Uncastable, "{4}(): Expected floating point type for result tensor, but got: {1}"},
    {" tensordot ", Refuses::EveryOther,
     "{4}: Expected the output tensor to have dtype {0}, but got an output tensor with dtype {1}"},
    {" bucketize searchsorted ", Refuses::EveryOther,
     "torch.searchsorted(): output tensor's dtype is wrong, it can only be Int(int32) or Long(int64) depending on "
     "whether out_int32 flag is True, but we got output tensor's dtype {1} and out_int32 flag is {5}"},
    {" median nanmedian ", Refuses::EveryOther,
     "Expected tensor for 'values' to have the same type as tensor for argument #2 'self'; but type torch.{1}Tensor "
     "does not equal torch.{0}Tensor (while checking arguments for median)"},
    {" kthvalue ", Refuses::EveryOther, "output values must be of same type as input"},
    {" mode ", Refuses::EveryOther, "expected scalar type '{0}' but got '{1}' for values output"},
    {" ldexp ", Refuses::Uncastable, "{4} can't be cast to the desired output type {1}"},
    {" where ", Refuses::EveryOther, "Expected out type to be {0} but got {1}"},
};

// Ops that have read their inputs before they write, so that these may lie where the result goes; and such as do not
// even let an input be where the result goes, in whole.
constexpr char kReadFirst[] =
    " all amax amin any argmax argmin avg_pool2d bmm bucketize cholesky_inverse cholesky_solve cummax cummin diag "
    "expand_copy histc inverse kron linear log_softmax logsigmoid logsumexp lu_solve matmul mean mm mv mvlgamma "
    "nanmean nanquantile nansum norm permute_copy qr quantile searchsorted slice_scatter softmax squeeze_copy std sum "
    "svd t_copy tensordot transpose_copy tril triu unfold_copy unsqueeze_copy var view_copy ";
constexpr char kApart[] =
    " cat concat concatenate cross gather index_select kthvalue linalg_cross masked_select nonzero stack take "
    "take_along_dim ";

bool lists(std::string_view names, const char* op) {
  for (size_t at = names.find(op); at != std::string_view::npos; at = names.find(op, at + 1))
    if (names[at - 1] == ' ' && names[at + std::string_view(op).size()] == ' ') return true;
  return false;
}

void check_dtype(const char* op, ScalarType dtype, ScalarType given) {
  if (dtype == given) return;
  for (const auto& rule : kRules) {
    if (!lists(rule.ops, op)) continue;
    if (rule.refuses == Refuses::EveryOther ||
        (rule.refuses == Refuses::EveryOtherButByte ? given != kByte : !can_cast(dtype, given))) {
      std::string text =
          fmt::format(fmt::runtime(rule.text), to_string(dtype), to_string(given), TypeMeta(dtype).name(),
                      TypeMeta(given).name(), op, dtype == kInt ? "True" : "False");
      if (rule.refuses == Refuses::UncastableList) throw TypeError(std::move(text));
      throw Error(std::move(text));
    }
    return;
  }
  check_can_cast(dtype, given);
}

void check_overlap(const char* op, const Tensor& out, TensorList inputs) {
  constexpr std::string_view kDecompositions = "linalg_";
  for (const Tensor& input : inputs) {
    if (input.impl()->storage != out.impl()->storage) continue;
    const bool apart = lists(kApart, op);
    if (!apart && (lists(kReadFirst, op) || std::string_view(op).starts_with(kDecompositions))) return;
    refuse_overlap(out, input, apart ? Overlap::None : Overlap::Whole);
  }
}

}  // namespace

Tensor& write_out(const char* op, Tensor& out, const Tensor& result, TensorList inputs) {
  impl_of(out, op);
  check(!result.requires_grad() && !(GradMode::is_enabled() && out.requires_grad()),
        "{}(): functions with out=... arguments don't support automatic differentiation, but one of the arguments "
        "requires grad.",
        op);
  const NoGradGuard unrecorded;
  check_dtype(op, result.scalar_type(), out.scalar_type());
  check_overlap(op, out, inputs);
  if (out.sizes() != result.sizes()) {
    if (out.numel() > 0)
      warn(fmt::format(
          "An output with one or more elements was resized since it had shape {}, which does not match the required "
          "output shape {}. This behavior is deprecated, and in a future PyTorch release outputs will not be resized "
          "unless they have zero elements. You can explicitly reuse an out tensor t by resizing it, inplace, to zero "
          "elements with t.resize_(0).",
          out.sizes(), result.sizes()));
    out.resize_(result.sizes());
  }
  return out.copy_(result);
}

}  // namespace relume
