"""reduce: all elements of an array, or those along an axis, combined by an associative operator."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.primitives import _arrays, _operators, _values
from jitkit.primitives._arrays import Axis
from jitkit.primitives._operators import Operator
from jitkit.primitives._reduction import Reduction

_REMEMBERED = 256
_plans: dict[Hashable, Reduction] = {}


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
    x : array_like, device array, or tuple of up to 6
        The elements. The elements of a tuple of arrays of one shape are tuples, and so are the operands of `op`.
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
    Floating-point sums are added in blocks of 16384 and runs of 16, which is no worse than pairwise summation.
    Sources: M. Harris, Optimizing Parallel Reduction in CUDA, NVIDIA, 2007; N. J. Higham, The accuracy of floating point
    summation, SIAM J. Sci. Comput. 14, 783-799, 1993.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> int(jk.reduce("add", np.arange(10)))
    45
    >>> jk.reduce(max, np.array([[1.0, 5.0], [3.0, 2.0]]), axis=1)
    array([5., 3.])
    """
    operator = _operators.resolve(op)
    if _is_vector(x) and axis is None and initial is None and where is None and out is None and not keepdims:
        plan = plan_of(operator, (_arrays.array(x, "reduce").dtype,), dtype)
        return plan.of_rows(x.reshape(1, -1), 1, x.size, None, backend)[0, 0]
    arrays = given_arrays(x, "reduce")
    if where is not None:
        from jitkit.primitives._where import reduce_where

        return reduce_where(operator, arrays, where, axis, initial, out, dtype, keepdims, backend)
    plan = plan_of(operator, tuple(map(operands.dtype_of, arrays)), dtype)
    identity = operator.identity(plan.dtypes[0]) if len(arrays) == 1 else None
    if operator.commutative and axis is None and not keepdims and all(_is_transposed(a) for a in arrays):
        arrays = [a.T for a in arrays]  # as they lie in memory: no copy
    return reduce_by(plan, arrays, axis, initial, out, keepdims, backend, "reduce", identity)


def plan_of(operator: Operator, given: tuple[np.dtype[Any], ...], dtype: Any) -> Reduction:
    """Return what reduces arrays of some dtypes by an operator, made the first time it is asked for."""
    key = (operator, given, dtype)
    found = _plans.get(key)
    if found is None:
        _values.check_count(len(given), "reduce")
        if len(given) == 1:
            dtypes: tuple[np.dtype[Any], ...] = (np.dtype(dtype) if dtype is not None else operator.dtype(given[0]),)
        elif dtype is not None:
            raise KernelTypeError("jk.reduce: dtype= is for a single array; convert the arrays of a tuple beforehand")
        else:
            dtypes = given
        reading = _values.reader(len(given))
        plan = Reduction(reading, operator.func, dtypes, operator.commutative, alike=dtypes == given)
        found = remember(_plans, key, plan)
    return found


def remember(plans: dict[Hashable, Any], key: Hashable, plan: Any) -> Any:
    """Keep what was made; forget all where there is too much of it."""
    if len(plans) >= _REMEMBERED:
        plans.clear()
    plans[key] = plan
    return plan


def reduce_by(
    plan: Reduction,
    arrays: list[Any],
    axis: Axis,
    initial: Any,
    out: Any,
    keepdims: bool,
    backend: str | None,
    name: str,
    identity: Any = None,
) -> Any:
    """Reduce arrays of one shape as a plan says; `identity` is the result of no elements where there is no `initial`."""
    if len(arrays) == 1 and axis is None and initial is None and out is None and not keepdims and _is_vector(arrays[0]):
        total = plan.of_rows(arrays[0].reshape(1, -1), 1, arrays[0].size, None, backend)
        return tuple(part[0, 0] for part in total) if isinstance(total, tuple) else total[0, 0]
    ndim, shape = len(arrays[0].shape), tuple(arrays[0].shape)
    axes = operands.axes_of(axis, ndim, name)
    kept = tuple(1 if k in axes else n for k, n in enumerate(shape))
    result_shape = kept if keepdims else tuple(n for k, n in enumerate(shape) if k not in axes)
    start = None if initial is None else initial_value(initial, plan.dtypes, name)
    device = _arrays.device_of(arrays[0])
    if 0 in shape:
        total = _of_nothing(plan, identity if start is None else start, shape, axes, result_shape, device, name)
    elif not axes or not ndim:
        one = (1, 1, int(np.prod(shape)))
        total = plan.along(_arrays.each(lambda a: a.reshape(one), value_of(arrays)), backend)
    else:
        total = plan.along(value_of([_arrays.split(a, axes) for a in arrays]), backend)
    if start is not None and 0 not in shape:
        plan.begin(start, total, int(np.prod(result_shape)), backend)
    return finished(total, result_shape, out, name)


def _is_vector(x: Any) -> bool:
    """Tell whether elements go the short way, 8 us less: most reductions are of one vector."""
    return type(x) is np.ndarray and x.ndim == 1 and x.size > 0


def finished(total: Any, shape: tuple[int, ...], out: Any, name: str) -> Any:
    """Return results in their shape: in `out`, as arrays, or as numbers where there is one."""
    if out is not None:
        return operands.store(total, out, shape, name)
    if shape == ():
        return _arrays.each(lambda a: to_numpy(a).reshape(())[()], total)
    return _arrays.each(lambda a: a.reshape(shape), total)


def _is_transposed(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.ndim > 1 and x.flags.f_contiguous


def given_arrays(x: Any, name: str) -> list[Any]:
    """Return the array, or the arrays of a tuple, that a value is read from."""
    x = getattr(x, "parts", x)  # of a lazy array of tuples
    if not isinstance(x, tuple):
        return [_arrays.array(x, name)]
    _values.check_count(len(x), name)
    return _arrays.alike([_arrays.array(part, name) for part in x], name)


def value_of(arrays: list[Any]) -> Any:
    """Return one array as it is, and several as a tuple."""
    return arrays[0] if len(arrays) == 1 else tuple(arrays)


def initial_value(initial: Any, dtypes: tuple[np.dtype[Any], ...], name: str) -> Any:
    """Return an initial value in the dtypes of a value's parts."""
    parts = initial if isinstance(initial, tuple) else (initial,)
    if len(parts) != len(dtypes):
        raise KernelTypeError(f"jk.{name}: a value has {len(dtypes)} parts here, and initial= has {len(parts)}")
    values = tuple(np.asarray(part).astype(dtype)[()] for part, dtype in zip(parts, dtypes, strict=True))
    return values[0] if len(values) == 1 else values


def _of_nothing(
    plan: Reduction,
    start: Any,
    shape: tuple[int, ...],
    axes: tuple[int, ...],
    result_shape: tuple[int, ...],
    device: str | None,
    name: str,
) -> Any:
    """Return the results where an extent is zero: none at all, or each of no elements."""
    out = operands.made(result_shape, plan.dtypes, device)
    if 0 in result_shape:
        return out
    if start is None:
        raise LaunchError(
            f"jk.{name}: no elements along axis {axes if len(axes) > 1 else axes[0]} of shape {shape}, and the operator has "
            "no identity: pass initial="
        )
    filled = start if isinstance(start, tuple) else (start,)
    results = tuple(
        _arrays.filled(result_shape, value, dtype, device) for value, dtype in zip(filled, plan.dtypes, strict=True)
    )
    return results[0] if len(results) == 1 else results
