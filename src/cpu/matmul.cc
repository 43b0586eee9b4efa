// Matrix products on the CPU: how a product is cut into blocks, packed where that pays, and given to threads.
#include "kernels/matmul.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "cpu/convert.h"
#include "cpu/dispatch.h"
#include "cpu/gemm_tiles.h"
#include "cpu/matmul_onednn.h"
#include "cpu/parallel.h"
#include "cpu/scratch.h"

namespace relume::cpu {
namespace {

constexpr int64_t kDepthBytes = 1536;           // rows of a packed panel: it must stay in the first-level cache
constexpr int64_t kTurnedDepthBytes = 1 << 13;  // the same of a turned product, whose C is dear to visit again
constexpr int64_t kBlockRowTiles = 24;          // rows of a packed block of A: it must stay in the second-level cache
constexpr int64_t kBlockBytes = 1 << 18;        // of A's rows that dot products walk again and again
constexpr int64_t kDotRowsAtMost = 128;         // rows from which packing pays, even if nothing had to be packed
constexpr int64_t kDotRowsKept = 24;            // rows up to which they beat oneDNN's sgemm
constexpr int64_t kThreadWork = 1 << 18;        // multiplications below which another thread does not pay, unless
constexpr int64_t kThreadElements = 1 << 16;    // it reads or writes as many elements as these
constexpr int64_t kShortDots = 16;              // vectors of a dot product that is short
constexpr int64_t kShortDotsPerRow = 4;
constexpr int64_t kLongSum = 1 << 15;  // terms of a sum that is split, if the result is small
constexpr int64_t kSumChunk = 1 << 13;
constexpr int64_t kSmallResult = 1 << 12;
constexpr int64_t kPrefetchRows = 8;
constexpr int64_t kPackBlock = 16;           // elements of a row that are packed at a time
constexpr int64_t kSmallWork = 1 << 15;      // multiplications of a small product
constexpr int64_t kSmallColumns = 64;        // its columns
constexpr int64_t kSmallDepth = 32;          // terms of its sums where it has less than four rows
constexpr int64_t kSmallElements = 1 << 10;  // of B, where they are put together for it
constexpr int64_t kMatrixWork = 1 << 12;  // multiplications that take as long as what else each matrix of a batch does

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

struct Range {
  int64_t begin, end;
  int64_t size() const { return end - begin; }
};

// Piece `i` of [0, count) cut into `pieces` of nearly equal size, each a multiple of `unit` but the last.
Range piece(int64_t count, int64_t pieces, int64_t unit, int64_t i) {
  const int64_t units = ceil_div(count, unit);
  return {std::min(count, units * i / pieces * unit), std::min(count, units * (i + 1) / pieces * unit)};
}

using onednn::Product;

// The same product as C' = B' A'.
template <class T>
Product<T> transposed(const Product<T>& p) {
  return {p.n,     p.m, p.k,     p.b,     p.b_col, p.b_row,      p.a,    p.a_col,
          p.a_row, p.c, p.c_col, p.alpha, p.beta,  p.repeatable, p.c_row};
}

// Packing turns rows x depth of an operand into depth rows of `padded` neighbours, of which those after `rows` are 0.

// Neighbours are neighbours already: a copy of short stretches, too far apart for the hardware to foresee.
template <class T>
void pack_neighbours(const T* from, int64_t col, int64_t rows, int64_t depth, int64_t padded, T* to) {
  for (int64_t p = 0; p < depth; ++p, from += col, to += padded) {
    for (int64_t r = 0; r < rows; r += 64 / static_cast<int64_t>(sizeof(T)))
      __builtin_prefetch(from + kPrefetchRows * col + r);
    for (int64_t r = 0; r < rows; ++r) to[r] = from[r];
  }
}

// Four rows at once, as 4 x 4 blocks that are transposed in registers.
void pack_four_rows(const float* from, int64_t row, int64_t depth, int64_t padded, float* to) {
  using Four = float __attribute__((vector_size(16)));
  for (int64_t p = 0; p < depth; p += 4) {
    Four a, b, c, d;
    std::memcpy(&a, from + p, 16);
    std::memcpy(&b, from + row + p, 16);
    std::memcpy(&c, from + 2 * row + p, 16);
    std::memcpy(&d, from + 3 * row + p, 16);
    const Four ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const Four cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    const Four columns[] = {
        __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5), __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7),
        __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5), __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7)};
    for (int q = 0; q < 4; ++q) std::memcpy(to + (p + q) * padded, &columns[q], 16);
  }
}

