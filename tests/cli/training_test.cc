// Training on a small made-up data set: it learns, it saves, and an interrupted run ends where an unbroken one does.
#include "cli/training.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include <csignal>

#include "cli/commands.h"
#include "cli/interrupt.h"
#include "relume/autograd.h"
#include "relume/ops.h"
#include "relume/serialize.h"
#include "temporary_folder.h"

namespace relume::cli {
namespace {

using test::read_whole;
using ::testing::HasSubstr;
using ::testing::Not;

std::string idx_header(std::initializer_list<uint32_t> sizes) {
  std::string text = {0, 0, 8, static_cast<char>(sizes.size())};
  for (const uint32_t size : sizes) {
    for (const int shift : {24, 16, 8, 0}) text.push_back(static_cast<char>(size >> shift));
  }
  return text;
}

// Images of one bright row, whose height is the class, in a folder with MNIST's four files.
class BarsTest : public ::testing::Test {
 protected:
  BarsTest() {
    write("train", 160);
    write("t10k", 40);
    log_ = std::fopen(folder_.file("log").c_str(), "w");
  }
  ~BarsTest() override { std::fclose(log_); }

  void write(const std::string& half, uint32_t count) {
    std::string images = idx_header({count, 28, 28}), labels = idx_header({count});
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t label = i % 10;
      std::string pixels(28 * 28, '\0');
      for (uint32_t x = 0; x < 28; ++x) pixels[(2 * label + 4) * 28 + x] = static_cast<char>(100 + (i * 7 + x) % 150);
      images += pixels;
      labels += static_cast<char>(label);
    }
    folder_.write(half + "-images-idx3-ubyte", images);
    folder_.write(half + "-labels-idx1-ubyte", labels);
  }

  Recipe recipe(const std::string& activation = "relu") const {
    Recipe recipe;
    recipe.data = folder_.file("");
    recipe.activation = activation;
    recipe.epochs = 2;
    recipe.batch_size = 16;
    recipe.seed = 5;
    return recipe;
  }
  TrainOptions options() const {
    TrainOptions options;
    options.recipe = recipe();
    options.save = file("model");
    return options;
  }
  Images images(bool train) const { return load_images(folder_.file(""), train); }
  Terminal terminal() const { return {log_, false, 80}; }
  std::string file(const std::string& name) const { return folder_.file(name); }
  std::string printed() const { return read_whole(file("log")); }

  // The file of the model that a trainer ends with.
  std::string trained(Trainer& trainer) const {
    while (!trainer.finished()) EXPECT_TRUE(trainer.train_epoch(images(true), terminal()));
    trainer.save_model(file("trained"));
    return read_whole(file("trained"));
  }

