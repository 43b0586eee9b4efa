"""torch.nn.functional: activations, layers and losses with their options: values, first and second gradients,
errors."""

import itertools

import torch

from golden import Golden

inf, nan = float("inf"), float("nan")
KINKS = [-10.0, -3.0, -1.5, -1.0, -0.5, -0.25, -0.0, 0.0, 0.25, 0.5, 0.75, 1.0, 2.5, 3.0, 6.0, 25.0]

# Every activation with its default options and with others; the arguments are in the order of the C++ options.
ACTIVATIONS = {
    "relu": [()], "relu6": [()], "sigmoid": [()], "tanh": [()], "softsign": [()], "tanhshrink": [()], "silu": [()],
    "mish": [()],
    "hardswish": [()], "hardsigmoid": [()], "selu": [()], "logsigmoid": [()],
    "leaky_relu": [(), (0.2,), (-0.5,), (0.0,)],
    "elu": [(), (0.5,)], "celu": [(), (0.5,), (-1.0,)], "gelu": [(), ("none",), ("tanh",)],
    "softplus": [(), (2.0, 1.0), (-1.0, 20.0)],
    "hardtanh": [(), (-0.5, 0.75), (1.0, 6.0)], "hardshrink": [(), (1.0,), (0.0,), (-1.0,)],
    "softshrink": [(), (1.0,), (0.0,)], "threshold": [(0.1, 20.0), (-1.0, -5.0)],
    "rrelu": [(), (0.25, 0.5)],
}


def pattern(*shape):
    """Numbers that look random, from a formula, so that no sum is round: k * 37 mod 101, scaled to [-1.25, 1.25]."""
    count = torch.Size(shape).numel()
    return (((torch.arange(count) * 37 + 11) % 101).double() - 50).div(40).reshape(shape)


def make_activations(g):
    kinks = g.let("kinks", torch.tensor(KINKS, dtype=torch.float64).reshape(4, 4))
    kinks32 = g.let("kinks32", kinks.float())
    bfloat16 = g.let("kinks_bfloat16", kinks.bfloat16())
    half = g.let("kinks_half", kinks.half())
    smooth = g.let("smooth", kinks + 0.0625)  # where second derivatives are not a matter of taste
    special = g.let("special", torch.tensor([inf, -inf, nan], dtype=torch.float64))
    for op, options in ACTIVATIONS.items():
        # Vectors and single numbers differ in the sign of softshrink's zeros.
        fields = {"unsigned_zero": True} if op == "softshrink" else {}
        for arguments in options:
            g.case(op, kinks, *arguments, grad=op != "hardsigmoid", ulp=32, **fields)
            g.case(op, smooth, *arguments, second=op != "hardsigmoid", ulp=512 if op != "hardsigmoid" else 2**29)
            g.case(op, special, *arguments, grad=False)
        g.case(op, kinks32, *options[0], ulp=16, **fields)
        for x in [bfloat16, half]:
            g.case(op, x, *options[0], ulp=1 if op not in ("softsign", "tanhshrink") else 2, **fields)
        for x in [torch.tensor([-2, -1, 0, 1, 7]), torch.tensor([True, False]),
                  torch.tensor([0, 3, 9], dtype=torch.uint8), torch.tensor(-0.75), torch.empty(0, 3), kinks32.t(),
                  kinks32[:, ::2]]:
            if not (op == "rrelu" and x.dtype is torch.bool):
                g.case(op, x, *options[0], ulp=16, **fields)
    for op in ["softmax", "log_softmax", "softmin"]:
        for dim in [0, 1, -1]:
            g.case(op, kinks, dim, second=True, ulp=64)
        g.case(op, torch.tensor([[inf, 1.0], [-inf, -inf], [nan, 0.0], [-inf, 3.0]], dtype=torch.float64), 1)
        for x, dim in [(torch.tensor(2.5), 0), (torch.empty(2, 0), 1), (torch.empty(0, 2), 1), (kinks32.t(), 0),
                       (kinks32, 2), (torch.tensor([1, 2]), 0)]:
            g.case(op, x, dim, ulp=16)
    for dim in [0, -1]:
        g.case("glu", kinks, dim, second=True, ulp=32)
    g.case("glu", kinks[:3], 0)
    g.case("glu", torch.tensor(1.0), 0)
    slope = g.let("slope", torch.tensor([0.25, -0.5, 0.0, 2.0], dtype=torch.float64))
    for x in [kinks, smooth]:
        g.case("prelu", x, slope, second=x is smooth)
        g.case("prelu", x, slope[:1].clone(), second=x is smooth)
        g.case("prelu", x.reshape(2, 4, 2), slope, second=x is smooth)
    for x, weight in [(kinks[:, :3], slope), (torch.tensor(1.0).double(), slope), (kinks, slope.reshape(2, 2)),
                      (kinks, slope.float()), (kinks[0], slope[:1]), (kinks[0], slope)]:
        g.case("prelu", x, weight)
    g.case("gelu", kinks32, "exact")
    g.case("celu", kinks32, 0.0)
    g.case("softshrink", kinks32, -1.0)
    g.case("hardtanh", kinks32, 2.0, 1.0)
    g.case("rrelu", kinks32, 2.0, 1.0)


