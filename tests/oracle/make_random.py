"""Writes goldens/random.inc: what PyTorch's random fills give on a CPU, as checksums.

Each row is a fill that is run for every count from `first` to `last`, one after another on one generator. The checksums are
CRC-32 of all the bytes of the results, and of the generator's state at the end.
"""

import pathlib
import zlib

import torch

FLOATS = [torch.float32, torch.float64, torch.float16, torch.bfloat16]
INTS = [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.bool]
NAMES = {
    torch.float32: "Float", torch.float64: "Double", torch.float16: "Half", torch.bfloat16: "BFloat16",
    torch.uint8: "Byte", torch.int8: "Char", torch.int16: "Short", torch.int32: "Int", torch.int64: "Long",
    torch.bool: "Bool",
}
SPANS = [(1, 40), (1000, 1000), (100003, 100003)]
SHORT = [(1, 40), (1000, 1000)]


def weights(n, dtype):
    return (torch.arange(n) % 7 + 0.5).to(dtype)


def probabilities(n, dtype):
    return (torch.arange(n) % 11 / 10).to(dtype)


def xs(n, dtype):
    return (torch.arange(n) % 5 - 2).to(dtype)


def rrelu_noise(n, dtype, a, b, g):
    torch.set_rng_state(g.get_state())
    noise = torch.empty(n, dtype=dtype)
    torch.ops.aten.rrelu_with_noise(xs(n, dtype), noise, a, b, True)
    g.set_state(torch.get_rng_state())
    return noise


# name: (dtypes, parameter pairs, count spans, run)
FILLS = {
    "uniform": (FLOATS, [(0, 1), (-0.3, 2.7), (1, 1 + 2**-7)], SPANS,
                lambda n, d, a, b, g: torch.empty(n, dtype=d).uniform_(a, b, generator=g)),
    "normal": (FLOATS, [(0, 1), (-0.3, 2.7)], SPANS,
               lambda n, d, a, b, g: torch.empty(n, dtype=d).normal_(a, b, generator=g)),
    "normal_one_by_one": (FLOATS, [(0, 1), (-0.3, 2.7)], SHORT,
                          lambda n, d, a, b, g: torch.empty(2 * n, dtype=d)[::2].normal_(a, b, generator=g)),
    "log_normal": (FLOATS, [(0, 1), (-0.3, 0.7)], SHORT,
                   lambda n, d, a, b, g: torch.empty(n, dtype=d).log_normal_(a, b, generator=g)),
    "cauchy": (FLOATS, [(0, 1), (-0.3, 2.7)], SHORT,
               lambda n, d, a, b, g: torch.empty(n, dtype=d).cauchy_(a, b, generator=g)),
    "exponential": (FLOATS, [(1, 0), (0.3, 0)], SPANS,
                    lambda n, d, a, b, g: torch.empty(n, dtype=d).exponential_(a, generator=g)),
    "geometric": (FLOATS + INTS[1:5], [(0.5, 0), (0.3, 0)], SHORT,
                  lambda n, d, a, b, g: torch.empty(n, dtype=d).geometric_(a, generator=g)),
    "bernoulli": (FLOATS + INTS, [(0.5, 1), (0.7, 1), (0, 1), (1, 1)], SHORT,
                  lambda n, d, a, b, g: torch.empty(n, dtype=d).bernoulli_(a, generator=g)),
    "dropout_mask": (FLOATS, [(0.5, 0), (0.3, 0), (0.1, 0), (0.77, 0)], SHORT,
                     lambda n, d, a, b, g: torch.empty(n, dtype=d).bernoulli_(1 - a, generator=g).div_(1 - a)),
    "bernoulli_each": (FLOATS, [(0, 0)], SHORT,
                       lambda n, d, a, b, g: torch.bernoulli(probabilities(n, d), generator=g)),
    "integers": (FLOATS + INTS[:5], [(0, 10), (-5, 120), (0, 1)], SHORT,
                 lambda n, d, a, b, g: torch.empty(n, dtype=d).random_(0 if d == torch.uint8 else a, b, generator=g)),
    "wide_integers": ([torch.int64, torch.float64], [(0, 2**28 - 1), (0, 2**28), (-5, 2**40), (-2**53, 2**53)], SHORT,
                      lambda n, d, a, b, g: torch.empty(n, dtype=d).random_(a, b, generator=g)),
    "all_integers": (FLOATS + INTS, [(0, 0)], SHORT,
                     lambda n, d, a, b, g: torch.empty(n, dtype=d).random_(generator=g)),
    "permutation": (INTS[2:5] + FLOATS[:3], [(0, 0)], SHORT, lambda n, d, a, b, g: torch.randperm(n, dtype=d, generator=g)),
    "long_permutation": ([torch.int64], [(0, 0)], [(1000003, 1000003)],
                         lambda n, d, a, b, g: torch.randperm(n, dtype=d, generator=g)),
    "rrelu_noise": ([torch.float32, torch.float64, torch.bfloat16], [(0.125, 1 / 3), (0.1, 0.4)], SHORT, rrelu_noise),
    "multinomial": (FLOATS, [(0, 0)], SHORT,
                    lambda n, d, a, b, g: torch.multinomial(weights(n, d), n + 1, True, generator=g)),
}


def row(name, dtype, a, b, first, last, run, seed):
    generator = torch.Generator().manual_seed(seed)
    crc = 0
    for n in range(first, last + 1):
        result = run(n, dtype, a, b, generator).clone(memory_format=torch.contiguous_format)
        crc = zlib.crc32(result.view(torch.uint8).numpy() if result.dtype != torch.bool else result.numpy(), crc)
    state = zlib.crc32(generator.get_state().numpy())
    return f'{{"{name}", ScalarType::{NAMES[dtype]}, {float(a)!r}, {float(b)!r}, {first}, {last}, {seed}, {crc:#x}u, {state:#x}u}},'


with open(pathlib.Path(__file__).resolve().parent / "goldens" / "random.inc", "w") as out:
    print("// Made by make_random.py with PyTorch", torch.__version__, file=out)
    print("// fill, dtype, two parameters, first and last count, seed, CRC-32 of the numbers, CRC-32 of the state at the end",
          file=out)
    for name, (dtypes, parameters, spans, run) in FILLS.items():
        for dtype in dtypes:
            for a, b in parameters:
                for seed, (first, last) in enumerate(spans):
                    print(row(name, dtype, a, b, first, last, run, seed), file=out)
