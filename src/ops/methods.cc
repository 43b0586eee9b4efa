// The methods of Tensor call the ops.
// Made from src/ops/table.txt by tools/generate_ops.py; not edited by hand.
#include "ops/methods.h"

namespace relume {

Tensor Tensor::add(const Tensor& other, const Scalar& alpha) const {
  return relume::add(*this, other, alpha);
}

Tensor& Tensor::add_(const Tensor& other, const Scalar& alpha) const {
  return relume::add_(const_cast<Tensor&>(*this), other, alpha);
}

Tensor Tensor::add(const Scalar& other, const Scalar& alpha) const {
  return relume::add(*this, other, alpha);
}

Tensor& Tensor::add_(const Scalar& other, const Scalar& alpha) const {
  return relume::add_(const_cast<Tensor&>(*this), other, alpha);
}

Tensor Tensor::sub(const Tensor& other, const Scalar& alpha) const {
  return relume::sub(*this, other, alpha);
}

Tensor& Tensor::sub_(const Tensor& other, const Scalar& alpha) const {
  return relume::sub_(const_cast<Tensor&>(*this), other, alpha);
}

Tensor Tensor::sub(const Scalar& other, const Scalar& alpha) const {
  return relume::sub(*this, other, alpha);
}

Tensor& Tensor::sub_(const Scalar& other, const Scalar& alpha) const {
  return relume::sub_(const_cast<Tensor&>(*this), other, alpha);
}

Tensor Tensor::mul(const Tensor& other) const {
  return relume::mul(*this, other);
}

Tensor& Tensor::mul_(const Tensor& other) const {
  return relume::mul_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::mul(const Scalar& other) const {
  return relume::mul(*this, other);
}

Tensor& Tensor::mul_(const Scalar& other) const {
  return relume::mul_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::div(const Tensor& other) const {
  return relume::div(*this, other);
}

Tensor& Tensor::div_(const Tensor& other) const {
  return relume::div_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::div(const Scalar& other) const {
  return relume::div(*this, other);
}

Tensor& Tensor::div_(const Scalar& other) const {
  return relume::div_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::div(const Tensor& other, std::optional<std::string_view> rounding_mode) const {
  return relume::div(*this, other, rounding_mode);
}

Tensor& Tensor::div_(const Tensor& other, std::optional<std::string_view> rounding_mode) const {
  return relume::div_(const_cast<Tensor&>(*this), other, rounding_mode);
}

Tensor Tensor::div(const Scalar& other, std::optional<std::string_view> rounding_mode) const {
  return relume::div(*this, other, rounding_mode);
}

Tensor& Tensor::div_(const Scalar& other, std::optional<std::string_view> rounding_mode) const {
  return relume::div_(const_cast<Tensor&>(*this), other, rounding_mode);
}

Tensor Tensor::floor_divide(const Tensor& other) const {
  return relume::floor_divide(*this, other);
}

Tensor& Tensor::floor_divide_(const Tensor& other) const {
  return relume::floor_divide_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::floor_divide(const Scalar& other) const {
  return relume::floor_divide(*this, other);
}

Tensor& Tensor::floor_divide_(const Scalar& other) const {
  return relume::floor_divide_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::remainder(const Tensor& other) const {
  return relume::remainder(*this, other);
}

Tensor& Tensor::remainder_(const Tensor& other) const {
  return relume::remainder_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::remainder(const Scalar& other) const {
  return relume::remainder(*this, other);
}

Tensor& Tensor::remainder_(const Scalar& other) const {
  return relume::remainder_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::fmod(const Tensor& other) const {
  return relume::fmod(*this, other);
}

Tensor& Tensor::fmod_(const Tensor& other) const {
  return relume::fmod_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::fmod(const Scalar& other) const {
  return relume::fmod(*this, other);
}

Tensor& Tensor::fmod_(const Scalar& other) const {
  return relume::fmod_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::pow(const Tensor& exponent) const {
  return relume::pow(*this, exponent);
}

Tensor& Tensor::pow_(const Tensor& exponent) const {
  return relume::pow_(const_cast<Tensor&>(*this), exponent);
}

Tensor Tensor::pow(const Scalar& exponent) const {
  return relume::pow(*this, exponent);
}

Tensor& Tensor::pow_(const Scalar& exponent) const {
  return relume::pow_(const_cast<Tensor&>(*this), exponent);
}

Tensor Tensor::float_power(const Tensor& exponent) const {
  return relume::float_power(*this, exponent);
}

Tensor& Tensor::float_power_(const Tensor& exponent) const {
  return relume::float_power_(const_cast<Tensor&>(*this), exponent);
}

Tensor Tensor::float_power(const Scalar& exponent) const {
  return relume::float_power(*this, exponent);
}

Tensor& Tensor::float_power_(const Scalar& exponent) const {
  return relume::float_power_(const_cast<Tensor&>(*this), exponent);
}

Tensor Tensor::maximum(const Tensor& other) const {
  return relume::maximum(*this, other);
}

Tensor Tensor::minimum(const Tensor& other) const {
  return relume::minimum(*this, other);
}

Tensor Tensor::fmax(const Tensor& other) const {
  return relume::fmax(*this, other);
}

Tensor Tensor::fmin(const Tensor& other) const {
  return relume::fmin(*this, other);
}

Tensor Tensor::atan2(const Tensor& other) const {
  return relume::atan2(*this, other);
}

Tensor& Tensor::atan2_(const Tensor& other) const {
  return relume::atan2_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::hypot(const Tensor& other) const {
  return relume::hypot(*this, other);
}

Tensor& Tensor::hypot_(const Tensor& other) const {
  return relume::hypot_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::copysign(const Tensor& other) const {
  return relume::copysign(*this, other);
}

Tensor& Tensor::copysign_(const Tensor& other) const {
  return relume::copysign_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::copysign(const Scalar& other) const {
  return relume::copysign(*this, other);
}

Tensor& Tensor::copysign_(const Scalar& other) const {
  return relume::copysign_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::xlogy(const Tensor& other) const {
  return relume::xlogy(*this, other);
}

Tensor& Tensor::xlogy_(const Tensor& other) const {
  return relume::xlogy_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::xlogy(const Scalar& other) const {
  return relume::xlogy(*this, other);
}

Tensor& Tensor::xlogy_(const Scalar& other) const {
  return relume::xlogy_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::lerp(const Tensor& end, const Scalar& weight) const {
  return relume::lerp(*this, end, weight);
}

Tensor& Tensor::lerp_(const Tensor& end, const Scalar& weight) const {
  return relume::lerp_(const_cast<Tensor&>(*this), end, weight);
}

Tensor Tensor::lerp(const Tensor& end, const Tensor& weight) const {
  return relume::lerp(*this, end, weight);
}

Tensor& Tensor::lerp_(const Tensor& end, const Tensor& weight) const {
  return relume::lerp_(const_cast<Tensor&>(*this), end, weight);
}

Tensor Tensor::addcmul(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) const {
  return relume::addcmul(*this, tensor1, tensor2, value);
}

Tensor& Tensor::addcmul_(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) const {
  return relume::addcmul_(const_cast<Tensor&>(*this), tensor1, tensor2, value);
}

Tensor Tensor::addcdiv(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) const {
  return relume::addcdiv(*this, tensor1, tensor2, value);
}

Tensor& Tensor::addcdiv_(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) const {
  return relume::addcdiv_(const_cast<Tensor&>(*this), tensor1, tensor2, value);
}

Tensor Tensor::clamp(const std::optional<Scalar>& min, const std::optional<Scalar>& max) const {
  return relume::clamp(*this, min, max);
}

Tensor& Tensor::clamp_(const std::optional<Scalar>& min, const std::optional<Scalar>& max) const {
  return relume::clamp_(const_cast<Tensor&>(*this), min, max);
}

Tensor Tensor::clamp(const Tensor& min, const Tensor& max) const {
  return relume::clamp(*this, min, max);
}

Tensor& Tensor::clamp_(const Tensor& min, const Tensor& max) const {
  return relume::clamp_(const_cast<Tensor&>(*this), min, max);
}

Tensor Tensor::clip(const std::optional<Scalar>& min, const std::optional<Scalar>& max) const {
  return relume::clip(*this, min, max);
}

Tensor& Tensor::clip_(const std::optional<Scalar>& min, const std::optional<Scalar>& max) const {
  return relume::clip_(const_cast<Tensor&>(*this), min, max);
}

Tensor Tensor::clamp_min(const Scalar& min) const {
  return relume::clamp_min(*this, min);
}

Tensor& Tensor::clamp_min_(const Scalar& min) const {
  return relume::clamp_min_(const_cast<Tensor&>(*this), min);
}

Tensor Tensor::clamp_min(const Tensor& min) const {
  return relume::clamp_min(*this, min);
}

Tensor& Tensor::clamp_min_(const Tensor& min) const {
  return relume::clamp_min_(const_cast<Tensor&>(*this), min);
}

Tensor Tensor::clamp_max(const Scalar& max) const {
  return relume::clamp_max(*this, max);
}

Tensor& Tensor::clamp_max_(const Scalar& max) const {
  return relume::clamp_max_(const_cast<Tensor&>(*this), max);
}

Tensor Tensor::clamp_max(const Tensor& max) const {
  return relume::clamp_max(*this, max);
}

Tensor& Tensor::clamp_max_(const Tensor& max) const {
  return relume::clamp_max_(const_cast<Tensor&>(*this), max);
}

Tensor Tensor::bitwise_and(const Tensor& other) const {
  return relume::bitwise_and(*this, other);
}

Tensor& Tensor::bitwise_and_(const Tensor& other) const {
  return relume::bitwise_and_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::bitwise_and(const Scalar& other) const {
  return relume::bitwise_and(*this, other);
}

Tensor& Tensor::bitwise_and_(const Scalar& other) const {
  return relume::bitwise_and_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::bitwise_or(const Tensor& other) const {
  return relume::bitwise_or(*this, other);
}

Tensor& Tensor::bitwise_or_(const Tensor& other) const {
  return relume::bitwise_or_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::bitwise_or(const Scalar& other) const {
  return relume::bitwise_or(*this, other);
}

Tensor& Tensor::bitwise_or_(const Scalar& other) const {
  return relume::bitwise_or_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::bitwise_xor(const Tensor& other) const {
  return relume::bitwise_xor(*this, other);
}

Tensor& Tensor::bitwise_xor_(const Tensor& other) const {
  return relume::bitwise_xor_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::bitwise_xor(const Scalar& other) const {
  return relume::bitwise_xor(*this, other);
}

Tensor& Tensor::bitwise_xor_(const Scalar& other) const {
  return relume::bitwise_xor_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::bitwise_left_shift(const Tensor& other) const {
  return relume::bitwise_left_shift(*this, other);
}

Tensor& Tensor::bitwise_left_shift_(const Tensor& other) const {
  return relume::bitwise_left_shift_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::bitwise_left_shift(const Scalar& other) const {
  return relume::bitwise_left_shift(*this, other);
}

Tensor& Tensor::bitwise_left_shift_(const Scalar& other) const {
  return relume::bitwise_left_shift_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::bitwise_right_shift(const Tensor& other) const {
  return relume::bitwise_right_shift(*this, other);
}

Tensor& Tensor::bitwise_right_shift_(const Tensor& other) const {
  return relume::bitwise_right_shift_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::bitwise_right_shift(const Scalar& other) const {
  return relume::bitwise_right_shift(*this, other);
}

Tensor& Tensor::bitwise_right_shift_(const Scalar& other) const {
  return relume::bitwise_right_shift_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::bitwise_not() const {
  return relume::bitwise_not(*this);
}

Tensor& Tensor::bitwise_not_() const {
  return relume::bitwise_not_(const_cast<Tensor&>(*this));
}

Tensor Tensor::logical_and(const Tensor& other) const {
  return relume::logical_and(*this, other);
}

Tensor& Tensor::logical_and_(const Tensor& other) const {
  return relume::logical_and_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::logical_or(const Tensor& other) const {
  return relume::logical_or(*this, other);
}

Tensor& Tensor::logical_or_(const Tensor& other) const {
  return relume::logical_or_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::logical_xor(const Tensor& other) const {
  return relume::logical_xor(*this, other);
}

Tensor& Tensor::logical_xor_(const Tensor& other) const {
  return relume::logical_xor_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::logical_not() const {
  return relume::logical_not(*this);
}

Tensor& Tensor::logical_not_() const {
  return relume::logical_not_(const_cast<Tensor&>(*this));
}

Tensor Tensor::eq(const Tensor& other) const {
  return relume::eq(*this, other);
}

Tensor& Tensor::eq_(const Tensor& other) const {
  return relume::eq_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::eq(const Scalar& other) const {
  return relume::eq(*this, other);
}

Tensor& Tensor::eq_(const Scalar& other) const {
  return relume::eq_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::ne(const Tensor& other) const {
  return relume::ne(*this, other);
}

Tensor& Tensor::ne_(const Tensor& other) const {
  return relume::ne_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::ne(const Scalar& other) const {
  return relume::ne(*this, other);
}

Tensor& Tensor::ne_(const Scalar& other) const {
  return relume::ne_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::lt(const Tensor& other) const {
  return relume::lt(*this, other);
}

Tensor& Tensor::lt_(const Tensor& other) const {
  return relume::lt_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::lt(const Scalar& other) const {
  return relume::lt(*this, other);
}

Tensor& Tensor::lt_(const Scalar& other) const {
  return relume::lt_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::le(const Tensor& other) const {
  return relume::le(*this, other);
}

Tensor& Tensor::le_(const Tensor& other) const {
  return relume::le_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::le(const Scalar& other) const {
  return relume::le(*this, other);
}

Tensor& Tensor::le_(const Scalar& other) const {
  return relume::le_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::gt(const Tensor& other) const {
  return relume::gt(*this, other);
}

Tensor& Tensor::gt_(const Tensor& other) const {
  return relume::gt_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::gt(const Scalar& other) const {
  return relume::gt(*this, other);
}

Tensor& Tensor::gt_(const Scalar& other) const {
  return relume::gt_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::ge(const Tensor& other) const {
  return relume::ge(*this, other);
}

Tensor& Tensor::ge_(const Tensor& other) const {
  return relume::ge_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::ge(const Scalar& other) const {
  return relume::ge(*this, other);
}

Tensor& Tensor::ge_(const Scalar& other) const {
  return relume::ge_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::isclose(const Tensor& other, double rtol, double atol, bool equal_nan) const {
  return relume::isclose(*this, other, rtol, atol, equal_nan);
}

bool Tensor::allclose(const Tensor& other, double rtol, double atol, bool equal_nan) const {
  return relume::allclose(*this, other, rtol, atol, equal_nan);
}

bool Tensor::equal(const Tensor& other) const {
  return relume::equal(*this, other);
}

bool Tensor::is_nonzero() const {
  return relume::is_nonzero(*this);
}

Tensor Tensor::isnan() const {
  return relume::isnan(*this);
}

Tensor Tensor::isinf() const {
  return relume::isinf(*this);
}

Tensor Tensor::isfinite() const {
  return relume::isfinite(*this);
}

Tensor Tensor::abs() const {
  return relume::abs(*this);
}

Tensor& Tensor::abs_() const {
  return relume::abs_(const_cast<Tensor&>(*this));
}

Tensor Tensor::absolute() const {
  return relume::absolute(*this);
}

Tensor& Tensor::absolute_() const {
  return relume::absolute_(const_cast<Tensor&>(*this));
}

Tensor Tensor::neg() const {
  return relume::neg(*this);
}

Tensor& Tensor::neg_() const {
  return relume::neg_(const_cast<Tensor&>(*this));
}

Tensor Tensor::negative() const {
  return relume::negative(*this);
}

Tensor& Tensor::negative_() const {
  return relume::negative_(const_cast<Tensor&>(*this));
}

Tensor Tensor::positive() const {
  return relume::positive(*this);
}

Tensor Tensor::sign() const {
  return relume::sign(*this);
}

Tensor& Tensor::sign_() const {
  return relume::sign_(const_cast<Tensor&>(*this));
}

Tensor Tensor::sgn() const {
  return relume::sgn(*this);
}

Tensor& Tensor::sgn_() const {
  return relume::sgn_(const_cast<Tensor&>(*this));
}

Tensor Tensor::exp() const {
  return relume::exp(*this);
}

Tensor& Tensor::exp_() const {
  return relume::exp_(const_cast<Tensor&>(*this));
}

Tensor Tensor::exp2() const {
  return relume::exp2(*this);
}

Tensor& Tensor::exp2_() const {
  return relume::exp2_(const_cast<Tensor&>(*this));
}

Tensor Tensor::expm1() const {
  return relume::expm1(*this);
}

Tensor& Tensor::expm1_() const {
  return relume::expm1_(const_cast<Tensor&>(*this));
}

Tensor Tensor::log() const {
  return relume::log(*this);
}

Tensor& Tensor::log_() const {
  return relume::log_(const_cast<Tensor&>(*this));
}

Tensor Tensor::log2() const {
  return relume::log2(*this);
}

Tensor& Tensor::log2_() const {
  return relume::log2_(const_cast<Tensor&>(*this));
}

Tensor Tensor::log10() const {
  return relume::log10(*this);
}

Tensor& Tensor::log10_() const {
  return relume::log10_(const_cast<Tensor&>(*this));
}

Tensor Tensor::log1p() const {
  return relume::log1p(*this);
}

Tensor& Tensor::log1p_() const {
  return relume::log1p_(const_cast<Tensor&>(*this));
}

Tensor Tensor::sqrt() const {
  return relume::sqrt(*this);
}

Tensor& Tensor::sqrt_() const {
  return relume::sqrt_(const_cast<Tensor&>(*this));
}

Tensor Tensor::rsqrt() const {
  return relume::rsqrt(*this);
}

Tensor& Tensor::rsqrt_() const {
  return relume::rsqrt_(const_cast<Tensor&>(*this));
}

Tensor Tensor::square() const {
  return relume::square(*this);
}

Tensor& Tensor::square_() const {
  return relume::square_(const_cast<Tensor&>(*this));
}

Tensor Tensor::reciprocal() const {
  return relume::reciprocal(*this);
}

Tensor& Tensor::reciprocal_() const {
  return relume::reciprocal_(const_cast<Tensor&>(*this));
}

Tensor Tensor::sin() const {
  return relume::sin(*this);
}

Tensor& Tensor::sin_() const {
  return relume::sin_(const_cast<Tensor&>(*this));
}

Tensor Tensor::cos() const {
  return relume::cos(*this);
}

Tensor& Tensor::cos_() const {
  return relume::cos_(const_cast<Tensor&>(*this));
}

Tensor Tensor::tan() const {
  return relume::tan(*this);
}

Tensor& Tensor::tan_() const {
  return relume::tan_(const_cast<Tensor&>(*this));
}

Tensor Tensor::asin() const {
  return relume::asin(*this);
}

Tensor& Tensor::asin_() const {
  return relume::asin_(const_cast<Tensor&>(*this));
}

Tensor Tensor::acos() const {
  return relume::acos(*this);
}

Tensor& Tensor::acos_() const {
  return relume::acos_(const_cast<Tensor&>(*this));
}

Tensor Tensor::atan() const {
  return relume::atan(*this);
}

Tensor& Tensor::atan_() const {
  return relume::atan_(const_cast<Tensor&>(*this));
}

Tensor Tensor::sinh() const {
  return relume::sinh(*this);
}

Tensor& Tensor::sinh_() const {
  return relume::sinh_(const_cast<Tensor&>(*this));
}

Tensor Tensor::cosh() const {
  return relume::cosh(*this);
}

Tensor& Tensor::cosh_() const {
  return relume::cosh_(const_cast<Tensor&>(*this));
}

Tensor Tensor::asinh() const {
  return relume::asinh(*this);
}

Tensor& Tensor::asinh_() const {
  return relume::asinh_(const_cast<Tensor&>(*this));
}

Tensor Tensor::acosh() const {
  return relume::acosh(*this);
}

Tensor& Tensor::acosh_() const {
  return relume::acosh_(const_cast<Tensor&>(*this));
}

Tensor Tensor::atanh() const {
  return relume::atanh(*this);
}

Tensor& Tensor::atanh_() const {
  return relume::atanh_(const_cast<Tensor&>(*this));
}

Tensor Tensor::erf() const {
  return relume::erf(*this);
}

Tensor& Tensor::erf_() const {
  return relume::erf_(const_cast<Tensor&>(*this));
}

Tensor Tensor::erfc() const {
  return relume::erfc(*this);
}

Tensor& Tensor::erfc_() const {
  return relume::erfc_(const_cast<Tensor&>(*this));
}

Tensor Tensor::erfinv() const {
  return relume::erfinv(*this);
}

Tensor& Tensor::erfinv_() const {
  return relume::erfinv_(const_cast<Tensor&>(*this));
}

Tensor Tensor::lgamma() const {
  return relume::lgamma(*this);
}

Tensor& Tensor::lgamma_() const {
  return relume::lgamma_(const_cast<Tensor&>(*this));
}

Tensor Tensor::digamma() const {
  return relume::digamma(*this);
}

Tensor& Tensor::digamma_() const {
  return relume::digamma_(const_cast<Tensor&>(*this));
}

Tensor Tensor::floor() const {
  return relume::floor(*this);
}

Tensor& Tensor::floor_() const {
  return relume::floor_(const_cast<Tensor&>(*this));
}

Tensor Tensor::ceil() const {
  return relume::ceil(*this);
}

Tensor& Tensor::ceil_() const {
  return relume::ceil_(const_cast<Tensor&>(*this));
}

Tensor Tensor::round() const {
  return relume::round(*this);
}

Tensor& Tensor::round_() const {
  return relume::round_(const_cast<Tensor&>(*this));
}

Tensor Tensor::round(int64_t decimals) const {
  return relume::round(*this, decimals);
}

Tensor& Tensor::round_(int64_t decimals) const {
  return relume::round_(const_cast<Tensor&>(*this), decimals);
}

Tensor Tensor::trunc() const {
  return relume::trunc(*this);
}

Tensor& Tensor::trunc_() const {
  return relume::trunc_(const_cast<Tensor&>(*this));
}

Tensor Tensor::fix() const {
  return relume::fix(*this);
}

Tensor& Tensor::fix_() const {
  return relume::fix_(const_cast<Tensor&>(*this));
}

Tensor Tensor::frac() const {
  return relume::frac(*this);
}

Tensor& Tensor::frac_() const {
  return relume::frac_(const_cast<Tensor&>(*this));
}

Tensor Tensor::logit(std::optional<double> eps) const {
  return relume::logit(*this, eps);
}

Tensor& Tensor::logit_(std::optional<double> eps) const {
  return relume::logit_(const_cast<Tensor&>(*this), eps);
}

Tensor Tensor::nan_to_num(std::optional<double> nan, std::optional<double> posinf, std::optional<double> neginf) const {
  return relume::nan_to_num(*this, nan, posinf, neginf);
}

Tensor& Tensor::nan_to_num_(std::optional<double> nan, std::optional<double> posinf, std::optional<double> neginf) const {
  return relume::nan_to_num_(const_cast<Tensor&>(*this), nan, posinf, neginf);
}

Tensor Tensor::sum(std::optional<ScalarType> dtype) const {
  return relume::sum(*this, dtype);
}

Tensor Tensor::sum(IntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) const {
  return relume::sum(*this, dim, keepdim, dtype);
}

Tensor Tensor::mean(std::optional<ScalarType> dtype) const {
  return relume::mean(*this, dtype);
}

Tensor Tensor::mean(IntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) const {
  return relume::mean(*this, dim, keepdim, dtype);
}

Tensor Tensor::prod(std::optional<ScalarType> dtype) const {
  return relume::prod(*this, dtype);
}

Tensor Tensor::prod(int64_t dim, bool keepdim, std::optional<ScalarType> dtype) const {
  return relume::prod(*this, dim, keepdim, dtype);
}

Tensor Tensor::nansum(std::optional<ScalarType> dtype) const {
  return relume::nansum(*this, dtype);
}

Tensor Tensor::nansum(IntArrayRef dim, bool keepdim, std::optional<ScalarType> dtype) const {
  return relume::nansum(*this, dim, keepdim, dtype);
}

Tensor Tensor::max() const {
  return relume::max(*this);
}

std::tuple<Tensor, Tensor> Tensor::max(int64_t dim, bool keepdim) const {
  return relume::max(*this, dim, keepdim);
}

Tensor Tensor::max(const Tensor& other) const {
  return relume::max(*this, other);
}

Tensor Tensor::min() const {
  return relume::min(*this);
}

std::tuple<Tensor, Tensor> Tensor::min(int64_t dim, bool keepdim) const {
  return relume::min(*this, dim, keepdim);
}

Tensor Tensor::min(const Tensor& other) const {
  return relume::min(*this, other);
}

Tensor Tensor::amax(IntArrayRef dim, bool keepdim) const {
  return relume::amax(*this, dim, keepdim);
}

Tensor Tensor::amin(IntArrayRef dim, bool keepdim) const {
  return relume::amin(*this, dim, keepdim);
}

std::tuple<Tensor, Tensor> Tensor::aminmax(std::optional<int64_t> dim, bool keepdim) const {
  return relume::aminmax(*this, dim, keepdim);
}

Tensor Tensor::argmax(std::optional<int64_t> dim, bool keepdim) const {
  return relume::argmax(*this, dim, keepdim);
}

Tensor Tensor::argmin(std::optional<int64_t> dim, bool keepdim) const {
  return relume::argmin(*this, dim, keepdim);
}

Tensor Tensor::any() const {
  return relume::any(*this);
}

Tensor Tensor::any(int64_t dim, bool keepdim) const {
  return relume::any(*this, dim, keepdim);
}

Tensor Tensor::any(std::optional<IntArrayRef> dim, bool keepdim) const {
  return relume::any(*this, dim, keepdim);
}

Tensor Tensor::all() const {
  return relume::all(*this);
}

Tensor Tensor::all(int64_t dim, bool keepdim) const {
  return relume::all(*this, dim, keepdim);
}

Tensor Tensor::all(std::optional<IntArrayRef> dim, bool keepdim) const {
  return relume::all(*this, dim, keepdim);
}

Tensor Tensor::count_nonzero(std::optional<int64_t> dim) const {
  return relume::count_nonzero(*this, dim);
}

Tensor Tensor::count_nonzero(IntArrayRef dim) const {
  return relume::count_nonzero(*this, dim);
}

Tensor Tensor::var(bool unbiased) const {
  return relume::var(*this, unbiased);
}

Tensor Tensor::var(IntArrayRef dim, bool unbiased, bool keepdim) const {
  return relume::var(*this, dim, unbiased, keepdim);
}

Tensor Tensor::var(std::optional<IntArrayRef> dim, const std::optional<Scalar>& correction, bool keepdim) const {
  return relume::var(*this, dim, correction, keepdim);
}

Tensor Tensor::std(bool unbiased) const {
  return relume::std(*this, unbiased);
}

Tensor Tensor::std(IntArrayRef dim, bool unbiased, bool keepdim) const {
  return relume::std(*this, dim, unbiased, keepdim);
}

Tensor Tensor::std(std::optional<IntArrayRef> dim, const std::optional<Scalar>& correction, bool keepdim) const {
  return relume::std(*this, dim, correction, keepdim);
}

Tensor Tensor::norm(const Scalar& p) const {
  return relume::norm(*this, p);
}

Tensor Tensor::norm(const std::optional<Scalar>& p, IntArrayRef dim, bool keepdim) const {
  return relume::norm(*this, p, dim, keepdim);
}

Tensor Tensor::logsumexp(IntArrayRef dim, bool keepdim) const {
  return relume::logsumexp(*this, dim, keepdim);
}

Tensor Tensor::cumsum(int64_t dim, std::optional<ScalarType> dtype) const {
  return relume::cumsum(*this, dim, dtype);
}

Tensor& Tensor::cumsum_(int64_t dim, std::optional<ScalarType> dtype) const {
  return relume::cumsum_(const_cast<Tensor&>(*this), dim, dtype);
}

Tensor Tensor::cumprod(int64_t dim, std::optional<ScalarType> dtype) const {
  return relume::cumprod(*this, dim, dtype);
}

Tensor& Tensor::cumprod_(int64_t dim, std::optional<ScalarType> dtype) const {
  return relume::cumprod_(const_cast<Tensor&>(*this), dim, dtype);
}

std::tuple<Tensor, Tensor> Tensor::cummax(int64_t dim) const {
  return relume::cummax(*this, dim);
}

std::tuple<Tensor, Tensor> Tensor::cummin(int64_t dim) const {
  return relume::cummin(*this, dim);
}

Tensor Tensor::trace() const {
  return relume::trace(*this);
}

std::tuple<Tensor, Tensor> Tensor::sort(int64_t dim, bool descending) const {
  return relume::sort(*this, dim, descending);
}

std::tuple<Tensor, Tensor> Tensor::sort(std::optional<bool> stable, int64_t dim, bool descending) const {
  return relume::sort(*this, stable, dim, descending);
}

Tensor Tensor::argsort(int64_t dim, bool descending) const {
  return relume::argsort(*this, dim, descending);
}

std::tuple<Tensor, Tensor> Tensor::topk(int64_t k, int64_t dim, bool largest, bool sorted) const {
  return relume::topk(*this, k, dim, largest, sorted);
}

std::tuple<Tensor, Tensor> Tensor::kthvalue(int64_t k, int64_t dim, bool keepdim) const {
  return relume::kthvalue(*this, k, dim, keepdim);
}

Tensor Tensor::median() const {
  return relume::median(*this);
}

std::tuple<Tensor, Tensor> Tensor::median(int64_t dim, bool keepdim) const {
  return relume::median(*this, dim, keepdim);
}

Tensor Tensor::quantile(double q, std::optional<int64_t> dim, bool keepdim) const {
  return relume::quantile(*this, q, dim, keepdim);
}

Tensor Tensor::bincount(const Tensor& weights, int64_t minlength) const {
  return relume::bincount(*this, weights, minlength);
}

Tensor Tensor::matmul(const Tensor& other) const {
  return relume::matmul(*this, other);
}

Tensor Tensor::mm(const Tensor& mat2) const {
  return relume::mm(*this, mat2);
}

Tensor Tensor::bmm(const Tensor& mat2) const {
  return relume::bmm(*this, mat2);
}

Tensor Tensor::mv(const Tensor& vec) const {
  return relume::mv(*this, vec);
}

Tensor Tensor::dot(const Tensor& other) const {
  return relume::dot(*this, other);
}

Tensor Tensor::vdot(const Tensor& other) const {
  return relume::vdot(*this, other);
}

Tensor Tensor::outer(const Tensor& vec2) const {
  return relume::outer(*this, vec2);
}

Tensor Tensor::ger(const Tensor& vec2) const {
  return relume::ger(*this, vec2);
}

Tensor Tensor::addmm(const Tensor& mat1, const Tensor& mat2, const Scalar& beta, const Scalar& alpha) const {
  return relume::addmm(*this, mat1, mat2, beta, alpha);
}

Tensor& Tensor::addmm_(const Tensor& mat1, const Tensor& mat2, const Scalar& beta, const Scalar& alpha) const {
  return relume::addmm_(const_cast<Tensor&>(*this), mat1, mat2, beta, alpha);
}

Tensor Tensor::addmv(const Tensor& mat, const Tensor& vec, const Scalar& beta, const Scalar& alpha) const {
  return relume::addmv(*this, mat, vec, beta, alpha);
}

Tensor& Tensor::addmv_(const Tensor& mat, const Tensor& vec, const Scalar& beta, const Scalar& alpha) const {
  return relume::addmv_(const_cast<Tensor&>(*this), mat, vec, beta, alpha);
}

Tensor Tensor::addr(const Tensor& vec1, const Tensor& vec2, const Scalar& beta, const Scalar& alpha) const {
  return relume::addr(*this, vec1, vec2, beta, alpha);
}

Tensor& Tensor::addr_(const Tensor& vec1, const Tensor& vec2, const Scalar& beta, const Scalar& alpha) const {
  return relume::addr_(const_cast<Tensor&>(*this), vec1, vec2, beta, alpha);
}

Tensor Tensor::baddbmm(const Tensor& batch1, const Tensor& batch2, const Scalar& beta, const Scalar& alpha) const {
  return relume::baddbmm(*this, batch1, batch2, beta, alpha);
}

Tensor& Tensor::baddbmm_(const Tensor& batch1, const Tensor& batch2, const Scalar& beta, const Scalar& alpha) const {
  return relume::baddbmm_(const_cast<Tensor&>(*this), batch1, batch2, beta, alpha);
}

Tensor Tensor::view(IntArrayRef size) const {
  return relume::method::view(*this, size);
}

Tensor Tensor::view(ScalarType dtype) const {
  return relume::method::view(*this, dtype);
}

Tensor Tensor::view_as(const Tensor& other) const {
  return relume::method::view_as(*this, other);
}

Tensor Tensor::reshape(IntArrayRef shape) const {
  return relume::reshape(*this, shape);
}

Tensor Tensor::reshape_as(const Tensor& other) const {
  return relume::method::reshape_as(*this, other);
}

Tensor Tensor::flatten(int64_t start_dim, int64_t end_dim) const {
  return relume::flatten(*this, start_dim, end_dim);
}

Tensor Tensor::unflatten(int64_t dim, IntArrayRef sizes) const {
  return relume::unflatten(*this, dim, sizes);
}

Tensor Tensor::ravel() const {
  return relume::ravel(*this);
}

Tensor Tensor::transpose(int64_t dim0, int64_t dim1) const {
  return relume::transpose(*this, dim0, dim1);
}

Tensor Tensor::swapaxes(int64_t axis0, int64_t axis1) const {
  return relume::swapaxes(*this, axis0, axis1);
}

Tensor Tensor::swapdims(int64_t dim0, int64_t dim1) const {
  return relume::swapdims(*this, dim0, dim1);
}

Tensor Tensor::permute(IntArrayRef dims) const {
  return relume::permute(*this, dims);
}

Tensor Tensor::movedim(IntArrayRef source, IntArrayRef destination) const {
  return relume::movedim(*this, source, destination);
}

Tensor Tensor::t() const {
  return relume::t(*this);
}

Tensor Tensor::numpy_T() const {
  return relume::method::numpy_T(*this);
}

Tensor Tensor::mT() const {
  return relume::method::mT(*this);
}

Tensor Tensor::squeeze() const {
  return relume::squeeze(*this);
}

Tensor Tensor::squeeze(int64_t dim) const {
  return relume::squeeze(*this, dim);
}

Tensor Tensor::squeeze(IntArrayRef dim) const {
  return relume::squeeze(*this, dim);
}

Tensor Tensor::unsqueeze(int64_t dim) const {
  return relume::unsqueeze(*this, dim);
}

Tensor Tensor::expand(IntArrayRef size, bool implicit) const {
  return relume::method::expand(*this, size, implicit);
}

Tensor Tensor::expand_as(const Tensor& other) const {
  return relume::method::expand_as(*this, other);
}

Tensor Tensor::broadcast_to(IntArrayRef size) const {
  return relume::broadcast_to(*this, size);
}

Tensor Tensor::narrow(int64_t dim, int64_t start, int64_t length) const {
  return relume::narrow(*this, dim, start, length);
}

Tensor Tensor::select(int64_t dim, int64_t index) const {
  return relume::select(*this, dim, index);
}

Tensor Tensor::slice(int64_t dim, std::optional<int64_t> start, std::optional<int64_t> end, int64_t step) const {
  return relume::slice(*this, dim, start, end, step);
}

std::vector<Tensor> Tensor::chunk(int64_t chunks, int64_t dim) const {
  return relume::chunk(*this, chunks, dim);
}

std::vector<Tensor> Tensor::split(int64_t split_size, int64_t dim) const {
  return relume::split(*this, split_size, dim);
}

std::vector<Tensor> Tensor::split(IntArrayRef split_sizes, int64_t dim) const {
  return relume::split(*this, split_sizes, dim);
}

std::vector<Tensor> Tensor::split_with_sizes(IntArrayRef split_sizes, int64_t dim) const {
  return relume::split_with_sizes(*this, split_sizes, dim);
}

std::vector<Tensor> Tensor::tensor_split(int64_t sections, int64_t dim) const {
  return relume::tensor_split(*this, sections, dim);
}

std::vector<Tensor> Tensor::unbind(int64_t dim) const {
  return relume::unbind(*this, dim);
}

Tensor Tensor::as_strided(IntArrayRef size, IntArrayRef stride, std::optional<int64_t> storage_offset) const {
  return relume::as_strided(*this, size, stride, storage_offset);
}

Tensor Tensor::diagonal(int64_t offset, int64_t dim1, int64_t dim2) const {
  return relume::diagonal(*this, offset, dim1, dim2);
}

Tensor Tensor::unfold(int64_t dimension, int64_t size, int64_t step) const {
  return relume::method::unfold(*this, dimension, size, step);
}

Tensor& Tensor::t_() const {
  return relume::method::t_(const_cast<Tensor&>(*this));
}

Tensor& Tensor::transpose_(int64_t dim0, int64_t dim1) const {
  return relume::method::transpose_(const_cast<Tensor&>(*this), dim0, dim1);
}

Tensor& Tensor::squeeze_() const {
  return relume::method::squeeze_(const_cast<Tensor&>(*this));
}

Tensor& Tensor::squeeze_(int64_t dim) const {
  return relume::method::squeeze_(const_cast<Tensor&>(*this), dim);
}

Tensor& Tensor::unsqueeze_(int64_t dim) const {
  return relume::method::unsqueeze_(const_cast<Tensor&>(*this), dim);
}

Tensor& Tensor::as_strided_(IntArrayRef size, IntArrayRef stride, std::optional<int64_t> storage_offset) const {
  return relume::method::as_strided_(const_cast<Tensor&>(*this), size, stride, storage_offset);
}

Tensor& Tensor::resize_(IntArrayRef size) const {
  return relume::method::resize_(const_cast<Tensor&>(*this), size);
}

Tensor& Tensor::resize_as_(const Tensor& other) const {
  return relume::method::resize_as_(const_cast<Tensor&>(*this), other);
}

Tensor Tensor::contiguous(MemoryFormat memory_format) const {
  return relume::method::contiguous(*this, memory_format);
}

Tensor Tensor::clone(std::optional<MemoryFormat> memory_format) const {
  return relume::clone(*this, memory_format);
}

Tensor& Tensor::copy_(const Tensor& src, bool non_blocking) const {
  return relume::method::copy_(const_cast<Tensor&>(*this), src, non_blocking);
}

Tensor& Tensor::fill_(const Scalar& value) const {
  return relume::fill_(const_cast<Tensor&>(*this), value);
}

Tensor& Tensor::fill_(const Tensor& value) const {
  return relume::fill_(const_cast<Tensor&>(*this), value);
}

Tensor& Tensor::zero_() const {
  return relume::zero_(const_cast<Tensor&>(*this));
}

Tensor& Tensor::fill_diagonal_(const Scalar& fill_value, bool wrap) const {
  return relume::method::fill_diagonal_(const_cast<Tensor&>(*this), fill_value, wrap);
}

Tensor Tensor::repeat(IntArrayRef repeats) const {
  return relume::method::repeat(*this, repeats);
}

Tensor Tensor::repeat_interleave(int64_t repeats, std::optional<int64_t> dim) const {
  return relume::repeat_interleave(*this, repeats, dim);
}

Tensor Tensor::repeat_interleave(const Tensor& repeats, std::optional<int64_t> dim) const {
  return relume::repeat_interleave(*this, repeats, dim);
}

Tensor Tensor::tile(IntArrayRef dims) const {
  return relume::tile(*this, dims);
}

Tensor Tensor::flip(IntArrayRef dims) const {
  return relume::flip(*this, dims);
}

Tensor Tensor::fliplr() const {
  return relume::fliplr(*this);
}

Tensor Tensor::flipud() const {
  return relume::flipud(*this);
}

Tensor Tensor::roll(IntArrayRef shifts, IntArrayRef dims) const {
  return relume::roll(*this, shifts, dims);
}

Tensor Tensor::rot90(int64_t k, IntArrayRef dims) const {
  return relume::rot90(*this, k, dims);
}

Tensor Tensor::tril(int64_t diagonal) const {
  return relume::tril(*this, diagonal);
}

Tensor& Tensor::tril_(int64_t diagonal) const {
  return relume::tril_(const_cast<Tensor&>(*this), diagonal);
}

Tensor Tensor::triu(int64_t diagonal) const {
  return relume::triu(*this, diagonal);
}

Tensor& Tensor::triu_(int64_t diagonal) const {
  return relume::triu_(const_cast<Tensor&>(*this), diagonal);
}

Tensor Tensor::diag(int64_t diagonal) const {
  return relume::diag(*this, diagonal);
}

Tensor Tensor::diag_embed(int64_t offset, int64_t dim1, int64_t dim2) const {
  return relume::diag_embed(*this, offset, dim1, dim2);
}

Tensor Tensor::index_select(int64_t dim, const Tensor& index) const {
  return relume::index_select(*this, dim, index);
}

Tensor Tensor::index_add(int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha) const {
  return relume::index_add(*this, dim, index, source, alpha);
}

Tensor& Tensor::index_add_(int64_t dim, const Tensor& index, const Tensor& source, const Scalar& alpha) const {
  return relume::index_add_(const_cast<Tensor&>(*this), dim, index, source, alpha);
}

Tensor Tensor::index_copy(int64_t dim, const Tensor& index, const Tensor& source) const {
  return relume::index_copy(*this, dim, index, source);
}

Tensor& Tensor::index_copy_(int64_t dim, const Tensor& index, const Tensor& source) const {
  return relume::index_copy_(const_cast<Tensor&>(*this), dim, index, source);
}

Tensor Tensor::index_fill(int64_t dim, const Tensor& index, const Scalar& value) const {
  return relume::index_fill(*this, dim, index, value);
}

Tensor& Tensor::index_fill_(int64_t dim, const Tensor& index, const Scalar& value) const {
  return relume::index_fill_(const_cast<Tensor&>(*this), dim, index, value);
}

Tensor Tensor::gather(int64_t dim, const Tensor& index, bool sparse_grad) const {
  return relume::gather(*this, dim, index, sparse_grad);
}

Tensor Tensor::scatter(int64_t dim, const Tensor& index, const Tensor& src) const {
  return relume::scatter(*this, dim, index, src);
}

Tensor& Tensor::scatter_(int64_t dim, const Tensor& index, const Tensor& src) const {
  return relume::scatter_(const_cast<Tensor&>(*this), dim, index, src);
}

Tensor Tensor::scatter(int64_t dim, const Tensor& index, const Scalar& value) const {
  return relume::scatter(*this, dim, index, value);
}

Tensor& Tensor::scatter_(int64_t dim, const Tensor& index, const Scalar& value) const {
  return relume::scatter_(const_cast<Tensor&>(*this), dim, index, value);
}

Tensor Tensor::scatter_add(int64_t dim, const Tensor& index, const Tensor& src) const {
  return relume::scatter_add(*this, dim, index, src);
}

Tensor& Tensor::scatter_add_(int64_t dim, const Tensor& index, const Tensor& src) const {
  return relume::scatter_add_(const_cast<Tensor&>(*this), dim, index, src);
}

Tensor Tensor::masked_fill(const Tensor& mask, const Scalar& value) const {
  return relume::masked_fill(*this, mask, value);
}

Tensor& Tensor::masked_fill_(const Tensor& mask, const Scalar& value) const {
  return relume::masked_fill_(const_cast<Tensor&>(*this), mask, value);
}

Tensor Tensor::masked_fill(const Tensor& mask, const Tensor& value) const {
  return relume::masked_fill(*this, mask, value);
}

Tensor& Tensor::masked_fill_(const Tensor& mask, const Tensor& value) const {
  return relume::masked_fill_(const_cast<Tensor&>(*this), mask, value);
}

Tensor Tensor::masked_select(const Tensor& mask) const {
  return relume::masked_select(*this, mask);
}

Tensor Tensor::masked_scatter(const Tensor& mask, const Tensor& source) const {
  return relume::masked_scatter(*this, mask, source);
}

Tensor& Tensor::masked_scatter_(const Tensor& mask, const Tensor& source) const {
  return relume::masked_scatter_(const_cast<Tensor&>(*this), mask, source);
}

Tensor Tensor::take(const Tensor& index) const {
  return relume::take(*this, index);
}

Tensor Tensor::take_along_dim(const Tensor& indices, std::optional<int64_t> dim) const {
  return relume::take_along_dim(*this, indices, dim);
}

Tensor Tensor::nonzero() const {
  return relume::nonzero(*this);
}

Tensor Tensor::argwhere() const {
  return relume::argwhere(*this);
}

Tensor Tensor::new_empty(IntArrayRef size, const TensorOptions& options) const {
  return relume::method::new_empty(*this, size, options);
}

Tensor Tensor::new_zeros(IntArrayRef size, const TensorOptions& options) const {
  return relume::method::new_zeros(*this, size, options);
}

Tensor Tensor::new_ones(IntArrayRef size, const TensorOptions& options) const {
  return relume::method::new_ones(*this, size, options);
}

Tensor Tensor::new_full(IntArrayRef size, const Scalar& fill_value, const TensorOptions& options) const {
  return relume::method::new_full(*this, size, fill_value, options);
}

Tensor Tensor::bernoulli(std::optional<Generator> generator) const {
  return relume::bernoulli(*this, generator);
}

Tensor Tensor::bernoulli(double p, std::optional<Generator> generator) const {
  return relume::bernoulli(*this, p, generator);
}

Tensor Tensor::multinomial(int64_t num_samples, bool replacement, std::optional<Generator> generator) const {
  return relume::multinomial(*this, num_samples, replacement, generator);
}

Tensor& Tensor::uniform_(double from, double to, std::optional<Generator> generator) const {
  return relume::method::uniform_(const_cast<Tensor&>(*this), from, to, generator);
}

Tensor& Tensor::normal_(double mean, double std, std::optional<Generator> generator) const {
  return relume::method::normal_(const_cast<Tensor&>(*this), mean, std, generator);
}

Tensor& Tensor::bernoulli_(double p, std::optional<Generator> generator) const {
  return relume::method::bernoulli_(const_cast<Tensor&>(*this), p, generator);
}

Tensor& Tensor::bernoulli_(const Tensor& p, std::optional<Generator> generator) const {
  return relume::method::bernoulli_(const_cast<Tensor&>(*this), p, generator);
}

Tensor& Tensor::exponential_(double lambd, std::optional<Generator> generator) const {
  return relume::method::exponential_(const_cast<Tensor&>(*this), lambd, generator);
}

Tensor& Tensor::cauchy_(double median, double sigma, std::optional<Generator> generator) const {
  return relume::method::cauchy_(const_cast<Tensor&>(*this), median, sigma, generator);
}

Tensor& Tensor::log_normal_(double mean, double std, std::optional<Generator> generator) const {
  return relume::method::log_normal_(const_cast<Tensor&>(*this), mean, std, generator);
}

Tensor& Tensor::geometric_(double p, std::optional<Generator> generator) const {
  return relume::method::geometric_(const_cast<Tensor&>(*this), p, generator);
}

Tensor& Tensor::random_(std::optional<Generator> generator) const {
  return relume::method::random_(const_cast<Tensor&>(*this), generator);
}

Tensor& Tensor::random_(int64_t to, std::optional<Generator> generator) const {
  return relume::method::random_(const_cast<Tensor&>(*this), to, generator);
}

Tensor& Tensor::random_(int64_t from, std::optional<int64_t> to, std::optional<Generator> generator) const {
  return relume::method::random_(const_cast<Tensor&>(*this), from, to, generator);
}

Tensor Tensor::softmax(int64_t dim, std::optional<ScalarType> dtype) const {
  return relume::softmax(*this, dim, dtype);
}

Tensor Tensor::log_softmax(int64_t dim, std::optional<ScalarType> dtype) const {
  return relume::log_softmax(*this, dim, dtype);
}

Tensor Tensor::prelu(const Tensor& weight) const {
  return relume::prelu(*this, weight);
}

}  // namespace relume
