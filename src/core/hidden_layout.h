// The hidden channels-last layout: a storage whose tensors have row-major strides, while the elements lie as
// convolutions like them best. Kernels that take either order reach such elements here; for all others Storage::data()
// puts them into row-major order first. That happens once: a storage is never hidden again, so a pointer that was given
// out stays good.
#pragma once

#include <vector>

#include "core/tensor_impl.h"

namespace relume {

// Whether results may be hidden: the environment variable RELUME_HIDE_LAYOUT is not 0, and nobody has switched it off.
bool hides_layouts();
void set_hides_layouts(bool hides);

// A new tensor [batch, channels, ...] with undefined contents that hides its layout; a common one where the two orders
// are the same, as with one channel or one pixel.
Tensor make_hidden(IntArrayRef sizes, ScalarType dtype);
// One whose elements are made when somebody first wants them. The two orders must not be the same.
Tensor make_unmade(IntArrayRef sizes, ScalarType dtype, std::shared_ptr<const detail::ElementMaker> maker);

// Hidden elements that stay where they are for the time of a scope, whatever other threads do with the tensor. The
// storage must outlive it.
class HiddenPin {
 public:
  explicit HiddenPin(detail::Storage& storage) : storage_(storage), elements_(storage.pin()) {}
  ~HiddenPin() { storage_.unpin(); }
  HiddenPin(const HiddenPin&) = delete;
  HiddenPin& operator=(const HiddenPin&) = delete;

  // Null where nothing is hidden.
  const detail::ChannelsLastElements* elements() const { return elements_; }

 private:
  detail::Storage& storage_;
  const detail::ChannelsLastElements* const elements_;
};

// Hidden elements that are owed a ReLU, as they are without it, lent to one op for the time of a scope. Whoever else
// wants them waits until it ends.
class OwedRelu {
 public:
  explicit OwedRelu(detail::Storage& storage);
  ~OwedRelu();
  OwedRelu(const OwedRelu&) = delete;
  OwedRelu& operator=(const OwedRelu&) = delete;

  // Null where no ReLU is owed, or another op has the elements.
  const detail::ChannelsLastElements* elements() const { return elements_; }
  // The mask of the ReLU, where it still has to be written; the op that does says so.
  uint8_t* mask() const;
  void set_mask_written() { mask_written_ = true; }

 private:
  detail::Storage& storage_;
  detail::ChannelsLastElements* elements_ = nullptr;
  bool mask_written_ = false;
};

namespace detail {

// While one of these lives, ops on this thread may put their work off. At its end the results are made that somebody
// still holds. One inside another does nothing.
class PutOffScope {
 public:
  PutOffScope();
  ~PutOffScope();
  PutOffScope(const PutOffScope&) = delete;
  PutOffScope& operator=(const PutOffScope&) = delete;

  // That of the calling thread, or null.
  static PutOffScope* current();

 private:
  friend class Storage;
  friend struct ElementMaker;
  std::vector<ChannelsLastElements*> unmade_;  // guarded as all that is hidden
};

// What hidden elements are made by, a few images at a time, on any thread: those that several of these hand on to each
// other stay in the caches. It has all that it needs to itself: nothing that a program writes may change the result.
struct ElementMaker {
  explicit ElementMaker(int64_t chunk) : chunk(chunk) {}
  virtual ~ElementMaker() = default;
  ElementMaker(const ElementMaker&) = delete;
  ElementMaker& operator=(const ElementMaker&) = delete;

  // Writes images [first, first + count) in channels-last order. `first` is a multiple of `chunk`, and `count` is
  // `chunk` but for the last images.
  virtual void make(int64_t first, int64_t count, void* to) const = 0;
  // Says that all images are about to be made, perhaps not for the first time.
  virtual void begin() const = 0;
  // Says that no scope has to see to the elements any more.
  void leave_scope(const ChannelsLastElements& elements) const;

  const int64_t chunk;

 private:
  friend class Storage;
  friend class PutOffScope;
  mutable PutOffScope* scope_ = nullptr;  // where they are listed
};

// Has all elements written to `to`, followed by a ReLU if `relu`. Defined by cpu/.
void make_elements(const ElementMaker& maker, const ChannelsLastElements& elements, bool relu, void* to);

// max(x, 0) of each element, in place; of float32 and float64. Defined by cpu/.
void relu_in_place(ScalarType dtype, void* elements, int64_t count);

// Whether a tensor on a hidden storage is one that its layout serves: all elements, batch and channels where they were.
bool shows_hidden(const TensorImpl& impl);

// Writes the elements to `to` in row-major order. Defined by cpu/.
void write_row_major(const ChannelsLastElements& elements, void* to);
// max(x, 0) of each element, in place unless `mask_only`; of float32 and float64. A mask that is not null is written:
// see Storage::defer_relu. Defined by cpu/.
void apply_relu(const ChannelsLastElements& elements, uint8_t* mask, bool mask_only);

}  // namespace detail

// How to make the elements of a storage that nobody has made yet.
struct PendingElements {
  PendingElements() = default;
  explicit PendingElements(detail::Storage& storage);
  explicit operator bool() const { return maker != nullptr; }

  std::shared_ptr<const detail::ElementMaker> maker;  // null where they are made, or not hidden
  bool relu = false;                                  // a ReLU follows
};

}  // namespace relume
