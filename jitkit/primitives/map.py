"""map: a function of the elements of one or several arrays."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk
from jitkit import operands
from jitkit.errors import KernelTypeError
from jitkit.launch import choice
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.plans import remember
from jitkit.primitives import _arrays, _functions, _structs, _values
from jitkit.primitives._again import Again
from jitkit.primitives._arrays import PLAIN, value_of
from jitkit.primitives._identity import identity_of
from jitkit.primitives._lazy import Lazy, Number, is_flat

_MOST_AXES = 4
_ndarray, _empty = np.ndarray, np.empty
_asked, _environment, _key = choice.context.get, choice.environment, choice.key
_plans: dict[Hashable, Mapping] = {}
_short: dict[Hashable, Mapping] = {}  # by the first array alone: compiled code looks at the others
_again = Again("map")


def map_kernel(step: Callable, ndim: int) -> Kernel:
    """Return the kernel that does ``step(x, out, at)`` for each index of arrays of 1 to 4 dimensions."""

    def map_1d(i, x, out):
        step(x, out, (i,))

    def map_2d(i, j, x, out):
        step(x, out, (i, j))

    def map_3d(i, j, k, x, out):
        step(x, out, (i, j, k))

    def map_4d(i, j, k, m, x, out):
        step(x, out, (i, j, k, m))

    return jk.kernel((map_1d, map_2d, map_3d, map_4d)[ndim - 1])


def every(read: Callable, write: Callable) -> Callable:
    """Return the step that writes every element."""

    def step(x, out, at):
        write(out, at, read(x, at))

    return step


def marked(read: Callable, write: Callable) -> Callable:
    """Return the step that writes where a mask is true; `x` is the inputs and the mask."""

    def step(x, out, at):
        if x[1][at]:
            write(out, at, read(x[0], at))

    return step


class Mapping:
    """Everything compiled for one function and the dtypes of its arguments.

    Parameters
    ----------
    f : callable
        The function.
    given : tuple
        A dtype for each argument, or the Python type of a Python number.
    dtype : dtype or None
        Of each result, where that is not what `f` returns.
    name : str
        Who asks, for messages.
    masked : bool
        Whether there is a mask.
    computed_in : dtype, optional
        To what arguments are converted whose kind allows it; Python numbers are not.
    """

    def __init__(
        self,
        f: Any,
        given: tuple[Any, ...],
        dtype: Any,
        name: str,
        masked: bool = False,
        computed_in: np.dtype[Any] | None = None,
    ) -> None:
        function = _functions.function_of(f, len(given), name)
        if computed_in is not None:
            cast = tuple([computed_in if _may_be(own, computed_in) else own for own in given])
            self.dtypes, self.kind = _results(function, cast, dtype, name)
            if cast != given:
                kinds = [new.type if new is not own else _as_it_is for own, new in zip(given, cast, strict=True)]
                function = _values.cast(function, tuple(kinds))
        else:
            self.dtypes, self.kind = _results(function, given, dtype, name)
        _values.check_count(len(self.dtypes), name)
        read, write = _values.applied(function, len(given)), _values.writer(len(self.dtypes))
        if self.kind is not None:
            read = _structs.taken_apart(read)
        self._only = self.dtypes[0] if len(self.dtypes) == 1 else None
        self._step = (marked if masked else every)(read, write)
        self._kernels: dict[int, Launcher] = {}
        self._turned = False  # whether arrays lay in Fortran's order that were mapped last: most calls find them alike

    def over(self, ndim: int) -> Launcher:
        """Return the kernel for arrays of so many dimensions."""
        if ndim not in self._kernels:
            self._kernels[ndim] = Launcher(map_kernel(self._step, ndim), over=ndim)
        return self._kernels[ndim]

    @functools.cached_property
    def _enter(self) -> Callable[..., bool]:
        """What goes straight into the code for vectors, and for what counts as one."""
        return self.over(1).enter_over

    @functools.cached_property
    def _entries(self) -> list[Callable[[tuple[Any, ...]], Any]]:
        """What `_enter` tries."""
        return self.over(1).entries

    def know(self, again: Again, f: Any, first: Any, dtype: Any) -> None:
        """Have compiled code know calls with a first array like one, of one result."""
        if self._only is not None and self.kind is None:
            entries = self._entries, self.over(first.ndim).entries if 1 < first.ndim <= _MOST_AXES else []
            again.keep_map(self, f, first, entries, self._only, dtype)

    def of_new(self, inputs: Any, shape: tuple[int, ...], backend: str | None) -> Any:
        """Do what `of_arrays` does everywhere for one result of arrays in the order of those before, in 0.3 us less."""
        only = self._only
        if (
            only is not None
            and shape
            and ((backend is None and _asked() is None and _key not in _environment) or backend == "cpu")
        ):
            out = _empty(shape, only, "F") if self._turned else _empty(shape, only)
            args = inputs, out
            for enter in self._entries:
                if enter(args) is None:
                    return out
        return None

    def of_arrays(
        self, given: tuple[Any, ...], shape: tuple[int, ...], where: Any, out: Any, backend: str | None
    ) -> Any:
        """Map NumPy's and lazy arrays of a shape, and Python's numbers, everywhere or where a mask is true.

        Returns
        -------
        array, tuple of arrays or None
            None where arrays of these types were not mapped before, or are to be broadcast, or `out` is no array that can be
            written as others are read. Compiled code finds that.
        """
        inputs: Any = given if len(given) > 1 else given[0]
        if where is not True:
            inputs = (inputs, where)
        only, ndim = self._only, len(shape)
        new, first = out is None, given[0]
        # Arrays that all lie in Fortran's order are vectors too, with a result that does.
        turned = new and ndim > 1 and only is not None and type(first) is _ndarray and first.flags.fnc
        if new:
            if not shape:
                return None
            out = (
                operands.made(shape, self.dtypes, None) if only is None else _empty(shape, only, "F" if turned else "C")
            )
        elif type(out) is not _ndarray:  # of several results the first speaks for all, which new ones allow
            return None
        if self._enter(backend, (inputs, out)):
            if new and ndim > 1:
                self._turned = turned
            return out
        if turned:
            out = _empty(shape, only)
        return out if 1 < ndim <= _MOST_AXES and self.over(ndim).enter_over(backend, (inputs, out)) else None


def map(f: Any, *arrays: Any, out: Any = None, dtype: DTypeLike | None = None, backend: str | None = None) -> Any:
    """Return ``f(x, y, ...)`` for the elements of arrays.

    Parameters
    ----------
    f : callable or str
        A function of one number from each array: a function or lambda, one of `math` or `operator`, a NumPy ufunc, or
        its name. It returns a number, or a tuple, named tuple or frozen dataclass of up to 6.
    *arrays : array_like, device array or lazy array
        One to six arrays; NumPy and lazy arrays are broadcast. Python numbers beside arrays widen no type.
    out : array or tuple of arrays, optional
        Where the results go; may be one of the arrays. A struct of arrays where `f` returns structs.
    dtype : dtype, optional
        Of each result; by default what `f` returns for numbers of the arrays' dtypes, found by calling it on a few.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array, tuple of arrays or struct of arrays
        A new array of the common shape, in Fortran's order where all arrays lie so, or `out`.

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
    result = _again.enter(f, arrays, out, dtype, backend)
    if result is not None:
        return result
    for x in arrays:
        if type(x) is _ndarray or isinstance(x, Lazy):
            known = _short.get((x.dtype, identity_of(f), dtype))
            if known is not None:
                result = None
                if out is None:
                    result = known.of_new(arrays[0] if len(arrays) == 1 else arrays, x.shape, backend)
                if result is None:
                    result = known.of_arrays(arrays, x.shape, True, out, backend)
                if result is not None:
                    if x is arrays[0]:
                        known.know(_again, f, x, dtype)
                    return result if known.kind is None else _structs.put_together(known.kind, result)
            break
    else:
        if arrays and type(arrays[0]) in PLAIN:
            return map(f, *_arrays.as_arrays(arrays, "map"), out=out, dtype=dtype, backend=backend)
    _values.check_count(len(arrays), "map")
    given = _arrays.alike([_arrays.operand(x, "map") for x in arrays], "map")
    dtypes = tuple(operands.dtype_of(x) for x in given)
    function = identity_of(f)
    key = (function, dtypes, dtype)
    plan = _plans.get(key)
    if plan is None:
        plan = remember(_plans, key, Mapping(f, dtypes, dtype, "map"))
    remember_short(_short, arrays, plan, function, dtype)
    shape = next((tuple(x.shape) for x in given if not isinstance(x, Number)), ())
    result = mapped(plan, given, None, out, shape, backend, "map")
    return result if plan.kind is None else _structs.put_together(plan.kind, result)


