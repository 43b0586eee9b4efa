// What a Tensor points to: TensorImpl, the Storage that tensors share, and the counter of in-place writes.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "core/memory.h"
#include "core/thread_state.h"
#include "relume/tensor.h"

namespace relume {
class OwedRelu;
struct PendingElements;
}

namespace relume::detail {

class Storage;
struct ElementMaker;  // core/hidden_layout.h

// The elements of an activation [batch, channels, pixels] in channels-last order. They may still have to be made, and a
// ReLU may still be owed to them.
struct ChannelsLastElements {
  void* data = nullptr;
  size_t bytes = 0;
  int64_t batch = 0, channels = 0, pixels = 0;
  ScalarType dtype = ScalarType::Undefined;
  std::atomic<bool> relu_pending{false};
  std::atomic<bool> unmade{false};                    // `maker` has to write them; there is no data yet
  bool lent = false;                                  // an op computes with them as they are, or makes them
  std::shared_ptr<const ElementMaker> maker;
  std::atomic<Storage*> relu_mask{nullptr};  // what it is to tell which gradients pass: see Storage::defer_relu
};

// What a kernel made of the contents of a storage (a copy in another order) and keeps for the next call.
struct Derived {
  virtual ~Derived() = default;
};

// A block of bytes that tensors share. It may hide that its elements lie in channels-last order while its tensors have
// the strides of row-major ones: data() puts them into row-major order for good, so that whoever has a pointer may keep
// it. Kernels that take either order pin the hidden elements instead: see core/hidden_layout.h.
class Storage {
 public:
  using Deleter = void (*)(void* data, void* context);

  // Throws OutOfMemoryError.
  static Storage* make(size_t bytes) {
    Storage* storage = pool_new<Storage>();
    storage->bytes_ = bytes;
    if (bytes > 0) {
      try {
        storage->data_ = allocate(bytes);
      } catch (...) {
        pool_delete(storage);
        throw;
      }
    }
    return storage;
  }
  // Contents in channels-last order: undefined, or what `maker` makes when they are first wanted. Throws
  // OutOfMemoryError.
  static Storage* make_hidden(int64_t batch, int64_t channels, int64_t pixels, ScalarType dtype,
                              std::shared_ptr<const ElementMaker> maker = nullptr);
  // Memory of somebody else's.
  static Storage* adopt(void* data, size_t bytes, Deleter deleter, void* context);

  void* data() {
    if (is_hidden()) [[unlikely]]
      unhide();
    return data_;
  }
  size_t bytes() const { return bytes_; }
  bool is_external() const { return deleter_ != nullptr; }
  // Moves the contents to a larger block.
  void grow(size_t bytes);

  bool is_hidden() const { return hidden_.load(std::memory_order_acquire) != nullptr; }
  // The hidden elements, which stay where they are until unpin(), or null where nothing is hidden.
  const ChannelsLastElements* pin() {
    const ChannelsLastElements* const elements = pin_unfinished();
    if (elements && (elements->unmade.load(std::memory_order_acquire) ||
                     elements->relu_pending.load(std::memory_order_acquire))) [[unlikely]]
      finish_elements();
    return elements;
  }
  // The same without seeing to it that the elements are made.
  const ChannelsLastElements* pin_unfinished() {
    pins_.fetch_add(1);
    return hidden_.load();
  }
  // Says that the hidden elements are to be seen as max(x, 0): who pins them next does it. Nobody else may be able to
  // see the elements. `mask`, unless null, then gets a bit an element, in their order: whether it is positive or NaN.
  // Returns false, with nothing done, where no elements are hidden.
  bool defer_relu(Storage* mask);
  // Where this is such a mask: has it written, unless it has been.
  void await_mask() {
    if (__atomic_load_n(&context_, __ATOMIC_ACQUIRE)) write_mask();
  }
  void unpin() {
    if (pins_.fetch_sub(1) == 1) free_retired();
  }

