"""Result dtypes for every pair of dtypes and kind of operand, in place and out of place, and for every unary op and reduction.

A row holds one matrix, shared by all of its `ops`: `result[left]` lists, for each right dtype in the header's order, the dtype of
the result; `E3` is error number 3 of the header, `N5` the same where PyTorch merely has no kernel for that dtype.
"""

import json

import torch

from golden import DTYPES, Golden, dtype_name, error_text

CODES = dict(zip(DTYPES, "u8 i8 i16 i32 i64 u16 f16 bf16 f32 f64 b".split()))
KINDS = {  # shape of the operand, or the Python type of a Scalar
    "tensor": lambda dtype: torch.ones(2, dtype=dtype),
    "zero_dim": lambda dtype: torch.ones((), dtype=dtype),
}
SCALARS = {"bool": True, "int": 1, "float": 1.0}

BINARY = """add sub rsub mul div floor_divide remainder fmod pow atan2 maximum minimum bitwise_and bitwise_or bitwise_xor
bitwise_left_shift bitwise_right_shift logical_and logical_or logical_xor eq ne lt le gt ge hypot copysign xlogy logaddexp fmax
true_divide""".split()
IN_PLACE = "add_ sub_ mul_ div_ floor_divide_ remainder_ pow_ bitwise_and_ eq_ lt_ logical_and_ copy_ masked_fill_ fill_".split()
MORE = {  # ops whose two operands are not simply the arguments
    "where": lambda a, b: torch.where(torch.ones(2, dtype=torch.bool), a, b),
    "cat": lambda a, b: torch.cat([a, b]),
    "stack": lambda a, b: torch.stack([a, b]),
    "lerp": lambda a, b: torch.lerp(a, b, 0.5),
    "addcmul": lambda a, b: torch.addcmul(a, b, b),
    "dot": torch.dot,
    "mm": lambda a, b: torch.mm(a[None], b[:, None]),
    "matmul": torch.matmul,
    "result_type": lambda a, b: torch.empty(0, dtype=torch.result_type(a, b)),
    "clamp_min": torch.clamp_min,
    "allclose": lambda a, b: torch.empty(0, dtype=torch.bool) if torch.allclose(a, b) else None,
    "index_add": lambda a, b: torch.index_add(a, 0, torch.tensor([0, 1]), b),
    "index_copy": lambda a, b: torch.index_copy(a, 0, torch.tensor([0, 1]), b),
    "scatter": lambda a, b: torch.scatter(a, 0, torch.tensor([0, 1]), b),
    "gather": lambda a, b: torch.gather(a, 0, (b - b if b.dtype is not torch.bool else b)),
    "index_select": lambda a, b: torch.index_select(a, 0, b),
    "masked_fill_tensor": lambda a, b: a.masked_fill(torch.tensor([True, False]), b),
    "masked_select": torch.masked_select,
    "index_put": lambda a, b: torch.index_put(a, (torch.tensor([0, 1]),), b),
    "floor_div_mode": lambda a, b: torch.div(a, b, rounding_mode="floor"),
    "trunc_div_mode": lambda a, b: torch.div(a, b, rounding_mode="trunc"),
}
MORE_IN_PLACE = {
    "masked_fill_": lambda a, b: a.masked_fill_(torch.tensor([True, False]), b),
    "div_floor_": lambda a, b: a.div_(b, rounding_mode="floor"),
}
BOTH_KINDS = {"where", "cat", "result_type", "index_put", "index_add", "masked_fill_tensor", "clamp_min", "lerp"}
TENSOR_ONLY = {"cat", "stack"}
SCALAR_TOO = {"where", "result_type", "clamp_min"}

UNARY = """abs neg sign sgn exp exp2 expm1 log log2 log10 log1p sqrt rsqrt square sin cos tan asin acos atan sinh cosh tanh asinh acosh
atanh erf erfc erfinv ceil floor round trunc frac reciprocal sigmoid relu logical_not bitwise_not isnan isinf isfinite positive
signbit lgamma digamma nan_to_num deg2rad relu6 selu elu celu gelu silu mish softplus softsign tanhshrink hardtanh hardswish
hardsigmoid hardshrink softshrink logsigmoid leaky_relu""".split()
REDUCTIONS = {
    **{name: getattr(torch, name) for name in "sum mean prod std var max min amax amin argmax argmin all any norm median".split()},
    **{name: getattr(torch, name) for name in "nansum count_nonzero unique sort argsort nonzero trace".split() if name != "trace"},
    **{name + "_dim": (lambda f: lambda x: f(x, 0))(getattr(torch, name))
       for name in "sum mean prod std var max min amax amin argmax all any cumsum cumprod logsumexp softmax median".split()},
    "trace": lambda x: torch.trace(x[None]),
    "topk": lambda x: torch.topk(x, 1),
    "norm1": lambda x: torch.norm(x, 1, 0),
    "cummax": lambda x: torch.cummax(x, 0),
    "log_softmax": lambda x: torch.log_softmax(x, 0),
    "bincount": torch.bincount,
    "diff": torch.diff,
    "kthvalue": lambda x: torch.kthvalue(x, 1),
    "logcumsumexp": lambda x: torch.logcumsumexp(x, 0),
    "tril": lambda x: torch.tril(x[None]),
    "flip": lambda x: torch.flip(x, [0]),
    "roll": lambda x: torch.roll(x, 1),
    "linalg_vector_norm": torch.linalg.vector_norm,
    "sum_float64": lambda x: torch.sum(x, dtype=torch.float64),
    "sum_int32": lambda x: torch.sum(x, dtype=torch.int32),
    "mean_float32": lambda x: torch.mean(x, dtype=torch.float32),
    "softmax_float32": lambda x: torch.softmax(x, 0, dtype=torch.float32),
}

