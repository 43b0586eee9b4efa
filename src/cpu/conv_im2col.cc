// im2col: the windows of a stretch of output pixels become the columns of a matrix, and gemm does the rest.
#include "cpu/conv_im2col.h"

#include <algorithm>
#include <type_traits>

#include "cpu/parallel.h"
#include "cpu/scratch.h"
#include "kernels/matmul.h"

namespace relume::cpu::im2col {
namespace {

constexpr int64_t kStretchBytes = 1 << 20;  // of unfolded windows at a time: they should stay in a cache

// Where element (channel, pixel) of one image lies.
struct Steps {
  int64_t channel, pixel, image;
};

Steps steps_of(Layout layout, int64_t channels, int64_t pixels) {
  if (layout == Layout::Plain) return {pixels, 1, channels * pixels};
  return {1, channels, channels * pixels};
}

// The same with its dimensions at the end, where the longest runs of neighbours are.
Conv with_last_dimensions(Conv conv) {
  for (int64_t* each : {conv.input, conv.kernel, conv.output, conv.stride, conv.padding, conv.dilation})
    std::rotate(each, each + conv.spatial, each + kMaxSpatial);
  return conv;
}

// The part of a convolution that one group of one image is.
template <class T>
class GroupProduct {
 public:
  explicit GroupProduct(const Conv& conv)
      : conv_(with_last_dimensions(conv)),
        in_(steps_of(conv.input_layout, conv.in_channels, conv.input_pixels())),
        out_(steps_of(conv.output_layout, conv.out_channels, conv.output_pixels())),
        in_channels_(conv.in_channels / conv.groups),
        out_channels_(conv.out_channels / conv.groups),
        rows_(in_channels_ * conv.kernel_pixels()) {}

  int64_t stretch() const {
    return std::max<int64_t>(16, kStretchBytes / static_cast<int64_t>(sizeof(T)) / std::max<int64_t>(1, rows_));
  }
  int64_t scratch_bytes() const {
    return rows_ * std::min(stretch(), conv_.output_pixels()) * static_cast<int64_t>(sizeof(T));
  }

  void forward(int64_t image, int64_t group, const T* input, const T* weight, T* output, T* columns) const {
    for_each_stretch([&](int64_t begin, int64_t count) {
      unfold(input_of(input, image, group), begin, count, columns);
      multiply(weight_of(weight, group), rows_, 1, columns, count, 1, output_of(output, image, group, begin),
               {out_.channel, out_.pixel}, out_channels_, count, rows_);
    });
  }

  void backward_input(int64_t image, int64_t group, const T* grad_output, const T* weight, T* grad_input,
                      T* columns) const {
    for_each_stretch([&](int64_t begin, int64_t count) {
      std::fill_n(columns, rows_ * count, T(0));
      multiply(weight_of(weight, group), 1, rows_, output_of(grad_output, image, group, begin), out_.channel,
               out_.pixel, columns, {count, 1}, rows_, count, out_channels_);
      fold(columns, begin, count, input_of(grad_input, image, group));
    });
  }

  void backward_weight(int64_t image, int64_t group, const T* input, const T* grad_output, T* grad_weight,
                       T* columns) const {
    for_each_stretch([&](int64_t begin, int64_t count) {
      unfold(input_of(input, image, group), begin, count, columns);
      multiply(output_of(grad_output, image, group, begin), out_.channel, out_.pixel, columns, 1, count,
               weight_of(grad_weight, group), {rows_, 1}, out_channels_, rows_, count);
    });
  }

  // A whole image of one group.
  void unfold(const T* image, T* columns) const { unfold(image, 0, conv_.output_pixels(), columns); }
  void fold(const T* columns, T* image) const { fold(columns, 0, conv_.output_pixels(), image); }
  int64_t image_elements() const { return in_channels_ * conv_.input_pixels(); }
  int64_t column_elements() const { return rows_ * conv_.output_pixels(); }

 private:
  struct Strides {
    int64_t row, col;
  };

  template <class P>
  P* input_of(P* base, int64_t image, int64_t group) const {
    return base + image * in_.image + group * in_channels_ * in_.channel;
  }
  template <class P>
  P* output_of(P* base, int64_t image, int64_t group, int64_t pixel) const {
    return base + image * out_.image + group * out_channels_ * out_.channel + pixel * out_.pixel;
  }
  template <class P>
  P* weight_of(P* base, int64_t group) const {
    return base + group * out_channels_ * rows_;
  }

