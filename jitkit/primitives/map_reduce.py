"""map_reduce: a function of the elements of one or several arrays, and its results combined by an operator."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit import operands
from jitkit.errors import KernelError, KernelTypeError
from jitkit.plans import remember
from jitkit.primitives import _arrays, _functions, _operators, _values
from jitkit.primitives._again import Again
from jitkit.primitives._arrays import Axis
from jitkit.primitives._identity import identity_of
from jitkit.primitives._lazy import Lazy
from jitkit.primitives._operators import Operator
from jitkit.primitives._reducing import AXES, know_reduction, know_vectors, reduce_by
from jitkit.primitives._reduction import Reduction
from jitkit.primitives._structs import of_parts, parts_of, put_together, taken_apart

_plans: dict[Hashable, Reduction] = {}
_again = Again("call")


def map_reduce(
    f: Any,
    op: Any,
    *arrays: Any,
    axis: Axis = None,
    initial: Any = None,
    out: Any = None,
    dtype: DTypeLike | None = None,
    keepdims: bool = False,
    backend: str | None = None,
    deterministic: bool = True,
) -> Any:
    """Combine ``f(x, y, ...)`` over the elements of arrays with an associative operator; nothing lies in memory between.

    Parameters
    ----------
    f : callable or str
        A function of one number from each array; it returns a number, or a tuple, named tuple or frozen dataclass of up
        to 6, which `op` then combines. The class of a struct is such a function as well.
    op : callable or str
        An associative operator of two values, as for `reduce`.
    *arrays : array_like or device array
        One to six arrays; NumPy arrays are broadcast.
    axis, initial, out, keepdims, backend, deterministic
        As for `reduce`.
    dtype : dtype, optional
        In which results of `f` are combined; by default that of the results, integer sums as wide as NumPy's.

    Returns
    -------
    number, array, or tuple or struct of them

    Raises
    ------
    KernelError
        Where `f` or `op` is no function of as many values.
    LaunchError
        For arrays that do not broadcast, and as for `reduce`.

    Notes
    -----
    The order of the operations is that of `reduce`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> float(jk.map_reduce(lambda x, y: x * y, "add", np.arange(4.0), np.ones(4)))
    6.0
    """
    found = _again.enter(f, op, arrays, backend, axis, keepdims, dtype, initial, out)
    if found is not None:
        return found
    try:
        operator = _operators.resolve(op)
    except KernelError:
        for x in arrays:  # a function among them says more: the arguments stand in another order
            _arrays.array(x, "map_reduce", tuples=True)
        raise
    found = map_reduce_by(f, operator, arrays, axis, initial, out, dtype, keepdims, backend, "map_reduce")
    first, several = arrays[0], len(arrays) > 1
    if (
        out is None
        and type(axis) in AXES
        and type(first) is np.ndarray
        and not (several and (keepdims or axis is not None))
    ):
        seen = _arrays.dtypes_alike(arrays)
        plan = None if seen is None else known_plan(identity_of(f), operator, seen, dtype)
        asked = axis, keepdims, dtype, initial
        if plan is not None and several:
            know_vectors(_again, plan, (f, op), arrays, asked, initial)
        elif plan is not None:
            know_reduction(_again, plan, (f, op), first, axis, keepdims, asked, initial)
    return found


def known_plan(identity: Hashable, operator: Operator, seen: tuple[Any, ...], dtype: Any = None) -> Reduction | None:
    """Return what was made to map a function over arrays of some dtypes, and reduce what it returns."""
    return _plans.get((identity, operator, seen, dtype))


def map_reduce_by(
    f: Any,
    operator: Operator,
    arrays: Sequence[Any],
    axis: Axis,
    initial: Any,
    out: Any,
    dtype: Any,
    keepdims: bool,
    backend: str | None,
    name: str,
    identity: Hashable = None,
) -> Any:
    """Do what `map_reduce` does, under another name in messages; `identity` is that of `f`, where it is known already."""
    function = identity_of(f) if identity is None else identity
    first: Any = arrays[0] if len(arrays) == 1 else None
    plain = type(first) is np.ndarray or isinstance(first, Lazy)
    seen = (first.dtype,) if plain else _arrays.dtypes_alike(arrays)
    known = None if seen is None else _plans.get((function, operator, seen, dtype))
    if known is not None:  # such arrays were looked at before
        return _reduced(known, arrays, axis, initial, out, keepdims, backend, name)
    _values.check_count(len(arrays), name)
    given = [_arrays.array(x, name, tuples=True) for x in arrays]
    dtypes = tuple([operands.dtype_of(x) for x in given])
    key = (function, operator, dtypes, dtype)
    plan = _plans.get(key) or remember(_plans, key, _plan(f, operator, dtypes, dtype, name))
    return _reduced(plan, _arrays.alike(given, name), axis, initial, out, keepdims, backend, name)


def _reduced(plan: Reduction, arrays: Sequence[Any], axis: Axis, initial: Any, out: Any, *more: Any) -> Any:
    """Reduce arrays as a plan says, to structs where the function returns such."""
    kind = plan.kind
    if kind is None:
        return reduce_by(plan, arrays, axis, initial, out, *more)
    return put_together(kind, reduce_by(plan, arrays, axis, parts_of(initial), parts_of(out), *more))


def _plan(f: Any, operator: Operator, given: tuple[np.dtype[Any], ...], dtype: Any, name: str) -> Reduction:
    function = _functions.function_of(f, len(given), name)
    results, kind = _functions.results_of(function, given, name)
    read = _values.applied(function, len(given))
    if len(results) > 1:
        if dtype is not None:
            raise KernelTypeError(f"jk.{name}: dtype= is for a single result; convert those of a tuple in the function")
        _values.check_count(len(results), name)
        if kind is not None:
            op = of_parts(operator.func, kind, name)
            return Reduction(taken_apart(read), op, results, operator.commutative, kind=kind)
        return Reduction(read, operator.func, results, operator.commutative)
    combined = operator.dtype(results[0]) if dtype is None else operands.dtype_named(dtype, "map_reduce")
    return Reduction(read, operator.func, (combined,), operator.commutative, identity=operator.identity(combined))
