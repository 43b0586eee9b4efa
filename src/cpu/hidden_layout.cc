// Bringing hidden channels-last elements into row-major order.
#include "core/hidden_layout.h"

#include "kernels/copy.h"

namespace relume::detail {

void write_row_major(const ChannelsLastElements& elements, void* to) {
  const int64_t batch = elements.batch, channels = elements.channels, pixels = elements.pixels;
  const int64_t row_major[] = {channels * pixels, pixels, 1}, channels_last[] = {channels * pixels, 1, channels};
  cpu::copy_strided({batch, channels, pixels}, to, row_major, elements.dtype, elements.data, channels_last,
                    elements.dtype);
}

}  // namespace relume::detail
