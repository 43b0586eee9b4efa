// torch::save and torch::load of modules and tensors.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <memory>
#include <string>
#include <vector>

#include "temporary_folder.h"

namespace {

TEST(TorchSave, KeepsAModule) {
  const relume::test::TemporaryFolder folder;
  const std::string path = folder.file("model.pt");
  torch::nn::Sequential first(torch::nn::Linear(3, 2), torch::nn::BatchNorm1d(2));
  torch::nn::Sequential second(torch::nn::Linear(3, 2), torch::nn::BatchNorm1d(2));
  torch::save(first, path);
  torch::load(second, path);
  EXPECT_TRUE(torch::equal(first->parameters()[0], second->parameters()[0]));
}

TEST(TorchSave, KeepsTensors) {
  const relume::test::TemporaryFolder folder;
  const std::string path = folder.file("tensors.pt");
  torch::save(std::vector<torch::Tensor>{torch::arange(3), torch::ones({2, 2})}, path);
  std::vector<torch::Tensor> read;
  torch::load(read, path);
  ASSERT_EQ(read.size(), 2u);
  EXPECT_TRUE(torch::equal(read[0], torch::arange(3)));
  EXPECT_TRUE(torch::equal(read[1], torch::ones({2, 2})));

  torch::Tensor one;
  EXPECT_THROW(torch::load(one, path), c10::Error);
  torch::save(torch::arange(4), path);
  torch::load(one, path);
  EXPECT_TRUE(torch::equal(one, torch::arange(4)));
}

TEST(TorchLoad, RefusesAnotherModulesFile) {
  const relume::test::TemporaryFolder folder;
  const std::string path = folder.file("model.pt");
  torch::nn::Linear small(3, 2);
  torch::nn::BatchNorm1d other(2);
  torch::save(small, path);
  EXPECT_THROW(torch::load(other, path), c10::Error);
  EXPECT_THROW(torch::load(small, folder.file("missing.pt")), c10::Error);
}

}  // namespace
