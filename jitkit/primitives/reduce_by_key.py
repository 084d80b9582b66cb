"""reduce_by_key: values whose neighbouring keys are equal combined."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.plans import remember
from jitkit.primitives import _arrays, _operators, _structs
from jitkit.primitives._arrays import given_arrays
from jitkit.primitives._run_reduction import RunReduction
from jitkit.primitives.run_length_encode import beginnings, runs_on_gpu, values_of
from jitkit.primitives.segment_reduce import combined_in, reduce_segments

_plans: dict[Hashable, RunReduction] = {}


def reduce_by_key(op: Any, keys: Any, values: Any, *, backend: str | None = None) -> tuple[Any, Any]:
    """Combine the values of each run of equal neighbouring keys with an associative operator.

    Parameters
    ----------
    op : callable or str
        An associative operator of two values, as for `reduce`; operands stay in order.
    keys : array_like or device array, 1-D
        The keys; sort by them first where equal ones shall meet.
    values : array_like, device array, or tuple or struct of up to 6, 1-D
        As many values.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    keys : array
        The key of each run.
    values : array, or tuple or struct of arrays
        What its values give; the dtype as for `reduce`.

    Raises
    ------
    LaunchError
        Where there are not as many keys as values.

    Notes
    -----
    The runs are found as `run_length_encode` does; each is reduced in order, in runs of 16 elements; equal inputs give
    equal bits.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.reduce_by_key("add", np.array([1, 1, 2, 1]), np.array([1.0, 2.0, 4.0, 8.0]))
    (array([1, 2, 1]), array([3., 4., 8.]))
    """
    kind = _structs.kind_of(values)
    if kind is not None:
        of_tuples = _structs.of_parts(op, kind, "reduce_by_key")
        found, totals = reduce_by_key(of_tuples, keys, _structs.parts_of(values), backend=backend)
        return found, _structs.put_together(kind, totals)
    keys, arrays = _arrays.array(keys, "reduce_by_key"), given_arrays(values, "reduce_by_key")
    check_keys(keys, arrays, "reduce_by_key")
    operator, n = _operators.resolve(op), keys.shape[0]
    if not _arrays.on_host((keys, *arrays), backend):
        found, offsets = runs_on_gpu(keys, backend)
        return found, reduce_segments(operator, arrays, offsets, None, None, backend, "reduce_by_key", check=False)
    words, before = beginnings.of(keys, n, backend)
    found = values_of(keys, words, before, backend)
    key = (operator, tuple(map(operands.dtype_of, arrays)))
    plan = _plans.get(key) or remember(_plans, key, RunReduction(operator.func, combined_in(*key)))
    return found, plan.of(_arrays.value_of(arrays), n, words, before, backend)


def check_keys(keys: Any, arrays: list[Any], name: str) -> None:
    """Refuse keys that are not as many as the values, in one dimension."""
    if len(keys.shape) != 1 or tuple(keys.shape) != tuple(arrays[0].shape):
        raise LaunchError(
            f"jk.{name}: keys and values are vectors of one length, not of the shapes {tuple(keys.shape)} and "
            f"{tuple(arrays[0].shape)}"
        )
