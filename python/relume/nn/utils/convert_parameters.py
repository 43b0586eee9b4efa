"""Parameters as one vector, and back."""

from ..._C import Tensor, ops


def parameters_to_vector(parameters):
    """All elements of the parameters, one after the other."""
    return ops.cat([parameter.view(-1) for parameter in parameters])


def vector_to_parameters(vec, parameters):
    """Gives the parameters their elements from a vector, whose memory they share."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {type(vec).__name__}")
    start = 0
    for parameter in parameters:
        count = parameter.numel()
        parameter.data = vec[start : start + count].view_as(parameter).data
        start += count