  test::TemporaryFolder folder_;
  std::FILE* log_;
};

TEST_F(BarsTest, EndsTheSameForTheSameSeed) {
  Trainer first(recipe());
  const std::string model = trained(first);
  Trainer second(recipe());
  EXPECT_EQ(trained(second), model);
  Recipe other = recipe();
  other.seed = 6;
  Trainer third(other);
  EXPECT_NE(trained(third), model);
}

TEST_F(BarsTest, GoesOnFromACheckpointWithTheNumbersOfAnUnbrokenRun) {
  for (const char* activation : {"relu", "rrelu"}) {  // rrelu draws random numbers while it trains
    Trainer unbroken(recipe(activation));
    const std::string expected = trained(unbroken);

    Trainer broken(recipe(activation));
    EXPECT_TRUE(broken.train_epoch(images(true), terminal()));
    {
      const InterruptGuard interrupt;
      std::raise(SIGINT);
      EXPECT_FALSE(broken.train_epoch(images(true), terminal()));
    }
    EXPECT_EQ(broken.position().epoch, 1);
    EXPECT_EQ(broken.position().images, 16);
    broken.save_checkpoint(file("checkpoint"));

    manual_seed(99);
    Trainer resumed = Trainer::resume(file("checkpoint"));
    EXPECT_EQ(resumed.position().images, 16);
    EXPECT_EQ(trained(resumed), expected) << activation;
  }
}

TEST_F(BarsTest, GoesOnFromACheckpointBeforeTheFirstStep) {
  Trainer unbroken(recipe());
  const std::string expected = trained(unbroken);
  Trainer(recipe()).save_checkpoint(file("checkpoint"));
  Trainer resumed = Trainer::resume(file("checkpoint"));
  EXPECT_EQ(trained(resumed), expected);
}

TEST_F(BarsTest, TrainCommandLearnsShowsAndSaves) {
  TrainOptions train = options();
  train.recipe.epochs = 12;
  train.report = file("report");
  EXPECT_EQ(run_train(train, terminal()), 0);
  EXPECT_THAT(printed(), HasSubstr("160 training and 40 test images"));
  EXPECT_THAT(printed(), HasSubstr("epoch 12/12: 100.00 % of the test images right"));
  EXPECT_THAT(printed(), HasSubstr("class          right\n0            100.0 %"));
  EXPECT_THAT(printed(), HasSubstr("saved "));
  EXPECT_THAT(read_whole(file("report")), ::testing::StartsWith("1 "));
}

TEST_F(BarsTest, TrainCommandShowsWhatItGetsWrong) {
  TrainOptions train = options();
  train.recipe.epochs = 1;
  train.recipe.train_images = 16;
  EXPECT_EQ(run_train(train, terminal()), 0);
  EXPECT_THAT(printed(), HasSubstr("a few that it gets wrong\n"));
  EXPECT_THAT(printed(), HasSubstr("seen as: "));
}

TEST_F(BarsTest, TrainCommandSavesACheckpointOnCtrlC) {
  TrainOptions train = options();
  Trainer(train.recipe).save_checkpoint(file("start"));
  train.resume = file("start");
  const InterruptGuard interrupt;
  std::raise(SIGINT);
  EXPECT_EQ(run_train(train, terminal()), kInterrupted);
  EXPECT_THAT(printed(), HasSubstr("interrupted; go on with: relume train --resume "));
  EXPECT_EQ(Trainer::resume(file("start")).position().images, 16);
}

TEST_F(BarsTest, PredictCommandReadsIdxAndCountsWhatIsRight) {
  TrainOptions train = options();
  train.recipe.epochs = 12;
  ASSERT_EQ(run_train(train, terminal()), 0);
  PredictOptions predict;
  predict.model = train.save;
  predict.files = {file("t10k-images-idx3-ubyte")};
  predict.labels = file("t10k-labels-idx1-ubyte");
  predict.limit = 20;
  EXPECT_EQ(run_predict(predict, terminal()), 0);
  EXPECT_THAT(printed(), HasSubstr("t10k-images-idx3-ubyte[3]: 3 "));
  EXPECT_THAT(printed(), HasSubstr("20 of 20 right: 100.00 %"));
}

TEST_F(BarsTest, RefusesFilesThatAreNoModelOrNoCheckpoint) {
  OrderedDict<std::string, Tensor> tensors;
  tensors.insert("x", relume::ones({2}));
  serialize::save_safetensors(file("other"), tensors);
  EXPECT_ERROR(load_model(file("other")), Error, "not written by relume train");
  Trainer trainer(recipe());
  trainer.save_model(file("model"));
  EXPECT_ERROR(Trainer::resume(file("model")), Error, "not written by relume train: it has no epoch");
  EXPECT_ERROR(load_model(file("none")), Error, "No such file or directory");
}

TEST_F(BarsTest, RefusesAMissingDataSet) {
  EXPECT_ERROR(load_images("/nowhere", true), Error,
               "there is no data set in /nowhere: install the Debian package dataset-fashion-mnist");
}

TEST(Network, TakesEveryActivationAndNamesThemInItsError) {
  for (const std::string& activation : activation_names()) {
    Network network = make_network(activation);
    EXPECT_EQ(network(relume::zeros({2, 1, 28, 28})).sizes(), (std::vector<int64_t>{2, 10})) << activation;
  }
  EXPECT_ERROR(make_network("rely"), ValueError, "there is no activation rely; there are relu, ");
}

TEST(Network, CountsDeadUnits) {
  const NoGradGuard no_grad;
  Network network = make_network("relu");
  const Images images{relume::full({3, 28, 28}, 100, kByte), relume::zeros({3}, kLong)};
  // A bias that nothing outweighs kills half of the 32 units of the first layer, and none elsewhere.
  for (auto& parameter : network.layers->named_parameters()) parameter.value().fill_(0.01);
  Tensor bias = network.layers->named_parameters()["0.bias"];
  bias.narrow(0, 0, 16).fill_(-1e6);
  EXPECT_DOUBLE_EQ(dead_share(network, images), 16.0 / (32 + 64 + 128));
}

}  // namespace
}  // namespace relume::cli
