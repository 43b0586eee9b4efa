"""Which transforms of functions are running, for those who need not know the transforms themselves."""

depth = 0  # of gradients and Jacobians: results of the outermost one are cut off from what it made
maps = 0  # of vmaps
duals = []  # the tensors from which derivatives in a direction are computed
plain = False  # whether functions may be called that are not made for transforms
examples_follow = False  # after the one that a vmap is at: the graphs that its function uses are still needed


def check_function(cls, arguments):
    """Raises RuntimeError where a running transform cannot call an autograd.Function with the arguments."""
    if plain:
        return
    if not cls._has_setup_context:
        raise RuntimeError(
            "In order to use an autograd.Function with functorch transforms (vmap, grad, jvp, jacrev, ...), it must override "
            "the setup_context staticmethod. For more details, please see "
            "https://pytorch.org/docs/main/notes/extending.func.html"
        )
    if not maps or cls._maps_itself:
        return
    from ._examples import Example

    if any(isinstance(argument, Example) for argument in arguments):
        raise RuntimeError(
            f"You tried to vmap over {cls.__name__}, but it does not have vmap support. Please override and implement the vmap "
            "staticmethod or set generate_vmap_rule=True. For more details, please see "
            "https://pytorch.org/docs/main/notes/extending.func.html"
        )
