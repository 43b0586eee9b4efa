// Random networks with the hidden layout and without it: whatever a program does between their ops, forward and
// backward give the same numbers.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/hidden_layout.h"
#include "relume/relume.h"

namespace relume {
namespace {

// Multiples of 1/4, of which convolutions and pools form exact sums: no order of summation can show.
Tensor quarters(IntArrayRef sizes, ScalarType dtype) { return (randint(-4, 5, sizes, kFloat) / 4).to(dtype); }
Tensor whole(IntArrayRef sizes, ScalarType dtype) { return randint(-1, 2, sizes, kFloat).to(dtype); }

// What a program may do to the result of an op before it calls the next one.
enum class Interference { None, Pointer, EarlyPointer, Thread, View, InPlace, Layout, Last };

class Network {
 public:
  Network(unsigned seed, ScalarType dtype, bool interferes)
      : engine_(seed), seed_(seed), dtype_(dtype), interferes_(interferes) {}

  // The result, and the gradients of the input and of every weight.
  std::vector<Tensor> run() {
    manual_seed(seed_);
    rank_ = pick(1, 3);
    DimVector sizes = {pick(0, 9) == 0 ? 0 : pick(1, 3), channels()};
    for (int64_t d = 0; d < rank_; ++d) sizes.push_back(pick(0, 3) == 0 ? 1 : pick(1, rank_ == 3 ? 5 : 9));
    Tensor x = leaf(quarters(sizes, dtype_));
    text_ = to_string(IntArrayRef(sizes));
    for (int64_t left = pick(1, 6); left > 0; --left) {
      x = layer(x);
      hidden_ += x.impl()->storage->is_hidden();
      x = interfere(x);
    }
    Tensor last = norm(x);
    if (exact_) last = x;
    last.backward(quarters(last.sizes(), dtype_));
    std::vector<Tensor> results = {last.detach()};
    for (const Tensor& each : leaves_) results.push_back(each.grad().defined() ? each.grad() : zeros_like(each));
    return results;
  }
  const std::string& text() const { return text_; }
  bool exact() const { return exact_; }
  int hidden() const { return hidden_; }

 private:
  int64_t pick(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(engine_); }
  int64_t channels() { return pick(0, 5) == 0 ? pick(1, 37) : pick(1, 9); }
  Tensor leaf(const Tensor& values) {
    leaves_.push_back(values.set_requires_grad(true));
    return leaves_.back();
  }

  Tensor layer(const Tensor& x) {
    switch (pick(0, 8)) {
      case 0:
      case 1:
        return convolution(x);
      case 2:
        return pool(x);
      case 3:
        text_ += " relu";
        return relu(x);
      case 4:
        text_ += " leaky_relu";
        return leaky_relu(x, 0.5);
      case 5:
        text_ += " twice";
        return x + x;
      case 6:
        text_ += " plus plain";
        return x + quarters(x.sizes(), dtype_);
      case 7:
        text_ += " times channels";
        return x * leaf(whole(channel_sizes(x), dtype_));
      default:
        text_ += " where";
        return where(x > 0, x, x * 2);
    }
  }

  DimVector channel_sizes(const Tensor& x) const {
    DimVector sizes = {x.size(1)};
    sizes.resize(static_cast<size_t>(rank_) + 1);
    for (size_t d = 1; d < sizes.size(); ++d) sizes[d] = 1;
    return sizes;
  }

