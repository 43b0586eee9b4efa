// The hidden channels-last layout: no result, no write and no view may show that it is there.
#include "core/hidden_layout.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "relume/relume.h"

namespace relume {
namespace {

bool is_hidden(const Tensor& tensor) { return tensor.impl()->storage->is_hidden(); }

// The same values, with the channels last in memory and strides that do not say so.
Tensor hidden(const Tensor& values) {
  const Tensor plain = values.detach().contiguous();
  Tensor result = make_hidden(plain.sizes(), plain.scalar_type());
  const HiddenPin pin(*result.impl()->storage);
  if (!pin.elements()) return plain.clone();
  const auto& e = *pin.elements();
  const auto size = static_cast<size_t>(element_size(e.dtype));
  for (int64_t n = 0; n < e.batch; ++n)
    for (int64_t c = 0; c < e.channels; ++c)
      for (int64_t p = 0; p < e.pixels; ++p)
        std::memcpy(static_cast<char*>(e.data) + static_cast<size_t>((n * e.pixels + p) * e.channels + c) * size,
                    static_cast<const char*>(plain.data_ptr()) +
                        static_cast<size_t>((n * e.channels + c) * e.pixels + p) * size,
                    size);
  return result;
}

// Multiples of 1/4 between -1 and 1: sums of products are exact in float32, and windows have ties.
Tensor quarters(IntArrayRef sizes) { return randint(-4, 5, sizes, kFloat) / 4; }

void expect_equal(const Tensor& a, const Tensor& b, const std::string& what) {
  ASSERT_EQ(a.sizes(), b.sizes()) << what;
  ASSERT_TRUE(relume::equal(a.to(kDouble), b.to(kDouble))) << what;
}

void expect_close(const Tensor& a, const Tensor& b, const std::string& what) {
  ASSERT_EQ(a.sizes(), b.sizes()) << what;
  ASSERT_TRUE(allclose(a.to(kDouble), b.to(kDouble), 1e-4, 1e-4)) << what;
}

class HiddenLayout : public testing::Test {
 protected:
  HiddenLayout() {
    set_hides_layouts(true);
    manual_seed(1);
  }
  ~HiddenLayout() override { set_hides_layouts(before_); }

  int64_t random(int64_t low, int64_t high) { return std::uniform_int_distribution<int64_t>(low, high)(engine_); }
  // Mostly `usual`, now and then as much as `extreme`.
  int64_t seldom(int64_t low, int64_t usual, int64_t extreme) {
    return random(0, 19) == 0 ? random(low, extreme) : random(low, usual);
  }
  Tensor maybe_hidden(const Tensor& values) { return random(0, 1) ? hidden(values) : values.clone(); }

  std::mt19937 engine_{7};

 private:
  const bool before_ = hides_layouts();
};

// ---- Layers against references -----------------------------------------------------------------------------------

struct ConvCase {
  bool transposed;
  DimVector input, weight, stride, padding, output_padding, dilation;
  int64_t groups, outputs;

