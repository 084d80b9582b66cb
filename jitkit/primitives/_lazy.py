"""Lazy arrays: elements that are computed where they are read, and never lie in memory.

A lazy array is an argument of a kernel like any other: compiled code gets its `leaves` (numbers, arrays, other lazy arrays)
and inlines ``element(leaves, at)`` in place of ``x[at]``. On the host it has a shape, a dtype and NumPy's views. A view
changes the leaves, so that kernels read a part, another shape or the other direction at no cost.
"""

# Element functions take whatever they are read with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.backends import interpreted
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.frontend import recognition, rewrite
from jitkit.launch import choice
from jitkit.launch.arguments import is_device_array, walk
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher

Function = Callable[..., Any]
_new, _empty = object.__new__, np.empty
_asked, _environment, _key = choice.context.get, choice.environment, choice.key
_MOST_AXES = 4


class _Meaning:
    """What an array is beside its leaves: no fields, so that none of it reaches a kernel.

    No abc.ABC, with which each of the ten questions whether something is lazy takes 0.3 us and not 0.05.
    """

    __slots__ = ()

    shape: tuple[int, ...]
    dtype: Any
    device: str | None
    element: Function
    interpreted: Function


@dataclass(frozen=True, eq=False, repr=False)
class Lazy(_Meaning):
    """An array whose elements are computed where they are read.

    Attributes
    ----------
    leaves : Any
        What its element function reads.
    shape : tuple of int
        Its extents.
    dtype : numpy.dtype
        Of its elements; structured where they are tuples.
    device : str or None
        Where what it reads lies, as `jk.empty` takes it: None for the host.
    """

    # Compiled code reads and writes them where they stand in the object, and makes one in a third of the time of a dictionary.
    __slots__ = ("__weakref__", "device", "dtype", "leaves", "plane", "row", "shape")

    leaves: Any

    def viewed(self, change: Callable[[Any], Any]) -> Lazy:
        """Return a view: `change` takes an array of this shape and returns that view of it."""
        raise NotImplementedError

    def flat(self) -> bool:
        """Tell whether the array has a view as a vector, in C order."""
        raise NotImplementedError

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def T(self) -> Lazy:  # noqa: N802 - NumPy's name
        """The view with the axes in the other order."""
        return self.viewed(lambda x: x.T)

    def reshape(self, *shape: Any) -> Lazy:
        """Return a view of another shape, as `numpy.reshape`."""
        new = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple) else shape
        return self.viewed(lambda x: x.reshape(new))

    def transpose(self, *axes: int) -> Lazy:
        """Return a view with the axes in another order, as `numpy.transpose`."""
        return self.viewed(lambda x: x.transpose(*axes))

    def broadcast_to(self, shape: tuple[int, ...]) -> Lazy:
        """Return a view of a shape that this one broadcasts to."""
        return self.viewed(lambda x: broadcast_to(x, shape))

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a lazy array of no dimensions has no length")
        return self.shape[0]

    def __getitem__(self, at: Any) -> Any:
        if type(at) is slice:
            return self.viewed(lambda x: x[at])
        key = at if isinstance(at, tuple) else (at,)
        shape = getattr(self, "shape", None)
        if shape is None:  # an argument in the CUDA simulator, which has copied the leaves alone
            return type(self).interpreted(self.leaves, key)
        if len(key) == len(shape) and all(isinstance(k, (int, np.integer)) for k in key):
            return type(self).interpreted(self.leaves, _inside(key, shape))
        if all(isinstance(k, (int, np.integer, slice)) or k is Ellipsis or k is None for k in key):
            return self.viewed(lambda x: x[at])
        raise LaunchError(f"{self!r} is indexed with integers and slices; jk.permuted(x, indices) takes indices")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("the elements of a lazy array lie nowhere: a NumPy array of them is always a copy")
        shape = self.shape
        if len(shape) == 1 and dtype is None and _asked() is None and _key not in _environment:
            # As mostly: compiled code finds whether all that is read lies on the host.
            vector = _empty(shape, self.dtype)
            args = self, vector
            for enter in _vectors:
                if enter(args) is None:
                    if not _told:
                        _tell()
                    return vector
        computed = self.computed()
        return computed if dtype is None else np.asarray(computed, dtype=dtype)

    def computed(self) -> np.ndarray:
        """Return the elements as a NumPy array."""
        shape, device = self.shape, self.device
        if len(shape) > _MOST_AXES and self.size and not self.flat():
            return np.stack([self[k].computed() for k in range(len(self))])
        out = operands.made(shape, (self.dtype,), device)
        x, target = self, out
        if len(shape) != 1 and self.flat():
            x, target = self.reshape((-1,)), out.reshape((-1,))
        if self.size:
            _writer(len(x.shape)).run(x.shape, None, (x, target))
        return to_numpy(out)

    def _kind(self) -> tuple[Function, tuple[Any, ...]]:
        """Return a function of a module, and with what it returns the class of this array in another process."""
        raise NotImplementedError

    def __reduce__(self) -> tuple[Function, tuple[Any, ...]]:
        held = {name: getattr(self, name) for name in ("leaves", "shape", "dtype", "plane") if hasattr(self, name)}
        return _made_again, (*self._kind(), held)

    def __repr__(self) -> str:
        name = type(self).__mro__[1].__name__.lower()
        return f"<lazy array: {name}, shape {self.shape}, dtype {self.dtype}>"


