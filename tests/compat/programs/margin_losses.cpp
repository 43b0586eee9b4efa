// Losses of margins and distances.
#include "cases.h"

using torch::Tensor;
namespace nn = torch::nn;
namespace F = torch::nn::functional;

int main() {
  torch::manual_seed(0);
  run_case("print losses", [] {
    print(nn::HingeEmbeddingLoss());
    print(nn::HingeEmbeddingLoss(nn::HingeEmbeddingLossOptions().margin(4)));
    print(nn::MultiMarginLoss());
    print(nn::MultiMarginLoss(
        nn::MultiMarginLossOptions().p(2).margin(0.5).weight(torch::ones({2})).reduction(torch::kSum)));
    print(nn::CosineEmbeddingLoss());
    print(nn::MultiLabelMarginLoss());
    print(nn::SoftMarginLoss());
    print(nn::MultiLabelSoftMarginLoss());
    print(nn::TripletMarginLoss());
    print(nn::TripletMarginWithDistanceLoss());
    print(nn::MarginRankingLoss());
    print(nn::PoissonNLLLoss());
    print(nn::CosineSimilarity());
    print(nn::PairwiseDistance());
    print(nn::PairwiseDistance(nn::PairwiseDistanceOptions().p(1).keepdim(true)));
  });
  run_case("hinge", [] {
    auto x = torch::randn({2, 3}, torch::requires_grad());
    auto y = torch::tensor({{1, -1, 1}, {-1, -1, 1}});
    auto l = nn::HingeEmbeddingLoss()(x, y);
    l.backward();
    print(l.view({1}));
    print(x.grad());
    print(F::hinge_embedding_loss(x, y, F::HingeEmbeddingLossFuncOptions().margin(2).reduction(torch::kNone)));
  });
  run_case("multi margin", [] {
    auto x = torch::randn({2, 3}, torch::requires_grad());
    auto y = torch::tensor({1, 0});
    auto l = nn::MultiMarginLoss()(x, y);
    l.backward();
    print(l.view({1}));
    print(x.grad());
    print(F::multi_margin_loss(x, y,
                               F::MultiMarginLossFuncOptions()
                                   .p(2)
                                   .margin(0.5)
                                   .weight(torch::tensor({1.0f, 2.0f, 3.0f}))
                                   .reduction(torch::kNone)));
  });
  run_case("multi margin p", [] {
    F::multi_margin_loss(torch::ones({2, 3}), torch::tensor({1, 0}), F::MultiMarginLossFuncOptions().p(3));
  });
  run_case("multi margin target", [] { F::multi_margin_loss(torch::ones({2, 3}), torch::tensor({1, 3})); });
  run_case("cosine embedding", [] {
    auto a = torch::randn({2, 3}, torch::requires_grad());
    auto b = torch::randn({2, 3});
    auto y = torch::tensor({1, -1});
    auto l = nn::CosineEmbeddingLoss(nn::CosineEmbeddingLossOptions().margin(0.1))(a, b, y);
    l.backward();
    print(l.view({1}));
    print(a.grad());
    print(F::cosine_embedding_loss(a, b, y, F::CosineEmbeddingLossFuncOptions().reduction(torch::kNone)));
  });
  run_case("cosine embedding dims",
           [] { F::cosine_embedding_loss(torch::ones({3}), torch::ones({3}), torch::ones({1})); });
  run_case("multilabel margin", [] {
    auto x = torch::tensor({{0.1f, 0.2f, 0.4f, 0.8f}}, torch::requires_grad());
    auto y = torch::tensor({{3, 0, -1, 1}});
    auto l = nn::MultiLabelMarginLoss()(x, y);
    l.backward();
    print(l.view({1}));
    print(x.grad());
    print(F::multilabel_margin_loss(x, y, torch::kNone));
  });
  run_case("soft margin", [] {
    auto x = torch::randn({2, 3}, torch::requires_grad());
    auto y = torch::tensor({{1., -1., 1.}, {-1., -1., 1.}});
    auto l = nn::SoftMarginLoss()(x, y);
    l.backward();
    print(l.view({1}));
    print(x.grad());
    print(F::soft_margin_loss(x, y, torch::kSum).view({1}));
  });
  run_case("multilabel soft margin", [] {
    auto x = torch::randn({2, 3}, torch::requires_grad());
    auto y = torch::tensor({{1., 0., 1.}, {0., 0., 1.}});
    auto l = nn::MultiLabelSoftMarginLoss(nn::MultiLabelSoftMarginLossOptions().weight(torch::tensor({1.f, 2.f, 3.f})))(
        x, y);
    l.backward();
    print(l.view({1}));
    print(x.grad());
    print(F::multilabel_soft_margin_loss(x, y, F::MultilabelSoftMarginLossFuncOptions().reduction(torch::kNone)));
  });
  run_case("triplet", [] {
    auto a = torch::randn({2, 3}, torch::requires_grad());
    auto p = torch::randn({2, 3});
    auto n = torch::randn({2, 3});
    auto l = nn::TripletMarginLoss(nn::TripletMarginLossOptions().margin(1.5).swap(true))(a, p, n);
    l.backward();
    print(l.view({1}));
    print(a.grad());
    print(F::triplet_margin_loss(a, p, n, F::TripletMarginLossFuncOptions().p(1).margin(4).reduction(torch::kNone)));
    print(nn::TripletMarginWithDistanceLoss(
              nn::TripletMarginWithDistanceLossOptions()
                  .distance_function([](const Tensor& x, const Tensor& y) { return (x - y).abs().sum(1); })
                  .margin(2))(a, p, n)
              .view({1}));
    print(F::triplet_margin_with_distance_loss(a, p, n).view({1}));
  });
  run_case("triplet dims", [] { F::triplet_margin_loss(torch::ones({2, 3}), torch::ones({3}), torch::ones({2, 3})); });
  run_case("ranking", [] {
    auto a = torch::randn({3}, torch::requires_grad());
    auto b = torch::randn({3});
    auto y = torch::tensor({1, -1, 1});
    auto l = nn::MarginRankingLoss(nn::MarginRankingLossOptions().margin(0.5))(a, b, y);
    l.backward();
    print(l.view({1}));
    print(a.grad());
  });
  run_case("poisson", [] {
    auto x = torch::randn({2, 3}, torch::requires_grad());
    auto y = torch::tensor({{1., 0., 3.}, {2., 5., 1.}});
    auto l = nn::PoissonNLLLoss(nn::PoissonNLLLossOptions().full(true))(x, y);
    l.backward();
    print(l.view({1}));
    print(x.grad());
    print(F::poisson_nll_loss(x.exp(), y, F::PoissonNLLLossFuncOptions().log_input(false).reduction(torch::kNone)));
  });
  run_case("similarity", [] {
    auto a = torch::randn({2, 3});
    auto b = torch::randn({2, 3});
    print(nn::CosineSimilarity()(a, b));
    print(nn::CosineSimilarity(nn::CosineSimilarityOptions().dim(0))(a, b));
    print(nn::PairwiseDistance(nn::PairwiseDistanceOptions().p(1))(a, b));
  });
}
