// Prints tensors with libtorch, for make_printing.py. Reads records from stdin: dtype number, line width, number of
// dimensions, sizes (text, one line), then the elements' bytes. Writes for each the length of the text and the text.
#include <torch/torch.h>

#include <iostream>
#include <sstream>

int main() {
  int dtype = 0;
  int64_t linewidth = 0, dims = 0;
  while (std::cin >> dtype >> linewidth >> dims) {
    std::vector<int64_t> sizes(dims);
    for (int64_t& size : sizes) std::cin >> size;
    std::cin.ignore(1);
    const torch::Tensor tensor = torch::empty(sizes, static_cast<torch::ScalarType>(dtype));
    std::cin.read(static_cast<char*>(tensor.data_ptr()), static_cast<std::streamsize>(tensor.nbytes()));
    std::ostringstream text;
    torch::print(text, tensor, linewidth);
    std::cout << text.str().size() << '\n' << text.str();
  }
}
