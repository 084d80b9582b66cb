"""Rewriting a user's function so that every access and every operation that can go wrong is a call of the sanitizer."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from types import CodeType
from typing import Any

import numpy as np

from jitkit.backends.interpreted_groups import Cooperative, Yielding, stop_of
from jitkit.backends.interpreted_source import Reading, fresh, recompile
from jitkit.backends.sanitizer import functions, sites
from jitkit.frontend import operations, vocabulary
from jitkit.frontend.folding import fold

PREFIX = "jk·"
_BINARY = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.FloorDiv: "floordiv", ast.Mod: "mod",
    ast.Pow: "pow", ast.LShift: "lshift", ast.RShift: "rshift",
}  # fmt: skip
_PLAIN = frozenset("shape size ndim dtype real imag itemsize nbytes strides T".split())
Fact = Any


class Watched(Cooperative):
    """Functions rewritten for the sanitizer.

    Parameters
    ----------
    group : tuple of int
        The shape of a group.
    hooks : dict
        What the rewritten code calls, by name.
    shared : callable
        ``shared(site, name, shape, dtype)``.
    """

    def __init__(self, group: tuple[int, ...], hooks: dict[str, Callable[..., Any]]) -> None:
        super().__init__(group)
        self._hooks = {PREFIX + name: hook for name, hook in hooks.items()}

    def rewritten(self, reading: Reading) -> CodeType:
        """Return the instrumented code."""
        return _instrumented(
            reading.func.__code__, tuple(_fact(reading, node) for node in ast.walk(reading.definition))
        )

    def extra(self) -> dict[str, Any]:
        """Return the names of the sanitizer's functions."""
        return {**super().extra(), **self._hooks}


def _fact(reading: Reading, node: ast.AST) -> Fact:
    """Return what depends on the names around a function, and so may differ between functions of the same code."""
    if isinstance(node, ast.Call):
        callee = reading.outside(node.func)
        callee = getattr(callee, "py_func", callee)
        return stop_of(callee) or vocabulary.lookup(callee) or operations.lookup(callee) or ""
    if isinstance(node, (ast.BinOp, ast.UnaryOp)):
        return fold(node, reading.outside) is not None
    if isinstance(node, ast.Subscript):
        items = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return tuple(_negative(reading, item) for item in items)
    return reading.scope.static(node) if isinstance(node, ast.Attribute) else None


def _negative(reading: Reading, node: ast.expr) -> int | None:
    """Return the value of an index that is written as a negative number."""
    value = reading.outside(node)
    value = int(value) if isinstance(value, np.integer) else fold(node, reading.outside)
    return value if isinstance(value, int) and value < 0 else None


@functools.lru_cache(maxsize=256)
def _instrumented(code: CodeType, facts: tuple[Fact, ...]) -> CodeType:
    definition = fresh(code)
    known = dict(zip(ast.walk(definition), facts, strict=True))
    definition.body = [
        statement
        for item in definition.body
        for statement in _several(Instrumenter(code.co_filename, known).visit(item))
    ]
    return recompile(code, definition)


def _several(result: Any) -> list[Any]:
    return result if isinstance(result, list) else [result]


