"""The passes that rewritten code needs of Numba's compiler.

Numba's own pipeline also looks for closures, comprehensions, `with` blocks, overloads, generators and array expressions,
and works out how long variables live after every pass. A kernel has none of these, and nothing is released when a variable
ends. The code that comes out is the same.
"""

from __future__ import annotations

from typing import Any

from numba.core import analysis, interpreter, ir, ir_utils, transforms, typed_passes, untyped_passes
from numba.core.compiler import CompilerBase, _LowerResult
from numba.core.compiler_machinery import FunctionPass, LoweringPass, PassManager, register_pass
from numba.core.funcdesc import PythonFunctionDescriptor
from numba.core.rewrites.static_getitem import RewriteConstGetitems, RewriteConstSetitems

from jitkit.backends import direct, single_assignment


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
        _leave_caches_out(state.bc.table)
        state.func_ir = function = _Interpreter(state.func_id).interpret(state.bc)
        untyped_passes.FixupArgs().run_pass(state)
        function.blocks = transforms.canonicalize_cfg(function.blocks)
        analysis.dead_branch_prune(function, state.args)
        _name_constant_items(state)
        function.blocks = transforms.canonicalize_cfg(function.blocks)
        for block in function.blocks.values():
            _branch_on_truth(block)
        single_assignment.reconstruct(function.blocks)
        function._definitions = ir_utils.build_definitions(function.blocks)
        return True


class _Interpreter(interpreter.Interpreter):
    """What reads bytecode."""

    def post_process(self, peepholes: list[Any], func_ir: Any) -> Any:
        """Join what stars put together; Numba looks for ``with``, ``try`` and dictionaries too, which no kernel has."""
        return super().post_process([item for item in peepholes if item in _OF_STARS], func_ir)


_OF_STARS = interpreter.peep_hole_list_to_tuple, interpreter.peep_hole_call_function_ex_to_call_function_kw


def _name_constant_items(state: Any) -> None:
    """Let what stands at a constant place of a tuple, or in a field of a record, have a type of its own."""
    blocks = state.func_ir.blocks
    for rewrite in (RewriteConstGetitems(state), RewriteConstSetitems(state)):
        for label, block in blocks.items():
            if rewrite.match(state.func_ir, block, None, None):
                blocks[label] = rewrite.apply()


def _branch_on_truth(block: Any) -> None:
    """Let a branch read its condition itself: it is a truth value already, of which Numba's reading made one by ``bool``."""
    branch = block.terminator
    if not isinstance(branch, ir.Branch):
        return
    made = {item.target.name: item for item in block.find_insts(ir.Assign)}
    call = made.get(branch.cond.name)
    if call is not None and isinstance(call.value, ir.Expr) and call.value.op == "call":
        named = made.get(call.value.func.name)
        if named is not None and isinstance(named.value, ir.Global) and named.value.value is bool:
            branch.cond = call.value.args[0]
            block.remove(call)
            block.remove(named)


def _leave_caches_out(table: dict[int, Any]) -> None:
    """Let bytecode go on behind the places where Python 3.11 keeps its caches; Numba takes these for instructions.

    They are half of all, and none follows a jump, whose target counts from where it ends.
    """
    behind: dict[int, int] = {}
    for offset, instruction in reversed(list(table.items())):
        following = behind.get(instruction.next, instruction.next)
        if instruction.opname == "CACHE":
            behind[offset] = following
            del table[offset]
        elif following != instruction.next:
            instruction.next = following


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
