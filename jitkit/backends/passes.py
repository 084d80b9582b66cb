"""The passes that rewritten code needs of Numba's compiler.

Numba's own pipeline also looks for closures, comprehensions, `with` blocks, overloads, generators and array expressions,
and works out how long variables live after every pass. A kernel has none of these, and nothing is released when a variable
ends. The code that comes out is the same.
"""

from __future__ import annotations

from typing import Any

from numba.core import analysis, ir_utils, ssa, transforms, typed_passes, untyped_passes
from numba.core.compiler import CompilerBase, _LowerResult
from numba.core.compiler_machinery import FunctionPass, LoweringPass, PassManager, register_pass
from numba.core.funcdesc import PythonFunctionDescriptor

from jitkit.backends import direct


class KernelCompiler(CompilerBase):
    """Numba's compiler with the passes of this module."""

    def define_pipelines(self) -> list[PassManager]:
        """Return the passes, as the one pipeline there is."""
        passes = PassManager("nopython")
        for item in (Reading, Typing, Lowering):
            passes.add_pass(item, item.__name__)
        passes.finalize()
        return [passes]


# Numba analyses a function anew after each pass that says that it changes the graph, so these do not say so.
_silently = register_pass(mutates_CFG=False, analysis_only=False)


@_silently
class Reading(FunctionPass):
    """From bytecode to Numba's IR in SSA form, without the branches that constants decide."""

    _name = "jitkit_reading"

    def __init__(self) -> None:  # abstract in Numba
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        """Fill ``state.func_ir``."""
        untyped_passes.TranslateByteCode().run_pass(state)
        untyped_passes.FixupArgs().run_pass(state)
        function = state.func_ir
        function.blocks = transforms.canonicalize_cfg(function.blocks)
        analysis.dead_branch_prune(function, state.args)
        untyped_passes.GenericRewrites().run_pass(state)
        function.blocks = transforms.canonicalize_cfg(function.blocks)
        ssa.reconstruct_ssa(function)
        function._definitions = ir_utils.build_definitions(function.blocks)
        return True


@_silently
class Typing(FunctionPass):
    """The types of all variables, and the form that is lowered."""

    _name = "jitkit_typing"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        """Fill ``state.typemap`` and ``state.calltypes``."""
        typed_passes.NopythonTypeInference().run_pass(state)
        state.func_ir = typed_passes.PreLowerStripPhis()._strip_phi_nodes(state.func_ir)
        state.func_ir._definitions = ir_utils.build_definitions(state.func_ir.blocks)
        return True


@_silently
class Lowering(LoweringPass):
    """From typed IR to LLVM's."""

    _name = "jitkit_lowering"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        """Fill ``state.cr``."""
        flags, context = state.flags, direct.context_of(state.targetctx)
        state.library = library = context.codegen().create_library(state.func_id.func_qualname)
        described = PythonFunctionDescriptor.from_specialized_function(
            state.func_ir, state.typemap, state.return_type, state.calltypes, mangler=_unmangled,
            inline=flags.forceinline, noalias=False, abi_tags=(),
        )  # fmt: skip
        with context.push_code_library(library):
            direct.DirectLower(context, library, described, state.func_ir, metadata=state.metadata).lower()
        # No machine code: only a driver, into which it is inlined, becomes that. In Numba's tables the library stands for it.
        context.insert_func_defn([(direct.implementation(described, library), library, described.argtypes)])
        state.cr = _LowerResult(described, None, cfunc=library, env=None)
        typed_passes.NoPythonBackend().run_pass(state)
        return True


def _unmangled(name: str, kinds: Any, *, abi_tags: Any = (), uid: int | None = None) -> str:
    return name  # of no use where functions are told apart by number
