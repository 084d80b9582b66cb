"""Launches that are ready: all but the array that is read, and the new one for the results, was found by a call before.

bottleneck needs 0.2 to 1 us for what takes a thousand elements, and each look at an argument takes Python 0.02 to 0.1. A public
function asks its `Calls` first, with what it was given as the key. Those over few elements go from there into compiled code,
which looks at the array and makes the result: 0.1 us, where a launch takes 0.25 and all that Python does for it 0.5. What the
last few of them were asked compiled code compares as well, `Calls.enter`: to find a key among others takes Python 0.25 us.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from jitkit.launch import choice
from jitkit.launch.launcher import Launcher
from jitkit.plans import remember

_asked, _environment, _key, _empty = choice.context.get, choice.environment, choice.key, np.empty
_KEPT = 1 << 16
"""Bytes of scratch memory up to which it is kept for the next call: to ask for it takes 0.1 to 0.3 us."""
_FIRST, _KNOWN = 3, 16
"""Where launches begin in the list of those that compiled code looks through, and how many it holds: each takes it 3 ns."""
FEW = 4096
"""Elements up to which a launch is the calling thread's, and others wait for it."""


class Ready:
    """One launch over an array of the host, of whatever was launched like this before.

    Parameters
    ----------
    launcher, space : Launcher, tuple of int
        What is launched: a kernel of the elements, `numbers`, scratch memory where there is any, and the results.
    numbers : tuple
        What else the kernel is told.
    seen : tuple of int
        The shape in which the kernel sees the elements, the axes turned round afterwards if there is a `turn`.
    room, dtype : tuple of int, numpy.dtype
        Shape and dtype of the results as the kernel sees them.
    final : tuple of int
        The shape in which they are returned; where it is () there is one, as a number.
    scratch : tuple of int
        The shape of scratch memory, of the same dtype; none where it is empty.
    bits : numpy.dtype, optional
        Integers as which the kernel is given the elements once more, next to them; scratch memory is of them too.
    turn : tuple of int, optional
        How the axes change places, as for `numpy.transpose`.
    brief : bool
        Whether a few elements take but microseconds, whatever the user gave: other threads of Python wait for them then.
    """

    __slots__ = (
        "_asked",
        "_bits",
        "_final",
        "_numbers",
        "_room",
        "_scratch",
        "_seen",
        "_spare",
        "_turn",
        "dtype",
        "launch",
    )

    def __init__(
        self,
        launcher: Launcher,
        space: Any,
        numbers: tuple[Any, ...],
        seen: tuple[int, ...],
        room: tuple[int, ...],
        dtype: np.dtype[Any],
        final: tuple[int, ...],
        scratch: tuple[int, ...] = (),
        bits: np.dtype[Any] | None = None,
        turn: tuple[int, ...] | None = None,
        brief: bool = True,
    ) -> None:
        self.launch, self.dtype, self._numbers, self._scratch = launcher(space, None), dtype, numbers, scratch
        self._seen, self._room, self._final = seen, room, final
        self._spare: list[np.ndarray] = []
        self._asked, self._bits, self._turn = not brief, bits, turn

    def __call__(self, x: np.ndarray) -> Any:
        """Return the results if the launch goes straight into code compiled for the CPU, which looks at the array; or None."""
        args = self._args(x)
        launch, result = self.launch, args[-1]
        for enter in launch.enters:
            if enter(launch.prefix, args) is None:
                if self._scratch and args[-2].nbytes <= _KEPT:
                    self._spare.append(args[-2])
                if self._final == self._room:
                    return result
                return result.reshape(self._final) if self._final else result.reshape(())[()]
        return None

    def opened(self, x: np.ndarray) -> Callable[[np.ndarray], Any] | None:
        """Return what does the same for arrays of few elements like this one, in compiled code alone; None where nothing does."""
        if self._asked or x.size > FEW or not x.flags.c_contiguous:
            return None
        from jitkit.backends import cpu_launch

        self._asked = True
        return cpu_launch.opened_new(self.launch, self.launch.prefix, self._args(x), x, self._final)

    def know(
        self,
        again: Any,
        key: Hashable,
        functions: tuple[Any, Any],
        x: np.ndarray,
        asked: tuple[Any, ...],
        brief: bool,
    ) -> None:
        """Have compiled code know calls of functions over few elements that ask for the same; see `Again.keep_call`."""
        args = self._args(x)
        scratch = args[-2:-1] if self._scratch else ()
        again.keep_call(
            key, functions, (x,), asked, self.launch, args, args[-1:], self._final, not brief, None, scratch
        )

    def _args(self, x: np.ndarray) -> tuple[Any, ...]:
        if x.shape != self._seen:
            x = x.reshape(self._seen)
        if self._turn is not None:
            x = x.transpose(self._turn)
        result, bits = _empty(self._room, self.dtype), self._bits
        given = (x, *self._numbers) if bits is None else (x, x.view(bits), *self._numbers)
        if not self._scratch:
            return (*given, result)
        try:
            scratch = self._spare.pop()
        except IndexError:
            scratch = _empty(self._scratch, self.dtype if bits is None else bits)
        return (*given, scratch, result)


class Calls:
    """Launches by what functions were asked.

    Attributes
    ----------
    enter : callable
        ``enter(x, *asked)``: the results of a launch like one of the last few that were of few elements, found by compiled code;
        None where there was none. What is given behind all that the key of a call begins with has to be None.
    """

    __slots__ = ("_known", "_opened", "_ready", "_told", "enter")

    def __init__(self) -> None:
        self.forget()

    def __call__(self, key: tuple[Any, ...], x: np.ndarray, backend: str | None) -> Any:
        """Return the results of a launch over an array of the host; None where nothing of the kind is ready, or may be meant.

        The key says all that tells one launch from another; it ends in the dtype and shape of the array.
        """
        if (backend is not None or _asked() is not None or _key in _environment) and backend != "cpu":
            return None
        opened = self._opened.get(key)
        if opened is not None:
            result = opened(x)
            if result is not None:
                self._know(key, opened)
                return result
        ready = self._ready.get(key)
        if ready is None:
            return None
        result = ready(x)
        if result is not None:
            opened = ready.opened(x)
            if opened is not None:
                remember(self._opened, key, opened)
        return result

    def keep(self, key: tuple[Any, ...], ready: Ready) -> None:
        """Have a launch ready for calls like one."""
        remember(self._ready, key, ready)

    def forget(self) -> None:
        """Begin anew."""
        self._ready: dict[Hashable, Ready] = {}
        self._opened: dict[Hashable, Any] = {}
        self._known: list[Any] = [choice.context, _environment, _key]
        self._told: dict[Hashable, None] = {}  # of which keys they are, the oldest first
        self.enter: Callable[..., Any] = _unknown

    def _know(self, key: tuple[Any, ...], opened: Any) -> None:
        """Have `enter` go on to an opened function for what is asked by a key."""
        if key in self._told or type(_environment) is not dict:
            return
        from jitkit.backends import entry

        if len(self._told) >= _KNOWN:
            self._told.pop(next(iter(self._told)), None)
            self._known.pop()
        self._told[key] = None
        self._known.insert(_FIRST, entry.call(key[:-2], opened))
        if self.enter is _unknown:
            self.enter = entry.known(self._known)


def _unknown(*asked: Any) -> None:
    """Stand for `Calls.enter` where nothing is known."""
