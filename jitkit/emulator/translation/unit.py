"""The LLVM module under construction: definitions, declarations and helper functions, each once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .. import records
from ..globals import Layout
from ..syntax import Module


@dataclass(frozen=True)
class Options:
    """What is checked besides.

    Parameters
    ----------
    bounds : bool, optional
        Every access calls ``@emulator.check`` before it is made.
    races : bool, optional
        Every access of shared or generic memory calls ``@emulator.race``.
    agreed : tuple of str, optional
        Shared variables into which all threads write the same; what names them does not call it.
    """

    bounds: bool = False
    races: bool = False
    agreed: tuple[str, ...] = ()


@dataclass
class Unit:
    """The text of an LLVM module, part by part.

    `shared` holds the offset of each shared variable, `inlined` the functions that cannot be called (they suspend);
    `flushing` tells that the processor flushes subnormals.
    """

    module: Module
    options: Options
    globals: Layout
    shared: dict[str, int]
    inlined: frozenset[str]
    flushing: bool = False
    declared: dict[str, str] = field(default_factory=dict)
    helpers: dict[str, str] = field(default_factory=dict)
    functions: list[str] = field(default_factory=list)
    fail_used: bool = False

    def declare(self, text: str) -> None:
        """Add a declaration, ``declare float @llvm.sqrt.f32(float)``, unless it is there."""
        self.declared[text] = text

    def helper(self, name: str, text: Callable[[], str]) -> str:
        """Add a helper function unless it is there; return its name."""
        if name not in self.helpers:
            self.helpers[name] = ""
            self.helpers[name] = text()
        return name

    @property
    def llvm(self) -> str:
        """Return the text of the module."""
        structs = [r.llvm for r in (records.THREAD, records.BLOCK, records.ERROR)]
        checks = [records.FAIL]
        checks += [records.CHECK, records.LOST] if self.options.bounds else []
        checks += [records.RACE] if self.options.races else []
        parts = [*structs, *self.declared.values(), *checks, *self.helpers.values(), *self.functions]
        return "\n".join([*parts, ""])
