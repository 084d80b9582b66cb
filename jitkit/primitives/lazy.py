"""lazy: arrays that primitives and kernels read like any other, and whose elements lie nowhere."""

# Element functions take whatever they are read with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from collections.abc import Callable, Hashable
from types import FunctionType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.launch.travelling import restore_sources, sources_of
from jitkit.plans import remember
from jitkit.primitives import _arrays, _functions, _values
from jitkit.primitives._again import Again
from jitkit.primitives._arrays import dtypes_alike, value_of
from jitkit.primitives._identity import identity_of
from jitkit.primitives._lazy import Lazy, Plane, check_parts, class_of, is_flat, lazy_of, leaves_themselves

_ndarray, _new = np.ndarray, object.__new__
_MOST_AXES = 4
_NUMBERS = frozenset(np.dtype(character).type for character in "?bBhHiIlLqQefdFD")
_INT64, _place = np.dtype(np.int64), np.int64
_FIRST, _NEXT = _place(0), (_place(1),)
_FAR = 1 << 62
"""Nearer integers are NumPy's int64, and so are those between."""
_applied: dict[Hashable, tuple[type[Lazy], np.dtype[Any]]] = {}
_zips: dict[Hashable, tuple[type[Lazy], np.dtype[Any]]] = {}
_Permutation = tuple[type[Lazy], np.dtype[Any], int]
_permutations: dict[Hashable, _Permutation] = {}
"""By the dtypes of NumPy's arrays and indices: the class, and what `_unsigned` says."""
_transformed_again, _zipped_again, _permuted_again = Again("lazy"), Again("lazy"), Again("permuted")


