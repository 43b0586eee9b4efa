// Tensor: a handle to an n-dimensional array that may be tracked by autograd.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "relume/activation_rows.h"
#include "relume/dtype.h"
#include "relume/error.h"
#include "relume/export.h"
#include "relume/options.h"
#include "relume/owned.h"
#include "relume/random.h"
#include "relume/scalar.h"
#include "relume/shape.h"

namespace relume {

class Tensor;
class Storage;
using TensorList = ArrayRef<Tensor>;

namespace autograd {
class Node;
RELUME_API void retain(Node* node);
RELUME_API void release(Node* node);

// A shared handle to a node of the graph (see autograd.h).
class NodePtr {
 public:
  NodePtr() noexcept : node_(nullptr) {}
  NodePtr(std::nullptr_t) noexcept : node_(nullptr) {}  // NOLINT: implicit, as of std::shared_ptr
  NodePtr(const NodePtr& other) noexcept : node_(other.node_) {
    if (node_) retain(node_);
  }
  NodePtr(NodePtr&& other) noexcept : node_(other.node_) { other.node_ = nullptr; }
  NodePtr& operator=(NodePtr other) noexcept {
    relume::detail::swap_pointers(node_, other.node_);
    return *this;
  }
  ~NodePtr() {
    if (node_) release(node_);
  }
  // Takes over one reference.
  static NodePtr adopt(Node* node) noexcept {
    NodePtr handle;
    handle.node_ = node;
    return handle;
  }
  // Adds a reference.
  static NodePtr share(Node* node) noexcept {
    if (node) retain(node);
    return adopt(node);
  }
  Node* get() const noexcept { return node_; }
  Node* operator->() const noexcept { return node_; }
  Node& operator*() const noexcept { return *node_; }
  explicit operator bool() const noexcept { return node_ != nullptr; }
  friend bool operator==(const NodePtr& a, const NodePtr& b) { return a.node_ == b.node_; }
  friend bool operator!=(const NodePtr& a, const NodePtr& b) { return a.node_ != b.node_; }

 private:
  Node* node_;
};
}  // namespace autograd
namespace indexing {
class TensorIndex;
}

namespace detail {
class TensorImpl;
RELUME_API void retain(TensorImpl* impl);
RELUME_API void release(TensorImpl* impl);

// A hook on a gradient: called with it, may return a replacement.
struct TensorHook {
  virtual ~TensorHook() = default;
  virtual Tensor call(const Tensor& grad) = 0;
};
template <class F>
struct TensorHookOf;
}  // namespace detail

// The one way in which a packed accessor points to its elements.
template <class T>
struct DefaultPtrTraits {
  using PtrType = T*;
};

// Read and write access to the elements of an N-dimensional tensor: a[i][j] = 1. It neither checks indices nor keeps
// the tensor alive.
template <class T, size_t N>
class TensorAccessor {
 public:
  TensorAccessor(T* data, const int64_t* sizes, const int64_t* strides)
      : data_(data), sizes_(sizes), strides_(strides) {}
  IntArrayRef sizes() const { return IntArrayRef(sizes_, N); }
  IntArrayRef strides() const { return IntArrayRef(strides_, N); }
  int64_t size(int64_t dim) const { return sizes_[dim]; }
  int64_t stride(int64_t dim) const { return strides_[dim]; }
  T* data() const { return data_; }
  decltype(auto) operator[](int64_t i) const {
    if constexpr (N == 1)
      return (data_[i * strides_[0]]);
    else
      return TensorAccessor<T, N - 1>(data_ + i * strides_[0], sizes_ + 1, strides_ + 1);
  }

 private:
  T* data_;
  const int64_t* sizes_;
  const int64_t* strides_;
};

// One pointer to a shared, reference-counted array. Copying a Tensor copies the pointer; clone() copies the elements.
// A default-constructed Tensor is undefined: it is of sizes [0], and whatever needs its elements throws Error.
class RELUME_API Tensor {
 public:
  Tensor() noexcept : impl_(nullptr) {}
  Tensor(const Tensor& other) noexcept : impl_(other.impl_) {
    if (impl_) detail::retain(impl_);
  }
  Tensor(Tensor&& other) noexcept : impl_(other.impl_) { other.impl_ = nullptr; }
  ~Tensor() {
    if (impl_) detail::release(impl_);
  }
  Tensor& operator=(const Tensor& other) & noexcept {
    Tensor(other).swap(*this);
    return *this;
  }
  Tensor& operator=(Tensor&& other) & noexcept {
    Tensor(std::move(other)).swap(*this);
    return *this;
  }
  // Assigning to a temporary writes the elements: x[0] = y, x.index({0}) = 1.
  Tensor& operator=(const Tensor& other) &&;
  Tensor& operator=(Tensor&& other) &&;
  Tensor& operator=(const Scalar& value) &&;

