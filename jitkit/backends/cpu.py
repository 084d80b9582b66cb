"""Compiling kernels for the CPU: Numba compiles the rewritten function, `driver` runs it over a space, `pool` has the threads."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numba
import numba.extending
from numba.core import datamodel
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler_lock import global_compiler_lock
from numba.core.imputils import lower_constant
from numba.core.registry import cpu_target

from jitkit.backends import driver, optimising, slots, symbols
from jitkit.backends.compiling import refreshed, uncollected
from jitkit.backends.dispatcher import BodyDispatcher
from jitkit.backends.known import Body, steps_of
from jitkit.backends.layout import Layout
from jitkit.backends.lowering import lazy
from jitkit.backends.lowering.arguments import Arguments
from jitkit.backends.lowering.emit import Mode
from jitkit.backends.lowering.install import Target
from jitkit.backends.lowering.weak import WEAK_TYPES
from jitkit.backends.object_code import Code
from jitkit.backends.operations import CpuOperation
from jitkit.backends.unlinked import unlinked
from jitkit.frontend.program import Program
from jitkit.launch.definition import Definition


@functools.cache
def target() -> Target:
    """Return Numba's CPU target with the language installed."""
    symbols.register()
    lazy.compile_elements_by("cpu", lambda program, mode: compile_body(program, mode.fastmath, mode.group, False))
    return Target(
        "cpu", CpuOperation, numba.extending.register_model, numba.extending.lower_cast, lower_constant,
        datamodel.models,
    )  # fmt: skip


def compile_body(program: Program, fastmath: bool, group: tuple[int, ...] | None = None, shared: bool = True) -> Any:
    """Return the dispatcher of the rewritten function; `shared` tells whether its helpers may be other programs', too."""
    body = functools.partial(BodyDispatcher, forceinline=True)
    # A helper that calls itself cannot be inlined by force.
    helper = functools.partial(BodyDispatcher, forceinline=False)
    return target().compile(program, Mode("cpu", fastmath, group=group), body, helper, shared)


class Library(JITCodeLibrary):
    """The code library of a driver: it becomes an object file instead of code in Numba's engine."""

    def _optimize_functions(self, ll_module: Any) -> None:
        """Leave functions alone until all are inlined."""

    def _optimize_final_module(self) -> None:
        # What calls itself stays a function, and all symbols of a process share a name space.
        for function in self._final_module.functions:
            if not function.is_declaration and function.name != self.name:
                function.linkage = "internal"
        codegen = self._codegen
        # As Numba does, without what it notes about the time.
        cheap = codegen._module_pass_manager(
            loop_vectorize=codegen._loopvect, slp_vectorize=False, opt=codegen._opt_level, cost="cheap"
        )
        for passes, builder in (cheap, codegen._module_pass_manager()):
            optimising.run(passes, self._final_module, builder)

    def _finalize_final_module(self) -> None:
        self._verify_declare_only_symbols()
        self._finalized = True

    def code(self, symbol: str) -> Code:
        """Return the driver as it is kept."""
        text = self._codegen._tm.emit_object(self._final_module)
        declared = [item.name for item in self._final_module.functions if item.is_declaration]
        return Code(symbol, tuple(name for name in declared if not name.startswith("llvm.")), text)


@global_compiler_lock
@uncollected()
def compiled(
    kernel: Definition, layouts: tuple[Layout, ...], ndim: int, unit_step: bool, leaves: Sequence[Any], symbol: str
) -> Library:
    """Return the driver that runs a kernel over spaces of a shape, for arguments of the types of some leaves."""
    program, context = kernel.program, cpu_target.target_context
    body = compile_body(program, kernel.fastmath, kernel.group)
    arguments = Arguments(layouts, list(map(numba.typeof, leaves)), split_floats=False)
    types = (*[WEAK_TYPES[int]] * ndim, *arguments.types)
    with unlinked(context.codegen()), refreshed(context):
        body.get_call_template(types, {})  # compiles
    library = Library(context.codegen(), symbol)
    module = library.create_ir_module(symbol)
    # A helper that calls itself cannot be inlined. Where the last index is the only place along it, and is not read, each
    # point stands for a piece of work of its own, which is found so without optimising the body first.
    apart = program.recursive or not program.reads(program.params[ndim - 1])
    known = Body(body.overloads[types], ndim, steps_of(layouts, leaves, list(map(slots.step_of, leaves))))
    written = [k for k, name in enumerate(program.params[ndim:]) if name in program.written]
    with context.push_code_library(library):
        driver.define(
            context, module, symbol, known, arguments, ndim, unit_step, kernel.fastmath, kernel.group, apart, written
        )
    library.add_ir_module(module)
    library.finalize()
    return library
