// State dicts: what is saved is what is loaded, for every dtype and layout.
#include <gmock/gmock.h>

#include "relume/ops.h"
#include "relume/serialize.h"
#include "temporary_folder.h"

namespace relume::serialize {
namespace {

TEST(StateDict, ComesBackForEveryDtype) {
  const test::TemporaryFolder folder;
  OrderedDict<std::string, Tensor> tensors;
  for (int i = 0; i < kNumDtypes; ++i) {
    const auto dtype = static_cast<ScalarType>(i);
    tensors.insert(python_name(dtype), relume::arange(6).remainder(2).to(dtype).view({2, 3}));
  }
  save_safetensors(folder.file("a"), tensors, {{"epoch", "3"}});
  Metadata metadata;
  const OrderedDict<std::string, Tensor> loaded = load_safetensors(folder.file("a"), &metadata);
  EXPECT_THAT(metadata.pairs(), testing::ElementsAre(std::pair<std::string, std::string>("epoch", "3")));
  ASSERT_EQ(loaded.size(), tensors.size());
  for (const auto& item : tensors) {
    EXPECT_EQ(loaded[item.key()].scalar_type(), item.value().scalar_type());
    EXPECT_TRUE(relume::equal(loaded[item.key()], item.value())) << item.key();
  }
}

TEST(StateDict, KeepsValuesOfViewsScalarsAndEmptyTensors) {
  const test::TemporaryFolder folder;
  const Tensor base = relume::arange(12).view({3, 4});
  OrderedDict<std::string, Tensor> tensors;
  tensors.insert("transposed", base.t());
  tensors.insert("column", base.select(1, 2));
  tensors.insert("scalar", relume::full({}, 2.5));
  tensors.insert("empty", relume::empty({2, 0}));
  save_safetensors(folder.file("a"), tensors);
  const OrderedDict<std::string, Tensor> loaded = load_safetensors(folder.file("a"));
  for (const auto& item : tensors) EXPECT_TRUE(relume::equal(loaded[item.key()], item.value())) << item.key();
}

TEST(StateDict, SavesWhatRequiresGradWithoutIt) {
  const test::TemporaryFolder folder;
  OrderedDict<std::string, Tensor> tensors;
  tensors.insert("x", relume::ones({2}).requires_grad_());
  save_safetensors(folder.file("a"), tensors);
  EXPECT_FALSE(load_safetensors(folder.file("a"))["x"].requires_grad());
}

TEST(StateDict, NamesTheFileThatCannotBeRead) {
  const test::TemporaryFolder folder;
  EXPECT_ERROR(load_safetensors(folder.file("none")), Error, "none: No such file or directory");
  EXPECT_ERROR(load_safetensors(folder.write("bad", "no tensors")), Error, "bad: a header of");
}

}  // namespace
}  // namespace relume::serialize
