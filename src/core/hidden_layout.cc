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

// Locks, at a moment at which no op computes with elements that are owed a ReLU.
std::unique_lock<std::mutex> lock_elements(const std::atomic<ChannelsLastElements*>& hidden) {
  std::unique_lock lock(unhide_mutex());
  for (const ChannelsLastElements* elements; (elements = hidden.load()) && elements->relu_lent;) {
    lock.unlock();
    std::this_thread::yield();
    lock.lock();
  }
  return lock;
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
  if (elements->data) deallocate(elements->data, elements->bytes);
  pool_delete(elements);
}

Storage* Storage::make_hidden(int64_t batch, int64_t channels, int64_t pixels, ScalarType dtype) {
  Storage* const storage = make(0);
  storage->bytes_ = static_cast<size_t>(batch * channels * pixels * element_size(dtype));
  try {
    auto* const elements = pool_new<ChannelsLastElements>();
    storage->hidden_.store(elements, std::memory_order_relaxed);
    elements->bytes = storage->bytes_;
    elements->batch = batch, elements->channels = channels, elements->pixels = pixels;
    elements->dtype = dtype;
    elements->data = allocate(elements->bytes);
  } catch (...) {
    storage->release();
    throw;
  }
  return storage;
}

// Publishes a second block; the first one lives until nobody has it pinned. It is hidden no more before it is retired:
// who pins it in between must not be the one to free it.
void Storage::unhide() {
  const std::unique_lock lock = lock_elements(hidden_);
  ChannelsLastElements* const elements = hidden_.load();
  if (!elements) return;  // another thread was faster
  apply_pending_relu(*elements, /*mask_only=*/false);
  void* const block = allocate(bytes_);
  write_row_major(*elements, block);
  data_ = block;
  hidden_.store(nullptr);
  retired_.store(elements);
  if (pins_.load() == 0) free_retired();
}

void Storage::finish_relu() {
  const std::unique_lock lock = lock_elements(hidden_);
  if (ChannelsLastElements* const elements = hidden_.load()) apply_pending_relu(*elements, /*mask_only=*/false);
}

bool Storage::defer_relu(Storage* mask) {
  ChannelsLastElements* const elements = hidden_.load();
  if (!elements) return false;
  if (mask) {
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
    if (!elements->relu_lent) return apply_pending_relu(*elements, /*mask_only=*/false);
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

}  // namespace detail

OwedRelu::OwedRelu(detail::Storage& storage) : storage_(storage) {
  const std::lock_guard lock(unhide_mutex());
  detail::ChannelsLastElements* const elements = storage.hidden_.load();
  if (!elements || !elements->relu_pending.load() || elements->relu_lent) return;
  elements->relu_lent = true;
  elements_ = elements;
}

OwedRelu::~OwedRelu() {
  if (!elements_) return;
  const std::lock_guard lock(unhide_mutex());
  elements_->relu_lent = false;
  if (mask_written_) storage_.forget_mask(*elements_);
}

uint8_t* OwedRelu::mask() const {
  detail::Storage* const mask = elements_ ? elements_->relu_mask.load() : nullptr;
  return mask ? static_cast<uint8_t*>(mask->data()) : nullptr;
}

namespace detail {

bool shows_hidden(const TensorImpl& impl) {
  const HiddenPin pin(*impl.storage);
  const ChannelsLastElements* const elements = pin.elements();
  return elements && impl.contiguous && impl.offset == 0 && impl.dim() >= 2 && impl.sizes[0] == elements->batch &&
         impl.sizes[1] == elements->channels && impl.numel == elements->batch * elements->channels * elements->pixels &&
         element_size(impl.dtype) == element_size(elements->dtype);
}

}  // namespace detail
}  // namespace relume
