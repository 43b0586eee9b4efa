# The types of _modes.py: a guard called on a function returns one with the same parameters.
from collections.abc import Callable
from typing import Any, Self, TypeVar, overload

_Function = TypeVar("_Function", bound=Callable[..., Any])

class _Guard:
    def clone(self) -> Self: ...
    def __call__(self, function: _Function) -> _Function: ...
    def __enter__(self) -> None: ...
    def __exit__(self, *error: object) -> None: ...

class no_grad(_Guard):
    @overload
    def __new__(cls, function: None = None) -> Self: ...
    @overload
    def __new__(cls, function: _Function) -> _Function: ...  # type: ignore[misc]

class enable_grad(_Guard):
    @overload
    def __new__(cls, function: None = None) -> Self: ...
    @overload
    def __new__(cls, function: _Function) -> _Function: ...  # type: ignore[misc]

class set_grad_enabled(_Guard):
    mode: bool
    def __init__(self, mode: bool) -> None: ...

class inference_mode(_Guard):
    @overload
    def __new__(cls, mode: bool = True) -> Self: ...
    @overload
    def __new__(cls, mode: _Function) -> _Function: ...  # type: ignore[misc]