  template <class Body>
  void for_each_stretch(const Body& body) const {
    const int64_t pixels = conv_.output_pixels(), step = stretch();
    for (int64_t begin = 0; begin < pixels; begin += step) body(begin, std::min(step, pixels - begin));
  }

  // C += A B, where C's rows or its columns are contiguous.
  static void multiply(const T* a, int64_t a_row, int64_t a_col, const T* b, int64_t b_row, int64_t b_col, T* c,
                       Strides out, int64_t m, int64_t n, int64_t k) {
    Gemm g;
    g.dtype = dtype_of<T>;
    g.beta = 1;
    g.k = k;
    g.c = c;
    if (out.col == 1) {
      g.m = m, g.n = n, g.c_row = out.row;
      g.a = a, g.a_row = a_row, g.a_col = a_col;
      g.b = b, g.b_row = b_row, g.b_col = b_col;
    } else {
      g.m = n, g.n = m, g.c_row = out.col;
      g.a = b, g.a_row = b_col, g.a_col = b_row;
      g.b = a, g.b_row = a_col, g.b_col = a_row;
    }
    gemm(g);
  }

  // Calls body(first element in the unfolded matrix, count, offset in a channel or -1 for padding, step of the offset)
  // for the pieces of each of its rows that lie evenly in the image.
  template <class Body>
  void for_each_run(int64_t begin, int64_t count, const Body& body) const {
    const int64_t plane = conv_.input_pixels(), width = conv_.output[2], stride = conv_.stride[2];
    int64_t at = 0;
    for (int64_t c = 0; c < in_channels_; ++c)
      for (int64_t k0 = 0; k0 < conv_.kernel[0]; ++k0)
        for (int64_t k1 = 0; k1 < conv_.kernel[1]; ++k1)
          for (int64_t k2 = 0; k2 < conv_.kernel[2]; ++k2)
            for (int64_t o = begin; o < begin + count;) {
              const int64_t o2 = o % width, n = std::min(width - o2, begin + count - o);
              const int64_t x0 = place(0, o / (width * conv_.output[1]), k0);
              const int64_t x1 = place(1, o / width % conv_.output[1], k1), x2 = place(2, o2, k2);
              const bool inside = plane > 0 && inside_of(0, x0) && inside_of(1, x1);
              // Steps until the run enters the image, and until it leaves it.
              const int64_t enters = inside ? std::min(n, steps_until(0, x2, stride)) : n;
              const int64_t leaves = std::clamp(steps_until(conv_.input[2], x2, stride), enters, n);
              const int64_t pixel = (x0 * conv_.input[1] + x1) * conv_.input[2] + x2 + enters * stride;
              body(at, enters, -1, 0);
              body(at + enters, leaves - enters, c * in_.channel + pixel * in_.pixel, stride * in_.pixel);
              body(at + leaves, n - leaves, -1, 0);
              at += n;
              o += n;
            }
  }

  int64_t place(int d, int64_t o, int64_t k) const {
    return o * conv_.stride[d] - conv_.padding[d] + k * conv_.dilation[d];
  }
  bool inside_of(int d, int64_t x) const { return x >= 0 && x < conv_.input[d]; }
  // How many steps from x it takes to reach `bound`.
  static int64_t steps_until(int64_t bound, int64_t x, int64_t step) {
    return x >= bound ? 0 : (bound - x + step - 1) / step;
  }

  void unfold(const T* input, int64_t begin, int64_t count, T* columns) const {
    for_each_run(begin, count, [&](int64_t at, int64_t n, int64_t offset, int64_t step) {
      if (offset < 0)
        std::fill_n(columns + at, n, T(0));
      else if (step == 1)
        std::copy_n(input + offset, n, columns + at);
      else
        for (int64_t i = 0; i < n; ++i) columns[at + i] = input[offset + i * step];
    });
  }

  void fold(const T* columns, int64_t begin, int64_t count, T* input) const {
    for_each_run(begin, count, [&](int64_t at, int64_t n, int64_t offset, int64_t step) {
      if (offset < 0) return;
      for (int64_t i = 0; i < n; ++i) {
        T& sum = input[offset + i * step];
        if constexpr (std::is_integral_v<T>)
          sum = static_cast<T>(static_cast<uint64_t>(sum) + static_cast<uint64_t>(columns[at + i]));
        else
          sum = static_cast<T>(sum + columns[at + i]);
      }
    });
  }

