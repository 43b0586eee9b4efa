// Rows of whole networks: forward passes, training steps, and the same in bfloat16.
#include "../../examples/simple_cnn.h"
#include "rows.h"

namespace bench {
namespace {

SimpleCNN simple_cnn() { return SimpleCNN(); }

nn::Sequential ffn() { return mlp(512, 2048, 512); }

nn::Sequential deep_mlp() {
  return nn::Sequential(nn::Linear(784, 512), nn::ReLU(), nn::Linear(512, 512), nn::ReLU(), nn::Linear(512, 10));
}

nn::Sequential conv_norm_block() {
  return nn::Sequential(nn::Conv2d(nn::Conv2dOptions(16, 32, 3).padding(1)), nn::BatchNorm2d(32), nn::ReLU(),
                        nn::Conv2d(nn::Conv2dOptions(32, 32, 3).padding(1)), nn::BatchNorm2d(32), nn::ReLU());
}

// Noise [N, 64, 4, 4] to images [N, 1, 32, 32].
nn::Sequential gan_generator() {
  const auto up = [](int64_t in, int64_t out) {
    return nn::ConvTranspose2d(nn::ConvTranspose2dOptions(in, out, 4).stride(2).padding(1));
  };
  return nn::Sequential(up(64, 64), nn::BatchNorm2d(64), nn::ReLU(), up(64, 32), nn::BatchNorm2d(32), nn::ReLU(),
                        up(32, 1), nn::Tanh());
}

std::string batch_name(int64_t batch) { return "batch " + std::to_string(batch); }

void add_bfloat16_rows(Rows& rows) {
  add_model_rows(rows, "SimpleCNN in bfloat16", batch_name(32), simple_cnn, {32, 3, 32, 32}, torch::kBFloat16);
  add_model_rows(rows, "MLP 784-512-512-10 in bfloat16", batch_name(256), deep_mlp, {256, 784}, torch::kBFloat16);
  add_model_rows(rows, "FFN 512-2048-512 in bfloat16", "128 tokens x 8", ffn, {8, 128, 512}, torch::kBFloat16);
}

}  // namespace

void add_network_rows(Rows& rows) {
  for (const int64_t batch : {1, 32, 256})
    add_model_rows(rows, "SimpleCNN", batch_name(batch), simple_cnn, {batch, 3, 32, 32});
  for (const int64_t batch : {1, 32, 256})
    add_model_rows(rows, "MLP 784-512-512-10", batch_name(batch), deep_mlp, {batch, 784});
  for (const int64_t sequences : {1, 8})
    add_model_rows(rows, "FFN 512-2048-512", "128 tokens x " + std::to_string(sequences), ffn, {sequences, 128, 512});
  for (const int64_t batch : {1, 32})
    add_model_rows(rows, "2 x (conv, batch norm, relu)", batch_name(batch), conv_norm_block, {batch, 16, 32, 32});
  add_model_rows(rows, "GAN generator", batch_name(16), gan_generator, {16, 64, 4, 4});
  add_row(rows, "MLP 784-512-10, Adam and cross-entropy step, batch 64", true, [] {
    nn::Sequential model = mlp(784, 512, 10);
    const Optimizer adam = std::make_shared<torch::optim::Adam>(model->parameters(), torch::optim::AdamOptions(1e-3));
    const Tensor label = torch::arange(64) % 10;
    return training(model, adam, torch::randn({64, 784}),
                    [label](const Tensor& y) { return F::cross_entropy(y, label); });
  });
  add_bfloat16_rows(rows);
}

}  // namespace bench
