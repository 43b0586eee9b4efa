"""Guards of grad mode and inference mode, as context managers and decorators."""

import functools

from ._C import ops


_GENERATOR = 0x20  # inspect.CO_GENERATOR: importing inspect takes longer than the rest of the package


class _Guard:
    """A context manager that also decorates functions: each call runs inside a guard of its own."""

    def clone(self):
        """A guard like this one, for one call of a function that it decorates."""
        return type(self)()

    def __call__(self, function):
        if isinstance(function, type):
            import warnings

            warnings.warn(
                "Decorating classes is deprecated and will be disabled in future versions. You should only decorate functions or "
                "methods. To preserve the current behavior of class decoration, you can directly decorate the `__init__` method "
                "and nothing else.",
                FutureWarning,
                stacklevel=2,
            )
            function.__init__ = self(function.__init__)
            return function
        if getattr(getattr(function, "__code__", None), "co_flags", 0) & _GENERATOR:

            @functools.wraps(function)
            def generator(*arguments, **keywords):
                steps = function(*arguments, **keywords)
                step, argument = steps.send, None
                while True:
                    try:
                        with self.clone():
                            value = step(argument)
                    except StopIteration as end:
                        return end.value
                    try:
                        argument = yield value
                        step = steps.send
                    except GeneratorExit:
                        with self.clone():
                            steps.close()
                        raise
                    except BaseException as error:
                        step, argument = steps.throw, error

            return generator

        @functools.wraps(function)
        def guarded(*arguments, **keywords):
            with self.clone():
                return function(*arguments, **keywords)

        return guarded


class _GradGuard(_Guard):
    mode = False

    def __new__(cls, function=None):
        self = object.__new__(cls)
        return self if function is None else _Guard.__call__(self, function)

    def __enter__(self):
        self.previous = ops.is_grad_enabled()
        ops._set_grad_enabled(self.mode)

    def __exit__(self, *error):
        ops._set_grad_enabled(self.previous)


class no_grad(_GradGuard):
    """Ops inside record nothing: their results do not require grad."""


class enable_grad(_GradGuard):
    """Ops inside record a graph again, inside a no_grad."""

    mode = True


class set_grad_enabled(_Guard):
    """Says whether ops record a graph: from the call on, or inside a `with`."""

    def __init__(self, mode):
        self.previous = ops.is_grad_enabled()
        self.mode = mode
        ops._set_grad_enabled(mode)

    def clone(self):
        return set_grad_enabled(self.mode)

    def __call__(self, function):
        ops._set_grad_enabled(self.previous)
        return super().__call__(function)

    def __enter__(self):
        ops._set_grad_enabled(self.mode)

    def __exit__(self, *error):
        ops._set_grad_enabled(self.previous)


class inference_mode(_Guard):
    """Ops inside record nothing and make tensors that can never take part in a graph."""

    def __new__(cls, mode=True):
        self = object.__new__(cls)
        if isinstance(mode, bool):
            self.mode = mode
            return self
        self.mode = True
        return _Guard.__call__(self, mode)

    def clone(self):
        return inference_mode(self.mode)

    def __enter__(self):
        self.guard = ops._enter_inference(self.mode)

    def __exit__(self, *error):
        ops._leave_inference(self.guard)
