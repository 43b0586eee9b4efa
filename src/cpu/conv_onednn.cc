// oneDNN convolutions of float32 and bfloat16: primitives made once a shape, in the layout that oneDNN likes best, with
// reorders around them.
#include "cpu/conv_onednn.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "cpu/onednn.h"
#include "cpu/parallel.h"
#include "cpu/scratch.h"
#include "cpu/target.h"

namespace relume::cpu::onednn {
namespace {

using dnnl::memory;

enum class Pass : int64_t { Forward, ForwardBias, BackwardInput, BackwardWeight, BackwardWeightBias };

constexpr size_t kMaxPlans = 1024;

// Images in channels-last order, copied to and from planes of pixels with 16 channels each: oneDNN's own reorder takes
// as long as a convolution.
struct ChannelBlocks {
  static constexpr int64_t kChannels = 16, kGrainPixels = 2048;
  int64_t images, pixels, channels;

  template <class Copy>  // of a pixel's block, to be called with its places in both orders
  void each(const Copy& copy) const {
    const int64_t planes = channels / kChannels, grain = 1 + kGrainPixels / pixels;
    parallel_for(images * planes, grain, [&](int64_t begin, int64_t end) {
      for (int64_t plane = begin; plane < end; ++plane)
        for (int64_t pixel = 0; pixel < pixels; ++pixel)
          copy((plane / planes * pixels + pixel) * channels + plane % planes * kChannels,
               (plane * pixels + pixel) * kChannels);
    });
  }
  void split(const float* last, float* blocks) const {
    each([&](int64_t from, int64_t to) { copy_block(last + from, blocks + to); });
  }
  void join(const float* blocks, float* last) const {
    each([&](int64_t to, int64_t from) { copy_block(blocks + from, last + to); });
  }
  // In quarters: the whole would be one slow instruction where code is to be short.
  static void copy_block(const float* from, float* to) {
    for (int64_t i = 0; i < kChannels; i += 4) std::memcpy(to + i, from + i, 4 * sizeof(float));
  }
};

// An operand: what the caller has, what the primitive takes, and what copies one to the other where the two differ.
struct Operand {
  int argument = 0;
  memory::desc given, taken;
  dnnl::reorder reorder;  // empty when the layouts agree, or `blocks` is there
  std::optional<ChannelBlocks> blocks;
  int64_t offset = 0;  // of the copy in the scratch block

  bool copied() const { return reorder || blocks; }
};

// The memory objects of one run: making them costs more than a small convolution.
struct Memories {
  std::array<memory, 4> given, taken;
  memory scratchpad;
};

// A primitive with its operands: inputs first, the results last.
struct Plan {
  dnnl::primitive primitive;
  std::array<Operand, 4> operands;
  int inputs = 0, count = 0;
  memory::desc scratchpad;
  int64_t scratchpad_offset = 0, scratch_bytes = 0;
  bool fast = false;
};

// A plan, and what its runs leave for the next ones; a run borrows it, for several threads may run one plan.
class SharedPlan {
 public:
  explicit SharedPlan(Plan plan = {}) : plan_(std::move(plan)) {}
  const Plan& plan() const { return plan_; }

  std::unique_ptr<Memories> borrow() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<Memories> memories = std::move(idle_.back());
        idle_.pop_back();
        return memories;
      }
    }
    auto memories = std::make_unique<Memories>();
    for (int i = 0; i < plan_.count; ++i) {
      const Operand& operand = plan_.operands[i];
      memories->taken[i] = memory(operand.taken, engine(), DNNL_MEMORY_NONE);
      if (operand.reorder) memories->given[i] = memory(operand.given, engine(), DNNL_MEMORY_NONE);
    }
    memories->scratchpad = memory(plan_.scratchpad, engine(), DNNL_MEMORY_NONE);
    return memories;
  }
  void give_back(std::unique_ptr<Memories> memories) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(memories));
  }

 private:
  const Plan plan_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Memories>> idle_;
};

memory::dims dims_of(const int64_t* list, int count) { return memory::dims(list, list + count); }

