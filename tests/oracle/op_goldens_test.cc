// Replays PyTorch's goldens of ops: values, strides, gradients, result dtypes, errors, and programs of views and
// in-place writes.
#include <gtest/gtest.h>

#include <memory>

#include "autograd/node.h"
#include "oracle/calls.h"
#include "relume/autograd.h"

namespace relume::oracle {
namespace {

constexpr double kUlp = 4;  // where a case does not say otherwise

// The message of a failed row, with what was called.
testing::AssertionResult failed(const std::string& file, const Golden::Row& row, const std::string& what) {
  std::string text = row.data.dump();
  if (text.size() > 400) text = text.substr(0, 400) + "...";
  return testing::AssertionFailure() << file << ".jsonl:" << row.line << ": " << what << "\n  " << text;
}

// One case of a file: op, args, and what PyTorch answered.
class Case {
 public:
  Case(const Golden& golden, const json& row) : golden_(golden), row_(row) {}

  // What differs, or nothing.
  std::string run() const {
    try {
      const std::string what = run_or_throw();
      return what;
    } catch (const Error& error) {
      return "raised " + python_type(error) + ": " + error.what();
    } catch (const std::logic_error& error) {
      return error.what();
    }
  }

 private:
  std::string run_or_throw() const {
    Arguments arguments = read(false);
    if (row_.contains("error")) return run_error(arguments);
    const Results out = call(row_["op"], arguments);
    if (const std::string what = compare(out, row_["out"], true); !what.empty()) return what;
    return row_.contains("grads") ? run_gradients() : "";
  }

  std::string run_error(Arguments& arguments) const {
    try {
      call(row_["op"], arguments);
    } catch (const Error& error) {
      return difference(error, row_["error"]);
    }
    return "no error";
  }

  // The arguments; with `grad`, floating-point tensors require grad.
  Arguments read(bool grad) const {
    Arguments arguments;
    const json fixed = row_.value("fixed", json::array());
    for (const json& data : row_["args"]) {
      const size_t at = arguments.values.size();
      arguments.values.push_back(Value::read(data, golden_));
      if (!grad || std::find(fixed.begin(), fixed.end(), at) != fixed.end()) continue;
      std::vector<Tensor*> tensors;
      arguments.values.back().collect(tensors);
      for (Tensor* tensor : tensors) tensor->set_requires_grad(tensor->is_floating_point());
    }
    return arguments;
  }

  std::string run_gradients() const {
    const bool twice = row_.contains("grads2");
    Arguments arguments = read(true);
    std::vector<Tensor*> places;
    for (Value& value : arguments.values) value.collect(places);
    std::vector<Tensor> inputs, outputs, flow;
    for (Tensor* place : places)
      if (place->requires_grad()) inputs.push_back(*place);
    const std::string op = row_["op"];
    if (op.back() == '_')
      for (Tensor* place : places) *place = place->clone();
    for (const Tensor& result : call(op, arguments))
      if (result.is_floating_point() && result.requires_grad()) outputs.push_back(result);
    for (const Tensor& output : outputs) flow.push_back(weights(output));
    if (row_.contains("grad_error")) return "";
    const Results gradients = autograd::grad(outputs, inputs, flow, std::nullopt, twice, true);
    std::string what = compare(gradients, row_["grads"], false);
    if (!what.empty() || !twice || row_["grads2"].empty()) return what.empty() ? "" : "gradient: " + what;
    outputs.clear();
    flow.clear();
    for (const Tensor& gradient : gradients)
      if (gradient.defined() && gradient.requires_grad()) {
        outputs.push_back(gradient);
        flow.push_back(weights(gradient));
      }
    what = compare(autograd::grad(outputs, inputs, flow, std::nullopt, false, true), row_["grads2"], false);
    return what.empty() ? "" : "second gradient: " + what;
  }

