"""Group kernels by vectors: the group function of `group`, linked into the driver and called by its loop over groups."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from llvmlite import ir

from jitkit.backends.spmd import group, group_shape, order, plan, scalar
from jitkit.backends.spmd.ir import Function, UnsupportedIRError
from jitkit.backends.spmd.phases import DivergentBarrierError
from jitkit.backends.spmd.rows import link
from jitkit.backends.spmd.shapes import Shapes

I64 = ir.IntType(64)


def group_function(
    context: Any, compiled: Any, shape: tuple[int, ...], unit_step: bool
) -> tuple[Callable[[ir.Module], ir.Function], int]:
    """Return what declares a kernel's group function in a module, and the axis along which groups follow one another.

    The function takes ``(group indices, starts, steps, arguments)``.

    Parameters
    ----------
    context
        Numba's CPU context; the code goes into its active library.
    compiled
        The body's compile result.
    shape : tuple of int
        The group's shape.
    unit_step : bool
        Whether the last index advances by one.

    Raises
    ------
    DivergentBarrierError
        Where a barrier may be reached by part of a group.
    UnsupportedIRError
        Where the code cannot be cut at its barriers.
    """
    try:
        text, fastest = _written(scalar.point_function(context, compiled, shape), shape, unit_step)
    except DivergentBarrierError:  # so may LLVM have made it
        text, fastest = _written(scalar.point_function(context, compiled, shape, marked=True), shape, unit_step)
    name = f"jitkit_group_{hashlib.blake2b(text.encode(), digest_size=10).hexdigest()}"
    link(context, name, text.replace("@jitkit_group(", f"@{name}(", 1))
    arguments = [context.get_value_type(kind) for kind in compiled.signature.args]
    kinds = [I64] * (3 * len(shape)) + arguments
    return lambda target: ir.Function(target, ir.FunctionType(ir.VoidType(), kinds), name), fastest


def _written(function: Function, shape: tuple[int, ...], unit_step: bool) -> tuple[str, int]:
    """Return a group function's text, with the constants that it reads, and the axis along which groups follow."""
    shapes = Shapes(function, group_shape.roots(function, shape, 1 if unit_step else None))
    fastest = order.fastest(function, shapes, len(shape))
    text = _text(function, shapes, shape, unit_step, fastest)
    return "\n".join([*function.constants(text), text]), fastest


def _text(function: Function, shapes: Shapes, shape: tuple[int, ...], unit_step: bool, fastest: int) -> str:
    try:
        lanes = group_shape.fitting(shape, plan.lanes(function, shapes), fastest)
        return group.GroupWriter(function, lanes, unit_step).write("jitkit_group")
    except UnsupportedIRError:
        # One work-item at a time takes what vectors do not, private memory of mixed types for one.
        return group.GroupWriter(function, group_shape.Shape(shape, 1, fastest), unit_step).write("jitkit_group")
