// Every op's first and second derivatives against finite differences, from the table op_gradients.txt.
#include <cmath>
#include <fstream>
#include <set>

#include "autograd/expectations.h"
#include "oracle/calls.h"
#include "relume/gradcheck.h"

namespace relume {
namespace {

using oracle::Arguments;
using oracle::Call;
using oracle::json;
using oracle::Results;
using oracle::Value;

// A line of the table.
struct Row {
  int line;
  std::string text;
  bool once;
};

struct Table {
  std::vector<Row> rows;
  std::set<std::string> without_gradient;

  Table() {
    std::ifstream file(RELUME_SOURCE_DIR "/tests/autograd/op_gradients.txt");
    std::string text;
    for (int line = 1; std::getline(file, text); ++line) {
      if (text.empty() || text[0] == '#') continue;
      if (text[0] == '-') {
        std::stringstream names(text.substr(1));
        for (std::string name; names >> name;) without_gradient.insert(name);
      } else if (text.rfind("once ", 0) == 0) {
        rows.push_back({line, text.substr(5), true});
      } else {
        rows.push_back({line, text, false});
      }
    }
  }
};

const Table& table() {
  static const Table table;
  return table;
}

// Reads the arguments of one row. Tensors get numbers of one sequence, so that no two are alike.
class Reader {
 public:
  Value read(const std::string& word) {
    if (word.size() > 1 && word[1] == '(') return tensor(word);
    const bool list = word[0] == '[' && word.find_first_of(";(") != std::string::npos;
    if (list || word == "[null]") return list_of(word);
    return oracle::word_value(word, {});
  }
  autograd::variable_list inputs;  // those that require grad

 private:
  Value list_of(const std::string& word) {
    Value list(json::array());
    std::stringstream items(word.substr(1, word.size() - 2));
    for (std::string item; std::getline(items, item, ';');) list.items.push_back(read(item));
    return list;
  }

  double next(char kind) {
    const double t = std::fmod(0.6180339887498949 * ++count_ + 0.2, 1.0);
    switch (kind) {
      case 'x':
        return 4 * t - 2;
      case 'p':
        return 0.3 + 1.7 * t;
      case 's':
        return 1.8 * t - 0.9;
      case 'g':
        return 1.1 + t;
      default:
        return 0.1 + 0.8 * t;
    }
  }

  // x(2,3), x(2,3)', i(2)=0,1
  Value tensor(const std::string& word) {
    const size_t close = word.find(')');
    const std::vector<int64_t> sizes = oracle::parse_shape("[" + word.substr(2, close - 2) + "]", false);
    const std::string rest = word.substr(close + 1);
    const char kind = word[0];
    if (kind == 'i') return integers(rest.substr(1), sizes);
    if (kind == 'm') return numbers(sizes, 'c').gt(0.5);
    Tensor tensor = numbers(sizes, kind);
    if (rest == "'") {
      std::vector<int64_t> reversed(sizes.size());
      for (size_t d = 0; d < sizes.size(); ++d) reversed[d] = static_cast<int64_t>(sizes.size() - 1 - d);
      tensor = tensor.permute(reversed).clone(MemoryFormat::Contiguous).permute(reversed).detach();
    }
    if (kind != 'c') inputs.push_back(tensor.requires_grad_());
    return tensor;
  }
  static Tensor integers(const std::string& list, const std::vector<int64_t>& sizes) {
    return relume::tensor(oracle::parse_shape("[" + list + "]", false), kLong).reshape(sizes);
  }
  Tensor numbers(const std::vector<int64_t>& sizes, char kind) {
    const Tensor tensor = empty(sizes, kDouble);
    for (int64_t i = 0; i < tensor.numel(); ++i) tensor.data_ptr<double>()[i] = next(kind);
    return tensor;
  }

  int count_ = 0;
};

// A row, ready to be called again and again.
struct Sample {
  std::string op;
  Arguments arguments;
  autograd::variable_list inputs;
  const Call* call = nullptr;

  explicit Sample(const Row& row) {
    std::stringstream words(row.text);
    words >> op;
    Reader reader;
    for (std::string word; words >> word;) arguments.values.push_back(reader.read(word));
    inputs = reader.inputs;
    const auto [begin, end] = oracle::calls().equal_range(op);
    for (auto at = begin; at != end && !call; ++at)
      if (arguments.fit(at->second.kinds, at->second.needed)) call = &at->second;
  }

  bool in_place() const { return op.back() == '_'; }

