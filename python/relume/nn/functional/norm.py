"""Normalisation: to mean zero and variance one, over batches, layers, groups and instances."""

from ..._C import ops

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "local_response_norm", "rms_norm"]


def _check_more_than_one(shape):
    """Refuses a batch whose statistics would be those of one value."""
    count = shape[0]
    for size in shape[2:]:
        count *= size
    if count == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {shape}")


def batch_norm(
    input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-05
):  # fmt: skip
    """(x - mean) / sqrt(var + eps) * weight + bias for each channel of [N, C, ...], with the batch's statistics in
    training, which also move the running ones, and with these otherwise.  Ioffe and Szegedy, 2015."""
    if training:
        _check_more_than_one(input.shape)
    if eps < 0.0 or training and eps == 0.0:
        needed = "positive during training" if training else "non-negative"
        raise ValueError(f"batch_norm eps must be {needed}, but got {eps}")
    return ops.batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)


def instance_norm(
    input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1, eps=1e-05
):  # fmt: skip
    """Each channel of each sample of [N, C, ...] by its own statistics.  Ulyanov et al., 2016."""
    if use_input_stats:
        count = 1
        for size in input.shape[2:]:
            count *= size
        if count == 1:
            raise ValueError(f"Expected more than 1 spatial element when training, got input size {input.shape}")
    return ops.instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps)


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-05):
    """Over the last dimensions, whose sizes are normalized_shape.  Ba et al., 2016."""
    return ops.layer_norm(input, normalized_shape, weight, bias, eps)


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-05):
    """Over groups of channels of [N, C, ...].  Wu and He, 2018."""
    if input.dim() < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {input.dim()}")
    _check_more_than_one([input.shape[0] * input.shape[1] // num_groups, num_groups, *input.shape[2:]])
    return ops.group_norm(input, num_groups, weight, bias, eps)


rms_norm = ops.rms_norm


def local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0):
    """x / (k + alpha * mean of x^2 over `size` neighbouring channels)^beta.  Krizhevsky et al., 2012."""
    if input.dim() < 3:
        raise ValueError(f"Expected 3D or higher dimensionality                          input (got {input.dim()} dimensions)")
    if input.numel() == 0:
        return input
    squares = ops.constant_pad_nd((input * input).flatten(2), (0, 0, size // 2, (size - 1) // 2))
    means = ops.avg_pool2d(squares.unsqueeze(1), (size, 1), 1).view_as(input)
    return input / (means * alpha + k) ** beta