  // The same for a pointer that leaves the library: from now on the contents may change unseen.
  void* expose() {
    if (derived_.load(std::memory_order_acquire) != &kExposed) replace_derived(&kExposed);
    return data();
  }
  bool can_keep() const { return derived_.load(std::memory_order_acquire) != &kExposed; }
  // What was kept last, unless the contents may have changed since. Any thread may ask and keep.
  std::shared_ptr<const Derived> derived() const;
  // Does nothing where the contents may change unseen.
  void keep_derived(std::shared_ptr<const Derived> derived);
  void note_write() {
    const Kept* const kept = derived_.load(std::memory_order_acquire);
    if (kept && kept != &kExposed) [[unlikely]]
      replace_derived(nullptr);
  }

  uint32_t owners() const { return refs_.load(std::memory_order_relaxed); }
  void retain() { refs_.fetch_add(1, std::memory_order_relaxed); }
  void release() {
    if (refs_.load(std::memory_order_acquire) == 1 || refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy();
  }

 private:
  using Kept = std::shared_ptr<const Derived>;

  void unhide();
  void finish_elements();
  void write_mask();
  void forget_mask(ChannelsLastElements& elements);
  void apply_pending_relu(ChannelsLastElements& elements, bool mask_only);
  void free_elements(ChannelsLastElements* elements);
  void free_retired();
  void replace_derived(Kept* by);
  void destroy();

  friend class relume::OwedRelu;
  friend struct relume::PendingElements;
  static Kept kExposed;  // in the place of what is kept: nothing ever will be

  std::atomic<uint32_t> refs_{1};
  std::atomic<uint32_t> pins_{0};
  void* data_ = nullptr;
  size_t bytes_ = 0;
  Deleter deleter_ = nullptr;  // null: the block came from allocate(bytes)
  void* context_ = nullptr;     // of the deleter; of the mask of a ReLU that was put off: the Storage that owes it
  std::atomic<ChannelsLastElements*> hidden_{nullptr};
  std::atomic<ChannelsLastElements*> retired_{nullptr};  // were hidden; the last one to unpin frees them
  std::atomic<Kept*> derived_{nullptr};
};

// Counts the in-place writes to what a tensor, its views and its detached copies share. What backward saved compares
// the count with the one it saw. `savers` lists those that ask for a copy before a write instead of failing after it.
struct VersionCounter {
  std::atomic<uint32_t> refs{1};
  std::atomic<uint32_t> value{0};
  void* savers = nullptr;

  void retain() { refs.fetch_add(1, std::memory_order_relaxed); }
  void release() {
    if (refs.load(std::memory_order_acquire) == 1 || refs.fetch_sub(1, std::memory_order_acq_rel) == 1)
      pool_delete(this);
  }
  // Not an atomic addition, which costs as much as a small op: writes at the same time may count as one.
  void count_write() { value.store(value.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }
};

// The autograd side of a tensor; defined by autograd/.
struct AutogradMetaBase {
  virtual ~AutogradMetaBase() = default;
  // The grad of a tensor that is no leaf is kept: its node, which does not own it, may take a reference to it.
  bool retains_grad = false;
};

class TensorImpl {
 public:
  std::atomic<uint32_t> refs{1};
  ScalarType dtype = ScalarType::Undefined;
  bool contiguous = true;  // row-major without gaps, as sizes and strides say
  bool inference = false;  // made in inference mode: no version counter, no autograd
  Storage* storage = nullptr;
  int64_t offset = 0;  // in elements
  int64_t numel = 0;
  DimVector sizes;
  DimVector strides;
  std::atomic<VersionCounter*> version{nullptr};  // made on first use; null counts 0
  AutogradMetaBase* autograd = nullptr;           // null for tensors that autograd never saw
  void* python_object = nullptr;

  int64_t dim() const { return static_cast<int64_t>(sizes.size()); }
  char* data() const { return static_cast<char*>(storage->data()) + offset * element_size(dtype); }
  VersionCounter* version_counter() {
    VersionCounter* counter = version.load(std::memory_order_acquire);
    return counter ? counter : make_version_counter();
  }
  uint32_t current_version() const {
    const VersionCounter* counter = version.load(std::memory_order_acquire);
    return counter ? counter->value.load(std::memory_order_relaxed) : 0;
  }
  // Counts an in-place write to the elements.
  void note_write() {
    storage->note_write();
    if (!inference) version_counter()->count_write();
  }
  // Uses the counter of `other` from now on.
  void share_version(TensorImpl& other);
  // The counter, with a reference for the caller.
  VersionCounter* lend_version();
  void set_sizes_and_strides(IntArrayRef new_sizes, IntArrayRef new_strides);
  // Recomputes numel and contiguous from sizes and strides.
  void refresh();

