"""Values, strides and gradients of element-wise ops, reductions, shape ops and linear algebra."""

import itertools

import torch

from golden import DTYPES, FLOATS, INTS, Golden

inf, nan = float("inf"), float("nan")
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.5, 3.5, 10.0, -20.25, 100.0, 1e-8, inf, -inf, nan]
INSIDE = [-0.9, -0.5, -0.1, 0.2, 0.6, 0.95]
POSITIVE = [0.1, 0.5, 1.0, 2.5, 7.0, 30.0]
ANY = [-3.3, -1.2, -0.4, 0.3, 1.1, 2.7]

UNARY = """abs neg sign sgn exp exp2 expm1 log log2 log10 log1p sqrt rsqrt square sin cos tan asin acos atan sinh cosh
tanh asinh acosh atanh erf erfc erfinv ceil floor round trunc frac reciprocal sigmoid relu isnan isinf isfinite
logical_not nan_to_num lgamma digamma""".split()
DOMAIN = {"log": POSITIVE, "log2": POSITIVE, "log10": POSITIVE, "log1p": POSITIVE, "sqrt": POSITIVE, "rsqrt": POSITIVE,
          "asin": INSIDE,
          "acos": INSIDE, "atanh": INSIDE, "erfinv": INSIDE, "acosh": [1.1, 1.5, 2.0, 3.0, 4.0, 9.0],
          "lgamma": POSITIVE,
          "digamma": POSITIVE, "reciprocal": POSITIVE}
INT_UNARY = "abs neg sign square ceil floor round trunc relu bitwise_not logical_not isnan".split()

def make_unary(g):
    for dtype in FLOATS:
        special = g.let("special_" + dtype, torch.tensor(SPECIAL, dtype=DTYPES[dtype]))
        for op in UNARY:
            if dtype == "float16" and op in ("lgamma", "digamma"):
                continue
            g.case(op, special, grad=False, ulp=16 if op in ("lgamma", "digamma", "erfinv", "tan") else 4)
    domains = {str(v): g.let(f"domain{i}", torch.tensor(v, dtype=torch.float64).reshape(2, 3))
               for i, v in enumerate([ANY, POSITIVE, INSIDE, DOMAIN["acosh"]])}
    for op in UNARY:
        g.case(op, domains[str(DOMAIN.get(op, ANY))], second=op not in ("erfinv", "digamma"),
               ulp=2**22 if op in ("lgamma", "digamma") else 64)  # their derivatives are series
    for dtype in [*INTS, "bool"]:
        low = torch.iinfo(DTYPES[dtype]).min if dtype != "bool" else 0
        high = torch.iinfo(DTYPES[dtype]).max if dtype != "bool" else 1
        x = g.let("ints_" + dtype, torch.tensor([low, high, 0, 1, 2, 7], dtype=DTYPES[dtype]))
        for op in INT_UNARY + ["sin", "exp", "sigmoid", "sqrt"]:
            g.case(op, x)
    for op in ["exp", "neg", "sqrt", "isnan"]:
        for shape in [(), (0,), (2, 0, 3), (1,)]:
            g.case(op, torch.full(shape, 2.25))
        g.case(op, torch.arange(1.0, 7).reshape(2, 3).t())
        g.case(op, torch.arange(1.0, 13).reshape(3, 4)[:, ::2])
        g.case(op, torch.arange(1.0, 4).reshape(3, 1).expand(3, 2))
        g.case(op, torch.arange(1.0, 25).reshape(1, 2, 3, 4).contiguous(memory_format=torch.channels_last))
    x = torch.tensor([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.12345, -7.891])
    g.case("round", x)
    for decimals in [1, 3, -1]:
        g.case("round", x, decimals)
    for op in ["exp_", "sqrt_", "neg_", "abs_", "tanh_", "sigmoid_", "relu_", "zero_", "floor_", "reciprocal_"]:
        g.case(op, domains[str(POSITIVE)], grad=True, ulp=16)


