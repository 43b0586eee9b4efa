// What is done to hidden channels-last elements: making them, bringing them into row-major order, and a ReLU that was
// put off.
#include "core/hidden_layout.h"

#include <algorithm>

#include "cpu/parallel.h"
#include "kernels/activations.h"
#include "kernels/copy.h"
#include "kernels/relu_mask.h"

namespace relume::detail {

void relu_in_place(ScalarType dtype, void* elements, int64_t count) {
  constexpr int64_t kGrain = 1 << 15;
  const formulas::ReLU formula;
  const cpu::ElementwiseLoop loop = cpu::activation_kernels().at(Activation::relu, dtype).forward;
  const int64_t step = element_size(dtype);
  cpu::parallel_for(count, kGrain, [&](int64_t begin, int64_t end) {
    char* const data = static_cast<char*>(elements) + begin * step;
    const void* const inputs[] = {data};
    loop(data, inputs, end - begin, &formula);
  });
}

void make_elements(const ElementMaker& maker, const ChannelsLastElements& elements, bool relu, void* to) {
  maker.begin();
  const int64_t image = elements.channels * elements.pixels, step = image * element_size(elements.dtype);
  cpu::parallel_for(elements.batch, maker.chunk, [&](int64_t begin, int64_t end) {
    char* const data = static_cast<char*>(to) + begin * step;
    maker.make(begin, end - begin, data);
    if (relu) relu_in_place(elements.dtype, data, (end - begin) * image);
  });
}

void write_row_major(const ChannelsLastElements& elements, void* to) {
  const int64_t batch = elements.batch, channels = elements.channels, pixels = elements.pixels;
  const int64_t row_major[] = {channels * pixels, pixels, 1}, channels_last[] = {channels * pixels, 1, channels};
  cpu::copy_strided({batch, channels, pixels}, to, row_major, elements.dtype, elements.data, channels_last,
                    elements.dtype);
}

void apply_relu(const ChannelsLastElements& elements, uint8_t* mask, bool mask_only) {
  const int64_t count = elements.batch * elements.channels * elements.pixels;
  if (mask) return cpu::relu_forward(elements.dtype, elements.data, count, mask_only ? nullptr : elements.data, mask);
  relu_in_place(elements.dtype, elements.data, count);
}

}  // namespace relume::detail