// A cache line of each row at a time.
template <class T>
void pack_transposed(const T* from, int64_t row, int64_t col, int64_t rows, int64_t depth, int64_t padded, T* to) {
  int64_t done = 0;  // of the depth
  if constexpr (std::is_same_v<T, float>)
    if (col == 1 && rows >= 4) {
      done = depth / 4 * 4;
      for (int64_t r = 0; r < rows; r += 4) {
        const int64_t four = std::min(r, rows - 4);  // the last four may meet some of those before
        pack_four_rows(from + four * row, row, done, padded, to + four);
      }
    }
  for (int64_t start = done; start < depth; start += kPackBlock) {
    const int64_t end = std::min(depth, start + kPackBlock);
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t p = start; p < end; ++p) to[p * padded + r] = from[r * row + p * col];
  }
}

template <class T>
void pack(const T* from, int64_t row, int64_t col, int64_t rows, int64_t depth, int64_t padded, T* to) {
  if (row == 1)
    pack_neighbours(from, col, rows, depth, padded, to);
  else
    pack_transposed(from, row, col, rows, depth, padded, to);
  if (rows < padded)
    for (int64_t p = 0; p < depth; ++p) std::fill(to + p * padded + rows, to + (p + 1) * padded, T(0));
}

template <class T>
T scaled_sum(T x, T beta, T old) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;  // integers wrap
    return static_cast<T>(static_cast<U>(x) + static_cast<U>(beta) * static_cast<U>(old));
  } else {
    return x + beta * old;
  }
}

// Adds a tile that was computed beside C, because C is narrower than the tile there or is written by columns.
template <class T>
void merge_tile(const T* tile, int64_t tile_row, int64_t tile_column, int64_t rows, int64_t columns, T* c,
                int64_t c_row, T beta) {
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t j = 0; j < columns; ++j) {
      const T value = tile[r * tile_row + j * tile_column];
      T& out = c[r * c_row + j];
      out = beta == T(0) ? value : scaled_sum(value, beta, out);
    }
}

// The block rows x columns of C by outer-product tiles: panels of B as wide as a tile, against tiles of A.
template <class T>
class OuterBlock {
 public:
  OuterBlock(const GemmTiles<T>& tiles, const Product<T>& product, Range rows, Range columns)
      : tiles_(tiles),
        product_(product),
        rows_(rows),
        columns_(columns),
        width_(tiles.wide ? 2 * tiles.lanes : tiles.lanes),
        row_tiles_(ceil_div(rows.size(), tiles.max_rows)),
        pack_a_(columns.size() > 3 * width_),
        pack_b_(product.b_col != 1 || row_tiles_ > 4) {}

  void run() {
    const int64_t depth_bytes = product_.c_col == 1 ? kDepthBytes : kTurnedDepthBytes;
    const int64_t depth_limit = depth_bytes / static_cast<int64_t>(sizeof(T));
    const int64_t pieces = ceil_div(product_.k, depth_limit);
    const int64_t depth = ceil_div(product_.k, pieces);
    const Scratch scratch((depth * (pack_a_ ? rows_.size() : 0) + depth * width_) * static_cast<int64_t>(sizeof(T)));
    panel_ = scratch.template as<T>();
    block_ = panel_ + depth * width_;
    for (int64_t p = 0; p < product_.k; p += depth) {
      beta_ = p == 0 ? product_.beta : T(1);
      slice({p, std::min(product_.k, p + depth)});
    }
  }

 private:
  Range tile_rows(int64_t i) const {
    const Range range = piece(rows_.size(), row_tiles_, 1, i);
    return {rows_.begin + range.begin, rows_.begin + range.end};
  }