  std::string compare(const Results& got, const json& expected, bool forward) const {
    const json list = expected.is_array() ? expected : json::array({expected});
    if (got.size() != list.size()) return std::to_string(got.size()) + " results";
    for (size_t i = 0; i < got.size(); ++i) {
      const std::string which = list.size() > 1 ? "number " + std::to_string(i) + ": " : "";
      if (list[i].is_null()) {
        if (got[i].defined() && got[i].ne(0).any().item<bool>()) return which + "a gradient where none is expected";
        continue;
      }
      // Where a gradient is zero everywhere, an undefined one says the same.
      if (!forward && !got[i].defined() && parse_tensor(golden_.text(list[i])).eq(0).all().item<bool>()) continue;
      const Tensor& tensor = forward && !row_.value("dense", false) ? got[i] : got[i].contiguous();
      const std::string text = golden_.text(list[i]);
      const std::string what = difference(tensor, forward ? text : dense(text), row_.value("ulp", kUlp),
                                          forward && !row_.value("unsigned_zero", false));
      if (!what.empty()) return which + what;
    }
    return "";
  }

  // The same tensor without strides: those of gradients are nobody's business.
  static std::string dense(std::string text) {
    const size_t strides = text.find(';'), end = text.find(']');
    return strides < end ? text.erase(strides, end - strides) : text;
  }

  const Golden& golden_;
  const json& row_;
};

class Values : public testing::TestWithParam<const char*> {};

TEST_P(Values, AreThoseOfTheOracle) {
  const Golden golden(GetParam());
  for (const Golden::Row& row : golden.rows)
    if (const std::string what = Case(golden, row.data).run(); !what.empty()) {
      EXPECT_TRUE(failed(GetParam(), row, what));
    }
}

INSTANTIATE_TEST_SUITE_P(Oracle, Values,
                         testing::Values("elementwise", "reduction", "shape", "creation", "linalg", "index",
                                         "activation", "loss", "layer"),
                         [](const auto& info) { return std::string(info.param); });

// Result dtypes for pairs of dtypes, or of a dtype and the kind of a Scalar.
class Promotion {
 public:
  Promotion(const Golden& golden, const json& row) : golden_(golden), row_(row) {}

  // What differs, each in a line.
  std::string run() const {
    std::string all;
    for (const std::string text : row_["calls"]) {
      if (row_["result"].is_string()) {
        all += run_line(text, "", row_["result"]);
        continue;
      }
      for (const auto& [left, line] : row_["result"].items()) all += run_line(text, left, line);
    }
    return all;
  }

 private:
  // The results of a line, one for each dtype (or kind of Scalar) of the right operand, or of x where there is no left
  // one.
  std::string run_line(const std::string& text, const std::string& left, const std::string& line) const {
    const bool pair = !left.empty();
    const std::string kind = row_[pair ? "y" : "x"];
    std::vector<std::string> columns;
    if (kind == "scalar") columns = {"bool", "int", "float"};
    for (int i = 0; kind != "scalar" && i < static_cast<int>(golden_.header["dtypes"].size()); ++i)
      columns.push_back(dtypes()[i]);
    std::stringstream words(line);
    std::string all;
    for (const std::string& column : columns) {
      std::string expected;
      words >> expected;
      Names names = {{"rows", parse_tensor("int64[2] 0 1")}, {"mask", parse_tensor("bool[2] 1 0")}};
      names["x"] = operand(row_["x"], pair ? left : column);
      if (pair)
        names["y"] = operand(kind, column);
      else
        names["m"] = names["x"].tensor.unsqueeze(0);
      const std::string got = answer(text, names, expected);
      const bool storage_only = left == "uint16" || column == "uint16";  // arithmetic on it is nobody's promise
      if (storage_only && (is_error(expected) || got.find("NotImplementedError") != std::string::npos)) continue;
      if (!got.empty()) all += "\n  " + text + " of " + left + " " + column + ": " + got;
    }
    return all;
  }

  static bool is_error(const std::string& expected) { return expected[0] == 'E' || expected[0] == 'N'; }

  static const std::vector<std::string>& dtypes() {  // in the order of the header
    static const std::vector<std::string> names = {"uint8",   "int8",     "int16",   "int32",   "int64", "uint16",
                                                   "float16", "bfloat16", "float32", "float64", "bool"};
    return names;
  }

  static Value operand(const std::string& kind, const std::string& dtype) {
    if (kind != "scalar")
      return ones(kind == "tensor" ? std::vector<int64_t>{2} : std::vector<int64_t>{}, *dtype_named(dtype));
    if (dtype == "bool") return json(true);
    return dtype == "int" ? json(1) : json(1.0);
  }

