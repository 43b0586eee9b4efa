"""Results with named parts, for functions made in Python: tuples that print as PyTorch's do."""

import collections


def named(name, *fields):
    """A class of tuples called torch.return_types.<name>."""

    class Result(collections.namedtuple(name, fields)):
        __slots__ = ()

        def __repr__(self):
            parts = ",\n".join(f"{field}={value!r}" for field, value in zip(self._fields, self))
            return f"torch.return_types.{name}(\n{parts})"

    Result.__name__ = Result.__qualname__ = name
    Result.__module__ = "torch.return_types"
    return Result
