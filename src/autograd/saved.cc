// Saving tensors for backward: versions, and the copies for lazy savers.
#include "autograd/saved.h"

#include <mutex>

#include "autograd/arithmetic.h"
#include "autograd/variable.h"
#include "core/check.h"

namespace relume::autograd {
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
  tensor_ = kind_ == Save::Kind::Input || kind_ == Save::Kind::Mask ? tensor : make_alias(tensor);
  if (kind_ == Save::Kind::Input) tensor_.impl()->version_counter();  // so that views made later share it
  version_ = tensor_.impl()->current_version();
  if (kind_ == Save::Kind::LazyOutput) {
    const std::lock_guard lock(savers_mutex());
    link();
  }
}

Saved::Saved(Saved&& other) noexcept
    : version_(other.version_), kind_(other.kind_), output_nr_(other.output_nr_) {
  if (kind_ == Save::Kind::LazyOutput && other.tensor_.defined()) {
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
  if (kind_ == Save::Kind::LazyOutput && tensor_.defined()) {
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
  const std::string made =
      producer.empty() ? "" : fmt::format(", which is output {} of {},", output_nr, producer);
  fail("one of the variables needed for gradient computation has been modified by an inplace operation: "
       "[torch.{}Tensor {}]{} is at version {}; expected version {} instead. Hint: {}",
       relume::to_string(dtype), sizes, made, now, then,
       AnomalyMode::is_enabled()
           ? "the backtrace further above shows the operation that failed to compute its gradient. The variable in "
             "question was changed in there or anywhere later. Good luck!"
           : "enable anomaly detection to find the operation that failed to compute its gradient, with "
             "torch.autograd.set_detect_anomaly(True, check_nan=False).");
}

}  // namespace

Tensor Saved::unpack(GraphNode& owner) const {
  if (!tensor_.defined()) return Tensor();
  const uint32_t now = tensor_.impl()->current_version();
  if (now != version_) {
    if (kind_ == Save::Kind::Input) {
      const NodePtr made = grad_fn_of(tensor_);
      const std::string producer = made ? static_cast<GraphNode*>(made.get())->short_name() : std::string();
      fail_modified(tensor_.scalar_type(), tensor_.sizes(), producer, static_cast<uint32_t>(tensor_.output_nr()), now,
                    version_);
    }
    const InputMeta& meta = owner.inputs[output_nr_];
    fail_modified(meta.dtype, meta.sizes, owner.short_name(), output_nr_, now, version_);
  }
  if (kind_ == Save::Kind::Input || kind_ == Save::Kind::Mask || !t_state.grad_mode) return tensor_;
  return as_output(make_alias(tensor_), owner, output_nr_);
}

Tensor as_output(Tensor tensor, GraphNode& owner, uint32_t output_nr) {
  AutogradMeta& meta = make_meta(tensor);
  meta.grad_fn = NodePtr::share(&owner);
  meta.output_nr = output_nr;
  return tensor;
}

}  // namespace relume::autograd
