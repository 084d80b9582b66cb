"""layer_norm: rows shifted and scaled to mean 0 and variance 1, with its gradients."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch.launcher import Launcher
from jitkit.ml._rows import ONE, Lanes, Rows, direct, flat_rows
from jitkit.primitives import _arrays
from jitkit.primitives._turned import SHORT
from jitkit.primitives.reduce import reduce

STRETCHES = 64
"""The most groups of rows whose gradients of weights are summed apart."""


def _layer_norm(lanes: Lanes):
    width, add = lanes.width, lanes.total

    def layer_norm(row, lane, n, args):
        x, weight, bias, eps, out = args
        total = 0.0
        for c in range(lane, n, width):
            total += x[row, c]
        mean = add(total) / n
        squares = 0.0
        for c in range(lane, n, width):
            apart = x[row, c] - mean
            squares += apart * apart
        scale = 1 / math.sqrt(add(squares) / n + eps)
        for c in range(lane, n, width):
            out[row, c] = (x[row, c] - mean) * scale * weight[c] + bias[c]

    return layer_norm


def _facts(lanes: Lanes):
    """Return the helper that finds mean and scale of a row, and how the mean and the scale take part in its gradient."""
    width, add = lanes.width, lanes.total

    def facts(row, lane, n, grad, x, weight, eps):
        total = 0.0
        for c in range(lane, n, width):
            total += x[row, c]
        mean = add(total) / n
        squares = 0.0
        for c in range(lane, n, width):
            apart = x[row, c] - mean
            squares += apart * apart
        scale = 1 / math.sqrt(add(squares) / n + eps)
        whole = 0.0
        along = 0.0
        for c in range(lane, n, width):
            pull = grad[row, c] * weight[c]
            whole += pull
            along += pull * (x[row, c] - mean)
        return mean, scale, add(whole) / n, add(along) / n * scale * scale

    return facts


def _layer_norm_backward(lanes: Lanes):
    width, facts = lanes.width, _facts(lanes)

    def layer_norm_backward(row, lane, n, args):
        grad, x, weight, eps, out, means, scales = args
        mean, scale, shift, slope = facts(row, lane, n, grad, x, weight, eps)
        for c in range(lane, n, width):
            out[row, c] = scale * (grad[row, c] * weight[c] - shift - (x[row, c] - mean) * slope)
        if lane == 0:
            means[row] = mean
            scales[row] = scale

    return layer_norm_backward


@jk.kernel
def _sum_weights(s, c, grad, x, means, scales, rows, each, by_weight, by_bias):
    weight = 0.0
    bias = 0.0
    for row in range(s * each, min(rows, s * each + each)):
        weight += grad[row, c] * (x[row, c] - means[row]) * scales[row]
        bias += grad[row, c]
    by_weight[s, c] = weight
    by_bias[s, c] = bias


_facts_of_row = _facts(ONE)


@jk.kernel(fastmath=True)
def _backward_of_stretch(s, _, n, rows, each, grad, x, weight, eps, out, by_weight, by_bias):
    """Write all three gradients in one loop, which reads what the loops before it left in the cache."""
    for c in range(n):
        by_weight[s, c] = 0.0
        by_bias[s, c] = 0.0
    for row in range(s * each, min(rows, s * each + each)):
        mean, scale, shift, slope = _facts_of_row(row, 0, n, grad, x, weight, eps)
        for c in range(n):
            apart = x[row, c] - mean
            out[row, c] = scale * (grad[row, c] * weight[c] - shift - apart * slope)
            by_weight[s, c] += grad[row, c] * apart * scale
            by_bias[s, c] += grad[row, c]


_stretches = Launcher(_backward_of_stretch)
_forward, _backward, _weights = Rows(_layer_norm), Rows(_layer_norm_backward), Launcher(_sum_weights)


def layer_norm(
    x: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5, *, out: Any = None, backend: str | None = None
) -> Any:
    """Return ``(x - mean) / sqrt(variance + eps) * weight + bias``, with mean and variance of each row of the last axis.

    Parameters
    ----------
    x : array_like or device array of shape (..., n)
        Real numbers.
    weight, bias : array_like or device array of shape (n,), optional
        What normalised elements are multiplied by, and what is added then; 1 and 0 unless given.
    eps : float, default 1e-5
        Added to the variance.
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
        For a number, and for weights, a bias or an `out` of another shape.

    Notes
    -----
    J. L. Ba, J. R. Kiros, G. E. Hinton, Layer normalization, arXiv:1607.06450, 2016. The variance is that of the
    deviations from the mean, found in a second pass over the row in the cache: a large mean does not harm it.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.ml.layer_norm(np.array([[1.0, 2.0, 3.0]]), eps=0.0).round(4)
    array([[-1.2247,  0.    ,  1.2247]])
    """
    x, weight, bias = _given(x, weight, bias, "ml.layer_norm")
    shape = tuple(x.shape)
    if out is not None:
        operands.check_out(out, shape, operands.dtype_of(x), "ml.layer_norm")
    rows = flat_rows(x)
    target = direct(out, [rows, weight, bias])
    written = target if target is not None else operands.made(shape, (operands.dtype_of(x),), operands.device_of(x))
    _forward(
        rows, (rows, weight, bias, operands.number(eps, "eps", "ml.layer_norm"), written.reshape(rows.shape)), backend
    )
    return operands.delivered(written, out, "ml.layer_norm")


def layer_norm_backward(
    grad: Any, x: Any, weight: Any = None, eps: float = 1e-5, *, out: Any = None, backend: str | None = None
) -> tuple[Any, Any, Any]:
    """Return the gradients with respect to the input, the weight and the bias of `layer_norm`.

    Parameters
    ----------
    grad : array_like or device array of shape (..., n)
        The gradient with respect to the output.
    x : array_like or device array, of the shape of `grad`
        The input of `layer_norm`.
    weight : array_like or device array of shape (n,), optional
        Its weight.
    eps : float, default 1e-5
        Its `eps`.
    out : tuple of three arrays, optional
        Where the gradients go.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    by_x : array of the shape of `x`
    by_weight, by_bias : array of shape (n,)

    Raises
    ------
    KernelTypeError, LaunchError
        As `layer_norm`, and for arrays of two shapes, and an `out` of others.

    Notes
    -----
    Gradients of the weight and the bias are summed by stretches of rows, and those in order: equal inputs give equal
    bits, whatever the number of threads.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> by_x, by_weight, by_bias = jk.ml.layer_norm_backward(np.eye(2), np.array([[1.0, 3.0], [2.0, 0.0]]), eps=0.0)
    >>> by_weight, by_bias
    (array([-1., -1.]), array([1., 1.]))
    """
    name = "ml.layer_norm_backward"
    x, weight, grad = _given(x, weight, None, name, grad)
    if tuple(grad.shape) != tuple(x.shape):
        raise LaunchError(f"jk.{name}: the gradient has the shape {tuple(grad.shape)}, and the input {tuple(x.shape)}")
    rows, grads, dtype, device = flat_rows(x), flat_rows(grad), operands.dtype_of(x), operands.device_of(x)
    (m, n), made = rows.shape, operands.made
    shapes = tuple(x.shape), (n,), (n,)
    where = None if out is None else _arrays.rooms(out, shapes, (dtype,) * 3, (x, grad, weight), device, name)
    by_x = made(shapes[0], (dtype,), device) if where is None else where[0]
    stretches = max(1, min(STRETCHES, m // 16))
    each = -(-m // stretches)
    sums = [made((stretches, n), (dtype,), device) for _ in range(2)]
    args = (grads, rows, weight, operands.number(eps, "eps", name), by_x.reshape((m, n)))
    if n >= SHORT and not operands.on_device(x, backend):
        _stretches((stretches, 1), backend)(n, m, each, *args, *sums)
    elif n:
        means, scales = made((m,), (dtype,), device), made((m,), (dtype,), device)
        _backward(rows, (*args, means, scales), backend)
        _weights((stretches, n), backend)(grads, rows, means, scales, m, each, *sums)
    by_parameters = [reduce("add", part, axis=0, backend=backend) for part in sums]
    found: tuple[Any, Any, Any] = operands.delivered((by_x, *by_parameters), out, name)
    return found


def _given(x: Any, weight: Any, bias: Any, name: str, grad: Any = None) -> tuple[Any, Any, Any]:
    """Return the input, the weight and the bias (or the gradient, where there is one) as arrays of one type."""
    there = {"x": x, "weight": weight, "bias": bias, "grad": grad}
    names = [key for key, value in there.items() if value is not None]
    found = dict(
        zip(
            names,
            operands.alike(
                [np.asarray(v) if isinstance(v, (list, int, float)) else v for v in (there[key] for key in names)], name
            ),
            strict=True,
        )
    )
    if x is None:
        raise LaunchError(f"jk.{name}: takes an array of at least one dimension, not None")
    x = found["x"]
    if not tuple(x.shape):
        raise LaunchError(f"jk.{name}: takes an array of at least one dimension, not a number")
    n = x.shape[-1]
    for key in ("weight", "bias"):
        if key in found and tuple(found[key].shape) != (n,):
            raise LaunchError(f"jk.{name}: {key} has the shape {tuple(found[key].shape)}, and rows ask for {(n,)}")
    dtype, device = operands.dtype_of(x), operands.device_of(x)
    weight = found.get("weight") if weight is not None else jk.full((n,), 1, dtype, device=device)
    if grad is not None:
        return x, weight, found["grad"]
    return x, weight, found.get("bias") if bias is not None else jk.full((n,), 0, dtype, device=device)
