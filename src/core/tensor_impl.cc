// Making and destroying tensors, and the arithmetic of sizes and strides.
#include "core/tensor_impl.h"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "core/check.h"
#include "core/hidden_layout.h"
#include "core/python_object.h"

namespace relume {
namespace detail {

Storage* Storage::adopt(void* data, size_t bytes, Deleter deleter, void* context) {
  Storage* storage = pool_new<Storage>();
  storage->data_ = data;
  storage->bytes_ = bytes;
  storage->deleter_ = deleter;
  storage->context_ = context;
  storage->derived_ = &kExposed;
  return storage;
}

namespace {

std::mutex g_derived_mutex;  // of every storage: what is kept is replaced seldom and looked up in no time

}  // namespace

Storage::Kept Storage::kExposed;

std::shared_ptr<const Derived> Storage::derived() const {
  if (!derived_.load(std::memory_order_acquire)) return nullptr;
  const std::lock_guard lock(g_derived_mutex);
  const Kept* const kept = derived_.load(std::memory_order_relaxed);
  return kept ? *kept : nullptr;
}

void Storage::keep_derived(std::shared_ptr<const Derived> derived) {
  if (derived_.load(std::memory_order_acquire) != &kExposed) replace_derived(new Kept(std::move(derived)));
}

void Storage::replace_derived(Kept* by) {
  const std::lock_guard lock(g_derived_mutex);
  Kept* const kept = derived_.load(std::memory_order_relaxed);
  if (kept != &kExposed) derived_.store(by, std::memory_order_release);
  Kept* const unused = kept == &kExposed ? by : kept;
  if (unused != &kExposed) delete unused;
}

void Storage::grow(size_t bytes) {
  note_write();
  void* const old = data();
  void* const grown = allocate(bytes);
  if (old) {
    std::memcpy(grown, old, bytes_);
    deallocate(old, bytes_);
  }
  data_ = grown;
  bytes_ = bytes;
}

void (*release_python_object)(void* object) = nullptr;
void (*check_interrupt)() = nullptr;

TensorImpl::~TensorImpl() {
  if (python_object) [[unlikely]]
    release_python_object(python_object);
  delete autograd;
  if (VersionCounter* counter = version.load(std::memory_order_relaxed)) counter->release();
  if (storage) storage->release();
}

VersionCounter* TensorImpl::make_version_counter() {
  VersionCounter* counter = nullptr;
  VersionCounter* made = pool_new<VersionCounter>();
  if (version.compare_exchange_strong(counter, made, std::memory_order_acq_rel)) return made;
  pool_delete(made);
  return counter;
}

void TensorImpl::share_version(TensorImpl& other) {
  VersionCounter* const counter = other.lend_version();
  if (VersionCounter* old = version.exchange(counter, std::memory_order_acq_rel)) old->release();
}

VersionCounter* TensorImpl::lend_version() {
  VersionCounter* counter = version.load(std::memory_order_acquire);
  if (!counter) {
    VersionCounter* const made = pool_new<VersionCounter>();
    made->refs.store(2, std::memory_order_relaxed);
    if (version.compare_exchange_strong(counter, made, std::memory_order_acq_rel)) return made;
    pool_delete(made);
  }
  counter->retain();
  return counter;
}

void TensorImpl::refresh() {
  numel = 1;
  for (const int64_t size : sizes) numel *= size;
  contiguous = true;
  if (numel == 0) return;
  int64_t expected = 1;
  for (size_t i = sizes.size(); i-- > 0;) {
    if (sizes[i] == 1) continue;
    if (strides[i] != expected) {
      contiguous = false;
      return;
    }
    expected *= sizes[i];
  }
}

void TensorImpl::set_sizes_and_strides(IntArrayRef new_sizes, IntArrayRef new_strides) {
  sizes.assign(new_sizes);
  strides.assign(new_strides);
  refresh();
  if (storage && storage->is_hidden() && !shows_hidden(*this)) storage->data();
}

void destroy(TensorImpl* impl) { pool_delete(impl); }

void retain(TensorImpl* impl) { retain_inline(impl); }

// The one owner need not count down, unless somebody who owns nothing could still take a reference.
void release(TensorImpl* impl) {
  const bool alone = impl->refs.load(std::memory_order_acquire) == 1;
  const bool counts = !alone || (impl->autograd && impl->autograd->retains_grad);
  if (!counts || impl->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy(impl);
}

}  // namespace detail

using detail::TensorImpl;

DimVector contiguous_strides(IntArrayRef sizes) {
  DimVector strides(sizes.size());
  int64_t stride = 1;
  for (size_t i = sizes.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= std::max<int64_t>(sizes[i], 1);
  }
  return strides;
}

DimVector format_strides(IntArrayRef sizes, MemoryFormat format) {
  if (format == MemoryFormat::Contiguous || format == MemoryFormat::Preserve) return contiguous_strides(sizes);
  const size_t rank = format == MemoryFormat::ChannelsLast ? 4 : 5;
  check(sizes.size() == rank, "required rank {} tensor to use {} format", rank,
        rank == 4 ? "channels_last" : "channels_last_3d");
  DimVector strides(rank);
  strides[1] = 1;
  int64_t stride = std::max<int64_t>(sizes[1], 1);
  for (size_t i = rank; i-- > 2;) {
    strides[i] = stride;
    stride *= std::max<int64_t>(sizes[i], 1);
  }
  strides[0] = stride;
  return strides;
}

int64_t checked_numel(IntArrayRef sizes, ScalarType dtype) {
  int64_t numel = 1;
  bool overflow = false;
  for (const int64_t size : sizes) {
    check(size >= 0, "Trying to create tensor with negative dimension {}: {}", size, sizes);
    overflow |= __builtin_mul_overflow(numel, size, &numel);
  }
  int64_t bytes;
  overflow |= __builtin_mul_overflow(numel, element_size(dtype), &bytes);
  check(!overflow, "Storage size calculation overflowed with sizes={}", sizes);
  return numel;
}

size_t storage_bytes(IntArrayRef sizes, IntArrayRef strides, ScalarType dtype) {
  int64_t last = 0;  // the furthest element
  bool overflow = false;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 0) return 0;
    int64_t reach;
    overflow |= __builtin_mul_overflow(sizes[i] - 1, strides[i], &reach);
    overflow |= __builtin_add_overflow(last, reach, &last);
  }
  int64_t bytes;
  overflow |= __builtin_mul_overflow(last + 1, element_size(dtype), &bytes);
  check(!overflow, "Storage size calculation overflowed with sizes={} and strides={}", sizes, strides);
  return static_cast<size_t>(bytes);
}

