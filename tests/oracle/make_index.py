"""Indexing: x[...] and x[...] = v with ints, slices, None, Ellipsis, bool and integer tensors."""

import torch

from golden import Golden

T = torch.tensor
ALL = slice(None)


def expressions(g):
    """Indices of a [2, 3, 4] tensor, by what they mix."""
    rows = g.let("rows", T([1, 0, 1]))
    cols = g.let("cols", T([2, 0, -1]))
    deep = g.let("deep", T([3, -4, 1]))
    grid = g.let("grid", T([[0, 1], [1, 0]]))
    mask1 = g.let("mask1", T([True, False]))
    mask3 = g.let("mask3", T([True, False, True]))
    mask23 = g.let("mask23", T([[True, False, True], [False, True, False]]))
    mask34 = g.let("mask34", T([[True, False, False, True], [False] * 4, [False, True, True, False]]))
    one = g.let("one", T(1))
    yes, no = g.let("yes", T(True)), g.let("no", T(False))
    nothing = g.let("nothing", torch.empty(0, dtype=torch.int64))
    basic = [[0], [-1], [1, 2], [1, 2, 3], [ALL], [...], [None], [ALL, 1], [..., 1], [..., -1, ALL], [0, ..., 2],
             [1, None, 2], [None, 0, ..., None],
             [slice(1, None)], [slice(None, 1)], [ALL, slice(0, 3, 2)], [ALL, ALL, slice(1, 100, 3)],
             [ALL, slice(-2, None)], [ALL, slice(2, 1)],
             [slice(5, 9)], [ALL, slice(-100, 2)], [ALL, None, ALL, None], [..., None], [True], [False], [True, 0],
             [0, True], [None, True, ...]]
    advanced = [[rows], [ALL, cols], [..., deep], [rows, cols], [rows, cols, deep], [rows, ALL, deep],
                [ALL, rows, deep], [0, cols], [0, ALL, deep], [0, cols, deep],
                [rows, 1], [rows, 1, deep], [ALL, 1, deep], [1, ALL, deep], [rows, slice(0, 2)], [rows, None, cols],
                [None, rows], [rows, ..., deep], [rows, None, ALL, deep], [grid], [grid, 1], [ALL, grid],
                [grid, grid], [grid, T([0, 2])], [grid, ALL, T([0, 2])], [T([[0], [1]]), cols],
                [T([[0], [1]]), ALL, deep], [one], [one, one], [ALL, one], [rows, one], [one, ALL, one], [nothing],
                [nothing, 0],
                [ALL, nothing], [nothing, ALL, T([[1]])], [slice(0, 1), cols, slice(1, 3)],
                [T([1, 0], dtype=torch.int32)], [T([1, 0], dtype=torch.uint8)], [T([1, 0], dtype=torch.int8)]]
    masks = [[mask1], [ALL, mask3], [mask23], [ALL, mask34], [mask23, 1], [mask23, T([1, 0, 2])], [mask1, 1],
             [mask1, ALL, 2], [mask1, T([2])], [0, mask34], [0, mask3], [mask1, None],
             [yes], [no], [yes, 0], [yes, rows], [mask1, mask3[:1].expand(3).clone()], [mask1, ..., T([0])],
             [..., T([True, False, False, True])]]
    wrong = [[2], [-3], [0, 0, 0, 0], [ALL, 3], [ALL, ALL, ALL, ALL], [..., ...], [slice(None, None, 0)],
             [slice(None, None, -1)], [T([2])], [ALL, T([-4])], [T([0.5])], [mask3], [mask34], [rows, T([0, 1])],
             [mask23, mask3], [rows, cols, deep, rows]]
    return basic, advanced, masks, wrong


def make(g):
    x = g.let("x", torch.arange(24, dtype=torch.float64).reshape(2, 3, 4))
    transposed = g.let("transposed", torch.arange(24, dtype=torch.float64).reshape(4, 3, 2).permute(2, 1, 0))
    s = g.let("s", T(2.5, dtype=torch.float64))
    basic, advanced, masks, wrong = expressions(g)
    for index in basic + advanced + masks:
        g.case("index", x, index, second=True)
    for index in wrong:
        g.case("index", x, index)
    for index in [[0], [ALL, 1], [T([1, 0])], [ALL, T([2, 0])], [T([1, 0]), T([2, 0])], [T([1, 0]), ALL, T([3, 0])],
                  [..., T([3, 0])]]:
        g.case("index", transposed, index, dense=True)
    for index in [[...], [None], [0], [True], [T(True)], [T(False)], [T(0)], [ALL], [..., None]]:
        g.case("index", s, index)
        g.case("setitem", s, index, 7.0)
    empty = torch.empty(0, 3)
    for index in [[0], [T([], dtype=torch.int64)], [torch.empty(0, dtype=torch.bool)], [T([0])], [ALL, T([1])],
                  [slice(0, 2)]]:
        g.case("index", empty, index)
    for dtype in [torch.int64, torch.bool, torch.bfloat16, torch.uint8]:
        g.case("index", x.to(dtype), [T([1, 0]), T([2, 0])])
        g.case("index", x.to(dtype), [ALL, T([True, False, True])])

    for index in basic + advanced + masks:
        if not any(isinstance(i, torch.Tensor) and i.dtype is torch.uint8 for i in index):  # PyTorch reads these only
            g.case("setitem", x, index, -1.5, grad=True)
    for index in wrong:
        g.case("setitem", x, index, -1.5)
    v = g.let("v", T([100.0, 200.0, 300.0, 400.0], dtype=torch.float64))
    column = g.let("column", T([[10.0], [20.0], [30.0]], dtype=torch.float64))
    for index, value in [([0], v), ([ALL, 1], v), ([0], column), ([..., 0], column[:, 0]), ([0, 0, 0], s),
                         ([T([1, 0])], v), ([T([1, 0]), T([2, 0])], v), ([ALL, T([2, 0])], s),
                         ([T([[True, False, True], [False, True, False]])], v),
                         ([T([[True, False, True], [False, True, False]])], column), ([T([True, False])], column),
                         ([0], column[:, 0]), ([T([1, 0])], column[:2]),
                         ([0], T([1, 2, 3, 4])), ([slice(0, 1)], v[None, None, None]),
                         ([0, 0], v[:3]), ([0, 0, 0], v[:1]), ([0, 0, 0], v)]:
        g.case("setitem", x, index, value, second=True)
    for value in [2.9, -1, True]:
        g.case("setitem", T([1, 2, 3]), [1], value)
        g.case("setitem", T([1, 2, 3]), [T([1, 2])], value)


if __name__ == "__main__":
    golden = Golden("index", __file__)
    make(golden)
    golden.write()
