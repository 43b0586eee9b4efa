"""Calls of functions that are made of a few ops, for Relume and for PyTorch: (name, arguments, keywords)."""

import math


def calls(torch):
    def real(*shape, scale=1.0):
        count = math.prod(shape)
        values = [scale * math.sin(1.7 * i + len(shape)) + 0.01 * i for i in range(count)]
        return torch.tensor(values, dtype=torch.float64).reshape(shape).requires_grad_()

    def whole(*shape, below=9):
        return torch.tensor([(7 * i * i + 3 * i) % below + 1 for i in range(math.prod(shape))]).reshape(shape)

    inf, nan = math.inf, math.nan
    yield "addbmm", (real(3, 4), real(2, 3, 5), real(2, 5, 4)), {"beta": 0.5, "alpha": 2}
    yield "atleast_1d", (real(),), {}
    yield "atleast_2d", (real(3),), {}
    yield "atleast_3d", (real(3),), {}
    yield "atleast_3d", (real(3, 2),), {}
    yield "block_diag", (real(2, 3), real(2), real()), {}
    yield "cartesian_prod", (real(2), real(3)), {}
    yield "cdist", (real(3, 4), real(5, 4)), {}
    yield "cdist", (real(2, 3, 4), real(2, 5, 4)), {"p": 1.0}
    yield "column_stack", ([real(3), real(3, 2)],), {}
    yield "combinations", (real(4),), {}
    yield "combinations", (real(4), 3, True), {}
    yield "corrcoef", (real(3, 6),), {}
    yield "cov", (real(3, 6),), {}
    yield "cov", (real(3, 6),), {"correction": 0, "fweights": whole(6)}
    yield "cov", (real(6),), {}
    yield "cross", (real(3, 4), real(3, 4, scale=2.0)), {}
    yield "cross", (real(2, 3), real(2, 3, scale=2.0), 1), {}
    yield "cumulative_trapezoid", (real(2, 5),), {}
    yield "deg2rad", (real(3),), {}
    yield "diagflat", (real(2, 2), 1), {}
    yield "diagonal_scatter", (real(3, 3), real(2), 1), {}
    yield "diff", (real(2, 5),), {}
    yield "diff", (real(5), 2), {}
    yield "diff", (torch.tensor([True, False, False]),), {}
    yield "dist", (real(3), real(3, scale=2.0)), {}
    yield "dist", (real(3), real(3, scale=2.0), 3), {}
    yield "dsplit", (real(2, 2, 4), 2), {}
    yield "dstack", ([real(2, 2), real(2, 2)],), {}
    yield "gcd", (whole(8, below=50), whole(8, below=36)), {}
    yield "heaviside", (torch.tensor([-1.0, 0, 2]), torch.tensor([0.5])), {}
    yield "histc", (real(30).detach(),), {"bins": 5}
    yield "histc", (real(30).detach(),), {"bins": 4, "min": -1, "max": 1}
    yield "hsplit", (real(2, 4), 2), {}
    yield "inner", (real(2, 3), real(4, 3)), {}
    yield "inner", (real(3), real(3)), {}
    yield "isin", (whole(6), whole(3)), {}
    yield "isneginf", (torch.tensor([1.0, -inf, inf]),), {}
    yield "isposinf", (torch.tensor([1.0, -inf, inf]),), {}
    yield "kron", (real(2, 3), real(3, 2)), {}
    yield "kron", (real(2), real(3, 2)), {}
    yield "lcm", (whole(8, below=20), whole(8, below=15)), {}
    yield "ldexp", (real(3), torch.tensor([1, 2, 3])), {}
    yield "logaddexp", (real(4), real(4, scale=3.0)), {}
    yield "logaddexp", (torch.tensor([inf, -inf, 1.0]), torch.tensor([inf, -inf, -inf])), {}
    yield "logaddexp2", (real(4), real(4, scale=3.0)), {}
    yield "logcumsumexp", (real(3, 4), 1), {}
    yield "matrix_exp", (real(4, 4),), {}
    yield "matrix_exp", (real(2, 3, 3, scale=4.0),), {}
    yield "matrix_power", (real(3, 3), 3), {}
    yield "msort", (real(4, 2),), {}
    yield "nanmean", (torch.tensor([1.0, nan, 3]),), {}
    yield "pdist", (real(4, 3),), {}
    yield "rad2deg", (real(3),), {}
    yield "renorm", (real(3, 4), 2, 0, 1.0), {}
    yield "searchsorted", (torch.tensor([1, 3, 5, 5, 9]), whole(3, 4, below=12)), {}
    yield "searchsorted", (torch.sort(real(3, 6).detach())[0], real(3, 6).detach()), {"right": True}
    yield "bucketize", (real(7).detach(), torch.tensor([-0.5, 0, 0.5], dtype=torch.float64)), {}
    yield "select_scatter", (real(3, 4), real(3), 1, 2), {}
    yield "signbit", (torch.tensor([-0.0, 0, -1, 2]),), {}
    yield "sinc", (torch.tensor([0.0, 0.5, -1.5], dtype=torch.float64).requires_grad_(),), {}
    yield "slice_scatter", (real(5, 2), real(2, 2), 0, 1, 5, 2), {}
    yield "tensor_split", (real(5, 2), (1, 3)), {}
    yield "trapezoid", (real(2, 5),), {}
    yield "trapezoid", (real(2, 5), real(5)), {}
    yield "trapz", (real(5),), {"dx": 0.5}
    yield "unique_consecutive", (torch.tensor([1, 1, 2, 2, 3, 1, 1]), True, True), {}
    yield "unravel_index", (whole(4, below=50), (3, 4, 5)), {}
    yield "vsplit", (real(4, 2), [1, 3]), {}
    yield "asarray", ([1, 2.5],), {}
    yield "all", (whole(2, 3) > 3,), {"dim": None}
    yield "any", (whole(2, 3) > 3, (0, 1)), {"keepdim": True}
    yield "argsort", (torch.tensor([2, 1, 2, 1]),), {"stable": True}
    yield "dot", (real(3),), {"tensor": real(3)}
    yield "nonzero", (whole(2, 3) > 3,), {"as_tuple": True}
    yield "norm", (real(2, 3),), {"p": "fro"}
    yield "norm", (real(2, 3),), {"dim": 1, "keepdim": True}
    yield "norm", (real(2, 3), "fro", (0, 1)), {"dtype": torch.float64}
    yield "quantile", (real(7), 0.4), {"interpolation": "nearest"}
    yield "quantile", (real(2, 6), 0.3, 1, True), {"interpolation": "midpoint"}
    yield "quantile", (real(2, 6), torch.tensor([0.25, 0.5], dtype=torch.float64), 1), {}
    yield "repeat_interleave", (real(2, 3), 2), {"dim": 0, "output_size": 4}
    yield "scatter", (torch.zeros(2, 3), 0, torch.tensor([[0, 1, 0]]), torch.ones(1, 3)), {"reduce": "add"}
    yield "split", (real(2, 3),), {"split_size_or_sections": [1, 2], "dim": 1}
    yield "tensordot", (real(2, 3), real(2, 3)), {"dims": ([1], [1])}
    yield "tensordot", (real(2, 3), real(3, 2)), {"dims": 1}
    yield "greater", (real(3).detach(), 0), {}
    yield "arctan2", (real(3), real(3, scale=2.0)), {}
    yield "true_divide", (whole(3), whole(3, below=5)), {}
    yield "concatenate", ([real(2), real(3)],), {}
    yield "linalg.vector_norm", (real(3, 4),), {}
    yield "linalg.vector_norm", (real(3, 4), 1, 1), {}
    yield "linalg.matrix_norm", (real(2, 3, 4),), {}
    yield "linalg.matrix_norm", (real(3, 4), 1), {}
    yield "linalg.matrix_norm", (real(3, 4), -inf), {}
    yield "linalg.norm", (real(3, 4), "fro"), {}
    yield "linalg.norm", (real(3, 4), 2, 0), {}
    yield "linalg.multi_dot", ([real(2, 3), real(3, 4), real(4, 5)],), {}
    yield "linalg.vecdot", (real(2, 3), real(2, 3)), {}
    yield "linalg.cross", (real(2, 3), real(2, 3, scale=2.0)), {}
    yield "linalg.diagonal", (real(2, 3, 3),), {}
    solid = torch.tensor([[4.0, 1.0, -2.0], [1.0, -3.0, 0.5], [0.0, 2.0, 5.0]], dtype=torch.float64)
    positive = solid @ solid.t()
    pair = torch.stack([solid, positive])
    yield "inverse", (solid.clone().requires_grad_(),), {}
    yield "linalg.inv", (pair.clone().requires_grad_(),), {}
    yield "det", (solid.clone().requires_grad_(),), {}
    yield "det", (pair.clone().requires_grad_(),), {}
    yield "det", (torch.tensor([[0.0, 1.0], [1.0, 0.0]]),), {}
    yield "logdet", (positive.clone().requires_grad_(),), {}
    yield "slogdet", (pair.clone().requires_grad_(),), {}
    yield "cholesky", (positive.clone(),), {}
    yield "linalg.cholesky", (torch.stack([positive, positive + 1]),), {"upper": True}
    yield "linalg.solve", (solid.clone().requires_grad_(), real(3)), {}
    yield "linalg.solve", (pair.clone().requires_grad_(), real(3, 2)), {}
    yield "linalg.solve", (solid.clone().requires_grad_(), real(2, 3)), {"left": False}
    yield "qr", (real(4, 3),), {}
    yield "linalg.qr", (real(2, 3, 3),), {}
    yield "linalg.qr", (real(2, 4).detach(),), {"mode": "complete"}
    yield "linalg.householder_product", (real(4, 2), real(2)), {}
    yield "poisson", (torch.tensor([0.0, 0.5, 3.0, 9.0, 12.0, 50.0, 100.0]),), {}
    equal = torch.tensor([[1.0, 2, 2, 3], [5, 5, 1, 1]], requires_grad=True)
    yield "mode", (equal,), {}
    yield "mode", (equal.detach().clone().requires_grad_(), 0, True), {}
    holes = torch.tensor([[nan, 2.0, 1, 4], [nan, nan, nan, nan], [3, 1, 2, 0]], requires_grad=True)
    yield "nanmedian", (holes,), {}
    yield "nanmedian", (holes.detach()[::2].clone().requires_grad_(), 1), {}
    yield "nanmedian", (torch.tensor([[3, 1, 2]]), -1, True), {}
    yield "nanquantile", (holes.detach(), 0.4), {"dim": 1}
    yield "nanquantile", (holes.detach(), torch.tensor([0.25, 0.5])), {}
    ties = torch.tensor([3.0, 1, 2, 2, 5], dtype=torch.float64)
    yield "median", (ties.clone().requires_grad_(),), {}
    yield "nanmedian", (ties.clone().requires_grad_(),), {}
    for way in ("linear", "lower", "higher", "midpoint", "nearest"):
        yield "quantile", (real(3, 4), 0.3), {"dim": 1, "interpolation": way, "keepdim": True}
        yield "nanquantile", (holes.detach(), torch.tensor([0.1, 0.7])), {"dim": 1, "interpolation": way}
    yield "quantile", (real(3, 4), torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64), 0), {}
    yield "quantile", (holes.detach(), torch.tensor([0.5])), {"dim": 0}
    rows = torch.tensor([[1, 1], [1, 1], [2, 1], [1, 1]])
    yield "unique_consecutive", (rows,), {"dim": 0, "return_inverse": True, "return_counts": True}
    yield "unique_consecutive", (rows,), {"dim": 1}
    yield "unique_consecutive", (rows,), {"return_inverse": True, "return_counts": True}
    edges = torch.tensor([1.0, 3, 5, nan])
    yield "searchsorted", (edges, torch.tensor([nan, inf, 3.0])), {"side": "right"}
    yield "searchsorted", (edges, torch.tensor([nan, inf, 3.0])), {}
    yield "searchsorted", (torch.tensor([3, 1, 2]), torch.tensor([2])), {"sorter": torch.tensor([1, 2, 0])}
    yield "searchsorted", (torch.tensor([[1, 3], [2, 4]]), torch.tensor([[3], [3]])), {"out_int32": True}
    yield "bucketize", (3, torch.tensor([1, 3, 5])), {"right": True}
    yield "isin", (5, whole(6)), {}
    yield "isin", (whole(6), torch.tensor([5.0, 7.5])), {"invert": True}
    yield "isin", (torch.tensor([nan, 1.0]), torch.tensor([nan])), {}
    steep = [-1000.0, 0, -inf, 3, 2.5]
    yield "logcumsumexp", (torch.tensor(steep, dtype=torch.float64, requires_grad=True), 0), {}
    yield "logcumsumexp", (torch.tensor([-inf, -inf, inf, inf, nan, 1.0]), 0), {}
    yield "logaddexp", (real(3), real(3)), {}
    yield "logaddexp", (real(3).detach().half(), real(3, scale=2.0).detach().half()), {}
    yield "logaddexp2", (real(2, 3), real(3, scale=2.0)), {}
    yield "gcd", (torch.tensor([3, 9], dtype=torch.uint8), torch.tensor([[12, 18], [0, -7]])), {}
    yield "nextafter", (torch.tensor([0.0, -1.5, 2.0, nan, 1.0]).half(), torch.tensor([-1.0, 0, 3, 1, 1]).half()), {}
    yield "signbit", (torch.tensor([-0.0, 0.0, -1.0, nan]),), {}
    yield "diff", (real(4), 0), {}
    yield "diff", (whole(2, 3),), {"prepend": whole(2, 1), "append": whole(2, 2)}
    yield "trapezoid", (real(2, 4), real(2, 4, scale=2.0)), {"dim": 0}
    yield "cov", (real(3, 6),), {"aweights": real(6).detach().abs()}
    yield "nanmean", (holes.detach()[:1].clone().requires_grad_(),), {"dim": 1, "keepdim": True}
    yield "addbmm", (whole(2, 2), whole(3, 2, 2), whole(3, 2, 2)), {"beta": 2}
    lower = real(3, 3).detach().tril() + 2 * torch.eye(3, dtype=torch.float64)
    yield "cholesky_solve", (real(3, 2), lower), {}
    yield "cholesky_solve", (real(2, 3, 2), lower.t()), {"upper": True}
    yield "cholesky_inverse", (lower,), {}
    yield "pinverse", (real(4, 2),), {}
    yield "matrix_power", (solid.clone().requires_grad_(), -2), {}
    yield "cdist", (real(3, 4), real(2, 4, scale=2.0)), {"p": inf}
    yield "cdist", (real(2, 1, 3, 4).detach(), real(5, 4).detach()), {"p": 0.0}
    yield "tensor_split", (real(5, 2), torch.tensor([1, 3])), {}
    yield "hsplit", (real(5), [2]), {}
    yield "vsplit", (real(4, 2), [1, 3]), {}
    yield "adjoint", (real(2, 3),), {}
    yield "combinations", (real(3), 0), {}
    yield "combinations", (real(2), 3), {}
    yield "combinations", (real(2), 3, True), {}
    yield "pixel_shuffle", (real(1, 8, 2, 3), 2), {}
    yield "pixel_unshuffle", (real(2, 4, 6), 2), {}
    yield "channel_shuffle", (real(1, 6, 2), 3), {}
    yield "rms_norm", (real(2, 5), (5,), real(5, scale=2.0)), {}
    yield "rms_norm", (real(2, 2, 3), (2, 3)), {"eps": 0.1}
    yield "embedding_renorm_", (real(4, 3).detach(), torch.tensor([2, 0, 2]), 0.5, 1.0), {}
    yield "renorm", (real(3, 2).detach(), 1, -1, 0.5), {}
    odd = [1e-42, 0.0, -3.0, inf, nan, 1.5e38, -2e-38, 1.0]
    yield "frexp", (torch.tensor(odd),), {}
    yield "frexp", (torch.tensor(odd, dtype=torch.float64),), {}
    yield "frexp", (torch.tensor([0.1, 5.0], dtype=torch.bfloat16),), {}
    yield "frexp", (real(4),), {}
    yield "nextafter", (torch.tensor([0.0, 0.0, 1, 1, -1, -1, nan, 2]), torch.tensor([1.0, -1, 2, 0, -5, 5, 1, 2])), {}
    yield "nextafter", (torch.tensor([0.0, inf], dtype=torch.float64), torch.tensor(0.5, dtype=torch.float64)), {}
    sample = torch.tensor([1.0, 2.0, 2.0, 4.0, nan])[:4]
    yield "histogram", (sample, 3), {"density": True}
    yield "histogram", (sample, torch.tensor([0.0, 2.0, 3.0])), {"weight": torch.arange(4.0)}
    yield "histogram", (sample, 4), {"range": (0.0, 3.0)}
    places = torch.tensor([[0, 0, 2, 2], [1, 0, 1, 0]])
    for reduce in ("sum", "prod", "mean", "amax", "amin"):
        for include in (True, False):
            start, source = equal.detach()[:, :3].clone(), torch.tensor([[3.0, 1, 2, 5], [2, 5, 7, 5]])
            yield "scatter_reduce", (
                start.requires_grad_(), 1, places, source.requires_grad_(), reduce,
            ), {"include_self": include}  # fmt: skip
        yield "scatter_reduce", (torch.tensor([4, 1]), 0, torch.tensor([0, 0, 1]), torch.tensor([5, 2, 7]), reduce), {}
    for reduce in ("prod", "mean", "amax", "amin"):
        for include in (True, False):
            yield "index_reduce", (real(3, 4), 1, torch.tensor([3, 0, 3]), real(3, 3), reduce), {"include_self": include}
    yield "index_reduce", (torch.tensor([4, 1]), 0, torch.tensor([1, 1]), torch.tensor([3, 4]), "prod"), {}
    for order in (1, 2):
        yield "gradient", (real(4, 3),), {"edge_order": order}
        yield "gradient", (real(4, 3),), {"spacing": 0.5, "dim": 0, "edge_order": order}
        places = [torch.tensor(row, dtype=torch.float64) for row in ([0.0, 1, 3, 4], [0.0, 0.5, 3])]
        yield "gradient", (real(4, 3),), {"spacing": places, "edge_order": order}
    yield "gradient", (torch.tensor([1, 4, 9]),), {"spacing": (2,)}
    yield "nonzero_static", (whole(2, 3) - 4,), {"size": 2}
    yield "nonzero_static", (torch.tensor([0, 1, 2]),), {"size": 4, "fill_value": -7}
    yield "as_strided_scatter", (real(3, 3).detach(), real(2, 2), (2, 2), (1, 2)), {}
    for p in ("nuc", "fro"):
        yield "norm", (real(3, 2), p), {}
        yield "norm", (real(2, 3, 2), p, (0, 2), True), {}
    yield "chain_matmul", (real(2, 3), real(3, 4), real(4, 2)), {}
    yield "mvlgamma", (torch.tensor([1.5, 2.5, 7.0], dtype=torch.float64, requires_grad=True), 3), {}
    yield "orgqr", (real(2, 4, 3), real(2, 3, scale=0.5)), {}
    yield "triangular_solve", (real(2, 3, 2), real(3, 3)), {}
    yield "triangular_solve", (real(3, 2), real(3, 3)), {"upper": False, "transpose": True, "unitriangular": True}
    yield "vander", (real(3).detach(),), {}
    yield "vander", (whole(3), 2, True), {}
    indices, starts = torch.tensor([0, 3, 1, 3, 3, 2, 4]), torch.tensor([0, 2, 2, 5])
    for mode in (1, 2):
        for padding in (None, 3, -2):
            yield "embedding_bag", (real(5, 3), indices, starts, False, mode, False, None, False, padding), {}
        yield "embedding_bag", (real(5, 3), indices.int(), torch.tensor([0, 4, 7]).int(), False, mode, False, None, True), {}
    yield "embedding_renorm_", (real(5, 3, scale=2.0).detach(), torch.tensor([[1, 4], [1, 1]]), 1.0, 1.0), {}
    yield "special.entr", (torch.tensor([-1.0, 0.0, 0.5]),), {}
    yield "special.ndtr", (real(4),), {}
    yield "special.ndtri", (torch.tensor([0.1, 0.5, 0.99], dtype=torch.float64),), {}
    values = [-30.0, -4.5, -1.0, -0.25, 0.0, 0.75, 2.5, 26.0]
    for name in "i0 i0e i1 i1e log_ndtr ndtr erfcx".split():
        yield f"special.{name}", (torch.tensor(values, dtype=torch.float64)[1:].requires_grad_(),), {}
        yield f"special.{name}", (torch.tensor(values[4:6]).requires_grad_(),), {}
    for order in range(5):
        numbers = torch.tensor([-2.25, 0.5, 1.0, 7.5, 30.0], requires_grad=True)
        yield "polygamma", (order, numbers), {}
        yield "special.zeta", (order, numbers.detach()), {}
    yield "special.zeta", (torch.tensor([1.5, 2.0]), torch.tensor([[0.5], [3.0]], requires_grad=True)), {}
    yield "special.zeta", (torch.tensor([3]), 2), {}
    for name in "gammainc gammaincc".split():
        shapes = torch.tensor([0.5, 2, 10, 20], dtype=torch.float64)
        points = torch.tensor([[0.25], [2.0], [12.0]], dtype=torch.float64, requires_grad=True)
        yield f"special.{name}", (shapes, points), {}
    yield "special.i0", (whole(3),), {}
    yield "special.multigammaln", (torch.tensor([2.5, 7.0]), 2), {}
    yield "special.xlog1py", (real(4), whole(4)), {}


def listed(value):
    return list(value) if isinstance(value, (tuple, list)) else [value]


def described(tensor):
    """A tensor as [dtype, shape, values], where values that JSON lacks are text."""
    values = tensor.detach().reshape(-1).tolist()
    values = [value if math.isfinite(value) else str(value) for value in values]
    return [str(tensor.dtype), list(tensor.shape), values]


def outcome(torch, name, arguments, keywords):
    """What a call gives, and the gradients of the sum of squares of all that it gives."""
    torch.manual_seed(0)
    function = torch
    for part in name.split("."):
        function = getattr(function, part)
    results = listed(function(*arguments, **keywords))
    grads = []
    if any(result.requires_grad for result in results):
        sum((result * result).sum() for result in results).backward()
        flat = [each for argument in arguments for each in listed(argument)]
        grads = [described(each.grad) for each in flat if getattr(each, "grad", None) is not None]
    return {"name": name, "results": [described(result) for result in results], "grads": grads}