  // The share of C that depth [depth.begin, depth.end) of A and B gives.
  void slice(Range depth) {
    if (pack_a_)
      for (int64_t i = 0; i < row_tiles_; ++i) {
        const Range r = tile_rows(i);
        pack(product_.a + r.begin * product_.a_row + depth.begin * product_.a_col, product_.a_row, product_.a_col,
             r.size(), depth.size(), r.size(), block_ + (r.begin - rows_.begin) * depth.size());
      }
    for (int64_t j = columns_.begin; j < columns_.end; j += width_)
      panel(depth, {j, std::min(columns_.end, j + width_)});
  }

  void panel(Range depth, Range columns) {
    const bool narrow = columns.size() <= tiles_.lanes;
    const int64_t width = narrow ? tiles_.lanes : width_;
    const T* from = product_.b + depth.begin * product_.b_row + columns.begin * product_.b_col;
    const T* b = panel_;
    int64_t b_row = width;
    if (pack_b_ || columns.size() < width) {
      pack(from, product_.b_col, product_.b_row, columns.size(), depth.size(), width, panel_);
    } else {
      b = from;
      b_row = product_.b_row;
    }
    for (int64_t i = 0; i < row_tiles_; ++i) tile(depth, tile_rows(i), columns, b, b_row, narrow, width);
  }

  void tile(Range depth, Range rows, Range columns, const T* b, int64_t b_row, bool narrow, int64_t width) {
    const T* a = block_ + (rows.begin - rows_.begin) * depth.size();
    int64_t a_row = 1, a_col = rows.size();
    if (!pack_a_) {
      a_row = product_.a_row;
      a_col = product_.a_col;
      a = product_.a + rows.begin * a_row + depth.begin * a_col;
    }
    T* c = product_.c + rows.begin * product_.c_row + columns.begin * product_.c_col;
    const auto kernel = narrow ? tiles_.narrow : tiles_.wide;
    if (columns.size() == width && product_.c_col == 1) {
      kernel(rows.size(), depth.size(), a, a_row, a_col, b, b_row, c, product_.c_row, product_.alpha, beta_);
      return;
    }
    alignas(64) T beside[kMaxTileRows * kMaxTileColumns];
    kernel(rows.size(), depth.size(), a, a_row, a_col, b, b_row, beside, width, product_.alpha, T(0));
    if (product_.c_col == 1)
      merge_tile(beside, width, 1, rows.size(), columns.size(), c, product_.c_row, beta_);
    else
      merge_tile(beside, 1, width, columns.size(), rows.size(), c, product_.c_col, beta_);
  }

  const GemmTiles<T>& tiles_;
  const Product<T>& product_;
  const Range rows_, columns_;
  const int64_t width_, row_tiles_;
  const bool pack_a_, pack_b_;
  T* panel_ = nullptr;
  T* block_ = nullptr;
  T beta_{};
};

// Pieces of C's rows and columns that tasks take; a C of one piece is done by the caller.
struct Grid {
  int64_t rows, columns;
};

Grid choose_grid(int64_t m, int64_t n, int64_t k, int64_t block_rows, int64_t tile_rows, int64_t width) {
  Grid grid{ceil_div(m, block_rows), 1};
  const double rows = static_cast<double>(m), columns = static_cast<double>(n), depth = static_cast<double>(k);
  const double work = rows * columns * depth / kThreadWork;
  const double elements = (rows * columns + (rows + columns) * depth) / kThreadElements;
  const auto tasks = static_cast<int64_t>(std::min<double>(2 * num_threads(), std::max(work, elements)));
  if (tasks <= grid.rows) return grid;
  grid.columns = std::min(ceil_div(tasks, grid.rows), ceil_div(n, width));
  grid.rows = std::max(grid.rows, std::min(ceil_div(tasks, grid.columns), ceil_div(m, tile_rows)));
  return grid;
}

template <class Body>
void for_each_block(int64_t m, int64_t n, Grid grid, int64_t width, const Body& body) {
  parallel_for(grid.rows * grid.columns, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      body(piece(m, grid.rows, 1, i / grid.columns), piece(n, grid.columns, width, i % grid.columns));
  });
}

