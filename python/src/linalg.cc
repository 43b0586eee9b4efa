// Decompositions of matrices that are no ops of the table, for relume.linalg. Those of float64 have no gradients.
#include "ops/decompositions.h"
#include "ops/factors.h"
#include "relume/ops.h"
#include "tables.h"

namespace relume::python {

namespace {

const Op kDecompositions[] = {
    {"_lu",
     "_lu(A)\n\nOf float64: L below and U on and above the diagonal of one matrix, and the row that each step swapped "
     "with.\n",
     {{kFunction, "Tensor A",
       [](Arguments& a) -> PyObject* {
         const LuFactors factors = lu_factors(a.tensor(0));
         return wrap(std::make_tuple(factors.packed, factors.swaps));
       }}}},
    {"_svd",
     "_svd(A, some, compute_uv)\n\nU, the singular values, descending, and V.\n",
     {{kFunction, "Tensor A, bool some, bool compute_uv",
       [](Arguments& a) -> PyObject* {
         return wrap(RELUME_RESULT(relume::svd(a.tensor(0), a.boolean(1), a.boolean(2))));
       }}}},
    {"_svd_factors",
     "_svd_factors(A, full_matrices)\n\nOf float64: U, the singular values, descending, and V^T.\n",
     {{kFunction, "Tensor A, bool full_matrices",
       [](Arguments& a) -> PyObject* { return wrap(svd_factors(a.tensor(0), a.boolean(1))); }}}},
    {"_pseudoinverse",
     "_pseudoinverse(A, atol, rtol)\n\nThe pseudoinverse, where singular values up to max(atol, rtol times the "
     "largest) "
     "count as 0.\n",
     {{kFunction, "Tensor A, Tensor atol, Tensor rtol",
       [](Arguments& a) -> PyObject* {
         return wrap(RELUME_RESULT(pseudoinverse(a.tensor(0), a.tensor(1), a.tensor(2))));
       }}}},
};

}  // namespace

void append_decompositions(std::vector<OpEntry>& entries) { append_entries<kDecompositions>(entries); }

}  // namespace relume::python
