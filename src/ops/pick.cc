// Reading, writing and adding picked elements, each the backward of another.
#include "ops/pick.h"

#include "autograd/arithmetic.h"
#include "autograd/record.h"
#include "ops/elementwise.h"
#include "ops/methods.h"

namespace relume {

using cpu::IndexedOp;

Tensor dense_index(const Tensor& index) { return index.to(kLong).contiguous(); }

std::optional<int64_t> add_offsets(const Tensor& offsets, const Tensor& index, int64_t size, int64_t stride,
                                   bool wrap) {
  const int64_t* const indices = index.data_ptr<int64_t>();
  const int64_t bad = cpu::add_offsets(offsets.data_ptr<int64_t>(), indices, index.numel(), size, stride, wrap);
  return bad < 0 ? std::nullopt : std::optional(indices[bad]);
}

namespace {

// Nothing is read or written out of bounds: there is an offset for each pick, and the plain tensor broadcasts to them.
void check_picks(const detail::TensorImpl& plain, const Picks& picks, const Tensor& offsets) {
  const size_t rank = picks.sizes.size();
  check(plain.sizes.size() <= rank, "picked elements of sizes {} do not fit those of sizes {}",
        IntArrayRef(plain.sizes), IntArrayRef(picks.sizes));
  const size_t shift = rank - plain.sizes.size();
  int64_t last = 0;
  bool empty = false;
  for (size_t d = 0; d < rank; ++d) {
    check(d < shift || plain.sizes[d - shift] == picks.sizes[d] || plain.sizes[d - shift] == 1,
          "picked elements of sizes {} do not fit those of sizes {}", IntArrayRef(plain.sizes),
          IntArrayRef(picks.sizes));
    last += (picks.sizes[d] - 1) * picks.offset_strides[d];
    empty |= picks.sizes[d] == 0;
  }
  check(empty || last < offsets.numel(), "{} offsets for elements of sizes {}", offsets.numel(),
        IntArrayRef(picks.sizes));
}

// Moves elements between the picked places of a tensor and one of their shape, which may broadcast. Returns an offset
// that is out of range, if there is one.
std::optional<int64_t> transfer(IndexedOp op, const Tensor& plain, const Tensor& indexed, const Picks& picks,
                                const Tensor& offsets) {
  const detail::TensorImpl& from = *plain.impl();
  check_picks(from, picks, offsets);
  DimVector plain_strides(picks.sizes.size());
  const size_t shift = picks.sizes.size() - from.sizes.size();
  for (size_t d = 0; d < from.sizes.size(); ++d) plain_strides[d + shift] = from.sizes[d] == 1 ? 0 : from.strides[d];
  cpu::IndexedCall call;
  call.op = op;
  call.sizes = picks.sizes;
  call.dtype = from.dtype;
  call.plain = from.data();
  call.plain_strides = plain_strides.data();
  call.indexed = indexed.impl()->data();
  call.indexed_strides = picks.strides.data();
  call.offsets = offsets.data_ptr<int64_t>();
  call.offset_strides = picks.offset_strides.data();
  call.units = picks.units;
  return cpu::run_indexed(call);
}

// The same with places that have not been checked yet.
void transfer(IndexedOp op, const Tensor& plain, const Tensor& indexed, const PickedPlaces& places) {
  const std::optional<int64_t> bad = transfer(op, plain, indexed, places.picks, places.offsets);
  if (bad) places.refuse(*bad);
}

// The places in a dense tensor of self's sizes, which is what gradients are.
PickedPlaces dense_places(const Tensor& self, const PlacesFor& places, const PickedPlaces& own) {
  return self.impl()->contiguous ? own : places(contiguous_strides(self.sizes()));
}

// The three ops on dense tensors that are each other's backward. Offsets are saved[0] of all.
Tensor read_places(const char* grad_fn, const Tensor& self, const Picks& picks, const Tensor& offsets);
Tensor add_to_zeros(const Tensor& values, IntArrayRef sizes, const Picks& picks, const Tensor& offsets);
Tensor clear_places(const Tensor& self, const Picks& picks, const Tensor& offsets);

Tensor read_places(const char* grad_fn, const Tensor& self, const Picks& picks, const Tensor& offsets) {
  const Tensor dense = self.contiguous();
  Tensor result = make_tensor(picks.sizes, self.scalar_type());
  transfer(IndexedOp::Get, result, dense, picks, offsets);
  return record(grad_fn, std::move(result), {dense}, {offsets},
                [picks, sizes = DimVector(self.sizes())](Backward& run) {
                  run.set(0, add_to_zeros(run.grad(), sizes, picks, run.saved(0)));
                });
}

Tensor add_to_zeros(const Tensor& values, IntArrayRef sizes, const Picks& picks, const Tensor& offsets) {
  Tensor result = zeros(sizes, values.scalar_type());
  transfer(IndexedOp::Add, values, result, picks, offsets);
  return record("IndexPutBackward0", std::move(result), {values}, {offsets},
                [picks](Backward& run) { run.set(0, read_places("IndexBackward0", run.grad(), picks, run.saved(0))); });
}

Tensor clear_places(const Tensor& self, const Picks& picks, const Tensor& offsets) {
  Tensor result = make_tensor(self.sizes(), self.scalar_type());
  {
    const NoGradGuard unrecorded;
    result.copy_(self);
  }
  transfer(IndexedOp::Put, make_scalar(0, self.scalar_type()), result, picks, offsets);
  return record("IndexPutBackward0", std::move(result), {self}, {offsets},
                [picks](Backward& run) { run.set(0, clear_places(run.grad(), picks, run.saved(0))); });
}

// Gradients of self and of the values that were put into it.
auto put_backward(bool accumulate, const Picks& picks) {
  return [accumulate, picks](Backward& run) {
    static_cast<void>(run.saved(1));  // the index, unchanged
    if (run.needs(0)) run.set(0, accumulate ? run.grad() : clear_places(run.grad(), picks, run.saved(0)));
    if (run.needs(1)) run.set(1, read_places("IndexBackward0", run.grad(), picks, run.saved(0)));
  };
}

IndexedOp writing_op(const PutRow& row) { return row.accumulate ? IndexedOp::Add : IndexedOp::Put; }

}  // namespace

namespace {

// Memory for picked elements: in the order in which self has the dimensions that are not picked from.
Tensor make_picked(const Tensor& self, const PickedPlaces& places) {
  const Picks& picks = places.picks;
  if (self.impl()->contiguous) return make_tensor(picks.sizes, self.scalar_type());
  const Tensor seen = make_alias(self, picks.sizes, picks.strides, self.storage_offset());
  const Tensor index = make_alias(places.offsets, picks.sizes, picks.offset_strides, 0);
  return make_result(picks.sizes, self.scalar_type(), {&seen, &index});
}

}  // namespace

Tensor pick(const char* grad_fn, const Tensor& self, const PlacesFor& places, const Tensor& index) {
  const PickedPlaces own = places(self.strides());
  Tensor result = index.defined() ? make_tensor(own.picks.sizes, self.scalar_type()) : make_picked(self, own);
  transfer(IndexedOp::Get, result, self, own);
  if (!recording({self})) return result;
  const PickedPlaces dense = dense_places(self, places, own);
  return record(grad_fn, std::move(result), {self}, {dense.offsets, index},
                [picks = dense.picks, sizes = DimVector(self.sizes())](Backward& run) {
                  static_cast<void>(run.saved(1));  // the index, unchanged
                  run.set(0, add_to_zeros(run.grad(), sizes, picks, run.saved(0)));
                });
}

Tensor put(const PutRow& row, const Tensor& self, const Tensor& values, const PlacesFor& places, const Tensor& index) {
  Tensor result = make_tensor(self.sizes(), self.scalar_type());
  const PickedPlaces own = places(result.strides());
  {
    const NoGradGuard unrecorded;
    result.copy_(self);
  }
  transfer(writing_op(row), values, result, own);
  if (!recording({self, values})) return result;
  return record(row.grad_fn, std::move(result), {self, values}, {own.offsets, index},
                put_backward(row.accumulate, own.picks));
}

Tensor& put_into(const PutRow& row, Tensor& self, const Tensor& values, const PlacesFor& places, const Tensor& index) {
  if (row.overlap == Overlap::None) {
    refuse_overlap(self, values, Overlap::None);
    if (index.defined()) refuse_overlap(self, index, Overlap::None);
  }
  PickedPlaces own = places(self.strides());
  if (int64_t& bound = own.picks.units.bound; bound >= 0) {  // before anything is written
    const int64_t* const offsets = own.offsets.data_ptr<int64_t>();
    const int64_t bad = cpu::first_outside(offsets, own.offsets.numel(), own.picks.units.wrap ? -bound : 0, bound);
    if (bad >= 0) own.refuse(offsets[bad]);
    if (!own.picks.units.wrap) bound = -1;  // which is not needed any more
  }
  InPlace write(row.in_place, self, {values},
                row.shared_as ? autograd::warned_of(row.in_place, self, row.shared_as) : Shared::Refused);
  // Values that are seen through self, which has gaps, would change while they are read.
  const Tensor source = values.is_alias_of(self) ? autograd::copy_detached(values) : values;
  transfer(writing_op(row), source, self, own);
  if (write.recording()) {
    const PickedPlaces dense = dense_places(self, places, own);
    write.record(row.grad_fn, {dense.offsets, index}, put_backward(row.accumulate, dense.picks));
  } else {
    write.written();
  }
  return self;
}

void reduce_into(IndexedOp op, const Tensor& self, const Tensor& values, const PlacesFor& places) {
  transfer(op, values, self, places(self.strides()));
}

}  // namespace relume