template <class T>
void outer_product(const GemmTiles<T>& tiles, const Product<T>& p) {
  const int64_t width = tiles.wide ? 2 * tiles.lanes : tiles.lanes;
  const Grid grid = choose_grid(p.m, p.n, p.k, kBlockRowTiles * tiles.max_rows, tiles.max_rows, width);
  for_each_block(p.m, p.n, grid, width,
                 [&](Range rows, Range columns) { OuterBlock<T>(tiles, p, rows, columns).run(); });
}

// Every element of C as a dot product: A's rows and B's columns are contiguous, so nothing is packed.
template <class T>
void dot_product(const GemmTiles<T>& tiles, const Product<T>& p) {
  const int64_t block_rows = std::max<int64_t>(
      tiles.dot_rows, kBlockBytes / static_cast<int64_t>(sizeof(T)) / p.k / tiles.dot_rows * tiles.dot_rows);
  const Grid grid = choose_grid(p.m, p.n, p.k, block_rows, tiles.dot_rows, kDotColumns);
  for_each_block(p.m, p.n, grid, kDotColumns, [&](Range rows, Range columns) {
    T out[16];
    for (int64_t j = columns.begin; j < columns.end; j += kDotColumns)
      for (int64_t i = rows.begin; i < rows.end; i += tiles.dot_rows) {
        const int64_t height = std::min(tiles.dot_rows, rows.end - i);
        const int64_t width = std::min(kDotColumns, columns.end - j);
        tiles.dot(height, width, p.k, p.a + i * p.a_row, p.a_row, p.b + j * p.b_col, p.b_col, out);
        for (int64_t e = 0; e < height * width; ++e) out[e] *= p.alpha;
        merge_tile(out, width, 1, height, width, p.c + i * p.c_row + j, p.c_row, p.beta);
      }
  });
}

// One column times one row: C is written once, row after row.
template <class T>
void rank_one(const GemmTiles<T>& tiles, const Product<T>& p) {
  constexpr int64_t kGrain = 1 << 15;  // elements
  parallel_for(p.m, std::max<int64_t>(1, kGrain / p.n), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) tiles.scaled(p.n, p.a[i * p.a_row], p.b, p.c + i * p.c_row);
  });
}

// Dot products win while packing B would cost more than the sums across a vector at their end, as it does not where the
// products are short and B is used by many rows.
template <class T>
bool use_dot_product(const GemmTiles<T>& tiles, const Product<T>& p) {
  if (!tiles.dot || p.a_col != 1 || p.b_row != 1) return false;
  if (p.k <= kShortDots * tiles.lanes && p.k <= kShortDotsPerRow * p.m) return false;
  return p.k >= 2 * tiles.lanes && (p.m <= kDotRowsAtMost || p.n <= tiles.lanes);
}

// A few rows by many columns, as in a Linear of a small batch: turned, A's rows fill the vectors of a tile, packing
// them is cheap, and B is read as it lies. Dot products would add up a vector's lanes for each element of C, which
// costs more than visiting C by columns where vectors are long.
template <class T>
bool better_turned(const GemmTiles<T>& tiles, const Product<T>& p) {
  const int64_t idle_lanes = ceil_div(p.m, tiles.lanes) * tiles.lanes - p.m;
  return tiles.max_rows == kMaxTileRows && p.m >= 2 * tiles.lanes - 1 && 8 * idle_lanes <= p.m &&
         p.n >= 2 * tiles.max_rows;
}

// Products that are over before what is prepared for larger ones would pay.
template <class T>
bool small_product(const GemmTiles<T>& tiles, const Product<T>& p) {
  if (!tiles.small || p.c_col != 1 || p.n > kSmallColumns) return false;
  if (static_cast<double>(p.m) * static_cast<double>(p.n * p.k) > kSmallWork) return false;
  if (p.m < 4 && p.k > kSmallDepth) return false;  // each step of a sum would wait for the one before
  alignas(64) T rows[kSmallElements];
  const T* b = p.b;
  int64_t b_row = p.b_row;
  if (p.b_col != 1) {
    if (p.n * p.k > kSmallElements) return false;
    pack(p.b, p.b_col, p.b_row, p.n, p.k, p.n, rows);
    b = rows, b_row = p.n;
  }
  tiles.small(p.m, p.n, p.k, p.a, p.a_row, p.a_col, b, b_row, p.c, p.c_row, p.alpha, p.beta);
  return true;
}

