// DataLoader: every example once, in the sampler's order, whatever the number of workers.
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <stdexcept>

#include "message_of.h"
#include "relume/data.h"
#include "relume/serialize/archive.h"
#include "temporary_folder.h"

namespace relume::data {
namespace {

using ::testing::ElementsAre;

// The numbers from 0; get() throws for one of them where that is asked for.
class Numbers : public Dataset<Numbers, int64_t> {
 public:
  explicit Numbers(size_t size, int64_t bad = -1) : size_(size), bad_(bad) {}
  int64_t get(size_t index) override {
    if (static_cast<int64_t>(index) == bad_) throw std::runtime_error("bad example");
    return static_cast<int64_t>(index);
  }
  std::optional<size_t> size() const override { return size_; }

 private:
  size_t size_;
  int64_t bad_;
};

template <class Loader>
std::vector<std::vector<int64_t>> batches(Loader& loader) {
  std::vector<std::vector<int64_t>> all;
  for (auto& batch : loader) all.push_back(batch);
  return all;
}

TEST(DataLoader, GivesBatchesInOrder) {
  for (const size_t workers : {0, 1, 3}) {
    auto loader =
        make_data_loader<samplers::SequentialSampler>(Numbers(7), DataLoaderOptions().batch_size(3).workers(workers));
    for (int epoch = 0; epoch < 3; ++epoch) {
      EXPECT_THAT(batches(*loader), ElementsAre(ElementsAre(0, 1, 2), ElementsAre(3, 4, 5), ElementsAre(6)));
    }
  }
}

TEST(DataLoader, LeavesOutALastBatchThatIsNotFull) {
  auto loader = make_data_loader<samplers::SequentialSampler>(Numbers(5), DataLoaderOptions(2).drop_last(true));
  EXPECT_THAT(batches(*loader), ElementsAre(ElementsAre(0, 1), ElementsAre(2, 3)));
}

TEST(Samplers, GoOnWhereTheyWereSaved) {
  samplers::SequentialSampler whole(5), part(2);
  whole.next(3);
  serialize::OutputArchive saved;
  whole.save(saved);
  std::stringstream stream;
  saved.save_to(stream);
  serialize::InputArchive archive;
  archive.load_from(stream);
  samplers::SequentialSampler read(5);
  read.load(archive);
  EXPECT_THAT(*read.next(5), ElementsAre(3, 4));
  EXPECT_ERROR(part.load(archive), Error, "SequentialSampler::load(): index 3 of 2 indices");
}

TEST(DataLoader, GivesNothingOfAnEmptyDataset) {
  for (const size_t workers : {0, 2}) {
    auto loader = make_data_loader(Numbers(0), DataLoaderOptions(2).workers(workers));
    EXPECT_TRUE(batches(*loader).empty());
  }
}

TEST(DataLoader, ShufflesAnewEachEpochAndTheSameForTheSameSeed) {
  const auto two_epochs = [](size_t workers) {
    manual_seed(3);
    auto loader = make_data_loader(Numbers(20), DataLoaderOptions(20).workers(workers));
    return std::pair{batches(*loader).at(0), batches(*loader).at(0)};
  };
  const auto [first, second] = two_epochs(0);
  EXPECT_NE(first, second);
  EXPECT_EQ(two_epochs(2), std::pair(first, second));
  std::vector<int64_t> sorted = first;
  std::sort(sorted.begin(), sorted.end());
  for (int64_t i = 0; i < 20; ++i) EXPECT_EQ(sorted[i], i);
}

TEST(DataLoader, GivesEveryBatchWithoutOrder) {
  auto loader = make_data_loader<samplers::SequentialSampler>(
      Numbers(40), DataLoaderOptions(1).workers(3).max_jobs(8).enforce_ordering(false));
  std::vector<int64_t> seen;
  for (auto& batch : *loader) seen.push_back(batch.at(0));
  std::sort(seen.begin(), seen.end());
  ASSERT_EQ(seen.size(), 40u);
  for (int64_t i = 0; i < 40; ++i) EXPECT_EQ(seen[i], i);
}

TEST(DataLoader, CarriesAWorkersExceptionOut) {
  auto loader = make_data_loader<samplers::SequentialSampler>(Numbers(4, 2), DataLoaderOptions(1).workers(2));
  auto iterator = loader->begin();
  EXPECT_THAT(*iterator, ElementsAre(0));
  ++iterator;
  EXPECT_ERROR(++iterator, WorkerException,
               "Caught exception in DataLoader worker thread. Original message: bad example");
  auto inline_loader = make_data_loader<samplers::SequentialSampler>(Numbers(4, 0), DataLoaderOptions(1));
  EXPECT_THROW(*inline_loader->begin(), std::runtime_error);
}

TEST(DataLoader, RefusesASecondEpochWhileOneIsOpen) {
  auto loader = make_data_loader(Numbers(10), DataLoaderOptions(1).workers(1));
  const auto iterator = loader->begin();
  EXPECT_ERROR(loader->begin(), Error, "another iterator is not yet exhausted");
}

TEST(DataLoader, RefusesToGoPastTheEnd) {
  auto loader = make_data_loader<samplers::SequentialSampler>(Numbers(2), DataLoaderOptions(2));
  auto end = loader->end();
  EXPECT_EQ(message_of([&] { *end; }), "Dereferencing the DataLoader's past-the-end iterator is not allowed");
  EXPECT_EQ(message_of([&] { ++end; }), "Incrementing the DataLoader's past-the-end iterator is not allowed");
  auto batch = loader->begin();
  ++batch;
  EXPECT_EQ(message_of([&] { *batch; }), "Attempted to dereference iterator that was past the end");
  EXPECT_EQ(message_of([&] { ++batch; }), "Attempted to increment iterator past the end");
}

TEST(DataLoader, RefusesABatchSizeOfZero) {
  EXPECT_ERROR(make_data_loader(Numbers(10), DataLoaderOptions(0)), ValueError, "a batch size of at least 1");
}

TEST(DataLoader, EndsWithBatchesLeftUnread) {
  auto loader = make_data_loader(Numbers(100), DataLoaderOptions(1).workers(2));
  loader->begin();
  loader->join();
  EXPECT_EQ(loader->options().workers, 2u);
}

// Draws a number for each batch.
class Noise : public BatchDataset<Noise, float> {
 public:
  float get_batch(ArrayRef<size_t>) override { return relume::rand({1}).item<float>(); }
  std::optional<size_t> size() const override { return 6; }
};

TEST(DataLoader, WorkersDrawTheSameNumbersWhateverTheirNumber) {
  const auto draw = [](size_t workers) {
    manual_seed(11);
    auto loader = make_data_loader<samplers::SequentialSampler>(Noise(), DataLoaderOptions(1).workers(workers));
    std::vector<float> numbers;
    for (const float number : *loader) numbers.push_back(number);
    return numbers;
  };
  const std::vector<float> numbers = draw(1);
  EXPECT_EQ(draw(3), numbers);
  EXPECT_NE(numbers[0], numbers[1]);
}

TEST(DataLoader, LeavesTheDefaultGeneratorToTheProgram) {
  const auto after = [](size_t workers) {
    manual_seed(11);
    auto loader = make_data_loader<samplers::SequentialSampler>(Noise(), DataLoaderOptions(1).workers(workers));
    for (const float number : *loader) (void)number;
    return relume::rand({1}).item<float>();
  };
  manual_seed(11);
  EXPECT_EQ(after(2), relume::rand({1}).item<float>());
}

TEST(Transforms, StackNormalizeAndLambdaCompose) {
  auto dataset =
      datasets::TensorDataset(relume::arange(8).to(kFloat).view({4, 1, 1, 2}))
          .map(transforms::Lambda<TensorExample>([](TensorExample example) { return TensorExample(example.data + 1); }))
          .map(transforms::Normalize<example::NoTarget>(1, 2.0))
          .map(transforms::Stack<TensorExample>());
  auto loader = make_data_loader<samplers::SequentialSampler>(std::move(dataset), DataLoaderOptions(3));
  std::vector<Tensor> all;
  for (auto& batch : *loader) all.push_back(batch.data);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].sizes(), (std::vector<int64_t>{3, 1, 1, 2}));
  EXPECT_TRUE(relume::equal(relume::cat(all).flatten(), relume::arange(8).to(kFloat) / 2));
}

