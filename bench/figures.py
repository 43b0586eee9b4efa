"""The figures that the benchmark prints, in their order, and what each of them is to reach."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Figure:
    """One line of the table: the time of a row of work by Relume and by somebody else.

    name:    of the line.
    work:    the row of the programs in peer/ that is timed.
    ratio:   time of the other / time of Relume that is to be reached; None where nothing was promised. Of a scaling line:
             Relume's own speed-up.
    limit:   the most that Relume's time may be, in units of limits/'s row of the same name; None where no limit is known,
             0 where it is shown but nothing was promised.
    most:    the most microseconds that Relume may take; None where nothing was promised.
    against: who does the same work beside Relume: "libtorch", "modes" (PyTorch at its best), "onnx", or "python"
             (PyTorch from Python; Relume is called from Python too).
    kind:    "time", or "memory" (extra peak memory), or "scaling" (time with few threads / time with more).
    threads: of a scaling line: from how many to how many.
    core:    whether the line is printed without --all.
    tolerance: how far the two checksums may lie apart.
    bfloat16: whether the line needs a processor that computes in it.
    """

    name: str
    ratio: float | None = None
    limit: float | None = None
    most: float | None = None
    against: str = "libtorch"
    kind: str = "time"
    threads: tuple = (1, 2)
    work: str = ""
    core: bool = True
    tolerance: float = 1e-3
    bfloat16: bool = False

    def row(self):
        return self.work or self.name


def _elementwise():
    for op in ("relu", "add", "leaky_relu"):
        yield Figure(f"{op}, 1M floats", 1.2, 1.15)
        yield Figure(f"{op}, 16.8M floats", 5, 1.15)
    for op, ratios in {
        "gelu": (1.4, 1.3, 5),
        "sigmoid": (1.4, 1.3, 5),
        "silu": (1.4, 1.3, 5),
        "tanh": (1.1, 1.2, 5),
    }.items():
        for size, ratio in zip(("64K", "1M", "16.8M"), ratios):
            yield Figure(f"{op}, {size} floats", ratio)
    for columns, ratio in ((1024, 1.5), (16384, 1.6), (262144, 3.5)):
        yield Figure(f"softmax, 64 x {columns}", ratio)
    for size in ("1M", "16.8M"):
        yield Figure(f"sum, {size} floats", 1)
    for op in ("relu", "add", "leaky_relu"):
        yield Figure(f"{op}, 64K floats", core=False)
    yield Figure("sum, 64K floats", core=False)
    for rows in (64, 4096):
        for work in ("forward", "training step"):
            yield Figure(f"layer norm {work}, {rows} x 1024", core=False)


def _small():
    yield Figure("relu, 16 floats", 9)
    yield Figure("relu_, 16 floats", 10)
    yield Figure("100 relu of 16 floats, forward and backward", 20)
    yield Figure("MLP 8-16-4 training step, batch 1", 10)
    yield Figure("MLP 8-16-4 training step, batch 32", 10)


def _network(name, sizes, forward, step, limit=None):
    """Lines for the forward pass and the training step of one network."""
    for work, ratios in (("forward", forward), ("training step", step)):
        for size, ratio in zip(sizes, ratios):
            yield Figure(f"{name} {work}, {size}", ratio, limit)


def _networks():
    batches = ("batch 1", "batch 32", "batch 256")
    yield from _network("SimpleCNN", batches, (3.3, 4, 5.5), (2.6, 2.1, 3), 1.15)
    for work in ("forward", "training step"):
        for batch in batches:
            row = f"SimpleCNN {work}, {batch}"
            yield Figure(f"{row}: PyTorch at its best", 1.2, against="modes", work=row)
    for batch in batches:
        yield Figure(f"SimpleCNN for inference, {batch}: ONNX Runtime", 1, against="onnx",
                     work=f"SimpleCNN for inference, {batch}")  # fmt: skip
    yield from _network("MLP 784-512-512-10", batches, (1.3, 1.2, 1), (1.6, 1.4, 1.1), 0)
    yield from _network("FFN 512-2048-512", ("128 tokens x 1", "128 tokens x 8"), (1, 1), (1, 1), 0)
    yield from _network("2 x (conv, batch norm, relu)", ("batch 1", "batch 32"), (2, 2.5), (2.5, 2))
    yield from _network("GAN generator", ("batch 16",), (1.5,), (1.5,))
    yield Figure("MLP 784-512-10, Adam and cross-entropy step, batch 64", 1.8)


def _bfloat16():
    for name, size in (
        ("SimpleCNN", "batch 32"),
        ("MLP 784-512-512-10", "batch 256"),
        ("FFN 512-2048-512", "128 tokens x 8"),
    ):
        for work in ("forward", "training step"):
            yield Figure(f"{name} in bfloat16 {work}, {size}", 1, bfloat16=True, tolerance=0.03)


def _whole_process():
    yield Figure("SimpleCNN training step, batch 256: extra peak memory", 1 / 0.6, kind="memory",
                 work="SimpleCNN training step, batch 256")  # fmt: skip
    for work in ("gelu, 1M floats", "SimpleCNN training step, batch 32", "FFN 512-2048-512 forward, 128 tokens x 1"):
        yield Figure(f"{work}: 1 to 2 threads", kind="scaling", work=work)
    for work in ("gelu, 1M floats", "SimpleCNN forward, batch 32"):
        yield Figure(f"{work}: 2 to 4 threads", 1 / 1.1, kind="scaling", threads=(2, 4), work=work)


def _python():
    for work, ratio, most in (
        ("relu, 16 floats", 4, 0.2),
        ("relu, sum and backward, 16 floats", 7, 3),
        ("Sequential of 10 small layers forward", 3, None),
        ("SimpleCNN training step, batch 1", 2.5, None),
        ("SimpleCNN training step, batch 32", 2.5, None),
        ("MLP 784-512-512-10 training step, batch 1", 2, None),
    ):
        yield Figure(f"Python: {work}", ratio, most=most, against="python")


FIGURES = [*_small(), *_elementwise(), *_networks(), *_bfloat16(), *_whole_process(), *_python()]

# What weighs on a user before any work is done, and the most it may be: (name, unit, limit).
COSTS = [
    ("compile a 30-line training program", "s", 1.5),
    ("... memory of the compiler", "MB", 300),
    ("include the whole header alone", "s", 1.0),
    ("... memory of the compiler (header)", "MB", 300),
    ("start, run and end such a program", "ms", 15),
    ("... its memory", "MB", 25),
    ("library on disk, stripped", "MB", 5),
]

# Run by the program `relume` and by demo_torch.py; its checksum is the accuracy.
DEMO = Figure("one epoch of the demo", 2, tolerance=0.03)
