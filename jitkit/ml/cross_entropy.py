"""cross_entropy: how surprising integer labels are under scores of the classes, with its gradient."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.launch.launcher import Launcher
from jitkit.ml._rows import Lanes, Rows, flat_rows
from jitkit.ml.softmax import largest_of, logarithms_of_turned
from jitkit.primitives import _arrays
from jitkit.primitives._turned import BLOCK, SHORT, turn
from jitkit.primitives.minmax import minmax
from jitkit.primitives.reduce import reduce

Reduction = Literal["mean", "sum", "none"]


def _cross_entropy(lanes: Lanes):
    width, add, largest = lanes.width, lanes.total, largest_of(lanes)

    def cross_entropy(row, lane, n, args):
        x, labels, losses = args
        top = largest(row, lane, n, x)
        total = 0.0
        for c in range(lane, n, width):
            total += math.exp(x[row, c] - top)
        whole = add(total)
        if lane == 0:
            losses[row] = math.log(whole) - (x[row, labels[row]] - top)

    return cross_entropy


def _cross_entropy_backward(lanes: Lanes):
    width, add, largest = lanes.width, lanes.total, largest_of(lanes)

    def cross_entropy_backward(row, lane, n, args):
        x, labels, first, factor, losses, out = args
        label = labels[row]
        top = largest(row, lane, n, x)
        total = 0.0
        for c in range(lane, n, width):
            power = math.exp(x[row, c] - top)
            total += power
        whole = add(total)
        if lane == 0:
            losses[first + row] = math.log(whole) - (x[row, label] - top)
        share = factor / whole
        for c in range(lane, n, width):
            out[row, c] = math.exp(x[row, c] - top) * share - (factor if c == label else 0)

    return cross_entropy_backward


@jk.kernel(fastmath=True)
def _losses_of_block(block, _, n, x, labels, losses):
    tile = jk.local((SHORT, BLOCK), x.dtype)
    top, total = jk.local(BLOCK, x.dtype), jk.local(BLOCK, x.dtype)
    first = block * BLOCK
    turn(x, first, n, tile)
    logarithms_of_turned(tile, n, top, total)
    for r in range(min(BLOCK, x.shape[0] - first)):
        losses[first + r] = total[r] - (tile[labels[first + r], r] - top[r])


_forward, fused = Rows(_cross_entropy, Launcher(_losses_of_block)), Rows(_cross_entropy_backward)


@jk.kernel
def _scale_rows(i, j, grad, x):
    x[i, j] *= grad[i]


scaled = Launcher(_scale_rows)


def cross_entropy(
    x: Any, labels: Any, reduction: Reduction = "mean", *, out: Any = None, backend: str | None = None
) -> Any:
    """Return minus the logarithm of the probability that `softmax` of the scores gives the right classes.

    Parameters
    ----------
    x : array_like or device array of shape (..., classes)
        The scores of the classes (logits).
    labels : array_like or device array of int, of shape (...)
        The right class of each row, from 0.
    reduction : {"mean", "sum", "none"}, default "mean"
        The mean of the rows' losses, their sum, or all of them.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    float32 or float64, or an array of them of the shape of `labels`
        The mean of no rows is NaN.

    Raises
    ------
    KernelTypeError
        For complex scores, and labels that are no integers.
    LaunchError
        For shapes that do not fit, labels of no class, another `reduction`, and an `out` of another shape.

    Notes
    -----
    Computed as ``log(sum(exp(x - max(x)))) - (x[label] - max(x))``, in one reading of each row.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> round(float(jk.ml.cross_entropy(np.log([[1.0, 3.0]]), np.array([1]))), 4)
    0.2877
    """
    name = "ml.cross_entropy"
    rows, flat, shape = _given(x, labels, reduction, name)
    dtype, each = operands.dtype_of(rows), reduction == "none"
    if out is not None:
        operands.check_out(out, shape if each else (), dtype, name)
    losses = _arrays.room(out if each else None, shape, (dtype,), (rows, flat), operands.device_of(rows), name)
    _forward(rows, (rows, flat, losses.reshape((-1,))), backend)
    if each:
        return operands.delivered(losses, out, name)
    total = reduce("add", losses, backend=backend)
    if reduction == "mean":
        total = total / rows.shape[0] if rows.shape[0] else total * np.nan
    return total if out is None else operands.store(total, out, (), name)


def cross_entropy_backward(
    x: Any,
    labels: Any,
    grad: Any = 1.0,
    reduction: Reduction = "mean",
    *,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return the gradient with respect to the scores of `cross_entropy`.

    Parameters
    ----------
    x : array_like or device array of shape (..., classes)
        The scores.
    labels : array_like or device array of int, of shape (...)
        The right classes.
    grad : float, or array of the shape of `labels`, default 1.0
        The gradient with respect to the loss; an array for ``reduction="none"``.
    reduction : {"mean", "sum", "none"}, default "mean"
        As for `cross_entropy`.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array of float32 or float64, of the shape of `x`
        ``softmax(x)``, less 1 at the right class; over the number of rows for the mean.

    Raises
    ------
    KernelTypeError, LaunchError
        As `cross_entropy`, and for a gradient or an `out` of another shape.

    Notes
    -----
    J. S. Bridle, Probabilistic interpretation of feedforward classification network outputs, Neurocomputing, Springer
    1990, 227-236.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.ml.cross_entropy_backward(np.log([[1.0, 3.0]]), np.array([1]))
    array([[ 0.25, -0.25]])
    """
    name = "ml.cross_entropy_backward"
    rows, flat, shape = _given(x, labels, reduction, name)
    dtype, device = operands.dtype_of(rows), operands.device_of(rows)
    scale = 1.0 / max(1, rows.shape[0]) if reduction == "mean" else 1.0
    grads = None
    if isinstance(grad, (int, float)) or not getattr(grad, "shape", True):
        scale *= float(grad)
    else:
        (grads,) = operands.alike([grad], name)
        if tuple(grads.shape) != shape:
            raise LaunchError(f"jk.{name}: grad= has the shape {tuple(grads.shape)}, and there are {shape} labels")
    result = operands.result(out, (*shape, rows.shape[1]), dtype, device, name)
    if isinstance(result, np.ndarray) and (not result.flags.c_contiguous or np.may_share_memory(result, rows)):
        result = np.empty_like(result, order="C")
    written, losses = result.reshape(rows.shape), operands.made((rows.shape[0],), (dtype,), device)
    fused(rows, (rows, flat, 0, scale, losses, written), backend)
    if grads is not None:
        scaled(tuple(rows.shape), backend)(grads.reshape((-1,)), written)
    return operands.delivered(result, out, name)