  TensorImpl() {}  // NOLINT: defaulted, it would clear all of the object before it sets the members
  TensorImpl(const TensorImpl&) = delete;
  TensorImpl& operator=(const TensorImpl&) = delete;
  ~TensorImpl();

 private:
  VersionCounter* make_version_counter();
};

void destroy(TensorImpl* impl);

inline void retain_inline(TensorImpl* impl) { impl->refs.fetch_add(1, std::memory_order_relaxed); }

}  // namespace relume::detail

namespace relume {

// The elements of a row-major tensor and its count of writes, without the tensor: what a node keeps of what it made
// itself, lest there be a cycle.
class Elements {
 public:
  Elements() = default;
  explicit Elements(detail::TensorImpl& of);
  Elements(Elements&& other) noexcept
      : storage_(std::exchange(other.storage_, nullptr)), counter_(other.counter_), offset_(other.offset_) {}
  Elements& operator=(Elements&& other) noexcept {
    std::swap(storage_, other.storage_);
    std::swap(counter_, other.counter_);
    std::swap(offset_, other.offset_);
    return *this;
  }
  ~Elements() {
    if (storage_) release();
  }

  // Whether a tensor is no more than this and its sizes and dtype.
  static bool fit(const detail::TensorImpl& of) { return of.contiguous && !of.inference && !of.storage->is_hidden(); }
  explicit operator bool() const { return storage_ != nullptr; }
  const char* data(ScalarType dtype) const {
    return static_cast<const char*>(storage_->data()) + offset_ * element_size(dtype);
  }
  uint32_t version() const { return counter_->value.load(std::memory_order_relaxed); }
  // A tensor of them.
  Tensor tensor(IntArrayRef sizes, ScalarType dtype) const;

 private:
  void release();

  detail::Storage* storage_ = nullptr;
  detail::VersionCounter* counter_ = nullptr;
  int64_t offset_ = 0;
};

// Row-major strides of a tensor of these sizes.
DimVector contiguous_strides(IntArrayRef sizes);
// Strides of the format for these sizes (channels_last wants rank 4, channels_last_3d rank 5).
DimVector format_strides(IntArrayRef sizes, MemoryFormat format);
// Product of the sizes. Throws Error where one is negative or the product, in bytes, overflows.
int64_t checked_numel(IntArrayRef sizes, ScalarType dtype);

// A new tensor with undefined contents.
Tensor make_tensor(IntArrayRef sizes, ScalarType dtype);
// A new row-major tensor of the sizes of another.
Tensor make_like(const detail::TensorImpl& like, ScalarType dtype);
Tensor make_strided(IntArrayRef sizes, IntArrayRef strides, ScalarType dtype);
// A new tensor on the same storage that shares the version counter and knows nothing of autograd. `offset` is in
// elements from the start of the storage. The geometry is not checked against the storage.
Tensor make_alias(const Tensor& of, IntArrayRef sizes, IntArrayRef strides, int64_t offset);
Tensor make_alias(const Tensor& of);
// Memory that belongs to somebody else; `deleter(data, context)` is called when the last tensor on it has gone.
Tensor make_external(void* data, IntArrayRef sizes, IntArrayRef strides, ScalarType dtype,
                     detail::Storage::Deleter deleter, void* context);

// The tensor's impl; throws Error, naming the op, where it is undefined.
inline detail::TensorImpl& impl_of(const Tensor& tensor, const char* op) {
  if (!tensor.defined()) [[unlikely]]
    throw Error(std::string(op) + ": expected a tensor, got an undefined one");
  return *tensor.impl();
}

// dim in [0, rank), from one in [-rank, rank); rank 0 counts as 1. Throws IndexError otherwise.
int64_t wrap_dim(int64_t dim, int64_t rank);

// Bytes of storage that sizes and strides reach, from an offset of 0. Throws Error on overflow.
size_t storage_bytes(IntArrayRef sizes, IntArrayRef strides, ScalarType dtype);

}  // namespace relume
