"""What a launch must know about the shared memory of a kernel: each place that makes an array, its shape and its dtype.

The size of an array may depend on the launch's arguments. The expressions behind it are kept as syntax and computed on the
host from the arguments' values, shapes and dtypes alone; no element of an array is read.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from jitkit.errors import LaunchError, at_source
from jitkit.frontend.folding import BINARY, UNARY

ALIGNMENT = 16
FUNCTIONS: dict[str, Callable[..., Any]] = {"min": min, "max": max, "abs": abs, "len": len}


@dataclass(frozen=True)
class HostExpression:
    """An expression of a kernel's parameters that the host can compute before the launch.

    Attributes
    ----------
    tree : ast.expr
        Its syntax: parameters, attributes and items of them, integers, arithmetic and `FUNCTIONS`.
    """

    tree: ast.expr

    def __str__(self) -> str:
        return ast.unparse(self.tree)

    def __call__(self, arguments: Mapping[str, Any]) -> Any:
        """Return the value for the arguments of a launch, given by parameter name."""
        return _value(self.tree, arguments)


@dataclass(frozen=True)
class SharedSite:
    """A place in a function that makes an array in shared memory.

    Attributes
    ----------
    filename, lineno
        The place.
    dtype : numpy.dtype or None
        The elements' type, where it is written out.
    like : HostExpression or None
        Otherwise the array or number whose type it is; None where only the compiler knows.
    shape : tuple of int or HostExpression
    """

    filename: str
    lineno: int
    dtype: np.dtype | None
    like: HostExpression | None
    shape: tuple[int | HostExpression, ...]

    @property
    def dynamic(self) -> bool:
        """Whether the shape depends on the arguments of the launch."""
        return not all(isinstance(extent, int) for extent in self.shape)

    def extents(self, arguments: Mapping[str, Any]) -> tuple[int, ...]:
        """Return the shape for the arguments of a launch.

        Raises
        ------
        LaunchError
            For an extent that is negative, zero or no integer.
        """
        return tuple(item if isinstance(item, int) else self._extent(item, arguments) for item in self.shape)

    def _extent(self, expression: HostExpression, arguments: Mapping[str, Any]) -> int:
        try:
            value = expression(arguments)
        except Exception as error:
            self._fail(f"the extent {expression} cannot be computed: {error}")
        if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
            self._fail(f"the extent {expression} is {value!r} ({type(value).__name__}); it must be an integer")
        if value < 1:
            self._fail(f"the extent {expression} is {value}; it must be at least 1")
        return int(value)

    def itemsize(self, arguments: Mapping[str, Any]) -> int:
        """Return the bytes of one element for the arguments of a launch."""
        if self.dtype is not None:
            return self.dtype.itemsize
        assert self.like is not None, "a dynamic site knows where its dtype comes from"
        return dtype_of(self.like(arguments)).itemsize

    def bytes(self, arguments: Mapping[str, Any]) -> int:
        """Return the memory of the array, rounded up so that another can follow."""
        size = math.prod(self.extents(arguments)) * self.itemsize(arguments)
        return -(-size // ALIGNMENT) * ALIGNMENT

    def _fail(self, message: str) -> Any:
        text = f"jk.shared: {message}: pass other arguments, or another shape"
        raise LaunchError(at_source(text, self.filename, self.lineno)) from None


def dtype_of(value: Any) -> np.dtype:
    """Return the dtype of an array on the host or the GPU, or of a number."""
    if hasattr(value, "__cuda_array_interface__"):  # torch's dtypes are not NumPy's
        return np.dtype(value.__cuda_array_interface__["typestr"])
    if isinstance(getattr(value, "dtype", None), np.dtype):
        return value.dtype
    return np.asarray(value).dtype


def _value(node: ast.expr, arguments: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return arguments[node.id]
    if isinstance(node, ast.BinOp):
        return BINARY[type(node.op)](_value(node.left, arguments), _value(node.right, arguments))
    if isinstance(node, ast.UnaryOp):
        return UNARY[type(node.op)](_value(node.operand, arguments))
    if isinstance(node, ast.Call):
        assert isinstance(node.func, ast.Name)
        return FUNCTIONS[node.func.id](*(_value(arg, arguments) for arg in node.args))
    if isinstance(node, ast.Attribute):
        return _attribute(_value(node.value, arguments), node.attr)
    assert isinstance(node, ast.Subscript)
    owner = _value(node.value, arguments)
    if not isinstance(owner, tuple):
        raise TypeError("an element of an array is not known before the launch")
    return owner[_value(node.slice, arguments)]


def _attribute(owner: Any, name: str) -> Any:
    if name in ("shape", "size", "ndim") and hasattr(owner, "shape"):
        shape = tuple(owner.shape)  # torch's size is a method
        return {"shape": shape, "size": math.prod(shape), "ndim": len(shape)}[name]
    return getattr(owner, name)