template <class T>
void multiply(const Product<T>& p) {
  const GemmTiles<T>& tiles = gemm_tiles<T>();
  if (small_product(tiles, p)) return;
  // A column result of a matrix whose columns are contiguous is a row result of its transpose.
  if (p.n == 1 && p.c_row == 1 && p.a_row == 1 && p.m > 1 && p.a_col != 1) return multiply(transposed(p));
  if (p.k == 1 && p.b_col == 1 && p.alpha == T(1) && p.beta == T(0) && tiles.scaled) return rank_one(tiles, p);
  const bool by_dots = use_dot_product(tiles, p);
  if constexpr (std::is_same_v<T, float>)
    if (!(by_dots && p.m <= kDotRowsKept) && onednn::sgemm(p)) return;
  if (by_dots) return better_turned(tiles, p) ? outer_product(tiles, transposed(p)) : dot_product(tiles, p);
  outer_product(tiles, p);
}

// C = beta * C + bias: what is left when the product itself is added afterwards.
template <class Src, class T>
void start_result(const Gemm& g, const Src* old, int64_t old_row, T beta, const Src* bias, T* c, int64_t c_row) {
  for (int64_t i = 0; i < g.m; ++i) {
    T* const row = c + i * c_row;
    if (beta == T(0)) {
      if (bias)
        std::copy_n(bias, g.n, row);
      else
        std::fill_n(row, g.n, T(0));
      continue;
    }
    for (int64_t j = 0; j < g.n; ++j)
      row[j] = scaled_sum(bias ? static_cast<T>(bias[j]) : T(0), beta, static_cast<T>(old[i * old_row + j]));
  }
}

// A few long sums: partial sums over fixed chunks, so that threads have something to share.
template <class T>
void multiply_in_chunks(const Product<T>& p) {
  const int64_t chunks = ceil_div(p.k, kSumChunk), size = p.m * p.n;
  const Scratch scratch(chunks * size * static_cast<int64_t>(sizeof(T)));
  T* const partial = scratch.as<T>();
  parallel_for(chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      Product<T> chunk = p;
      chunk.a += i * kSumChunk * p.a_col;
      chunk.b += i * kSumChunk * p.b_row;
      chunk.k = std::min(kSumChunk, p.k - i * kSumChunk);
      chunk.c = partial + i * size;
      chunk.c_row = p.n;
      chunk.beta = T(0);
      multiply(chunk);
    }
  });
  for (int64_t i = 1; i < chunks; ++i)
    for (int64_t e = 0; e < size; ++e) partial[e] = scaled_sum(partial[e], T(1), partial[i * size + e]);
  merge_tile(partial, p.n, 1, p.m, p.n, p.c, p.c_row, p.beta);
}

// A matrix of narrow elements in the type of the arithmetic, dense in the order that it had.
template <class T>
class Widened {
 public:
  template <class Src>
  Widened(const Src* from, int64_t rows, int64_t columns, int64_t row, int64_t column)
      : scratch_(rows * columns * static_cast<int64_t>(sizeof(T))) {
    const bool by_columns = row == 1 && column != 1;
    row_ = by_columns ? 1 : columns;
    column_ = by_columns ? rows : 1;
    const int64_t lines = by_columns ? columns : rows, length = by_columns ? rows : columns;
    const int64_t line_step = by_columns ? column : row, step = by_columns ? row : column;
    T* to = scratch_.template as<T>();
    for (int64_t i = 0; i < lines; ++i, to += length)
      for (int64_t j = 0; j < length; ++j) to[j] = static_cast<T>(from[i * line_step + j * step]);
  }
  const T* data() const { return scratch_.template as<T>(); }
  int64_t row() const { return row_; }
  int64_t column() const { return column_; }