// What oneDNN wants to know about a convolution.
struct Shape {
  explicit Shape(const Conv& conv) : spatial(conv.spatial) {
    input = {conv.batch, conv.in_channels};
    output = {conv.batch, conv.out_channels};
    if (conv.groups > 1) weight.push_back(conv.groups);
    weight.push_back(conv.out_channels / conv.groups);
    weight.push_back(conv.in_channels / conv.groups);
    for (int d = 0; d < spatial; ++d) {
      input.push_back(conv.input[d]);
      output.push_back(conv.output[d]);
      weight.push_back(conv.kernel[d]);
      dilation.push_back(conv.dilation[d] - 1);
      const int64_t reach = (conv.output[d] - 1) * conv.stride[d] + (conv.kernel[d] - 1) * conv.dilation[d] + 1;
      after.push_back(std::max<int64_t>(0, reach - conv.input[d] - conv.padding[d]));
    }
    bias = {conv.out_channels};
    stride = dims_of(conv.stride, spatial);
    before = dims_of(conv.padding, spatial);
  }

  int spatial;
  memory::dims input, output, weight, bias, stride, dilation, before, after;
};

memory::data_type type_of(ScalarType dtype) {
  return dtype == kBFloat16 ? memory::data_type::bf16 : memory::data_type::f32;
}

memory::desc plain(const memory::dims& dims, memory::data_type type) {
  memory::dims strides(dims.size());
  int64_t step = 1;
  for (size_t d = dims.size(); d-- > 0;) {
    strides[d] = step;
    step *= dims[d];
  }
  return memory::desc(dims, type, strides);
}

memory::desc channels_last(const memory::dims& dims, memory::data_type type) {
  using Tag = memory::format_tag;
  constexpr Tag kTags[] = {Tag::nwc, Tag::nhwc, Tag::ndhwc};
  return memory::desc(dims, type, kTags[dims.size() - 3]);
}

class Planner {
 public:
  Planner(const Conv& conv, Pass pass) : conv_(conv), shape_(conv), type_(type_of(conv.dtype)), pass_(pass) {
    attributes_.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  }

  Plan plan() {
    switch (pass_) {
      case Pass::Forward:
      case Pass::ForwardBias:
        forward(conv_.inference ? inference_description() : forward_description(with_bias()));
        break;
      case Pass::BackwardInput:
        backward_input();
        break;
      default:
        backward_weight();
    }
    for (int i = 0; i < plan_.count; ++i) {
      Operand& operand = plan_.operands[i];
      if (operand.taken == operand.given) continue;
      operand.blocks = blocks_between(operand);
      if (!operand.blocks)
        operand.reorder =
            i < plan_.inputs ? reorder(operand.given, operand.taken) : reorder(operand.taken, operand.given);
      operand.offset = reserve(operand.taken);
    }
    plan_.scratchpad_offset = reserve(plan_.scratchpad);
    return std::move(plan_);
  }

 private:
  bool with_bias() const { return pass_ == Pass::ForwardBias || pass_ == Pass::BackwardWeightBias; }

  template <class Primitive>
  void use(const typename Primitive::primitive_desc& description) {
    plan_.fast = is_fast(description);
    plan_.primitive = Primitive(description);
    plan_.scratchpad = description.scratchpad_desc();
  }

  void input(int argument, const memory::desc& given, const memory::desc& taken) {
    result(argument, given, taken);
    ++plan_.inputs;
  }
  void result(int argument, const memory::desc& given, const memory::desc& taken) {
    Operand& operand = plan_.operands[plan_.count++];
    operand.argument = argument;
    operand.given = given;
    operand.taken = taken;
  }

  memory::desc plain(const memory::dims& dims) const { return onednn::plain(dims, type_); }
  memory::desc channels_last(const memory::dims& dims) const { return onednn::channels_last(dims, type_); }
  memory::desc any(const memory::dims& dims) const { return memory::desc(dims, type_, memory::format_tag::any); }
  memory::desc given(const memory::dims& dims, Layout layout) const {
    return layout == Layout::Plain ? plain(dims) : channels_last(dims);
  }
  memory::desc given_input() const { return given(shape_.input, conv_.input_layout); }
  memory::desc given_output() const { return given(shape_.output, conv_.output_layout); }
  // A plain activation may be reordered, which is cheap beside the convolution; a channels-last one is taken as it is.
  memory::desc wanted(const memory::dims& dims) const {
    const bool plain = conv_.input_layout == Layout::Plain && conv_.output_layout == Layout::Plain;
    return plain ? any(dims) : channels_last(dims);
  }
  memory::desc wanted_input() const { return wanted(shape_.input); }
  memory::desc wanted_output() const { return wanted(shape_.output); }