class Matrix(Golden):
    def __init__(self, name):
        super().__init__(name, __file__)
        self.errors = {}
        self.matrices = {}

    def answer(self, function, *args):
        """The dtypes of the results, or the number of the error."""
        try:
            out = function(*args)
        except Exception as error:
            kind, text = error_text(error)
            number = self.errors.setdefault((kind, text), len(self.errors))
            return ("N" if kind == "NotImplementedError" else "E") + str(number)
        out = out if isinstance(out, tuple) else (out,)
        return "+".join(CODES[dtype_name(t.dtype)] for t in out)

    def matrix(self, op, left, right, result):
        self.matrices.setdefault((left, right, json.dumps(result)), []).append(op)

    def write(self):
        for (left, right, result), ops in self.matrices.items():
            self.add({"ops": ops, "left": left, "right": right, "result": json.loads(result)})
        self.header["dtypes"] = {code: name for name, code in CODES.items()}
        self.header["errors"] = [list(e) for e in self.errors]
        super().write()


def pairs(golden, op, function, left_kinds, right_kinds, scalar_right, scalar_left):
    for left in left_kinds:
        for right in right_kinds:
            rows = {a: " ".join(golden.answer(function, KINDS[left](da), KINDS[right](db)) for db in DTYPES.values())
                    for a, da in DTYPES.items()}
            golden.matrix(op, left, right, rows)
        if scalar_right:
            rows = {a: " ".join(golden.answer(function, KINDS[left](da), s) for s in SCALARS.values())
                    for a, da in DTYPES.items()}
            golden.matrix(op, left, "scalar", rows)
    if scalar_left:
        for right in right_kinds:
            rows = {a: " ".join(golden.answer(function, s, KINDS[right](db)) for db in DTYPES.values())
                    for a, s in SCALARS.items()}
            golden.matrix(op, "scalar", right, rows)


def make_pairs():
    golden = Matrix("promotion")
    for op in BINARY:
        # Ops of one class agree about kinds: the full product of kinds for the arithmetic, tensor-tensor for the rest.
        kinds = list(KINDS)
        pairs(golden, op, getattr(torch, op), kinds, kinds, op not in ("atan2", "maximum", "minimum", "hypot", "logaddexp",
              "logical_and", "logical_or", "logical_xor", "fmax"), op in ("remainder", "pow", "xlogy", "bitwise_and"))
    for op, function in MORE.items():
        kinds = list(KINDS) if op in BOTH_KINDS else ["tensor"]
        pairs(golden, op, function, ["tensor"] if op in TENSOR_ONLY else kinds, ["tensor"] if op in TENSOR_ONLY else kinds,
              op in SCALAR_TOO, op in ("where", "result_type"))
    for op in [*IN_PLACE, *MORE_IN_PLACE]:
        function = MORE_IN_PLACE.get(op) or getattr(torch.Tensor, op)
        right = ["zero_dim"] if op in ("fill_", "masked_fill_") else list(KINDS)
        pairs(golden, op, function, ["tensor"], right, op != "copy_", False)
    golden.write()


def row(golden, op, function):
    golden.matrix(op, "tensor", None, " ".join(golden.answer(function, torch.ones(2, dtype=d)) for d in DTYPES.values()))


def make_unary():
    golden = Matrix("unary_dtypes")
    functions = {op: golden.resolve(op) for op in UNARY} | REDUCTIONS
    for op, function in functions.items():
        row(golden, op, function)
    for op in UNARY:
        if hasattr(torch.Tensor, op + "_"):
            row(golden, op + "_", getattr(torch.Tensor, op + "_"))
    golden.write()


if __name__ == "__main__":
    make_pairs()
    make_unary()
