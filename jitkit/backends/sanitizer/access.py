"""What instrumented code calls to read and write: subscripts, fields, atomics, and new memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from jitkit import atomic
from jitkit.backends.sanitizer.arithmetic import Arithmetic
from jitkit.backends.sanitizer.arrays import Array, End, Outside, Record
from jitkit.backends.sanitizer.conversions import Conversions
from jitkit.backends.sanitizer.copies import blank
from jitkit.backends.sanitizer.memory import Memory
from jitkit.backends.sanitizer.state import State
from jitkit.language import Shape


class Access:
    """The watched accesses of one check.

    Parameters
    ----------
    state : State
    arithmetic : Arithmetic
    shared : callable
        ``shared(site, name, shape, dtype)`` gives the array of the group that runs.
    """

    def __init__(self, state: State, arithmetic: Arithmetic, shared: Callable[..., Any]) -> None:
        self.state, self.arithmetic, self.convert = state, arithmetic, Conversions(state).convert
        self.shared = shared
        self.watched: Callable[[Callable], Callable] = lambda function: function

    def names(self) -> dict[str, Callable[..., Any]]:
        """Return what instrumented code calls, by name."""
        return {
            "load": self.load, "store": self.store, "field": self.field, "store_field": self.store_field,
            "items": self.items, "shared": self.shared, "local": self.local, "atomic": self.atomic, "end": End,
        }  # fmt: skip

    def load(self, array: Any, index: Any, site: int) -> Any:
        """Return ``array[index]``."""
        if type(array) is not Array:
            element = getattr(type(array), "element", None)  # of a lazy array: what it reads is watched, too
            if element is None:
                return array[index]
            return self.watched(element)(array.leaves, index if isinstance(index, tuple) else (index,))
        if array.simple == 1 and type(index) is int and 0 <= index < array.shape[0]:
            array.memory.read(array.offset + index * array.steps[0], site, array, index)
            return array.data[index]
        return self._load(array, index, site)

    def _load(self, array: Array, index: Any, site: int) -> Any:
        try:
            found, granule = array.locate(index)
        except Outside as outside:
            self._outside(array, outside, site, "read")
            return array.nothing(outside.index)
        if array.simple == len(found):
            array.memory.read(granule, site, array, found)
            return array.data[found]
        if len(found) < array.data.ndim:
            return array.part(found, granule)
        if array.dtype.names is not None:
            return Record(array, found, granule)
        for k in array.granules(granule):
            array.memory.read(k, site, array, found)
        return array.data[found]

    def store(self, value: Any, array: Any, index: Any, site: int) -> None:
        """Do ``array[index] = value``."""
        if type(array) is not Array:
            array[index] = value
            return
        try:
            found, granule = array.locate(index)
        except Outside as outside:
            self._outside(array, outside, site, "written")
            return
        if array.simple == len(found) and type(value) is array.dtype.type:
            array.memory.write(granule, site, array, found)
            array.data[found] = value
        elif len(found) < array.data.ndim:
            self._store_all(value, array.part(found, granule), site)
        elif type(value) is Record:
            self._store_record(value, array, found, granule, site)
        else:
            array.data[found] = self.convert(array.dtype, value, site, array, found)
            for k in array.granules(granule):
                array.memory.write(k, site, array, found)

    def _store_all(self, value: Any, array: Array, site: int) -> None:
        """Assign to the trailing axes, one element after another."""
        source = np.broadcast_to(value.data, array.data.shape) if type(value) is Array else None
        for index in np.ndindex(array.data.shape):
            if source is None:
                item = value
            else:  # broadcasting repeats leading axes and those of extent 1
                tail = index[len(index) - value.data.ndim :]
                item = self.load(value, tuple(k % n for k, n in zip(tail, value.data.shape, strict=True)), site)
            self.store(item, array, index, site)

    def _store_record(self, value: Record, array: Array, index: tuple[int, ...], granule: int, site: int) -> None:
        for k in value.array.granules(value.granule):
            value.array.memory.read(k, site, value.array, value.index)
        array.data[index] = value.array.data[value.index]
        for k in array.granules(granule):
            array.memory.write(k, site, array, index)

    def field(self, owner: Any, name: str, site: int) -> Any:
        """Return ``owner.name`` or ``owner["name"]``."""
        if type(owner) is Array and owner.dtype.names is not None and name in owner.dtype.names:
            return owner.field(name)
        if type(owner) is Record:
            return self._load(owner.array.field(name), owner.index, site)
        return getattr(owner, name)

    def store_field(self, value: Any, owner: Any, name: str, site: int) -> None:
        """Do ``owner.name = value`` or ``owner["name"] = value``."""
        if type(owner) is Record:
            self.store(value, owner.array.field(name), owner.index, site)
        elif type(owner) is Array and owner.dtype.names is not None and name in owner.dtype.names:
            self._store_all(value, owner.field(name), site)
        else:
            setattr(owner, name, value)

    def items(self, value: Any, site: int) -> Any:
        """Return what a loop, or an assignment to several names, goes through."""
        return self._items(value, site) if type(value) is Array else value

    def _items(self, array: Array, site: int) -> Iterator[Any]:
        return (self.load(array, k, site) for k in range(len(array)))

    def local(self, site: int, name: str, shape: Shape, dtype: Any) -> Array:
        """Return an array of the work-item's own."""
        return new_array(self.state, name, shape, dtype, visible=False)

    def atomic(self, name: str, site: int, array: Any, index: Any, *operands: Any) -> Any:
        """Do an atomic update; return the old value."""
        atomic.checked(array, name)
        if type(array) is not Array:
            return getattr(atomic, name)(array, index, *operands)
        try:
            found, granule = array.locate(index)
        except Outside as outside:
            self._outside(array, outside, site, "updated atomically")
            return array.nothing(outside.index)
        if len(found) == array.data.ndim:
            for k in array.granules(granule):
                array.memory.update(k, site, array, found)
        converted = [self.convert(array.dtype, operand, site, array, found) for operand in operands]
        old = getattr(atomic, name)(array.data, found, *converted)
        if name in ("add", "sub"):
            self.arithmetic.updated(name, old, converted[0], site)
        return old

    def _outside(self, array: Array, outside: Outside, site: int, what: str) -> None:
        text = f"is {what}, and {outside.why}"
        self.state.find_at("out-of-bounds", site, array, outside.index, text)
        self.state.outside()


def new_array(state: State, name: str, shape: Shape, dtype: Any, *, visible: bool) -> Array:
    """Return memory without defined contents, which is for a group or for one work-item."""
    data = np.empty(shape, dtype)
    blank(data, np.ones(data.shape, np.bool_))
    memory = Memory(state, data.size, np.ones(max(data.size, 1), np.bool_), visible)
    return Array(data, memory, 0, data.itemsize, name)