  using Forward = dnnl::convolution_forward;

  Forward::primitive_desc forward_description(bool bias, const memory::desc& source, const memory::desc& result,
                                              dnnl::prop_kind kind, dnnl::algorithm algorithm) const {
    if (!bias)
      return describe<Forward>(engine(), attributes_, kind, algorithm, source, any(shape_.weight), result,
                               shape_.stride, shape_.dilation, shape_.before, shape_.after);
    return describe<Forward>(engine(), attributes_, kind, algorithm, source, any(shape_.weight), plain(shape_.bias),
                             result, shape_.stride, shape_.dilation, shape_.before, shape_.after);
  }
  Forward::primitive_desc forward_description(bool bias) const {
    return forward_description(bias, wanted_input(), wanted_output(), dnnl::prop_kind::forward_training,
                               dnnl::algorithm::convolution_direct);
  }

  // By Winograd's algorithm (Lavin and Gray, 2016) where it is quicker: a 4 x 4 of results takes 36 products a pair of
  // channels, not 144.
  Forward::primitive_desc inference_description() const {
    if (suits_winograd()) try {
        const auto found = forward_description(with_bias(), any(shape_.input), any(shape_.output),
                                               dnnl::prop_kind::forward_inference,  // takes transformed weights
                                               dnnl::algorithm::convolution_winograd);
        if (is_fast(found)) return found;
      } catch (const dnnl::error&) {  // not for this machine
      }
    return forward_description(with_bias());
  }
  bool suits_winograd() const {
    constexpr int64_t kChannels = ChannelBlocks::kChannels, kEnoughPairs = 2048, kEnoughPixels = 512;
    const auto all = [&](const int64_t* list, int64_t value) { return list[0] == value && list[1] == value; };
    return conv_.dtype == kFloat && conv_.spatial == 2 && conv_.groups == 1 && all(conv_.kernel, 3) &&
           all(conv_.stride, 1) && all(conv_.dilation, 1) && conv_.in_channels % kChannels == 0 &&
           conv_.out_channels % kChannels == 0 && conv_.in_channels * conv_.out_channels >= kEnoughPairs &&
           conv_.batch * conv_.output_pixels() >= kEnoughPixels;
  }

  void forward(const Forward::primitive_desc& description) {
    use<Forward>(description);
    input(DNNL_ARG_SRC, given_input(), description.src_desc());
    input(DNNL_ARG_WEIGHTS, plain(shape_.weight), description.weights_desc());
    if (with_bias()) input(DNNL_ARG_BIAS, plain(shape_.bias), plain(shape_.bias));
    result(DNNL_ARG_DST, given_output(), description.dst_desc());
  }

  void backward_input() {
    using Backward = dnnl::convolution_backward_data;
    const auto description = describe_backward<Backward>(
        engine(), attributes_, forward_description(false), dnnl::algorithm::convolution_direct, wanted_input(),
        any(shape_.weight), wanted_output(), shape_.stride, shape_.dilation, shape_.before, shape_.after);
    use<Backward>(description);
    input(DNNL_ARG_DIFF_DST, given_output(), description.diff_dst_desc());
    input(DNNL_ARG_WEIGHTS, plain(shape_.weight), description.weights_desc());
    result(DNNL_ARG_DIFF_SRC, given_input(), description.diff_src_desc());
  }

  dnnl::convolution_backward_weights::primitive_desc weight_description() const {
    using Backward = dnnl::convolution_backward_weights;
    constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;
    const auto forward = forward_description(with_bias());
    if (!with_bias())
      return describe_backward<Backward>(engine(), attributes_, forward, kAlgorithm, wanted_input(), any(shape_.weight),
                                         wanted_output(), shape_.stride, shape_.dilation, shape_.before, shape_.after);
    return describe_backward<Backward>(engine(), attributes_, forward, kAlgorithm, wanted_input(), any(shape_.weight),
                                       plain(shape_.bias), wanted_output(), shape_.stride, shape_.dilation,
                                       shape_.before, shape_.after);
  }

