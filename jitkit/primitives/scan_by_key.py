"""scan_by_key: a scan that begins anew wherever the key changes."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.plans import remember
from jitkit.primitives import _arrays, _operators, _structs, _values
from jitkit.primitives._arrays import given_arrays, value_of
from jitkit.primitives._operators import Operator
from jitkit.primitives._scanning import Scan
from jitkit.primitives.reduce_by_key import check_keys
from jitkit.primitives.segment_reduce import combined_in

_BOOL = np.dtype(np.bool_)
_MOST = _values.MOST - 1
_plans: dict[Hashable, Scan] = {}


def scan_by_key(
    op: Any,
    keys: Any,
    values: Any,
    *,
    inclusive: bool = True,
    initial: Any = None,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Return, for each value, the values up to it in its run of equal neighbouring keys combined.

    Parameters
    ----------
    op : callable or str
        An associative operator of two values, as for `reduce`; operands stay in order.
    keys : array_like or device array, 1-D
        The keys.
    values : array_like, device array, or tuple or struct of up to 5, 1-D
        As many values.
    inclusive : bool, default True
        Whether a value's result includes the value.
    initial : number, tuple or struct, optional
        Comes before the first value of each run. Needed where `inclusive` is False and the operator has no identity.
    out : array, or tuple or struct of arrays, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array, or tuple or struct of arrays
        Of the length of `values`; the dtype as for `reduce`.

    Raises
    ------
    LaunchError
        Where there are not as many keys as values, or an initial value is needed.
    KernelTypeError
        For values of more than five parts.

    Notes
    -----
    A scan of pairs of a value and whether its run begins there: J. T. Schwartz, Ultracomputers, ACM TOPLAS 2, 1980.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.scan_by_key("add", np.array([1, 1, 2, 2, 2]), np.ones(5))
    array([1., 2., 1., 2., 3.])
    """
    name = "scan_by_key"
    kind = None if type(values) is np.ndarray else _structs.kind_of(values)
    if kind is not None:
        of_tuples, begin = _structs.of_parts(op, kind, name), _structs.parts_of(initial)
        parts, target = _structs.parts_of(values), _structs.parts_of(out)
        found = scan_by_key(of_tuples, keys, parts, inclusive=inclusive, initial=begin, out=target, backend=backend)
        return _structs.put_together(kind, found)
    operator, keys, arrays = _operators.resolve(op), _arrays.array(keys, name), given_arrays(values, name)
    check_keys(keys, arrays, name)
    if len(arrays) > _MOST:
        raise KernelTypeError(
            f"jk.{name}: values of up to {_MOST} parts, not {len(arrays)}: where a run begins is one more"
        )
    given, n = tuple(map(operands.dtype_of, arrays)), keys.shape[0]
    dtypes = combined_in(operator, given)
    start = operator.identity(dtypes[0]) if len(dtypes) == 1 else None
    if initial is not None:
        start = _values.initial_value(initial, dtypes, name)
    if start is None and not inclusive:
        raise LaunchError(
            f"jk.{name}: an exclusive scan begins with a value, and {operator.func} has no identity: pass initial="
        )
    begun = initial is not None or not inclusive
    # The value before each run is compiled in: there are few of them, and `repr` tells 0.0 from -0.0.
    key = (operator, given, bool(inclusive), begun, repr(start))
    plan = _plans.get(key) or remember(_plans, key, _plan(operator, dtypes, inclusive, begun, start))
    result = operands.made((n,), dtypes, _arrays.device_of(arrays[0]))
    if n:
        rows = tuple([a.reshape((1, n)) for a in (*arrays, keys)])
        plan.of_rows(rows, plan.nothing, _arrays.each(_as_row, result), 1, n, backend)
    return result if out is None else operands.store(result, out, (n,), name)


def _as_row(x: Any) -> Any:
    return x.reshape((1, -1))


def _plan(operator: Operator, dtypes: tuple[np.dtype[Any], ...], inclusive: bool, begun: bool, start: Any) -> Scan:
    count, op = len(dtypes), operator.func
    convert, write = _values.converter(dtypes), _values.writer(count)
    read_parts, mark, parts = _marked(count)
    start = value_of([dtype.type(0) for dtype in dtypes]) if start is None else start

    def begins(x, at):
        begin = at[1] == 0
        if not begin:
            begin = x[count][at] != x[count][at[0], at[1] - 1]
        return begin

    def read(x, at):
        begin = begins(x, at)
        value = convert(read_parts(x, at))
        if begun and begin:
            value = convert(op(start, value))
        return mark(value, begin)

    def join(a, b):
        value = parts(b)
        if not b[count]:
            value = convert(op(parts(a), value))
        return mark(value, a[count] | b[count])

    def include(x, out, at, before, end):
        after = join(before, read(x, at))
        write(out, at, parts(after))
        return after

    def exclude(x, out, at, before, end):
        item = read(x, at)
        write(out, at, start if item[count] else parts(before))
        return join(before, item)

    return Scan(read, join, (*dtypes, _BOOL), inclusive, started=True, step=include if inclusive else exclude)


def _marked(count: int) -> tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]:
    """Return what reads a value of so many parts, puts a mark behind them, and gives the parts of what has one."""

    def read1(x, at):
        return x[0][at]

    def mark1(v, m):
        return v, m

    def mark2(v, m):
        return v[0], v[1], m

    def mark3(v, m):
        return v[0], v[1], v[2], m

    def mark4(v, m):
        return v[0], v[1], v[2], v[3], m

    def mark5(v, m):
        return v[0], v[1], v[2], v[3], v[4], m

    def parts1(v):
        return v[0]

    def parts2(v):
        return v[0], v[1]

    def parts3(v):
        return v[0], v[1], v[2]

    def parts4(v):
        return v[0], v[1], v[2], v[3]

    def parts5(v):
        return v[0], v[1], v[2], v[3], v[4]

    read = read1 if count == 1 else _values.reader(count)
    marks, all_parts = (mark1, mark2, mark3, mark4, mark5), (parts1, parts2, parts3, parts4, parts5)
    return read, marks[count - 1], all_parts[count - 1]