  // At most two, so that sums stay exact.
  Tensor convolution(const Tensor& x) {
    if (convolutions_++ == 2) return relu(x);
    const bool transposed = pick(0, 2) == 0;
    const int64_t in = x.size(1), groups = in % 2 == 0 && pick(0, 2) == 0 ? 2 : 1, out = groups * channels();
    DimVector weight = transposed ? DimVector{in, out / groups} : DimVector{out, in / groups};
    DimVector stride, padding, dilation, none(static_cast<size_t>(rank_));
    for (int64_t d = 0; d < rank_; ++d) {
      const int64_t size = x.size(2 + d), kernel = pick(1, 3);
      weight.push_back(kernel);
      stride.push_back(pick(0, 3) == 0 ? pick(1, 9) : pick(1, 2));
      dilation.push_back(pick(0, 3) == 0 ? pick(1, 7) : 1);
      const int64_t reach = dilation.back() * (kernel - 1);
      const int64_t least = transposed ? 0 : (reach - size + 2) / 2, most = transposed && size == 1 ? 0 : 2;
      padding.push_back(transposed ? pick(0, std::min(most, reach / 2)) : std::max(pick(0, most), least));
      none[static_cast<size_t>(d)] = 0;
    }
    text_ += transposed ? " transposed" : " conv";
    for (const DimVector* list : {&weight, &stride, &padding, &dilation}) text_ += " " + to_string(IntArrayRef(*list));
    const Tensor w = leaf(whole(weight, dtype_)), b = leaf(quarters({out}, dtype_));
    if (transposed) {
      const auto op = rank_ == 1 ? conv_transpose1d : rank_ == 2 ? conv_transpose2d : conv_transpose3d;
      return op(x, w, b, stride, padding, none, groups, dilation);
    }
    const auto op = rank_ == 1 ? conv1d : rank_ == 2 ? conv2d : conv3d;
    return op(x, w, b, stride, padding, dilation, groups);
  }

  Tensor pool(const Tensor& x) {
    for (int64_t d = 0; d < rank_; ++d)
      if (x.size(2 + d) < 2 || x.size(0) == 0) return neg(x);
    const bool largest = pick(0, 1) == 0;
    text_ += largest ? " max_pool" : " avg_pool";
    if (rank_ == 1) return largest ? max_pool1d(x, 2) : avg_pool1d(x, 2);
    if (rank_ == 2) return largest ? max_pool2d(x, 2, pick(1, 2), pick(0, 1)) : avg_pool2d(x, 2, pick(1, 2));
    return largest ? max_pool3d(x, 2, 2) : avg_pool3d(x, 2, 2);
  }

  Tensor norm(const Tensor& x) {
    if (pick(0, 1) == 0 || x.numel() == 0 || x.numel() == x.size(1)) return x;
    exact_ = false;
    const bool training = pick(0, 1) == 0;
    text_ += training ? " batch_norm in training" : " batch_norm";
    const int64_t count = x.size(1);
    return batch_norm(x, leaf(whole({count}, dtype_)), leaf(quarters({count}, dtype_)), zeros({count}, dtype_),
                      ones({count}, dtype_), training, 0.1, 1e-3, false);
  }

  // Writes behind the back of autograd, as raw pointers do.
  Tensor interfere(const Tensor& x) {
    if (early_) std::memset(static_cast<char*>(early_), 0, early_bytes_);
    early_ = nullptr;
    early_owner_ = Tensor();
    if (!interferes_ || x.numel() == 0) return x;
    const auto kind = static_cast<Interference>(pick(0, 2 * static_cast<int64_t>(Interference::Last)));
    const int64_t at = pick(0, x.numel() - 1);
    const auto element = static_cast<size_t>(x.element_size());
    const auto poke = [x, at, element] { std::memset(static_cast<char*>(x.data_ptr()) + at * element, 0, element); };
    switch (kind) {
      case Interference::Pointer:
        poke();
        break;
      case Interference::Thread:
        std::thread(poke).join();
        break;
      case Interference::EarlyPointer:  // written to after the next op
        early_owner_ = x;
        early_ = static_cast<char*>(x.data_ptr()) + at * element;
        early_bytes_ = element;
        break;
      case Interference::View:
        return x.flatten(1).view(x.sizes()) + x.select(1, pick(0, x.size(1) - 1)).unsqueeze(1);
      case Interference::InPlace:
        return (x * 1).mul_(2).clamp_(-8, 8);
      case Interference::Layout:
        return x.transpose(0, 1).contiguous().transpose(0, 1);
      default:
        break;
    }
    return x;
  }