  // Takes over one reference.
  static Tensor adopt(detail::TensorImpl* impl) noexcept {
    Tensor tensor;
    tensor.impl_ = impl;
    return tensor;
  }
  detail::TensorImpl* impl() const noexcept { return impl_; }
  detail::TensorImpl* unsafeGetTensorImpl() const noexcept { return impl_; }
  void swap(Tensor& other) noexcept { detail::swap_pointers(impl_, other.impl_); }
  void reset() noexcept { Tensor().swap(*this); }
  // Whether both handles name the same tensor (Python's `is`).
  bool is_same(const Tensor& other) const noexcept { return impl_ == other.impl_; }
  bool defined() const noexcept { return impl_ != nullptr; }
  int64_t use_count() const noexcept;

  // Shape and layout.
  int64_t dim() const;
  int64_t ndimension() const { return dim(); }
  IntArrayRef sizes() const;
  IntArrayRef strides() const;
  int64_t size(int64_t dim) const;
  int64_t stride(int64_t dim) const;
  int64_t numel() const;
  int64_t storage_offset() const;
  int64_t element_size() const { return relume::element_size(scalar_type()); }
  int64_t itemsize() const { return element_size(); }
  size_t nbytes() const { return static_cast<size_t>(numel() * element_size()); }
  bool is_contiguous(MemoryFormat format = MemoryFormat::Contiguous) const;
  bool is_non_overlapping_and_dense() const;
  MemoryFormat suggest_memory_format() const;

  // Kind.
  TypeMeta dtype() const { return scalar_type(); }
  ScalarType scalar_type() const;
  Device device() const;
  int64_t get_device() const { return -1; }
  Layout layout() const { return Layout::Strided; }
  TensorOptions options() const;
  bool is_floating_point() const { return relume::is_floating_point(scalar_type()); }
  bool is_complex() const { return false; }
  bool is_signed() const { return relume::is_signed(scalar_type()); }
  bool is_cpu() const { return device().is_cpu(); }
  bool is_cuda() const { return false; }
  bool is_sparse() const { return false; }
  bool is_meta() const { return false; }
  bool is_quantized() const { return false; }
  bool is_neg() const { return false; }
  bool is_conj() const { return false; }
  bool is_pinned() const { return false; }
  Tensor pin_memory() const { return *this; }  // there is no device that would read it
  std::string toString() const;
  // Writes `[CPUFloatType [2, 3]]` to standard error.
  void print() const;

  // Memory. data_ptr<T>() throws where T is not the element type. The pointer is to the first element.
  void* data_ptr() const;
  const void* const_data_ptr() const { return data_ptr(); }
  void* mutable_data_ptr() const { return data_ptr(); }
  template <class T>
  T* data_ptr() const {
    return static_cast<T*>(checked_data(dtype_of<std::remove_const_t<T>>));
  }
  template <class T>
  const T* const_data_ptr() const {
    return data_ptr<T>();
  }
  template <class T>
  T* mutable_data_ptr() const {
    return data_ptr<T>();
  }
  template <class T, size_t N>
  TensorAccessor<T, N> accessor() const& {
    check_accessor(N);
    return TensorAccessor<T, N>(data_ptr<T>(), sizes().data(), strides().data());
  }
  template <class T, size_t N>
  TensorAccessor<T, N> accessor() && = delete;  // it would outlive the tensor
  // The same: there is no other device to pack it for.
  template <class T, size_t N, template <class> class = DefaultPtrTraits>
  TensorAccessor<T, N> packed_accessor32() const& {
    return accessor<T, N>();
  }
  template <class T, size_t N, template <class> class = DefaultPtrTraits>
  TensorAccessor<T, N> packed_accessor64() const& {
    return accessor<T, N>();
  }
  bool is_alias_of(const Tensor& other) const;
  // Whether both show the same elements of the same memory in the same way.
  bool is_set_to(const Tensor& other) const;
  bool is_same_size(const Tensor& other) const { return sizes() == other.sizes(); }
  bool has_storage() const { return defined(); }
  Storage storage() const;

