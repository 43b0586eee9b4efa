"""Tensors that PyTorch and Relume hand to each other by DLPack: the same numbers, on the same memory, for every dtype."""

DTYPES = "float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 uint16 bool".split()
SHAPES = [(), (3,), (2, 3), (0, 2), (2, 1, 4)]


def _given(source, target, dtype, shape, transposed):
    """What differs when `source` makes a tensor and `target` takes it."""
    made = source.ones(shape, dtype=getattr(source, dtype))
    made = made.t() if transposed else made
    taken = target.from_dlpack(made)
    if (str(taken.dtype), tuple(taken.shape), taken.tolist()) != (str(made.dtype), tuple(made.shape), made.tolist()):
        return f"gave {made}, took {taken}"
    if made.numel() > 1 and taken.stride() != made.stride():
        return f"strides {made.stride()} became {taken.stride()}"
    if made.numel() and (taken.data_ptr() != made.data_ptr() or not _writes_arrive(taken, made)):
        return "the memory is not shared"
    return ""


def _writes_arrive(taken, made):
    taken.zero_()
    arrived = not made.any().item()
    del taken
    made.fill_(1)
    return arrived


def _refusals(source, target):
    """What differs in errors: of tensors that require grad, and of capsules that were read."""
    capsule = source.ones(2).__dlpack__()
    target.from_dlpack(capsule)
    for call, kinds in (
        (lambda: target.from_dlpack(source.ones(2, requires_grad=True)), (BufferError, RuntimeError)),
        (lambda: target.from_dlpack(capsule), (RuntimeError, ValueError)),
    ):
        try:
            call()
        except kinds:
            continue
        return "no error"
    return ""


def checks(relume, torch):
    """(name, function that returns what differs) of all checks."""
    for source, target in ((relume, torch), (torch, relume)):
        way = f"dlpack from {source.__name__} to {target.__name__}"
        for dtype in DTYPES:
            for shape in SHAPES:
                for transposed in (False, True) if len(shape) == 2 else (False,):
                    yield (
                        f"{way} {dtype} {shape}{' transposed' if transposed else ''}",
                        lambda a=(source, target, dtype, shape, transposed): _given(*a),
                    )
        yield f"{way} refusals", lambda a=(source, target): _refusals(*a)
