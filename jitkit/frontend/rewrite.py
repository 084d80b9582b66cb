"""Rewriting a user's function into calls of typed operations.

Plain Numba types ``0.5 * x[i]`` on a float32 array as float64; interpreted NumPy does not. So every operator, literal,
index and call becomes a call of an operation whose types follow NumPy (see `promotion`). Line and column numbers stay,
so errors and debuggers show the user's own lines. What kernels cannot do is refused here, by name and line.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
from collections.abc import Callable, Iterable
from types import FunctionType, ModuleType
from typing import Any, NoReturn

import numpy as np

from jitkit.errors import KernelSyntaxError, at_source
from jitkit.frontend import operations, source
from jitkit.frontend.aliases import Aliases
from jitkit.frontend.folding import fold
from jitkit.frontend.names import Scope, UnboundNameError, local_names
from jitkit.frontend.program import Constant, Operation, Program
from jitkit.frontend.structs import tuple_class
from jitkit.frontend.unsupported import remedy

_BINARY = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.FloorDiv: "floordiv", ast.Mod: "mod",
    ast.Pow: "pow", ast.LShift: "lshift", ast.RShift: "rshift", ast.BitAnd: "and_", ast.BitOr: "or_", ast.BitXor: "xor",
}  # fmt: skip
_COMPARE = {ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.Eq: "eq", ast.NotEq: "ne"}
_UNARY = {ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "invert"}
_VALUE_ATTRIBUTES = {"shape", "size", "ndim", "real", "imag"}
_PREFIX = "jk·"  # cannot clash with a user's name typed on a keyboard


def build(func: Callable, _building: dict[Any, Program] | None = None) -> Program:
    """Return the program of a user's function.

    Raises
    ------
    KernelSyntaxError
        Where the body uses something that kernels cannot: the message names it, its line, and what works instead.
    """
    building = {} if _building is None else _building
    # Functions made by one `def` in a loop share code but not closures, so the function itself is the key.
    if func not in building:
        definition, filename = source.read(func)
        program = Program(func, filename, definition.lineno, (), ast.Module([], []), {})
        building[func] = program
        _Rewriter(program, definition, building).run()
    return building[func]


class _Rewriter(ast.NodeTransformer):
    def __init__(self, program: Program, definition: ast.FunctionDef, building: dict[Any, Program]) -> None:
        self.program, self.definition, self.building = program, definition, building
        self.scope = Scope(program.func, local_names(definition))
        self.written: set[str] = set()
        self.debug_calls: list[tuple[str, int]] = []
        self.temporaries = 0

    # ---- the whole function

    def run(self) -> None:
        program, definition = self.program, self.definition
        program.params = self._parameters(definition.args)
        self.aliases = Aliases(program.params, definition)
        body = self._block(_without_docstring(definition.body))
        new = ast.FunctionDef(
            name=definition.name,
            args=ast.arguments([], [ast.arg(name) for name in program.params], None, [], [], None, []),
            body=body or [ast.Pass()],
            decorator_list=[],
            returns=None,
        )
        if "type_params" in ast.FunctionDef._fields:  # Python 3.12
            new.type_params = []
        ast.copy_location(new, definition)
        program.tree = ast.fix_missing_locations(ast.Module([new], []))
        program.written = frozenset(self.written)
        program.debug_calls = tuple(self.debug_calls)

    def _parameters(self, args: ast.arguments) -> tuple[str, ...]:
        for extra, what in ((args.vararg, "*args"), (args.kwarg, "**kwargs")):
            if extra is not None:
                self.fail(extra, f"a parameter {what}", "name each parameter; pass several arrays as a tuple")
        return tuple(arg.arg for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs))

    def fail(self, node: ast.AST, what: str, instead: str) -> NoReturn:
        message = f"{self.program.name}: {what} cannot be used in a kernel: {instead}"
        raise KernelSyntaxError(at_source(message, self.program.filename, node.lineno, node.col_offset)) from None

    def generic_visit(self, node: ast.AST) -> NoReturn:
        self.fail(node, *remedy(node))

    def _block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        result: list[ast.stmt] = []
        for statement in statements:
            new = self.visit(statement)
            for item in new if isinstance(new, list) else [new]:
                result.append(ast.copy_location(item, statement))
        return result

    # ---- making nodes

    def name(self, stem: str, meaning: Any) -> ast.Name:
        """Return a global name of the rewritten code that stands for `meaning`."""
        known = self.program.names
        key = _PREFIX + stem
        while key in known and not _same(known[key], meaning):
            key += "'"
            key = key.replace("'", "_")
        known[key] = meaning
        return ast.Name(key, ast.Load())

    def op(self, name: str, *args: ast.expr, at: ast.AST) -> ast.Call:
        func = self.name(name.replace(".", "·"), Operation(name))
        return _at(ast.Call(func, list(args), []), at)

    def constant(self, value: Any, at: ast.AST) -> ast.expr:
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
                stem = key.removeprefix(_PREFIX)
        return _at(self.name(stem, Constant(value)), at)

    def _huge(self, value: int, at: ast.AST) -> float:
        """Return an integer that no integer type holds as the float that it is beside floats: x / 2**64."""
        try:
            return float(value)
        except OverflowError:
            self.fail(at, f"an integer of {value.bit_length()} bits", "numbers go up to 1.8e308")

    def temporary(self) -> str:
        self.temporaries += 1
        name = f"{_PREFIX}t{self.temporaries}"
        self.scope.local |= {name}
        return name

    def truth(self, node: ast.expr) -> ast.expr:
        """Return a condition: comparisons are boolean already, a number is compared with zero."""
        if isinstance(node, ast.BoolOp):
            return _at(ast.BoolOp(node.op, [self.truth(value) for value in node.values]), node)
        new = self.visit(node)
        return new if _is_comparison(node) else self.op("truth", new, at=node)

    # ---- statements

    def visit_Pass(self, node: ast.Pass) -> ast.stmt:
        return node

    visit_Break = visit_Continue = visit_Pass  # type: ignore[assignment]

    def visit_Return(self, node: ast.Return) -> ast.stmt:
        if node.value is None or (isinstance(node.value, ast.Constant) and node.value.value is None):
            return ast.Return(None)
        if self.program.returns is None:
            self.program.returns = node.lineno
        return ast.Return(self.visit(node.value))

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        if isinstance(node.value, ast.Constant):
            return ast.Pass()
        return ast.Expr(self.visit(node.value))

    def visit_If(self, node: ast.If) -> ast.stmt:
        return ast.If(self.truth(node.test), self._block(node.body), self._block(node.orelse))

    def visit_While(self, node: ast.While) -> ast.stmt:
        return ast.While(self.truth(node.test), self._block(node.body), self._block(node.orelse))

    def visit_For(self, node: ast.For) -> ast.stmt | list[ast.stmt]:
        if self._calls(node.iter, range):
            return self._counted_loop(node)
        items = self.op("items", self.visit(node.iter), at=node.iter)
        return ast.For(node.target, items, self._block(node.body), self._block(node.orelse))

    def _counted_loop(self, node: ast.For) -> list[ast.stmt]:
        """Return a loop over range as a plain counting `while`.

        Numba's range iterator carries a count beside the value; NVVM does not see through the pair (n-body: 1.6 times the
        instructions of nvcc's loop), and a Python int would become a strong int64 on the way.
        """
        assert isinstance(node.iter, ast.Call)
        if not isinstance(node.target, ast.Name):
            self.fail(node.target, "unpacking the values of range", "give the loop one variable")
        if node.iter.keywords or not 1 <= len(node.iter.args) <= 3:
            self.fail(node.iter, f"range with {len(node.iter.args)} arguments", "write range(start, stop, step)")
        args = [self._literal_offset(arg) or self.visit(arg) for arg in node.iter.args]
        zero, one = (_at(ast.Constant(value), node.iter) for value in (0, 1))
        start, stop = (zero, args[0]) if len(args) == 1 else args[:2]
        step, sign = (args[2], self._sign(node.iter.args[2])) if len(args) == 3 else (one, 1)
        counter, end, stride = (self.temporary() for _ in range(3))
        load = {name: ast.Name(name, ast.Load()) for name in (counter, end, stride)}
        pair = self.op("bounds", start, stop, step, at=node.iter)
        stores = [ast.Name(name, ast.Store()) for name in (counter, end, stride)]
        setup = _at(ast.Assign([ast.Tuple(stores, ast.Store())], pair), node)
        step = step if isinstance(step, ast.Constant) else load[stride]
        more = {1: "operator.lt", -1: "operator.gt", 0: "more"}[sign]
        test = self.op(more, load[counter], load[end], *([step] if sign == 0 else []), at=node.iter)
        following = self.op("operator.add", load[counter], step, at=node.iter)
        head = [ast.Assign([node.target], load[counter]), ast.Assign([ast.Name(counter, ast.Store())], following)]
        body = [_at(statement, node) for statement in head] + self._block(node.body)
        loop = ast.While(test, body, self._block(node.orelse))
        return [setup, loop]

    def _sign(self, step: ast.expr) -> int:
        """Return the sign of a fixed step, or 0 where it is known only at run time."""
        literal = self._fixed_integer(step)
        return 0 if not literal else 1 if literal > 0 else -1

    def _calls(self, node: ast.expr, func: object) -> bool:
        if not isinstance(node, ast.Call) or not self.scope.static(node.func):
            return False
        return self._resolve(node.func) is func

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt | list[ast.stmt]:
        if node.value is None:
            return ast.Pass()
        return self.visit_Assign(_at(ast.Assign([node.target], node.value), node))

    def visit_Assign(self, node: ast.Assign) -> ast.stmt | list[ast.stmt]:
        value = self.visit(node.value)
        if len(node.targets) == 1:
            return self._store(node.targets[0], value)
        temporary = self.temporary()
        result: list[ast.stmt] = [ast.Assign([ast.Name(temporary, ast.Store())], value)]
        for target in node.targets:
            result += self._store(target, ast.Name(temporary, ast.Load()))
        return [_at(statement, node) for statement in result]

    def _store(self, target: ast.expr, value: ast.expr) -> list[ast.stmt]:
        if isinstance(target, ast.Name):
            return [ast.Assign([target], value)]
        if isinstance(target, (ast.Subscript, ast.Attribute)):
            return [self._store_element(target, value)]
        if isinstance(target, (ast.Tuple, ast.List)):
            return self._unpack(target, value)
        self.fail(target, *remedy(target))

    def _unpack(self, target: ast.Tuple | ast.List, value: ast.expr) -> list[ast.stmt]:
        if all(isinstance(item, ast.Name) for item in target.elts):
            return [ast.Assign([_at(ast.Tuple(target.elts, ast.Store()), target)], value)]
        # a[i], a[j] = a[j], a[i]: everything is read before anything is written
        names = [self.temporary() for _ in target.elts]
        unpacked = ast.Tuple([ast.Name(name, ast.Store()) for name in names], ast.Store())
        result: list[ast.stmt] = [ast.Assign([unpacked], value)]
        for item, name in zip(target.elts, names, strict=True):
            result += self._store(item, ast.Name(name, ast.Load()))
        return result

    def _store_element(self, target: ast.Subscript | ast.Attribute, value: ast.expr) -> ast.stmt:
        roots = self.aliases.roots(target.value)
        self.written |= roots
        owner = self.visit(target.value)
        if isinstance(target, ast.Attribute):
            return ast.Assign([_at(ast.Attribute(owner, target.attr, ast.Store()), target)], value)
        if _is_field(target.slice):
            return ast.Assign([_at(ast.Subscript(owner, target.slice, ast.Store()), target)], value)
        if not roots and self.scope.static(target.value):
            self.fail(target, f"writing to the global {ast.unparse(target.value)!r}", "pass the array as an argument")
        return ast.Expr(self.op("setitem", owner, self.subscript(target.slice), value, at=target))

    def visit_AugAssign(self, node: ast.AugAssign) -> list[ast.stmt]:
        before: list[ast.stmt] = []
        target = self._evaluated_once(node.target, before)
        value = _at(ast.BinOp(_load(target), node.op, node.value), node)
        return [*before, *self._store(target, self.visit(value))]

    def _evaluated_once(self, target: Any, before: list[ast.stmt]) -> Any:
        """Return an assignment target that can be both read and written: calls in its index move to `before`."""
        if not isinstance(target, ast.Subscript):
            return target

        def once(node: ast.expr) -> ast.expr:
            if isinstance(node, ast.Tuple):
                return _at(ast.Tuple(list(map(once, node.elts)), ast.Load()), node)
            if _repeatable(node):
                return node
            temporary = self.temporary()
            self.aliases.add(temporary, self.aliases.roots(node))
            before.append(_at(ast.Assign([ast.Name(temporary, ast.Store())], self.visit(node)), node))
            return _at(ast.Name(temporary, ast.Load()), node)

        return _at(ast.Subscript(once(target.value), once(target.slice), ast.Store()), target)

    # ---- expressions

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, (bool, int, float, complex)):
            return self.constant(node.value, node)
        self.fail(node, f"the literal {node.value!r}", "kernels know numbers, booleans and tuples of them")

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return node if node.id in self.scope.local else self._outer(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if self.scope.static(node):
            return self._outer(node)
        value = self.visit(node.value)
        if node.attr in _VALUE_ATTRIBUTES:
            return self.op(f"value.{node.attr}", value, at=node)
        return _at(ast.Attribute(value, node.attr, ast.Load()), node)

    def _resolve(self, node: ast.expr) -> Any:
        try:
            return self.scope.resolve(node)
        except UnboundNameError as error:
            name = ast.unparse(node)
            text = f"name {name!r} is not defined" if isinstance(node, ast.Name) else str(error)
            message = (
                f"{self.program.name}: {text}; a kernel sees its parameters, and constants and functions around it"
            )
            place = at_source(message, self.program.filename, node.lineno, node.col_offset)
            raise KernelSyntaxError(place) from None

    def _outside(self, node: ast.expr) -> Any:
        """Return the object that an expression refers to outside the function, or None."""
        try:
            return self.scope.resolve(node) if self.scope.static(node) else None
        except UnboundNameError:
            return None

    def _fixed_integer(self, node: ast.expr) -> int | None:
        """Return the value of an integer that is known when the kernel is read, or None."""
        value = self._outside(node) if isinstance(self._outside(node), np.integer) else fold(node, self._outside)
        return int(value) if isinstance(value, (int, np.integer)) and -(2**63) <= value < 2**63 else None

    def _outer(self, node: ast.expr) -> ast.expr:
        value, text = self._resolve(node), ast.unparse(node)
        if _is_constant(value):
            return self.constant(value, node)
        if isinstance(value, np.ndarray) or hasattr(value, "__cuda_array_interface__"):
            self.fail(node, f"the array {text!r} from outside the kernel", "pass it as an argument")
        if isinstance(value, (FunctionType, type)) or callable(value):
            self.fail(node, f"the function {text!r} as a value", "call it; choose between functions with `if`")
        kind = "module" if isinstance(value, ModuleType) else type(value).__name__
        self.fail(
            node, f"{text!r} (a {kind})", "a kernel closes over numbers, booleans and tuples of them; pass others"
        )

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        folded = fold(node, self._outside)
        if folded is not None:
            return self.constant(folded, node)
        if type(node.op) not in _BINARY:
            self.fail(node, "the operator @", "write the loop over the inner index")
        name = _BINARY[type(node.op)]
        power = fold(node.right, self._outside)
        if name == "pow" and isinstance(power, int) and abs(power) <= 64:
            return self.op("power_literal", self.visit(node.left), _at(ast.Constant(power), node.right), at=node)
        sides = [self._literal_offset(side) if name in ("add", "sub") else None for side in (node.left, node.right)]
        left, right = (
            literal or self.visit(side) for literal, side in zip(sides, (node.left, node.right), strict=True)
        )
        return self.op(f"operator.{name}", left, right, at=node)

    def _literal_offset(self, node: ast.expr) -> ast.expr | None:
        """Return a small integer literal as it is: an index plus or minus one keeps its width on a GPU."""
        value = self._fixed_integer(node)
        return None if value is None or abs(value) > 4096 else _at(ast.Constant(value), node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        if isinstance(node.op, ast.Not):
            return self.op("not_", self.truth(node.operand), at=node)
        folded = fold(node, self._outside)
        if folded is not None:
            return self.constant(folded, node)
        return self.op(f"operator.{_UNARY[type(node.op)]}", self.visit(node.operand), at=node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        """Return ``x or y`` as a value: one of the operands, as in Python."""
        if _is_comparison(node):
            return _at(ast.BoolOp(node.op, [self.visit(value) for value in node.values]), node)
        *others, result = map(self.visit, node.values)
        for value in reversed(others):
            value, again = self._twice(value)
            chosen = (result, again) if isinstance(node.op, ast.And) else (again, result)
            result = _at(ast.IfExp(self.op("truth", value, at=node), *chosen), node)
        return result

    def _twice(self, value: ast.expr) -> tuple[ast.expr, ast.expr]:
        """Return an expression for the first use of a value and one for the second, which does not evaluate it again."""
        if isinstance(value, ast.Name):
            return value, value
        name = self.temporary()
        return self._named(ast.Name(name, ast.Store()), value), ast.Name(name, ast.Load())

    def _named(self, target: ast.Name, value: ast.expr) -> ast.expr:
        # Numba forgets a value that is named right after it is computed and used again from the stack. A condition that
        # is always true, and is pruned before typing, ends the basic block between the two.
        always = self.name("always", Constant(True))
        return ast.NamedExpr(target, ast.IfExp(always, value, ast.Constant(0)))

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        return _at(ast.IfExp(self.truth(node.test), self.visit(node.body), self.visit(node.orelse)), node)

    def visit_Tuple(self, node: ast.Tuple) -> ast.expr:
        return _at(ast.Tuple([self.visit(item) for item in node.elts], ast.Load()), node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.expr:
        return _at(self._named(node.target, self.visit(node.value)), node)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        for operator in node.ops:
            if type(operator) not in _COMPARE:
                self.fail(node, *remedy(operator))
        left, parts = self.visit(node.left), []
        for operator, right in zip(node.ops, node.comparators, strict=True):
            value = later = self.visit(right)
            if right is not node.comparators[-1]:
                value, later = self._twice(value)  # a < f(b) < c evaluates f(b) once
            parts.append(self.op(f"operator.{_COMPARE[type(operator)]}", left, value, at=node))
            left = later
        return parts[0] if len(parts) == 1 else _at(ast.BoolOp(ast.And(), parts), node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        owner = self.visit(node.value)
        if _is_field(node.slice):
            return _at(ast.Subscript(owner, node.slice, ast.Load()), node)
        return self.op("getitem", owner, self.subscript(node.slice), at=node)

    def subscript(self, node: ast.expr) -> ast.expr:
        """Return an index: fixed integers become literals, so that -1 can mean the last element and t[0] a field."""
        if isinstance(node, ast.Slice):
            self.fail(
                node, "a slice", "index elements (x[i]) or leading axes (x[i] of a 2-D x); pass offsets to helpers"
            )
        if isinstance(node, ast.Tuple):
            return _at(ast.Tuple([self.subscript(item) for item in node.elts], ast.Load()), node)
        literal = self._fixed_integer(node)
        return self.visit(node) if literal is None else _at(ast.Constant(literal), node)

    # ---- calls

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if any(isinstance(arg, ast.Starred) for arg in node.args) or any(kw.arg is None for kw in node.keywords):
            self.fail(node, "a call with * or **", "write the arguments out")
        if not self.scope.static(node.func):
            return self._method(node)
        func = self._resolve(node.func)
        if func in _unhashable_free(operations.DEBUG_ONLY, func):
            self.debug_calls.append((operations.DEBUG_ONLY[func], node.lineno))
            return _at(ast.Constant(None), node)
        operation = operations.lookup(func)
        if operation is not None:
            return self._operation(node, operation)
        if isinstance(func, type) and tuple_class(func) is not None:
            return self._construct(node, func)
        func = getattr(func, "py_func", func)  # a function that the user already gave to numba.njit
        if isinstance(func, FunctionType) and not _is_library(func):
            return self._helper(node, func)
        self._refuse_call(node, func)

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
            self.fail(node, f"{name} with {len(args)} arguments", f"{name} takes {operations.arity(operation)} here")
        return self.op(operation, *args, at=node)

    def _method(self, node: ast.Call) -> ast.expr:
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("conjugate", "conj") and not node.args:
            return self.op("numpy.conjugate", self.visit(node.func.value), at=node)
        name = ast.unparse(node.func)
        self.fail(
            node, f"the call {name}(...)", "call a function by its own name: math.*, a NumPy scalar function, a helper"
        )

    def _bind(self, node: ast.Call, callee: Callable) -> list[ast.expr]:
        """Return one expression for each parameter of the callee, defaults filled in."""
        try:
            keywords = {keyword.arg: keyword.value for keyword in node.keywords}
            bound = inspect.signature(callee).bind(*node.args, **keywords)
        except TypeError as error:
            message = f"{self.program.name}: {callee.__name__}{inspect.signature(callee)}: {error}"
            raise KernelSyntaxError(at_source(message, self.program.filename, node.lineno, node.col_offset)) from None
        result = []
        for name, parameter in bound.signature.parameters.items():
            if name in bound.arguments:
                result.append(self.visit(bound.arguments[name]))
            elif _is_constant(parameter.default):
                result.append(self.constant(parameter.default, node))
            else:
                self.fail(node, f"the default {name}={parameter.default!r}", "defaults are numbers or tuples of them")
        return result

    def _construct(self, node: ast.Call, cls: type) -> ast.expr:
        return _at(ast.Call(self.name(cls.__name__, tuple_class(cls)), self._bind(node, cls), []), node)

    def _helper(self, node: ast.Call, func: FunctionType) -> ast.expr:
        helper = build(func, self.building)
        args = self._bind(node, func)
        bound = inspect.signature(func).bind(*node.args, **{kw.arg: kw.value for kw in node.keywords})
        for name, value in bound.arguments.items():
            # A recursive helper is still being built: what it writes is not known yet, so take it to write everything.
            if name in helper.written or not helper.tree.body:
                self.written |= self.aliases.roots(value)
        self.debug_calls += [call for call in helper.debug_calls if call not in self.debug_calls]
        return _at(ast.Call(self.name(func.__name__, helper), args, []), node)

    def _refuse_call(self, node: ast.Call, func: Any) -> NoReturn:
        text = ast.unparse(node.func)
        if hasattr(func, "func") and hasattr(func, "inspect"):
            self.fail(
                node, f"launching or calling the kernel {text}", f"call a plain function, such as {text}.func's body"
            )
        module = getattr(func, "__module__", None) or ""
        if isinstance(func, np.ufunc) or module.split(".")[0] == "numpy":
            self.fail(node, f"{text}(...)", f"NumPy functions of numbers are: {operations.available('numpy')}")
        if module == "math":
            self.fail(node, f"{text}(...)", f"of the math module there are: {operations.available('math')}")
        self.fail(
            node, f"calling {text} (a {type(func).__name__})", "call math.*, NumPy scalar functions or plain functions"
        )


def _at(node: Any, place: ast.AST) -> Any:
    return ast.fix_missing_locations(ast.copy_location(node, place))


def _load(node: ast.expr) -> ast.expr:
    """Return the expression that reads what an assignment target writes."""
    if isinstance(node, ast.Name):
        return _at(ast.Name(node.id, ast.Load()), node)
    if isinstance(node, ast.Subscript):
        return _at(ast.Subscript(node.value, node.slice, ast.Load()), node)
    assert isinstance(node, ast.Attribute)
    return _at(ast.Attribute(node.value, node.attr, ast.Load()), node)


def _is_comparison(node: ast.expr) -> bool:
    """Tell whether an expression is a boolean by its form."""
    if isinstance(node, ast.BoolOp):
        return all(map(_is_comparison, node.values))
    return isinstance(node, ast.Compare) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not))


def _is_field(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _repeatable(node: ast.expr) -> bool:
    """Tell whether evaluating an index twice gives the same and costs nothing after optimisation."""
    return not any(isinstance(item, (ast.Call, ast.NamedExpr)) for item in ast.walk(node))


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0]
    docstring = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    return body[1:] if docstring else body


def _is_constant(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_constant, value))
    return isinstance(value, (bool, int, float, complex, np.number, np.bool_)) and not isinstance(value, np.longdouble)


def _is_library(func: FunctionType) -> bool:
    return (func.__module__ or "").split(".")[0] in ("numpy", "math", "scipy", "builtins")


def _unhashable_free(table: Iterable, key: Any) -> Iterable:
    try:
        hash(key)
    except TypeError:
        return ()
    return table


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, Constant) and isinstance(b, Constant):
        return a.describe() == b.describe()  # 1 == 1.0 == True and 0.0 == -0.0, so equality of values does not do
    return type(a) is type(b) and (a is b or (dataclasses.is_dataclass(a) and isinstance(a, Operation) and a == b))