std::string bytes(std::initializer_list<int> values) { return {values.begin(), values.end()}; }

TEST(Mnist, ReadsImagesAndLabels) {
  const test::TemporaryFolder folder;
  folder.write("t10k-images-idx3-ubyte", bytes({0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 255, 51, 102}));
  folder.write("t10k-labels-idx1-ubyte", bytes({0, 0, 8, 1, 0, 0, 0, 2, 7, 3}));
  datasets::MNIST mnist(folder.file(""), datasets::MNIST::kTest);
  EXPECT_FALSE(mnist.is_train());
  EXPECT_EQ(mnist.size(), 2u);
  EXPECT_EQ(mnist.images().sizes(), (std::vector<int64_t>{2, 1, 1, 2}));
  EXPECT_FLOAT_EQ(mnist.get(1).data[0][0][1].item<float>(), 0.4f);
  EXPECT_EQ(mnist.get(0).target.item<int64_t>(), 7);
}

TEST(Mnist, SaysWhatIsMissingOrDoesNotFit) {
  const test::TemporaryFolder folder;
  EXPECT_ERROR(datasets::MNIST(folder.file("x")), Error, "x/train-images-idx3-ubyte nor");
  folder.write("train-images-idx3-ubyte", bytes({0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 5}));
  folder.write("train-labels-idx1-ubyte", bytes({0, 0, 8, 1, 0, 0, 0, 2, 7, 3}));
  EXPECT_ERROR(datasets::MNIST(folder.file("")), Error, "expected 1 labels, got Byte [2]");
  folder.write("train-images-idx3-ubyte", bytes({0, 0, 8, 1, 0, 0, 0, 1, 5}));
  EXPECT_ERROR(datasets::MNIST(folder.file("")), Error, "expected bytes of sizes [N, H, W], got Byte [1]");
}

}  // namespace
}  // namespace relume::data