  void backward_weight() {
    const auto description = weight_description();
    use<dnnl::convolution_backward_weights>(description);
    input(DNNL_ARG_SRC, given_input(), description.src_desc());
    input(DNNL_ARG_DIFF_DST, given_output(), description.diff_dst_desc());
    result(DNNL_ARG_DIFF_WEIGHTS, plain(shape_.weight), description.diff_weights_desc());
    if (with_bias()) result(DNNL_ARG_DIFF_BIAS, plain(shape_.bias), plain(shape_.bias));
  }

  std::optional<ChannelBlocks> blocks_between(const Operand& operand) const {
    if (operand.argument != DNNL_ARG_SRC && operand.argument != DNNL_ARG_DST) return {};
    const memory::dims& dims = operand.argument == DNNL_ARG_SRC ? shape_.input : shape_.output;
    if (dims.size() != 4 || type_ != memory::data_type::f32 || dims[1] % ChannelBlocks::kChannels != 0 ||
        operand.given != channels_last(dims) || operand.taken != memory::desc(dims, type_, memory::format_tag::nChw16c))
      return {};
    return ChannelBlocks{dims[0], dims[2] * dims[3], dims[1]};
  }

  static dnnl::reorder reorder(const memory::desc& from, const memory::desc& to) {
    return dnnl::reorder(dnnl::reorder::primitive_desc(engine(), from, engine(), to));
  }

  int64_t reserve(const memory::desc& desc) {
    const int64_t offset = plan_.scratch_bytes;
    plan_.scratch_bytes += (static_cast<int64_t>(desc.get_size()) + 63) / 64 * 64;
    return offset;
  }

  const Conv& conv_;
  const Shape shape_;
  const memory::data_type type_;
  const Pass pass_;
  dnnl::primitive_attr attributes_;
  Plan plan_;
};

// Everything that a plan depends on, as numbers.
using Key = std::array<int64_t, 11 + 6 * kMaxSpatial>;

Key key_of(const Conv& conv, Pass pass, int64_t threads) {
  Key key = {static_cast<int64_t>(pass),
             threads,
             conv.spatial,
             conv.batch,
             conv.in_channels,
             conv.out_channels,
             conv.groups,
             static_cast<int64_t>(conv.input_layout),
             static_cast<int64_t>(conv.output_layout),
             static_cast<int64_t>(conv.dtype),
             static_cast<int64_t>(conv.inference)};
  int64_t* at = key.data() + 11;
  for (const int64_t* list : {conv.input, conv.kernel, conv.output, conv.stride, conv.padding, conv.dilation})
    at = std::copy_n(list, kMaxSpatial, at);
  return key;
}

struct KeyHash {
  size_t operator()(const Key& key) const {
    uint64_t hash = 0;
    for (int64_t value : key) hash = (hash ^ static_cast<uint64_t>(value)) * 0x9e3779b97f4a7c15u, hash ^= hash >> 29;
    return hash;
  }
};

std::shared_ptr<SharedPlan> make_plan(const Conv& conv, Pass pass) {
  try {
    return std::make_shared<SharedPlan>(Planner(conv, pass).plan());
  } catch (const dnnl::error&) {
    return std::make_shared<SharedPlan>();  // no implementation: not fast
  }
}

std::shared_ptr<SharedPlan> find_plan(const Conv& conv, Pass pass, int64_t threads) {
  static std::shared_mutex& mutex = *new std::shared_mutex;
  static auto& plans = *new std::unordered_map<Key, std::shared_ptr<SharedPlan>, KeyHash>;
  const Key key = key_of(conv, pass, threads);
  {
    std::shared_lock lock(mutex);
    if (const auto found = plans.find(key); found != plans.end()) return found->second;
  }
  std::shared_ptr<SharedPlan> plan = make_plan(conv, pass);
  std::unique_lock lock(mutex);
  if (plans.size() >= kMaxPlans) plans.clear();
  plans.emplace(key, plan);
  return plan;
}

// By the C interface: that of C++ makes a table of the arguments first.
void execute(const dnnl::primitive& primitive, const dnnl_exec_arg_t* arguments, int count) {
  dnnl::error::wrap_c_api(dnnl_primitive_execute(primitive.get(), stream().get(), count, arguments),
                          "could not execute a primitive");
}