namespace {

// A tensor whose sizes are still to be set. Takes the reference to the storage, also where it throws.
Tensor on_storage(detail::Storage* storage, ScalarType dtype, bool inference) {
  TensorImpl* impl = nullptr;
  try {
    impl = pool_new<TensorImpl>();
  } catch (...) {
    storage->release();
    throw;
  }
  impl->dtype = dtype;
  impl->inference = inference;
  impl->storage = storage;
  return Tensor::adopt(impl);
}

// Another tensor on the storage of `source`.
Tensor beside(const TensorImpl& source) {
  source.storage->retain();
  return on_storage(source.storage, source.dtype, source.inference);
}

Tensor row_major(IntArrayRef sizes, int64_t numel, ScalarType dtype, detail::Storage* storage) {
  Tensor result = on_storage(storage, dtype, t_state.inference_mode);
  TensorImpl* const impl = result.impl();
  impl->numel = numel;
  impl->sizes.assign(sizes);
  impl->strides.resize(sizes.size());
  int64_t stride = 1;
  for (size_t i = sizes.size(); i-- > 0;) {
    impl->strides[i] = stride;
    stride *= std::max<int64_t>(sizes[i], 1);
  }
  return result;
}

}  // namespace

Tensor make_tensor(IntArrayRef sizes, ScalarType dtype) {
  const int64_t numel = checked_numel(sizes, dtype);
  return row_major(sizes, numel, dtype, detail::Storage::make(static_cast<size_t>(numel * element_size(dtype))));
}

Tensor make_hidden(IntArrayRef sizes, ScalarType dtype) {
  const int64_t numel = checked_numel(sizes, dtype);
  const int64_t pixels = numel == 0 ? 0 : numel / (sizes[0] * sizes[1]);
  if (pixels <= 1 || sizes[1] == 1) return make_tensor(sizes, dtype);
  return row_major(sizes, numel, dtype, detail::Storage::make_hidden(sizes[0], sizes[1], pixels, dtype));
}

