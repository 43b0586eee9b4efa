// Archives, and save() and load() of whatever they take.
#include "relume/serialize/archive.h"

#include <gmock/gmock.h>

#include <sstream>

#include "relume/nn.h"
#include "relume/ops.h"
#include "relume/optim.h"
#include "temporary_folder.h"

namespace relume::serialize {
namespace {

// What a reader finds in a stream to which `archive` was saved.
InputArchive reread(const OutputArchive& archive) {
  std::stringstream stream;
  archive.save_to(stream);
  InputArchive read;
  read.load_from(stream);
  return read;
}

TEST(Archive, KeepsEveryKindOfValue) {
  OutputArchive archive;
  const IValue values[] = {IValue(),
                           IValue(true),
                           IValue(int64_t{1} << 60),
                           IValue(0.1),
                           IValue("a\nb"),
                           IValue(std::vector<int64_t>{3, -4}),
                           IValue(std::vector<double>{0.5})};
  for (size_t i = 0; i < std::size(values); ++i) archive.write("v" + std::to_string(i), values[i]);
  InputArchive read = reread(archive);
  IValue got[std::size(values)];
  for (size_t i = 0; i < std::size(values); ++i) read.read("v" + std::to_string(i), got[i]);
  EXPECT_TRUE(got[0].isNone());
  EXPECT_TRUE(got[1].toBool());
  EXPECT_EQ(got[2].toInt(), int64_t{1} << 60);
  EXPECT_EQ(got[3].toDouble(), 0.1);
  EXPECT_EQ(got[4].toStringRef(), "a\nb");
  EXPECT_EQ(got[5].toIntVector(), (std::vector<int64_t>{3, -4}));
  EXPECT_EQ(got[6].toDoubleVector(), std::vector<double>{0.5});
}

TEST(Archive, KeepsWhetherATensorRequiresGrad) {
  OutputArchive archive;
  const Tensor leaf = relume::ones({2}, relume::requires_grad());
  archive.write("leaf", leaf);
  archive.write("result", leaf * 2);
  archive.write("plain", relume::ones({2}));
  InputArchive read = reread(archive);
  Tensor got[3], given = relume::zeros({2});
  read.read("leaf", got[0]);
  read.read("result", got[1]);
  read.read("plain", got[2]);
  read.read("leaf", given);
  EXPECT_TRUE(got[0].requires_grad() && got[0].is_leaf());
  EXPECT_TRUE(got[1].requires_grad() && got[1].is_leaf());
  EXPECT_FALSE(got[2].requires_grad());
  EXPECT_FALSE(given.requires_grad());  // a tensor that is there keeps its own
}

TEST(Archive, HoldsArchives) {
  OutputArchive inner, outer;
  inner.write("x", relume::ones({2}));
  outer.write("a.b", inner);
  outer.write("y", relume::zeros({1}));
  InputArchive read = reread(outer);
  EXPECT_THAT(read.keys(), testing::UnorderedElementsAre("a", "y"));
  InputArchive nested;
  read.read("a.b", nested);
  Tensor x;
  nested.read("x", x);
  EXPECT_TRUE(relume::equal(x, relume::ones({2})));
  EXPECT_FALSE(read.try_read("z", nested));
  EXPECT_ERROR(read.read("z", nested), Error, "No such serialized submodule: 'z'");
  EXPECT_ERROR(nested.read("w", x), Error, "No such serialized tensor 'a.b.w'");
}

TEST(Archive, RefusesWhatItCannotKeep) {
  OutputArchive archive;
  archive.write("x", 1);
  EXPECT_ERROR(archive.write("x", 2), Error, "the name \"x\" is taken");
  EXPECT_ERROR(archive.write("y", Tensor()), Error, "\"y\" is undefined");
  EXPECT_ERROR(archive.write("y", IValue(std::vector<Tensor>{})), Error, "is a list of tensors");
  InputArchive read = reread(archive);
  Tensor tensor;
  EXPECT_FALSE(read.try_read("x", tensor));
  EXPECT_ERROR(read.read("x", tensor), Error, "No such serialized tensor 'x'");
}

TEST(Archive, RefusesADamagedStream) {
  OutputArchive archive;
  archive.write("x", relume::ones({4}));
  std::ostringstream stream;
  archive.save_to(stream);
  const std::string whole = stream.str();
  InputArchive read;
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_THROW(read.load_from(whole.data(), length), Error) << length;
  read.load_from(whole.data(), whole.size());
  std::ostringstream closed;
  closed.setstate(std::ios::badbit);
  EXPECT_ERROR(archive.save_to(closed), Error, "cannot write the stream");
}

TEST(Save, KeepsTensorsThroughAStream) {
  std::stringstream one, several;
  save(relume::arange(4).t(), one);
  Tensor tensor;
  load(tensor, one);
  EXPECT_TRUE(relume::equal(tensor, relume::arange(4)));
  std::vector<Tensor> tensors(12, relume::ones({2}, kBFloat16));
  tensors[11] = relume::tensor(true);
  save(tensors, several);
  std::vector<Tensor> read;
  load(read, several);
  ASSERT_EQ(read.size(), 12u);
  EXPECT_TRUE(read[11].item<bool>());
  EXPECT_EQ(read[3].scalar_type(), kBFloat16);
}

TEST(Load, RefusesSeveralTensorsForOne) {
  std::stringstream stream;
  save(std::vector<Tensor>{relume::ones({1}), relume::ones({1})}, stream);
  Tensor tensor;
  EXPECT_ERROR(load(tensor, stream), Error, "expected a file of one tensor, got 2");
}

TEST(Load, GoesOnWithAnOptimizerAsIfItHadNotStopped) {
  const test::TemporaryFolder folder;
  nn::Linear model(3, 2), copy(3, 2);
  optim::Adam optimizer(model->parameters(), optim::AdamOptions(0.1)), other(copy->parameters(), 0.5);
  const auto train = [](nn::Linear& net, optim::Optimizer& steps) {
    steps.zero_grad();
    net(relume::ones({1, 3})).pow(2).sum().backward();
    steps.step();
  };
  train(model, optimizer);
  save(model, folder.file("model"));
  save(optimizer, folder.file("optimizer"));
  load(copy, folder.file("model"));
  load(other, folder.file("optimizer"));
  train(model, optimizer);
  train(copy, other);
  EXPECT_TRUE(relume::equal(model->weight, copy->weight));
}

struct CounterImpl : nn::Module {
  CounterImpl() { register_module("fc", nn::Linear(1, 1)); }
  void save(OutputArchive& archive) const override {
    Module::save(archive);
    archive.write("count", count);
  }
  void load(InputArchive& archive) override {
    Module::load(archive);
    IValue value;
    archive.read("count", value);
    count = value.toInt();
  }
  int64_t count = 0;
};

TEST(Save, CallsWhatAModuleOverrides) {
  struct NetImpl : nn::Module {
    std::shared_ptr<CounterImpl> counter = register_module("counter", std::make_shared<CounterImpl>());
    nn::ReLU relu = register_module("relu", nn::ReLU());  // without parameters
  };
  const auto first = std::make_shared<NetImpl>(), second = std::make_shared<NetImpl>();
  first->counter->count = 7;
  std::stringstream stream;
  save(first, stream);
  load(second, stream);
  EXPECT_EQ(second->counter->count, 7);
  EXPECT_TRUE(relume::equal(first->parameters()[0], second->parameters()[0]));
}

TEST(Load, TakesOverSizesAndDtype) {
  std::stringstream stream;
  save(nn::Sequential(nn::Linear(2, 5)), stream);
  nn::Sequential module(nn::Linear(3, 4));
  module->to(kDouble);
  const Tensor weight = module->parameters()[0];
  load(module, stream);
  EXPECT_EQ(weight.sizes(), IntArrayRef({5, 2}));
  EXPECT_EQ(weight.scalar_type(), kFloat);
  EXPECT_TRUE(weight.requires_grad());
}

TEST(Load, RefusesAModuleThatTheFileDoesNotFit) {
  std::stringstream stream;
  save(nn::Sequential(nn::Linear(nn::LinearOptions(2, 2).bias(false))), stream);
  const std::string file = stream.str();
  const auto load_into = [&](nn::Sequential module) {
    std::istringstream again(file);
    load(module, again);
  };
  EXPECT_ERROR(load_into(nn::Sequential(nn::Linear(2, 2))), Error, "No such serialized tensor '0.bias'");
  EXPECT_ERROR(load_into(nn::Sequential(nn::ReLU(), nn::Linear(2, 2))), Error, "No such serialized submodule: '1'");
}

}  // namespace
}  // namespace relume::serialize
