// SimpleCNN: two convolutions with ReLU, each followed by the same pooling; for images of 32 x 32 pixels in three
// colours.
#pragma once

#include <torch/torch.h>

struct SimpleCNNImpl : torch::nn::Module {
  SimpleCNNImpl() : torch::nn::Module("SimpleCNN") {
    register_module("conv1", conv1);
    register_module("relu1", relu1);
    register_module("conv2", conv2);
    register_module("relu2", relu2);
    register_module("pool", pool);
  }

  torch::Tensor forward(torch::Tensor x) {
    x = pool(relu1(conv1(x)));
    return pool(relu2(conv2(x)));
  }

  torch::nn::Conv2d conv1{torch::nn::Conv2dOptions(3, 32, 3).padding(1)};
  torch::nn::ReLU relu1;
  torch::nn::Conv2d conv2{torch::nn::Conv2dOptions(32, 64, 3).padding(1)};
  torch::nn::ReLU relu2;
  torch::nn::MaxPool2d pool{torch::nn::MaxPool2dOptions(2).stride(2)};
};
TORCH_MODULE(SimpleCNN);
