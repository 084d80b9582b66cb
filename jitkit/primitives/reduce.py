"""reduce: all elements of an array, or those along an axis, combined by an associative operator."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit import operands
from jitkit.errors import KernelTypeError
from jitkit.launch.ready import FEW, Calls
from jitkit.plans import remember
from jitkit.primitives import _operators, _structs, _values
from jitkit.primitives._again import Again
from jitkit.primitives._arrays import Axis, given_arrays
from jitkit.primitives._lazy import Lazy
from jitkit.primitives._numpys import BOOL
from jitkit.primitives._operators import Operator
from jitkit.primitives._reducing import AXES, know_reduction, know_vectors, ready_to_reduce, reduce_by
from jitkit.primitives._reduction import Reduction
from jitkit.primitives._where import reduce_where

_plans: dict[Hashable, Reduction] = {}
calls = Calls()
_again = Again("call")
_ndarray = np.ndarray


def reduce(
    op: Any,
    x: Any,
    *,
    axis: Axis = None,
    initial: Any = None,
    where: Any = None,
    out: Any = None,
    dtype: DTypeLike | None = None,
    keepdims: bool = False,
    backend: str | None = None,
    deterministic: bool = True,
) -> Any:
    """Combine all elements of an array, or those along an axis, with an associative operator.

    Parameters
    ----------
    op : callable or str
        An associative operator of two values: a function or lambda, `min`, `max`, a function of `operator`, a NumPy ufunc,
        or its name (``"add"``). It need not be commutative: operands stay in order. `min` and `max` are NumPy's, so a
        NaN wins.
    x : array_like, device array, or tuple or struct of up to 6
        The elements. The elements of a tuple of arrays of one shape are tuples, and so are the operands of `op`; those of a
        named tuple or frozen dataclass of arrays are such structs of numbers, and so is the result.
    axis : int or tuple of int, optional
        The axis to reduce along; all unless given.
    initial : number or tuple, optional
        Combined with each result, from the left; the result of no elements.
    where : array_like of bool, optional
        Elements to include; broadcast with `x`.
    out : array or tuple of arrays, optional
        Where the result goes; of its shape, and a dtype that it can be cast to within its kind.
    dtype : dtype, optional
        In which elements are combined. By default that of `x`, except that sums and products of booleans and integers are
        as wide as NumPy's.
    keepdims : bool, default False
        Whether reduced axes stay, of length 1.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.
    deterministic : bool, default True
        Equal inputs give equal bits, whatever the number of threads. The way that is so is also the fastest here, so
        False changes nothing.

    Returns
    -------
    number, array, or tuple of them
        A NumPy scalar where all axes are reduced, also for an array on a GPU.

    Raises
    ------
    KernelError
        Where `op` is no operator of two values, or the compiler refuses its types.
    LaunchError
        For no elements where there is no `initial` and the operator has no identity, and for an `out` of another shape.
    numpy.exceptions.AxisError
        Where `x` has no such axis.

    Notes
    -----
    Floating-point sums are added in blocks of 4096 and runs of 16, which is no worse than pairwise summation.
    Sources: M. Harris, Optimizing Parallel Reduction in CUDA, NVIDIA, 2007; N. J. Higham, The accuracy of floating point
    summation, SIAM J. Sci. Comput. 14, 783-799, 1993.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> int(jk.reduce("add", np.arange(10)))
    45
    >>> jk.reduce(max, np.array([[1.0, 5.0], [3.0, 2.0]]), axis=1)
    array([5., 3.])
    >>> from typing import NamedTuple
    >>> class Best(NamedTuple):
    ...     value: float
    ...     index: int
    >>> best = jk.reduce(lambda a, b: a if a.value >= b.value else b, Best(np.array([1.0, 5.0, 3.0]), np.arange(3)))
    >>> int(best.index)
    1
    """
    result = calls.enter(x, op, axis, keepdims, dtype, out, initial, where, backend)
    if result is None and (type(x) is _ndarray or type(x) is tuple):
        arrays: Any = (x,) if type(x) is _ndarray else x
        result = _again.enter(op, None, arrays, backend, axis, keepdims, dtype, initial, out, where)
    if result is not None:
        return result
    kind = None if type(x) is _ndarray else _structs.kind_of(x)
    if kind is not None:
        of_tuples, fields = _structs.of_parts(op, kind, "reduce"), _structs.parts_of(x)
        begin, target = _structs.parts_of(initial), _structs.parts_of(out)
        found = reduce(
            of_tuples,
            fields,
            axis=axis,
            initial=begin,
            where=where,
            out=target,
            dtype=dtype,
            keepdims=keepdims,
            backend=backend,
        )
        return _structs.put_together(kind, found)
    operator = _operators.resolve(op)
    call: tuple[Any, ...] | None = None
    if where is None and initial is None and type(x) is _ndarray and x.size <= FEW and type(axis) in AXES:
        brief = type(op) in _operators.ALIKE
        # Vectors go as soon without, by the user's operators and of booleans: compiled code makes no boolean.
        if (brief and x.dtype is not BOOL) or (axis is not None and len(x.shape) > 1):
            call = (op if brief else operator, axis, keepdims, dtype, x.dtype, x.shape)
            found = calls(call, x, backend)
            if found is not None:
                if out is not None:
                    return operands.store(found, out, found.shape, "reduce")
                if not brief or not x.flags.c_contiguous:  # those `calls.enter` does not know
                    plan = plan_of(operator, (x.dtype,), dtype)
                    know_reduction(_again, plan, (op, None), x, axis, keepdims, (axis, keepdims, dtype), None)
                return found
    plain = where is None and (type(x) is _ndarray or isinstance(x, Lazy))
    known = _plans.get((operator, (x.dtype,), dtype)) if plain else None
    arrays = [x] if known is not None else given_arrays(x, "reduce")
    if where is not None:
        return reduce_where(operator, arrays, where, axis, initial, out, dtype, keepdims, backend)
    plan = known or plan_of(operator, tuple(map(operands.dtype_of, arrays)), dtype)
    result = reduce_by(plan, arrays, axis, initial, out, keepdims, backend, "reduce")
    if call is not None:
        ready = ready_to_reduce(plan, x, axis, keepdims, brief, "reduce")
        if ready is not None:
            calls.keep(call, ready)
    elif type(x) is tuple and out is None and axis is None and not keepdims:
        know_vectors(_again, plan, (op, None), x, (axis, keepdims, dtype, initial), initial)
    elif out is None and type(x) is _ndarray and type(axis) in AXES:
        know_reduction(_again, plan, (op, None), x, axis, keepdims, (axis, keepdims, dtype, initial), initial)
    return result


def plan_of(operator: Operator, given: tuple[np.dtype[Any], ...], dtype: Any) -> Reduction:
    """Return what reduces arrays of some dtypes by an operator, made the first time it is asked for."""
    key = (operator, given, dtype)
    found = _plans.get(key)
    if found is None:
        _values.check_count(len(given), "reduce")
        if len(given) == 1:
            dtypes: tuple[np.dtype[Any], ...] = (
                operands.dtype_named(dtype, "reduce") if dtype is not None else operator.dtype(given[0]),
            )
        elif dtype is not None:
            raise KernelTypeError("jk.reduce: dtype= is for a single array; convert the arrays of a tuple beforehand")
        else:
            dtypes = given
        reading = _values.reader(len(given))
        identity = operator.identity(dtypes[0]) if len(given) == 1 else None
        plan = Reduction(reading, operator.func, dtypes, operator.commutative, alike=dtypes == given, identity=identity)
        found = remember(_plans, key, plan)
    return found
