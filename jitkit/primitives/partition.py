"""partition: the elements that satisfy a predicate first, then the others."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.plans import remember
from jitkit.primitives import _arrays, _functions
from jitkit.primitives._identity import identity_of
from jitkit.primitives._scanning import Scan
from jitkit.primitives._selecting import counting_scan

_plans: dict[Hashable, Scan] = {}


def partition(pred: Any, x: Any, *, backend: str | None = None) -> tuple[Any, int]:
    """Return the elements that satisfy a predicate, then the others, and how many do; both keep their order.

    Parameters
    ----------
    pred : callable or str
        A function of one element.
    x : array_like or device array
        The elements, in C order.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array : array, 1-D
        A new array of the dtype of `x`.
    count : int
        How many elements satisfy the predicate: they are ``array[:count]``.

    Raises
    ------
    KernelError
        Where the predicate is no function of one number.

    Notes
    -----
    The method is that of `select`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.partition(lambda x: x > 2, np.array([1, 5, 2, 3]))
    (array([5, 3, 1, 2]), 2)
    """
    x = _arrays.array(x, "partition")
    flat, dtype, device = _arrays.flat(x), operands.dtype_of(x), _arrays.device_of(x)
    n = flat.shape[0]
    key = identity_of(pred)
    plan = _plans.get(key)
    if plan is None:
        plan = remember(_plans, key, _plan(_functions.function_of(pred, 1, "partition")))
    if n == 0:
        return operands.made((0,), (dtype,), device), 0

    def room(count: int) -> Any:
        split = jk.asarray(np.array([count]), device=device)
        return operands.made((n,), (dtype,), device), split

    (out, _), count = plan.counted(flat, n, room, backend)
    return out, count


def _plan(pred: Any) -> Scan:
    def marked(x, at):
        return pred(x[at])

    def place(x, out, at, before, mark):
        if mark > 0:
            out[0][before] = x[at]
        else:
            out[0][out[1][0] + at[1] - before] = x[at]

    def place_on_host(x, out, at, before, end):
        to = out[1][0] + at[1] - before
        if pred(x[at]):
            to = before
        out[0][to] = x[at]  # one write: two in branches would be guessed wrong half of the time

    return counting_scan(marked, place, place_on_host)