  // The value of a tensor with one element.
  Scalar item() const;
  template <class T>
  T item() const {
    return item().to<T>();
  }

  // Autograd. See autograd.h for guards, grad() and hooks of functions.
  bool requires_grad() const;
  const Tensor& set_requires_grad(bool requires_grad) const;
  const Tensor& requires_grad_(bool requires_grad = true) const { return set_requires_grad_in_place(requires_grad); }
  const Tensor& grad() const;
  Tensor& mutable_grad() const;
  autograd::NodePtr grad_fn() const;
  bool is_leaf() const;
  int64_t output_nr() const;
  void retain_grad() const;
  bool retains_grad() const;
  int64_t _version() const;
  bool is_view() const;
  const Tensor& _base() const;
  bool is_inference() const;
  // Tensors have no names.
  const std::string& name() const;
  // Accumulates into the leaves' grad the gradient of this tensor with respect to them. `gradient` is that of some
  // scalar with respect to this tensor; it may be left out when this tensor has one element.
  void backward(const Tensor& gradient = {}, std::optional<bool> retain_graph = {}, bool create_graph = false) const;
  void backward(const Tensor& gradient, std::optional<bool> retain_graph, bool create_graph,
                std::optional<TensorList> inputs) const;
  // The same elements and version counter without history.
  Tensor detach() const;
  Tensor& detach_() const;
  // The same elements, with neither history nor a shared version counter.
  Tensor variable_data() const;
  Tensor tensor_data() const { return variable_data(); }
  Tensor data() const { return variable_data(); }
  void set_data(const Tensor& data) const;
  // Makes this tensor show the elements of `source`, which must be of the same dtype.
  const Tensor& set_(const Tensor& source) const;
  // Calls hook(gradient) whenever the gradient of this tensor has been computed; a Tensor that it returns replaces the
  // gradient. The result is a handle for remove_hook.
  template <class F>
  unsigned register_hook(F&& hook) const;
  void remove_hook(unsigned handle) const;

  // Operators. The in-place ones return their left side.
  Tensor operator-() const;
  Tensor operator~() const;
  Tensor& operator+=(const Tensor& other);
  Tensor& operator+=(const Scalar& other);
  Tensor& operator-=(const Tensor& other);
  Tensor& operator-=(const Scalar& other);
  Tensor& operator*=(const Tensor& other);
  Tensor& operator*=(const Scalar& other);
  Tensor& operator/=(const Tensor& other);
  Tensor& operator/=(const Scalar& other);
  Tensor& operator&=(const Tensor& other);
  Tensor& operator|=(const Tensor& other);
  Tensor& operator^=(const Tensor& other);

  // Indexing: x[i] selects along the first dimension (or by an index or mask tensor); x.index takes what Python's
  // brackets take: x.index({Slice(1, 3), None, "...", mask}).
  Tensor operator[](int64_t index) const;
  Tensor operator[](const Scalar& index) const;
  Tensor operator[](const Tensor& index) const;
  Tensor index(ArrayRef<indexing::TensorIndex> indices) const;
  Tensor index(std::initializer_list<indexing::TensorIndex> indices) const;
  Tensor index_put(ArrayRef<indexing::TensorIndex> indices, const Tensor& values, bool accumulate = false) const;
  Tensor& index_put_(ArrayRef<indexing::TensorIndex> indices, const Tensor& values, bool accumulate = false);
  Tensor& index_put_(ArrayRef<indexing::TensorIndex> indices, const Scalar& value);
  Tensor& index_put_(std::initializer_list<indexing::TensorIndex> indices, const Tensor& values,
                     bool accumulate = false);
  Tensor& index_put_(std::initializer_list<indexing::TensorIndex> indices, const Scalar& value);