  const Conv conv_;
  const Steps in_, out_;
  const int64_t in_channels_, out_channels_, rows_;
};

// Images and groups are independent of each other.
template <class T, class Body>
void for_each_image_and_group(const Conv& conv, const GroupProduct<T>& product, const Body& body) {
  parallel_for(conv.batch * conv.groups, 1, [&](int64_t begin, int64_t end) {
    const Scratch columns(product.scratch_bytes());
    for (int64_t i = begin; i < end; ++i) body(i / conv.groups, i % conv.groups, columns.as<T>());
  });
}

}  // namespace

template <class T>
void conv_forward(const Conv& conv, const T* input, const T* weight, T* output) {
  const GroupProduct<T> product(conv);
  for_each_image_and_group(conv, product, [&](int64_t image, int64_t group, T* columns) {
    product.forward(image, group, input, weight, output, columns);
  });
}

template <class T>
void conv_backward_input(const Conv& conv, const T* grad_output, const T* weight, T* grad_input) {
  const GroupProduct<T> product(conv);
  for_each_image_and_group(conv, product, [&](int64_t image, int64_t group, T* columns) {
    product.backward_input(image, group, grad_output, weight, grad_input, columns);
  });
}

template <class T>
void conv_backward_weight(const Conv& conv, const T* input, const T* grad_output, T* grad_weight) {
  const GroupProduct<T> product(conv);
  parallel_for(conv.groups, 1, [&](int64_t begin, int64_t end) {
    const Scratch columns(product.scratch_bytes());
    for (int64_t group = begin; group < end; ++group)
      for (int64_t image = 0; image < conv.batch; ++image)
        product.backward_weight(image, group, input, grad_output, grad_weight, columns.as<T>());
  });
}

#define RELUME_INSTANTIATE(T)                                             \
  template void conv_forward(const Conv&, const T*, const T*, T*);        \
  template void conv_backward_input(const Conv&, const T*, const T*, T*); \
  template void conv_backward_weight(const Conv&, const T*, const T*, T*);
RELUME_INSTANTIATE(float)
RELUME_INSTANTIATE(double)
RELUME_INSTANTIATE(uint8_t)
RELUME_INSTANTIATE(int8_t)
RELUME_INSTANTIATE(int16_t)
RELUME_INSTANTIATE(int32_t)
RELUME_INSTANTIATE(int64_t)
#undef RELUME_INSTANTIATE

namespace {

// body(product, number of the image) for each image in its channels, as a group of its own.
template <class T, class Body>
void for_each_image(Conv conv, const Body& body) {
  constexpr int64_t kGrain = 1 << 15;  // elements of columns that a thread takes at least
  conv.groups = conv.out_channels = 1;
  conv.input_layout = conv.output_layout = Layout::Plain;
  const GroupProduct<T> product(conv);
  parallel_for(conv.batch, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, product.column_elements())),
               [&](int64_t begin, int64_t end) {
                 for (int64_t n = begin; n < end; ++n) body(product, n);
               });
}

template <class T>
void unfold_images(const Conv& conv, const void* images, void* columns) {
  for_each_image<T>(conv, [&](const GroupProduct<T>& product, int64_t n) {
    product.unfold(static_cast<const T*>(images) + n * product.image_elements(),
                   static_cast<T*>(columns) + n * product.column_elements());
  });
}

template <class T>
void fold_images(const Conv& conv, const void* columns, void* images) {
  for_each_image<T>(conv, [&](const GroupProduct<T>& product, int64_t n) {
    T* const image = static_cast<T*>(images) + n * product.image_elements();
    std::fill_n(image, product.image_elements(), T());
    product.fold(static_cast<const T*>(columns) + n * product.column_elements(), image);
  });
}

}  // namespace

}  // namespace relume::cpu::im2col

namespace relume::cpu {

void unfold_windows(const Conv& conv, const void* images, void* columns) {
  const int64_t bytes = element_size(conv.dtype);  // elements stay as they are
  const auto run = bytes == 1   ? im2col::unfold_images<uint8_t>
                   : bytes == 2 ? im2col::unfold_images<int16_t>
                   : bytes == 4 ? im2col::unfold_images<int32_t>
                                : im2col::unfold_images<int64_t>;
  run(conv, images, columns);
}

void fold_windows(const Conv& conv, const void* columns, void* images) {
  const auto run = conv.dtype == kDouble     ? im2col::fold_images<double>
                   : conv.dtype == kHalf     ? im2col::fold_images<Half>
                   : conv.dtype == kBFloat16 ? im2col::fold_images<BFloat16>
                   : conv.dtype == kBool     ? im2col::fold_images<bool>
                                             : im2col::fold_images<float>;
  run(conv, columns, images);
}

}  // namespace relume::cpu
