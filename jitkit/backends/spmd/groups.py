"""Group kernels by vectors: the group function of `group`, linked into the driver and called by its loop over groups."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from llvmlite import ir

from jitkit.backends.spmd import group, group_shape, plan, scalar
from jitkit.backends.spmd.ir import Function, UnsupportedIRError
from jitkit.backends.spmd.rows import link
from jitkit.backends.spmd.shapes import Shapes

I64 = ir.IntType(64)


def group_function(
    context: Any, compiled: Any, shape: tuple[int, ...], unit_step: bool
) -> Callable[[ir.Module], ir.Function]:
    """Return what declares a kernel's group function in a module: ``(group indices, starts, steps, arguments)``.

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
    function = scalar.point_function(context, compiled, shape)
    text = _text(function, shape, unit_step)
    text = "\n".join([*function.constants(text), text])
    name = f"jitkit_group_{hashlib.blake2b(text.encode(), digest_size=10).hexdigest()}"
    link(context, name, text.replace("@jitkit_group(", f"@{name}(", 1))
    arguments = [context.get_value_type(kind) for kind in compiled.signature.args]
    kinds = [I64] * (3 * len(shape)) + arguments
    return lambda target: ir.Function(target, ir.FunctionType(ir.VoidType(), kinds), name)


def _text(function: Function, shape: tuple[int, ...], unit_step: bool) -> str:
    try:
        shapes = Shapes(function, group_shape.roots(function, shape, 1 if unit_step else None))
        lanes = group_shape.fitting(shape, plan.lanes(function, shapes))
        return group.GroupWriter(function, lanes, unit_step).write("jitkit_group")
    except UnsupportedIRError:
        # One work-item at a time takes what vectors do not, private memory of mixed types for one.
        return group.GroupWriter(function, group_shape.Shape(shape, 1), unit_step).write("jitkit_group")
