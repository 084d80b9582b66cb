"""A kernel program: a user's function, rewritten into typed operations, with everything it reaches."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from jitkit.frontend.shared_memory import SharedSite
from jitkit.hashing import blake2b

LINE_BITS = 32


class Facts(NamedTuple):
    """What a launch must know of a program beside its code.

    Attributes
    ----------
    written : frozenset of str
        Parameters whose elements it assigns.
    indexed : frozenset of str
        Parameters that it takes for arrays, and gives no other value.
    dynamic : bool
        Whether the size of an array in shared memory depends on the arguments.
    debugs : bool
        Whether it calls what only the interpreter runs.
    """

    written: frozenset[str]
    indexed: frozenset[str]
    dynamic: bool
    debugs: bool


@dataclass(frozen=True)
class Operation:
    """A name in the rewritten code that stands for an operation of the language."""

    name: str


@dataclass(frozen=True)
class Constant:
    """A name in the rewritten code that stands for a number fixed when the program was built."""

    value: Any

    def describe(self) -> str:
        """Return a text that differs whenever the generated code would."""
        dtype = self.value.dtype.str if isinstance(self.value, np.generic) else type(self.value).__name__
        return f"{dtype}:{self.value!r}"


@dataclass(eq=False)
class Program:
    """A function of the user's, ready for a backend.

    Attributes
    ----------
    func : callable
        The user's own function.
    params : tuple of str
        Its parameters, the indices included.
    tree : ast.Module
        The rewritten definition, with the file's line numbers.
    names : dict
        What the rewritten code's global names stand for: an `Operation`, a `Constant`, a helper's `Program` or a tuple class.
    written : frozenset of str
        Parameters whose elements the function, or a helper, assigns.
    indexed : frozenset of str
        Parameters that the function itself indexes, and gives no other value.
    debug_calls : tuple of (str, int)
        Calls that only the interpreter runs (``print``, ``breakpoint``), with their lines.
    returns : int or None
        The line of the first ``return`` with a value.
    group : tuple of int or None
        The shape of the kernel's groups.
    absent : frozenset of str
        Parameters that are None in this program. Code takes them as an integer, and reads none of them.
    uses_group : tuple of (str, int) or None
        The first name in the function, or a helper, that has a meaning only in a group, with its line.
    barriers : bool
        Whether the function, or a helper, has a barrier.
    shared_sites : tuple of SharedSite
        The places in the function itself that make arrays in shared memory, in the order of the source.
    files : tuple of str
        Of a kernel, the files that barriers of the kernel and its helpers stand in; see `place`.
    """

    func: Callable
    filename: str
    lineno: int
    params: tuple[str, ...]
    tree: ast.Module
    names: dict[str, Any] = field(repr=False)
    written: frozenset[str] = frozenset()
    indexed: frozenset[str] = frozenset()
    debug_calls: tuple[tuple[str, int], ...] = ()
    returns: int | None = None
    group: tuple[int, ...] | None = None
    absent: frozenset[str] = frozenset()
    uses_group: tuple[str, int] | None = None
    barriers: bool = False
    shared_sites: tuple[SharedSite, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The function's name, fit for a symbol."""
        name = self.func.__code__.co_name
        return "lambda" if name == "<lambda>" else name

    @property
    def facts(self) -> Facts:
        """What a launch must know of it beside its code."""
        return Facts(
            self.written, self.indexed, any(site.dynamic for site in self.shared_sites), bool(self.debug_calls)
        )

    @property
    def helpers(self) -> list[Program]:
        """The programs of the functions that this one calls."""
        return [value for value in self.names.values() if isinstance(value, Program)]

    def reachable(self) -> list[Program]:
        """Return this program and all helpers behind it, each once."""
        found: list[Program] = []
        pending = [self]
        while pending:
            program = pending.pop()
            if program not in found:
                found.append(program)
                pending += program.helpers
        return found

    @cached_property
    def recursive(self) -> bool:
        """Whether this function or a helper calls itself, perhaps through others."""
        return any(
            item in found for item in self.reachable() for helper in item.helpers for found in [helper.reachable()]
        )

    @cached_property
    def fingerprint(self) -> str:
        """A digest of the source of this function and of every helper, and of the constants they close over."""
        programs = self.reachable()
        digest = blake2b(repr(self.group).encode(), digest_size=20)
        for program in programs:
            digest.update(program._text)
            for name, value in sorted(program.names.items()):
                digest.update(f"{name}={_describe(value, programs)};".encode())
        return digest.hexdigest()

    @cached_property
    def _text(self) -> bytes:
        return ast.dump(self.tree).encode()

    def reads(self, name: str) -> bool:
        """Tell whether the function itself may read a parameter."""
        return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(self.tree))

    def dynamic_shared_bytes(self, arguments: Mapping[str, Any]) -> int:
        """Return the shared memory whose size depends on the arguments of a launch, given by parameter name."""
        return sum(site.bytes(arguments) for site in self.shared_sites if site.dynamic)

    def place(self, code: int) -> tuple[str, int]:
        """Return the file and line behind the number that a barrier carries: file number and line in one."""
        return self.files[code >> LINE_BITS], code & ((1 << LINE_BITS) - 1)

    def build(self, namespace: dict[str, Any]) -> Callable:
        """Return the rewritten function, its global names taken from `namespace`."""
        scope = {"__builtins__": __builtins__, **namespace}
        exec(compile(self.tree, self.filename, "exec"), scope)
        return scope[self.name]


def _describe(value: Any, programs: list[Program]) -> str:
    if isinstance(value, Program):
        return f"helper {programs.index(value)}"
    if isinstance(value, type):
        return f"{value.__qualname__}{inspect.signature(value)}"
    return value.describe() if isinstance(value, Constant) else repr(value)
