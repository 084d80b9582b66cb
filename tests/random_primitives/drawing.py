"""A check under construction: lines of Python that make its arguments, a call, and what it gives by NumPy."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from . import values

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
FLOATS = ("float16", "float32", "float64")
COMPLEX = ("complex64", "complex128")
REAL = ("bool", *INTEGERS, *FLOATS)
ALL = (*REAL, *COMPLEX)
FEW = ("bool", "int32", "int64", "uint8", "float32", "float64", "complex128")
"""Those of the backend that takes seconds to compile for one."""

_BORDERS = (16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 18432, 32768, 36864, 65536)
_FAR = (1 << 17, 1 << 18, 1 << 19, 1 << 20)
_PRIMES = (2, 3, 5, 7, 13, 31, 97, 251, 1009, 4099, 10007, 65537)
LARGEST = {"cpu": 70_000, "python": 300, "cuda": 300}
_VERY_LARGE = 1_500_000
"""Now and then, on the CPU, where NumPy says what is wanted."""
_THREADS = ((1, 2), (2, 1), (2, 1), (1, 8), (3, 2), (8, 3))


@dataclass(frozen=True)
class Check:
    """A call and what it has to give.

    Attributes
    ----------
    lines : tuple of str
        What makes the arguments.
    call, wanted : str
        Expressions.
    bound : str or None
        An expression of how far numbers may be off; None where they are equal, and "bits" where the signs of zeros are too.
    outs : tuple of str
        Names of the arrays, or tuples of them, that the call writes and returns.
    scalar : bool
        Whether a result of no dimensions is a NumPy number, no array.
    backend : str
        Where it runs.
    threads : tuple of two ints
        How many share the work of the first and the second call.
    warns : bool
        Whether it may warn, as NumPy does.
    """

    lines: tuple[str, ...]
    call: str
    wanted: str
    bound: str | None
    outs: tuple[str, ...]
    scalar: bool
    backend: str
    threads: tuple[int, int] = (1, 2)
    warns: bool = False


class Draw:
    """Chances, and the lines drawn so far.

    Parameters
    ----------
    seed : int
        Which check.
    backend : str
        Where it will run: small arrays and few types where that is slow.
    """

    def __init__(self, seed: int, backend: str) -> None:
        self.random, self.backend = random.Random(f"{seed} {backend}"), backend
        self.lines: list[str] = []
        self._count = 0

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def pick(self, items: Sequence[Any]) -> Any:
        return self.random.choice(items)

    def dtype(self, kinds: Sequence[str] = ALL) -> str:
        """Return a dtype; mostly one of few where compiling takes long."""
        likely = {"cuda": 1.0, "cpu": 0.7, "python": 0.0}[self.backend]
        few = [kind for kind in kinds if kind in FEW] if self.chance(likely) else []
        return self.pick(few or list(kinds))  # type: ignore[no-any-return]

    def _most(self, large: bool) -> int:
        return _VERY_LARGE if large and self.backend == "cpu" and self.chance(0.06) else LARGEST[self.backend]

    def size(self, large: bool = False) -> int:
        """Return a length: none, one, few, a prime, or one about a border of blocks; `large` allows very many."""
        return self._size(self._most(large))

    def _size(self, most: int) -> int:
        kind = self.random.random()
        if kind < 0.12:
            return self.pick((0, 1))  # type: ignore[no-any-return]
        if kind < 0.4:
            return self.random.randint(2, 40)
        if kind < 0.55:
            return self.pick([p for p in _PRIMES if p <= most])  # type: ignore[no-any-return]
        if kind < 0.85:
            border = self.pick([b for b in (_FAR if most == _VERY_LARGE else _BORDERS) if b < most])
            return border + self.random.randint(-1, 1)  # type: ignore[no-any-return]
        return int(most ** self.random.random())

    def shape(self, vector: float = 0.5, large: bool = False) -> tuple[int, ...]:
        """Return the shape of an array of one to four axes."""
        most = self._most(large)
        if self.chance(vector):
            return (self._size(most),)
        if self.chance(0.08):
            return ()
        n = max(1, self._size(most))
        shape = [n, *(self.pick((1, 2, 3, 4, 5, 7, 8, 17, 64)) for _ in range(self.random.randint(1, 3)))]
        while len(shape) > 1 and math.prod(shape) > most:
            if shape[0] > 2:
                shape[0] = max(2, shape[0] * most // math.prod(shape))
                if math.prod(shape) > most:
                    shape.pop()
            else:
                shape.pop()
        if self.chance(0.06):
            shape[self.random.randrange(len(shape))] = 0
        self.random.shuffle(shape)
        return tuple(shape)

    def axis(self, shape: tuple[int, ...], several: bool = True) -> Any:
        """Return an axis of a shape, None, or several."""
        n = len(shape)
        if not n or self.chance(0.25):
            return None
        if several and n > 1 and self.chance(0.3):
            axes = self.random.sample(range(n), self.random.randint(1, n))
            return tuple(k - n if self.chance(0.2) else k for k in axes)
        return self.random.randrange(-n, n)

    def name(self, stem: str) -> str:
        self._count += 1
        return f"{stem}{self._count}"

    def line(self, stem: str, text: str) -> str:
        """Add an assignment to a new name, and return that."""
        name = self.name(stem)
        self.lines.append(f"{name} = {text}")
        return name

    def array(self, dtype: str, shape: Any, kind: str = "small", plain: bool = False) -> str:
        """Add an array, in some layout, and return its name."""
        text = f"numbers({self.random.randrange(10**6)}, {dtype!r}, {shape!r}, {kind!r})"
        if not plain and shape and self.chance(0.4):
            layout = self.pick(values.LAYOUTS)
            if layout not in ("repeated", "every other", "unaligned") or math.prod(shape):
                text = f"laid({text}, {layout!r})"
        return self.line("x", text)

    def room(self, shape: str, dtype: str) -> str:
        """Add an array to write into; shape and dtype are expressions."""
        layout = self.pick(("plain", "plain", "fortran", "reversed", "every other", "behind"))
        return self.line("out", f"room({shape}, {dtype}, {layout!r})")

    def options(self, **given: Any) -> str:
        """Return keyword arguments of a call, those that are not None, and where it runs."""
        if self.backend != "cpu" or self.chance(0.5):
            given["backend"] = repr(self.backend)
        return arguments(**given)

    def check(
        self,
        call: str,
        wanted: str,
        bound: str | None = None,
        outs: Sequence[str] = (),
        scalar: bool = True,
        warns: bool = False,
    ) -> Check:
        if self.backend == "cuda" and not outs and not re.search(r"\b(v|lazy)\d", call) and self.chance(0.3):
            call = re.sub(r"\b(x|at|where)\d+", r"jk.asarray(\g<0>, device='cuda')", call)
        threads = self.pick(_THREADS)
        return Check(tuple(self.lines), call, wanted, bound, tuple(outs), scalar, self.backend, threads, warns)


def arguments(**given: Any) -> str:
    """Return keyword arguments that follow others, those that are not None."""
    return "".join(f", {name}={value}" for name, value in given.items() if value is not None)
