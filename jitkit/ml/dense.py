"""dense: a layer of neurons that sees all its inputs, forward and backward."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import jitkit as jk
from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch.launcher import Launcher
from jitkit.linalg._products import epilogue, finishing_kernel
from jitkit.ml._products import product
from jitkit.primitives import _arrays

Activation = Literal["identity", "logistic", "tanh", "relu"]


def _identity(z):
    return z


def _logistic(z):
    return 1 / (1 + math.exp(-z))


def _tanh(z):
    return math.tanh(z)


def _relu(z):
    return z if z > 0 or z != z else 0.0


def _identity_slope(y):
    return y * 0 + 1


def _logistic_slope(y):
    return y * (1 - y)


def _tanh_slope(y):
    return 1 - y * y


def _relu_slope(y):
    return 1 if y > 0 else 0


class Layer:
    """The kernels of a layer with one activation; the slope of an activation is a function of its result."""

    def __init__(self, activation: Callable, slope: Callable) -> None:
        @jk.kernel
        def dense_slopes(i, j, grad, y, delta):
            delta[i, j] = grad[i, j] * slope(y[i, j])

        self.forward = Launcher(finishing_kernel(epilogue(activation, biased=True)))
        self.slopes = Launcher(dense_slopes)


@jk.kernel
def sum_columns(j, x, sums):
    """Sum each column, sixteen rows at a time, so that rounding stays small."""
    n = x.shape[0]
    total = 0.0
    for first in range(0, n, 16):
        part = 0.0
        for i in range(first, min(n, first + 16)):
            part += x[i, j]
        total += part
    sums[j] = total


LAYERS = {
    "identity": Layer(_identity, _identity_slope),
    "logistic": Layer(_logistic, _logistic_slope),
    "tanh": Layer(_tanh, _tanh_slope),
    "relu": Layer(_relu, _relu_slope),
}
columns = Launcher(sum_columns)


def forward(x: Any, weight: Any, bias: Any, activation: str, y: Any, backend: str | None) -> None:
    """Write the activations of a layer."""
    product("AB", x, weight, y, backend)
    LAYERS[activation].forward(tuple(y.shape), backend)(y, bias)


def gradients(x: Any, delta: Any, by_weight: Any, by_bias: Any, backend: str | None) -> None:
    """Write the gradients of a layer's parameters, from its input and the gradient of its sums."""
    product("ATB", x, delta, by_weight, backend)
    columns(delta.shape[1], backend)(delta, by_bias)


def dense(
    x: Any,
    weight: Any,
    bias: Any = None,
    activation: Activation = "identity",
    *,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return ``activation(x @ weight + bias)``.

    Parameters
    ----------
    x : array_like or device array of shape (samples, inputs)
        The inputs.
    weight : array_like or device array of shape (inputs, outputs)
        The weights, laid out as in scikit-learn.
    bias : array_like or device array of shape (outputs,), optional
        What is added; 0 unless given.
    activation : {"identity", "logistic", "tanh", "relu"}, default "identity"
        The function of each sum.
    out : array, optional
        Where the result goes; none of the inputs.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array of float32 or float64, of shape (samples, outputs)

    Raises
    ------
    KernelTypeError
        For complex numbers.
    LaunchError
        For shapes that do not fit, and another activation.

    Notes
    -----
    The product of matrices is NumPy's on the host and a kernel's elsewhere, so that the last bits differ.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.ml.dense(np.array([[1.0, 2.0]]), np.array([[1.0, -1.0], [1.0, -1.0]]), np.array([0.5, 0.5]), "relu")
    array([[3.5, 0. ]])
    """
    arrays = operands.alike([x, weight] if bias is None else [x, weight, bias], "ml.dense")
    x, weight = arrays[:2]
    _check(x, weight, activation, "ml.dense")
    dtype, device = operands.dtype_of(x), operands.device_of(x)
    bias = jk.full((weight.shape[1],), 0, dtype, device=device) if bias is None else arrays[2]
    if tuple(bias.shape) != (weight.shape[1],):
        raise LaunchError(
            f"jk.ml.dense: bias has the shape {tuple(bias.shape)}, and there are {weight.shape[1]} outputs"
        )
    shape = (x.shape[0], weight.shape[1])
    y = operands.result(out, shape, dtype, device, "ml.dense", arrays)
    forward(x, weight, bias, activation, y, backend)
    return operands.delivered(y, out, "ml.dense")


def dense_backward(
    grad: Any,
    x: Any,
    weight: Any,
    y: Any = None,
    activation: Activation = "identity",
    *,
    out: Any = None,
    backend: str | None = None,
) -> tuple[Any, Any, Any]:
    """Return the gradients with respect to the input, the weight and the bias of `dense`.

    Parameters
    ----------
    grad : array_like or device array of shape (samples, outputs)
        The gradient with respect to the output.
    x : array_like or device array of shape (samples, inputs)
        The input of `dense`.
    weight : array_like or device array of shape (inputs, outputs)
        Its weights.
    y : array_like or device array of shape (samples, outputs), optional
        Its output; needed for any activation but the identity.
    activation : {"identity", "logistic", "tanh", "relu"}, default "identity"
        Its activation.
    out : tuple of three arrays, optional
        Where the gradients go.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    by_x : array of shape (samples, inputs)
    by_weight : array of shape (inputs, outputs)
    by_bias : array of shape (outputs,)

    Raises
    ------
    KernelTypeError, LaunchError
        As `dense`, and for an `out` of other shapes.

    Notes
    -----
    D. E. Rumelhart, G. E. Hinton, R. J. Williams, Learning representations by back-propagating errors, Nature 323,
    533-536, 1986.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> x, weight = np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]])
    >>> jk.ml.dense_backward(np.array([[1.0]]), x, weight)
    (array([[3., 4.]]), array([[1.],
           [2.]]), array([1.]))
    """
    name = "ml.dense_backward"
    grad, x, weight, *rest = operands.alike([grad, x, weight] if y is None else [grad, x, weight, y], name)
    _check(x, weight, activation, name)
    shape, dtype, device = (x.shape[0], weight.shape[1]), operands.dtype_of(x), operands.device_of(x)
    if any(tuple(a.shape) != shape for a in (grad, *rest)):
        raise LaunchError(f"jk.{name}: the output and its gradient have the shape {shape}, not {tuple(grad.shape)}")
    if activation != "identity":
        if y is None:
            raise LaunchError(f"jk.{name}: activation={activation!r} needs the layer's output: pass y=")
        delta = operands.made(shape, (dtype,), device)
        LAYERS[activation].slopes(shape, backend)(grad, rest[0], delta)
        grad = delta
    shapes = tuple(x.shape), tuple(weight.shape), (shape[1],)
    by_x, by_weight, by_bias = _arrays.rooms(out, shapes, (dtype,) * 3, (grad, x, weight), device, name)
    product("ABT", grad, weight, by_x, backend)
    gradients(x, grad, by_weight, by_bias, backend)
    found: tuple[Any, Any, Any] = operands.delivered((by_x, by_weight, by_bias), out, name)
    return found


def _check(x: Any, weight: Any, activation: str, name: str) -> None:
    if activation not in LAYERS:
        raise LaunchError(f"jk.{name}: activation={activation!r}; there are {', '.join(map(repr, LAYERS))}")
    if len(x.shape) != 2 or len(weight.shape) != 2 or x.shape[1] != weight.shape[0]:
        raise LaunchError(
            f"jk.{name}: takes (samples, inputs) and (inputs, outputs), not {tuple(x.shape)} and {tuple(weight.shape)}"
        )