# Without what frozen dataclasses set attributes by: that takes 0.3 us for each, their dictionary 0.1 in all.
del Lazy.__setattr__, Lazy.__delattr__


@functools.cache
def _writer(ndim: int) -> Launcher:
    """Return what writes every element."""

    def write_1d(i, x, out):
        out[i] = x[i]

    def write_2d(i, j, x, out):
        out[i, j] = x[i, j]

    def write_3d(i, j, k, x, out):
        out[i, j, k] = x[i, j, k]

    def write_4d(i, j, k, m, x, out):
        out[i, j, k, m] = x[i, j, k, m]

    return Launcher(Kernel((write_1d, write_2d, write_3d, write_4d)[ndim - 1]))


_vectors = _writer(1).entries
_told: list[Any] = []


def _tell() -> None:
    """Let compiled code make arrays of lazy arrays; what it does not know is for the method that it is in place of."""
    from jitkit.backends import entry

    places = entry.slots_of(Lazy, "shape", "dtype")
    words = None if places is None else struct.pack("3Q", id(np.ndarray), *places)
    _told[:] = [choice.context, _environment, _key, "cpu", _vectors, Lazy.__array__, words]
    if words is not None and type(_environment) is dict:
        Lazy.__array__ = entry.method(Lazy, "array", _told)  # type: ignore[method-assign]


