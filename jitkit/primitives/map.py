"""map: a function of the elements of one or several arrays."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk
from jitkit.errors import LaunchError
from jitkit.launch.kernel import Kernel
from jitkit.primitives import _arrays, _functions, _operators, _values
from jitkit.primitives._launching import Launcher
from jitkit.primitives.reduce import remember, value_of

_MOST_AXES = 4
_plans: dict[Hashable, _Map] = {}


def map_kernel(read: Callable, write: Callable, ndim: int) -> Kernel:
    """Return the kernel that maps arrays of 1 to 4 dimensions."""

    def map_1d(i, x, out):
        write(out, (i,), read(x, (i,)))

    def map_2d(i, j, x, out):
        write(out, (i, j), read(x, (i, j)))

    def map_3d(i, j, k, x, out):
        write(out, (i, j, k), read(x, (i, j, k)))

    def map_4d(i, j, k, m, x, out):
        write(out, (i, j, k, m), read(x, (i, j, k, m)))

    return jk.kernel((map_1d, map_2d, map_3d, map_4d)[ndim - 1])


class _Map:
    """Everything compiled for one function and the dtypes of its arguments."""

    def __init__(self, f: Any, given: tuple[np.dtype[Any], ...], dtype: Any) -> None:
        function = _functions.function_of(f, len(given), "map")
        self.dtypes: tuple[np.dtype[Any], ...] = (
            (np.dtype(dtype),) if dtype is not None else _functions.result_dtypes(function, given, "map")
        )
        _values.check_count(len(self.dtypes), "map")
        self._read, self._write = _values.applied(function, len(given)), _values.writer(len(self.dtypes))
        self._kernels: dict[int, Launcher] = {}

    def over(self, ndim: int) -> Launcher:
        """Return the kernel for arrays of so many dimensions."""
        if ndim not in self._kernels:
            self._kernels[ndim] = Launcher(map_kernel(self._read, self._write, ndim))
        return self._kernels[ndim]


def map(f: Any, *arrays: Any, out: Any = None, dtype: DTypeLike | None = None, backend: str | None = None) -> Any:
    """Return ``f(x, y, ...)`` for the elements of arrays.

    Parameters
    ----------
    f : callable or str
        A function of one number from each array: a function or lambda, one of `math` or `operator`, a NumPy ufunc, or
        its name. It returns a number, or a tuple of up to 6.
    *arrays : array_like or device array
        One to six arrays; NumPy arrays are broadcast.
    out : array or tuple of arrays, optional
        Where the results go; may be one of the arrays.
    dtype : dtype, optional
        Of the results; by default what `f` returns for numbers of the arrays' dtypes, found by calling it on a few.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array or tuple of arrays
        A new array of the common shape, or `out`.

    Raises
    ------
    KernelError
        Where `f` is no function of as many numbers.
    LaunchError
        For arrays that do not broadcast, and an `out` of another shape.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.map(lambda x, y: x * x + y, np.arange(3.0), 1.0)
    array([1., 2., 5.])
    """
    _values.check_count(len(arrays), "map")
    given = _arrays.alike([_arrays.array(x, "map") for x in arrays], "map")
    dtypes = tuple(_arrays.dtype_of(x) for x in given)
    key = (_operators.identity_of(f), dtypes, dtype)
    plan = _plans.get(key)
    if plan is None:
        plan = remember(_plans, key, _Map(f, dtypes, dtype))
    shape = tuple(given[0].shape)
    outs = _outs(out, shape, plan.dtypes)
    direct = [_may_write(o, given) for o in outs]
    device = _arrays.device_of(given[0])
    results = [
        o if ok else _arrays.made(shape, (d,), device) for o, ok, d in zip(outs, direct, plan.dtypes, strict=True)
    ]
    if 0 not in shape:
        _run(plan, given, results, shape, backend)
    for target, ok, result in zip(outs, direct, results, strict=True):
        if target is not None and not ok:
            target[...] = result
    return value_of([r if o is None else o for r, o in zip(results, outs, strict=True)])


def _outs(out: Any, shape: tuple[int, ...], dtypes: tuple[np.dtype[Any], ...]) -> tuple[Any, ...]:
    if out is None:
        return (None,) * len(dtypes)
    if len(dtypes) > 1:
        _arrays.check_tuple(out, len(dtypes), "map")
    outs = out if isinstance(out, tuple) else (out,)
    for target, dtype in zip(outs, dtypes, strict=True):
        _arrays.check_out(target, shape, dtype, "map")
    return outs


def _may_write(out: Any, given: Sequence[Any]) -> bool:
    """Tell whether elements may be written as others are read: `out` is an input, or lies apart from it."""
    if out is None or not isinstance(out, np.ndarray):
        return out is not None
    for x in given:
        same = (x.ctypes.data, x.strides, x.shape, x.dtype) == (out.ctypes.data, out.strides, out.shape, out.dtype)
        if not same and np.may_share_memory(x, out):
            return False
    return out.flags.writeable


def _run(plan: _Map, given: list[Any], results: list[Any], shape: tuple[int, ...], backend: str | None) -> None:
    arrays = [*given, *results]
    if not shape or all(not isinstance(a, np.ndarray) or a.flags.c_contiguous for a in arrays):
        views = {id(a): a.reshape((-1,)) for a in arrays}  # one array stays one: on its way to a GPU it is copied once
        flat = [views[id(a)] for a in arrays]
    elif len(shape) <= _MOST_AXES:
        flat = arrays
    else:
        raise LaunchError(f"jk.map: an array of {len(shape)} dimensions is contiguous; pass np.ascontiguousarray(x)")
    count = len(given)
    space = tuple(flat[-1].shape)
    plan.over(len(space))(space, backend)(value_of(flat[:count]), value_of(flat[count:]))