void reorder(const Operand& operand, const memory& from, const memory& to) {
  const dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, from.get()}, {DNNL_ARG_TO, to.get()}};
  execute(operand.reorder, arguments, 2);
}

// A weight in the order that a plan takes.
struct PackedWeight {
  PackedWeight(const Operand& operand, void* given)
      : taken(operand.taken), block(static_cast<int64_t>(taken.get_size())) {
    reorder(operand, memory(operand.given, engine(), given), memory(taken, engine(), block.as<void>()));
  }
  const memory::desc taken;
  const Scratch block;
};

// What is kept of one weight: copies for different shapes of the input.
struct PackedWeights : detail::Derived {
  std::vector<std::shared_ptr<const PackedWeight>> list;
  std::shared_ptr<std::atomic<bool>> packs_ahead = std::make_shared<std::atomic<bool>>(true);  // see conv_pack()
};

constexpr size_t kMostCopies = 3;
constexpr int kWeight = 1;  // the place of the weight among the operands of a forward pass

// The copy that the plan takes, made now unless it was kept; the newest comes first.
std::shared_ptr<const PackedWeight> packed(const Conv& conv, const Plan& plan, void* given) {
  const Operand& operand = plan.operands[kWeight];
  const auto& kept = dynamic_cast<const PackedWeights&>(**conv.kept_weight);
  for (const auto& copy : kept.list)
    if (copy->taken == operand.taken) return copy;
  const auto weights = std::make_shared<PackedWeights>();
  weights->packs_ahead = kept.packs_ahead;
  weights->list.push_back(std::make_shared<PackedWeight>(operand, given));
  for (const auto& copy : kept.list)
    if (weights->list.size() < kMostCopies) weights->list.push_back(copy);
  *conv.kept_weight = weights;
  return weights->list.front();
}

// `packed_weight` is null where the weight is reordered now, if it has to be.
void execute(const Plan& plan, const Memories& memories, const std::array<void*, 4>& given,
             const PackedWeight* packed_weight) {
  const Scratch scratch(plan.scratch_bytes);
  char* const block = scratch.as<char>();
  std::array<dnnl_exec_arg_t, 5> arguments = {};
  for (int i = 0; i < plan.count; ++i) {
    const Operand& operand = plan.operands[i];
    const memory &from = memories.given[i], &taken = memories.taken[i];
    const bool is_packed = packed_weight && i == kWeight;
    taken.set_data_handle(is_packed          ? packed_weight->block.as<void>()
                          : operand.copied() ? block + operand.offset
                                             : given[i]);
    arguments[i] = {operand.argument, taken.get()};
    if (operand.blocks && i < plan.inputs)
      operand.blocks->split(static_cast<const float*>(given[i]), static_cast<float*>(taken.get_data_handle()));
    if (!operand.reorder || is_packed) continue;
    from.set_data_handle(given[i]);
    if (i < plan.inputs) reorder(operand, from, taken);
  }
  memories.scratchpad.set_data_handle(block + plan.scratchpad_offset);
  arguments[plan.count] = {DNNL_ARG_SCRATCHPAD, memories.scratchpad.get()};
  execute(plan.primitive, arguments.data(), plan.count + 1);
  for (int i = plan.inputs; i < plan.count; ++i) {
    const Operand& operand = plan.operands[i];
    const memory& taken = memories.taken[i];
    if (operand.blocks)
      operand.blocks->join(static_cast<const float*>(taken.get_data_handle()), static_cast<float*>(given[i]));
    else if (operand.reorder)
      reorder(operand, taken, memories.given[i]);
  }
}

// Whether a stride leaves pixels out that no step of the kernel reads.
bool skips_pixels(const Conv& conv) {
  for (int d = 0; d < conv.spatial; ++d)
    if (conv.stride[d] > conv.kernel[d]) return true;
  return false;
}

// Whether oneDNN may have code that can be trusted. Asking for a lower target than the machine's best excludes
// bfloat16; so do shapes for which oneDNN 2.6's code for it writes past the end of its scratch memory. Where pixels are
// left out, its code for gradients of channels-last weights takes channels by the vector, and adds what happens to lie
// in those of the last vector that there are not.
bool may_convolve(const Conv& conv, Pass pass) {
  constexpr int64_t kMostLanes = 16;
  const bool plain = conv.input_layout == Layout::Plain && conv.output_layout == Layout::Plain;
  const bool weight = pass == Pass::BackwardWeight || pass == Pass::BackwardWeightBias;
  if (conv.dtype == kFloat)
    return !weight || plain || !skips_pixels(conv) || conv.in_channels / conv.groups % kMostLanes == 0;
  return conv.dtype == kBFloat16 && target() == Target::AVX3 && conv.spatial < 3 && !skips_pixels(conv);
}

