"""Small programs that mix views, in-place writes and backward: the values, versions, grad_fn names and gradients that
they leave, or the error that they end with.

A program is a list of statements split by `; `: `y = mul x 2`, `a,b = split x 1`, `add_ y 1`. Arguments are
variables, JSON values or dtypes; `x` is the leaf of the row. Besides ops there are
  backward y [retain]     y.backward(weights(y)), weights as in golden.py
  g = grad y x [create]   autograd.grad(y, x, weights(y))
  no_grad / enable_grad / inference / end   open and close a guard
  leaf y                  y.requires_grad_()
  set, at, tensor         x[...] = v, x[...], torch.tensor
"""

import contextlib
import json

import torch

from golden import Golden, error_text, tensor_text, weights
from ops import call

GUARDS = {"no_grad": torch.no_grad, "enable_grad": torch.enable_grad, "inference": torch.inference_mode}
OPS = {  # what only programs need
    "set": lambda x, *index_and_value: x.__setitem__(tuple(index_and_value[:-1]), index_and_value[-1]),
    "at": lambda x, *index: x[tuple(index)],
    "leaf": lambda x, on=True: x.requires_grad_(on),
    "tensor": lambda data, dtype=None: torch.tensor(data, dtype=dtype),
}
ACTIVATIONS = """relu relu6 leaky_relu elu selu celu gelu silu mish sigmoid tanh softplus softsign tanhshrink hardtanh
hardswish hardsigmoid hardshrink softshrink logsigmoid""".split()
WITH_ARGUMENTS = {"threshold": " 0.1 20", "rrelu": "", "softmax": " 0", "log_softmax": " 0", "softmin": " 0",
                  "glu": " 0", "prelu": " slope"}
SAVE_RESULT = "relu6 leaky_relu elu selu celu hardtanh".split()  # where PyTorch saves the input and raises
IN_PLACE = """relu_ relu6_ leaky_relu_ elu_ selu_ celu_ silu_ mish_ sigmoid_ tanh_ hardtanh_ hardswish_ hardsigmoid_
threshold_ rrelu_""".split()
UNARY = """abs neg exp expm1 log sqrt rsqrt square sin cos tan asin atan sinh erf erfc reciprocal ceil round sign frac
log1p exp2 sum mean prod amax clone contiguous""".split()
HINT = " Hint: enable anomaly detection"  # left out of all errors but one, for they are long
FULL = "y = exp x; add_ y 1; zero_ y; backward y"
X = "float64[2,3] 0.5 -1.25 0.75 2 -0.25 0.125"


def execute(statement, names, guards):
    target, _, text = statement.rpartition(" = ")
    op, *words = text.split()
    if op in GUARDS:
        return guards.append(contextlib.ExitStack()) or guards[-1].enter_context(GUARDS[op]())
    if op == "end":
        return guards.pop().close()
    if op == "backward":
        y = names[words[0]]
        return y.backward(weights(y), retain_graph="retain" in words)
    if op == "backward0":
        return names[words[0]].backward()
    if op == "grad":
        y, x = names[words[0]], names[words[1]]
        create, unused = "create" in words, "unused" in words
        result = torch.autograd.grad(y, x, weights(y), create_graph=create, allow_unused=unused)[0]
    else:
        result = call(text, names, OPS)
    parts = target.split(",") if target else []
    for name, value in zip(parts, result if len(parts) > 1 else [result]):
        names[name] = value


def state(t):
    """What is worth knowing of a variable at the end; a leaf that was never written keeps its value."""
    row = {"version": -1 if t.is_inference() else t._version}
    if row["version"] or not t.requires_grad or not t.is_leaf:
        row["value"] = tensor_text(t)
    try:
        row["leaf"] = t.is_leaf
    except RuntimeError as error:  # asking a view for its graph may be what fails
        return row | {"error": error_text(error)}
    if t.requires_grad:
        row["grad_fn"] = None if t.grad_fn is None else t.grad_fn.name()
    if (t.is_leaf or t.retains_grad) and t.grad is not None:
        row["grad"] = tensor_text(t.grad)
    return row


