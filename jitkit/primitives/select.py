"""select: the elements that satisfy a predicate, or that a mask marks, in their order."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.launch import choice
from jitkit.plans import remember
from jitkit.primitives import _arrays, _functions
from jitkit.primitives._arrays import value_of
from jitkit.primitives._identity import identity_of
from jitkit.primitives._lazy import Lazy
from jitkit.primitives._numpys import BOOL, NUMBERS
from jitkit.primitives._selecting import FEW, Selecting

FEWEST = 1024
"""Elements up to which NumPy takes the marked ones sooner, wherever they are: half of 700 by chance take as long as here."""
_ndarray = np.ndarray
_asked, _environment, _key = choice.context.get, choice.environment, choice.key
_plans: dict[Hashable, Selecting] = {}
_OF_MASK = "mask"


def select(pred_or_mask: Any, x: Any, *, backend: str | None = None) -> Any:
    """Return the elements that satisfy a predicate, or that a mask marks, in their order.

    Parameters
    ----------
    pred_or_mask : callable, str or array_like of bool
        A function of one element, or a mask of the shape of `x`.
    x : array_like, device array or lazy array
        The elements, in C order; those of a zipped array are tuples.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array, 1-D, or tuple of them
        A new array of the dtype of `x`; of a zipped array one for each part.

    Raises
    ------
    KernelError
        Where the predicate is no function of one number.
    LaunchError
        For a mask of another shape.

    Notes
    -----
    A count in each block, a scan of the counts, and a scan inside each block that places the elements; the method of
    G. E. Blelloch, Prefix sums and their applications, CMU-CS-90-190, 1990. One thread of a host goes over a few elements once,
    and of fewer NumPy takes those that a mask marks.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.select(lambda x: x % 2 == 0, np.arange(6))
    array([0, 2, 4])
    """
    if type(x) is type(pred_or_mask) is _ndarray and pred_or_mask.dtype is BOOL and x.size <= FEWEST:
        straight = (backend is None and _asked() is None and _key not in _environment) or backend == "cpu"
        if straight and x.ndim == pred_or_mask.ndim and x.dtype in NUMBERS:
            try:
                return x[pred_or_mask]
            except IndexError:  # a mask of another shape: what follows says so
                pass
    if type(x) is _ndarray or (isinstance(x, Lazy) and x.device is None):
        found = _among_few_known(pred_or_mask, x, backend)
        if found is not None:
            return found
    x = _arrays.array(x, "select", tuples=True)
    device = _arrays.device_of(x)
    plan, arrays = _plan(pred_or_mask, x)
    n = arrays[0].shape[0]
    if n == 0:
        return operands.made((0,), plan.dtypes, device)
    if n < FEW and _arrays.on_host(tuple(arrays), backend):
        return plan.among_few(value_of(arrays), n, backend, known=False)
    return plan.among(value_of(arrays), n, device, backend)


def _among_few_known(pred_or_mask: Any, x: Any, backend: str | None) -> Any:
    """Return what is selected from few elements of the host, if such were met before; else None."""
    mask = pred_or_mask if type(pred_or_mask) is _ndarray else None
    plan = _plans.get((identity_of(pred_or_mask) if mask is None else _OF_MASK, x.dtype))
    if plan is None:
        return None
    if x.ndim != 1:
        if type(x) is not _ndarray or not x.ndim or (mask is not None and mask.shape != x.shape):
            return None
        x, mask = x.reshape(-1), None if mask is None else mask.reshape(-1)
    n = x.size
    if not 0 < n < FEW or (mask is not None and mask.size != n):  # compiled code finds whether the mask is a vector
        return None
    return plan.among_few(x if mask is None else (x, mask), n, backend, True)


def _plan(pred_or_mask: Any, x: Any) -> tuple[Selecting, list[Any]]:
    """Return what selects by a predicate or a mask, and the vectors that it goes over."""
    dtype = operands.dtype_of(x)
    if not callable(pred_or_mask) and not isinstance(pred_or_mask, str):
        mask = _arrays.array(pred_or_mask, "select")
        if operands.dtype_of(mask) != BOOL:  # a dtype: NumPy would make one of a class each time
            raise KernelTypeError(f"jk.select: a mask is an array of bool, not of {operands.dtype_of(mask)}")
        if mask.shape != x.shape and tuple(mask.shape) != tuple(x.shape):
            raise LaunchError(
                f"jk.select: the mask has the shape {tuple(mask.shape)}, and the elements {tuple(x.shape)}"
            )
        key: Hashable = (_OF_MASK, dtype)
        plan = _plans.get(key) or remember(_plans, key, Selecting(_is_marked, _of_first, _parts_of(dtype)))
        return plan, [_arrays.flat(x), _arrays.flat(mask)]
    key = (identity_of(pred_or_mask), dtype)
    plan = _plans.get(key)
    if plan is None:
        pred = _functions.function_of(pred_or_mask, 1, "select")

        def marked(x, at):
            return pred(x[at])

        plan = remember(_plans, key, Selecting(marked, _itself, _parts_of(dtype)))
    return plan, [_arrays.flat(x)]


def _parts_of(dtype: np.dtype[Any]) -> tuple[np.dtype[Any], ...]:
    """Return the dtypes of the numbers that an element is made of."""
    return (dtype,) if dtype.names is None else tuple(dtype[name] for name in dtype.names)


def _is_marked(x, at):
    return x[1][at]


def _of_first(x, at):
    return x[0][at]


def _itself(x, at):
    return x[at]
