"""Calls that compiled code knows again by the user's function and what it is given; ``backends/again.ll`` says how.

To find that out takes Python a microsecond, as long as NumPy needs for what a thousand elements take.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from jitkit.launch import choice
from jitkit.plans import remember
from jitkit.primitives._identity import identity_of, told
from jitkit.primitives._lazy import Lazy

if TYPE_CHECKING:
    from types import ModuleType

    from jitkit.launch.kernel import Launch

_FIRST, _KNOWN = 4, 64
"""Where calls begin in the list that compiled code looks through, and how many it holds: each takes it 3 ns."""
_SHAPE = sys.intern("shape")
_ENTRY = "jitkit.backends.entry"
_environment = choice.environment


class Again:
    """Calls known again.

    Parameters
    ----------
    name : str
        The function of ``again.ll`` that knows them.

    Attributes
    ----------
    enter : callable
        That function: it returns None where a call is not known. Until one is kept it is none of compiled code.
    """

    __slots__ = ("_known", "_name", "_refused", "_told", "enter")

    def __init__(self, name: str) -> None:
        self._name = name
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self._known: list[Any] = [choice.context, _environment, choice.key, "cpu"]
        self._told: dict[Hashable, None] = {}
        self._refused: dict[Hashable, None] = {}
        self.enter: Callable[..., Any] = _unknown

    def __reduce__(self) -> tuple[type[Again], tuple[str]]:
        return Again, (self._name,)  # a copy knows nothing

    def keep_map(
        self,
        plan: Hashable,
        f: Any,
        first: Any,
        entries: tuple[list[Any], list[Any]],
        result: np.dtype[Any],
        dtype: Any,
    ) -> None:
        """Know a plan's maps with a first array like one, into arrays of a dtype; some dtype may be asked for."""
        entry = _opened()
        if entry is None:
            return
        kind = type(first)
        key = (plan, kind, id(first.dtype), first.ndim, id(dtype))
        if key in self._told:
            return
        places = (0, 0) if kind is np.ndarray else entry.slots_of(kind, "shape", "dtype")
        if places is not None:
            words = (id(np.ndarray), id(kind), id(first.dtype), first.ndim, *places, id(result))
            self._keep(entry, key, words, f, (), entries[0], dtype, entries[1], kind, first.dtype, result)

    def keep_lazy(self, f: Any, arrays: Sequence[Any], kind: type[Lazy], dtype: np.dtype[Any], as_tuple: bool) -> None:
        """Know lazy arrays of a class and dtype over arrays like these."""
        entry = _opened()
        if entry is None:
            return
        dtypes = [x.dtype for x in arrays]
        key = (kind, *map(id, dtypes))
        if key in self._told or any(type(x) is not np.ndarray for x in arrays):
            return
        last = _lazy_words(entry, kind, dtype)
        if last is not None:
            words = (id(np.ndarray), len(arrays), *map(id, dtypes))
            self._keep(entry, key, words, f, (as_tuple, *last), kind, dtype, *dtypes)

    def keep_permuted(self, x: np.ndarray, at: np.ndarray, kind: type[Lazy]) -> None:
        """Know the elements of vectors like one, at 64-bit integers."""
        entry = _opened()
        if entry is None or at.dtype != np.int64:
            return
        key = (id(x.dtype), id(at.dtype))
        if key in self._told:
            return
        last = _lazy_words(entry, kind, x.dtype)
        if last is not None:
            words = (id(np.ndarray), id(x.dtype), id(at.dtype), *last)
            self._keep(entry, key, words, _NOTHING, (), kind, x.dtype, at.dtype)

    def key_of(self, functions: tuple[Any, Any], given: Sequence[Any], asked: tuple[Any, ...]) -> Hashable:
        """Return the key of calls over arrays like some that may become known; None where they are that, or can not be."""
        if _opened() is None:
            return None
        for x in given:  # what is converted on its way is none that code reads where it lies
            if type(x) is not np.ndarray or not x.dtype.isnative or x.dtype.kind not in "biufc" or not x.flags.aligned:
                return None
        key = (*map(identity_of, functions), asked, *[(id(x.dtype), x.shape, x.strides) for x in given])
        return None if key in self._told or key in self._refused else key

    def keep_call(
        self,
        key: Hashable,
        functions: tuple[Any, Any],
        given: Sequence[np.ndarray],
        asked: tuple[Any, ...],
        launch: Launch,
        values: tuple[Any, ...],
        outs: Sequence[np.ndarray],
        final: tuple[int, ...],
        release: bool,
        fault: np.ndarray | None = None,
        scratch: Sequence[np.ndarray] = (),
    ) -> None:
        """Know launches of one or two functions over arrays like some, as `entry.opened_call` says.

        Nothing else may be asked than what is `asked`: other arguments are None. The key is that of `key_of`.
        """
        entry = _opened()
        if entry is None:
            return
        from jitkit.backends import cpu_launch

        found = cpu_launch.opened_call(launch, launch.prefix, values, given, outs, final, release, fault, scratch)
        ways = [([1, id(None), 0], None) if f is None else told(f) for f in functions]
        if found is not None and None not in ways:
            (first, second), template = (way[0] for way in ways), found[1]  # type: ignore[index]
            words, slots = (*found[0], *first, *second), struct.unpack(f"{len(template) // 8}Q", template)
            self._keep(entry, key, words, _NOTHING, slots, asked, found[2], ways)
        else:
            self.refuse(key)

    def refuse(self, key: Hashable) -> None:
        """Remember calls that compiled code cannot know."""
        remember(self._refused, key, None)

    def _keep(
        self, entry: ModuleType, key: Hashable, first: Sequence[int], f: Any, last: Sequence[int], *held: Any
    ) -> None:
        """Keep words, of which those of a function stand in the middle."""
        function = ([], None) if f is _NOTHING else ([0], None) if f is None else told(f)
        if function is None or type(_environment) is not dict:
            return
        words = (*first, *function[0], *last)
        if len(self._told) >= _KNOWN:  # compiled code moves what is asked often to the front
            self._told.pop(self._known.pop()[-1], None)
        self._told[key] = None
        self._known.insert(_FIRST, (struct.pack(f"{len(words)}Q", *words), *held, function[1], key))
        if self.enter is _unknown:
            self.enter = entry.knowing(self._name, self._known)


_NOTHING = object()


def _opened() -> ModuleType | None:
    """Return the module of entries where launches have gone through one: none is made compiled code for that needs none."""
    entry = sys.modules.get(_ENTRY)
    return entry if entry is not None and entry.is_open() else None


def _lazy_words(entry: ModuleType, kind: type[Lazy], dtype: np.dtype[Any]) -> tuple[int, ...] | None:
    places = entry.slots_of(kind, "leaves", "shape", "dtype", "device")
    return None if places is None else (id(kind), id(dtype), *places, id(_SHAPE))


def _unknown(*asked: Any) -> None:
    """Stand for `Again.enter` where nothing is known."""