def make_losses(g):
    x = g.let("logits", pattern(4, 3) * 2)
    y = g.let("classes", torch.tensor([2, 0, -100, 1]))
    full = g.let("no_ignored", torch.tensor([2, 0, 1, 1]))
    weight = g.let("class_weight", torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64))
    soft = g.let("soft", torch.softmax(pattern(4, 3) * 3 + 1, 1))
    reductions = [0, 1, 2]
    for reduction, w, smoothing in itertools.product(reductions, [None, weight], [0.0, 0.2]):
        g.case("cross_entropy_loss", x, y, w, reduction, -100, smoothing, second=True, ulp=64, fixed=[2])
        g.case("cross_entropy_loss", x, soft, w, reduction, -100, smoothing, second=smoothing == 0.2, ulp=64, fixed=[2])
    for reduction, w in itertools.product(reductions, [None, weight]):
        g.case("nll_loss", x, y, w, reduction, -100, second=True, fixed=[2])
        g.case("nll_loss", x, full, w, reduction, 1, fixed=[2])
    g.case("cross_entropy_loss", x, full, None, 1, 1, 0.1, second=True, ulp=64)
    images = g.let("images", pattern(2, 3, 2, 2))
    labels = g.let("labels", torch.tensor([[[0, 1], [2, -100]], [[1, 1], [0, 2]]]))
    for reduction in reductions:
        g.case("cross_entropy_loss", images, labels, weight, reduction, -100, second=reduction == 1, ulp=64, fixed=[2])
        g.case("nll_loss", images, labels, None, reduction)
    g.case("cross_entropy_loss", x[0].clone(), torch.tensor(1), ulp=64)
    g.case("cross_entropy_loss", x, torch.full((4,), -100))
    g.case("cross_entropy_loss", x[:0], y[:0])
    for bad in [(x, torch.tensor([0, 3, 0, 0])), (x, torch.tensor([0, -1, 0, 0])), (x, y[:3]), (x, y.reshape(2, 2)),
                (x, y.to(torch.int32)), (x, y, weight[:2]), (x, soft[:3]), (x, y, weight.float())]:
        g.case("cross_entropy_loss", *bad)
    a, b = g.let("a", pattern(3, 4)), g.let("b", pattern(4, 3).t().contiguous() + 0.5)
    for reduction in reductions:
        for op in ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"]:
            g.case(op, a, b, reduction, second=True)
        g.case("smooth_l1_loss", a, b, reduction, 0.5)
        g.case("smooth_l1_loss", a, b, reduction, 0.0)
        g.case("huber_loss", a, b, reduction, 0.25)
        for log_target in [False, True]:
            g.case("kl_div", a, b if log_target else b.abs(), reduction, log_target, second=True, ulp=32)
        p, t = torch.sigmoid(a), (b > 0).double()
        for w in [None, b.abs()]:
            # PyTorch's derivative adds 1e-12, in float32, to what it divides by.
            g.case("binary_cross_entropy", p, t, w, reduction, second=True, ulp=2**18, fixed=[1, 2])
            g.case("binary_cross_entropy_with_logits", a, torch.sigmoid(b), w, None, reduction, second=True, ulp=32,
                   fixed=[2])
        g.case("binary_cross_entropy_with_logits", a, t, None, slopes(4), reduction, second=True, ulp=32, fixed=[3])
    g.case("binary_cross_entropy", torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64),
           torch.tensor([0.0, 0.0, 1.0], dtype=torch.float64), None, 0, ulp=2**28)
    g.case("binary_cross_entropy", torch.tensor([1.5]), torch.tensor([1.0]))
    g.case("binary_cross_entropy", torch.tensor([0.5]), torch.tensor([1.0, 1.0]))
    g.case("binary_cross_entropy", torch.tensor([0.5]), torch.tensor([3.0]))
    whole = torch.tensor([1, 2])
    for loss in ("mse_loss", "smooth_l1_loss", "huber_loss", "kl_div", "binary_cross_entropy"):
        g.case(loss, whole, whole)
    g.case("binary_cross_entropy_with_logits", a, b[:2])
    g.case("smooth_l1_loss", a, b, 1, -1.0)
    g.case("huber_loss", a, b, 1, 0.0)
    g.case("mse_loss", a, b[:, :3])
    g.case("mse_loss", a[:0], b[:0])


