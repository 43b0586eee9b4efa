// Saved: a tensor that a node keeps for its backward, with the version it had.
#pragma once

#include <memory>

#include "core/tensor_impl.h"
#include "relume/tensor.h"

namespace relume::autograd {

class GraphNode;

// What an op says of a tensor that it wants saved: an input of the op, or one of its outputs. A `lazy_output` is an
// output that PyTorch would not save: an in-place write to it must not be an error later, so the saver is given a copy
// before the write. A `Mask` stands for an output: it shares its version, not its elements. A `Transposed` is an input
// of which PyTorch saves the transpose, and names that where it has been written to.
struct Save {
  enum class Kind : uint8_t { Input, Transposed, Output, LazyOutput, Mask };
  Save(const Tensor& tensor) : tensor(&tensor) {}  // NOLINT: implicit, so that lists of saves read as lists of tensors
  Save(const Tensor& tensor, Kind kind, uint32_t output_nr = 0) : tensor(&tensor), kind(kind), output_nr(output_nr) {}
  const Tensor* tensor;
  Kind kind = Kind::Input;
  uint32_t output_nr = 0;
};
inline bool is_input(Save::Kind kind) { return kind == Save::Kind::Input || kind == Save::Kind::Transposed; }
inline Save output(const Tensor& tensor, uint32_t output_nr = 0) { return {tensor, Save::Kind::Output, output_nr}; }
inline Save lazy_output(const Tensor& tensor) { return {tensor, Save::Kind::LazyOutput, 0}; }

// A saved tensor in the keeping of somebody else, who knows how to give it back.
class PackedTensor {
 public:
  virtual ~PackedTensor() = default;
  virtual Tensor unpack() = 0;
};

// Asked to keep each tensor that a node saves while it is this thread's `saved_tensor_hooks`.
class SavedTensorHooks {
 public:
  virtual ~SavedTensorHooks() = default;
  virtual std::unique_ptr<PackedTensor> pack(const Tensor& tensor) = 0;
};
extern constinit thread_local SavedTensorHooks* saved_tensor_hooks
    __attribute__((visibility("hidden"), tls_model("initial-exec")));

class Saved {
 public:
  explicit Saved(const Save& save);
  Saved(Saved&& other) noexcept;
  Saved& operator=(Saved&&) = delete;
  ~Saved();

  // The tensor. Throws Error where it was written to since. An output gets back its place in the graph, as an output
  // of `owner`, where a graph is being recorded.
  Tensor unpack(GraphNode& owner) const;
  // The same for the last use of it.
  Tensor take(GraphNode& owner);
  // The elements of an output where nothing else was saved of it, for the last use of them; else nothing.
  Elements take_elements(GraphNode& owner);
  // Makes unpack() throw: the op that saves the tensor has written to its memory.
  void mark_overwritten() { --version_; }
  // Replaces the tensor by a copy: it is about to be written to.
  void copy_before_write();

 private:
  friend void before_write(const Tensor& tensor);
  void link();
  void unlink();
  void pack(const Tensor& tensor);
  Tensor unpack_held(GraphNode& owner) const;
  uint32_t version_now() const { return elements_ ? elements_.version() : tensor_.impl()->current_version(); }
  void check_unmodified(GraphNode& owner) const {
    if (version_now() != version_) [[unlikely]]
      fail_modified_since(owner);
  }
  [[noreturn]] void fail_modified_since(GraphNode& owner) const;
  bool returns_as_it_is() const;

  struct Held;         // what hooks keep
  Tensor tensor_;      // of an output: one of the same elements, without history, lest there be a cycle
  Elements elements_;  // of most outputs, in place of the tensor
  uint32_t version_ = 0;
  Save::Kind kind_;
  bool held_by_hooks_ = false;
  uint32_t output_nr_;
  union {
    Saved* next_ = nullptr;  // lazy outputs with the same version counter
    Held* held_;
  };
  Saved** previous_ = nullptr;  // what points to this one
};

// Gives a tensor a place in the graph, as an output of `owner`.
Tensor as_output(Tensor tensor, GraphNode& owner, uint32_t output_nr);

// To be called before the elements of `tensor` are written: gives lazy savers their copies.
void before_write(const Tensor& tensor);

}  // namespace relume::autograd
