// The network that the program trains, with any activation of the family.
#pragma once

#include <string>
#include <vector>

#include "cli/images.h"
#include "relume/nn/containers.h"

namespace relume::cli {

// Two convolutions and two linear layers for 28 x 28 gray images of ten classes, three activations between them.
struct Network {
  std::string activation;
  nn::Sequential layers;
  std::vector<size_t> activations;  // where they stand among the layers

  // Logits [N, 10] of normalised images [N, 1, 28, 28].
  Tensor operator()(const Tensor& images) { return layers->forward(images); }
};

// Names that make_network knows: relu, leaky_relu, ...
std::vector<std::string> activation_names();

// A network with freshly drawn weights. Throws ValueError where there is no such activation.
Network make_network(const std::string& activation);

int64_t parameter_count(const Network& network);

// The network's logits, float [N, 10], for pixels, uint8 [N, 28, 28].
Tensor predict_logits(Network& network, const Tensor& pixels);

// Its answers: the class of the largest logit, int64 [N].
inline Tensor predict_classes(Network& network, const Images& images) {
  return predict_logits(network, images.pixels).argmax(1);
}

// The share of units, channels and neurons alike, whose activation passes no gradient for any of the images: they
// neither answer to what they see nor learn.
double dead_share(Network& network, const Images& images);

}  // namespace relume::cli
