// oneDNN matrix products: primitives made once a shape, which take operands in rows or in columns as they lie.
#include "cpu/matmul_onednn.h"

#include <algorithm>
#include <array>
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

constexpr double kLeastWork = 1 << 18;   // multiplications below which calling oneDNN costs more than it saves
constexpr int64_t kLeastRows = 32;       // of float32, below which it takes too long to pack B,
constexpr int64_t kLeastRowsPacked = 2;  // or to call oneDNN where B is packed already
constexpr double kThreadWork = 1 << 18;  // multiplications below which another thread does not pay
constexpr double kLeastSgemmWork = 1 << 19;
constexpr size_t kMaxPlans = 1024;

// A matrix or a batch of them as oneDNN sees it: `row_major`, or stored by columns; `leading` elements between rows or
// columns.
struct Form {
  bool row_major = true;
  int64_t leading = 0, batch_stride = 0;
};

// The strides of an operand as a form; false where it is neither dense along rows nor along columns.
bool find_form(int64_t rows, int64_t columns, int64_t row_stride, int64_t column_stride, int64_t batch_stride,
               Form& form) {
  form.batch_stride = batch_stride;
  if (column_stride == 1 && row_stride >= columns) {
    form.leading = row_stride;
    return true;
  }
  form.row_major = false;
  form.leading = column_stride;
  return row_stride == 1 && column_stride >= rows;
}

// Everything that a plan depends on.
struct Problem {
  ScalarType dtype = kFloat;
  int64_t m = 0, n = 0, k = 0, batch = 1;
  Form a, b, c;
  bool bias = false, packed = false;  // B in the primitive's own order
  bool float_c = false;
  float beta = 0;
  int64_t threads = 1;

  using Key = std::array<int64_t, 19>;
  Key key() const {
    return {static_cast<int64_t>(dtype),
            m,
            n,
            k,
            batch,
            a.row_major,
            a.leading,
            a.batch_stride,
            b.row_major,
            b.leading,
            b.batch_stride,
            c.leading,
            c.batch_stride,
            bias,
            packed,
            float_c,
            threads,
            static_cast<int64_t>(beta * 4096),
            beta != static_cast<float>(static_cast<int64_t>(beta * 4096)) / 4096};
  }
};

struct KeyHash {
  size_t operator()(const Problem::Key& key) const {
    uint64_t hash = 0;
    for (int64_t value : key) hash = (hash ^ static_cast<uint64_t>(value)) * 0x9e3779b97f4a7c15u, hash ^= hash >> 29;
    return hash;
  }
};

struct Plan {
  dnnl::matmul primitive;
  memory::desc a, b, c, bias, scratchpad;
  dnnl::reorder pack;  // B as it is given to B as it is taken, where that was asked for
  memory::desc given_b;
  bool fast = false;
};

class Planner {
 public:
  explicit Planner(const Problem& problem)
      : p_(problem), type_(problem.dtype == kFloat ? memory::data_type::f32 : memory::data_type::bf16) {}

  Plan plan() const {
    Plan plan;
    plan.a = describe(p_.m, p_.k, p_.a, type_);
    plan.given_b = describe(p_.k, p_.n, p_.b, type_);
    plan.b = p_.packed ? memory::desc({p_.k, p_.n}, type_, memory::format_tag::any) : plan.given_b;
    plan.c = describe(p_.m, p_.n, p_.c, p_.float_c ? memory::data_type::f32 : type_);
    if (p_.bias)
      plan.bias = p_.batch > 1 ? memory::desc({1, 1, p_.n}, type_, memory::format_tag::abc)
                               : memory::desc({1, p_.n}, type_, memory::format_tag::ab);
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (p_.beta != 0) {
      dnnl::post_ops sum;
      sum.append_sum(p_.beta);
      attributes.set_post_ops(sum);
    }
    const auto description =
        p_.bias ? onednn::describe<dnnl::matmul>(engine(), attributes, plan.a, plan.b, plan.bias, plan.c)
                : onednn::describe<dnnl::matmul>(engine(), attributes, plan.a, plan.b, plan.c);
    plan.fast = std::strstr(description.impl_info_str(), "brg") != nullptr;
    if (!plan.fast) return plan;
    plan.primitive = dnnl::matmul(description);
    plan.b = description.weights_desc();
    if (p_.packed) plan.pack = dnnl::reorder(dnnl::reorder::primitive_desc(engine(), plan.given_b, engine(), plan.b));
    plan.scratchpad = description.scratchpad_desc();
    return plan;
  }