def program(golden, text, x=X, run=None):
    """Adds a row; `run` is what PyTorch runs in place of the text."""
    dtype, values = x.split("[")[0], [float(v) for v in x.split()[1:]]
    sizes = json.loads("[" + x.split("[")[1].split("]")[0] + "]")
    names = {"x": torch.tensor(values, dtype=getattr(torch, dtype)).reshape(sizes).clone().requires_grad_()}
    row, guards = {"x": "$x" if x == X else x, "program": text}, []
    for i, statement in enumerate((run or text).split("; ")):
        try:
            execute(statement, names, guards)
        except Exception as error:
            kind, message = error_text(error)
            for rest in [HINT, " If you are using DistributedDataParallel"]:
                message = message.split(rest)[0] + "*" if rest in message and text != FULL else message
            row |= {"at": i, "error": [kind, message]}
            break
    while guards:
        guards.pop().close()
    if "error" not in row:
        row["end"] = {name: state(t) for name, t in names.items() if isinstance(t, torch.Tensor) and name != "copy"}
    golden.add(row)


VIEWS = """view [6]; view [3,2]; transpose 0 1; select 0 0; slice 1 0 2; narrow 1 1 2; unsqueeze 0; expand [2,2,3];
diagonal; t; squeeze; reshape [6]; flatten; permute [1,0]; as_strided [2] [1]; detach; view_as x; unfold 1 2 2;
movedim 0 1""".replace("\n", " ").split("; ")

