// Files that PyTorch and libtorch wrote, whole and damaged; torch_files/make.sh writes them.
#include "serialize/torch_file.h"

#include <gmock/gmock.h>

#include "message_of.h"
#include "relume/nn.h"
#include "relume/ops.h"
#include "relume/optim.h"
#include "relume/serialize/archive.h"
#include "serialize/pickle.h"
#include "temporary_folder.h"
#include "zip_of.h"

namespace relume::serialize {
namespace {

using namespace std::string_literals;

std::string path_of(const std::string& name) { return RELUME_SOURCE_DIR "/tests/serialize/torch_files/" + name; }

nn::Sequential small_model() { return nn::Sequential(nn::Linear(3, 2), nn::BatchNorm1d(2)); }

IValue value_in(InputArchive& archive, const std::string& key) {
  IValue value;
  archive.read(key, value);
  return value;
}
Tensor tensor_in(InputArchive& archive, const std::string& key) {
  Tensor tensor;
  archive.read(key, tensor);
  return tensor;
}

TEST(TorchFile, OfLibtorchFillsAModule) {
  nn::Sequential model = small_model();
  load(model, path_of("libtorch_module.pt"));
  // Two steps of Adam of 0.25 each were taken from the numbers of make.cpp.
  EXPECT_TRUE(allclose(model->named_parameters()["0.weight"], arange(6).view({2, 3}) * 0.125 - 0.5, 1e-4, 1e-2));
  EXPECT_TRUE(equal(model->named_buffers()["1.running_var"], ones({2})));
  EXPECT_TRUE(model->named_parameters()["0.weight"].requires_grad());
}

TEST(TorchFile, OfLibtorchFillsAnOptimizer) {
  nn::Sequential model = small_model();
  optim::Adam adam(model->parameters(), optim::AdamOptions(1));
  load(adam, path_of("libtorch_adam.pt"));
  const auto& options = static_cast<optim::AdamOptions&>(adam.param_groups()[0].options());
  EXPECT_EQ(options.lr(), 0.25);
  EXPECT_EQ(options.betas(), std::make_tuple(0.5, 0.75));
  EXPECT_TRUE(options.amsgrad());
  ASSERT_EQ(adam.state().size(), 4u);
  for (const Tensor& parameter : model->parameters()) {
    const auto& state = static_cast<optim::AdamParamState&>(*adam.state().at(parameter.unsafeGetTensorImpl()));
    EXPECT_EQ(state.step(), 2);
    EXPECT_TRUE(equal(state.exp_avg(), full_like(parameter, 1.25)));       // 0.5 * (0.5 * 1) + 0.5 * 2
    EXPECT_TRUE(equal(state.exp_avg_sq(), full_like(parameter, 1.1875)));  // 0.75 * (0.25 * 1) + 0.25 * 4
  }
}

TEST(TorchFile, OfLibtorchFillsAList) {
  std::vector<Tensor> list;
  load(list, path_of("libtorch_list.pt"));
  ASSERT_EQ(list.size(), 2u);
  EXPECT_TRUE(equal(list[0], arange(3)));
  EXPECT_TRUE(equal(list[1], full({2, 2}, 0.5, kHalf)));
}

TEST(TorchFile, OfPyTorchHasEveryKindOfValue) {
  InputArchive archive;
  archive.load_from(path_of("checkpoint.pt"));
  EXPECT_EQ(value_in(archive, "epoch").toInt(), 3);
  EXPECT_EQ(value_in(archive, "loss").toDouble(), 0.25);
  EXPECT_EQ(value_in(archive, "name").toStringRef(), "net\u00e9");
  EXPECT_EQ(value_in(archive, "sizes").toIntVector(), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(value_in(archive, "betas").toDoubleVector(), (std::vector<double>{0.5, 0.75}));
  EXPECT_TRUE(value_in(archive, "none").isNone());
  EXPECT_TRUE(value_in(archive, "done").toBool());
  EXPECT_EQ(value_in(archive, "large").toInt(), int64_t{1} << 40);
  EXPECT_EQ(value_in(archive, "negative").toInt(), -5);
  const Tensor rows = arange(6, kFloat).view({2, 3});
  EXPECT_TRUE(equal(tensor_in(archive, "turned"), rows.t()));
  EXPECT_EQ(tensor_in(archive, "turned").strides(), rows.t().strides());
  EXPECT_TRUE(equal(tensor_in(archive, "row"), rows[1]));
  EXPECT_TRUE(equal(tensor_in(archive, "5"), ones({1}, kBFloat16)));
  EXPECT_TRUE(equal(tensor_in(archive, "mask"), tensor({true, false})));
  EXPECT_EQ(tensor_in(archive, "empty").sizes(), IntArrayRef({0, 3}));
  InputArchive tied;
  archive.read("tied", tied);
  EXPECT_EQ(tensor_in(tied, "0").data_ptr(), tensor_in(tied, "1").data_ptr());
  EXPECT_TRUE(tensor_in(tied, "0").requires_grad());
}

TEST(TorchFile, OfPyTorchFillsAModuleAndItsOptimizer) {
  InputArchive archive, part;
  archive.load_from(path_of("checkpoint.pt"));
  nn::Sequential model = small_model();
  archive.read("model", part);
  model->load(part);
  EXPECT_TRUE(equal(model->named_parameters()["0.bias"], tensor({0.5f, 0.625f})));
  optim::SGD sgd(model->parameters(), optim::SGDOptions(1));
  archive.read("optimizer", part);
  sgd.load(part);
  const auto& options = static_cast<optim::SGDOptions&>(sgd.param_groups()[0].options());
  EXPECT_EQ(options.lr(), 0.5);
  EXPECT_EQ(options.momentum(), 0.75);
  EXPECT_EQ(sgd.state().size(), 4u);
}

TEST(TorchFile, OfPyTorchIsATensorOrAScriptedModule) {
  Tensor corner;
  load(corner, path_of("tensor.pt"));
  EXPECT_TRUE(equal(corner, arange(6, kFloat).view({2, 3}).narrow(1, 1, 2)));
  InputArchive scripted;
  scripted.load_from(path_of("scripted.pt"));
  EXPECT_TRUE(equal(tensor_in(scripted, "weight"), full({2}, 0.5)));
}

TEST(TorchFile, IsReadFromMemoryToo) {
  const std::string bytes = test::read_whole(path_of("tensor.pt"));
  InputArchive archive;
  archive.load_from(bytes.data(), bytes.size());
  EXPECT_EQ(tensor_in(archive, "0").sizes(), IntArrayRef({2, 2}));
}

TEST(TorchFile, RefusesWhatHoldsObjects) {
  InputArchive archive;
  EXPECT_THAT(message_of([&] { archive.load_from(path_of("whole_module.pt")); }),
              testing::HasSubstr(
                  "the whole is an object of class torch.nn.modules.container.Sequential, and only tensors and plain "
                  "values are read: save a state_dict()"));
  EXPECT_THAT(message_of([&] { archive.load_from(path_of("old.pt")); }),
              testing::HasSubstr("PyTorch's format before 1.6 is not read"));
}

// Each file cut anywhere, and each with any byte changed, is read or refused, and never read past its end.
TEST(TorchFile, IsRefusedWhereDamaged) {
  for (const char* name : {"checkpoint.pt", "libtorch_list.pt"}) {
    const std::string whole = test::read_whole(path_of(name));
    for (size_t size = 0; size < whole.size(); ++size) {
      const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
      EXPECT_THROW(InputArchive().load_from(cut.data(), cut.size()), Error) << name << " cut to " << size;
    }
    int refused = 0;
    for (size_t at = 0; at < whole.size(); ++at) {
      std::vector<char> changed(whole.begin(), whole.end());
      changed[at] = static_cast<char>(changed[at] ^ (1 << at % 8));
      try {
        InputArchive().load_from(changed.data(), changed.size());
      } catch (const Error&) {
        ++refused;
      }
    }
    EXPECT_GT(refused, 0);
  }
}

// A file of one pickle, and of the bytes of storage 0.
void load_pickle(InputArchive& archive, const std::string& pickle, bool wide = false) {
  const std::string file = test::zip_of({{"a/data.pkl", pickle}, {"a/data/0", std::string(8, '\1')}}, wide);
  archive.load_from(file.data(), file.size());
}

TEST(TorchFile, MayHaveTheRecordsOfLargeFiles) {
  for (const bool wide : {false, true}) {
    InputArchive archive;
    load_pickle(archive, "\x80\x02}X\x01\x00\x00\x00xK\x07s."s, wide);
    EXPECT_EQ(value_in(archive, "x").toInt(), 7) << wide;
  }
}

TEST(TorchFile, RefusesTensorsThatDoNotFit) {
  const auto error = [](const std::string& offset, const std::string& sizes, const std::string& strides,
                        const std::string& count = "K\x02") {
    InputArchive archive;
    return message_of([&] {
      load_pickle(archive,
                  "\x80\x02"
                  "ctorch._utils\n_rebuild_tensor_v2\n((U\7storagectorch\nFloatStorage\nU\1"
                  "0U\3cpu" +
                      count + "tQ" + offset + sizes + strides + "\x89NtR.");
    });
  };
  EXPECT_EQ(error("K\x01", "(K\x01t", "(K\x01t"), "no error");
  EXPECT_EQ(error("K\x02", "(K\x00t"s, "(K\x01t"), "no error");
  for (const char* sizes :
       {"(K\x02t", "(J\xff\xff\xff\xfft", "(K\x01K\x01t", "(\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7ft"})
    EXPECT_THAT(error("K\x01", sizes, "(K\x02t"), testing::HasSubstr("does not fit into 2 elements")) << sizes;
  EXPECT_THAT(error("J\xff\xff\xff\xff", "(K\x01t", "(K\x01t"), testing::HasSubstr("does not fit"));
  EXPECT_THAT(error("K\x01", "(K\x01t", "(J\xff\xff\xff\xfft"), testing::HasSubstr("does not fit"));
  EXPECT_THAT(error("K\x01", "(K\x01t", "(K\x01t", "K\x03"), testing::HasSubstr("storage 0 of 3 elements"));
}

// Each list holds the one before twice: without a limit there are 2^60 values.
TEST(TorchFile, RefusesListsThatNeverEnd) {
  std::string pickle = "\x80\x02]q";
  pickle += '\0';
  for (char i = 0; i < 60; ++i) pickle += "0](h"s + i + 'h' + i + "eq" + static_cast<char>(i + 1);
  InputArchive archive;
  EXPECT_THAT(message_of([&] { load_pickle(archive, pickle + "."); }), testing::HasSubstr("too often"));
  EXPECT_THAT(message_of([&] { load_pickle(archive, "\x80\x02]q\1h\1a."); }), testing::HasSubstr("too often"));
  const std::string deep = "\x80\x02" + std::string(300, ']') + std::string(299, 'a') + ".";
  EXPECT_THAT(message_of([&] { load_pickle(archive, deep); }), testing::HasSubstr("deeper than"));
}

Pickle parsed(const std::string& bytes) {
  return parse_pickle({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "bytes");
}

TEST(Pickle, HasIntegersOfEveryWidth) {
  const auto integer = [](const std::string& bytes) {
    const Pickle pickle = parsed("\x80\x02" + bytes + ".");
    return pickle.at(pickle.root).integer;
  };
  EXPECT_EQ(integer("K\xff"), 255);
  EXPECT_EQ(integer("M\xff\xff"), 65535);
  EXPECT_EQ(integer("J\xfe\xff\xff\xff"), -2);
  EXPECT_EQ(integer("\x8a\x00"s), 0);
  EXPECT_EQ(integer("\x8a\x01\xfe"), -2);
  EXPECT_EQ(integer("\x8a\x05\x00\x00\x00\x00\x01"s), int64_t{1} << 32);
  EXPECT_THAT(message_of([&] { integer("\x8a\x09" + std::string(9, 1)); }),
              testing::HasSubstr("an integer of 9 bytes"));
}

TEST(Pickle, IsRefusedWhereItsStackIsWrong) {
  for (const char* bytes : {"",      ".",
                            "N",     "NN.",
                            "(.",    "t.",
                            "a.",    "]a.",
                            "Na.",   "(NNa.",
                            "s.",    "}Ns.",
                            "(u.",   "}(Nu.",
                            "R.",    "Nb.",
                            "NNb.",  "q",
                            "Nq",    "h\x01.",
                            "Q.",    "\x85.",
                            "c",     "ca\n",
                            "cab",   "X\xff\xff\xff\xff",
                            "\x93.", "(0.",
                            "\x8a",  "G123",
                            "?"})
    EXPECT_THROW(parsed(bytes), Error) << bytes;
}

}  // namespace
}  // namespace relume::serialize