def _as_it_is(x: Any) -> Any:
    return x


def _may_be(own: Any, dtype: np.dtype[Any]) -> bool:
    """Tell whether elements of a dtype are to be converted to another: within their kind, and tuples and Python numbers not."""
    return not isinstance(own, type) and own != dtype and own.names is None and np.can_cast(own, dtype, "same_kind")


def _results(
    function: Callable, given: tuple[Any, ...], dtype: Any, name: str
) -> tuple[tuple[np.dtype[Any], ...], type | None]:
    """Return the dtypes of the results, and the class of the structs that they are.

    Where a dtype is given, the function need not be one that can be asked for them.
    """
    try:
        found, kind = _functions.results_of(function, given, name)
    except KernelTypeError:
        if dtype is None:
            raise
        return (operands.dtype_named(dtype, name),), None
    return found if dtype is None else (operands.dtype_named(dtype, name),) * len(found), kind


def remember_short(short: dict[Hashable, Mapping], arrays: Sequence[Any], plan: Mapping, *more: Any) -> None:
    """Keep the plan for calls whose first NumPy or lazy array is of the same dtype."""
    dtype = next((x.dtype for x in arrays if type(x) is _ndarray or isinstance(x, Lazy)), None)
    if dtype is not None:
        remember(short, (dtype, *more), plan)


