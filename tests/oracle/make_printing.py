"""Writes goldens/printing.jsonl: tensors made by a formula, and how PyTorch prints them in Python and in C++.

Each line after the header is a case: how the values are made, dtype, sizes, options, and two texts (`python`, `libtorch`).
A text of more than 300 characters is kept as its length and CRC-32. The values come from splitmix64, started at `seed`: each
takes two words x, y. If `special` and y % 8 < 5 it is nan, inf, -inf, 0 or -0; else it is (x % modulus - modulus // 2), or if
the modulus is 0 (x >> 11) * 2**-52 - 1, times scales[(y >> 8) % len(scales)].
"""

import json
import pathlib
import random
import subprocess
import tempfile
import zlib

import torch
from torch.utils import cpp_extension

MASK = 2**64 - 1
HERE = pathlib.Path(__file__).resolve().parent
FLOATS = [torch.float32, torch.float64, torch.float16, torch.bfloat16]
INTS = [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.bool]
NUMBERS = {torch.uint8: 0, torch.int8: 1, torch.int16: 2, torch.int32: 3, torch.int64: 4, torch.float16: 5,
           torch.float32: 6, torch.float64: 7, torch.bool: 11, torch.bfloat16: 15}
SHAPES = [(), (0,), (1,), (3,), (30,), (1001,), (2, 0, 3), (2, 3), (1, 1), (3, 21), (5, 1), (2, 2, 3), (2, 3, 1, 4),
          (2, 1, 2, 1, 2), (40, 50), (2, 1000), (1000, 1, 2), (7, 8, 9, 3)]
MODULI = [2, 3, 19, 200, 2001, 250001, 10**7, 10**10]
SCALES = [[1.0], [0.5], [10.0], [100.0, 0.1], [1000.0], [0.001], [1e-4], [1e-5, 1.0], [1e6], [12345.678], [1e8], [1e12, 1e11],
          [1e-12], [1e30, 1e-30], [1e-7, 3e-7]]


def words(seed):
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield z ^ (z >> 31)


def make(case, dtype):
    source = words(case["seed"])
    values = []
    count = int(torch.tensor(case["sizes"]).prod()) if case["sizes"] else 1
    for _ in range(count):
        x, y = next(source), next(source)
        if case["special"] and y % 8 < 5:
            values.append([float("nan"), float("inf"), float("-inf"), 0.0, -0.0][y % 8])
            continue
        base = float(x % case["modulus"] - case["modulus"] // 2) if case["modulus"] else (x >> 11) * 2.0**-52 - 1
        values.append(base * case["scales"][(y >> 8) % len(case["scales"])])
    tensor = torch.tensor(values, dtype=torch.float64).reshape(case["sizes"]).to(dtype)
    if dtype.is_floating_point:
        tensor = torch.where(tensor.isnan(), float("nan"), tensor)  # a cast may set the sign of a NaN
    return tensor


def random_case(rng, number):
    dtype = rng.choice(FLOATS if rng.random() < 0.75 else INTS)
    case = {"seed": number, "dtype": str(dtype).removeprefix("torch."), "sizes": list(rng.choice(SHAPES))}
    if dtype in FLOATS:
        case["modulus"] = rng.choice(MODULI + [0] * 8)
        case["scales"] = rng.choice(SCALES)
        case["special"] = rng.random() < 0.25
    else:
        bits = {torch.uint8: 2, torch.int8: 250, torch.int16: 60001, torch.int32: 10**9}.get(dtype, 10**12)
        case["modulus"] = min(rng.choice(MODULI), bits)
        case["scales"] = [1.0]
        case["special"] = False
    case["requires_grad"] = dtype in FLOATS and rng.random() < 0.3
    case["linewidth"] = rng.choice([80, 80, 80, 120, 40, 20])
    if rng.random() < 0.3:
        case["precision"] = rng.choice([0, 1, 2, 6, 10])
        case["threshold"] = rng.choice([0, 10, 5000])
        case["edgeitems"] = rng.choice([1, 2, 4])
        case["sci_mode"] = rng.choice([None, True, False])
    return dtype, case


def in_python(tensor, case):
    torch.set_printoptions(profile="default", linewidth=case["linewidth"])
    if "precision" in case:
        torch.set_printoptions(**{k: case[k] for k in ("precision", "threshold", "edgeitems", "sci_mode")})
    return repr(tensor.clone().requires_grad_() if case["requires_grad"] else tensor)


def compiled():
    program = pathlib.Path(tempfile.mkdtemp()) / "print_with_libtorch"
    library = pathlib.Path(torch.__file__).parent / "lib"
    subprocess.run(["g++", "-std=c++20", "-O0", *(f"-I{p}" for p in cpp_extension.include_paths()), f"-L{library}",
                    HERE / "print_with_libtorch.cc", "-ltorch", "-ltorch_cpu", "-lc10", f"-Wl,-rpath,{library}", "-o", program],
                   check=True)
    return program


def in_libtorch(pairs):
    records = b""
    for tensor, case in pairs:
        sizes = "".join(f" {n}" for n in tensor.shape)
        records += f"{NUMBERS[tensor.dtype]} {case['linewidth']} {tensor.dim()}{sizes}\n".encode()
        records += bytes(tensor.flatten().view(torch.uint8).tolist() if tensor.numel() else [])
    output = subprocess.run([compiled()], input=records, stdout=subprocess.PIPE, check=True).stdout
    texts = []
    for _ in pairs:
        length, output = output.split(b"\n", 1)
        texts.append(output[: int(length)].decode())
        output = output[int(length) :]
    return texts


def compact(text):
    return text if len(text) <= 300 else [len(text), zlib.crc32(text.encode())]


rng = random.Random(0)
pairs = []
for number in range(500):
    dtype, case = random_case(rng, number)
    pairs.append((make(case, dtype), case))
texts = in_libtorch(pairs)
with open(HERE / "goldens" / "printing.jsonl", "w") as out:
    print(json.dumps({"script": "make_printing.py", "torch": torch.__version__}), file=out)
    for (tensor, case), text in zip(pairs, texts):
        case["python"] = compact(in_python(tensor, case))
        case["libtorch"] = compact(text)
        print(json.dumps(case, separators=(",", ":")), file=out)