  Tensor operator()(const Tensor& x, const Tensor& w, const Tensor& b) const {
    const auto rank = input.size() - 2;
    if (transposed) {
      const auto op = rank == 1 ? conv_transpose1d : rank == 2 ? conv_transpose2d : conv_transpose3d;
      return op(x, w, b, stride, padding, output_padding, groups, dilation);
    }
    const auto op = rank == 1 ? conv1d : rank == 2 ? conv2d : conv3d;
    return op(x, w, b, stride, padding, dilation, groups);
  }
  std::string text() const {
    std::string result = transposed ? "transposed" : "conv";
    for (const DimVector* list : {&input, &weight, &stride, &padding, &output_padding, &dilation})
      result += " " + to_string(IntArrayRef(*list));
    return result + " groups " + std::to_string(groups);
  }
};

class HiddenConvolutions : public HiddenLayout {
 protected:
  ConvCase random_case() {
    const int64_t rank = random(1, 3);
    ConvCase c;
    c.transposed = random(0, 2) == 0;
    c.groups = random(0, 3) == 0 ? random(1, 4) : 1;
    const int64_t in = seldom(1, 6, 40), out = seldom(1, 6, 40);
    c.outputs = out * c.groups;
    c.input = {seldom(1, 3, 5) - (random(0, 30) == 0), in * c.groups};
    c.weight = {c.transposed ? in * c.groups : out * c.groups, c.transposed ? out : in};
    if (c.input[0] < 0) c.input[0] = 0;
    for (int64_t d = 0; d < rank; ++d) {
      c.input.push_back(seldom(1, rank == 3 ? 4 : 9, rank == 1 ? 60 : 12));
      c.weight.push_back(seldom(1, 3, 6));
      c.stride.push_back(seldom(1, 2, 12));
      c.padding.push_back(seldom(0, 2, 8));
      c.dilation.push_back(seldom(1, 2, 9));
      c.output_padding.push_back(c.transposed ? random(0, std::max(c.stride.back(), c.dilation.back()) - 1) : 0);
    }
    return c;
  }
};

TEST_F(HiddenConvolutions, AgreeWithFloat64OverRandomShapes) {
  int computed = 0, hid = 0;
  for (int i = 0; i < 2500; ++i) {
    const ConvCase conv = random_case();
    const Tensor x = maybe_hidden(quarters(conv.input)).set_requires_grad(true);
    const Tensor w = quarters(conv.weight).set_requires_grad(true);
    const Tensor b = quarters({conv.outputs}).set_requires_grad(true);
    const Tensor wide[] = {x.detach().clone().to(kDouble).set_requires_grad(true),
                           w.detach().to(kDouble).set_requires_grad(true),
                           b.detach().to(kDouble).set_requires_grad(true)};
    Tensor expected;
    try {
      expected = conv(wide[0], wide[1], wide[2]);
    } catch (const Error&) {
      EXPECT_THROW(conv(x, w, b), Error) << conv.text();
      continue;
    }
    const Tensor y = conv(x, w, b);
    ++computed;
    hid += is_hidden(y);
    const Tensor seed = quarters(y.sizes());
    y.backward(maybe_hidden(seed));
    expected.backward(seed.to(kDouble));
    expect_equal(y, expected, conv.text());
    expect_equal(x.grad(), wide[0].grad(), conv.text() + ": gradient of the input");
    expect_equal(w.grad(), wide[1].grad(), conv.text() + ": gradient of the weight");
    expect_equal(b.grad(), wide[2].grad(), conv.text() + ": gradient of the bias");
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(computed, 1200);
  EXPECT_GT(hid, 100);
}

using Layer = std::function<Tensor(const Tensor&)>;

// Forward and backward on a hidden tensor and on a plain one.
void expect_same(const Layer& layer, const Tensor& values, const std::string& what, bool exactly) {
  const Tensor x = hidden(values).set_requires_grad(true), plain = values.clone().set_requires_grad(true);
  const Tensor y = layer(x), expected = layer(plain);
  const Tensor seed = quarters(y.sizes());
  y.backward(hidden(seed));
  expected.backward(seed);
  const auto check = exactly ? expect_equal : expect_close;
  check(y, expected, what);
  check(x.grad(), plain.grad(), what + ": gradient");
}

TEST_F(HiddenLayout, PoolsAgreeWithPlainOnes) {
  for (int i = 0; i < 600; ++i) {
    const bool deep = random(0, 3) == 0;
    DimVector sizes = {random(1, 3), seldom(1, 5, 40)}, kernel, stride, padding, parts;
    for (int d = deep ? 3 : 2; d-- > 0;) {
      kernel.push_back(seldom(1, 3, 5));
      sizes.push_back(kernel.back() + seldom(0, 6, 15));
      stride.push_back(seldom(1, 3, 6));
      padding.push_back(random(0, kernel.back() / 2));
      parts.push_back(random(1, 4));
    }
    const bool ceil = random(0, 1), counts = random(0, 1);
    const Layer pools[] = {
        [&](const Tensor& x) {
          return deep ? max_pool3d(x, kernel, stride, padding, 1, ceil)
                      : max_pool2d(x, kernel, stride, padding, 1, ceil);
        },
        [&](const Tensor& x) {
          return std::get<0>(deep ? max_pool3d_with_indices(x, kernel, stride, padding, 1, ceil)
                                  : max_pool2d_with_indices(x, kernel, stride, padding, 1, ceil));
        },
        [&](const Tensor& x) {
          return deep ? avg_pool3d(x, kernel, stride, padding, ceil, counts)
                      : avg_pool2d(x, kernel, stride, padding, ceil, counts);
        },
        [&](const Tensor& x) { return deep ? adaptive_avg_pool3d(x, parts) : adaptive_avg_pool2d(x, parts); },
    };
    const Tensor values = quarters(sizes);
    for (size_t p = 0; p < std::size(pools); ++p) {
      expect_same(pools[p], values, "pool " + std::to_string(p) + " of " + to_string(IntArrayRef(sizes)), p < 2);
      if (HasFatalFailure()) return;
    }
    if (deep) continue;
    const Tensor there = std::get<1>(max_pool2d_with_indices(hidden(values), kernel, stride, padding, 1, ceil));
    expect_equal(there, std::get<1>(max_pool2d_with_indices(values, kernel, stride, padding, 1, ceil)), "places");
  }
}

TEST_F(HiddenLayout, AnUnbatchedImageIsNotTakenForABatch) {
  const Tensor values = quarters({6, 8, 10});  // hidden as [batch, channels, length]; the pool sees channels first
  expect_same([](const Tensor& x) { return max_pool2d(x, 2); }, values, "max_pool2d", true);
  expect_same([](const Tensor& x) { return avg_pool2d(x, 2); }, values, "avg_pool2d", true);
  expect_same([](const Tensor& x) { return max_pool1d(x, 2); }, values, "max_pool1d", true);
}

TEST_F(HiddenLayout, BatchNormAgreesWithThePlainOne) {
  for (int i = 0; i < 200; ++i) {
    DimVector sizes = {random(1, 4), seldom(1, 20, 70)};
    for (int64_t d = random(1, 3); d-- > 0;) sizes.push_back(random(2, 6));
    const bool training = random(0, 1);
    const Tensor weight = rand({sizes[1]}) + 0.5, bias = rand({sizes[1]}), mean = rand({sizes[1]}),
                 var = rand({sizes[1]}) + 0.5;
    const Layer norm = [&](const Tensor& x) {
      return batch_norm(x, weight, bias, mean.clone(), var.clone(), training, 0.1, 1e-5, true);
    };
    expect_same(norm, quarters(sizes), to_string(IntArrayRef(sizes)), false);
    if (HasFatalFailure()) return;
  }
}

// ---- Point-wise ops keep the layout ------------------------------------------------------------------------------

Tensor some_values() {
  manual_seed(3);
  return randn({2, 5, 4, 3});
}

TEST_F(HiddenLayout, PointwiseOpsKeepItAndComputeTheSame) {
  const Tensor values = some_values(), others = randn({2, 5, 4, 3});
  const Tensor other = hidden(others);
  const std::vector<std::pair<Layer, Layer>> ops = {
      {[](const Tensor& x) { return relu(x); }, {}},
      {[](const Tensor& x) { return leaky_relu(x, 0.1); }, {}},
      {[](const Tensor& x) { return gelu(x); }, {}},
      {[](const Tensor& x) { return exp(x); }, {}},
      {[](const Tensor& x) { return x * 2 + 1; }, {}},
      {[](const Tensor& x) { return x.pow(2); }, {}},
      {[](const Tensor& x) { return x > 0; }, {}},
      {[](const Tensor& x) { return x.to(kFloat) - x.mean().detach(); }, {}},
      {[](const Tensor& x) { return x.clone().mul_(3); }, {}},
      {[&](const Tensor& x) { return x + other; }, [&](const Tensor& x) { return x + others; }},
      {[&](const Tensor& x) { return x * other; }, [&](const Tensor& x) { return x * others; }},
      {[&](const Tensor& x) { return maximum(other, x); }, [&](const Tensor& x) { return maximum(others, x); }},
      {[&](const Tensor& x) { return where(x > 0, x, other); },
       [&](const Tensor& x) { return where(x > 0, x, others); }},
  };
  for (size_t i = 0; i < ops.size(); ++i) {
    const Tensor x = hidden(values);
    const Tensor y = ops[i].first(x);
    expect_equal(y, (ops[i].second ? ops[i].second : ops[i].first)(values), "op " + std::to_string(i));
  }
  EXPECT_TRUE(is_hidden(relu(hidden(values))));
  EXPECT_TRUE(is_hidden(hidden(values) + other));
  EXPECT_TRUE(is_hidden(hidden(values) * 2));
}

TEST_F(HiddenLayout, MixesWithPlainAndBroadcastOperands) {
  const Tensor values = some_values(), plain = randn({2, 5, 4, 3}), row = randn({5, 1, 1}),
               more = randn({3, 1, 5, 1, 1});
  const Tensor scalar = randn({}), one = randn({1, 1});
  for (const Tensor& other : {plain, row, more, scalar, one, plain.transpose(2, 3).contiguous().transpose(2, 3)}) {
    expect_equal(hidden(values) * other, values * other, to_string(other.sizes()));
    expect_equal(other - hidden(values), other - values, to_string(other.sizes()));
  }
  const Tensor expanded = randn({1}).expand({2, 5, 4, 3});
  EXPECT_TRUE(is_hidden(hidden(values) * expanded));
  expect_equal(hidden(values) * expanded, values * expanded, "expanded");
}

TEST_F(HiddenLayout, InPlaceOpsWriteWhereTheElementsAre) {
  const Tensor values = some_values(), others = randn({2, 5, 4, 3});
  Tensor x = hidden(values);
  x.relu_();
  EXPECT_TRUE(is_hidden(x));
  expect_equal(x, relu(values), "relu_");
  Tensor mixed = hidden(values);
  mixed.add_(others);
  expect_equal(mixed, values + others, "add_ of a plain tensor");
  Tensor into = values.clone();
  into.mul_(hidden(others));
  expect_equal(into, values * others, "mul_ by a hidden tensor");
}

// ---- Whoever looks sees row-major elements -----------------------------------------------------------------------

TEST_F(HiddenLayout, StridesSayRowMajor) {
  const Tensor x = hidden(some_values());
  EXPECT_TRUE(x.is_contiguous());
  EXPECT_FALSE(x.is_contiguous(MemoryFormat::ChannelsLast));
  EXPECT_EQ(x.strides(), IntArrayRef({60, 12, 3, 1}));
}

TEST_F(HiddenLayout, EveryWayOfLookingGivesTheSame) {
  const Tensor values = some_values();
  const Layer looks[] = {
      [](const Tensor& x) { return x.flatten(); },
      [](const Tensor& x) { return x.flatten(1); },
      [](const Tensor& x) { return x.flatten(2); },
      [](const Tensor& x) {
        return x.view({2, 5, 12}) * 2;
      },
      [](const Tensor& x) {
        return x.view({10, 4, 3});
      },
      [](const Tensor& x) { return x.unsqueeze(0); },
      [](const Tensor& x) { return x.unsqueeze(3) + 1; },
      [](const Tensor& x) { return x.transpose(0, 1); },
      [](const Tensor& x) {
        return x.permute({3, 1, 0, 2});
      },
      [](const Tensor& x) { return x.select(1, 2); },
      [](const Tensor& x) { return x.slice(2, 1, 3); },
      [](const Tensor& x) { return x.narrow(0, 0, 1); },
      [](const Tensor& x) {
        return x.as_strided({3, 4}, {7, 2}, 5);
      },
      [](const Tensor& x) { return x.sum({1}); },
      [](const Tensor& x) { return x.sum(); },
      [](const Tensor& x) { return x.max(); },
      [](const Tensor& x) { return x.argmax(); },
      [](const Tensor& x) { return softmax(x, 1); },
      [](const Tensor& x) {
        return cat({x, x}, 2);
      },
      [](const Tensor& x) { return x.clone(); },
      [](const Tensor& x) { return x.to(kDouble); },
      [](const Tensor& x) { return x.detach() + 0; },
      [](const Tensor& x) { return x.contiguous(MemoryFormat::ChannelsLast); },
      [](const Tensor& x) { return matmul(x, x.transpose(2, 3)); },
      [](const Tensor& x) { return x.unbind(1)[3]; },
      [](const Tensor& x) { return x.chunk(2, 1)[0]; },
      [](const Tensor& x) { return dropout(x, 0.5, true); },
      [](const Tensor& x) { return std::get<0>(x.sort(1)); },
  };
  for (size_t i = 0; i < std::size(looks); ++i) {
    manual_seed(5);
    const Tensor seen = looks[i](hidden(values));
    manual_seed(5);
    expect_equal(seen, looks[i](values), "look " + std::to_string(i));
  }
  std::ostringstream text, expected;
  text << hidden(values);
  expected << values;
  EXPECT_EQ(text.str(), expected.str());
}

TEST_F(HiddenLayout, GeometryChangedInPlaceKeepsTheElements) {
  const Tensor values = some_values();
  Tensor x = hidden(values), y = hidden(values), z = hidden(values);
  x.squeeze_();
  expect_equal(x, values, "squeeze_");
  y.transpose_(1, 2);
  expect_equal(y, values.transpose(1, 2), "transpose_");
  z.resize_({60});
  expect_equal(z, values.flatten().slice(0, 0, 60), "resize_");
  Tensor data = randn({1});
  data.set_data(hidden(values));
  expect_equal(data, values, "set_data");
}

TEST_F(HiddenLayout, AViewThatChannelsAndBatchSurviveStaysHidden) {
  const Tensor values = some_values(), x = hidden(values);
  const Tensor lines = x.view({2, 5, 12});
  EXPECT_TRUE(is_hidden(lines));
  expect_equal(relu(lines), relu(values.view({2, 5, 12})), "lines");
}

TEST_F(HiddenLayout, WritesThroughPointersAndViewsAreSeenByTheNextOp) {
  const Tensor values = some_values(), weight = quarters({4, 5, 3, 3});
  const Tensor x = hidden(values);
  float* const pointer = x.data_ptr<float>();
  EXPECT_FALSE(is_hidden(x));
  Tensor expected = values.clone();
  for (int i = 0; i < 3; ++i) {
    pointer[17 + i] = 5;
    expected.data_ptr<float>()[17 + i] = 5;
    expect_close(conv2d(x, weight), conv2d(expected, weight), "after a raw write");
    EXPECT_FALSE(is_hidden(x)) << "a storage whose pointer is out must not be hidden again";
  }
  const Tensor y = hidden(values);
  const Tensor view = y.select(1, 3);
  y.select(1, 3).fill_(2);
  Tensor filled = values.clone();
  filled.select(1, 3).fill_(2);
  expect_equal(view, filled.select(1, 3), "the view");
  expect_equal(relu(y), relu(filled), "the tensor");
}

TEST_F(HiddenLayout, EveryOpOfANetworkMayBeWrittenToBehindItsBack) {
  manual_seed(11);
  const Tensor image = randn({2, 3, 8, 8}), w1 = randn({8, 3, 3, 3}), w2 = randn({6, 8, 3, 3});
  const auto run = [&](bool hide, int poked) {
    set_hides_layouts(hide);
    int at = 0;
    const auto poke = [&](Tensor t) {  // from another thread
      if (at++ == poked) std::thread([t] { t.data_ptr<float>()[t.numel() / 3] += 1; }).join();
      return t;
    };
    Tensor x = poke(conv2d(image, w1, {}, 1, 1));
    x = poke(relu(x));
    x = poke(max_pool2d(x, 2));
    x = poke(conv2d(x, w2, {}, 1, 1));
    x = poke(batch_norm(x, {}, {}, {}, {}, true, 0.1, 1e-5, false));
    return poke(avg_pool2d(poke(leaky_relu(x)), 2));
  };
  for (int poked = -1; poked < 7; ++poked) expect_close(run(true, poked), run(false, poked), std::to_string(poked));
}

TEST_F(HiddenLayout, WeightsChangedByMemcpyAreSeenByTheNextForward) {
  const Tensor x = quarters({2, 16, 6, 6}), weight = quarters({16, 16, 3, 3}), other = quarters({16, 16, 3, 3});
  conv2d(x, weight);
  std::memcpy(weight.data_ptr(), other.data_ptr(), weight.nbytes());
  expect_equal(conv2d(x, weight), conv2d(x, other), "after memcpy");
}

TEST_F(HiddenLayout, ThreadsMayReadOneTensorWhileItIsBroughtBack) {
  const Tensor values = quarters({2, 16, 12, 12}), weight = quarters({8, 16, 3, 3});
  const Tensor expected = conv2d(values, weight).clone(), rectified = relu(values);
  for (int round = 0; round < 50; ++round) {
    const Tensor x = hidden(values);
    bool agree[4] = {};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&, i] {
        const NoGradGuard unrecorded;
        if (i == 0) agree[i] = std::memcmp(x.data_ptr(), values.data_ptr(), x.nbytes()) == 0;
        if (i == 1) agree[i] = relume::equal(conv2d(x, weight), expected);
        if (i == 2) agree[i] = relume::equal(relu(x), rectified);
        if (i == 3) agree[i] = relume::equal(x, values);
      });
    for (std::thread& thread : threads) thread.join();
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(agree[i]) << "thread " << i;
  }
}

// ---- When it is hidden -------------------------------------------------------------------------------------------

TEST_F(HiddenLayout, ConvolutionsHideUnlessSwitchedOffOrAskedForChannelsLast) {
  const Tensor x = quarters({2, 16, 8, 8}), weight = quarters({16, 16, 3, 3});
  EXPECT_TRUE(is_hidden(conv2d(x, weight)));
  EXPECT_TRUE(is_hidden(max_pool2d(relu(conv2d(x, weight)), 2)));
  const Tensor strided = conv2d(x.contiguous(MemoryFormat::ChannelsLast), weight);
  EXPECT_FALSE(is_hidden(strided));
  EXPECT_TRUE(strided.is_contiguous(MemoryFormat::ChannelsLast));
  set_hides_layouts(false);
  EXPECT_FALSE(is_hidden(conv2d(x, weight)));
}

TEST_F(HiddenLayout, ResultsAreTheSameFromRunToRun) {
  const Tensor x = randn({4, 3, 16, 16}), w1 = randn({32, 3, 3, 3}), w2 = randn({16, 32, 3, 3});
  const auto step = [&] {
    const Tensor a = w1.clone().set_requires_grad(true), b = w2.clone().set_requires_grad(true);
    max_pool2d(relu(conv2d(max_pool2d(relu(conv2d(x, a, {}, 1, 1)), 2), b, {}, 1, 1)), 2).pow(2).mean().backward();
    return cat({a.grad().flatten(), b.grad().flatten()});
  };
  const Tensor first = step();
  for (int i = 0; i < 3; ++i) expect_equal(step(), first, "run");
}

TEST_F(HiddenLayout, SecondDerivativesGoThrough) {
  const Tensor values = randn({1, 2, 3, 3}), weight = randn({2, 2, 2, 2});
  const auto second = [&](const Tensor& from) {
    const Tensor x = from.set_requires_grad(true);
    const Tensor g = autograd::grad({leaky_relu(conv2d(x, weight)).pow(3).sum()}, {x}, {}, true, true)[0];
    return autograd::grad({g.pow(2).sum()}, {x})[0];
  };
  expect_close(second(hidden(values)), second(values.clone()), "second derivative");
}

}  // namespace
}  // namespace relume