def make_binary(g):
    numbers = [-7, -3, -1, 0, 1, 2, 3, 7]
    integer = """add sub mul floor_divide remainder fmod pow maximum minimum bitwise_and bitwise_or bitwise_xor eq lt
        ge""".split()
    for dtype in INTS:
        signed = dtype != "uint8"
        values = numbers if signed else [0, 1, 2, 3, 7, 250, 255]
        left = g.let("left_" + dtype, torch.tensor(values, dtype=DTYPES[dtype]).reshape(-1, 1))
        right = g.let("right_" + dtype, torch.tensor([-3, 2, 5] if signed else [3, 200, 5], dtype=DTYPES[dtype]))
        exponent = torch.tensor([0, 1, 3, 7], dtype=DTYPES[dtype])
        for op in integer:
            g.case(op, left, exponent if op == "pow" else right)
        g.case("div", left, right)
        for mode in ["trunc", "floor"]:
            g.case("div", left, right, mode)
        top = torch.iinfo(DTYPES[dtype])
        edge = torch.tensor([top.min, top.max, 1], dtype=DTYPES[dtype])
        for op in ["add", "sub", "mul"]:
            g.case(op, edge, edge.flip(0))
        shifts = torch.tensor([0, 1, 7], dtype=DTYPES[dtype])
        for op in ["bitwise_left_shift", "bitwise_right_shift"]:
            g.case(op, left, shifts)
        for op in ["floor_divide", "remainder", "fmod"]:
            g.case(op, left, torch.zeros(1, dtype=DTYPES[dtype]))
        for scalar in [3, 2.5]:
            for op in ["add", "sub", "mul", "div", "floor_divide", "remainder", "pow"]:
                g.case(op, right, scalar)
        g.case("pow", right, -1)
        g.case("rsub", right, 1)
        g.case("pow", 2, exponent)
    floats = [0.0, -0.0, 1.0, -1.0, 2.5, -3.5, inf, -inf, nan]
    both = """add sub mul div floor_divide remainder fmod pow atan2 maximum minimum eq ne lt le gt ge fmax fmin hypot
        copysign""".split()
    for dtype in FLOATS:
        left = g.let("lf_" + dtype, torch.tensor(floats, dtype=DTYPES[dtype]).reshape(-1, 1))
        right = g.let("rf_" + dtype, torch.tensor([2.0, -0.75, 0.0, inf, nan], dtype=DTYPES[dtype]))
        for op in both:
            if dtype in ("float64", "float32") or op in ("add", "mul", "div", "floor_divide", "remainder", "pow", "lt"):
                g.case(op, left, right, grad=False)
        for scalar in [2, -0.75, 0.0, nan]:
            for op in ["add", "mul", "div", "floor_divide", "remainder", "pow", "lt", "eq"]:
                g.case(op, right, scalar, grad=False)
        g.case("pow", 2.5, right, grad=False)
    a = g.let("a", torch.tensor([[-1.5, 0.5, 2.0], [3.0, -0.25, 1.25]], dtype=torch.float64))
    b = g.let("b", torch.tensor([0.75, -2.0, 1.5], dtype=torch.float64))
    p = g.let("p", a.abs())
    for op in "add sub mul div atan2 maximum minimum fmax fmin hypot copysign remainder fmod rsub".split():
        g.case(op, a, b, second=True)
        g.case(op, b, a)
        if op not in ("atan2", "maximum", "minimum", "fmax", "fmin", "hypot", "copysign"):
            g.case(op, a, 0.75, second=True)
    for op in ["pow", "xlogy"]:
        g.case(op, p, b, second=True, ulp=32)
    for exponent in [0, 1, 2, 3, 0.5, -1, -2.5]:
        g.case("pow", p, exponent, second=True)
    g.case("pow", 2.0, a, second=True)
    for tie in ["maximum", "minimum", "fmax", "fmin"]:
        g.case(tie, b, b.clone())
    for mode in [None, "trunc", "floor"]:
        g.case("div", a, b, mode, second=True)
    g.case("add", a, b, 2)
    g.case("sub", a, b, 0.5)
    g.case("add", torch.tensor([1, 2]), torch.tensor([3, 4]), 3)
    g.case("add", torch.tensor([1, 2]), torch.tensor([3, 4]), 2.5)
    g.case("lerp", a, p, 0.25, second=True)
    g.case("lerp", a, p, b, second=True)
    g.case("addcmul", a, a, b, 0.5, second=True)
    g.case("addcdiv", a, a, b, 2.0, second=True)
    g.case("where", a > 0, a, b, second=True)
    g.case("where", a > 0, a, 0.5)
    g.case("where", a > 0, 1.0, b)
    g.case("clamp", a, -1.0, 1.25, second=True)
    g.case("clamp", a, None, 1.0)
    g.case("clamp", a, -0.5, None)
    g.case("clamp", a, b - 1, b + 1)
    g.case("clamp", a, 2.0, 1.0)
    g.case("clamp", torch.tensor([1, 5, 9]), 2.5, None)
    g.case("clamp", torch.tensor([nan, 1.0, inf, -inf]), -2.0, 2.0)
    g.case("clamp_min", a, 0.5)
    g.case("clamp_max", a, 0.5)
    shapes = [(), (1,), (3,), (2, 1), (2, 3), (4, 1, 3), (0, 3), (2, 0)]
    for left, right in itertools.product(shapes, shapes):
        g.case("add", torch.full(left, 1.5), torch.full(right, 2.0))
    for left in [(3, 2), (1, 1, 2), (2,), ()]:
        g.case("mul", torch.full(left, 1.5, dtype=torch.float64), torch.full((3, 1), 2.0, dtype=torch.float64),
               second=True)
        g.case("mul_", torch.full((3, 2), 1.5), torch.full(left, 2.0), grad=True)
    x = torch.arange(6.0).reshape(2, 3)
    g.case("add", x.t(), x.t())
    g.case("add", x.t(), x.reshape(3, 2))
    g.case("mul", x.t(), 2.0)
    g.case("add", x[:, ::2], x[:, ::2])
    g.case("add", torch.arange(24.0).reshape(1, 2, 3, 4).contiguous(memory_format=torch.channels_last),
           torch.ones(2, 1, 1))
    for op in ["add_", "sub_", "mul_", "div_", "pow_", "remainder_", "copy_", "eq_", "lt_", "maximum"]:
        g.case(op, p, b.abs(), grad=op not in ("eq_", "lt_"), ulp=16)
    for op in ["fmod_", "atan2_", "hypot_", "copysign_", "xlogy_"]:
        g.case(op, p, b.abs(), grad=True, ulp=16)
    for op in ["ne_", "le_", "gt_", "ge_", "logical_or_", "logical_xor_"]:
        g.case(op, a, b)
    ints = torch.tensor([[1, 6, 12], [5, 3, 7]])
    for op in ["bitwise_or_", "bitwise_xor_", "bitwise_left_shift_", "bitwise_right_shift_"]:
        g.case(op, ints, torch.tensor([1, 2, 3]))
    g.case("lerp_", a, p, 0.25, grad=True)
    g.case("lerp_", a, p, b, grad=True)
    g.case("addcmul_", a, a, b, 0.5, grad=True)
    g.case("addcdiv_", a, a, b, 2.0, grad=True)
    for op in ["clamp_", "clip_", "clip"]:
        g.case(op, a, -1.0, 1.25, grad=True)
    for op in ["clamp_min_", "clamp_max_"]:
        g.case(op, a, 0.5, grad=True)
    for op in ["absolute", "negative", "fix", "absolute_", "negative_", "fix_"]:
        g.case(op, a, grad=True)
    inside = torch.tensor([0.1, 0.5, 0.9, 0.0, 1.0], dtype=torch.float64)
    g.case("logit", inside[:3].clone(), second=True, ulp=64)
    g.case("logit", inside, 0.25, second=True, ulp=64)
    g.case("logit", inside, grad=False)
    g.case("logit_", inside[:3].clone(), grad=True, ulp=64)
    g.case("nan_to_num_", torch.tensor([nan, inf, 1.5], dtype=torch.float64), grad=True)
    g.case("nan_to_num", torch.tensor([nan, inf, -inf, 1.5], dtype=torch.float64), 2.0, 3.0, -4.0, second=True)
    near = torch.tensor([1.0, nan, inf, 1.00001, 2.0])
    for x, y in [(near, near + 1e-6), (near, near.flip(0)), (near, near)]:
        g.case("isclose", x, y, 1e-5, 1e-8, True)
        g.case("isclose", x, y)
        g.case("allclose", x, y)
        g.case("allclose", x, y, 1e-5, 1e-8, True)
        g.case("equal", x, y)
    g.case("equal", torch.ones(2), torch.ones(3))
    g.case("equal", torch.empty(0), torch.empty(0))
    for x in [torch.tensor(0.0), torch.tensor([nan]), torch.tensor([2]), torch.tensor([1, 2]), torch.empty(0)]:
        g.case("is_nonzero", x)
    for source, target in itertools.product(DTYPES, DTYPES):
        value = torch.tensor([0, 1, 3, 100], dtype=DTYPES[source]) if source != "bool" else torch.tensor([False, True])
        g.case("to", value, DTYPES[target], grad=False)
    g.case("to", torch.tensor([0.5, -0.5, 2.9, -2.9, 70000.0, 1e-8, 65520.0, 65519.0]), torch.float16)
    g.case("to", torch.tensor([0.5, 1.00390625, 3.4e38, -2.9, 1e-40, nan, inf]), torch.bfloat16)
    g.case("to", torch.tensor([0.9, -0.9, 2.9, -2.9, 127.5]), torch.int8)
    g.case("to", torch.tensor([0.0, -0.0, nan, 0.1, -2.0]), torch.bool)
    g.case("to", torch.tensor([300, -1, 255, 256]), torch.uint8)
    g.case("to", torch.tensor([1, 2, 2**40 + 5]), torch.int32)


