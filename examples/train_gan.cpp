// Scenario 4, a generative adversarial network: a generator with ReLU learns to draw points on a circle from noise,
// against a discriminator with LeakyReLU.
#include <torch/torch.h>

#include <cmath>
#include <cstdio>

namespace nn = torch::nn;
namespace F = torch::nn::functional;

constexpr int64_t kBatch = 128;
constexpr int64_t kNoise = 4;

// Points at distance 2 from the origin, give or take 0.1.
torch::Tensor real_points(int64_t count) {
  const torch::Tensor angle = torch::rand({count}) * (2 * M_PI);
  const torch::Tensor radius = 2 + 0.1 * torch::randn({count});
  return torch::stack({radius * torch::cos(angle), radius * torch::sin(angle)}, 1);
}

nn::Sequential make_generator() {
  return nn::Sequential(nn::Linear(kNoise, 64), nn::ReLU(), nn::Linear(64, 64), nn::ReLU(), nn::Linear(64, 2));
}

nn::Sequential make_discriminator() {
  const auto leaky = nn::LeakyReLUOptions().negative_slope(0.2);
  return nn::Sequential(nn::Linear(2, 64), nn::LeakyReLU(leaky), nn::Linear(64, 64), nn::LeakyReLU(leaky),
                        nn::Linear(64, 1));
}

torch::Tensor loss_against(const torch::Tensor& logits, double label) {
  return F::binary_cross_entropy_with_logits(logits, torch::full_like(logits, label));
}

void report(const char* title, const torch::Tensor& points) {
  const torch::Tensor radius = points.norm(2, 1);
  const double near_circle = ((radius - 2).abs() < 0.4).to(torch::kFloat64).mean().item<double>();
  // Which of the four quadrants hold at least a tenth of the points.
  const torch::Tensor quadrant = 2 * points.select(1, 0).gt(0).to(torch::kInt64) + points.select(1, 1).gt(0);
  int filled = 0;
  for (int64_t q = 0; q < 4; ++q) filled += quadrant.eq(q).to(torch::kFloat64).mean().item<double>() > 0.1;
  std::printf("%-16s %s of the points lie near the circle, %d of 4 quadrants are filled\n", title,
              near_circle > 0.75   ? "most"
              : near_circle < 0.25 ? "few"
                                   : "some",
              filled);
}

int main() {
  torch::manual_seed(0);
  nn::Sequential generator = make_generator();
  nn::Sequential discriminator = make_discriminator();
  const auto adam = torch::optim::AdamOptions(1e-3).betas({0.5, 0.9});
  torch::optim::Adam generator_optimizer(generator->parameters(), adam);
  torch::optim::Adam discriminator_optimizer(discriminator->parameters(), adam);
  const torch::Tensor probe = torch::randn({1000, kNoise});

  report("real data", real_points(1000));
  report("before training", generator->forward(probe).detach());
  for (int step = 0; step < 2000; ++step) {
    const torch::Tensor fake = generator->forward(torch::randn({kBatch, kNoise}));
    const torch::Tensor discriminator_loss = loss_against(discriminator->forward(real_points(kBatch)), 1) +
                                             loss_against(discriminator->forward(fake.detach()), 0);
    discriminator_optimizer.zero_grad();
    discriminator_loss.backward();
    discriminator_optimizer.step();

    generator_optimizer.zero_grad();
    loss_against(discriminator->forward(fake), 1).backward();
    generator_optimizer.step();
  }
  report("after training", generator->forward(probe).detach());
}
