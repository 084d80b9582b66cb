"""Compiling kernels for the CPU: Numba compiles the rewritten function, `driver` gives it its loops, `pool` its threads."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import llvmlite.binding as llvm
import numba
import numba.extending
from numba.core import datamodel
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler_lock import global_compiler_lock
from numba.core.imputils import lower_constant
from numba.core.registry import cpu_target

from jitkit.backends import driver, symbols
from jitkit.backends.cpu_driver import Code
from jitkit.backends.layout import Layout
from jitkit.backends.lowering import lazy
from jitkit.backends.lowering.arguments import Arguments
from jitkit.backends.lowering.emit import Mode
from jitkit.backends.lowering.install import Target
from jitkit.backends.lowering.weak import WEAK_TYPES
from jitkit.backends.passes import KernelCompiler
from jitkit.backends.unlinked import unlinked
from jitkit.frontend.program import Program
from jitkit.launch.definition import Definition

# NumPy's error model: a division by zero gives infinity or 0 and never raises, which is what lets loops vectorise.
# No reference counts: kernels own no memory. No Python wrappers: only the driver is called from Python.
_BODY = {
    "error_model": "numpy", "_nrt": False, "forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True,
    "pipeline_class": KernelCompiler,
}  # fmt: skip
_UNRESOLVED = ".numba.unresolved$"


@functools.cache
def target() -> Target:
    """Return Numba's CPU target with the language installed."""
    symbols.register()
    lazy.compile_elements_by("cpu", lambda program, mode: compile_body(program, mode.fastmath, mode.group))
    return Target(
        "cpu", numba.extending.intrinsic, numba.extending.register_model, numba.extending.lower_cast, lower_constant,
        datamodel.models,
    )  # fmt: skip


def compile_body(program: Program, fastmath: bool, group: tuple[int, ...] | None = None) -> Any:
    """Return the dispatcher of the rewritten function."""
    body = numba.njit(**_BODY)
    # A helper that calls itself cannot be inlined by force.
    helper = numba.njit(**{**_BODY, "forceinline": False})
    return target().compile(program, Mode("cpu", fastmath, group=group), body, helper)


class Library(JITCodeLibrary):
    """The code library of a driver: it becomes an object file instead of code in Numba's engine."""

    def _optimize_final_module(self) -> None:
        self._resolve_recursion()
        super()._optimize_final_module()

    def _resolve_recursion(self) -> None:
        """Let a function that calls itself, which Numba does by an address to be filled in later, do so by name."""
        for variable in self._final_module.global_variables:
            if variable.name.startswith(_UNRESOLVED):
                function = variable.name.removeprefix(_UNRESOLVED)
                text = f'@"{variable.name}" = linkonce_odr constant ptr @"{function}"\ndeclare void @"{function}"()'
                self._final_module.link_in(llvm.parse_assembly(text))

    def _finalize_final_module(self) -> None:
        self._verify_declare_only_symbols()
        self._finalized = True

    def code(self, symbol: str) -> Code:
        """Return the driver as it is kept."""
        text = self._codegen._tm.emit_object(self._final_module)
        declared = [item.name for item in self._final_module.functions if item.is_declaration]
        return Code(symbol, tuple(name for name in declared if not name.startswith("llvm.")), text)


@global_compiler_lock
def compiled(
    kernel: Definition, layouts: tuple[Layout, ...], ndim: int, unit_step: bool, leaves: Sequence[Any], symbol: str
) -> Library:
    """Return the driver that runs a kernel over spaces of a shape, for arguments of the types of some leaves."""
    program, context = kernel.program, cpu_target.target_context
    body = compile_body(program, kernel.fastmath, kernel.group)
    arguments = Arguments(layouts, list(map(numba.typeof, leaves)), split_floats=False)
    types = (*[WEAK_TYPES[int]] * ndim, *arguments.types)
    with unlinked(context.codegen()):
        body.get_call_template(types, {})  # compiles
    library = Library(context.codegen(), symbol)
    module = library.create_ir_module(symbol)
    # A helper that calls itself cannot be inlined. Where the last index is the only place along it, and is not read, each
    # point stands for a piece of work of its own: to find so without optimising the body first is a tenth of a scan's time.
    apart = program.recursive or not program.reads(program.params[ndim - 1])
    with context.push_code_library(library):
        driver.define(
            context, module, symbol, body.overloads[types], arguments, ndim, unit_step, kernel.fastmath, kernel.group,
            apart,
        )  # fmt: skip
    library.add_ir_module(module)
    library.finalize()
    return library
