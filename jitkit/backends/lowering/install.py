"""Making the weak types and the operations known to one of Numba's targets."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types

from jitkit.backends.lowering import named, operations
from jitkit.backends.lowering.emit import I16, I64, Emitter, Mode
from jitkit.backends.lowering.weak import Weak, float_pair, global_of, scalar_of
from jitkit.frontend.meanings import always_inlined
from jitkit.frontend.program import Constant, Operation, Program

_REMEMBERED = 512


@dataclass(eq=False)
class Target:
    """One of Numba's targets, by the functions with which it is extended.

    Attributes
    ----------
    name : {"cpu", "cuda"}
        Which one.
    intrinsic : callable
        Makes an operation of a definition, which meets literals as such.
    register_model, lower_cast, lower_constant, models
        The target's own extension functions.
    """

    name: str
    intrinsic: Callable[..., Any]
    register_model: Callable[..., Any]
    lower_cast: Callable[..., Any]
    lower_constant: Callable[..., Any]
    models: Any
    _operations: dict[tuple[str, Mode], Any] = field(default_factory=dict, repr=False)
    _helpers: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.register_model(Weak)(self._weak_model)
        cast = _cast(Mode(self.name))
        for other in (
            types.Integer,
            types.Float,
            types.Complex,
            types.Boolean,
            types.BooleanLiteral,
            types.Literal,
            Weak,
        ):
            self.lower_cast(Weak, other)(cast)
            if other is not Weak:
                self.lower_cast(other, Weak)(cast)
        named.install(self.lower_cast)
        self.lower_constant(Weak)(_constant)
        self.lower_constant(types.float16)(_half)
        if self.name == "cpu":  # where Numba itself knows no float16
            self.register_model(types.Float)(self._float_model)
            for other in (types.Integer, types.Float, types.Complex, types.Boolean):
                self.lower_cast(types.float16, other)(cast)
                self.lower_cast(other, types.float16)(cast)

    def _float_model(self, manager: Any, numba_type: types.Float) -> Any:
        if numba_type == types.float16:
            return self.models.PrimitiveModel(manager, numba_type, I16)
        return self.models.FloatModel(manager, numba_type)

    def _weak_model(self, manager: Any, weak: Weak) -> Any:
        if weak.python is int:
            return self.models.PrimitiveModel(manager, weak, ir.IntType(weak.counterpart.bitwidth))
        members = {
            float: [("wide", types.float64), ("narrow", types.float32)],
            complex: [("real", types.float64), ("imag", types.float64)],
        }
        return self.models.StructModel(manager, weak, members[weak.python])

    def define(self, definition: Callable[..., Any]) -> Any:
        """Return an intrinsic of this target; literal integers reach its definition as literals."""
        return self.intrinsic(definition)

    def operation(self, name: str, mode: Mode) -> Any:
        """Return an operation of the language as an intrinsic of this target."""
        key = name, mode
        if key not in self._operations:
            # By itself Numba would first offer x[-1] as an index of type int64, and be content with that.
            self._operations[key] = self.define(operations.define(name, mode))
        return self._operations[key]

    def compile(
        self, program: Program, mode: Mode, jit: Callable[[Callable], Any], jit_helper: Callable, shared: bool = True
    ) -> Any:
        """Return the dispatcher of a program, its helpers' dispatchers in its globals.

        `jit` and `jit_helper` turn a rewritten function into a dispatcher of this target. `shared` tells whether other
        programs may have the same helpers' dispatchers.
        """
        programs = program.reachable()
        dispatchers = [self._dispatcher(item, item is program, mode, jit, jit_helper, shared) for item in programs]
        for item, dispatcher in zip(programs, dispatchers, strict=True):
            for name, meaning in item.names.items():
                dispatcher.py_func.__globals__.setdefault(name, self._global(meaning, mode, programs, dispatchers))
        return dispatchers[0]

    def _dispatcher(
        self, item: Program, is_kernel: bool, mode: Mode, jit: Callable, jit_helper: Callable, shared: bool
    ) -> Any:
        """Return a program's dispatcher; a helper that another kernel has too is typed and lowered once for both."""
        # What splits or schedules a kernel at its barriers must see them all in one function.
        inlined = is_kernel or item.uses_group is not None or always_inlined(item.func)
        key = item.fingerprint, item.filename, item.lineno, mode, inlined
        shared = shared and not is_kernel and not item.recursive
        found = self._helpers.get(key) if shared else None
        if found is not None:
            return found
        func = item.build({"__name__": __name__})
        # Helpers that are not inlined are linked by symbol, so the symbol must tell equal names apart.
        func.__qualname__ = f"{item.name}.{item.fingerprint[:12]}{'.fast' * mode.fastmath}"
        dispatcher = (jit if inlined else jit_helper)(func)
        if shared:
            if len(self._helpers) >= _REMEMBERED:
                self._helpers.clear()
            self._helpers[key] = dispatcher
        return dispatcher

    def _global(self, meaning: Any, mode: Mode, programs: list[Program], dispatchers: list[Any]) -> Any:
        if isinstance(meaning, Operation):
            return self.operation(meaning.name, mode)
        if isinstance(meaning, Constant):
            return global_of(meaning.value)
        return dispatchers[programs.index(meaning)] if isinstance(meaning, Program) else meaning


def _cast(mode: Mode) -> Callable[..., ir.Value]:
    def cast(context: Any, builder: ir.IRBuilder, source: types.Type, target: types.Type, value: ir.Value) -> ir.Value:
        return Emitter(builder, mode).convert(value, scalar_of(source), scalar_of(target))

    return cast


def _half(context: Any, builder: ir.IRBuilder, float16: types.Float, constant: Any) -> ir.Constant:
    return ir.Constant(I16, int(np.float16(constant).view(np.int16)))


def _constant(context: Any, builder: ir.IRBuilder, weak: Weak, constant: Any) -> ir.Constant:
    if weak.python is int:
        return ir.Constant(I64, constant.value)
    if weak.python is float:
        return float_pair(constant.value)
    double = ir.DoubleType()
    parts = [ir.Constant(double, constant.value.real), ir.Constant(double, constant.value.imag)]
    return ir.Constant(ir.LiteralStructType([double, double]), parts)