 private:
  memory::desc describe(int64_t rows, int64_t columns, const Form& form, memory::data_type type) const {
    const int64_t row_stride = form.row_major ? form.leading : 1, column_stride = form.row_major ? 1 : form.leading;
    if (p_.batch == 1) return memory::desc({rows, columns}, type, memory::dims{row_stride, column_stride});
    const int64_t matrices = form.batch_stride == 0 ? 1 : p_.batch;
    const int64_t batch_stride = form.batch_stride == 0 ? rows * columns : form.batch_stride;
    return memory::desc({matrices, rows, columns}, type, memory::dims{batch_stride, row_stride, column_stride});
  }

  const Problem& p_;
  const memory::data_type type_;
};

std::shared_ptr<const Plan> make_plan(const Problem& problem) {
  try {
    return std::make_shared<const Plan>(Planner(problem).plan());
  } catch (const dnnl::error&) {
    return std::make_shared<const Plan>();  // no implementation: not fast
  }
}

std::shared_ptr<const Plan> find_plan(const Problem& problem) {
  static std::shared_mutex& mutex = *new std::shared_mutex;
  static auto& plans = *new std::unordered_map<Problem::Key, std::shared_ptr<const Plan>, KeyHash>;
  const Problem::Key key = problem.key();
  {
    std::shared_lock lock(mutex);
    if (const auto found = plans.find(key); found != plans.end()) return found->second;
  }
  std::shared_ptr<const Plan> plan = make_plan(problem);
  std::unique_lock lock(mutex);
  if (plans.size() >= kMaxPlans) plans.clear();
  plans.emplace(key, plan);
  return plan;
}

// The arguments of one run, in the C interface's form: a list without a hash table.
class Arguments {
 public:
  void add(int argument, const memory::desc& desc, const void* data) {
    memories_[count_] = memory(desc, engine(), const_cast<void*>(data));
    list_[count_] = {argument, memories_[count_].get()};
    ++count_;
  }
  void run(const dnnl::primitive& primitive) {
    dnnl::error::wrap_c_api(dnnl_primitive_execute(primitive.get(), stream().get(), count_, list_),
                            "could not execute a matrix product");
  }

 private:
  int count_ = 0;
  memory memories_[5];
  dnnl_exec_arg_t list_[5];
};

// A B in the order that a primitive takes.
struct PackedB {
  PackedB(const void* from, const Plan& plan)
      : source(from), given(plan.given_b), taken(plan.b), block(static_cast<int64_t>(plan.b.get_size())) {
    memory in(given, engine(), const_cast<void*>(from)), out(taken, engine(), block.as<void>());
    dnnl::reorder(plan.pack).execute(stream(), in, out);
  }
  bool serves(const void* from, const Plan& plan) const {
    return source == from && taken == plan.b && given == plan.given_b;
  }
  const void* const source;
  const memory::desc given, taken;
  const Scratch block;
};

// What is kept of a storage: packed copies of matrices in it, for different batch sizes or of different parts.
struct PackedMatrices : detail::Derived {
  std::vector<std::shared_ptr<const PackedB>> list;
};

constexpr size_t kMostCopies = 3;