 private:
  const Scratch scratch_;
  int64_t row_, column_;
};

// C, which the product starts from or replaces; `old` is what it was, of any type.
template <class Src, class T>
void run_product(const Gemm& g, Product<T> p, const Src* old, int64_t old_row) {
  const Src* const bias = static_cast<const Src*>(g.bias);
  if (bias || g.k == 0 || (p.beta != T(0) && !std::is_same_v<Src, T>)) {
    start_result(g, old, old_row, p.beta, bias, p.c, p.c_row);
    p.beta = T(1);
  }
  if (g.k == 0) return;
  if (g.k >= kLongSum && g.m * g.n <= kSmallResult)
    multiply_in_chunks(p);
  else
    multiply(p);
}

// Operands of element type Src, computed in T.
template <class Src, class T>
void one_product(const Gemm& g, const Src* a, const Src* b, Src* c) {
  const auto product = [&g](const T* x, int64_t a_row, int64_t a_col, const T* y, int64_t b_row, int64_t b_col, T* to,
                            int64_t c_row) {
    return Product<T>{g.m,
                      g.n,
                      g.k,
                      x,
                      a_row,
                      a_col,
                      y,
                      b_row,
                      b_col,
                      to,
                      c_row,
                      static_cast<T>(g.alpha),
                      static_cast<T>(g.beta),
                      g.repeatable};
  };
  if constexpr (std::is_same_v<Src, T>) {
    run_product(g, product(a, g.a_row, g.a_col, b, g.b_row, g.b_col, c, g.c_row), c, g.c_row);
  } else {
    const Widened<T> x(a, g.m, g.k, g.a_row, g.a_col), y(b, g.k, g.n, g.b_row, g.b_col);
    const Scratch scratch(g.m * g.n * static_cast<int64_t>(sizeof(T)));
    T* const wide = scratch.as<T>();
    run_product(g, product(x.data(), x.row(), x.column(), y.data(), y.row(), y.column(), wide, g.n), c, g.c_row);
    for (int64_t i = 0; i < g.m; ++i)
      for (int64_t j = 0; j < g.n; ++j) c[i * g.c_row + j] = static_cast<Src>(wide[i * g.n + j]);
  }
}

template <class Src, class T>
void gemm_as(const Gemm& g) {
  if (g.m == 0 || g.n == 0 || g.batch == 0) return;
  const auto one = [&](int64_t i) {
    one_product<Src, T>(g, static_cast<const Src*>(g.a) + i * g.a_batch, static_cast<const Src*>(g.b) + i * g.b_batch,
                        static_cast<Src*>(g.c) + i * g.c_batch);
  };
  const double work = static_cast<double>(g.m) * static_cast<double>(g.n) * static_cast<double>(g.k + 1);
  if (g.batch < num_threads() && work > 4 * kThreadWork) {
    for (int64_t i = 0; i < g.batch; ++i) one(i);
    return;
  }
  parallel_for(g.batch, std::max<int64_t>(1, static_cast<int64_t>(kThreadWork / (work + kMatrixWork))),
               [&](int64_t begin, int64_t end) {
                 for (int64_t i = begin; i < end; ++i) one(i);
               });
}

}  // namespace

void gemm(const Gemm& problem) {
  Gemm g = problem;
  if (g.batch > 1 && g.b_batch == 0 && g.a_batch == g.m * g.a_row && g.c_batch == g.m * g.c_row) {
    g.m *= g.batch;  // every matrix meets the same B: one tall product
    g.batch = 1;
  }
  if (onednn::gemm(g)) return;
  dispatch_numbers("addmm_impl_cpu_", g.dtype, [&](auto zero) {
    using T = decltype(zero);
    using Narrow = std::conditional_t<is_half_type<T>, float, int32_t>;
    gemm_as<T, std::conditional_t<sizeof(T) < 4, Narrow, T>>(g);
  });
}

bool gemm_to_float(const Gemm& problem) {
  Gemm g = problem;
  g.float_c = true;
  return onednn::gemm(g);
}

}  // namespace relume::cpu
