// Automatic differentiation: grad mode guards, backward() and grad(), anomaly detection, the graph's nodes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "relume/export.h"
#include "relume/tensor.h"

namespace relume {

// Whether ops record a graph on this thread.
class RELUME_API GradMode {
 public:
  static bool is_enabled();
  static void set_enabled(bool enabled);
};

// Sets grad mode until the end of the scope.
class AutoGradMode {
 public:
  explicit AutoGradMode(bool enabled) : previous_(GradMode::is_enabled()) { GradMode::set_enabled(enabled); }
  ~AutoGradMode() { GradMode::set_enabled(previous_); }
  AutoGradMode(const AutoGradMode&) = delete;
  AutoGradMode& operator=(const AutoGradMode&) = delete;

 private:
  bool previous_;
};

// Ops in the scope record nothing: their results do not require grad.
class NoGradGuard : public AutoGradMode {
 public:
  NoGradGuard() : AutoGradMode(false) {}
};

// Ops in the scope record again, inside a NoGradGuard.
class EnableGradGuard : public AutoGradMode {
 public:
  EnableGradGuard() : AutoGradMode(true) {}
};

// Ops in the scope record nothing and make inference tensors, which have no version counter and can never take part in
// a graph.
class RELUME_API InferenceMode {
 public:
  explicit InferenceMode(bool enabled = true);
  ~InferenceMode();
  InferenceMode(const InferenceMode&) = delete;
  InferenceMode& operator=(const InferenceMode&) = delete;
  static bool is_enabled();

 private:
  bool previous_mode_, previous_grad_;
};

namespace autograd {

using Variable = Tensor;
using variable_list = std::vector<Tensor>;
using relume::AutoGradMode;
using relume::GradMode;

// Where a function of the graph sends a gradient: to an input of another one.
struct Edge {
  NodePtr function;
  uint32_t input_nr = 0;
  bool is_valid() const { return static_cast<bool>(function); }
  friend bool operator==(const Edge& a, const Edge& b) { return a.function == b.function && a.input_nr == b.input_nr; }
};
using edge_list = std::vector<Edge>;

// A function in the graph: computes gradients of its inputs from those of its outputs.
class RELUME_API Node {
 public:
  virtual ~Node();
  // "ReluBackward0".
  virtual std::string name() const = 0;
  // Nodes run in reverse order of their numbers.
  virtual uint64_t sequence_nr() const = 0;
  virtual size_t num_inputs() const = 0;
  virtual size_t num_outputs() const = 0;
  // The node that receives the gradient of input i; null where none is wanted.
  NodePtr next_function(size_t i) const { return next_edge(i).function; }
  virtual Edge next_edge(size_t i) const = 0;
  edge_list next_edges() const;
};

// The sum of gradients of `tensors` with respect to the graph's leaves, accumulated into their grad; or, where `inputs`
// is not empty, with respect to those tensors only. `grad_tensors` are the gradients with respect to `tensors`; they
// may be left out for tensors of one element.
RELUME_API void backward(TensorList tensors, TensorList grad_tensors = {}, std::optional<bool> retain_graph = {},
                         bool create_graph = false, TensorList inputs = {});

// The gradients of `outputs` (weighted by `grad_outputs`) with respect to `inputs`, without touching anybody's grad.
// An input that `outputs` do not depend on is an error, or with allow_unused an undefined tensor.
RELUME_API variable_list grad(TensorList outputs, TensorList inputs, TensorList grad_outputs = {},
                              std::optional<bool> retain_graph = {}, bool create_graph = false,
                              bool allow_unused = false);

// While enabled, an error in backward names the forward op on standard error, and with check_nan a NaN gradient is an
// error that names the function that returned it.
class RELUME_API AnomalyMode {
 public:
  static bool is_enabled();
  static bool should_check_nan();
  static void set_enabled(bool enabled, bool check_nan = true);
};

// Anomaly detection until the end of the scope.
class RELUME_API DetectAnomalyGuard {
 public:
  explicit DetectAnomalyGuard(bool check_nan = true)
      : enabled_(AnomalyMode::is_enabled()), check_nan_(AnomalyMode::should_check_nan()) {
    AnomalyMode::set_enabled(true, check_nan);
  }
  ~DetectAnomalyGuard() { AnomalyMode::set_enabled(enabled_, check_nan_); }
  DetectAnomalyGuard(const DetectAnomalyGuard&) = delete;
  DetectAnomalyGuard& operator=(const DetectAnomalyGuard&) = delete;

 private:
  bool enabled_, check_nan_;
};

}  // namespace autograd
}  // namespace relume