  // In place, a copy of the first argument is written to. Random numbers are the same in each call.
  Results run() const { return run_on(in_place() ? arguments.values[0].tensor.clone() : Tensor()); }
  // In place, part of a larger tensor is written to; the result is the whole.
  Results run_through_view() const {
    const Tensor& self = arguments.values[0].tensor;
    const Tensor base = stack({self, self});
    run_on(base.select(0, 1));
    return {base};
  }

 private:
  Results run_on(const Tensor& self) const {
    manual_seed(1);
    Arguments copy = arguments;
    if (self.defined()) copy.values[0] = self;
    Results differentiable;
    for (const Tensor& result : call->run(copy))
      if (result.requires_grad()) differentiable.push_back(result);
    return differentiable;
  }
};

constexpr autograd::GradcheckOptions kOptions = {/*eps=*/1e-6, /*atol=*/1e-6, /*rtol=*/1e-6};

// What a check of every row says against it, a line each.
template <class F>
std::string complaints(F&& body) {
  std::string all;
  for (const Row& row : table().rows) {
    try {
      const Sample sample(row);
      if (!sample.call) throw std::logic_error("no call takes these arguments");
      body(row, sample);
    } catch (const std::exception& error) {
      all += "op_gradients.txt:" + std::to_string(row.line) + ": " + row.text + "\n  " + error.what() + "\n";
    }
  }
  return all;
}

TEST(OpGradients, FirstDerivativesAreThoseOfFiniteDifferences) {
  EXPECT_EQ(complaints([](const Row&, const Sample& sample) {
              if (sample.run().empty()) throw std::logic_error("no result requires grad");
              autograd::gradcheck([&](const autograd::variable_list&) { return sample.run(); }, sample.inputs,
                                  kOptions);
            }),
            "");
}

TEST(OpGradients, SecondDerivativesAreThoseOfFiniteDifferences) {
  EXPECT_EQ(complaints([](const Row& row, const Sample& sample) {
              const auto check = [&] {
                autograd::gradgradcheck([&](const autograd::variable_list&) { return sample.run(); }, sample.inputs, {},
                                        kOptions);
              };
              if (!row.once) return check();
              const std::string error = error_of(check);
              if (error.find("not implemented") == std::string::npos)
                throw std::logic_error("does not say that it cannot be differentiated twice: " + error);
            }),
            "");
}

TEST(OpGradients, InPlaceOpsOnViewsHaveThem) {
  EXPECT_EQ(complaints([](const Row& row, const Sample& sample) {
              static const std::set<std::string> reshape = {"t_", "transpose_", "squeeze_", "unsqueeze_"};
              if (!sample.in_place() || reshape.count(sample.op)) return;
              const auto f = [&](const autograd::variable_list&) { return sample.run_through_view(); };
              autograd::gradcheck(f, sample.inputs, kOptions);
              if (!row.once) autograd::gradgradcheck(f, sample.inputs, {}, kOptions);
            }),
            "");
}

// "view(tensor,dtype)"
std::string overload(const Call& call) {
  std::string kinds = call.kinds;
  std::replace(kinds.begin(), kinds.end(), ' ', ',');
  return std::string(call.op) + "(" + kinds + ")";
}

TEST(OpGradients, EveryOpHasARowOrNoGradient) {
  std::set<const Call*> seen;
  complaints([&](const Row&, const Sample& sample) { seen.insert(sample.call); });
  std::set<std::string> unknown = table().without_gradient;
  std::string missing;
  for (const auto& [name, call] : oracle::calls()) {
    const bool without = table().without_gradient.count(name) + table().without_gradient.count(overload(call));
    if (!without && !seen.count(&call) && !call.same_as) missing += overload(call) + "\n";
    unknown.erase(name);
    unknown.erase(overload(call));
  }
  EXPECT_EQ(missing, "");
  EXPECT_THAT(unknown, testing::IsEmpty());
}

// What finite differences do not say.
TEST(OpGradients, OfEmbeddingsFollowPaddingAndFrequency) {
  const Tensor weight = ones({4, 1}, kDouble).requires_grad_();
  const Tensor indices = tensor({3, 1, 3}, kLong);
  embedding(weight, indices, /*padding_idx=*/1).sum().backward();
  EXPECT_VALUES(weight.grad(), {0, 0, 0, 2});
  embedding(weight, indices, -1, /*scale_grad_by_freq=*/true).sum().backward();
  EXPECT_VALUES(weight.grad(), {0, 1, 0, 3});
}

}  // namespace
}  // namespace relume