def make_reductions(g):
    x = g.let("x", torch.tensor([1.5, -2.0, 0.5, 3.0, -1.0, 2.5, 0.25, -0.75, 4.0, 1.0, -3.5, 2.0],
                                dtype=torch.float64).reshape(2, 3, 2))
    g.case("nansum", x, second=True)
    for op in "sum mean prod max min amax amin argmax argmin median var std logsumexp".split():
        if op != "logsumexp":
            g.case(op, x, second=op not in ("argmax", "argmin", "median", "max", "min"), ulp=16)
        for dim in [0, -2, 2]:
            tail = (1,) if op in ("var", "std") else ()
            g.case(op, x, dim, *tail, ulp=16)
            g.case(op, x, dim, *tail, True, second=True, ulp=16)
        if op in ("sum", "mean", "amax", "amin", "logsumexp", "var", "std"):
            for dims in [[0, 2], [-1, -3], [0, 1, 2]] + ([[]] if op in ("sum", "mean", "amax") else []):
                g.case(op, x, dims, *((0,) if op in ("var", "std") else ()), second=True, ulp=32)
    for correction in [0, 1, 2, 6]:
        g.case("var", x, 1, correction)
    for op in ["var_mean", "std_mean"]:
        g.case(op, x, [1, 2], 1, second=True, ulp=16)
    for op in ["cumsum", "cumprod", "cummax", "cummin", "softmax", "log_softmax"]:
        for dim in [0, 1, -1]:
            g.case(op, x, dim, second=op not in ("cummax", "cummin"), ulp=64)
    for order in [0, 1, 2, 3, 0.5, inf, -inf]:
        g.case("norm", x, order, second=order not in (0, inf, -inf), ulp=128)
        g.case("norm", x, order, 1, ulp=16)
        g.case("norm", x, order, [0, 2], True, ulp=16)
    g.case("norm", x, 2, [0, 1, 2], grad=True)
    g.case("norm", torch.zeros(3, dtype=torch.float64), 2)
    flags = g.let("flags", torch.tensor([[True, False, True], [True, True, True]]))
    numbers = g.let("numbers", torch.tensor([[3, -1, 4], [1, 5, -9]]))
    repeated = g.let("repeated", torch.tensor([[2, 7, 1, 7, 2], [0, 0, 5, -1, 5]]))
    for t in [flags, numbers, numbers.to(torch.uint8), torch.tensor([[0.0, nan, 2.0], [0.0, -0.0, 0.0]])]:
        for op in ["all", "any", "sum", "count_nonzero"]:
            g.case(op, t)
        for op in ["all", "any", "sum"]:
            g.case(op, t, 1)
            g.case(op, t, -2, True)
        g.case("count_nonzero", t, 1)
        g.case("nonzero", t, dense=True)
    for dtype in [*INTS, "bool"]:
        t = numbers.abs().to(DTYPES[dtype])
        for op in ["sum", "prod", "max", "min", "argmax", "amax"]:
            g.case(op, t)
        g.case("cumsum", t, 1)
        g.case("cumprod", t, 0)
    big = torch.tensor([2**62, 2**62, 2**62])
    g.case("sum", big)
    g.case("prod", big)
    g.case("sum", torch.tensor([200, 100], dtype=torch.uint8), 0, False, torch.uint8)
    g.case("sum", numbers, 0, False, torch.float32)
    g.case("mean", numbers, 0, False, torch.float64)
    g.case("sum", torch.tensor([60000.0, 60000.0], dtype=torch.float16))
    g.case("sum", torch.full((1000,), 0.1))
    g.case("mean", torch.full((300,), 0.1, dtype=torch.bfloat16))
    with_nan = torch.tensor([[1.0, nan, 3.0], [nan, inf, -inf]])
    for op in ["sum", "mean", "prod", "max", "min", "argmax", "argmin", "amax", "amin", "median", "nansum", "all",
               "any"]:
        g.case(op, with_nan)
    for op in ["max", "min", "argmax", "cummax", "cumsum", "median", "logsumexp", "softmax"]:
        g.case(op, with_nan, 1)
    g.case("logsumexp", torch.tensor([[-inf, -inf], [inf, 1.0], [1000.0, 1000.0]]), 1)
    ties = torch.tensor([1.0, 3.0, 3.0, 0.0, 0.0], dtype=torch.float64)
    for op in ["max", "min", "amax", "amin", "argmax", "argmin", "median"]:
        g.case(op, ties)
        g.case(op, ties, 0)
    for shape in [(), (0,), (2, 0), (0, 3)]:
        empty = torch.full(shape, 2.5)
        for op in ["sum", "mean", "prod", "max", "min", "argmax", "amax", "var", "std", "all", "any", "median",
                   "nonzero", "count_nonzero"]:
            g.case(op, empty)
        for op in ["sum", "mean", "prod", "max", "argmax", "all", "cumsum", "var", "logsumexp", "softmax", "sort",
                   "median"]:
            g.case(op, empty, 0)
            if len(shape) == 2:
                g.case(op, empty, 1)
    for op in ["sort", "argsort"]:
        for dim, descending in [(0, False), (1, False), (-1, True)]:
            g.case(op, numbers, dim, descending)
    for descending in [False, True]:
        g.case("sort", repeated, True, 1, descending)
        g.case("sort", torch.tensor([1.0, nan, -inf, 0.0, nan, inf, -0.0]), True, 0, descending)
    g.case("sort", x, 1, True)
    for k, dim, largest in [(1, 0, True), (2, 1, True), (2, -2, False), (0, 1, True), (3, 1, True)]:
        g.case("topk", x, k, dim, largest)
    g.case("topk", torch.tensor([1.0, nan, 3.0, -inf]), 2)
    g.case("kthvalue", x, 2, 1)
    g.case("sum", torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1), 1)
    g.case("max", torch.arange(24.0).reshape(2, 3, 4).transpose(0, 2), 1)
    g.case("mean", torch.arange(24.0).reshape(1, 2, 3, 4).contiguous(memory_format=torch.channels_last), [2, 3])
    g.case("sum", torch.arange(3.0).expand(4, 3), 0)
    g.case("trace", x[:, :, 0], second=True)
    g.case("aminmax", x, grad=True)
    g.case("aminmax", x, 1, True, grad=True)
    g.case("cumsum_", x, 1, grad=True)
    g.case("cumprod_", x, -1, grad=True)
    g.case("bincount", torch.tensor([1, 3, 3, 0]))
    g.case("quantile", x.flatten(), 0.3)
    g.case("unique", repeated, True, True, True)


