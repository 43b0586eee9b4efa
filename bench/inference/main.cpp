// Relume alone: SimpleCNN as it is used after training, to be compared with ONNX Runtime on the same weights and
// images.
//
// inference --save FOLDER: writes them to FOLDER/simple_cnn.safetensors. Else as harness.h says.
#include <relume/serialize.h>

#include "../../examples/simple_cnn.h"
#include "../harness.h"
#include "../peer/rows.h"

namespace {

using namespace bench;

std::pair<SimpleCNN, Tensor> prepared() {
  torch::manual_seed(0);
  SimpleCNN model;
  model->eval();
  return {model, torch::randn({256, 3, 32, 32})};
}

void save(const std::string& folder) {
  const auto [model, images] = prepared();
  auto tensors = model->state_dict();
  tensors.insert("images", images);
  relume::serialize::save_safetensors(folder + "/simple_cnn.safetensors", tensors);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--save") {
    save(argv[2]);
    return 0;
  }
  Rows rows;
  for (const int64_t batch : {1, 32, 256})
    add_row(rows, "SimpleCNN for inference, batch " + std::to_string(batch), false, [batch] {
      const auto [model, images] = prepared();
      return forward(relume::compile_for_inference(model), images.narrow(0, 0, batch).clone());
    });
  return run_program(argc, argv, rows, [](int threads) { torch::set_num_threads(threads); });
}
