"""Result dtypes for every pair of dtypes and kind of operand, in place and out of place, and of unary ops and
reductions.

A row holds one matrix, shared by all of its `calls` (written as in ops.py, of x and y): `result[x]` lists, for each
dtype of y in the header's order, the dtype of the result; `E3` is error number 3 of the header, `N5` the same where
PyTorch merely has no kernel for that dtype; a * in its text stands for the name of a dtype. `x` and `y` say what the
operands are: a tensor of two ones, a 0-dim tensor, or a Scalar (bool, int, float).
"""

import json
import re

import torch

from golden import DTYPES, Golden, dtype_name, error_text
from ops import call

CODES = dict(zip(DTYPES, "u8 i8 i16 i32 i64 u16 f16 bf16 f32 f64 b".split()))
SCALARS = {"bool": True, "int": 1, "float": 1.0}
NAMES = {"rows": torch.tensor([0, 1]), "mask": torch.tensor([True, False])}

TENSORS = "add sub mul div floor_divide remainder fmod bitwise_and bitwise_or bitwise_xor eq ne lt le gt ge".split()
ONLY_TENSORS = "pow maximum minimum fmax atan2 hypot copysign xlogy logical_and logical_or logical_xor".split()
SHIFTS = "bitwise_left_shift bitwise_right_shift".split()
KINDS = ["tensor", "zero_dim"]
TYPE_NAMES = re.compile(r"\b(Byte|Char|Short|Int|Long|UInt16|Half|BFloat16|Float|Double|Bool|c10::\w+|float|double|"
                        r"bool|(unsigned char|signed char|short unsigned int|short int|long int|int)(?! *\d))(?!\w)")
# Calls, and which kinds their operands have: those of x, those of y.
PAIRS = [
    *[(f"{op} x y", KINDS, [*KINDS, "scalar"]) for op in TENSORS],
    *[(f"{op} x y", ["scalar"], KINDS) for op in ["remainder", "pow"]],
    *[(f"{op} x y", KINDS, KINDS) for op in ONLY_TENSORS],
    *[(f"{op} x y", ["tensor"], ["tensor", "scalar"]) for op in SHIFTS],
    ("rsub x y", ["tensor"], ["tensor", "scalar"]), ('div x y "floor"', ["tensor"], ["tensor", "scalar"]),
    ('div x y "trunc"', ["tensor"], ["tensor", "scalar"]),
    ("where mask x y", KINDS, [*KINDS, "scalar"]), ("where mask x y", ["scalar"], [*KINDS, "scalar"]),
    ("clamp_min x y", KINDS, [*KINDS, "scalar"]),
    ("cat [x,y] 0", ["tensor"], ["tensor"]), ("stack [x,y] 0", KINDS[:1], KINDS[:1]), ("lerp x y 0.5", KINDS, KINDS),
    ("addcmul x y y", ["tensor"], ["tensor"]),
    ("dot x y", ["tensor"], ["tensor"]), ("index_add x 0 rows y", ["tensor"], ["tensor"]),
    ("index_copy x 0 rows y", ["tensor"], ["tensor"]),
    ("scatter x 0 rows y", ["tensor"], ["tensor", "scalar"]), ("gather x 0 y", ["tensor"], ["tensor"]),
    ("index_select x 0 y", ["tensor"], ["tensor"]), ("masked_fill x mask y", ["tensor"], ["zero_dim", "scalar"]),
    ("masked_select x y", ["tensor"], ["tensor"]),
    *[(f"{op}_ x y", ["tensor"],
       [*KINDS, "scalar"]) for op in "add sub mul div floor_divide remainder bitwise_and eq lt".split()],
    ('div_ x y "floor"', ["tensor"], ["tensor"]), ("logical_and_ x y", ["tensor"], ["tensor"]),
    ("pow_ x y", ["tensor"], ["tensor"]), ("copy_ x y", ["tensor"], KINDS),
    ("fill_ x y", ["tensor"], ["zero_dim", "scalar"]), ("masked_fill_ x mask y", ["tensor"], ["zero_dim", "scalar"]),
]
UNARY = """abs neg sign sgn exp exp2 expm1 log log2 log10 log1p sqrt rsqrt square sin cos tan asin acos atan sinh cosh
tanh asinh acosh atanh erf erfc erfinv ceil floor round trunc frac reciprocal sigmoid relu logical_not bitwise_not
lgamma digamma nan_to_num relu6 selu elu celu silu mish hardtanh hardswish hardsigmoid leaky_relu""".split()
NOT_IN_PLACE = """isnan isinf isfinite positive softplus softsign tanhshrink hardshrink softshrink logsigmoid
gelu""".split()
REDUCTIONS = """sum mean prod std var max min amax amin argmax argmin all any norm median nansum count_nonzero sort
argsort nonzero bincount""".split()
ALONG = """sum mean prod std var max min amax amin argmax all any cumsum cumprod logsumexp softmax log_softmax median
cummax sort""".split()
MORE = ["topk x 1", "kthvalue x 1", "norm x 1 [0]", "trace m", "tril m", "flip x [0]", "roll x 1", "sum x float64",
        "sum x int32", "mean x float32", "softmax x 0 float32",
        "unique x true true true", "one_hot x"]


class Matrix(Golden):
    def __init__(self, name):
        super().__init__(name, __file__)
        self.errors = {}
        self.matrices = {}

    def answer(self, text, names):
        """The dtypes of the results, or the number of the error."""
        try:
            out = call(text, names | NAMES)
        except Exception as error:
            kind, message = error_text(error)
            message = TYPE_NAMES.sub("*", message) if "y" in names else message
            number = self.errors.setdefault((kind, message), len(self.errors))
            return ("N" if kind == "NotImplementedError" else "E") + str(number)
        out = out if isinstance(out, tuple) else (out,)
        return "+".join(CODES[dtype_name(t.dtype)] for t in out)

    def matrix(self, text, kinds, result):
        self.matrices.setdefault((kinds, json.dumps(result)), []).append(text)

    def write(self):
        for (kinds, result), calls in self.matrices.items():
            self.add({"calls": calls} | dict(zip("xy", kinds)) | {"result": json.loads(result)})
        self.header["dtypes"] = {code: name for name, code in CODES.items()}
        self.header["errors"] = [list(e) for e in self.errors]
        super().write()


def operands(kind):
    """A function that makes the operand, for each dtype or Scalar."""
    if kind == "scalar":
        return {name: lambda s=s: s for name, s in SCALARS.items()}
    return {name: lambda d=d: torch.ones(2 if kind == "tensor" else (), dtype=d) for name, d in DTYPES.items()}


def make_pairs():
    golden = Matrix("promotion")
    for text, lefts, rights in PAIRS:
        for left in lefts:
            for right in rights:
                rows = {a: " ".join(golden.answer(text, {"x": x(), "y": y()}) for y in operands(right).values())
                        for a, x in operands(left).items()}
                golden.matrix(text, (left, right), rows)
    golden.write()


def make_unary():
    golden = Matrix("unary_dtypes")
    calls = [f"{op} x" for op in UNARY + NOT_IN_PLACE + REDUCTIONS] + [f"{op}_ x" for op in UNARY]
    calls += [f"{op} x 0" for op in ALONG] + MORE
    for text in calls:
        answers = [golden.answer(text, {"x": x(), "m": x()[None]}) for x in operands("tensor").values()]
        golden.matrix(text, ("tensor",), " ".join(answers))
    golden.write()


if __name__ == "__main__":
    make_pairs()
    make_unary()