def make_shapes(g):
    x = g.let("x", torch.arange(24, dtype=torch.float64).reshape(2, 3, 4))
    m = g.let("m", torch.arange(6, dtype=torch.float64).reshape(2, 3))
    s = g.let("s", torch.tensor(2.5, dtype=torch.float64))
    e = g.let("e", torch.empty(0, 3, dtype=torch.float64))
    xt = g.let("xt", torch.arange(24, dtype=torch.float64).reshape(4, 3, 2).permute(2, 1, 0))
    table = [
        ("view", x, [6, 4]), ("view", x, [-1, 2]), ("view", x, [2, 3, 2, 2]), ("view", s, [1, 1]), ("view", e, [3, 0]),
        ("view", x, [24]),
        ("view", xt, [6, 4]), ("view", xt, [2, 3, 1, 4]), ("view", x, [5, -1]), ("view", x, [-1, -1]),
        ("view", e, [-1, 0]), ("view", e, [0, 7]),
        ("reshape", xt, [6, 4]), ("reshape", x, [4, -1]), ("reshape", e, [0]), ("reshape", x, [7]), ("reshape", s, []),
        ("reshape", xt, [2, 12]), ("transpose", x, 0, 2), ("transpose", x, -1, 1), ("transpose", s, 0, -1),
        ("transpose", x, 0, 3),
        ("permute", x, [2, 0, 1]), ("permute", x, [-1, 0, -2]), ("permute", x, [0, 1]), ("permute", x, [0, 0, 1]),
        ("t", m), ("t", s), ("t", x),
        ("squeeze", torch.ones(1, 3, 1)), ("squeeze", torch.ones(1, 3, 1), 0), ("squeeze", torch.ones(1, 3, 1), 1),
        ("squeeze", torch.ones(1, 3, 1), -1), ("squeeze", s, 0), ("squeeze", torch.ones(1, 3, 1), [0, 2]),
        ("squeeze", m, 2),
        ("unsqueeze", m, 0), ("unsqueeze", m, -1), ("unsqueeze", m, 2), ("unsqueeze", m, 3), ("unsqueeze", s, 0),
        ("unsqueeze", xt, 1),
        ("expand", torch.ones(3, 1), [3, 4]), ("expand", torch.ones(3, 1), [2, -1, 4]), ("expand", s, [2, 2]),
        ("expand", m, [4, 3]),
        ("expand", m, [3]), ("expand", m, [-1, 2, 3]), ("narrow", x, 1, 1, 2), ("narrow", x, -1, -2, 2),
        ("narrow", x, 0, 2, 0),
        ("narrow", x, 1, 2, 2), ("narrow", x, 0, 5, 1), ("select", x, 1, 2), ("select", x, -1, -1), ("select", x, 1, 3),
        ("select", x, 0, -3), ("select", s, 0, 0),
        ("slice", x, 1, 1, 3), ("slice", x, 2, 0, 4, 2), ("slice", x, 2, -3, -1), ("slice", x, 1, 5, 9),
        ("slice", x, 1, 2, 1),
        ("slice", x, 2, 0, 4, 0), ("chunk", x, 2, 1), ("chunk", x, 4, 2), ("chunk", x, 5, 0), ("chunk", x, 0, 0),
        ("split", x, 2, 1),
        ("split", x, 3, -1), ("split", x, [1, 2], 1), ("split", x, [2, 2], 1), ("split", x, 0, 1), ("split", e, 2, 0),
        ("tensor_split", x, 3, 2), ("unbind", x, 1), ("unbind", m, -1), ("unbind", s, 0), ("flatten", x),
        ("flatten", x, 1), ("flatten", x, 0, 1),
        ("flatten", s), ("flatten", xt, 1), ("flatten", xt, 0, 1), ("flatten", x, 2, 1), ("flatten", e),
        ("unflatten", x, 2, [2, 2]), ("unflatten", x, 2, [-1, 2]),
        ("unflatten", x, 1, [2, 2]), ("diagonal", m), ("diagonal", m, 1), ("diagonal", m, -1), ("diagonal", x, 0, 1, 2),
        ("diagonal", x, 5, 0, 1),
        ("diagonal", x, 0, 1, 1), ("diag", m[:, 0].clone()), ("diag", m, 1), ("diag", m[0].clone(), -1),
        ("as_strided", x, [2, 2], [1, 2], 3), ("as_strided", x, [30], [1]),
        ("movedim", x, 0, 2), ("movedim", x, [0, 1], [1, 2]), ("swapaxes", x, 0, 1), ("contiguous", xt), ("clone", xt),
        ("clone", m.expand(2, 2, 3)),
        ("repeat", m, [2, 1]), ("repeat", m, [2, 1, 2]), ("repeat", m, [0, 1]), ("repeat", s, [3]), ("repeat", m, [2]),
        ("tile", m, [2]), ("tile", m, [2, 1, 2]),
        ("repeat_interleave", m, 2, 1), ("repeat_interleave", m, 2), ("flip", x, [0]), ("flip", x, [0, -1]),
        ("flip", x, [0, 0]), ("flip", s, []),
        ("fliplr", m), ("flipud", m), ("roll", x, 1, 0), ("roll", x, [1, -1], [0, 2]), ("roll", x, 5),
        ("roll", x, 1, 3), ("rot90", m),
        ("tril", m), ("tril", x, -1), ("tril", m, 5), ("triu", m), ("triu", x, 1), ("triu", m, -5), ("tril", m[0]),
        ("cat", [m, m], 0), ("cat", [m, m, m], -1), ("cat", [m, e], 0), ("cat", [torch.empty(0), m], 1),
        ("cat", [m, xt], 0), ("cat", [m, m.t()], 0),
        ("cat", [s, s], 0), ("cat", [], 0), ("cat", [m, m], 2), ("cat", [m.to(torch.int32), m], 0),
        ("cat", [xt, xt], 1), ("cat", [m.t(), m.t()], 0),
        ("stack", [m, m], 0), ("stack", [m, m], -1), ("stack", [s, s], 0), ("stack", [m, m[0]], 0), ("stack", [], 0),
        ("stack", [m, m], 3),
        ("hstack", [m, m]), ("vstack", [m, m[0]]), ("hstack", [s, s]),
        ("unfold", x, 2, 2, 1), ("unfold", m, 1, 2, 2), ("unfold", m, 1, 4, 1), ("meshgrid", [m[0], m[:, 0]]),
        ("broadcast_to", m[0], [2, 3]), ("broadcast_tensors", [m, m[0], s]),
        ("to_channels_last", torch.arange(24.0).reshape(1, 2, 3, 4)), ("to_channels_last", x),
        ("reshape_as", xt, x), ("ravel", xt), ("swapdims", x, 0, -1), ("mT", x), ("expand_as", m[0], m),
        ("split_with_sizes", x, [1, 3], 2), ("concat", [m, m], 1), ("diag_embed", m), ("diag_embed", m, 1, 0, 1),
        ("constant_pad_nd", m, [1, 2], 0.5), ("constant_pad_nd", x, [1, 0, 0, 1], 0),
        ("constant_pad_nd", x, [-1, -1, 1, 1], 2), ("constant_pad_nd", m, [1], 0),
    ]
    for op, *args in table:
        tensors = [t for a in args for t in (a if isinstance(a, list) else [a]) if isinstance(t, torch.Tensor)]
        second = bool(tensors) and all(t.dtype is torch.float64 for t in tensors)
        g.case(op, *args, second=second)
    index = g.let("index", torch.tensor([[0, 2, 1], [1, 0, 0]]))
    rows = g.let("rows", torch.tensor([1, 0, 1]))
    src = g.let("src", torch.arange(10, 16, dtype=torch.float64).reshape(2, 3))
    mask = g.let("mask", torch.tensor([[True, False, True], [False, False, True]]))
    more = [
        ("index_select", m, 0, rows), ("index_select", x, -1, torch.tensor([3, 0], dtype=torch.int32)),
        ("index_select", s, 0, torch.tensor([0])),
        ("index_select", m, 0, torch.tensor([2])), ("index_select", m, 0, torch.tensor([-1])),
        ("index_select", m, 0, index),
        ("gather", m, 1, index), ("gather", m, 0, torch.tensor([[1, 0, 1]])), ("gather", m, 1, torch.tensor([[3]])),
        ("gather", m, 0, rows),
        ("gather", s, 0, torch.tensor(0)), ("gather", m, 1, index.to(torch.int32)), ("scatter", m, 1, index, src),
        ("scatter", m, 1, index[:, :2], 7.5),
        ("scatter", m, 1, torch.tensor([[5]]), src), ("scatter_add", m, 1, index, src),
        ("scatter_add", m, 0, torch.tensor([[0, 0, 1]]), src[:1]),
        ("index_add", m, 0, rows, torch.ones(3, 3, dtype=torch.float64)),
        ("index_copy", m, 1, torch.tensor([2, 0]), src[:, :2]),
        ("index_fill", m, 1, torch.tensor([0, 2]), 9.0), ("masked_fill", m, mask, 9.0), ("masked_fill", m, mask, s),
        ("masked_fill", m[0], mask, 9.0),
        ("masked_fill", m, mask.to(torch.uint8), 9.0), ("masked_select", m, mask), ("masked_select", m[0], mask),
        ("masked_scatter", m, mask, src),
        ("take", m, torch.tensor([5, 0, -1])), ("take_along_dim", m, index, 1), ("nonzero", mask), ("argwhere", mask),
        ("where", mask),
        ("embedding", src, index.clamp(0, 1)), ("one_hot", torch.tensor([0, 2, 1]), 4), ("tril_indices", 3, 3),
        ("repeat_interleave", m, torch.tensor([1, 2]), 0),
    ]
    for op, *args in more:
        g.case(op, *args, dense=op in ("nonzero", "argwhere", "where"),
               second=op not in ("one_hot", "tril_indices", "nonzero", "argwhere", "where"))
    for op, *args in [("index_add_", m, 0, rows, torch.ones(3, 3, dtype=torch.float64)), ("scatter_", m, 1, index, src),
                      ("scatter_add_", m, 1, index, src),
                      ("masked_fill_", m, mask, 9.0), ("index_fill_", m, 0, torch.tensor([1]), 5.0),
                      ("index_copy_", m, 0, torch.tensor([1]), src[:1]),
                      ("masked_scatter_", m, mask, src), ("fill_", m, 3.0), ("zero_", m), ("copy_", m, src[0]),
                      ("tril_", m), ("triu_", m, 1), ("fill_diagonal_", m, 5.0),
                      ("fill_diagonal_", m.t().contiguous(), 5.0, True), ("transpose_", m, 0, 1), ("t_", m),
                      ("unsqueeze_", m, 0),
                      ("squeeze_", torch.ones(1, 2))]:
        g.case(op, *args, grad=op not in ("t_", "transpose_"))