// The copy that the plan takes, made now unless it was kept; the newest comes first.
std::shared_ptr<const PackedB> packed(const Gemm& g, const Plan& plan) {
  const auto* const kept = dynamic_cast<const PackedMatrices*>(g.kept_b->get());
  if (kept)
    for (const auto& copy : kept->list)
      if (copy->serves(g.b, plan)) return copy;
  const auto matrices = std::make_shared<PackedMatrices>();
  matrices->list.push_back(std::make_shared<PackedB>(g.b, plan));
  if (kept)
    for (const auto& copy : kept->list)
      if (matrices->list.size() < kMostCopies) matrices->list.push_back(copy);
  *g.kept_b = matrices;
  return matrices->list.front();
}

// Whether oneDNN may have kernels; asking for a lower target than the machine's best excludes them.
bool may_have_kernels(ScalarType dtype) { return (dtype == kFloat || dtype == kBFloat16) && target() == Target::AVX3; }

// Few rows by many columns, of a B that lies in rows: there sgemm is quicker than the batched-reduce kernels.
bool few_rows(int64_t m, int64_t n, int64_t b_col) { return m >= 8 && m < 96 && n >= 512 && b_col == 1; }

bool describe(const Gemm& g, Problem& problem) {
  if (g.alpha != 1 || g.n < 2 || g.k < 2) return false;
  if (g.dtype == kFloat && g.m < (g.kept_b ? kLeastRowsPacked : kLeastRows)) return false;
  if (g.dtype == kFloat && !g.kept_b && g.batch == 1 && few_rows(g.m, g.n, g.b_col)) return false;
  if (g.batch > 1 && (g.kept_b || g.a_batch == 0 || g.c_batch < g.m * g.c_row)) return false;
  problem.dtype = g.dtype;
  problem.m = g.m, problem.n = g.n, problem.k = g.k, problem.batch = g.batch;
  problem.c = {true, g.c_row, g.batch > 1 ? g.c_batch : 0};
  problem.bias = g.bias != nullptr;
  problem.packed = g.kept_b != nullptr;
  problem.float_c = g.float_c;
  problem.beta = static_cast<float>(g.beta);
  return find_form(g.m, g.k, g.a_row, g.a_col, g.batch > 1 ? g.a_batch : 0, problem.a) &&
         find_form(g.k, g.n, g.b_row, g.b_col, g.batch > 1 ? g.b_batch : 0, problem.b);
}

// A matrix as sgemm takes it: transposed or not, with `leading` elements between rows or columns.
struct Operand {
  const float* data;
  char transposed;
  int64_t leading;
};

std::optional<Operand> operand(const float* data, int64_t rows, int64_t columns, int64_t row_stride,
                               int64_t column_stride) {
  if ((column_stride == 1 || columns == 1) && (row_stride >= columns || rows == 1))
    return Operand{data, 'N', rows == 1 ? columns : row_stride};
  if ((row_stride == 1 || rows == 1) && (column_stride >= rows || columns == 1))
    return Operand{data, 'T', columns == 1 ? rows : column_stride};
  return std::nullopt;
}

// An operand of which sgemm packs a few neighbours from each of `depth` lines at a time. Where lines begin a multiple
// of 2 KB apart, those share a few sets of the first-level cache, and packing takes up to as long as the product
// itself: then this is a copy whose lines are a little longer.
class SpreadLines {
 public:
  SpreadLines(const Operand& from, char across, int64_t depth, int64_t length, int64_t uses)
      : copies_(target() == Target::AVX2 && from.transposed == across && from.leading * kItem % kBadStride == 0 &&
                uses >= kLeastUses && depth >= kLeastDepth),
        scratch_(copies_ ? depth * (length + kMore) * kItem : 0),
        operand_(copies_ ? Operand{scratch_.as<float>(), across, length + kMore} : from) {
    if (!copies_) return;
    parallel_for(depth, std::max<int64_t>(1, kLeastCopied / length), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        std::copy_n(from.data + i * from.leading, length, scratch_.as<float>() + i * (length + kMore));
    });
  }
  const Operand& operand() const { return operand_; }

 private:
  static constexpr int64_t kItem = sizeof(float), kBadStride = 2048, kMore = 16;
  static constexpr int64_t kLeastUses = 32, kLeastDepth = 64, kLeastCopied = 1 << 15;
  const bool copies_;
  const Scratch scratch_;
  const Operand operand_;
};