def _given(x: Any, labels: Any, reduction: str, name: str) -> tuple[Any, Any, tuple[int, ...]]:
    """Return the scores as a matrix, the labels as a vector, and the shape of the labels."""
    (x,), labels = operands.alike([x], name), operands.array(labels, name)
    if reduction not in ("mean", "sum", "none"):
        raise LaunchError(f"jk.{name}: reduction={reduction!r}; there are 'mean', 'sum' and 'none'")
    if operands.dtype_of(labels).kind not in "iu":
        raise KernelTypeError(f"jk.{name}: labels are integers, not {operands.dtype_of(labels)}; convert with .astype")
    shape = tuple(labels.shape)
    if not tuple(x.shape) or tuple(x.shape[:-1]) != shape:
        raise LaunchError(
            f"jk.{name}: scores of the shape {tuple(x.shape)} take labels of the shape {tuple(x.shape[:-1])}, not {shape}"
        )
    if operands.device_of(x) != operands.device_of(labels):
        raise LaunchError(f"jk.{name}: scores and labels are not both on the host; move one with jk.asarray")
    rows, flat = flat_rows(x), labels.reshape((-1,))
    if flat.shape[0]:
        low, high = (flat.min(), flat.max()) if isinstance(flat, np.ndarray) else minmax(flat)
        if int(low) < 0 or int(high) >= rows.shape[1]:
            raise LaunchError(
                f"jk.{name}: there are {rows.shape[1]} classes, and labels from {int(low)} to {int(high)}"
            )
    return rows, flat, shape
