// What libtorch's torch::save writes: a module, its optimizer after two steps, a list of tensors.
#include <torch/torch.h>

int main() {
  torch::nn::Sequential model(torch::nn::Linear(3, 2), torch::nn::BatchNorm1d(2));
  {
    const torch::NoGradGuard unrecorded;
    double first = 0;
    for (torch::Tensor& parameter : model->parameters())
      parameter.copy_(torch::arange(parameter.numel()).view_as(parameter) * 0.125 + first++);
  }
  torch::optim::Adam adam(model->parameters(), torch::optim::AdamOptions(0.25).betas({0.5, 0.75}).amsgrad(true));
  for (int i = 0; i < 2; ++i) {
    for (torch::Tensor& parameter : model->parameters()) parameter.mutable_grad() = torch::full_like(parameter, i + 1);
    adam.step();
  }
  torch::save(model, "libtorch_module.pt");
  torch::save(adam, "libtorch_adam.pt");
  torch::save(std::vector<torch::Tensor>{torch::arange(3), torch::full({2, 2}, 0.5, torch::kHalf)}, "libtorch_list.pt");
}
