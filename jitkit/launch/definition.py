"""What a kernel is, and what one launch of it is, apart from how either is run: all that a backend needs to know."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from jitkit.errors import KernelSyntaxError, at_source
from jitkit.frontend import recognition, rewrite
from jitkit.frontend.program import Facts, Program
from jitkit.launch.space import Space

Entry = Callable[..., Any]


class Definition:
    """A kernel's function and options.

    Attributes
    ----------
    func : callable
        The user's own function, so that one point can be called in a test.
    name : str
        The kernel's name in messages, tables and profiles.
    fastmath : bool
        Whether the compiler may reassociate floating-point arithmetic.
    group : tuple of int or None
        The shape of the groups that its work-items run in, or None where they run alone.
    absent : frozenset of str
        The parameters that are None.
    entered : dict, optional
        What `entries` gives, of a definition that shares it.
    digest_read : str or None
        The digest when the program was made.
    """

    def __init__(
        self,
        func: Callable,
        fastmath: bool,
        name: str,
        group: tuple[int, ...] | None = None,
        absent: frozenset[str] = frozenset(),
        entered: dict[Any, tuple[list[Entry], list[Entry], list[Entry]]] | None = None,
    ) -> None:
        self.func, self.name, self.fastmath, self.group, self.absent = func, name, fastmath, group, absent
        self._kept: dict[Any, Any] = {}
        self._entered = {} if entered is None else entered
        self.digest_read: str | None = None

    @functools.cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of the function's parameters, the indices first."""
        code = self.func.__code__
        if code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
            return self.program.params  # which refuses them
        return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]

    @functools.cached_property
    def defaults(self) -> dict[str, Any]:
        """The defaults of those parameters that have one."""
        positional, by_keyword = self.func.__defaults__ or (), self.func.__kwdefaults__ or {}
        names = self.parameters[: self.func.__code__.co_argcount]
        return dict(zip(names[len(names) - len(positional) :], positional, strict=True)) | by_keyword

    @functools.cached_property
    def digest(self) -> str | None:
        """A text that says which program the function makes, or None where only reading its source does."""
        return self._recognised()

    def _recognised(self) -> str | None:
        found = recognition.digest(self.func)
        return f"{found} without {', '.join(sorted(self.absent))}" if found and self.absent else found

    @functools.cached_property
    def facts(self) -> Facts:
        """What a launch must know of the program beside its code."""
        return self.program.facts

    @functools.cached_property
    def program(self) -> Program:
        """The kernel's program: its source rewritten into typed operations, once for all backends.

        Raises
        ------
        KernelSyntaxError
            Where the body uses something that kernels cannot.
        """
        program = rewrite.build(self.func, self.group, self.absent)
        self.digest_read = self._recognised()  # of what it sees now, which may have changed
        if program.returns is not None:
            message = f"{self.name}: a kernel returns no value: write results to an array argument"
            raise KernelSyntaxError(at_source(message, program.filename, program.returns))
        return program

    def without(self, absent: frozenset[str]) -> Definition:
        """Return what this is where some more of the parameters are None; it is kept."""

        def make() -> Definition:  # entries know their arguments, and None among them: all share them
            return Definition(self.func, self.fastmath, self.name, self.group, absent, self._entered)

        found: Definition = self.kept(("without", absent), make)
        return found

    def entries(self, ndim: int, unit_step: bool = True) -> tuple[list[Entry], list[Entry], list[Entry]]:
        """Return what takes launches over spaces of some dimensions straight to code compiled for the CPU.

        Returns
        -------
        tuple of three lists
            What takes the numbers of a space and the arguments, on all threads, and in the calling thread alone; and what takes
            the arguments only, of a kernel that does the same for each element of arrays whose shape is that of the last.
            Each returns NotImplemented for arguments of other types than those that the code is for.
        """
        return self._entered.setdefault((ndim, unit_step), ([], [], []))

    def kept(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return what is kept under a key (compiled code, say), making it the first time."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]


class Call:
    """A kernel and the space it runs over.

    Attributes
    ----------
    kernel : Definition
        The kernel.
    space : Space
        The space.
    alone : bool
        Whether the calling thread does all of it on the CPU, and wakes no other.
    """

    __slots__ = ("alone", "kernel", "space")

    def __init__(self, kernel: Definition, space: Space, alone: bool = False) -> None:
        self.kernel, self.space, self.alone = kernel, space, alone

    @property
    def ndim(self) -> int:
        """The number of dimensions of the space."""
        return len(self.space.counts)

    @property
    def unit_step(self) -> bool:
        """Whether the last index advances by one."""
        return self.space.steps[-1] == 1

    @property
    def argument_names(self) -> tuple[str, ...]:
        """The names of the parameters behind the indices."""
        return self.kernel.parameters[self.ndim :]