// Where a lower target than the machine's best was asked for, oneDNN would not keep to it.
bool may_use_sgemm(const Product<float>& p) {
  static const Target best = supported_targets().back();
  if (target() != best || deterministic_algorithms()) return false;
  return best == Target::AVX2 || (best == Target::AVX3 && few_rows(p.m, p.n, p.b_col));
}

}  // namespace

bool sgemm(const Product<float>& p) {
  const double work = static_cast<double>(p.m) * static_cast<double>(p.n) * static_cast<double>(p.k);
  if (work < kLeastSgemmWork || p.repeatable || !may_use_sgemm(p)) return false;
  if (p.c_col != 1 || (p.m > 1 && p.c_row < p.n)) return false;
  const auto a = operand(p.a, p.m, p.k, p.a_row, p.a_col), b = operand(p.b, p.k, p.n, p.b_row, p.b_col);
  if (!a || !b) return false;
  const SpreadLines a_lines(*a, 'T', p.k, p.m, p.n), b_lines(*b, 'N', p.k, p.n, p.m);
  const Operand &x = a_lines.operand(), &y = b_lines.operand();
  const ThreadCount threads(static_cast<int64_t>(work / kThreadWork));
  return dnnl_sgemm(x.transposed, y.transposed, p.m, p.n, p.k, p.alpha, x.data, x.leading, y.data, y.leading, p.beta,
                    p.c, std::max(p.c_row, p.n)) == dnnl_success;
}

namespace {

// A product with a column is one with a row, of which there are kernels for bfloat16.
Gemm with_row(Gemm g) {
  if (g.dtype != kBFloat16 || g.n != 1 || g.m < 2 || g.batch != 1 || g.bias || g.kept_b || g.c_row != 1) return g;
  std::swap(g.a, g.b), std::swap(g.m, g.n);
  std::swap(g.a_row, g.b_col), std::swap(g.a_col, g.b_row);
  g.c_row = g.n;
  return g;
}

}  // namespace

bool gemm(const Gemm& given) {
  const double work = static_cast<double>(given.m) * static_cast<double>(given.n) * static_cast<double>(given.k) *
                      static_cast<double>(given.batch);
  if (work < kLeastWork || given.repeatable || deterministic_algorithms() || !may_have_kernels(given.dtype))
    return false;
  const Gemm g = with_row(given);
  Problem problem;
  if (!describe(g, problem)) return false;
  const ThreadCount threads(static_cast<int64_t>(work / kThreadWork));
  problem.threads = threads.count();
  const std::shared_ptr<const Plan> plan = find_plan(problem);
  if (!plan->fast) return false;
  const Scratch scratchpad(static_cast<int64_t>(plan->scratchpad.get_size()));
  Arguments arguments;
  arguments.add(DNNL_ARG_SRC, plan->a, g.a);
  const std::shared_ptr<const PackedB> copy = g.kept_b ? packed(g, *plan) : nullptr;
  arguments.add(DNNL_ARG_WEIGHTS, plan->b, copy ? copy->block.as<void>() : g.b);
  arguments.add(DNNL_ARG_DST, plan->c, g.c);
  if (g.bias) arguments.add(DNNL_ARG_BIAS, plan->bias, g.bias);
  arguments.add(DNNL_ARG_SCRATCHPAD, plan->scratchpad, scratchpad.as<void>());
  arguments.run(plan->primitive);
  return true;
}

}  // namespace relume::cpu::onednn