PROGRAMS = """
add_ x 1
v = view x [6]; add_ v 1
set x 0 1.5
no_grad; add_ x 1; end; y = mul x 2; backward y
no_grad; set x 0 1.5; end; y = mul x x; backward y
y = mul x 2; v = view y [6]; mul_ v 3; backward y
y = mul x 2; v = view y [6]; mul_ y 3; backward v
y = mul x 2; v = view y [6]; mul_ v 3; mul_ y 2; backward v
y = mul x 2; v = view y [6]; w = slice v 0 1 3; mul_ w 5; backward y
y = mul x 2; v = view y [6]; w = slice v 0 1 3; mul_ w 5; backward v
y = mul x 2; v = view y [6]; w = slice v 0 1 3; mul_ y 5; backward w
y = mul x 2; v = select y 0 0; w = select y 0 1; mul_ v 5; backward w
y = mul x 2; v = select y 0 0; w = select y 0 1; mul_ v w; backward y
y = mul x 2; v = select y 0 0; copy_ v x
y = mul x 2; v = select y 0 0; w = select x 0 1; copy_ v w; backward y
y = zeros [2,3] float64; v = select y 0 0; w = select x 0 1; copy_ v w; backward y
y = zeros [2,3] float64; v = view y [6]; w = view x [6]; add_ v w; backward y
y = zeros [2,3] float64; add_ y x; backward y
y = zeros [2,3] float64; set y 0 1 3.5; add_ y x; backward y
y = mul x 2; set y 0 7.0; backward y
y = mul x 2; s = sum x; set y 0 1 s; backward y
y = mul x 2; mul_ y y; backward y
y = mul x 2; z = mul y y; add_ y 1; backward z
y = mul x 2; z = mul y 3; add_ y 1; backward z
y = mul x 2; z = add y y; add_ y 1; backward z
y = exp x; z = mul y 2; add_ y 1; backward z
y = exp x; v = view y [6]; add_ v 1; backward y
y = exp x; d = detach y; add_ d 1; backward y
y = exp x; d = data y; add_ d 1; backward y
y = exp x; no_grad; add_ y 1; end; backward y
y = exp x; c = clone y; add_ c 1; backward y
y = exp x; add_ y 1; zero_ y; backward y
y = mul x 2; zero_ y; backward y
y = mul x 2; fill_ y 3; add_ y x; backward y
y = mul x 2; fill_ y 3
y = mul x 2; s = sum x; fill_ y s; backward y
y = mul x 2; copy_ y y; backward y
copy_ x x
y = mul x 2; no_grad; v = view y [6]; end; w = slice v 0 1 3; mul_ w 2
y = mul x 2; detach_ y; z = add y x; backward z
y = mul x 2; v = view y [6]; detach_ v
y = mul x 2; z = detach y; leaf z; w = mul z x; backward w
a,b = unbind x 0; mul_ a 2
y = mul x 2; a,b = unbind y 0; mul_ a 2
y = mul x 2; a,b = unbind y 0; z = add a b; backward z
y = mul x 2; a,b = split y 1 0; mul_ a 2
y = mul x 2; a,b = chunk y 2 0; mul_ b 2
y = mul x 2; a,b = split y [1,1] 0; mul_ a 2
y = mul x 2; a,b = unbind y 0; mul_ y 3; backward a
y = mul x 2; a,b = unbind y 0; mul_ y 3; z = sum a; backward z
y = mul x 2; a,b = split y 1 0; mul_ y 3; z = add a b; backward z
y = zeros [2,3] float64; a,b = unbind y 0; mul_ a 2
y = zeros [2,3] float64; a,b = unbind y 0; w = select x 0 0; mul_ a w
no_grad; a,b = unbind x 0; end; mul_ a 2
y = mul x 2; no_grad; v = view y [6]; end; mul_ v 2
y = mul x 2; no_grad; v = view y [6]; mul_ v 2; end; backward y
no_grad; y = mul x 2; v = view y [6]; end; mul_ v 2
no_grad; y = mul x 2; v = view y [6]; end; w = view x [6]; mul_ v w
y = mul x 2; no_grad; v = view y [6]; end; mul_ y 2; backward y
no_grad; v = view x [6]; end; z = mul v 2
y = mul x 2; v = view y [6]; no_grad; mul_ y 2; end; backward v
y = mul x 2; z = mul y y; no_grad; mul_ y 2; end; backward z
y = exp x; v = view y [6]; no_grad; mul_ v 2; end; backward y
y = mul x 2; d = detach y; mul_ d 3; backward y
y = mul x x; d = detach x; add_ d 1; backward y
y = mul x x; d = data x; add_ d 1; backward y
d = detach x; add_ d 1; mul_ d 2; y = mul x 1
y = mul x 2; e = expand x [2,2,3]; backward e
y = mul x 2; e = expand y [2,2,3]; add_ e 1
y = mul x 2; e = expand y [2,2,3]; z = sum e; backward z
y = mul x 2; e = expand y [2,2,3]; mul_ y 3; backward e
y = mul x 2; t = transpose y 0 1; mul_ t 3; backward y
y = mul x 2; transpose_ y 0 1; backward y
y = mul x 2; t_ y; mul_ y 3; backward y
y = mul x 2; unsqueeze_ y 0; backward y
y = mul x 2; v = view y [6]; unsqueeze_ v 0; mul_ v 2; backward y
y = mul x 2; d = diagonal y; mul_ d 3; backward y
y = mul x 2; s = as_strided y [2] [2] 1; mul_ s 3; backward y
y = mul x 2; u = unfold y 1 2 1; backward u
y = mul x 2; i = at y 0; mul_ i 3; backward y
y = mul x 2; i = at y 0; add_ y 1; backward i
y = mul x 2; r = reshape y [3,2]; mul_ r 3; backward y
y = mul x 2; t = transpose y 0 1; r = reshape t [6]; mul_ r 3; backward y
y = mul x 2; t = transpose y 0 1; c = contiguous t; mul_ c 3; backward y
y = mul x 2; f = flatten y; mul_ f 3; backward y
y = mul x 2; backward0 y
y = sum x; backward0 y; backward0 y
y = exp x; z = sum y; backward0 z; backward0 z
y = exp x; backward y; z = mul y 2; backward z
y = add x x; backward y; backward y
y = mul x x; backward y; backward y
y = mul x x; backward y retain; backward y
y = mul x 2; retain_grad y; z = mul y y; backward z
y = mul x 2; retain_grad y; mul_ y 3; backward y
y = mul x 2; retain_grad y; v = view y [6]; mul_ v 3; backward y
y = mul x 2; retain_grad y; z = exp y; add_ y 1; backward y
y = mul x 2; leaf y false
y = zeros [2] int64; leaf y
y = zeros [2] float64; backward y
y = zeros [2] float64; retain_grad y
y = zeros [2] float64; leaf y; leaf y false; z = mul y 2
g = grad x x
y = mul x 2; g = grad y x
y = mul x 2; z = zeros [2] float64; leaf z; g = grad y z
y = mul x 2; z = zeros [2] float64; leaf z; g = grad y z unused
y = exp x; g = grad y x create; h = grad g x
y = exp x; g = grad y x; h = grad g x
y = pow x 3; g = grad y x create; h = grad g x create; i = grad h x
y = mul x x; g = grad y x create; add_ g 1; h = grad g x
y = exp x; g = grad y x create; add_ y 1; h = grad g x
y = sigmoid x; g = grad y x create; h = grad g x create
y = mul x 2; v = view y [6]; mul_ v 3; g = grad y x create; h = mul g x; backward h
y = exp x; z = mul y y; g = grad z y create; h = grad g x
inference; y = mul x 2; end; add_ y 1
inference; y = mul x 2; end; z = mul y x
inference; y = mul x 2; end; z = add y x; backward z
inference; y = mul x 2; add_ y 1; v = view y [6]; end; w = view y [3,2]
inference; y = zeros [2] float64; end; leaf y
inference; y = zeros [2] float64; end; z = mul y 2; leaf z; w = mul z 3; backward w
inference; y = zeros [2,3] float64; end; c = mul y 2; add_ c x; backward c
no_grad; y = mul x 2; enable_grad; z = mul x 3; end; w = mul x 4; end; backward z
y = mul x 2; m = ge y 0; n = neg y; z = where m y n; backward z
y = clamp x -0.5 1; add_ y 1; backward y
y = mul x 2; clamp_ y -0.5 1; backward y
y = mul x 2; z = sigmoid y; add_ z 1; backward z
y = mul x 2; z = add y 1; z2 = sigmoid z; add_ z 1; backward z2
y = mul x 2; z = pow y 2; add_ y 1; backward z
y = mul x 2; z = div y y; add_ y 1; backward z
y = mul x 2; m = gt y 0; masked_fill_ y m 5; backward y
y = mul x 2; m = gt x 0; z = masked_fill y m 5; add_ y 1; backward z
y = mul x 2; m = gt x 0; z = masked_select y m; backward z
y = mul x 2; i = tensor [0,2]; z = index_select y 1 i; add_ y 1; backward z
y = mul x 2; t = t y; z = mm y t; add_ y 1; backward z
t = t x; z = mm x t; backward z
y = mul x 2; t = t x; z = mm y t; add_ z 1; backward z
y = cat [x,x] 0; add_ y 1; backward y
y = mul x 2; s = select y 0 0; n = sum s; mul_ y 2; backward n
y = mul x 2; s,i = sort y 1; z = at s 0 0; backward z
y = mul x 2; v = view y [6]; a,b = split v [2,4] 0; mul_ v 2; backward y
y = mul x 2; v = view y [6]; w = view v [3,2]; z = view w [2,3]; mul_ w 2; mul_ z 3; mul_ v 5; backward y
y = mul x 2; v = view y [6]; w = exp v; mul_ y 2; backward w
y = mul x 2; v = view y [6]; w = exp v; mul_ w 2; backward w
y = mul x 2; v = view y [6]; w = neg v; mul_ y 2; backward w
a = mul x 2; b = select a 0 0; c = select b 0 0; mul_ c 3; mul_ b 5; mul_ a 7; backward a
a = mul x 2; b = select a 0 0; c = select b 0 0; mul_ a 7; mul_ c 3; backward b
a = mul x 2; b = select a 0 0; c = zeros [3] float64; mul_ b c; backward a
a = zeros [2,3] float64; v = select a 0 0; leaf a; mul_ v 2
a = zeros [2,3] float64; v = select a 0 0; w = select x 0 1; add_ v w; u = select a 0 1; add_ u w; backward a
a = zeros [2,3] float64; v = select a 0 0; add_ a x; backward v
a = zeros [2,3] float64; d = detach a; add_ a x; add_ d 1; backward a
"""


