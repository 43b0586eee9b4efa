// Saving tensors for backward: versions, and the copies for lazy savers.
#include "autograd/saved.h"

#include <mutex>

#include "autograd/arithmetic.h"
#include "autograd/record.h"
#include "autograd/variable.h"
#include "core/check.h"

namespace relume::autograd {

constinit thread_local SavedTensorHooks* saved_tensor_hooks = nullptr;

// Beside the packed tensor, its place in the graph: a leaf itself, or the node that made it.
struct Saved::Held {
  std::unique_ptr<PackedTensor> packed;
  Tensor leaf;
  NodePtr made;
  uint32_t output_nr = 0;
};

namespace {

// Guards every list of lazy savers. Writes to tensors with such savers are rare.
std::mutex& savers_mutex() {
  static std::mutex* const mutex = new std::mutex;
  return *mutex;
}

}  // namespace

Saved::Saved(const Save& save) : kind_(save.kind), output_nr_(save.output_nr) {
  const Tensor& tensor = *save.tensor;
  if (!tensor.defined()) return;
  check(!tensor.impl()->inference,
        "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
        "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and use it "
        "in autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`.");
  if (saved_tensor_hooks && kind_ != Save::Kind::Mask) [[unlikely]] {
    pack(tensor);
    return;
  }
  if (kind_ == Save::Kind::Output && Elements::fit(*tensor.impl())) {
    elements_ = Elements(*tensor.impl());
    version_ = elements_.version();
    return;
  }
  tensor_ = is_input(kind_) || kind_ == Save::Kind::Mask ? tensor : make_alias(tensor);
  if (is_input(kind_)) tensor_.impl()->version_counter();  // so that views made later share it
  version_ = tensor_.impl()->current_version();
  if (kind_ == Save::Kind::LazyOutput) {
    const std::lock_guard lock(savers_mutex());
    link();
  }
}

Saved::Saved(Saved&& other) noexcept
    : elements_(std::move(other.elements_)),
      version_(other.version_),
      kind_(other.kind_),
      held_by_hooks_(std::exchange(other.held_by_hooks_, false)),
      output_nr_(other.output_nr_) {
  if (held_by_hooks_) {
    held_ = std::exchange(other.held_, nullptr);
  } else if (kind_ == Save::Kind::LazyOutput && other.tensor_.defined()) {
    const std::lock_guard lock(savers_mutex());
    const bool linked = other.previous_ != nullptr;
    other.unlink();
    tensor_ = std::move(other.tensor_);
    if (linked) link();
  } else {
    tensor_ = std::move(other.tensor_);
  }
}

Saved::~Saved() {
  if (held_by_hooks_) {
    delete held_;
  } else if (kind_ == Save::Kind::LazyOutput && tensor_.defined()) {
    const std::lock_guard lock(savers_mutex());
    unlink();
  }
}

void Saved::link() {
  auto** head = reinterpret_cast<Saved**>(&tensor_.impl()->version_counter()->savers);
  next_ = *head;
  previous_ = head;
  if (next_) next_->previous_ = &next_;
  *head = this;
}

void Saved::unlink() {
  if (!previous_) return;
  *previous_ = next_;
  if (next_) next_->previous_ = previous_;
  next_ = nullptr;
  previous_ = nullptr;
}

void Saved::copy_before_write() {
  unlink();
  tensor_ = copy_detached(tensor_);
  version_ = tensor_.impl()->current_version();
}

void before_write(const Tensor& tensor) {
  detail::VersionCounter* counter = tensor.impl()->version.load(std::memory_order_acquire);
  if (!counter || !counter->savers) return;
  const std::lock_guard lock(savers_mutex());
  while (counter->savers) static_cast<Saved*>(counter->savers)->copy_before_write();
}

namespace {

[[noreturn]] void fail_modified(ScalarType dtype, IntArrayRef sizes, const std::string& producer, uint32_t output_nr,
                                uint32_t now, uint32_t then) {
  const std::string made = producer.empty() ? "" : fmt::format(", which is output {} of {},", output_nr, producer);
  fail(
      "one of the variables needed for gradient computation has been modified by an inplace operation: "
      "[CPU{}Type {}]{} is at version {}; expected version {} instead. Hint: {}",
      relume::to_string(dtype), sizes, made, now, then,
      AnomalyMode::is_enabled()
          ? "the backtrace further above shows the operation that failed to compute its gradient. The variable in "
            "question was changed in there or anywhere later. Good luck!"
          : "enable anomaly detection to find the operation that failed to compute its gradient, with "
            "torch.autograd.set_detect_anomaly(True, check_nan=False).");
}

}  // namespace

void Saved::pack(const Tensor& tensor) {
  auto held = std::make_unique<Held>();
  if (is_input(kind_) && requires_grad(tensor)) {
    held->made = grad_fn_of(tensor);
    if (held->made)
      held->output_nr = meta_of(tensor)->output_nr;
    else
      held->leaf = tensor;
  }
  // An output in the hands of its own node would never die.
  const Tensor given = is_input(kind_) ? tensor : make_alias(tensor);
  const uint32_t version = given.impl()->current_version();
  {
    const NoGradGuard unrecorded;
    held->packed = saved_tensor_hooks->pack(given);
  }
  check(given.impl()->current_version() == version,
        "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook can not be "
        "modified by in-place operations as this can lead to unexpected side-effects. Please open an issue if you need "
        "to perform in-place operations on the input to a pack hook.");
  held_ = held.release();
  held_by_hooks_ = true;
}

Tensor Saved::unpack_held(GraphNode& owner) const {
  Tensor data = held_->packed->unpack();
  if (!t_state.grad_mode) return data;
  if (!is_input(kind_)) return as_output(make_alias(data), owner, output_nr_);
  if (held_->made) return as_output(make_alias(data), static_cast<GraphNode&>(*held_->made), held_->output_nr);
  if (!held_->leaf.defined()) return data;
  Tensor result = make_alias(data);
  record_history("AliasBackward0", result, {held_->leaf}, {}, [](Backward& run) { run.set(0, run.grad()); });
  return result;
}

void Saved::fail_modified_since(GraphNode& owner) const {
  if (kind_ == Save::Kind::Transposed)
    fail_modified(tensor_.scalar_type(), tensor_.t().sizes(), requires_grad(tensor_) ? "AsStrided" : "", 0,
                  version_now(), version_);
  if (kind_ == Save::Kind::Input) {
    const NodePtr made = grad_fn_of(tensor_);
    const std::string producer = made ? static_cast<GraphNode*>(made.get())->short_name() : std::string();
    fail_modified(tensor_.scalar_type(), tensor_.sizes(), producer, static_cast<uint32_t>(tensor_.output_nr()),
                  version_now(), version_);
  }
  const InputMeta& meta = owner.inputs[output_nr_];
  fail_modified(meta.dtype, meta.sizes, owner.short_name(), output_nr_, version_now(), version_);
}

bool Saved::returns_as_it_is() const { return is_input(kind_) || kind_ == Save::Kind::Mask || !t_state.grad_mode; }

Tensor Saved::unpack(GraphNode& owner) const {
  if (held_by_hooks_) [[unlikely]]
    return unpack_held(owner);
  if (elements_) {
    check_unmodified(owner);
    const InputMeta& meta = owner.inputs[output_nr_];
    Tensor tensor = elements_.tensor(meta.sizes, meta.dtype);
    return t_state.grad_mode ? as_output(std::move(tensor), owner, output_nr_) : tensor;
  }
  if (!tensor_.defined()) return Tensor();
  check_unmodified(owner);
  return returns_as_it_is() ? tensor_ : as_output(make_alias(tensor_), owner, output_nr_);
}

Tensor Saved::take(GraphNode& owner) {
  if (held_by_hooks_ || kind_ == Save::Kind::LazyOutput || !tensor_.defined() || !returns_as_it_is())
    return unpack(owner);
  check_unmodified(owner);
  return std::move(tensor_);
}

Elements Saved::take_elements(GraphNode& owner) {
  if (elements_) check_unmodified(owner);
  return std::move(elements_);
}

Tensor as_output(Tensor tensor, GraphNode& owner, uint32_t output_nr) {
  AutogradMeta& meta = make_meta(tensor);
  meta.grad_fn = NodePtr::share(&owner);
  meta.output_nr = output_nr;
  return tensor;
}

}  // namespace relume::autograd