void execute(const Conv& conv, SharedPlan& shared, const std::array<const void*, 4>& operands, bool keeps) {
  std::array<void*, 4> given;
  for (size_t i = 0; i < operands.size(); ++i) given[i] = const_cast<void*>(operands[i]);
  std::unique_ptr<Memories> memories = shared.borrow();
  const std::shared_ptr<const PackedWeight> copy = keeps ? packed(conv, shared.plan(), given[kWeight]) : nullptr;
  execute(shared.plan(), *memories, given, copy.get());
  shared.give_back(std::move(memories));
}

bool run(const Conv& conv, Pass pass, const std::array<const void*, 4>& operands) {
  if (deterministic_algorithms() || !may_convolve(conv, pass)) return false;
  const ThreadCount threads;
  const std::shared_ptr<SharedPlan> shared = find_plan(conv, pass, threads.count());
  if (!shared->plan().fast) return false;
  const bool keeps = conv.kept_weight && shared->plan().operands[kWeight].copied() &&
                     (pass == Pass::Forward || pass == Pass::ForwardBias);
  execute(conv, *shared, operands, keeps);
  return true;
}

Pass forward_pass(bool bias) { return bias ? Pass::ForwardBias : Pass::Forward; }

}  // namespace

std::shared_ptr<const detail::Derived> no_packed_weights() { return std::make_shared<const PackedWeights>(); }
bool are_packed_weights(const detail::Derived* derived) {
  return dynamic_cast<const PackedWeights*>(derived) != nullptr;
}

bool conv_pack(const Conv& conv, const void* weight, bool with_bias) {
  if (deterministic_algorithms() || conv.dtype != kFloat) return false;
  if (!dynamic_cast<const PackedWeights&>(**conv.kept_weight).packs_ahead->load()) return false;
  const ThreadCount threads(1);
  const std::shared_ptr<SharedPlan> shared = find_plan(conv, forward_pass(with_bias), 1);
  if (!shared->plan().fast || !shared->plan().operands[kWeight].copied()) return false;
  packed(conv, shared->plan(), const_cast<void*>(weight));
  return true;
}

void conv_forward_packed(const Conv& conv, const void* input, const void* bias, void* output) {
  const ThreadCount threads(1);
  const std::array<const void*, 4> operands = {input, nullptr, bias ? bias : output, bias ? output : nullptr};
  execute(conv, *find_plan(conv, forward_pass(bias), 1), operands, /*keeps=*/true);
}

void conv_pack_no_more(const detail::Derived& kept) {
  dynamic_cast<const PackedWeights&>(kept).packs_ahead->store(false);
}

bool likes_channels_last(const Conv& conv, bool forward) {
  const Pass pass = forward ? Pass::Forward : Pass::BackwardInput;
  if (deterministic_algorithms() || !may_convolve(conv, pass)) return false;
  Conv channels_last = conv;
  channels_last.input_layout = channels_last.output_layout = Layout::ChannelsLast;
  const ThreadCount threads;
  return find_plan(channels_last, pass, threads.count())->plan().fast;
}

bool conv_forward(const Conv& conv, const void* input, const void* weight, const void* bias, void* output) {
  return run(conv, forward_pass(bias), {input, weight, bias ? bias : output, bias ? output : nullptr});
}

bool conv_backward_input(const Conv& conv, const void* grad_output, const void* weight, void* grad_input) {
  return run(conv, Pass::BackwardInput, {grad_output, weight, grad_input});
}

bool conv_backward_weight(const Conv& conv, const void* input, const void* grad_output, void* grad_weight,
                          void* grad_bias) {
  const Pass pass = grad_bias ? Pass::BackwardWeightBias : Pass::BackwardWeight;
  return run(conv, pass, {input, grad_output, grad_weight, grad_bias});
}

}  // namespace relume::cpu::onednn
