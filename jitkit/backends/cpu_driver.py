"""A kernel's drivers on the CPU: found in the cache or compiled, one for each combination of dtypes that launches meet.

Loading a driver imports no compiler: Numba takes 0.25 s to import, and 0.6 s more (SciPy among it) before it would load
anything. The key of what is kept covers the source of the kernel and of everything it reaches, the constants they close
over, the argument types, the options, the versions of everything that generates code (jitkit's own files included), and
the CPU with its features. Most functions are known by their code (see `recognition`), and their source is not even read.
"""

from __future__ import annotations

import ctypes
import functools
import struct
from collections.abc import Hashable, Sequence
from typing import Any

from jitkit.backends import machine, slots, symbols
from jitkit.backends.generator import generator
from jitkit.backends.kept import kept
from jitkit.backends.layout import Layout, describe
from jitkit.backends.object_code import Code
from jitkit.hashing import blake2b
from jitkit.launch.definition import Definition

_Function = ctypes.CFUNCTYPE(None, ctypes.c_char_p)


class Loaded:
    """A driver in this process.

    Attributes
    ----------
    address : int
        Where its function ``driver(slots)`` is.
    """

    def __init__(self, code: Code) -> None:
        missing = symbols.missing(code.calls)
        if missing:
            raise RuntimeError(f"compiled code calls {', '.join(missing)}, which this process does not have")
        self._engine = machine.loaded(code.text)
        self.address = self._engine.get_function_address(code.symbol)
        self._run = _Function(self.address)

    def __call__(self, threads: int, prefix: tuple[int, ...], leaves: Sequence[Any]) -> None:
        """Run the kernel over the space whose starts, steps and counts are the prefix."""
        self._run(struct.pack(f"{1 + len(prefix)}q", threads, *prefix) + b"".join(map(slots.packed, leaves)))


class Drivers:
    """The drivers of a kernel for a shape of space and a layout of arguments, by the kinds of the leaves.

    Parameters
    ----------
    kernel : Definition
        The kernel.
    layouts : tuple of Layout
        How its arguments arrive.
    ndim : int
        Dimensions of the space.
    unit_step : bool
        Whether the last index advances by one.
    """

    def __init__(self, kernel: Definition, layouts: tuple[Layout, ...], ndim: int, unit_step: bool) -> None:
        self.kernel, self.layouts, self.ndim, self.unit_step = kernel, layouts, ndim, unit_step
        self._loaded: dict[tuple[Hashable, ...], Loaded] = {}

    def of(self, leaves: Sequence[Any]) -> Loaded:
        """Return the driver for plain arrays and numbers like these."""
        kinds = tuple(map(slots.kind_of, leaves))
        found = self._loaded.get(kinds)
        if found is None:
            found = self._loaded[kinds] = Loaded(self._code(kinds, leaves))
        return found

    def _code(self, kinds: tuple[Hashable, ...], leaves: Sequence[Any]) -> Code:
        kernel = self.kernel
        layouts = ", ".join(map(describe, self.layouts))
        source = kernel.digest or kernel.program.fingerprint
        identity = source, kernel.fastmath, kernel.group, layouts, self.ndim, self.unit_step, kinds
        # Symbols carry the digest: in one process all of them share a name space. The loader takes ASCII alone.
        digest = blake2b(repr(identity).encode(), digest_size=10).hexdigest()
        symbol = f"jitkit_{kernel.func.__name__}_{digest}".encode("ascii", "ignore").decode()
        description = {"kernel": kernel.func.__name__, "backend": "cpu", "types": ", ".join(map(_text, leaves))}
        return kept(
            description, lambda: self.library(leaves, symbol).code(symbol), generator(), machine.identity(), identity,
            valid=functools.partial(_is_as_recognised, kernel),
        )  # fmt: skip

    def library(self, leaves: Sequence[Any], symbol: str = "jitkit_driver") -> Any:
        """Return the driver compiled, whatever the cache holds."""
        from jitkit.backends import cpu

        return cpu.compiled(self.kernel, self.layouts, self.ndim, self.unit_step, leaves, symbol)


def recognise(kernel: Definition) -> None:
    """Let a kernel know what launches must know of it, without reading its source where a process has read it before."""
    if "facts" not in vars(kernel) and kernel.digest is not None:
        description = {"kernel": kernel.func.__name__, "backend": "cpu", "kind": "facts"}
        vars(kernel)["facts"] = kept(
            description, lambda: kernel.program.facts, generator(), kernel.digest, kernel.group,
            valid=functools.partial(_is_as_recognised, kernel),
        )  # fmt: skip


def _is_as_recognised(kernel: Definition) -> bool:
    """Tell whether what the function sees was the same when it was recognised and when it was read."""
    return kernel.digest_read == kernel.digest


def _text(leaf: Any) -> str:
    dtype = getattr(leaf, "dtype", type(leaf).__name__)
    return f"{leaf.ndim}-D {dtype} array" if getattr(leaf, "ndim", 0) else str(dtype)