def make(golden):
    golden.header["inputs"] = {"x": X}
    for text in PROGRAMS.strip().split("\n"):
        program(golden, text)
    for view in VIEWS:
        program(golden, f"v = {view.replace(' ', ' x ', 1) if ' ' in view else view + ' x'}; backward v")
        on_y = view.replace(" ", " y ", 1) if " " in view else view + " y"
        program(golden, f"y = mul x 2; v = {on_y}; mul_ v 3; z = mul y 2; backward z")
        program(golden, f"y = mul x 2; v = {on_y}; mul_ y 3; backward v")
        program(golden, f"no_grad; v = {on_y.replace(' y', ' x', 1)}; end; mul_ v 3")
    even = "float64[2,2] 0.5 -1.25 0.75 2"
    for op, more in ({name: "" for name in ACTIVATIONS} | WITH_ARGUMENTS).items():
        # PyTorch's slope of hardsigmoid is 1/6 in float32, even for float64.
        x = even if op == "glu" else X.replace("float64", "float32") if op == "hardsigmoid" else X
        first = "slope = tensor [0.25] float64; " if op == "prelu" else ""
        program(golden, f"{first}y = {op} x{more}; backward y", x)
        program(golden, f"{first}y = {op} x{more}; add_ y 1; backward y", x)
        if op != "tanhshrink":  # PyTorch saves its tanh(x), Relume x
            text = f"{first}h = mul x 1; y = {op} h{more}; add_ h 1; backward y"
            program(golden, text, x, text.replace(f"{op} h", f"{op} copy").replace("; y", "; copy = clone h; y")
                    if op in SAVE_RESULT else None)
        if op + "_" in IN_PLACE:
            program(golden, f"h = mul x 1; y = {op}_ h{more}; backward h", x)
            program(golden, f"h = mul x 1; {op}_ h{more}; add_ h 1; backward h", x)
            program(golden, f"h = exp x; {op}_ h{more}; backward h", x)
            program(golden, f"{op}_ x{more}", x)
    positive = "float64[2,3] 0.5 0.25 0.75 0.9 0.3 0.125"
    for op in [*UNARY, "cumsum 0", "cumprod 0", "logsumexp 0"]:
        op, _, more = op.partition(" ")
        if op != "cumprod":  # PyTorch saves its result, Relume its input
            program(golden, f"y = {op} x {more}; add_ y 1; backward y".replace(" ;", ";"), positive)
        program(golden, f"h = mul x 1; y = {op} h {more}; add_ h 1; backward y".replace(" ;", ";"), positive)
    for op in ["mul", "div", "pow", "atan2", "maximum", "add", "sub", "remainder", "fmod", "lt"]:
        program(golden, f"h = mul x 1; y = {op} h x; add_ h 1; backward y", positive)
        program(golden, f"h = mul x 1; y = {op} x h; add_ h 1; backward y", positive)
        if op != "pow":  # PyTorch saves its result, Relume the operands
            program(golden, f"h = mul x 1; y = {op} h x; add_ y 1; backward y", positive)


if __name__ == "__main__":
    golden = Golden("autograd", __file__)
    make(golden)
    golden.write()