  // Calls, and says what differs from `f32`, `f32+i64` or the error `E3`. Where PyTorch merely has no kernel (`N3`),
  // a result is welcome.
  std::string answer(const std::string& text, const Names& names, const std::string& expected) const {
    const bool error = is_error(expected);
    const json wanted = error ? golden_.header["errors"][std::stoi(expected.substr(1))] : json();
    try {
      std::string got;
      for (const Tensor& result : call(text, names)) got += (got.empty() ? "" : "+") + code(result.scalar_type());
      if (expected[0] == 'N') return "";
      if (error) return got + " instead of " + wanted[0].get<std::string>() + ": " + wanted[1].get<std::string>();
      return got == expected ? "" : got + " instead of " + expected;
    } catch (const Error& raised) {
      if (expected[0] == 'N' && dynamic_cast<const NotImplementedError*>(&raised)) return "";
      if (error) return difference(raised, wanted);
      return "raised " + python_type(raised) + ": " + raised.what() + " instead of " + expected;
    } catch (const std::logic_error& raised) {
      return raised.what();
    }
  }

  std::string code(ScalarType dtype) const {
    for (const auto& [code, name] : golden_.header["dtypes"].items())
      if (name == python_name(dtype)) return code;
    return "?";
  }

  const Golden& golden_;
  const json& row_;
};

class Dtypes : public testing::TestWithParam<const char*> {};

TEST_P(Dtypes, AreThoseOfTheOracle) {
  const Golden golden(GetParam());
  for (const Golden::Row& row : golden.rows)
    if (const std::string what = Promotion(golden, row.data).run(); !what.empty())
      ADD_FAILURE() << GetParam() << ".jsonl:" << row.line << ": " << what;
}

INSTANTIATE_TEST_SUITE_P(Oracle, Dtypes, testing::Values("promotion", "unary_dtypes"),
                         [](const auto& info) { return std::string(info.param); });

// A program of make_autograd.py: statements that are run one after another.
class Program {
 public:
  explicit Program(const Golden& golden, const json& row) : golden_(golden), row_(row) {
    names_["x"] = parse_tensor(golden.text(row["x"])).set_requires_grad(true);
  }
  // A graph that saved a view of what was then overwritten holds itself, as PyTorch's does, until backward has run.
  // Where a program ends with the error of that, nobody else lets go of it.
  ~Program() {
    guards_.clear();
    for (auto& [name, value] : names_)
      if (value.tensor.defined() && !value.tensor.is_view())
        if (const auto node = value.tensor.grad_fn()) static_cast<autograd::GraphNode*>(node.get())->release_saved();
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // What differs, or nothing.
  std::string run() {
    const std::string text = row_["program"];
    int at = 0;
    for (size_t begin = 0; begin < text.size(); ++at) {
      const size_t end = std::min(text.find("; ", begin), text.size());
      try {
        execute(text.substr(begin, end - begin));
      } catch (const Error& error) {
        return check_error(error, at);
      } catch (const std::logic_error& error) {
        return error.what();
      }
      begin = end + 2;
    }
    if (row_.contains("error")) return "no error instead of " + row_["error"].dump();
    guards_.clear();
    for (const auto& [name, expected] : row_["end"].items())
      if (const std::string what = check_end(names_.at(name).tensor, expected); !what.empty())
        return name + ": " + what;
    return "";
  }

 private:
  struct Guard {
    std::unique_ptr<AutoGradMode> mode;
    std::unique_ptr<InferenceMode> inference;
  };

  Tensor& tensor(const std::string& name) { return names_.at(name).tensor; }

  void execute(const std::string& statement) {
    const size_t equals = statement.find(" = ");
    const std::string target = equals == std::string::npos ? "" : statement.substr(0, equals);
    const std::string text = equals == std::string::npos ? statement : statement.substr(equals + 3);
    std::stringstream stream(text);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(word);
    const std::string& op = words[0];
    const auto has = [&](const char* flag) { return std::find(words.begin(), words.end(), flag) != words.end(); };
    if (op == "no_grad" || op == "enable_grad") {
      guards_.push_back({std::make_unique<AutoGradMode>(op == "enable_grad"), nullptr});
    } else if (op == "inference") {
      guards_.push_back({nullptr, std::make_unique<InferenceMode>()});
    } else if (op == "end") {
      guards_.pop_back();
    } else if (op == "backward") {
      tensor(words[1]).backward(weights(tensor(words[1])), has("retain"));
    } else if (op == "backward0") {
      tensor(words[1]).backward();
    } else if (op == "grad") {
      const Tensor& y = tensor(words[1]);
      names_[target] =
          autograd::grad({y}, {tensor(words[2])}, {weights(y)}, std::nullopt, has("create"), has("unused"))[0];
    } else {
      assign(target, evaluate(op, text, words));
    }
  }

  // A statement that is a call, of an op or of what only programs have.
  Results evaluate(const std::string& op, const std::string& text, const std::vector<std::string>& words) {
    if (op == "retain_grad") return tensor(words[1]).retain_grad(), Results();
    if (op == "leaf") return tensor(words[1]).requires_grad_(words.size() < 3), Results();
    if (op == "tensor") return {make_tensor(json::parse(words[1]), words.size() > 2 ? words[2] : "int64")};
    if (op == "set" || op == "at") {
      std::vector<indexing::TensorIndex> index;
      for (size_t i = 2; i < words.size() - (op == "set"); ++i)
        index.push_back(Arguments::index(word_value(words[i], names_)));
      if (op == "at") return {tensor(words[1]).index(index)};
      const Value value = word_value(words.back(), names_);
      if (value.tensor.defined()) return {tensor(words[1]).index_put_(index, value.tensor)};
      return {tensor(words[1]).index_put_(index, value.scalar())};
    }
    return call(text, names_);
  }

  static Tensor make_tensor(const json& values, const std::string& dtype) {
    std::string text = dtype + "[" + std::to_string(values.size()) + "]";
    for (const json& value : values) text += " " + value.dump();
    return parse_tensor(text);
  }

  void assign(const std::string& target, const Results& results) {
    std::stringstream parts(target);
    size_t i = 0;
    for (std::string name; std::getline(parts, name, ',');) names_[name] = results.at(i++);
  }

  std::string check_error(const Error& error, int at) {
    if (!row_.contains("error")) return "statement " + std::to_string(at) + " raised " + error.what();
    if (row_["at"] != at) return "raised by statement " + std::to_string(at) + ": " + error.what();
    return difference(error, row_["error"]);
  }

  std::string check_end(const Tensor& t, const json& expected) {
    if (!t.is_inference() && t._version() != expected["version"]) return "version " + std::to_string(t._version());
    if (expected.contains("value"))
      if (const std::string what = difference(t, golden_.text(expected["value"]), 16, false); !what.empty())
        return what;
    try {
      const auto node = t.grad_fn();
      if (t.is_leaf() != expected.value("leaf", false)) return "wrong is_leaf";
      if (t.requires_grad() != expected.contains("grad_fn")) return "wrong requires_grad";
      if (expected.contains("grad_fn") && (node ? json(autograd::python_name(*node)) : json()) != expected["grad_fn"])
        return "grad_fn " + (node ? autograd::python_name(*node) : "null") + " instead of " +
               expected["grad_fn"].dump();
    } catch (const Error& error) {
      return expected.contains("error") ? difference(error, expected["error"]) : error.what();
    }
    if (expected.contains("error")) return "no error";
    if (!t.is_leaf() && !t.retains_grad()) return "";
    if (!expected.contains("grad")) return t.grad().defined() ? "a gradient" : "";
    return difference(t.grad().contiguous(), golden_.text(expected["grad"]), 64, false);
  }

  const Golden& golden_;
  const json& row_;
  Names names_;
  std::vector<Guard> guards_;
};

TEST(Autograd, LeavesBehindWhatTheOracleDoes) {
  const Golden golden("autograd");
  for (const Golden::Row& row : golden.rows)
    if (const std::string what = Program(golden, row.data).run(); !what.empty()) {
      EXPECT_TRUE(failed("autograd", row, what));
    }
}

}  // namespace
}  // namespace relume::oracle
