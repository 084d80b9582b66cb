"""Rewriting calls: operations of the language, helpers, and the construction of named tuples."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any, NoReturn

import numpy as np

from jitkit.frontend import operations
from jitkit.frontend.expressions import Expressions
from jitkit.frontend.meanings import compiled_form
from jitkit.frontend.nodes import at
from jitkit.frontend.rewriter import is_constant
from jitkit.frontend.structs import tuple_class
from jitkit.frontend.unsupported import call_remedy


class Calls(Expressions):
    """Calls of what a name outside the function refers to."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """Return the call of an operation, a helper or a tuple class; refuse any other."""
        self.refuse_unpacking(node)
        if not self.scope.static(node.func):
            return self._method(node)
        func = self.resolve(node.func)
        if func in _unhashable_free(operations.DEBUG_ONLY, func):
            self.debug_calls.append((operations.DEBUG_ONLY[func], node.lineno))
            return at(ast.Constant(None), node)
        if func is float and len(node.args) == 1 and isinstance(text := getattr(node.args[0], "value", None), str):
            return self._number_written(node, text)
        operation = operations.lookup(func)
        if operation is not None:
            return self._operation(node, operation)
        if isinstance(func, type) and tuple_class(func) is not None:
            return self._construct(node, func)
        func = compiled_form(getattr(func, "py_func", func))  # py_func: the user already gave it to numba.njit
        if isinstance(func, FunctionType) and not is_library(func):
            return self._helper(node, func)
        self._refuse_call(node, func)

    def refuse_unpacking(self, node: ast.Call) -> None:
        """Refuse ``f(*args)``: how many arguments there are is not known when the kernel is read."""
        if any(isinstance(arg, ast.Starred) for arg in node.args) or any(kw.arg is None for kw in node.keywords):
            self.fail(node, "a call with * or **", "write the arguments out")

    def _number_written(self, node: ast.Call, text: str) -> ast.expr:
        """Return ``float("inf")`` and its like as the number."""
        try:
            return self.constant(float(text), node)
        except ValueError as error:
            self.refuse(node, f"float({text!r}): {error}")

    def _operation(self, node: ast.Call, operation: str) -> ast.expr:
        if node.keywords:
            self.fail(node, f"a keyword argument of {ast.unparse(node.func)}", "pass numbers by position")
        args = list(map(self.visit, node.args))
        if operation in ("python.min", "python.max"):
            while len(args) > 2:  # the first of the smallest, taken two at a time
                args[:2] = [self.op(operation, *args[:2], at=node)]
        operation = operations.variant(operation, len(args))
        if len(args) != operations.arity(operation):
            name = ast.unparse(node.func)
            remedy = f"{name} takes {operations.arity(operation)} here"
            if operation == "python.round":
                remedy += "; two digits are round(x * 100) / 100"
            self.fail(node, f"{name} with {len(args)} arguments", remedy)
        return self.op(operation, *args, at=node)

    def _method(self, node: ast.Call) -> ast.expr:
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("conjugate", "conj") and not node.args:
            return self.op("numpy.conjugate", self.visit(node.func.value), at=node)
        name = ast.unparse(node.func)
        if isinstance(node.func, ast.Name):
            self.fail(
                node, f"calling the variable {name}",
                "functions are no values there: write a helper for each function, which calls it by its own name",
            )  # fmt: skip
        self.fail(
            node, f"the call {name}(...)", "call a function by its own name: math.*, a NumPy scalar function, a helper"
        )

    def bound(self, node: ast.Call, callee: Callable) -> dict[str, ast.expr]:
        """Return the arguments of a call by the callee's parameters; refuse a call that does not fit."""
        signature = inspect.signature(callee, follow_wrapped=False)
        for parameter in signature.parameters.values():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                self.fail(
                    node, f"{callee.__name__}{signature}, which takes {parameter},",
                    "name each parameter; pass several arrays as a tuple",
                )  # fmt: skip
        try:
            keywords = {str(keyword.arg): keyword.value for keyword in node.keywords}
            return signature.bind(*node.args, **keywords).arguments
        except TypeError as error:
            self.refuse(node, f"{callee.__name__}{signature}: {error}")

    def _arguments(self, node: ast.Call, callee: Callable) -> dict[str, ast.expr]:
        """Return one expression for each parameter of the callee, defaults filled in, and None for what is None."""
        given, result = self.bound(node, callee), {}
        for name, parameter in inspect.signature(callee, follow_wrapped=False).parameters.items():
            if self.is_none(given[name]) if name in given else parameter.default is None:
                result[name] = at(ast.Constant(None), node)
            elif name in given:
                result[name] = self.visit(given[name])
            elif is_constant(parameter.default):
                result[name] = self.constant(parameter.default, node)
            else:
                self.fail(
                    node, f"the default {name}={parameter.default!r}", "defaults are numbers, tuples of them, or None"
                )
        return result

    def _construct(self, node: ast.Call, cls: type) -> ast.expr:
        items = self._arguments(node, cls)
        for name, item in items.items():
            if self.is_none(item):
                self.fail(node, f"{name}=None", "the items of a tuple are numbers and arrays")
        return at(ast.Call(self.name(cls.__name__, tuple_class(cls)), [*items.values()], []), node)

    def _helper(self, node: ast.Call, func: FunctionType) -> ast.expr:
        args = self._arguments(node, func)
        absent = frozenset(name for name, value in args.items() if self.is_none(value))
        helper = self.builder.program(func, absent)
        values = [at(ast.Constant(0), node) if name in absent else value for name, value in args.items()]
        for name, value in self.bound(node, func).items():
            # A recursive helper is still being built: what it writes is not known yet, so take it to write everything.
            if name in helper.written or not helper.tree.body:
                self.written |= self.aliases.roots(value)
        self.program.uses_group = self.program.uses_group or helper.uses_group
        self.program.barriers |= helper.barriers
        self.debug_calls += [call for call in helper.debug_calls if call not in self.debug_calls]
        return at(ast.Call(self.name(func.__name__, helper), values, []), node)

    def _refuse_call(self, node: ast.Call, func: Any) -> NoReturn:
        text = ast.unparse(node.func)
        if hasattr(func, "func") and hasattr(func, "inspect"):
            self.fail(
                node, f"launching or calling the kernel {text}",
                "put what both do into a plain function, and call that in both",
            )  # fmt: skip
        instead = call_remedy(func)
        if instead is not None:
            self.fail(node, f"{text}(...)", instead)
        module = getattr(func, "__module__", None) or ""
        if isinstance(func, np.ufunc) or module.split(".")[0] == "numpy":
            self.fail(node, f"{text}(...)", f"NumPy functions of numbers are: {operations.available('numpy')}")
        if module == "math":
            self.fail(node, f"{text}(...)", f"of the math module there are: {operations.available('math')}")
        self.fail(
            node, f"calling {text} (a {type(func).__name__})", "call math.*, NumPy scalar functions or plain functions"
        )


def is_library(func: FunctionType) -> bool:
    """Tell whether a function is of a library that kernels call by the names of operations alone."""
    return (func.__module__ or "").split(".")[0] in ("numpy", "math", "scipy", "builtins")


def _unhashable_free(table: Iterable, key: Any) -> Iterable:
    try:
        hash(key)
    except TypeError:
        return ()
    return table
