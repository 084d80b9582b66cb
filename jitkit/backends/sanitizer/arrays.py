"""What stands for an array in a checked kernel: a view of a block of memory that knows the parameter it came from."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jitkit.backends.sanitizer.memory import Memory
from jitkit.language import Position


class End:
    """A negative index written as a literal: it counts from the end."""

    __slots__ = ("value",)

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value


class Outside(Exception):  # noqa: N818 (control flow)
    """An index that names no element."""

    def __init__(self, index: tuple[int, ...], why: str) -> None:
        self.index, self.why = index, why


class Array:
    """A view of a checked block of memory.

    Its subscripts in a kernel go through `access`; those of other code, such as a debugger's, are not watched.

    Parameters
    ----------
    data : ndarray
        The elements.
    memory : Memory
        The block's shadow.
    offset : int
        The granule of the first element.
    granule : int
        Bytes of a granule.
    name : str
        The parameter, or the local name.
    prefix : tuple of int
        The leading indices that this view has of the parameter's.
    suffix : str
        A field of a record, as it is written.
    """

    __slots__ = (
        "data", "dtype", "granule", "memory", "name", "offset", "prefix", "shape", "simple", "steps", "suffix", "width",
    )  # fmt: skip

    def __init__(
        self, data: NDArray[Any], memory: Memory, offset: int, granule: int, name: str,
        prefix: tuple[int, ...] = (), suffix: str = "",
    ) -> None:  # fmt: skip
        self.data, self.memory, self.offset, self.granule, self.name = data, memory, offset, granule, name
        self.prefix, self.suffix, self.dtype = prefix, suffix, data.dtype
        self.steps = tuple(stride // granule for stride in data.strides)
        self.shape = data.shape
        self.width = data.itemsize // granule
        # The dimensions where an index is looked up the short way, 0 where it is not.
        self.simple = data.ndim if self.width == 1 and data.ndim in (1, 2) and data.dtype.names is None else 0

    def __repr__(self) -> str:
        return repr(self.data)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: Any) -> Any:
        return self.data[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        self.data[index] = value

    def __iter__(self) -> Iterator[Any]:
        return iter(self.data)

    def __array__(self, *args: Any, **kwargs: Any) -> NDArray[Any]:
        return np.asarray(self.data, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.data, name)

    def widen(self, dtype: np.dtype[Any]) -> None:
        """Change the dtype of an array that owns its memory."""
        if dtype != self.dtype:
            self.data, self.dtype, self.granule = self.data.astype(dtype), dtype, dtype.itemsize

    def locate(self, index: Any) -> tuple[tuple[int, ...], int]:
        """Return an index as non-negative ints, and its granule.

        Raises
        ------
        Outside
            Where it is beyond an extent, or negative and no literal.
        """
        if self.simple == 2 and type(index) is tuple and len(index) == 2:
            i, j = index
            if type(i) is int and type(j) is int and 0 <= i < self.shape[0] and 0 <= j < self.shape[1]:
                return index, self.offset + i * self.steps[0] + j * self.steps[1]
        given = index if type(index) is tuple else (index,)
        found, granule = [], self.offset
        for axis, item in enumerate(given[: self.data.ndim]):
            extent = self.data.shape[axis]
            i = item if type(item) is int else operator.index(item)
            if type(item) is End:
                i += extent
            if not 0 <= i < extent:
                raise Outside(tuple(map(operator.index, given)), self._why(i, axis, extent, type(item) is End))
            found.append(i)
            granule += i * self.steps[axis]
        if len(given) > self.data.ndim:
            raise IndexError(f"{self.name} has {self.data.ndim} dimensions, but {len(given)} indices were given")
        return tuple(found), granule

    def _why(self, i: int, axis: int, extent: int, literal: bool) -> str:
        where = f"axis {axis} has extent {extent}" if self.data.ndim > 1 else f"the extent is {extent}"
        if i < 0 and not literal:
            return f"index {i} is negative, and only a literal counts from the end ({where})"
        return f"{where}: the last index is {extent - 1}" if extent else f"{where}: it has no elements"

    def part(self, index: tuple[int, ...], granule: int) -> Array:
        """Return the view of the trailing axes at a leading index."""
        data = self.data[index]
        return Array(data, self.memory, granule, self.granule, self.name, self.prefix + index, self.suffix)

    def field(self, name: str) -> Array:
        """Return the view of one field of an array of records."""
        assert self.dtype.fields is not None
        offset = self.offset + self.dtype.fields[name][1] // self.granule
        return Array(
            self.data[name], self.memory, offset, self.granule, self.name, self.prefix, f"{self.suffix}.{name}"
        )

    def nothing(self, index: tuple[int, ...]) -> Any:
        """Return what is read outside: zero, or a view of zeros that nobody sees."""
        rest = self.data.ndim - len(index)
        zeros = np.zeros(self.data.shape[self.data.ndim - rest :], self.dtype)
        if rest == 0 and self.dtype.names is None:
            return zeros[()]
        memory = Memory(self.memory.state, 1, visible=False)
        array = Array(zeros, memory, 0, self.granule, self.name, self.prefix + index, self.suffix)
        return array if rest else Record(array, (), 0)

    def granules(self, granule: int) -> range:
        """Return the granules of the element that begins at one."""
        return range(granule, granule + self.width)

    def full(self, index: Any) -> Position:
        """Return an element's index in the parameter, as the user would write it."""
        whole = self.prefix + (index if type(index) is tuple else (index,))
        return whole[0] if len(whole) == 1 else whole

    def element(self, index: Any) -> str:
        """Return an element as the user would write it."""
        whole = self.prefix + (index if type(index) is tuple else (index,))
        return f"{self.name}[{', '.join(map(str, whole))}]{self.suffix}"


class Record:
    """An element of an array of records."""

    __slots__ = ("array", "granule", "index")

    def __init__(self, array: Array, index: tuple[int, ...], granule: int) -> None:
        self.array, self.index, self.granule = array, index, granule

    def __repr__(self) -> str:
        return repr(self.array.data[self.index])

    def __getitem__(self, name: str) -> Any:
        return self.array.data[self.index][name]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.array.data[self.index][name]