def make_creation(g):
    for args in [(0, 5, 1), (1, 2, 0.25), (5, 0, -2), (0, 1, 0.3), (0, 0, 1), (2.0, 3.0, 0.5), (-3, 3, 2), (5, 0, 1),
                 (0, 5, 0), (0, 5, -1), (nan, 1, 1), (0, inf, 1)]:
        g.case("arange", *args)
    g.case("arange", 0, 3, 1, torch.float16)
    g.case("arange", 0, 300, 100, torch.uint8)
    for end in [4, 4.5, 0]:
        g.case("arange", end)
    for args in [(0, 1, 5), (0, 1, 1), (3, -3, 4), (0, 1, 0), (0, 10, 4), (0, 1, -1), (0.1, 0.7, 7),
                 (0, 10, 4, torch.int64), (0, 1, 3, torch.float64)]:
        g.case("linspace", *args)
    g.case("logspace", 0, 2, 3)
    for value in [3, 2.5, True]:
        g.case("full", [2, 2], value)
    for args in [(3,), (2, 3), (0,), (-1,)]:
        g.case("eye", *args)
    g.case("zeros", [2, 0])
    g.case("ones", [2], torch.int16)
    g.case("triu_indices", 3, 4, 1)
    base = torch.arange(6, dtype=torch.float32).reshape(2, 3)
    for t in [base.t(), base[:, ::2], base[:1].expand(4, 3), base.to(torch.int16)]:
        g.case("ones_like", t)
        g.case("zeros_like", t)
        g.case("new_ones", t, [2])
        g.case("new_full", t, [2], 7)
        g.case("full_like", t, 3)