def slopes(count):
    return torch.arange(1, count + 1, dtype=torch.float64) / 2


def make_layers(g):
    x1 = g.let("x1", pattern(2, 4, 7))
    x2 = g.let("x2", pattern(2, 4, 4, 3))
    w1, w2 = g.let("w1", pattern(6, 4, 3)), g.let("w2", pattern(4, 4, 3, 2))
    half1 = g.let("half1", pattern(4, 2, 3))
    grouped = g.let("grouped", pattern(4, 1, 3, 3))
    bias6, bias4 = g.let("bias6", pattern(6)), g.let("bias4", pattern(4))
    for arguments in [(bias6,), (None, 2), (bias6, 1, 1), (bias6, 2, 2, 2)]:
        g.case("conv1d", x1, w1, *arguments, second=True, ulp=64)
    g.case("conv1d", x1, half1, bias4, 1, 0, 1, 2, second=True, ulp=64)
    g.case("conv1d", x1[0].clone(), w1, bias6, ulp=64)
    for arguments in [(bias4,), (None, [2, 1]), (bias4, 1, 1), (bias4, 2, [2, 1], 2), (bias4, 1, [1, 0], [2, 1])]:
        g.case("conv2d", x2, w2, *arguments, second=arguments[0] is None, ulp=64)
    g.case("conv2d", x2, grouped, bias4, 1, 1, 1, 4, second=True, ulp=64)
    g.case("conv2d", x2[0].clone(), w2, bias4, ulp=64)
    g.case("conv2d", x2.contiguous(memory_format=torch.channels_last), w2, bias4, ulp=64)
    g.case("conv2d", x2[:0], w2, bias4)
    t2 = g.let("t2", pattern(4, 3, 3, 2))
    tg = g.let("tg", pattern(4, 2, 2, 2))
    x3 = g.let("x3", pattern(1, 4, 3, 2))
    bias3 = bias4[:3].clone()
    for arguments in [(bias3,), (None, 2), (bias3, 2, 1, 1), (bias3, [2, 1], 0, 0, 1, 2), (bias3, 1, [2, 1])]:
        g.case("conv_transpose2d", x3, t2, *arguments, second=arguments[0] is None, ulp=64)
    g.case("conv_transpose2d", x3, tg, bias4, 2, 0, 0, 2, second=True, ulp=64)
    g.case("conv_transpose1d", x1, g.let("t1", pattern(4, 2, 3)), None, 2, 1, 1, ulp=64)
    for arguments in [(x2, pattern(4, 3, 3, 3)), (x2, w2, bias6), (x2, w2, None, 0), (x2, w2, None, 1, -1),
                      (x2, pattern(4, 4, 7, 7)), (x1, w2), (x2, w2, None, 1, 0, 1, 3), (x2.float(), w2),
                      (x2, w2.float()), (torch.tensor([1.0]), w2.float()), (x2, w2, None, [1, 1, 1]),
                      (x2.long(), w2.long())]:
        g.case("conv2d", *arguments)
    g.case("conv_transpose2d", x3, pattern(3, 3, 3, 3))
    g.case("conv_transpose2d", x3, t2, None, 2, 0, 2)

    pooled = g.let("pooled", pattern(2, 2, 5, 6) + torch.arange(6) / 1000)
    for arguments in [(2,), (3, 1), ([2, 3], [1, 2], [1, 1]), (3, 2, 1, 1, True), (2, 1, 0, 2), (2, 2, 1, 1, True)]:
        g.case("max_pool2d", pooled, *arguments, second=len(arguments) < 3)
        g.case("max_pool2d_with_indices", pooled, *arguments, grad=False)
        if len(arguments) < 4:
            g.case("avg_pool2d", pooled, *arguments, second=len(arguments) < 3)
    g.case("max_pool2d", pooled[0].clone(), 2)
    g.case("max_pool2d", torch.tensor([[[1.0, nan, 3.0, 3.0], [2.0, 0.0, -inf, 3.0]]], dtype=torch.float64), 2)
    g.case("max_pool2d_with_indices", torch.ones(1, 1, 4, 4), 2)
    g.case("max_pool2d", torch.arange(16).reshape(1, 4, 4), 2)
    g.case("max_pool1d", x1, 3, 2, 1, second=True)
    g.case("avg_pool1d", x1, 3, 2, 1, second=True)
    for arguments in [(3, 2, 1, True), (3, 2, 1, False, False), (3, 2, 1, True, False), (3, 2, 0, False, True, 4),
                      ([1, 3], [2, 2], [0, 1])]:
        g.case("avg_pool2d", pooled, *arguments)
    for op, size in [("adaptive_avg_pool2d", [1, 1]), ("adaptive_avg_pool2d", [2, 4]), ("adaptive_avg_pool2d", [7, 6]),
                     ("adaptive_max_pool2d", [2, 4]), ("adaptive_max_pool2d", [1, 1])]:
        g.case(op, pooled, size, second=True)
    g.case("adaptive_avg_pool2d", pooled[0].clone(), [2, 2])
    g.case("adaptive_avg_pool1d", x1, 3, second=True)
    solid = g.let("solid", pattern(1, 2, 3, 4, 4) + torch.arange(4) / 1000)
    g.case("conv3d", solid, g.let("w3", pattern(2, 2, 2, 3, 2)), None, 1, [0, 1, 1], second=True, ulp=64)
    g.case("conv_transpose3d", solid[..., :2, :2].clone(), g.let("t3", pattern(2, 1, 2, 2, 1)), None, [1, 2, 1], ulp=64)
    for op in ["max_pool3d", "max_pool3d_with_indices", "avg_pool3d"]:
        g.case(op, solid, 2, 1, [0, 1, 0], grad="indices" not in op)
    g.case("max_pool1d_with_indices", x1, 3, 2, 1, grad=False)
    g.case("adaptive_avg_pool3d", solid, [2, 1, 3], second=True)
    g.case("adaptive_max_pool1d", x1, 3)
    for op, *arguments in [("max_pool2d", 0), ("max_pool2d", 2, 2, 2), ("max_pool2d", 9), ("max_pool2d", 2, 0),
                           ("max_pool2d", [1, 2, 3]), ("avg_pool2d", 2, 2, 2), ("avg_pool2d", 9),
                           ("avg_pool2d", 2, 2, 0, False, True, 0), ("adaptive_avg_pool2d", [-1, 2])]:
        g.case(op, pooled, *arguments)
    g.case("max_pool2d", torch.ones(2, 2), 2)
    g.case("avg_pool2d", torch.ones(2, 2), 2)

    mean, var = g.let("mean", pattern(4)), g.let("var", pattern(4).abs() + 0.5)
    gamma = g.let("gamma", pattern(4) + 1.5)
    for x in [x2, x1, pattern(5, 4)]:
        g.case("batch_norm", x, gamma, bias4, mean, var, False, 0.1, 1e-5, second=True, ulp=64, fixed=[3, 4])
        g.case("batch_norm", x, gamma, bias4, None, None, True, 0.1, 1e-5, second=True, ulp=256)
        g.case("batch_norm", x, None, None, None, None, True, 0.1, 0.01, ulp=256)
    g.case("batch_norm", x2, gamma, bias4, mean[:3], var, False, 0.1, 1e-5)
    for shape in [[3], [4, 3]]:
        g.case("layer_norm", x2, shape, second=True, ulp=256)
        g.case("layer_norm", x2, shape, pattern(*shape) + 2, pattern(*shape), 1e-3, second=True, ulp=256)
    g.case("layer_norm", x2, [4])
    g.case("layer_norm", x2, [3], pattern(4))
    g.case("group_norm", x2, 2, gamma, bias4, second=True, ulp=256)
    g.case("group_norm", x2, 3)
    g.case("instance_norm", x2, gamma, bias4, None, None, True, 0.1, 1e-5, second=True, ulp=256)
    g.case("instance_norm", x2, None, None, mean, var, False, 0.1, 1e-5, ulp=64, fixed=[3, 4])
    table = g.let("table", pattern(5, 3))
    for index in [torch.tensor([[4, 0, 2], [2, 2, 1]]), torch.tensor(3), torch.empty(0, dtype=torch.int64),
                  torch.tensor([1, 0], dtype=torch.int32)]:
        g.case("embedding", table, index, second=True)
    g.case("embedding", table, torch.tensor([4, 0, 2, 2]), 2)
    for bad in [(table, torch.tensor([5])), (table, torch.tensor([-1])), (table, torch.tensor([0.5])),
                (table[0], torch.tensor([0]))]:
        g.case("embedding", *bad)
    g.case("one_hot", torch.tensor([0, 2, 1]))
    g.case("one_hot", torch.tensor([0, -1]), 3)


if __name__ == "__main__":
    for name, make in [("activation", make_activations), ("loss", make_losses), ("layer", make_layers)]:
        golden = Golden(name, __file__)
        make(golden)
        golden.write()
