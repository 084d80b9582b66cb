"""From Numba's code of a kernel's body to the scalar SSA form that is widened: inlined, simplified, loops canonical."""

from __future__ import annotations

import functools
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir

from jitkit.backends import optimising
from jitkit.backends.known import Body
from jitkit.backends.lowering import target
from jitkit.backends.spmd import group_shape, leaving, meetings, phases, reader, unrolling
from jitkit.backends.spmd.graph import reverse_postorder
from jitkit.backends.spmd.ir import Function
from jitkit.backends.spmd.shapes import Shapes, graph_of

POINT = "jk.point"
# A loop that clears or copies an array stays a loop: lanes part in it as in others, and not in a call.
_NO_CALLS = '"no-builtin-memset" "no-builtin-memcpy" "no-builtin-memmove"'


@functools.cache
def _machine() -> Any:
    # No particular CPU: with one, LLVM would unroll loops for its buffers; loops of constant length unroll all the same. But
    # where the CPU counts bits by an instruction, loops that clear one bit a turn become that: 0.2 of the time.
    counts = "+popcnt" if "popcnt" in target.features() else ""
    return llvm.Target.from_default_triple().create_target_machine(cpu="generic", features=counts)


def point_function(context: Any, body: Body, group: tuple[int, ...] = (), marked: bool = False) -> Function:
    """Return a compiled body as one optimised scalar function of its indices and arguments.

    Parameters
    ----------
    context
        Numba's CPU context.
    body : Body
        The kernel's body, its library unlinked.
    group : tuple of int
        The shape of a group kernel's groups: local indices lie below it.
    marked : bool
        Whether LLVM is kept from leading work-items past the places where their ways meet.

    Raises
    ------
    UnsupportedIRError
        For code that the vectoriser has no meaning for.
    """
    module = llvm.parse_assembly(str(_caller(context, body)).replace(")\n{", f") {_NO_CALLS}\n{{", 1))
    module.link_in(body.library._get_module_for_linking(), preserve=True)
    for function in module.functions:
        if not function.is_declaration and function.name != POINT:
            function.linkage = "internal"
            function.add_function_attribute("alwaysinline")  # a barrier in a helper is a barrier of the kernel
    if group:
        module = _with_ranges(module, group)
    _inline(module)
    if marked:
        module = llvm.parse_assembly(meetings.marked(str(module), POINT))
    _optimise(module)
    if marked:
        module = llvm.parse_assembly(meetings.unmarked(str(module)))
    function = reader.read(str(module), POINT)
    if group and (loops := unrolling.unrollable(function, Shapes(function, group_shape.roots(function, group, None)))):
        module = llvm.parse_assembly(unrolling.marked(str(module), function, loops))
        _unroll(module, len(loops))
        module = llvm.parse_assembly(unrolling.unmarked(str(module)))
        _optimise(module)
        unrolled = reader.read(str(module), POINT)
        order = reverse_postorder(graph_of(unrolled), unrolled.entry)
        unrolled.blocks = {name: unrolled.blocks[name] for name in order}  # the turns of a loop stand in any order
        return unrolled if _meets_barriers(unrolled, group) else function
    return leaving.cut(function)


def _meets_barriers(function: Function, group: tuple[int, ...]) -> bool:
    """Tell whether whole groups still come to each barrier: LLVM may join turns of a loop where lanes part."""
    parts = phases.split_at_barriers(function)
    try:
        phases.refuse_divergent(Shapes(parts, group_shape.varying(parts, group)))
    except phases.DivergentBarrierError:
        return False
    return True


def _with_ranges(module: Any, group: tuple[int, ...]) -> Any:
    text = str(module)
    for axis, extent in enumerate(group):
        name = f"@jk.local_index.{axis}("
        text = text.replace(f"declare i64 {name}", f"declare range(i64 0, {extent}) i64 {name}")
    return llvm.parse_assembly(text)


def _caller(context: Any, body: Body) -> ir.Module:
    module = ir.Module(POINT)
    module.triple, module.data_layout = llvm.get_process_triple(), context.codegen()._data_layout
    types = [context.get_value_type(kind) for kind in body.kinds]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), types), POINT)
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    body.call(context, builder, function.args)
    builder.ret_void()
    return module


def _unroll(module: Any, depth: int) -> None:
    """Unroll marked loops, the outer ones of at most `depth` before the inner ones whose counts hang on them."""
    # By itself: LLVM's whole pipeline would print a warning for each loop that it cannot count.
    passes = llvm.create_new_module_pass_manager()
    for _ in range(depth):
        passes.add_loop_simplify_pass()
        passes.add_lcssa_pass()
        passes.add_loop_unroll_pass()
        passes.add_sccp_pass()
        passes.add_simplify_cfg_pass()
    optimising.run(passes, module, llvm.create_pass_builder(_machine(), llvm.create_pipeline_tuning_options(2)))


def _inline(module: Any) -> None:
    passes = llvm.create_new_module_pass_manager()
    passes.add_always_inliner_pass()
    optimising.run(passes, module, llvm.create_pass_builder(_machine(), llvm.create_pipeline_tuning_options(2)))


def _optimise(module: Any) -> None:
    options = llvm.create_pipeline_tuning_options(2)
    options.loop_vectorization = options.slp_vectorization = options.loop_interleaving = False
    builder = llvm.create_pass_builder(_machine(), options)
    optimising.run(builder.getModulePassManager(), module, builder)
    canonical = llvm.create_new_module_pass_manager()
    canonical.add_lower_switch_pass()
    canonical.add_unify_function_exit_nodes_pass()
    canonical.add_loop_simplify_pass()
    canonical.add_lcssa_pass()
    canonical.add_instruction_namer_pass()
    optimising.run(canonical, module, builder)
