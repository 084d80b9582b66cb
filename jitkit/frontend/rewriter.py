"""What every part of the rewriting needs: names of the rewritten code, operations, constants, outer objects, refusals."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, Protocol

import numpy as np

from jitkit.errors import KernelSyntaxError, at_source
from jitkit.frontend import vocabulary
from jitkit.frontend.aliases import Aliases
from jitkit.frontend.folding import decide, fold
from jitkit.frontend.names import Scope, UnboundNameError, local_names
from jitkit.frontend.nodes import at, is_comparison, is_stored
from jitkit.frontend.program import Constant, Operation, Program
from jitkit.frontend.unsupported import remedy

PREFIX = "jk·"  # cannot clash with a user's name typed on a keyboard
_LARGEST_OFFSET = 4096


class Builder(Protocol):
    """What makes the programs of a kernel and its helpers, each once."""

    group: tuple[int, ...] | None
    files: list[str]
    """The files that barriers stand in, the kernel's own first."""
    kernel: Program
    """The program of the kernel itself."""

    def program(self, func: Callable, absent: frozenset[str] = frozenset()) -> Program:
        """Return the program of a function, some of whose parameters may be None; without a body while it is being made."""


class Rewriter(ast.NodeTransformer):
    """The rewriting of one function, without the kinds of nodes: those are in the classes derived from this.

    Parameters
    ----------
    program : Program
        What is being made; its `names` and `returns` are filled as nodes are met.
    definition : ast.FunctionDef
        The user's function.
    builder : Builder
        Makes the programs of helpers.
    """

    def __init__(self, program: Program, definition: ast.FunctionDef, builder: Builder) -> None:
        self.program, self.definition, self.builder = program, definition, builder
        self.scope = Scope(program.func, local_names(definition))
        self.written: set[str] = set()
        self.debug_calls: list[tuple[str, int]] = []
        self.temporaries = 0
        self.absent = program.absent
        """Names that are None where the rewriting stands."""
        self._depth = 0
        program.params = self._parameters(definition.args)
        self.aliases = Aliases(program.params, definition, lambda call: self.vocabulary(call) is not None)

    def _parameters(self, args: ast.arguments) -> tuple[str, ...]:
        for extra, what in ((args.vararg, "*args"), (args.kwarg, "**kwargs")):
            if extra is not None:
                self.fail(extra, f"a parameter {what}", "name each parameter; pass several arrays as a tuple")
        return tuple(arg.arg for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs))

    # ---- refusals

    def fail(self, node: ast.AST, what: str, instead: str) -> NoReturn:
        """Refuse a node: name it, its line, and what works instead."""
        self.refuse(node, f"{what} cannot be used in a kernel: {instead}")

    def refuse(self, node: ast.AST, message: str) -> NoReturn:
        """Refuse a node with a message of one's own."""
        message = f"{self.program.name}: {message}"
        raise KernelSyntaxError(at_source(message, self.program.filename, node.lineno, node.col_offset)) from None

    def generic_visit(self, node: ast.AST) -> NoReturn:
        """Refuse a kind of node that no class handles."""
        self.fail(node, *remedy(node))

    # ---- making nodes

    def block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        """Return statements rewritten."""
        result: list[ast.stmt] = []
        self._depth += 1
        for statement in self._taken(statements):
            new = self.visit(statement)
            for item in new if isinstance(new, list) else [new]:
                result.append(ast.copy_location(item, statement))
            self._fill(statement)
            if isinstance(statement, ast.Return):  # what follows one that was chosen may read what is None
                break
        self._depth -= 1
        return result or [at(ast.Pass(), statement) for statement in statements[:1]]

    def _taken(self, statements: list[ast.stmt]) -> Iterator[ast.stmt]:
        """Yield statements; in the place of a branch on a constant those that are run."""
        for statement in statements:
            holds = self.decide(statement.test) if isinstance(statement, ast.If) else None
            if holds is None:
                yield statement
            else:
                yield from self._taken(statement.body if holds else statement.orelse)

    def _fill(self, statement: ast.stmt) -> None:
        """Take note that names which were None have values behind a statement: `if w is None: w = 1.0`."""
        stored = {node.id: node for node in ast.walk(statement) if is_stored(node)}
        filled = self.absent & stored.keys()
        if filled and (self._depth > 1 or not isinstance(statement, (ast.Assign, ast.AnnAssign))):
            name = min(filled)
            self.fail(
                stored[name], f"giving {name}, which is None here, a value in a loop or a branch",
                "do so before it, or use another name",
            )  # fmt: skip
        self.absent -= filled

    def argument(self, name: str) -> ast.arg:
        """Return a parameter of the rewritten function. What is None has no name of the user's there: it may get a value."""
        return ast.arg(f"{PREFIX}none·{name}" if name in self.program.absent else name)

    def name(self, stem: str, meaning: Any) -> ast.Name:
        """Return a global name of the rewritten code that stands for `meaning`."""
        known = self.program.names
        key = PREFIX + stem
        while key in known and not _same(known[key], meaning):
            key += "_"
        known[key] = meaning
        return ast.Name(key, ast.Load())

    def op(self, name: str, *args: ast.expr, at: ast.AST) -> ast.Call:
        """Return the call of an operation, at the place of one of the user's nodes."""
        func = self.name(name.replace(".", "·"), Operation(name))
        return _at(ast.Call(func, list(args), []), at)

    def constant(self, value: Any, at: ast.AST) -> ast.expr:
        """Return the expression of a number, or a tuple of numbers, that is known now."""
        if isinstance(value, tuple):
            return _at(ast.Tuple([self.constant(item, at) for item in value], ast.Load()), at)
        if isinstance(value, (bool, np.bool_)):
            return _at(ast.Constant(bool(value)), at)
        if isinstance(value, int) and not isinstance(value, np.generic):
            value = int(value)  # an IntEnum member, say
            if not -(2**63) <= value < 2**64:
                value = self._huge(value, at)
        stem = f"c{len([v for v in self.program.names.values() if isinstance(v, Constant)])}"
        for key, known in self.program.names.items():
            if _same(known, Constant(value)):
                stem = key.removeprefix(PREFIX)
        return _at(self.name(stem, Constant(value)), at)

    def _huge(self, value: int, at: ast.AST) -> float:
        """Return an integer that no integer type holds as the float that it is beside floats: x / 2**64."""
        try:
            return float(value)
        except OverflowError:
            self.fail(at, f"an integer of {value.bit_length()} bits", "numbers go up to 1.8e308")

    def temporary(self) -> str:
        """Return a new local name."""
        self.temporaries += 1
        name = f"{PREFIX}t{self.temporaries}"
        self.scope.local |= {name}
        return name

    def truth(self, node: ast.expr) -> ast.expr:
        """Return a condition: comparisons are boolean already, a number is compared with zero."""
        if isinstance(node, ast.BoolOp):
            return self._joint_truth(node)
        new = self.visit(node)
        return new if is_comparison(node) else self.op("truth", new, at=node)

    def _joint_truth(self, node: ast.BoolOp) -> ast.expr:
        """Return an ``and`` or ``or`` of what is not known now, up to what settles it."""
        settles, parts = isinstance(node.op, ast.Or), []
        for value in node.values:
            holds = self.decide(value)
            if holds is None:
                parts.append(self.truth(value))
            elif holds == settles:
                parts.append(self.constant(holds, value))
                break
        if not parts:
            return self.constant(not settles, node)
        return parts[0] if len(parts) == 1 else at(ast.BoolOp(node.op, parts), node)

    # ---- objects outside the function

    def vocabulary(self, node: ast.Call) -> str | None:
        """Return the name of the language that a call uses (``barrier``, ``atomic.add``), or None."""
        return vocabulary.lookup(self.outside(node.func))

    def resolve(self, node: ast.expr) -> Any:
        """Return the object that a static expression refers to; refuse one that refers to nothing."""
        try:
            return self.scope.resolve(node)
        except UnboundNameError as error:
            name = ast.unparse(node)
            text = f"name {name!r} is not defined" if isinstance(node, ast.Name) else str(error)
            self.refuse(node, f"{text}; a kernel sees its parameters, and constants and functions around it")

    def outside(self, node: ast.expr) -> Any:
        """Return the object that an expression refers to outside the function, or None."""
        try:
            return self.scope.resolve(node) if self.scope.static(node) else None
        except UnboundNameError:
            return None

    def known(self, node: ast.expr) -> Any:
        """Return the object that an expression is known to be when the kernel is read, or None."""
        if isinstance(node, ast.Call) and self.vocabulary(node) == "group_size":
            group = self.builder.group
            return group[0] if group is not None and len(group) == 1 else group
        if isinstance(node, ast.Subscript):
            owner, position = self.known(node.value), self.fold(node.slice)
            known = isinstance(owner, tuple) and isinstance(position, int) and -len(owner) <= position < len(owner)
            return owner[position] if known else None
        return self.outside(node)

    def fold(self, node: ast.expr) -> int | float | complex | None:
        """Return the value of an expression of Python numbers that are known now, or None."""
        return fold(node, self.known)

    def decide(self, node: ast.expr) -> bool | None:
        """Return whether a condition holds that is known now, or None."""
        return decide(node, self.known, self._stands_for)

    def is_none(self, node: ast.expr) -> bool:
        """Tell whether an expression is known to be None."""
        if isinstance(node, ast.IfExp) and (holds := self.decide(node.test)) is not None:
            return self.is_none(node.body if holds else node.orelse)
        found = (node.value,) if isinstance(node, ast.Constant) else self._stands_for(node)
        return bool(found) and found[0] is None

    def _stands_for(self, node: ast.expr) -> tuple[Any, ...]:
        """Return what a name stands for, None too, alone in a tuple; an empty one where that is not known.

        A parameter that is not None stands for something that is nothing else.
        """
        if isinstance(node, ast.Name) and node.id in self.program.params:
            return (None if node.id in self.absent else Ellipsis,)
        try:
            return (self.scope.resolve(node),) if self.scope.static(node) else ()
        except UnboundNameError:
            return ()

    def fixed_integer(self, node: ast.expr) -> int | None:
        """Return the value of an integer that is known when the kernel is read, or None."""
        value = self.known(node) if isinstance(self.known(node), np.integer) else self.fold(node)
        return int(value) if isinstance(value, (int, np.integer)) and -(2**63) <= value < 2**63 else None

    def literal_offset(self, node: ast.expr) -> ast.expr | None:
        """Return a small integer literal as it is: an index plus or minus one keeps its width on a GPU."""
        value = self.fixed_integer(node)
        return None if value is None or abs(value) > _LARGEST_OFFSET else at(ast.Constant(value), node)


_at = at  # for methods with a parameter `at`


def is_constant(value: Any) -> bool:
    """Tell whether an object is a number, or a tuple of numbers, that generated code can hold."""
    if isinstance(value, tuple):
        return all(map(is_constant, value))
    return isinstance(value, (bool, int, float, complex, np.number, np.bool_)) and not isinstance(value, np.longdouble)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, Constant) and isinstance(b, Constant):
        return a.describe() == b.describe()  # 1 == 1.0 == True and 0.0 == -0.0, so equality of values does not do
    return type(a) is type(b) and (a is b or (dataclasses.is_dataclass(a) and isinstance(a, Operation) and a == b))
