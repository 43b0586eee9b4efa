"""How losses are averaged: the argument reduction, and the two older ones that it replaced."""

import warnings

_NUMBERS = {"none": 0, "mean": 1, "sum": 2}


def chosen(reduction, size_average=None, reduce=None):
    """The reduction that three arguments ask for; the older two win where they are given."""
    if size_average is None and reduce is None:
        return reduction
    size_average, reduce = size_average is None or size_average, reduce is None or reduce
    name = "none" if not reduce else "mean" if size_average else "sum"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{name}' instead.", stacklevel=3
    )
    return name


def number(reduction):
    """The number by which ops call a reduction."""
    if reduction == "elementwise_mean":
        warnings.warn(
            "reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.", stacklevel=3
        )
        reduction = "mean"
    if reduction not in _NUMBERS:
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return _NUMBERS[reduction]


def reduced(values, reduction):
    """The values themselves, their mean or their sum."""
    return (lambda v: v, lambda v: v.mean(), lambda v: v.sum())[number(reduction)](values)