class Instrumenter(Yielding):
    """Replaces accesses and operations by calls.

    Parameters
    ----------
    filename : str
        The user's file.
    facts : dict
        For each node the answer of `_fact`.
    """

    _temporaries = 0

    def __init__(self, filename: str, facts: dict[ast.AST, Fact]) -> None:
        super().__init__({})
        self._filename, self._facts = filename, facts
        self._name_of: dict[ast.AST, str] = {}

    # ---- making nodes

    def _call(self, name: str, *args: Any, at: ast.expr | ast.stmt, site: int | None = None) -> ast.Call:
        number = sites.register(self._filename, at) if site is None else site
        func = ast.Name(PREFIX + name, ast.Load())
        return _placed(ast.Call(func, [*args, ast.Constant(number)], []), at)

    def _temporary(self) -> tuple[ast.Name, ast.Name]:
        Instrumenter._temporaries += 1
        name = f"{PREFIX}{Instrumenter._temporaries}"
        return ast.Name(name, ast.Store()), ast.Name(name, ast.Load())

    def _index(self, node: ast.Subscript) -> ast.expr:
        facts = self._facts.get(node, (None,))
        if isinstance(node.slice, ast.Tuple):
            items = [self._index_item(item, fact) for item, fact in zip(node.slice.elts, facts, strict=True)]
            return _placed(ast.Tuple(items, ast.Load()), node.slice)
        return self._index_item(node.slice, facts[0])

    def _index_item(self, node: ast.expr, negative: int | None) -> ast.expr:
        if negative is None:
            return self.visit(node)
        func = ast.Name(f"{PREFIX}end", ast.Load())
        return _placed(ast.Call(func, [ast.Constant(negative)], []), node)

    # ---- reading

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """Return the call that reads an element."""
        if isinstance(node.value, ast.Attribute) and node.value.attr == "shape":
            return _placed(ast.Subscript(self.visit(node.value), self.visit(node.slice), ast.Load()), node)
        if _is_field(node.slice):
            return self._call("field", self.visit(node.value), node.slice, at=node)
        return self._call("load", self.visit(node.value), self._index(node), at=node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Return the call that reads a field, for what may be a record."""
        if self._facts.get(node) or node.attr in _PLAIN:
            return self.generic_visit(node)  # type: ignore[return-value]
        return self._call("field", self.visit(node.value), ast.Constant(node.attr), at=node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """Return the call of a watched operator; constants are left alone, and so are bitwise operators."""
        if self._facts.get(node) or type(node.op) not in _BINARY:
            return node if self._facts.get(node) else self.generic_visit(node)  # type: ignore[return-value]
        return self._call(_BINARY[type(node.op)], self.visit(node.left), self.visit(node.right), at=node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        """Return the call of a watched negation."""
        if self._facts.get(node) or not isinstance(node.op, ast.USub):
            return self.generic_visit(node)  # type: ignore[return-value]
        return self._call("neg", self.visit(node.operand), at=node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Return a call of the sanitizer for what it watches, a `yield` for what waits."""
        fact = self._facts.get(node, "")
        if fact in ("shared", "local", "shared_of"):
            return self._memory(node, fact)
        if fact.startswith("atomic."):
            return self._with_site(node, "atomic", ast.Constant(fact.partition(".")[2]))
        if functions.watched(fact):
            func = self.visit(node.func) if not isinstance(node.func, ast.Name) else node.func
            return self._watched(node, func, fact)
        self._stops = {node: fact if fact in ("barrier", "helper", "group_reduce", "group_scan", "broadcast") else ""}
        return super().visit_Call(node)

    def _watched(self, node: ast.Call, func: ast.expr, operation: str) -> ast.expr:
        number = ast.Constant(sites.register(self._filename, node))
        args = [func, ast.Constant(operation), number, *map(self.visit, node.args)]
        return _placed(ast.Call(ast.Name(f"{PREFIX}call", ast.Load()), args, []), node)

    def _with_site(self, node: ast.Call, hook: str, first: ast.expr) -> ast.expr:
        number = ast.Constant(sites.register(self._filename, node))
        keywords = [ast.keyword(item.arg, self.visit(item.value)) for item in node.keywords]
        args = [first, number, *map(self.visit, node.args)]
        return _placed(ast.Call(ast.Name(PREFIX + hook, ast.Load()), args, keywords), node)

    def _memory(self, node: ast.Call, kind: str) -> ast.expr:
        number = sites.register(self._filename, node)
        name = ast.Constant(self._name_of.get(node, f"jk.{kind}"))
        keywords = [ast.keyword(item.arg, self.visit(item.value)) for item in node.keywords]
        args = [ast.Constant(number), name, *map(self.visit, node.args)]
        return _placed(ast.Call(ast.Name(PREFIX + kind, ast.Load()), args, keywords), node)

    # ---- writing

    def visit_Assign(self, node: ast.Assign) -> list[ast.stmt]:
        """Return the stores of an assignment, in Python's order."""
        if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            self._name_of[node.value] = node.targets[0].id
        value = self.visit(node.value)
        if len(node.targets) == 1:
            return self._assign(node.targets[0], value, node)
        store, load = self._temporary()
        result: list[ast.stmt] = [_placed(ast.Assign([store], value), node)]
        for target in node.targets:
            result += self._assign(target, load, node)
        return result

    def visit_AnnAssign(self, node: ast.AnnAssign) -> list[ast.stmt]:
        """Return the stores of an assignment with a type."""
        if node.value is None:
            return [_placed(ast.Pass(), node)]
        return self.visit_Assign(_placed(ast.Assign([node.target], node.value), node))

    def _assign(self, target: ast.expr, value: ast.expr, at: ast.stmt) -> list[ast.stmt]:
        if isinstance(target, ast.Name):
            return [_placed(ast.Assign([target], value), at)]
        if isinstance(target, (ast.Tuple, ast.List)):
            return self._unpack(target, value, at)
        return [_placed(ast.Expr(self._store(target, value)), at)]

    def _unpack(self, target: ast.Tuple | ast.List, value: ast.expr, at: ast.stmt) -> list[ast.stmt]:
        if not isinstance(value, ast.Tuple):
            value = self._call("items", value, at=target)
        if all(isinstance(item, ast.Name) for item in target.elts):
            return [_placed(ast.Assign([target], value), at)]
        pairs = [self._temporary() for _ in target.elts]
        result: list[ast.stmt] = [
            _placed(ast.Assign([ast.Tuple([store for store, _ in pairs], ast.Store())], value), at)
        ]
        for item, (_, load) in zip(target.elts, pairs, strict=True):
            result += self._assign(item, load, at)
        return result

    def _store(self, target: Any, value: ast.expr) -> ast.expr:
        owner = self.visit(target.value)
        if isinstance(target, ast.Attribute):
            return self._call("store_field", value, owner, ast.Constant(target.attr), at=target)
        if _is_field(target.slice):
            return self._call("store_field", value, owner, target.slice, at=target)
        return self._call("store", value, owner, self._index(target), at=target)

    def visit_AugAssign(self, node: ast.AugAssign) -> list[ast.stmt]:
        """Return the read, the operation and the store; what says which element is evaluated once."""
        if isinstance(node.target, ast.Name):
            read = _placed(ast.Name(node.target.id, ast.Load()), node.target)
            return [_placed(ast.Assign([node.target], self._combined(node, read)), node)]
        owner_store, owner = self._temporary()
        target: Any = node.target
        before: list[ast.stmt] = [ast.Assign([owner_store], self.visit(target.value))]
        if isinstance(target, ast.Attribute) or _is_field(target.slice):
            key, load, store = target, "field", "store_field"
            key = ast.Constant(target.attr) if isinstance(target, ast.Attribute) else target.slice
        else:
            key_store, key = self._temporary()
            before.append(ast.Assign([key_store], self._index(target)))
            load, store = "load", "store"
        read = self._call(load, owner, key, at=target)
        written = self._call(store, self._combined(node, read), owner, key, at=target)
        return [_placed(statement, node) for statement in (*before, ast.Expr(written))]

    def _combined(self, node: ast.AugAssign, read: ast.expr) -> ast.expr:
        value = self.visit(node.value)
        if type(node.op) not in _BINARY:
            return _placed(ast.BinOp(read, node.op, value), node)
        return self._call(_BINARY[type(node.op)], read, value, at=node)

    def visit_For(self, node: ast.For) -> ast.stmt:
        """Return a loop that reads the elements of an array under watch."""
        if self._facts.get(node.iter, "") != "" or not _calls_range(node.iter):
            node.iter = self._call("items", self.visit(node.iter), at=node.iter)
        else:
            node.iter = self.visit(node.iter)
        body = [statement for item in node.body for statement in _several(self.visit(item))]
        if not isinstance(node.target, ast.Name):
            store, load = self._temporary()
            body = self._assign(node.target, load, _placed(ast.Pass(), node.target)) + body
            node.target = _placed(store, node.target)
        node.body = body
        node.orelse = [statement for item in node.orelse for statement in _several(self.visit(item))]
        return node


def _placed(node: Any, place: ast.AST) -> Any:
    return ast.fix_missing_locations(ast.copy_location(node, place))


def _is_field(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _calls_range(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range"