def _inside(key: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return an index counted from the first element; refuse one past the end."""
    result = tuple(int(k) + n if k < 0 else int(k) for k, n in zip(key, shape, strict=True))
    if not all(0 <= k < n for k, n in zip(result, shape, strict=True)):
        raise IndexError(f"index {key if len(key) > 1 else key[0]} of a lazy array of shape {shape}")
    return result


def as_row(x: Any) -> Any:
    """Return a vector, or several, as a matrix of one row."""
    if type(x) is np.ndarray:
        return x[None]  # in half the time of reshaping
    if type(x) is tuple:
        return tuple([a[None] if type(a) is np.ndarray else as_row(a) for a in x])
    if isinstance(x, Lazy):  # it keeps the view: to make one takes as long as to reduce a thousand elements
        found = getattr(x, "row", None)
        if found is None:
            found = x.row = x.viewed(as_row)  # type: ignore[attr-defined]
        return found
    return x.reshape((1, x.shape[0]))


def is_flat(x: Any) -> bool:
    """Tell whether an array, or whatever a lazy one reads, is also a vector, in C order and without a copy."""
    if isinstance(x, np.ndarray):
        return x.flags.c_contiguous
    return x.flat() if isinstance(x, Lazy) else True


def broadcast_to(x: Any, shape: tuple[int, ...]) -> Any:
    """Return a view of a NumPy or lazy array in a shape that it broadcasts to."""
    return x.broadcast_to(shape) if isinstance(x, (Lazy, Plane)) else np.broadcast_to(x, shape)


@functools.lru_cache(maxsize=512)
def class_of(base: type[Lazy], element: Function) -> type[Lazy]:
    """Return the class of lazy arrays of a kind whose elements a function computes.

    Its name says what that is: compiled code is cached by it.
    """
    digest = (recognition.digest(element) or rewrite.build(element).fingerprint)[:16]
    meaning = {
        "__slots__": (),
        "element": staticmethod(element),
        "interpreted": staticmethod(interpreted.overlay(element)),
    }
    return type(f"{base.__name__}_{digest}", (base,), meaning)


def lazy_of(
    kind: type[Lazy],
    leaves: Any,
    shape: tuple[int, ...],
    dtype: Any,
    plane: Plane | None = None,
    on_host: bool = False,
) -> Any:
    """Return a lazy array of a class.

    Parameters
    ----------
    kind : type
        From `class_of`, or that of the array of which this is a view.
    leaves : Any
        What it reads.
    shape, dtype
        Those of the array.
    plane : Plane, optional
        Where its elements are, if that decides which they are: it reads no arrays then.
    on_host : bool, optional
        Whether all that it reads is known to lie on the host; else that is found out here.
    """
    made: Any = _new(kind)
    made.leaves, made.shape, made.dtype = leaves, shape, dtype
    if plane is not None:
        made.plane = plane
    made.device = None if on_host or plane is not None else _device_of(leaves)
    return made


def _device_of(leaves: Any) -> str | None:
    return "cuda" if any(is_device_array(leaf) for _, leaf in walk("leaves", leaves)) else None


def _made_again(kind_of: Function, given: tuple[Any, ...], held: dict[str, Any]) -> Lazy:
    """Return a lazy array that was pickled or copied: its class is made here, of the function whose elements it computes."""
    made: Any = _new(kind_of(*given))
    for name, value in held.items():
        setattr(made, name, value)
    made.device = _device_of(made.leaves)
    return made  # type: ignore[no-any-return]


class Plane:
    """Positions of the elements of an array that lies nowhere: a view of them moves as NumPy's views do.

    Parameters
    ----------
    shape : tuple of int
        The extents.
    strides : tuple of int
        How far the position moves along each axis.
    first : int
        The position of the first element.
    """

    __slots__ = ("first", "shape", "strides")

    def __init__(self, shape: tuple[int, ...], strides: tuple[int, ...], first: int = 0) -> None:
        self.shape, self.strides, self.first = shape, strides, first

    @classmethod
    def of(cls, shape: tuple[int, ...], between: int = 1) -> Plane:
        """Return positions in C order, so far from one another."""
        return cls(shape, _strides(shape, between))

    @property
    def flat(self) -> bool:
        """Whether positions follow one another in C order."""
        return 0 in self.shape or all(
            n == 1 or step == own
            for n, step, own in zip(self.shape, self.strides, _strides(self.shape, 1), strict=True)
        )

    @property
    def T(self) -> Plane:  # noqa: N802
        """The axes in the other order."""
        return self.transpose()

    def reshape(self, shape: tuple[int, ...]) -> Plane:
        """Return the positions of a view, as NumPy's method of this name does."""
        own = self.strides
        if len(own) == 1 and shape == (1, *self.shape):  # what reductions and scans look at, in 0.5 us and not 8
            return Plane(shape, (0, *own), self.first)
        try:
            return self._of(self._view().reshape(shape, copy=False))
        except ValueError as error:
            raise LaunchError(f"a lazy array of shape {self.shape} has no view of shape {shape}: {error}") from None

    def transpose(self, *axes: int) -> Plane:
        """Return the positions of a view, as NumPy's method of this name does."""
        return self._of(self._view().transpose(*axes))

    def broadcast_to(self, shape: tuple[int, ...]) -> Plane:
        """Return the positions of a view, as NumPy's function of this name does."""
        return self._of(np.broadcast_to(self._view(), shape))

    def __getitem__(self, at: Any) -> Plane:
        if type(at) is slice and len(self.shape) == 1:  # in 0.8 us and not 8
            begin, end, step = at.indices(self.shape[0])
            (stride,) = self.strides
            return Plane((len(range(begin, end, step)),), (step * stride,), self.first + begin * stride)
        whole = at if isinstance(at, tuple) else (at,)
        # An integer would read the byte of a 0-D result; with an ellipsis NumPy returns a view.
        return self._of(self._view()[(*whole, Ellipsis) if Ellipsis not in whole else whole])

    def _view(self) -> np.ndarray:
        """Return an array of bytes that lie so: it has an address and no memory, and nothing ever reads it."""
        return np.lib.stride_tricks.as_strided(_BYTE, self.shape, self.strides, writeable=False)

    def _of(self, view: np.ndarray) -> Plane:
        return Plane(view.shape, view.strides, self.first + view.ctypes.data - _BYTE.ctypes.data)


_BYTE = np.zeros(1, np.int8)


def _strides(shape: tuple[int, ...], step: int) -> tuple[int, ...]:
    """Return the strides of an array in C order whose neighbours are so far from one another."""
    strides: list[int] = []
    for extent in reversed(shape):
        strides.append(step)
        step *= extent
    return tuple(reversed(strides))


def check_parts(count: int, most: int, name: str) -> None:
    """Refuse no arrays, and more than functions of elements are written for."""
    if not 1 <= count <= most:
        raise KernelTypeError(f"jk.{name}: takes 1 to {most} arrays, not {count}")


class Number(Lazy):
    """One number that has the shape of whatever it stands beside; a Python number is weak, as in a kernel.

    Its `dtype` is then the Python type.
    """

    __slots__ = ("__dict__",)
    shape = ()

    @functools.cached_property
    def dtype(self) -> Any:
        """The type, where it is not given."""
        return type(self.leaves)

    def viewed(self, change: Callable[[Any], Any]) -> Lazy:
        """Return the same: each view of it is like it."""
        return self

    def _kind(self) -> tuple[Function, tuple[Any, ...]]:
        return class_of, (Number, leaves_themselves)

    def flat(self) -> bool:
        """Tell that it is."""
        return True

    def __getitem__(self, at: Any) -> Any:
        return self.leaves


def number_of(value: Any, shape: tuple[int, ...] = ()) -> Lazy:
    """Return a number as an array of any shape."""
    weak = isinstance(value, (int, float, complex)) and not isinstance(value, (bool, np.generic))
    if isinstance(value, bool):
        value = np.bool_(value)
    dtype = type(value) if weak else value.dtype
    number: Lazy = lazy_of(class_of(Number, leaves_themselves), value, shape, dtype)
    return number


def leaves_themselves(leaves, at):
    """Return a constant: the element everywhere."""
    return leaves
