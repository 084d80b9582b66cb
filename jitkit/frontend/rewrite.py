"""Rewriting a user's function into calls of typed operations.

Plain Numba types ``0.5 * x[i]`` on a float32 array as float64; interpreted NumPy does not. So every operator, literal,
index and call becomes a call of an operation whose types follow NumPy (see `promotion`). Line and column numbers stay,
so errors and debuggers show the user's own lines. What kernels cannot do is refused here, by name and line.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from jitkit.errors import KernelSyntaxError
from jitkit.frontend import source
from jitkit.frontend.assignments import Assignments
from jitkit.frontend.group_calls import GroupCalls
from jitkit.frontend.loops import Loops
from jitkit.frontend.nodes import indexed_names, without_docstring
from jitkit.frontend.program import Program
from jitkit.frontend.statements import Statements


def build(func: Callable, group: tuple[int, ...] | None = None, absent: frozenset[str] = frozenset()) -> Program:
    """Return the program of a user's function.

    Parameters
    ----------
    func : callable
        The function.
    group : tuple of int, optional
        The shape of the groups that its work-items run in; by default they run alone.
    absent : frozenset of str, optional
        Its parameters that are None.

    Raises
    ------
    KernelSyntaxError
        Where the body uses something that kernels cannot: the message names it, its line, and what works instead.
    """
    code = func.__code__
    if code.co_name == "<lambda>":
        raise KernelSyntaxError(f"{code.co_filename}:{code.co_firstlineno}: a lambda is no kernel: write it with `def`")
    building = _Build(group)
    program = building.program(func, absent)
    program.files = (*building.files,)
    return program


class _Build:
    """The programs of one kernel and its helpers."""

    def __init__(self, group: tuple[int, ...] | None) -> None:
        self.group = group
        self.files: list[str] = []
        # Functions made by one `def` in a loop share code but not closures, so the function itself is the key.
        self._programs: dict[tuple[Callable, frozenset[str]], Program] = {}

    @property
    def kernel(self) -> Program:
        """The program of the kernel itself: the first."""
        return next(iter(self._programs.values()))

    def program(self, func: Callable, absent: frozenset[str] = frozenset()) -> Program:
        """Return the program of a function, some of whose parameters may be None; without a body while it is being made."""
        key = func, absent
        if key not in self._programs:
            definition, filename = source.read(func)
            if not self.files:
                self.files.append(filename)
            program = Program(
                func, filename, definition.lineno, (), ast.Module([], []), {}, group=self.group, absent=absent
            )
            self._programs[key] = program
            _Function(program, definition, self).run()
        return self._programs[key]


class _Function(Statements, Loops, Assignments, GroupCalls):
    """The rewriting of one function, with every kind of node."""

    def run(self) -> None:
        """Fill the program."""
        program, definition = self.program, self.definition
        body = self.block(without_docstring(definition.body))
        new = ast.FunctionDef(
            name=definition.name,
            args=ast.arguments([], list(map(self.argument, program.params)), None, [], [], None, []),
            body=[*self.prologue, *body] or [ast.Pass()],
            decorator_list=[],
            returns=None,
        )
        if "type_params" in ast.FunctionDef._fields:  # Python 3.12
            new.type_params = []
        ast.copy_location(new, definition)
        program.tree = ast.fix_missing_locations(ast.Module([new], []))
        program.written = frozenset(self.written)
        program.indexed = frozenset(program.params) & indexed_names(definition)
        program.debug_calls = tuple(self.debug_calls)
        program.shared_sites = tuple(self.shared_sites)
