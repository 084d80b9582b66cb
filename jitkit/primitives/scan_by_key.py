"""scan_by_key: a scan that begins anew wherever the key changes."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.plans import remember
from jitkit.primitives import _arrays, _operators
from jitkit.primitives._operators import Operator
from jitkit.primitives._scanning import Scan
from jitkit.primitives._values import initial_value
from jitkit.primitives.reduce_by_key import check_keys

_BOOL = np.dtype(np.bool_)
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
        An associative operator of two numbers, as for `reduce`; operands stay in order.
    keys : array_like or device array, 1-D
        The keys.
    values : array_like or device array, 1-D
        As many values.
    inclusive : bool, default True
        Whether a value's result includes the value.
    initial : number, optional
        Comes before the first value of each run. Needed where `inclusive` is False and the operator has no identity.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        Of the length of `values`; the dtype as for `reduce`.

    Raises
    ------
    LaunchError
        Where there are not as many keys as values, or an initial value is needed.

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
    if isinstance(values, tuple):
        raise KernelTypeError(
            "jk.scan_by_key: values are one array; give jk.scan pairs with a flag for tuples of arrays"
        )
    operator, keys, values = _operators.resolve(op), _arrays.array(keys, name), _arrays.array(values, name)
    check_keys(keys, [values], name)
    given, n = operands.dtype_of(values), values.shape[0]
    dtype = operator.dtype(given)
    start = operator.identity(dtype) if initial is None else initial_value(initial, (dtype,), name)
    if start is None and not inclusive:
        raise LaunchError(
            f"jk.{name}: an exclusive scan begins with a value, and {operator.func} has no identity: pass initial="
        )
    begun = initial is not None or not inclusive
    # The value before each run is compiled in: there are few of them, and `repr` tells 0.0 from -0.0.
    key = (operator, given, bool(inclusive), begun, repr(start))
    plan = _plans.get(key) or remember(_plans, key, _plan(operator, dtype, inclusive, begun, start))
    result = operands.made((n,), (dtype,), _arrays.device_of(values))
    if n:
        rows = tuple(a.reshape((1, n)) for a in (values, keys))
        plan.of_rows(rows, (dtype.type(0), np.bool_(False)), result.reshape((1, n)), 1, n, backend)
    return result if out is None else operands.store(result, out, (n,), name)


def _plan(operator: Operator, dtype: np.dtype[Any], inclusive: bool, begun: bool, start: Any) -> Scan:
    op, kind = operator.func, dtype.type
    start = dtype.type(0) if start is None else start

    def begins(x, at):
        begin = at[1] == 0
        if not begin:
            begin = x[1][at] != x[1][at[0], at[1] - 1]
        return begin

    def read(x, at):
        begin = begins(x, at)
        value = kind(x[0][at])
        if begun and begin:
            value = kind(op(start, value))
        return value, begin

    def join(a, b):
        value = b[0]
        if not b[1]:
            value = kind(op(a[0], b[0]))
        return value, a[1] | b[1]

    def include(x, out, at, before, end):
        after = join(before, read(x, at))
        out[at] = after[0]
        return after

    def exclude(x, out, at, before, end):
        item = read(x, at)
        out[at] = start if item[1] else before[0]
        return join(before, item)

    return Scan(read, join, (dtype, _BOOL), inclusive, started=True, step=include if inclusive else exclude)
