// Hiding elements, and bringing them back into row-major order while other threads read them.
#include "core/hidden_layout.h"

#include <cstdlib>
#include <mutex>
#include <string_view>
#include <thread>

namespace relume {
namespace {

std::atomic<bool>& hiding() {
  static std::atomic<bool> on = [] {
    const char* const setting = std::getenv("RELUME_HIDE_LAYOUT");
    return !setting || std::string_view(setting) != "0";
  }();
  return on;
}

constinit thread_local detail::PutOffScope* t_put_off_scope = nullptr;

// Held while a storage is brought back. Who waits for it would have to do the same work.
std::mutex& unhide_mutex() {
  static std::mutex* const mutex = new std::mutex;
  return *mutex;
}

}  // namespace

bool hides_layouts() { return hiding().load(std::memory_order_relaxed); }
void set_hides_layouts(bool hides) { hiding().store(hides); }

namespace detail {
namespace {

// Locks, at a moment at which no op computes with elements that are not finished.
std::unique_lock<std::mutex> lock_elements(const std::atomic<ChannelsLastElements*>& hidden) {
  std::unique_lock lock(unhide_mutex());
  for (const ChannelsLastElements* elements; (elements = hidden.load()) && elements->lent;) {
    lock.unlock();
    std::this_thread::yield();
    lock.lock();
  }
  return lock;
}

// Makes what is still to be made. The lock is held, but given up meanwhile: the elements are lent.
void make_unmade(ChannelsLastElements& elements, std::unique_lock<std::mutex>& lock) {
  if (!elements.unmade.load(std::memory_order_acquire)) return;
  const bool relu = elements.relu_pending.load(std::memory_order_acquire);
  elements.lent = true;
  lock.unlock();
  void* block = nullptr;
  try {
    block = allocate(elements.bytes);
    make_elements(*elements.maker, elements, relu, block);
  } catch (...) {
    if (block) deallocate(block, elements.bytes);
    lock.lock();
    elements.lent = false;
    throw;
  }
  lock.lock();
  elements.data = block;
  elements.lent = false;
  elements.relu_pending.store(false, std::memory_order_release);
  elements.maker->leave_scope(elements);
  const auto maker = std::move(elements.maker);
  elements.unmade.store(false, std::memory_order_release);  // from now on, who owns the elements may free them
}

}  // namespace

// The lock is held.
void Storage::forget_mask(ChannelsLastElements& elements) {
  Storage* const mask = elements.relu_mask.load();
  if (!mask) return;
  __atomic_store_n(&mask->context_, nullptr, __ATOMIC_RELEASE);
  elements.relu_mask.store(nullptr);
  mask->release();
}

// The lock is held.
void Storage::apply_pending_relu(ChannelsLastElements& elements, bool mask_only) {
  if (!elements.relu_pending.load(std::memory_order_acquire)) return;
  Storage* const mask = elements.relu_mask.load();
  const bool is_wanted = mask && mask->owners() > 1;
  if (!mask_only || is_wanted)
    apply_relu(elements, is_wanted ? static_cast<uint8_t*>(mask->data()) : nullptr, mask_only);
  if (!mask_only) elements.relu_pending.store(false, std::memory_order_release);
  forget_mask(elements);
}

void Storage::free_elements(ChannelsLastElements* elements) {
  if (elements->relu_mask.load()) {
    const std::lock_guard lock(unhide_mutex());
    apply_pending_relu(*elements, /*mask_only=*/true);
  }
  if (elements->unmade.load(std::memory_order_acquire)) {
    const std::unique_lock lock = lock_elements(hidden_);
    if (elements->maker) elements->maker->leave_scope(*elements);
  }
  if (elements->data) deallocate(elements->data, elements->bytes);
  pool_delete(elements);
}

void ElementMaker::leave_scope(const ChannelsLastElements& elements) const {
  if (scope_) std::erase(scope_->unmade_, &elements);
  scope_ = nullptr;
}

Storage* Storage::make_hidden(int64_t batch, int64_t channels, int64_t pixels, ScalarType dtype,
                              std::shared_ptr<const ElementMaker> maker) {
  Storage* const storage = make(0);
  storage->bytes_ = static_cast<size_t>(batch * channels * pixels * element_size(dtype));
  try {
    auto* const elements = pool_new<ChannelsLastElements>();
    storage->hidden_.store(elements, std::memory_order_relaxed);
    elements->bytes = storage->bytes_;
    elements->batch = batch, elements->channels = channels, elements->pixels = pixels;
    elements->dtype = dtype;
    if (maker) {
      elements->unmade.store(true, std::memory_order_relaxed);
      elements->maker = std::move(maker);
      elements->maker->scope_ = PutOffScope::current();
      const std::lock_guard lock(unhide_mutex());
      if (elements->maker->scope_) elements->maker->scope_->unmade_.push_back(elements);
    } else {
      elements->data = allocate(elements->bytes);
    }
  } catch (...) {
    storage->release();
    throw;
  }
  return storage;
}

// Publishes a second block; the first one lives until nobody has it pinned. It is hidden no more before it is retired:
// who pins it in between must not be the one to free it.
void Storage::unhide() {
  std::unique_lock lock = lock_elements(hidden_);
  ChannelsLastElements* const elements = hidden_.load();
  if (!elements) return;  // another thread was faster
  make_unmade(*elements, lock);
  apply_pending_relu(*elements, /*mask_only=*/false);
  void* const block = allocate(bytes_);
  write_row_major(*elements, block);
  data_ = block;
  hidden_.store(nullptr);
  retired_.store(elements);
  if (pins_.load() == 0) free_retired();
}

void Storage::finish_elements() {
  std::unique_lock lock = lock_elements(hidden_);
  ChannelsLastElements* const elements = hidden_.load();
  if (!elements) return;
  make_unmade(*elements, lock);
  apply_pending_relu(*elements, /*mask_only=*/false);
}

bool Storage::defer_relu(Storage* mask) {
  ChannelsLastElements* const elements = hidden_.load();
  if (!elements) return false;
  if (mask) {
    if (elements->unmade.load(std::memory_order_acquire)) finish_elements();
    mask->retain();
    mask->context_ = this;
    elements->relu_mask.store(mask);
  }
  elements->relu_pending.store(true, std::memory_order_release);
  return true;
}

// The storage that owes the ReLU lives as long as the lock is held: it takes it before it goes.
void Storage::write_mask() {
  for (;; std::this_thread::yield()) {
    const std::lock_guard lock(unhide_mutex());
    auto* const source = static_cast<Storage*>(context_);
    ChannelsLastElements* const elements = source ? source->hidden_.load() : nullptr;
    if (!elements) return;
    if (!elements->lent) return apply_pending_relu(*elements, /*mask_only=*/false);
  }
}

void Storage::free_retired() {
  if (ChannelsLastElements* const elements = retired_.exchange(nullptr)) free_elements(elements);
}

void Storage::destroy() {
  note_write();
  if (ChannelsLastElements* const elements = hidden_.load(std::memory_order_acquire)) free_elements(elements);
  if (deleter_) {
    deleter_(data_, context_);
  } else if (data_) {
    deallocate(data_, bytes_);
  }
  pool_delete(this);
}

PutOffScope* PutOffScope::current() { return t_put_off_scope; }
PutOffScope::PutOffScope() {
  if (!t_put_off_scope) t_put_off_scope = this;
}
// What can't be made now, for want of memory, is made when it is wanted, and then fails.
PutOffScope::~PutOffScope() {
  if (t_put_off_scope != this) return;
  t_put_off_scope = nullptr;
  std::unique_lock lock(unhide_mutex());
  while (!unmade_.empty()) {
    ChannelsLastElements& elements = *unmade_.back();
    elements.maker->leave_scope(elements);
    if (elements.lent) continue;  // another thread makes them
    try {
      make_unmade(elements, lock);
    } catch (const OutOfMemoryError&) {
    }
  }
}

}  // namespace detail

OwedRelu::OwedRelu(detail::Storage& storage) : storage_(storage) {
  const std::lock_guard lock(unhide_mutex());
  detail::ChannelsLastElements* const elements = storage.hidden_.load();
  if (!elements || !elements->relu_pending.load() || elements->unmade.load() || elements->lent) return;
  elements->lent = true;
  elements_ = elements;
}

OwedRelu::~OwedRelu() {
  if (!elements_) return;
  const std::lock_guard lock(unhide_mutex());
  elements_->lent = false;
  if (mask_written_) storage_.forget_mask(*elements_);
}

PendingElements::PendingElements(detail::Storage& storage) {
  const std::lock_guard lock(unhide_mutex());
  const detail::ChannelsLastElements* const elements = storage.hidden_.load();
  if (!elements || !elements->unmade.load()) return;
  maker = elements->maker;
  relu = elements->relu_pending.load();
}

uint8_t* OwedRelu::mask() const {
  detail::Storage* const mask = elements_ ? elements_->relu_mask.load() : nullptr;
  return mask ? static_cast<uint8_t*>(mask->data()) : nullptr;
}

namespace detail {

bool shows_hidden(const TensorImpl& impl) {
  const ChannelsLastElements* const elements = impl.storage->pin_unfinished();
  const bool shown =
      elements && impl.contiguous && impl.offset == 0 && impl.dim() >= 2 && impl.sizes[0] == elements->batch &&
         impl.sizes[1] == elements->channels && impl.numel == elements->batch * elements->channels * elements->pixels &&
         element_size(impl.dtype) == element_size(elements->dtype);
  impl.storage->unpin();
  return shown;
}

}  // namespace detail
}  // namespace relume
