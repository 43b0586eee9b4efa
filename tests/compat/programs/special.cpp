// torch::special, the forms that write into a tensor that is there, and losses whose reduction is given as it is.
#include "cases.h"

namespace F = torch::nn::functional;

namespace {

void show_functions() {
  namespace s = torch::special;
  const torch::Tensor x = torch::tensor({0.25, 0.5, 1.5}, torch::kDouble), p = x / 2;
  for (const torch::Tensor& values : {s::entr(x),
                                      s::erf(x),
                                      s::erfc(x),
                                      s::erfcx(x),
                                      s::erfinv(p),
                                      s::exp2(x),
                                      s::expit(x),
                                      s::expm1(x),
                                      s::gammaln(x),
                                      s::i0(x),
                                      s::i0e(x),
                                      s::i1(x),
                                      s::i1e(x),
                                      s::log1p(x),
                                      s::log_ndtr(x),
                                      s::logit(p),
                                      s::ndtr(x),
                                      s::ndtri(p),
                                      s::psi(x),
                                      s::digamma(x),
                                      s::sinc(x),
                                      s::round(x),
                                      s::spherical_bessel_j0(x),
                                      s::airy_ai(x),
                                      s::modified_bessel_i0(x),
                                      s::modified_bessel_i1(x),
                                      s::modified_bessel_k0(x),
                                      s::modified_bessel_k1(x),
                                      s::scaled_modified_bessel_k0(x),
                                      s::scaled_modified_bessel_k1(x)})
    std::cout << values << '\n';
  for (const torch::Tensor& values :
       {s::gammainc(x, p), s::gammaincc(x, p), s::multigammaln(x + 1, 2), s::polygamma(1, x), s::xlog1py(x, p),
        s::xlog1py(2, p), s::xlogy(x, 3), s::zeta(x + 1, p), s::zeta(3, x), s::logsumexp(x, 0, false),
        s::softmax(x, 0, {}), s::log_softmax(x, 0, {})})
    std::cout << values << '\n';
}

void show_polynomials() {
  namespace s = torch::special;
  const torch::Tensor x = torch::tensor({-0.75, 0.5, 1.5}, torch::kDouble), n = torch::tensor({3, 12, 4});
  for (const torch::Tensor& values :
       {s::chebyshev_polynomial_t(x, n), s::chebyshev_polynomial_u(x, n), s::chebyshev_polynomial_v(x, n),
        s::chebyshev_polynomial_w(x, n), s::hermite_polynomial_h(x, n), s::hermite_polynomial_he(x, n),
        s::laguerre_polynomial_l(x, n), s::legendre_polynomial_p(x, n), s::shifted_chebyshev_polynomial_t(x, n),
        s::shifted_chebyshev_polynomial_u(x, n), s::shifted_chebyshev_polynomial_v(x, n),
        s::shifted_chebyshev_polynomial_w(x, n), s::legendre_polynomial_p(x, 2), s::legendre_polynomial_p(0.5, n),
        s::hermite_polynomial_h(x, -1), s::laguerre_polynomial_l(x, -0.5)})
    std::cout << values << '\n';
}

void show_out() {
  const torch::Tensor x = torch::tensor({0.25, 0.5, 1.5}, torch::kDouble);
  torch::Tensor out = torch::empty({3}, torch::kDouble);
  std::cout << torch::special::ndtr_out(out, x) << '\n' << torch::special::zeta_out(out, x + 1, x) << '\n';
  std::cout << torch::special::expit_out(out, x) << '\n'
            << torch::special::logsumexp_out(out, x.view({3, 1}), 1, false) << '\n';
  std::cout << torch::i0(x) << '\n'
            << torch::igamma(x, x) << '\n'
            << x.mvlgamma(1) << '\n'
            << torch::special_i1(x) << '\n';
  std::cout << torch::kaiser_window(5, false, 8.0) << '\n';
  torch::Tensor moved = x.clone();
  std::cout << moved.i0_() << '\n'
            << moved.igammac_(x) << '\n'
            << x.new_empty_strided({2, 3}, {1, 2}).strides() << '\n';
}

void show_losses() {
  const torch::Tensor input = torch::tensor({0.25, 0.5, 2.5}), target = torch::tensor({1.0, 0.5, 0.25});
  std::cout << F::smooth_l1_loss(input, target, /*options=*/torch::kNone, /*beta=*/0.5) << '\n';
  std::cout << F::smooth_l1_loss(input, target, torch::kSum) << '\n'
            << F::huber_loss(input, target, torch::kSum) << '\n';
  std::cout << F::kl_div(input, target, torch::kBatchMean) << '\n' << F::l1_loss(input, target, torch::kNone) << '\n';
  std::cout << torch::nn::SmoothL1Loss(torch::kSum)(input, target) << torch::nn::HuberLoss(torch::kNone)(input, target)
            << torch::nn::KLDivLoss(torch::kMean)(input, target) << torch::nn::MSELoss()(input, target) << '\n';
}

}  // namespace

int main() {
  show_functions();
  show_polynomials();
  show_out();
  show_losses();
}