  // Conversions.
  Tensor to(ScalarType dtype, bool non_blocking = false, bool copy = false) const;
  Tensor to(Device device, bool non_blocking = false, bool copy = false) const;
  Tensor to(DeviceType device, bool non_blocking = false, bool copy = false) const {
    return to(Device(device), non_blocking, copy);
  }
  Tensor to(Device device, ScalarType dtype, bool non_blocking = false, bool copy = false) const;
  Tensor to(const TensorOptions& options, bool non_blocking = false, bool copy = false) const;
  Tensor to(const Tensor& other, bool non_blocking = false, bool copy = false) const;
  Tensor to(TypeMeta dtype, bool non_blocking = false, bool copy = false) const {
    return to(dtype.toScalarType(), non_blocking, copy);
  }
  // There is no such device: throws Error.
  Tensor cuda() const { return to(Device(DeviceType::CUDA)); }
  Tensor toType(ScalarType dtype) const { return to(dtype); }
  Tensor type_as(const Tensor& other) const { return to(other.scalar_type()); }
  Tensor cpu() const { return *this; }

#include "relume/tensor_methods.inc"
  Tensor mH() const { return adjoint(); }
  Tensor var(int dim) const { return var(IntArrayRef({int64_t{dim}})); }  // not whether unbiased
  Tensor std(int dim) const { return std(IntArrayRef({int64_t{dim}})); }
  Tensor polygamma(int64_t n) const;
  // This tensor where the condition holds, `other` elsewhere; the three broadcast.
  Tensor where(const Tensor& condition, const Tensor& other) const;

  // Activations: x.relu(), x.relu_().
#define RELUME_OPTION(type, name, value) (type, name, value)
#define RELUME_ACTIVATION(function, Module, in_place, options) \
  Tensor function(RELUME_EACH(ALL, options)) const;            \
  RELUME_IF_IN_PLACE_##in_place(Tensor& function##_(RELUME_EACH(ALL, options)) const;)
#include "relume/activations.inc"

 private:
  void* checked_data(ScalarType dtype) const;
  void check_accessor(int64_t rank) const;
  const Tensor& set_requires_grad_in_place(bool requires_grad) const;
  unsigned add_hook(detail::TensorHook* hook) const;

  detail::TensorImpl* impl_;
};

namespace detail {

template <class F>
struct TensorHookOf final : TensorHook {
  explicit TensorHookOf(F f) : hook(std::move(f)) {}
  Tensor call(const Tensor& grad) override {
    if constexpr (std::is_void_v<decltype(hook(grad))>) {
      hook(grad);
      return Tensor();
    } else {
      return hook(grad);
    }
  }
  F hook;
};

}  // namespace detail

template <class F>
unsigned Tensor::register_hook(F&& hook) const {
  return add_hook(new detail::TensorHookOf<std::decay_t<F>>(std::forward<F>(hook)));
}

// The block of memory that holds a tensor's elements, and perhaps those of others.
class Storage {
 public:
  Storage() = default;
  explicit Storage(Tensor owner) : owner_(std::move(owner)) {}
  explicit operator bool() const { return owner_.defined(); }
  RELUME_API void* mutable_data() const;
  const void* data() const { return mutable_data(); }
  // In bytes.
  RELUME_API size_t nbytes() const;
  // How many tensors there are of it.
  RELUME_API size_t use_count() const;
  bool is_alias_of(const Storage& other) const { return owner_.is_alias_of(other.owner_); }

 private:
  Tensor owner_;
};
inline Storage Tensor::storage() const { return Storage(*this); }

// Methods as functions.
inline Tensor var(const Tensor& self, int dim) { return self.var(dim); }
inline Tensor std(const Tensor& self, int dim) { return self.std(dim); }
inline Tensor detach(const Tensor& self) { return self.detach(); }
inline Tensor& detach_(const Tensor& self) { return self.detach_(); }
inline int64_t numel(const Tensor& self) { return self.numel(); }
inline int64_t size(const Tensor& self, int64_t dim) { return self.size(dim); }
inline int64_t stride(const Tensor& self, int64_t dim) { return self.stride(dim); }
inline bool is_complex(const Tensor& self) { return self.is_complex(); }
inline bool is_same_size(const Tensor& self, const Tensor& other) { return self.is_same_size(other); }

// The dtype of a result of these operands: tensors with dimensions decide before those without, and those before
// numbers, within the highest kind (bool, integer, floating point).
RELUME_API ScalarType result_type(const Tensor& self, const Tensor& other);
RELUME_API ScalarType result_type(const Tensor& self, const Scalar& other);
RELUME_API ScalarType result_type(const Scalar& self, const Tensor& other);

// Prints as libtorch does; repr() prints as Python does.
RELUME_API std::ostream& operator<<(std::ostream& stream, const Tensor& tensor);

}  // namespace relume
