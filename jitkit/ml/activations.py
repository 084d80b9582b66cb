"""relu and gelu: activations of neurons, with their gradients."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.primitives.map import map

_ROOT_HALF = math.sqrt(0.5)
_ROOT_2_OVER_PI = math.sqrt(2 / math.pi)
_CUBIC = 0.044715


def _relu(x):
    return x if x > 0 or x != x else 0.0


def _relu_backward(grad, x):
    return grad if x > 0 else 0.0


def _within(x):
    """Return the nearest number from -40 to 40, where the distribution function is 0 and 1 in every type; NaN stays."""
    return min(max(x, -40.0), 40.0)


def _below(x):
    """Return the chance that a standard normal number lies below `x`; ``1 + erf(...)`` is 0 from -5.5 on in float32."""
    return 0.5 * math.erfc(-_ROOT_HALF * x)


def _gelu(x):
    x = max(x, -40.0)
    return x * _below(x)


def _gelu_backward(grad, x):
    x = _within(x)
    density = 0.5 * _ROOT_2_OVER_PI * math.exp(-0.5 * x * x)
    return grad * (_below(x) + x * density)


def _share(x):
    """Return half of 1 + tanh, which is a logistic function and needs one exponential."""
    return 1 / (1 + math.exp(-2 * _ROOT_2_OVER_PI * (x + _CUBIC * x * x * x)))


def _gelu_tanh(x):
    x = max(x, -40.0)
    return x * _share(x)


def _gelu_tanh_backward(grad, x):
    x = _within(x)
    share = _share(x)
    return grad * (share + x * share * (1 - share) * 2 * _ROOT_2_OVER_PI * (1 + 3 * _CUBIC * x * x))


_FORMS: dict[str, tuple[Callable, Callable]] = {
    "none": (_gelu, _gelu_backward),
    "tanh": (_gelu_tanh, _gelu_tanh_backward),
}


def _form(approximate: str, name: str) -> tuple[Callable, Callable]:
    if approximate not in _FORMS:
        raise LaunchError(f"jk.{name}: approximate={approximate!r}; there are 'none' and 'tanh'")
    return _FORMS[approximate]


def relu(x: Any, *, out: Any = None, backend: str | None = None) -> Any:
    """Return the larger of each element and zero.

    Parameters
    ----------
    x : array_like or device array
        Real numbers; NaN stays NaN.
    out : array, optional
        Where the result goes; may be `x`.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array of float32 or float64, of the shape of `x`

    Raises
    ------
    KernelTypeError
        For complex numbers.
    LaunchError
        For an `out` of another shape.

    Notes
    -----
    V. Nair, G. E. Hinton, Rectified linear units improve restricted Boltzmann machines, ICML 2010.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.ml.relu(np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    (x,) = operands.alike([x], "ml.relu")
    return map(_relu, x, out=out, dtype=operands.dtype_of(x), backend=backend)


def relu_backward(grad: Any, x: Any, *, out: Any = None, backend: str | None = None) -> Any:
    """Return the gradient with respect to the input of `relu`, zero where the input is not positive.

    Parameters
    ----------
    grad : array_like or device array
        The gradient with respect to the output.
    x : array_like or device array
        The input of `relu`, or its output: both are positive at the same places.
    out : array, optional
        Where the result goes; may be `grad` or `x`.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array of float32 or float64

    Raises
    ------
    KernelTypeError, LaunchError
        As `relu`, and for shapes that do not broadcast.

    Notes
    -----
    At zero, where there are many subgradients, the result is 0.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.ml.relu_backward(np.array([3.0, 3.0]), np.array([-1.0, 2.0]))
    array([0., 3.])
    """
    grad, x = operands.alike([grad, x], "ml.relu_backward")
    return map(_relu_backward, grad, x, out=out, dtype=operands.dtype_of(x), backend=backend)


def gelu(x: Any, approximate: Literal["none", "tanh"] = "none", *, out: Any = None, backend: str | None = None) -> Any:
    """Return each element times the chance that a standard normal number lies below it.

    Parameters
    ----------
    x : array_like or device array
        Real numbers.
    approximate : {"none", "tanh"}, default "none"
        The distribution function by `erfc`, which keeps its digits far below zero, or the approximation
        ``(1 + tanh(sqrt(2/pi) (x + 0.044715 x**3))) / 2``, which is within 5e-4 of it and faster.
    out : array, optional
        Where the result goes; may be `x`.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array of float32 or float64, of the shape of `x`

    Raises
    ------
    KernelTypeError
        For complex numbers.
    LaunchError
        For an `out` of another shape, and another `approximate`.

    Notes
    -----
    D. Hendrycks, K. Gimpel, Gaussian error linear units (GELUs), arXiv:1606.08415, 2016.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.ml.gelu(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.1587,  0.    ,  0.8413])
    """
    (x,) = operands.alike([x], "ml.gelu")
    return map(_form(approximate, "ml.gelu")[0], x, out=out, backend=backend)


def gelu_backward(
    grad: Any, x: Any, approximate: Literal["none", "tanh"] = "none", *, out: Any = None, backend: str | None = None
) -> Any:
    """Return the gradient with respect to the input of `gelu`.

    Parameters
    ----------
    grad : array_like or device array
        The gradient with respect to the output.
    x : array_like or device array
        The input of `gelu`.
    approximate : {"none", "tanh"}, default "none"
        The form of `gelu`.
    out : array, optional
        Where the result goes; may be `grad` or `x`.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array of float32 or float64

    Raises
    ------
    KernelTypeError, LaunchError
        As `gelu`, and for shapes that do not broadcast.

    Notes
    -----
    The derivative of ``x * F(x)`` is ``F(x) + x * f(x)`` for a distribution function F with the density f.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.ml.gelu_backward(np.ones(3), np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.0833,  0.5   ,  1.0833])
    """
    arrays = operands.alike([grad, x], "ml.gelu_backward")
    return map(_form(approximate, "ml.gelu_backward")[1], *arrays, out=out, backend=backend)
