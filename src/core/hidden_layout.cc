// Hiding elements, and bringing them back into row-major order while other threads read them.
#include "core/hidden_layout.h"

#include <cstdlib>
#include <mutex>
#include <string_view>

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

void apply_pending_relu(ChannelsLastElements& elements) {
  if (!elements.relu_pending.load(std::memory_order_acquire)) return;
  apply_relu(elements);
  elements.relu_pending.store(false, std::memory_order_release);
}

void free_elements(ChannelsLastElements* elements) {
  if (elements->data) deallocate(elements->data, elements->bytes);
  pool_delete(elements);
}

}  // namespace

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
  const std::lock_guard lock(unhide_mutex());
  ChannelsLastElements* const elements = hidden_.load();
  if (!elements) return;  // another thread was faster
  apply_pending_relu(*elements);
  void* const block = allocate(bytes_);
  write_row_major(*elements, block);
  data_ = block;
  hidden_.store(nullptr);
  retired_.store(elements);
  if (pins_.load() == 0) free_retired();
}

void Storage::finish_relu() {
  const std::lock_guard lock(unhide_mutex());
  if (ChannelsLastElements* const elements = hidden_.load()) apply_pending_relu(*elements);
}

bool Storage::defer_relu() {
  ChannelsLastElements* const elements = hidden_.load();
  if (elements) elements->relu_pending.store(true, std::memory_order_release);
  return elements != nullptr;
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

bool shows_hidden(const TensorImpl& impl) {
  const HiddenPin pin(*impl.storage);
  const ChannelsLastElements* const elements = pin.elements();
  return elements && impl.contiguous && impl.offset == 0 && impl.dim() >= 2 && impl.sizes[0] == elements->batch &&
         impl.sizes[1] == elements->channels && impl.numel == elements->batch * elements->channels * elements->pixels &&
         element_size(impl.dtype) == element_size(elements->dtype);
}

}  // namespace detail
}  // namespace relume
