// Makers of hidden elements: convolutions and max poolings, and where they get their input from.
#include "ops/put_off.h"

#include <algorithm>
#include <atomic>

#include "core/hidden_layout.h"
#include "kernels/copy.h"
#include "ops/spatial.h"
#include "relume/ops.h"
#include "relume/threads.h"

namespace relume {
namespace {

using cpu::Conv;
using cpu::Pool;

constexpr int64_t kChunkElements = 1 << 16;  // of the first layer's result, at least: a quarter of a megabyte
constexpr int64_t kMostWeights = 1 << 17;    // larger ones had better be read once for all images
constexpr int64_t kChunksPerThread = 2;      // at least: else the layers are computed by all threads together

// Images for a maker, in channels-last order: a copy of its own, or made as they are needed.
class Source {
 public:
  Source(const Tensor& input, PendingElements pending) : pending_(std::move(pending)) {
    image_ = input.numel() / input.size(0);
    if (!pending_) copy_.emplace(own_copy(input));
  }

  // Calls body(the images), after the ReLU that they are owed unless `leave_relu`.
  template <class Body>
  void read(int64_t first, int64_t count, bool leave_relu, const Body& body) const {
    if (copy_) return body(static_cast<const float*>(copy_->data()) + first * image_);
    const Tensor block = make_tensor({count * image_}, kFloat);
    void* const images = block.impl()->data();
    pending_.maker->make(first, count, images);
    if (relu() && !leave_relu) detail::relu_in_place(kFloat, images, count * image_);
    body(images);
  }
  void begin() const {
    if (pending_) pending_.maker->begin();
  }
  bool relu() const { return pending_.relu; }

 private:
  static Tensor own_copy(const Tensor& input) {
    Tensor copy = make_activation(input.sizes(), kFloat, Form::Hidden);
    const DenseActivation target(copy);
    DimVector strides(input.sizes().size());
    int64_t stride = input.size(1);
    for (size_t d = strides.size(); d-- > 2; stride *= input.sizes()[d]) strides[d] = stride;
    strides[0] = stride, strides[1] = 1;
    cpu::copy_strided(input.sizes(), target.data(), strides.data(), kFloat, input.impl()->data(),
                      input.strides().data(), kFloat);
    return copy;
  }

  PendingElements pending_;
  std::optional<DenseActivation> copy_;
  int64_t image_ = 0;
};

class ConvolutionMaker : public detail::ElementMaker {
 public:
  ConvolutionMaker(const Conv& conv, int64_t chunk, const Tensor& input, PendingElements pending, const Tensor& bias,
                   std::shared_ptr<const detail::Derived> weight)
      : ElementMaker(chunk), conv_(conv), source_(input, std::move(pending)), weight_(std::move(weight)) {
    if (bias.defined()) bias_ = bias.clone();
  }

  void make(int64_t first, int64_t count, void* to) const override {
    Conv conv = conv_;
    conv.batch = count;
    std::shared_ptr<const detail::Derived> weight = weight_;
    conv.kept_weight = &weight;
    source_.read(first, count, /*leave_relu=*/false, [&](const void* images) {
      cpu::conv_forward_packed(conv, images, bias_.defined() ? bias_.impl()->data() : nullptr, to);
    });
  }
  // A result that is used twice is computed twice: next time it is not put off.
  void begin() const override {
    if (begun_.exchange(true)) cpu::conv_pack_no_more(*weight_);
    source_.begin();
  }

 private:
  const Conv conv_;
  const Source source_;
  const std::shared_ptr<const detail::Derived> weight_;
  Tensor bias_;
  mutable std::atomic<bool> begun_{false};
};

class MaxPoolMaker : public detail::ElementMaker {
 public:
  MaxPoolMaker(const Pool& pool, int64_t chunk, const Tensor& input, PendingElements pending)
      : ElementMaker(chunk), pool_(pool), source_(input, std::move(pending)) {
    // max(max(x, 0), ...) = max(max(x, ...), 0), unless a window has padding alone.
    const bool padded = std::any_of(std::begin(pool.padding), std::end(pool.padding), [](int64_t p) { return p != 0; });
    pool_.relu = source_.relu() && !padded;
    pool_.layout = cpu::Layout::ChannelsLast;
  }

  void make(int64_t first, int64_t count, void* to) const override {
    Pool pool = pool_;
    pool.batch = count;
    source_.read(first, count, pool.relu,
                 [&](const void* images) { cpu::max_pool_forward(pool, images, to, cpu::PoolIndex()); });
  }
  void begin() const override { source_.begin(); }

 private:
  Pool pool_;
  const Source source_;
};

// Images that are made together: those of the maker whose result is the input, or enough to be worth a call.
int64_t chunk_of(const Conv& conv, const PendingElements& pending) {
  if (pending) return pending.maker->chunk;
  const int64_t image = conv.out_channels * conv.output_pixels();
  return std::max<int64_t>(1, kChunkElements / image);
}

bool may_put_off(const Conv& conv, const Tensor& input, const PendingElements& pending) {
  return hides_layouts() && conv.dtype == kFloat && conv.weight_count() <= kMostWeights && conv.out_channels > 1 &&
         conv.output_pixels() > 1 && (pending || form_of(input) == Form::Plain);
}

}  // namespace

Tensor put_off_convolution(const Conv& given, IntArrayRef sizes, const Tensor& input, const Tensor& weight,
                           const Tensor& bias) {
  if (!detail::PutOffScope::current()) return {};
  const PendingElements pending(*input.impl()->storage);
  if (!may_put_off(given, input, pending)) return {};
  Conv conv = given;
  conv.input_layout = conv.output_layout = cpu::Layout::ChannelsLast;
  const int64_t batch = conv.batch, chunk = chunk_of(conv, pending);
  if (batch < kChunksPerThread * get_num_threads() * chunk) return {};
  for (const int64_t count : {chunk, batch % chunk}) {
    conv.batch = count;
    if (count > 0 && !cpu::conv_pack(conv, weight.impl()->data(), bias.defined())) return {};
  }
  auto maker = std::make_shared<ConvolutionMaker>(conv, chunk, input, pending, bias, *given.kept_weight);
  return make_unmade(sizes, kFloat, std::move(maker));
}

Tensor put_off_max_pool(const Pool& pool, const Tensor& input, IntArrayRef sizes) {
  if (!detail::PutOffScope::current()) return {};
  PendingElements pending(*input.impl()->storage);
  if (!pending || input.dim() != static_cast<int64_t>(sizes.size()) || pool.output_pixels() == 1) return {};
  const int64_t chunk = pending.maker->chunk;
  return make_unmade(sizes, kFloat, std::make_shared<MaxPoolMaker>(pool, chunk, input, std::move(pending)));
}

}  // namespace relume