def mapped(
    plan: Mapping, given: list[Any], mask: Any, out: Any, shape: tuple[int, ...], backend: str | None, name: str
) -> Any:
    """Map arrays of one shape as a plan says, where a mask is true if there is one; see `map`."""
    outs = _outs(out, shape, plan.dtypes, name)
    if len(outs) == 1 and len(shape) > 1 and _lie_turned((*given, mask, *outs)):  # vectors then
        given, mask, target = [_turned(x) for x in given], _turned(mask), _turned(outs[0])
        result = mapped(plan, given, mask, target, shape[::-1], backend, name)
        return result.T if out is None else out
    if len(shape) > _MOST_AXES:  # than a launch space has: all are run over as vectors
        given, mask = [_as_flat(x) for x in given], mask if mask is None else _as_flat(mask)
    everything = given if mask is None else [*given, mask]
    device = _arrays.device_of(tuple(given))
    results = [
        o if o is not None and _may_write(o, everything) else operands.made(shape, (d,), device)
        for o, d in zip(outs, plan.dtypes, strict=True)
    ]
    moved = [(o, r) for o, r in zip(outs, results, strict=True) if o is not None and o is not r]
    if mask is not None:  # what is left out stays as it is
        for target, result in moved:
            operands.assign(result, target)
    if 0 not in shape:
        _run(plan, given, mask, results, shape, backend)
    for target, result in moved:
        operands.assign(target, result)
    return value_of(results if out is None else list(outs))


def _lie_turned(arrays: Sequence[Any]) -> bool:
    """Tell whether arrays lie in Fortran's order, and one of them not in C's as well; numbers lie in any."""
    found = False
    for x in arrays:
        if type(x) is _ndarray:
            found = found or x.flags.fnc
            if not x.flags.f_contiguous:
                return False
        elif not (x is None or isinstance(x, Number)):
            return False
    return found


def _turned(x: Any) -> Any:
    return x.T if type(x) is _ndarray else x


def _outs(out: Any, shape: tuple[int, ...], dtypes: tuple[np.dtype[Any], ...], name: str) -> tuple[Any, ...]:
    if out is None:
        return (None,) * len(dtypes)
    if len(dtypes) > 1 or isinstance(out, tuple):
        operands.check_tuple(out, len(dtypes), name)
    outs = out if isinstance(out, tuple) else (out,)
    for target, dtype in zip(outs, dtypes, strict=True):
        operands.check_out(target, shape, dtype, name)
    return outs


def _as_flat(x: Any) -> Any:
    return x if is_flat(x) else np.ascontiguousarray(x)


def _may_write(out: Any, given: Sequence[Any]) -> bool:
    """Tell whether elements may be written to an array as others are read: it is one of those, or lies apart."""
    if not isinstance(out, np.ndarray):
        return True
    if not out.dtype.isnative or (out.ndim > _MOST_AXES and not is_flat(out)):
        return False
    for x in given:
        shared = x is not out and any([np.may_share_memory(part, out) for part in arrays_in(x)])
        if shared and not _same(x, out):
            return False
    return out.flags.writeable


def _same(x: Any, out: np.ndarray) -> bool:
    """Tell whether an array has its elements where another has them."""
    if not isinstance(x, np.ndarray) or (x.strides, x.shape, x.dtype) != (out.strides, out.shape, out.dtype):
        return False
    return x.ctypes.data == out.ctypes.data


def arrays_in(values: Any) -> Iterator[np.ndarray]:
    """Yield the NumPy arrays among arrays, those that lazy ones read included."""
    for value in values if isinstance(values, (list, tuple)) else (values,):
        if isinstance(value, np.ndarray):
            yield value
        elif isinstance(value, Lazy):
            yield from arrays_in(value.leaves)
        elif isinstance(value, tuple):
            yield from arrays_in(value)


def _run(
    plan: Mapping, given: list[Any], mask: Any, results: list[Any], shape: tuple[int, ...], backend: str | None
) -> None:
    arrays = [*given, *results, *(() if mask is None else (mask,))]
    if len(shape) == 1:
        flat = arrays
    elif not shape or all(is_flat(a) for a in arrays):
        views = {id(a): a.reshape((-1,)) for a in arrays}  # one array stays one: on its way to a GPU it is copied once
        flat = [views[id(a)] for a in arrays]
    else:
        flat = arrays
    count, end = len(given), len(given) + len(results)
    space, inputs = tuple(flat[count].shape), value_of(flat[:count])
    x = inputs if mask is None else (inputs, flat[end])
    plan.over(len(space)).run(space, backend, (x, value_of(flat[count:end])))