class Constant(Lazy):
    """One value everywhere."""

    __slots__ = ()
    plane: Plane

    def flat(self) -> bool:
        """Tell that it has: all positions hold the same."""
        return True

    def viewed(self, change: Callable[[Any], Any]) -> Lazy:
        """Return a view."""
        plane = change(self.plane)
        return lazy_of(type(self), self.leaves, plane.shape, self.dtype, plane)  # type: ignore[no-any-return]

    def _kind(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return class_of, (Constant, leaves_themselves)


class Counting(Lazy):
    """Numbers with one distance between neighbours."""

    __slots__ = ()
    plane: Plane

    def flat(self) -> bool:
        """Tell whether the numbers follow one another."""
        return self.plane.flat

    def viewed(self, change: Callable[[Any], Any]) -> Lazy:
        """Return a view."""
        start, step, *_ = self.leaves
        return _counting(start, step, self.dtype, change(self.plane))

    def _kind(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _count_of, (len(self.shape), self.dtype)


class Zipped(Lazy):
    """Tuples of the elements of several arrays."""

    __slots__ = ()

    def flat(self) -> bool:
        """Tell whether all parts have."""
        return all(map(is_flat, self.leaves))

    @property
    def parts(self) -> tuple[Any, ...]:
        """The arrays."""
        return self.leaves  # type: ignore[no-any-return]

    def viewed(self, change: Callable[[Any], Any]) -> Lazy:
        """Return a view."""
        leaves = tuple([change(x) for x in self.leaves])
        return lazy_of(type(self), leaves, tuple(leaves[0].shape), self.dtype, None, self.device is None)  # type: ignore[no-any-return]

    def computed(self) -> np.ndarray:
        """Return the elements as a structured array."""
        out = np.empty(self.shape, self.dtype)
        for name, part in zip(self.dtype.names, self.leaves, strict=True):
            out[name] = part if type(part) is _ndarray else to_numpy(part)
        return out

    def _kind(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _zip_class, (tuple(map(operands.dtype_of, self.leaves)),)


class Transformed(Lazy):
    """A function of the elements of arrays."""

    __slots__ = ()
    function: Any
    dtypes: tuple[Any, ...]

    def flat(self) -> bool:
        """Tell whether all arrays have."""
        return all(map(is_flat, self.leaves if isinstance(self.leaves, tuple) else (self.leaves,)))

    def viewed(self, change: Callable[[Any], Any]) -> Lazy:
        """Return a view."""
        if isinstance(self.leaves, tuple):
            leaves: Any = tuple([change(x) for x in self.leaves])
            shape = tuple(leaves[0].shape)
        else:
            leaves = change(self.leaves)
            shape = tuple(leaves.shape)
        return lazy_of(type(self), leaves, shape, self.dtype, None, self.device is None)  # type: ignore[no-any-return]

    def _kind(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _application_again, (self.function, self.dtypes, *sources_of(self.function))


class Permuted(Lazy):
    """The elements of a vector at indices."""

    __slots__ = ()

    def flat(self) -> bool:
        """Tell whether the indices have."""
        return is_flat(self.leaves[1])

    def viewed(self, change: Callable[[Any], Any]) -> Lazy:
        """Return a view."""
        x, indices = self.leaves
        changed = change(indices)
        return lazy_of(type(self), (x, changed), tuple(changed.shape), self.dtype, None, self.device is None)  # type: ignore[no-any-return]

    def _kind(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return class_of, (Permuted, _elsewhere)


def _elsewhere(leaves, at):
    return leaves[0][leaves[1][at]]


def constant(value: Any, shape: int | tuple[int, ...], dtype: DTypeLike | None = None) -> Lazy:
    """Return a lazy array of one value.

    Parameters
    ----------
    value : number
        The value of every element.
    shape : int or tuple of int
        Its extents.
    dtype : dtype, optional
        By default NumPy's for the value.

    Returns
    -------
    lazy array

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> int(jk.reduce("add", jk.constant(3, 10**6)))
    3000000
    """
    extents = (shape,) if type(shape) is int and shape >= 0 else _extents(shape)
    plane = Plane(extents, (0,) * len(extents))
    number = value
    if dtype is not None or type(value) not in _NUMBERS:  # NumPy's numbers stay as they are
        array = np.asarray(value, dtype)
        if array.shape:
            raise LaunchError(f"jk.constant: the value is a number, not an array of shape {array.shape}")
        number = _arrays.array(array, "constant")[()]
    return lazy_of(class_of(Constant, leaves_themselves), number, extents, number.dtype, plane)  # type: ignore[no-any-return]


def counting(start: Any, stop: Any = None, step: Any = 1, *, dtype: DTypeLike | None = None) -> Lazy:
    """Return a lazy array of the numbers ``start``, ``start + step``, ... before ``stop``.

    Parameters
    ----------
    start, stop, step : real numbers
        As for `numpy.arange`: with one number it is `stop`, and the count begins at 0.
    dtype : dtype, optional
        By default NumPy's for these numbers.

    Returns
    -------
    lazy array, 1-D

    Raises
    ------
    LaunchError
        For a step of zero.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> int(jk.reduce("add", jk.counting(1, 101)))
    5050
    >>> np.asarray(jk.counting(6, 0, -2))
    array([6, 4, 2])
    """
    if stop is None:
        start, stop = 0, start
    try:
        hash((start, stop, step, dtype))
    except TypeError:  # an array without dimensions, say
        return _count_between.__wrapped__(start, stop, step, dtype)
    return _count_between(start, stop, step, dtype)  # type: ignore[arg-type] # mypy takes no dtype for hashable


@functools.lru_cache(maxsize=256, typed=True)
def _count_between(start: Any, stop: Any, step: Any, dtype: DTypeLike | None) -> Lazy:
    """Return what `counting` does. That of a loop is made once, in 2 us, and keeps its views, which take as long to make."""
    if step == 0:
        raise LaunchError("jk.counting: step= is not zero")
    plain = type(start) is type(stop) is type(step) is int and -_FAR < start < _FAR and -_FAR < stop < _FAR > abs(step)
    if dtype is not None:
        kind = operands.dtype_named(dtype, "counting")
    elif plain:  # NumPy takes 2 us to say so
        kind = _INT64
    else:
        kind = np.result_type(*map(np.asarray, (start, stop, step)))
    exact = plain or all(isinstance(number, (int, np.integer)) for number in (start, stop, step))
    if not exact:
        for value, what in ((start, "start"), (stop, "stop"), (step, "step")):
            if not math.isfinite(operands.number(value, what, "counting")):
                raise LaunchError(f"jk.counting: {what}={value!r}; it is finite")
    if kind.kind not in "iuf":
        raise KernelTypeError(f"jk.counting: counts in integers and floats, not in {kind}")
    size = -((int(start) - int(stop)) // int(step)) if exact else math.ceil((stop - start) / step)
    number = kind.type
    plane = Plane((size if size > 0 else 0,), (1,))
    return lazy_of(_count_of(1, kind), (number(start), number(step), _FIRST, _NEXT), plane.shape, kind, plane)  # type: ignore[no-any-return]


def _counting(start: Any, step: Any, dtype: np.dtype[Any], plane: Plane) -> Lazy:
    first, strides = _places(plane.first, plane.strides)
    leaves = (start, step, first, strides)
    return lazy_of(_count_of(len(strides), dtype), leaves, plane.shape, dtype, plane)  # type: ignore[no-any-return]


@functools.lru_cache(maxsize=256)
def _places(first: int, strides: tuple[int, ...]) -> tuple[Any, tuple[Any, ...]]:
    return _place(first), tuple(map(_place, strides))


@functools.cache
def _count_of(ndim: int, dtype: np.dtype[Any]) -> type[Lazy]:
    kind = dtype.type

    def count0(leaves, at):
        return leaves[0] + leaves[1] * kind(leaves[2])

    def count1(leaves, at):
        return leaves[0] + leaves[1] * kind(leaves[2] + at[0] * leaves[3][0])

    def count2(leaves, at):
        return leaves[0] + leaves[1] * kind(leaves[2] + at[0] * leaves[3][0] + at[1] * leaves[3][1])

    def count3(leaves, at):
        position = leaves[2] + at[0] * leaves[3][0] + at[1] * leaves[3][1] + at[2] * leaves[3][2]
        return leaves[0] + leaves[1] * kind(position)

    def count4(leaves, at):
        position = leaves[2] + at[0] * leaves[3][0] + at[1] * leaves[3][1] + at[2] * leaves[3][2] + at[3] * leaves[3][3]
        return leaves[0] + leaves[1] * kind(position)

    if ndim > _MOST_AXES:
        raise LaunchError(f"a lazy count has up to {_MOST_AXES} dimensions, not {ndim}")
    return class_of(Counting, (count0, count1, count2, count3, count4)[ndim])


def zipped(*arrays: Any) -> Lazy:
    """Return a lazy array of the tuples of elements of several arrays.

    Parameters
    ----------
    *arrays : array_like, device array or lazy array
        One to six arrays of one shape; NumPy and lazy arrays are broadcast.

    Returns
    -------
    lazy array
        A reduction or scan of it is that of the tuple of arrays; a function of its elements takes a tuple. Its `dtype`
        is structured, with the fields ``f0``, ``f1``, ...

    Raises
    ------
    LaunchError
        For arrays that do not fit together.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.map(lambda pair: pair[0] * pair[1], jk.zipped(np.arange(4), jk.constant(10, 4)))
    array([ 0, 10, 20, 30])
    """
    found = _zipped_again.enter(None, arrays)
    if found is not None:
        return found  # type: ignore[no-any-return]
    seen = dtypes_alike(arrays)
    known = None if seen is None else _zips.get(seen)
    if known is not None:  # as mostly: the object is made here, in 0.1 us less
        _zipped_again.keep_lazy(None, arrays, *known, True)
        made: Any = _new(known[0])
        made.leaves, made.shape, made.dtype, made.device = arrays, arrays[0].shape, known[1], None
        return made  # type: ignore[no-any-return]
    check_parts(len(arrays), _values.MOST, "zipped")
    given = tuple(_arrays.alike([_arrays.array(x, "zipped") for x in arrays], "zipped"))
    dtypes = tuple(map(operands.dtype_of, given))
    kind, fields = _zips.get(dtypes) or remember(_zips, dtypes, _zip_of(dtypes))
    return lazy_of(kind, given, tuple(given[0].shape), fields)  # type: ignore[no-any-return]


def _zip_of(dtypes: tuple[Any, ...]) -> tuple[type[Lazy], np.dtype[Any]]:
    fields = np.dtype([(f"f{k}", dtype) for k, dtype in enumerate(dtypes)])
    return class_of(Zipped, _tuples(len(dtypes))), fields


def _zip_class(dtypes: tuple[Any, ...]) -> type[Lazy]:
    return (_zips.get(dtypes) or remember(_zips, dtypes, _zip_of(dtypes)))[0]


@functools.cache
def _tuples(count: int) -> Callable[..., Any]:
    if count > 1:
        return _values.reader(count)

    def single(x, at):
        return (x[0][at],)

    return single


def transformed(f: Any, *arrays: Any) -> Lazy:
    """Return a lazy array of a function of the elements of arrays.

    Parameters
    ----------
    f : callable or str
        A function of one element from each array, as for `map`, that returns a number.
    *arrays : array_like, device array or lazy array
        One to six arrays; NumPy and lazy arrays are broadcast.

    Returns
    -------
    lazy array
        Of the dtype that `f` returns.

    Raises
    ------
    KernelError
        Where `f` is no function of as many numbers.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> squares = jk.transformed(lambda x: x * x, jk.counting(10))
    >>> int(jk.reduce("add", squares)), int(squares[3])
    (285, 9)
    """
    found = _transformed_again.enter(f, arrays)
    if found is not None:
        return found  # type: ignore[no-any-return]
    x = arrays[0] if len(arrays) == 1 else arrays
    seen = x.dtype if type(x) is _ndarray else dtypes_alike(arrays)
    known = None if seen is None else _applied.get((identity_of(f), seen))
    if known is not None:  # as mostly: the object is made here, in 0.1 us less
        _transformed_again.keep_lazy(f, arrays, *known, len(arrays) > 1)
        made: Any = _new(known[0])
        made.leaves, made.shape, made.dtype, made.device = x, arrays[0].shape, known[1], None
        return made  # type: ignore[no-any-return]
    check_parts(len(arrays), _values.MOST, "transformed")
    given = _arrays.alike([_arrays.array(x, "transformed", tuples=True) for x in arrays], "transformed")
    dtypes = tuple([operands.dtype_of(x) for x in given])
    kind, dtype = _application(f, dtypes)
    return lazy_of(kind, value_of(given), tuple(given[0].shape), dtype)  # type: ignore[no-any-return]


def _application(f: Any, dtypes: tuple[Any, ...]) -> tuple[type[Lazy], np.dtype[Any]]:
    key = (identity_of(f), value_of(dtypes))
    return _applied.get(key) or remember(_applied, key, _applied_to(f, dtypes))


def _applied_to(f: Any, dtypes: tuple[Any, ...]) -> tuple[type[Lazy], np.dtype[Any]]:
    function = _functions.function_of(f, len(dtypes), "transformed")
    results = _functions.result_dtypes(function, dtypes, "transformed")
    if len(results) > 1:
        raise KernelTypeError("jk.transformed: the function returns one number; zip lazy arrays of one part each")
    read, kind = _values.applied(function, len(dtypes)), results[0].type

    def converted(x, at):
        return kind(read(x, at))

    made: Any = class_of(Transformed, converted)
    made.function, made.dtypes = staticmethod(f) if isinstance(f, FunctionType) else f, dtypes
    return made, results[0]


def _application_again(f: Any, dtypes: tuple[Any, ...], *sources: Any) -> type[Lazy]:
    restore_sources(f, *sources)
    return _application(f, dtypes)[0]


def permuted(x: Any, indices: Any) -> Lazy:
    """Return a lazy array of the elements of a vector at indices.

    Parameters
    ----------
    x : array_like, device array or lazy array, 1-D
        The elements.
    indices : array_like, device array or lazy array of int
        Where in `x` each element is, from 0. Those of a NumPy array are looked at once, here; others are not: one past the
        end reads foreign memory, as in a kernel.

    Returns
    -------
    lazy array
        Of the shape of `indices` and the dtype of `x`.

    Raises
    ------
    KernelTypeError
        Where the indices are no integers.
    LaunchError
        For an index outside `x`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> np.asarray(jk.permuted(np.array([10.0, 20.0, 30.0]), [2, 0, 0]))
    array([30., 10., 10.])
    """
    found = _permuted_again.enter(x, indices)
    if found is not None:
        return found  # type: ignore[no-any-return]
    at = indices
    known = _permutations.get((x.dtype, at.dtype)) if type(x) is type(at) is _ndarray else None
    if known is not None and x.ndim == 1:
        _look_inside(x, at, known)
        _permuted_again.keep_permuted(x, at, known[0])
        return lazy_of(known[0], (x, at), at.shape, x.dtype, None, True)  # type: ignore[no-any-return]
    x, at = _arrays.array(x, "permuted"), _arrays.array(at, "permuted")
    result = permuted_within(x, at)
    if type(at) is _ndarray:
        _look_inside(x, at, (type(result), *_unsigned(at.dtype)))
    return result


def _look_inside(x: Any, at: np.ndarray, known: _Permutation) -> None:
    """Refuse indices outside a vector."""
    if at.size:
        # Read as unsigned, a negative index is past the end too: one pass.
        seen, n = at.view(known[1]), x.shape[0]
        where = seen.argmax()
        largest = seen.item(where)
        if largest >= n or largest >= known[2]:
            raise LaunchError(f"jk.permuted: indices= has {at.item(where)}, and x has the elements 0 to {n - 1}")


@functools.cache
def _unsigned(dtype: np.dtype[Any]) -> tuple[np.dtype[Any], int]:
    """Return the unsigned integers as wide as a type, and from which of them on they are none of its own above 0."""
    return np.dtype(f"{dtype.byteorder}u{dtype.itemsize}"), int(np.iinfo(dtype).max) + 1


def permuted_within(x: Any, at: Any) -> Lazy:
    """Do what `permuted` does with indices that are inside, or looked at elsewhere."""
    if len(x.shape) != 1:
        raise LaunchError(f"jk.permuted: indices are those of a vector, not of {len(x.shape)} dimensions")
    dtypes = operands.dtype_of(x), operands.dtype_of(at)
    if dtypes[1].kind not in "iu":
        raise KernelTypeError(f"jk.permuted: indices= are integers, not {dtypes[1]}")
    kind = class_of(Permuted, _elsewhere)
    if type(x) is type(at) is _ndarray:
        remember(_permutations, dtypes, (kind, *_unsigned(dtypes[1])))
    plain = all([type(a) is _ndarray or (isinstance(a, Lazy) and a.device is None) for a in (x, at)])
    return lazy_of(kind, (x, at), tuple(at.shape), dtypes[0], None, plain)  # type: ignore[no-any-return]


def _extents(shape: Any) -> tuple[int, ...]:
    each = shape if isinstance(shape, (tuple, list)) else (shape,)
    return tuple(operands.integer(extent, 0, "shape", "constant") for extent in each)
