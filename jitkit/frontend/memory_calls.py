"""Rewriting ``jk.shared`` and ``jk.local``: which parts of a shape are constant, known at the launch, or neither."""

from __future__ import annotations

import ast
import contextlib
import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from jitkit.frontend import operations, vocabulary
from jitkit.frontend.calls import Calls
from jitkit.frontend.launch_time import LocalConstants, host_expression
from jitkit.frontend.nodes import at, moved
from jitkit.frontend.program import Program
from jitkit.frontend.rewriter import Builder
from jitkit.frontend.shared_memory import HostExpression, SharedSite

_PYTHON_TYPES = (bool, int, float, complex)


@dataclass(frozen=True)
class _Elements:
    """The dtype of a new array: written out, or that of `like`, an expression of the user's."""

    dtype: np.dtype | None
    like: ast.expr | None

    @property
    def operation(self) -> str:
        return "like" if self.dtype is None else self.dtype.name


class MemoryCalls(Calls):
    """Arrays that belong to a group or to one work-item."""

    def __init__(self, program: Program, definition: ast.FunctionDef, builder: Builder) -> None:
        super().__init__(program, definition, builder)
        self.local_constants = LocalConstants(program.params, definition)
        self.shared_sites: list[SharedSite] = []
        self.prologue: list[ast.stmt] = []
        self._last_dynamic: str | None = None

    def local(self, node: ast.Call, shape: ast.expr, dtype: ast.expr) -> ast.expr:
        """Return the call that makes a private array."""
        extents = self._shape(node, shape)
        unknown = [ast.unparse(extent) for extent in extents if not isinstance(extent, int)]
        if unknown:
            self.fail(
                node, f"the shape of jk.local, {', '.join(unknown)},",
                "private memory has a constant size: use literals, constants from outside the kernel or jk.group_size()",
            )  # fmt: skip
        elements = self._elements(node, dtype)
        return self.op(f"group.local.{elements.operation}", *self._operands(node, extents, elements), at=node)

    def shared(self, node: ast.Call, shape: ast.expr, dtype: ast.expr) -> ast.expr:
        """Return the call that makes a group's array, or its name where its size is known only at the launch."""
        extents, elements = self._shape(node, shape), self._elements(node, dtype)
        on_host = tuple(self._at_launch(node, extent) for extent in extents)
        like = None if elements.like is None else self._host(self._seen_through(elements.like, node))
        site = SharedSite(self.program.filename, node.lineno, elements.dtype, like, on_host)
        self.shared_sites.append(site)
        if site.dynamic:
            return self._made_on_entry(node, site, extents, elements)
        return self.op(f"group.shared.{elements.operation}", *self._operands(node, extents, elements), at=node)

    def shared_of(self, node: ast.Call, shape: ast.expr, value: ast.expr) -> ast.expr:
        """Return the call that makes a group's array with the dtype of a number."""
        extents = self._shape(node, shape)
        constant = tuple(extent for extent in extents if isinstance(extent, int))
        self.shared_sites.append(SharedSite(self.program.filename, node.lineno, None, None, constant))
        return self.op("group.shared.of", *self._operands(node, extents, _Elements(None, value)), at=node)

    def _made_on_entry(
        self, node: ast.Call, site: SharedSite, extents: list[int | ast.expr], elements: _Elements
    ) -> ast.expr:
        """Return the name of an array that the function's first statements make, each behind the one before it."""
        if site.dtype is None and site.like is None:
            self.fail(
                node, f"the dtype of {ast.unparse(elements.like)}",
                "an array whose size is known at the launch takes the dtype of a parameter, or one written out: np.float32",
            )  # fmt: skip
        if site.like is not None:  # of parameters alone: no local name has a value yet
            elements = _Elements(None, moved(copy.deepcopy(site.like.tree), node))
        operands = self._operands(node, extents, elements)
        after = [] if self._last_dynamic is None else [ast.Name(self._last_dynamic, ast.Load())]
        self._last_dynamic = self.temporary()
        made = self.op(f"group.shared.{elements.operation}", *operands, *after, at=node)
        self.prologue.append(at(ast.Assign([ast.Name(self._last_dynamic, ast.Store())], made), node))
        return at(ast.Name(self._last_dynamic, ast.Load()), node)

    def _operands(self, node: ast.Call, extents: list[int | ast.expr], elements: _Elements) -> list[ast.expr]:
        shape = [ast.Constant(extent) if isinstance(extent, int) else self.visit(extent) for extent in extents]
        like = [] if elements.like is None else [self.visit(elements.like)]
        return [at(ast.Tuple(shape, ast.Load()), node), *like]

    # ---- shapes

    def _shape(self, node: ast.Call, shape: ast.expr) -> list[int | ast.expr]:
        """Return the extents of a shape: integers where they are constant, else expressions without local names."""
        seen = self._seen_through(shape, node)
        known = self.known(seen)
        if isinstance(known, tuple):
            return [self._constant_extent(node, item) for item in known]
        items = seen.elts if isinstance(seen, ast.Tuple) else [seen]
        if isinstance(seen, ast.Attribute) and seen.attr == "shape":
            text = ast.unparse(seen)
            self.fail(node, f"{text} as a shape", f"write its extents out: ({text}[0], {text}[1])")
        return [self._extent(node, item) for item in items]

    def _extent(self, node: ast.Call, item: ast.expr) -> int | ast.expr:
        value: Any = self.fixed_integer(item)
        if value is None:
            value = item.value if isinstance(item, ast.Constant) else self.fold(item)
        return item if value is None else self._constant_extent(node, value)

    def _constant_extent(self, node: ast.Call, value: Any) -> int:
        if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)) or value < 1:
            self.fail(node, f"the extent {value!r} of an array", "extents are integers from 1")
        return int(value)

    def _at_launch(self, node: ast.Call, extent: int | ast.expr) -> int | HostExpression:
        """Return an extent of shared memory in a form that the host can compute; refuse one that it cannot."""
        if isinstance(extent, int):
            return extent
        text = f"the shape of jk.shared, {ast.unparse(extent)},"
        if self.program is not self.builder.kernel:
            self.fail(
                node, text, "shared memory whose size is no constant is made in the kernel: make it there and pass it here"
            )  # fmt: skip
        found = self._host(extent)
        if found is None:
            self.fail(
                node, text,
                "its size must be known at the launch: use constants, or the kernel's number arguments and array shapes "
                "(not its indices, elements of arrays, or names assigned more than once)",
            )  # fmt: skip
        return found

    def _host(self, node: ast.expr) -> HostExpression | None:
        indices = self.program.params[: len(self.builder.group or ())]
        return host_expression(node, self.local_constants.fixed - set(indices), self.known)

    def _seen_through(self, node: ast.expr, place: ast.AST) -> ast.expr:
        return moved(self.local_constants.seen_through(node), place)

    # ---- dtypes

    def _elements(self, node: ast.Call, dtype: ast.expr) -> _Elements:
        """Return what a dtype argument says."""
        seen = self._seen_through(dtype, node)
        if isinstance(seen, ast.Attribute) and seen.attr == "dtype" and not self.scope.static(seen):
            return self._elements_of(node, seen.value, dtype.value if isinstance(dtype, ast.Attribute) else seen.value)
        given = seen.value if isinstance(seen, ast.Constant) else self.outside(seen)
        if isinstance(given, (str, np.dtype)) or given in _PYTHON_TYPES or _is_scalar_type(given):
            with contextlib.suppress(TypeError):
                found = np.dtype(given)
                if found.type in operations.DTYPES and found.isnative:
                    return _Elements(found, None)
        self.fail(
            node, f"the dtype {ast.unparse(dtype)}",
            "write a NumPy scalar type such as np.float32, or x.dtype of an array in scope",
        )  # fmt: skip

    def _elements_of(self, node: ast.Call, seen: ast.expr, array: ast.expr) -> _Elements:
        if isinstance(seen, ast.Call) and self.vocabulary(seen) in ("shared", "local"):
            name = str(self.vocabulary(seen))
            return self._elements(node, self.bound(seen, vocabulary.function(name))["dtype"])
        return _Elements(None, array)


def _is_scalar_type(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, np.generic)
