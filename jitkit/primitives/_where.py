"""Reductions that leave elements out: values that say of themselves whether they are there."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.plans import remember
from jitkit.primitives import _arrays
from jitkit.primitives._arrays import Axis
from jitkit.primitives._operators import Operator
from jitkit.primitives._reducing import reduce_by
from jitkit.primitives._reduction import Reduction

_plans: dict[Hashable, Reduction] = {}
_BOOL = np.dtype(np.bool_)


def reduce_where(
    operator: Operator,
    arrays: list[Any],
    where: Any,
    axis: Axis,
    initial: Any,
    out: Any,
    dtype: Any,
    keepdims: bool,
    backend: str | None,
) -> Any:
    """Reduce the elements of one array where a mask is true; see `reduce`.

    Raises
    ------
    LaunchError
        Where there is neither an identity nor an initial value: a mask may leave nothing.
    """
    if len(arrays) > 1:
        raise KernelTypeError(
            "jk.reduce: where= is for a single array; put a flag into the tuple and test it in the operator"
        )
    x, mask = _fitting(arrays[0], _arrays.array(where, "reduce"))
    given = operands.dtype_of(x)
    combined = operator.dtype(given) if dtype is None else np.dtype(dtype)
    identity = operator.identity(combined)
    if identity is None and initial is None:
        raise LaunchError(
            f"jk.reduce: {operator.func} has no identity, so where= needs an initial value: pass initial="
        )
    key = (operator, given, combined)
    plan = _plans.get(key)
    if plan is None:
        made = _with_identity(operator, combined) if identity is not None else _with_flag(operator, combined, given)
        plan = remember(_plans, key, made)
    if identity is not None:
        return reduce_by(plan, [x, mask], axis, initial, out, keepdims, backend, "reduce")
    start = (np.asarray(initial).astype(combined)[()], np.bool_(True))
    total = reduce_by(plan, [x, mask], axis, start, None, keepdims, backend, "reduce")[0]
    return total if out is None else operands.store(total, out, tuple(total.shape), "reduce")


def _fitting(x: Any, mask: Any) -> tuple[Any, Any]:
    if operands.dtype_of(mask) != _BOOL:
        raise KernelTypeError(f"jk.reduce: where= is an array of bool, not of {operands.dtype_of(mask)}")
    return tuple(_arrays.alike([x, mask], "reduce"))


def _with_identity(operator: Operator, dtype: np.dtype[Any]) -> Reduction:
    neutral, kind = operator.identity(dtype), dtype.type

    def read(x, at):
        return kind(x[0][at]) if x[1][at] else neutral

    return Reduction(read, operator.func, (dtype,), operator.commutative, identity=neutral)


def _with_flag(operator: Operator, dtype: np.dtype[Any], given: np.dtype[Any]) -> Reduction:
    op: Callable[[Any, Any], Any] = operator.func
    kind = dtype.type

    def present(a, b):
        value = a[0]
        if b[1]:
            value = kind(op(a[0], b[0])) if a[1] else b[0]
        return value, a[1] | b[1]

    def read(x, at):
        return x[0][at], x[1][at]

    return Reduction(read, present, (dtype, _BOOL), operator.commutative, alike=dtype == given)