Tensor make_unmade(IntArrayRef sizes, ScalarType dtype, std::shared_ptr<const detail::ElementMaker> maker) {
  const int64_t numel = checked_numel(sizes, dtype), pixels = numel / (sizes[0] * sizes[1]);
  return row_major(sizes, numel, dtype,
                   detail::Storage::make_hidden(sizes[0], sizes[1], pixels, dtype, std::move(maker)));
}

Tensor make_like(const TensorImpl& like, ScalarType dtype) {
  detail::Storage* storage = detail::Storage::make(static_cast<size_t>(like.numel * element_size(dtype)));
  Tensor result = on_storage(storage, dtype, t_state.inference_mode);
  TensorImpl* const impl = result.impl();
  impl->numel = like.numel;
  impl->sizes = like.sizes;
  impl->strides.resize(like.sizes.size());
  int64_t stride = 1;
  for (size_t i = like.sizes.size(); i-- > 0;) {
    impl->strides[i] = stride;
    stride *= std::max<int64_t>(like.sizes[i], 1);
  }
  return result;
}

Tensor make_strided(IntArrayRef sizes, IntArrayRef strides, ScalarType dtype) {
  checked_numel(sizes, dtype);
  check(sizes.size() == strides.size(), "mismatch in length of strides and shape: {} and {}", strides, sizes);
  for (const int64_t stride : strides)
    check(stride >= 0, "as_strided: Negative strides are not supported at the moment, got strides: {}", strides);
  Tensor result =
      on_storage(detail::Storage::make(storage_bytes(sizes, strides, dtype)), dtype, t_state.inference_mode);
  result.impl()->set_sizes_and_strides(sizes, strides);
  return result;
}

Tensor make_alias(const Tensor& of, IntArrayRef sizes, IntArrayRef strides, int64_t offset) {
  TensorImpl& source = *of.impl();
  Tensor result = beside(source);
  TensorImpl* const impl = result.impl();
  impl->offset = offset;
  impl->set_sizes_and_strides(sizes, strides);
  if (!source.inference) impl->version.store(source.lend_version(), std::memory_order_relaxed);
  return result;
}

Tensor make_alias(const Tensor& of) {
  TensorImpl& source = *of.impl();
  Tensor result = beside(source);
  TensorImpl* const impl = result.impl();
  impl->contiguous = source.contiguous;
  impl->offset = source.offset;
  impl->numel = source.numel;
  impl->sizes = source.sizes;
  impl->strides = source.strides;
  if (!source.inference) impl->version.store(source.lend_version(), std::memory_order_relaxed);
  return result;
}

Elements::Elements(TensorImpl& of) : storage_(of.storage), counter_(of.lend_version()), offset_(of.offset) {
  storage_->retain();
}

void Elements::release() {
  counter_->release();
  storage_->release();
}

Tensor Elements::tensor(IntArrayRef sizes, ScalarType dtype) const {
  storage_->retain();
  Tensor result = row_major(sizes, checked_numel(sizes, dtype), dtype, storage_);
  TensorImpl* const impl = result.impl();
  impl->inference = false;
  impl->offset = offset_;
  counter_->retain();
  impl->version.store(counter_, std::memory_order_relaxed);
  return result;
}

Tensor make_external(void* data, IntArrayRef sizes, IntArrayRef strides, ScalarType dtype,
                     detail::Storage::Deleter deleter, void* context) {
  checked_numel(sizes, dtype);
  check(sizes.size() == strides.size(), "mismatch in length of strides and shape: {} and {}", strides, sizes);
  detail::Storage* storage = detail::Storage::adopt(data, storage_bytes(sizes, strides, dtype), deleter, context);
  Tensor result = on_storage(storage, dtype, t_state.inference_mode);
  result.impl()->set_sizes_and_strides(sizes, strides);
  return result;
}

int64_t wrap_dim(int64_t dim, int64_t rank) {
  const int64_t range = std::max<int64_t>(rank, 1);
  if (dim < -range || dim >= range) [[unlikely]]
    fail<IndexError>("Dimension out of range (expected to be in range of [{}, {}], but got {})", -range, range - 1,
                     dim);
  return dim < 0 ? dim + range : dim;
}

}  // namespace relume