def make_linalg(g):
    torch.manual_seed(0)

    def t(*shape):
        return (torch.rand(shape, dtype=torch.float64) * 64 - 32).round() / 16

    shapes = {"v2": (2,), "v3": (3,), "m23": (2, 3), "m32": (3, 2), "m22": (2, 2), "b223": (2, 2, 3), "b232": (2, 3, 2),
              "c2132": (2, 1, 3, 2), "e03": (0, 3), "e30": (3, 0)}
    v = {name: g.let(name, t(*shape)) for name, shape in shapes.items()}
    for a, b in itertools.product(shapes, shapes):
        fits = shapes[a][-1] == shapes[b][max(len(shapes[b]) - 2, 0)]
        g.case("matmul", v[a], v[b], second=fits and len(shapes[a]) + len(shapes[b]) < 7)
    for op, *names in [("mm", "m23", "m32"), ("mm", "m23", "m23"), ("mm", "v3", "m32"), ("mm", "e03", "m32"),
                       ("mm", "m23", "e30"), ("mm", "e30", "e03"), ("bmm", "b223", "b232"),
                       ("bmm", "b223", "b223"), ("bmm", "m23", "b232"), ("mv", "m23", "v3"), ("mv", "m23", "v2"),
                       ("dot", "v3", "v3"), ("dot", "v3", "v2"),
                       ("dot", "m23", "v3"), ("outer", "v2", "v3"), ("outer", "m23", "v3"),
                       ("addmm", "m22", "m23", "m32"),
                       ("addmm", "v2", "m23", "m32"), ("addmm", "v3", "m23", "m32"), ("addmm", "m22", "m23", "m23"),
                       ("addmv", "v2", "m23", "v3"),
                       ("baddbmm", "m22", "b223", "b232"), ("addr", "m23", "v2", "v3")]:
        g.case(op, *[v[n] for n in names], second=True, ulp=64)
    for op, *names in [("addmm", "m22", "m23", "m32"), ("baddbmm", "m22", "b223", "b232"),
                       ("addmv", "v2", "m23", "v3")]:
        for beta, alpha in [(0, 1), (0.5, 2.0)]:
            g.case(op, *[v[n] for n in names], beta, alpha)
    for op, *names in [("vdot", "v3", "v3"), ("ger", "v2", "v3")]:
        g.case(op, *[v[n] for n in names], second=True)
    for op, *names in [("addmm_", "m22", "m23", "m32"), ("addmv_", "v2", "m23", "v3"), ("addr_", "m23", "v2", "v3")]:
        g.case(op, *[v[n] for n in names], 0.5, 2.0, grad=True)
    g.case("baddbmm_", torch.ones(2, 2, 2, dtype=torch.float64), v["b223"], v["b232"], 0.5, 2.0, grad=True)
    g.case("bilinear", v["m22"], v["m23"], t(4, 2, 3), t(4), second=True, ulp=64)
    g.case("addmm", torch.full((2, 2), nan), torch.ones(2, 3), torch.ones(3, 2), 0, 1)
    for equation, *names in [("ij,jk->ik", "m23", "m32"), ("ij,jk", "m23", "m32"), ("ii->i", "m22"), ("ii", "m22"),
                             ("i,j->ij", "v2", "v3"), ("bij,bjk->bik", "b223", "b232"),
                             ("...ij,...jk->...ik", "b223", "m32"), ("ij->ji", "m23"), ("ij->", "m23"),
                             ("bij,kj->bik", "b223", "m23"), ("ij,ij->i", "m23", "m23"),
                             ("ij,jk,kl->il", "m23", "m32", "m23"),
                             ("i,i", "v3", "v3"), ("ij,k->ijk", "m22", "v3"), ("ab,cb->ac", "m23", "m23"),
                             ("bij->bj", "b223"), ("ij,jk->ik", "m23", "m23"), ("ij,jk->iz", "m23", "m32"),
                             ("ijk->i", "m23")]:
        g.case("einsum", equation, [v[n] for n in names], second=True)
    g.case("tensordot", v["b223"], v["m32"], [2], [0], second=True)
    g.case("linear", v["m23"], t(4, 3), t(4), second=True)
    g.case("linear", v["b223"], t(4, 3), second=True)
    g.case("linear", v["v3"], t(4, 3), t(4))
    g.case("linear", v["m23"], t(4, 2), t(4))
    g.case("linear", v["m23"], t(3))
    g.case("cosine_similarity", v["m23"], t(2, 3), 1, second=True, ulp=64)
    g.case("pairwise_distance", v["m23"], t(2, 3), ulp=64)
    for dtype in ["float32", "float16", "bfloat16", "int64", "int32", "uint8"]:
        a, b = [(x.abs() if dtype == "uint8" else x).to(DTYPES[dtype]) for x in (v["m23"], v["m32"])]
        g.case("mm", a, b)
        g.case("matmul", a, b[:, 0])
        g.case("matmul", a.t(), a)
        g.case("matmul", a, a.t())
    g.case("mm", v["m23"].float(), v["m32"])
    g.case("mm", torch.ones(2, 2, dtype=torch.bool), torch.ones(2, 2, dtype=torch.bool))
    g.case("mm", v["b223"][0].t().contiguous().t(), v["b232"][:, :, 0].t())


if __name__ == "__main__":
    for name, makers in {"elementwise": [make_unary, make_binary], "reduction": [make_reductions],
                         "shape": [make_shapes],
                         "creation": [make_creation], "linalg": [make_linalg]}.items():
        golden = Golden(name, __file__)
        for make in makers:
            make(golden)
        golden.write()
