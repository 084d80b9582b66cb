"""Rewriting calls of `group_reduce`, `group_scan` and `broadcast` into calls of helpers made for them."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any

from jitkit.errors import KernelError
from jitkit.frontend import collectives, source
from jitkit.frontend.memory_calls import MemoryCalls
from jitkit.frontend.nodes import at
from jitkit.frontend.program import LINE_BITS


class CollectiveCalls(MemoryCalls):
    """Calls in which every work-item of a group takes part with a value."""

    def group_reduce(self, node: ast.Call, op: ast.expr, value: ast.expr) -> ast.expr:
        """Return the call of a reduction."""
        return self._collective(node, collectives.reduction(self._operator(op), self._group), value)

    def group_scan(self, node: ast.Call, op: ast.expr, value: ast.expr) -> ast.expr:
        """Return the call of a scan."""
        return self._collective(node, collectives.scan(self._operator(op), self._group), value)

    def broadcast(self, node: ast.Call, value: ast.expr, index: ast.expr | None = None) -> ast.expr:
        """Return the call that hands one work-item's value to all."""
        position, size = ast.Constant(0) if index is None else index, math.prod(self._group)
        fixed = self.fixed_integer(position)
        if fixed is not None and not 0 <= fixed < size:
            self.refuse(node, f"jk.broadcast from work-item {fixed}: the group has those from 0 to {size - 1}")
        return self._collective(node, collectives.broadcasting(self._group), value, at(position, node))

    @property
    def _group(self) -> tuple[int, ...]:
        assert self.builder.group is not None
        return self.builder.group

    def _collective(self, node: ast.Call, func: Callable, *args: ast.expr) -> ast.expr:
        helper = self.builder.program(func)
        self.program.barriers = True
        line = self.constant(self.place_code(node), node)
        return at(ast.Call(self.name(func.__name__, helper), [*map(self.visit, args), line], []), node)

    def place_code(self, node: ast.AST) -> int:
        """Return the number that stands for a node's file and line; see `Program.place`."""
        files = self.builder.files
        if self.program.filename not in files:
            files.append(self.program.filename)
        return files.index(self.program.filename) << LINE_BITS | node.lineno

    # ---- operators

    def _operator(self, node: ast.expr) -> Callable[[Any, Any], Any]:
        if isinstance(node, ast.Lambda):
            return self._lambda(node)
        given: Any = node.value if isinstance(node, ast.Constant) else self.outside(node)
        if given is None:
            self.resolve(node) if self.scope.static(node) else self.fail(
                node, f"the operator {ast.unparse(node)}", "name one from outside the kernel: a function, np.add, 'add'"
            )
        try:
            return collectives.operator_of(given)
        except KernelError as error:
            self.refuse(node, str(error))

    def _lambda(self, node: ast.Lambda) -> FunctionType:
        """Return the function that a lambda in the body would be."""
        func = self.program.func
        codes = [
            code for code in func.__code__.co_consts if isinstance(code, CodeType) and source.is_code_of(code, node)
        ]
        if len(codes) != 1:
            self.fail(node, "a lambda that is not alone on its line", "write it with `def` outside the kernel")
        cells = dict(zip(func.__code__.co_freevars, func.__closure__ or (), strict=True))
        for name in codes[0].co_freevars:
            if name not in cells:
                self.fail(
                    node, f"the kernel's own {name!r} in a lambda", "an operator sees its two operands and constants"
                )
        closure = tuple(cells[name] for name in codes[0].co_freevars)
        return FunctionType(codes[0], func.__globals__, "<lambda>", None, closure)