  std::mt19937 engine_;
  const unsigned seed_;
  const ScalarType dtype_;
  const bool interferes_;
  int64_t rank_ = 0, convolutions_ = 0;
  bool exact_ = true;
  int hidden_ = 0;  // results whose layout was hidden
  std::vector<Tensor> leaves_;
  std::string text_;
  void* early_ = nullptr;
  size_t early_bytes_ = 0;
  Tensor early_owner_;
};

// Leaves NaN in the blocks that the next tensors and kernels get: whoever reads what it did not write shows it.
void poison_free_memory() {
  std::vector<Tensor> blocks;
  for (int64_t bytes = 64; bytes <= 65536; bytes += bytes < 512 ? 64 : bytes)
    for (int i = 0; i < 4; ++i) blocks.push_back(full({bytes}, 255, kByte));
}

class HiddenNetworks : public testing::TestWithParam<std::tuple<ScalarType, bool>> {
 protected:
  HiddenNetworks() { set_num_threads(1); }  // small work, on machines that run other tests beside
  ~HiddenNetworks() override {
    set_hides_layouts(hides_);
    set_num_threads(threads_);
  }

  static std::vector<Tensor> run(Network& network, bool hides) {
    set_hides_layouts(hides);
    poison_free_memory();
    return network.run();
  }

 private:
  const bool hides_ = hides_layouts();
  const int threads_ = get_num_threads();
};

// The largest difference that another order of the same sums may make.
double tolerance(ScalarType dtype, const Tensor& expected) {
  const double largest = expected.numel() ? std::max(1.0, expected.abs().max().item<double>()) : 1;
  return largest * (dtype == kDouble ? 1e-11 : 1e-4);
}

TEST_P(HiddenNetworks, ComputeTheSameAsPlainOnes) {
  const auto [dtype, interferes] = GetParam();
  int hidden = 0;
  for (unsigned seed = 0; seed < 600; ++seed) {
    Network network(seed, dtype, interferes), reference(seed, dtype, interferes);
    const std::vector<Tensor> expected = run(reference, false), found = run(network, true);
    ASSERT_EQ(expected.size(), found.size()) << network.text();
    hidden += network.hidden();
    ASSERT_EQ(reference.hidden(), 0);
    for (size_t i = 0; i < found.size(); ++i) {
      const Tensor a = found[i].to(kDouble), b = expected[i].to(kDouble);
      ASSERT_EQ(a.sizes(), b.sizes()) << "seed " << seed << network.text();
      const bool agree = i == 0 && network.exact() ? relume::equal(a, b) : allclose(a, b, 0, tolerance(dtype, b), true);
      ASSERT_TRUE(agree) << "seed " << seed << ", result " << i << ": " << network.text();
    }
  }
  RecordProperty("hidden", hidden);
  if (dtype == kFloat) {
    EXPECT_GT(hidden, 100);
  }
}

TEST(BFloat16Convolutions, OfOnePixelDoNotReadWhatTheyDidNotWrite) {
  for (int round = 0; round < 3; ++round) {
    const Tensor x = whole({3, 8, 1, 1}, kBFloat16), w = whole({6, 4, 1, 3}, kBFloat16).set_requires_grad(true);
    const Tensor y = conv2d(x, w, {}, {2, 2}, {0, 1}, 1, 2);
    poison_free_memory();
    y.sum().backward();
    EXPECT_FALSE(w.grad().isnan().any().item<bool>());
  }
}

// All sums are of small integers, so that both dtypes have them exactly.
TEST(BFloat16Convolutions, WhoseStridesSkipPixelsAgreeWithFloat32) {
  manual_seed(0);
  const Tensor x = whole({3, 3, 9, 8}, kFloat), w = whole({3, 7, 2, 2}, kFloat);
  const auto gradients = [&](ScalarType dtype) {
    const Tensor input = x.to(dtype, false, true).set_requires_grad(true);
    const Tensor weight = w.to(dtype, false, true).set_requires_grad(true);
    const Tensor y = conv_transpose2d(input, weight, {}, {7, 9});
    y.backward(ones_like(y));
    return std::vector<Tensor>{y.to(kFloat), input.grad().to(kFloat), weight.grad().to(kFloat)};
  };
  const std::vector<Tensor> expected = gradients(kFloat), found = gradients(kBFloat16);
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_TRUE(relume::equal(found[i], expected[i])) << i;
}

INSTANTIATE_TEST_SUITE_P(Dtypes, HiddenNetworks,
                         testing::Combine(testing::Values(kFloat, kDouble, kBFloat16), testing::Bool()));

}  // namespace
}  // namespace relume
