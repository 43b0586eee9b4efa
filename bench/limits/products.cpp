// The limit of networks of linear layers: their matrix products alone, each by oneDNN's fastest way.
#include <oneapi/dnnl/dnnl.hpp>
#include <string>

#include "cpu/onednn_versions.h"
#include "limits.h"

namespace bench {
namespace {

using dnnl::memory;
using namespace relume::cpu::onednn;

enum class Order { Plain, Transposed };

// The matrix op(a) [m, k] times op(b) [k, n]; a transposed operand lies in memory as [k, m] or [n, k].
struct Product {
  int64_t m, n, k;
  Order a, b;
};

memory::desc matrix(int64_t rows, int64_t columns, Order order) {
  const memory::dims strides = order == Order::Plain ? memory::dims{columns, 1} : memory::dims{1, rows};
  return memory::desc({rows, columns}, memory::data_type::f32, strides);
}

Run by_sgemm(const Product& p, Floats a, Floats b, Floats c) {
  return [=] {
    const bool ta = p.a == Order::Transposed, tb = p.b == Order::Transposed;
    dnnl_sgemm(ta ? 'T' : 'N', tb ? 'T' : 'N', p.m, p.n, p.k, 1, a.data(), ta ? p.m : p.k, b.data(), tb ? p.k : p.n, 0,
               c.data(), p.n);
  };
}

// By the matmul primitive. With `packed`, b is brought into the layout that the primitive likes best: once, where it
// stays the same from run to run, else in each run.
Run by_matmul(const Product& p, Floats a, Floats b, Floats c, bool packed, bool constant_b) {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  static dnnl::stream stream(engine);
  const memory::desc given = matrix(p.k, p.n, p.b), result = matrix(p.m, p.n, Order::Plain);
  const memory::desc any({p.k, p.n}, memory::data_type::f32, memory::format_tag::any);
  const memory::desc left = matrix(p.m, p.k, p.a);
  const auto chosen = describe<dnnl::matmul>(engine, dnnl::primitive_attr(), left, packed ? any : given, result);
  const dnnl::matmul multiply(chosen);
  memory from(given, engine, b.data()), to(chosen.weights_desc(), engine);
  const dnnl::reorder pack(from, to);
  pack.execute(stream, from, to);
  const memory x(left, engine, a.data()), y(result, engine, c.data());
  return [=, keep = std::vector<Floats>{a, b, c}]() mutable {
    if (packed && !constant_b) pack.execute(stream, from, to);
    multiply.execute(stream, {{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, packed ? to : from}, {DNNL_ARG_DST, y}});
  };
}

Run fastest_product(const Product& p, bool constant_b) {
  const Floats a(p.m * p.k), b(p.k * p.n), c(p.m * p.n);
  return fastest(
      {by_sgemm(p, a, b, c), by_matmul(p, a, b, c, false, constant_b), by_matmul(p, a, b, c, true, constant_b)});
}

// The products of linear layers of these widths; with `training` also those for the gradients of the weights and, but
// for the first layer, of the inputs.
Run products(const std::vector<int64_t>& widths, int64_t batch, bool training) {
  std::vector<Run> parts;
  for (size_t i = 0; i + 1 < widths.size(); ++i) {
    const int64_t in = widths[i], out = widths[i + 1];
    parts.push_back(fastest_product({batch, out, in, Order::Plain, Order::Transposed}, !training));
    if (training) parts.push_back(fastest_product({out, in, batch, Order::Transposed, Order::Plain}, false));
    if (training && i > 0) parts.push_back(fastest_product({batch, in, out, Order::Plain, Order::Plain}, false));
  }
  return [parts] {
    for (const Run& part : parts) part();
  };
}

void add_network(Rows& rows, const std::string& name, const std::string& size, std::vector<int64_t> widths,
                 int64_t batch) {
  rows.push_back({name + " forward, " + size, [=] { return Work{products(widths, batch, false), {}}; }});
  rows.push_back({name + " training step, " + size, [=] { return Work{products(widths, batch, true), {}}; }});
}

}  // namespace

void add_product_rows(Rows& rows) {
  for (const int64_t batch : {1, 32, 256})
    add_network(rows, "MLP 784-512-512-10", "batch " + std::to_string(batch), {784, 512, 512, 10}, batch);
  for (const int64_t sequences : {1, 8})
    add_network(rows, "FFN 512-2048-512", "128 tokens x " + std::to_string(sequences), {512, 2048, 512},
                128 * sequences);
}

}  // namespace bench
