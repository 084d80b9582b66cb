"""Group kernels by vectors: the group function of `group`, linked into the driver and called by its loop over groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from llvmlite import ir

from jitkit.backends.known import Body
from jitkit.backends.spmd import group, group_shape, mirrors, order, plan, scalar
from jitkit.backends.spmd.carrying import Carried
from jitkit.backends.spmd.ir import Function, UnsupportedIRError
from jitkit.backends.spmd.phases import DivergentBarrierError
from jitkit.backends.spmd.rows import link
from jitkit.backends.spmd.shapes import Shapes
from jitkit.hashing import blake2b

I64 = ir.IntType(64)
BYTE = ir.IntType(8).as_pointer()


class Group(NamedTuple):
    """A group function, linked.

    Attributes
    ----------
    declare : callable
        Declares it in a module.
    fastest : int
        The axis along which groups follow one another.
    carried : Carried or None
        The rows that it stores past the cache, if it is given memory for their ends.
    declare_end : callable
        Declares what stores the ends that are left there.
    mirror : tuple of callable or None
        Declare what does the same for a matrix in an order of its own, where the kernel only mirrors one.
    """

    declare: Callable[[ir.Module], ir.Function]
    fastest: int
    carried: Carried | None
    declare_end: Callable[[ir.Module], ir.Function]
    mirror: mirrors.Declared | None


def group_function(context: Any, body: Body, shape: tuple[int, ...], unit_step: bool) -> Group:
    """Return a kernel's group function.

    It takes ``(group indices, starts, steps, arguments)``, and behind them, if it carries rows, memory for their ends, or
    null to store them plainly.

    Parameters
    ----------
    context
        Numba's CPU context; the code goes into its active library.
    body : Body
        The kernel's body.
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
    function = scalar.point_function(context, body, shape)
    try:
        text, fastest, carried = _written(function, shape, unit_step)
    except DivergentBarrierError:  # so may LLVM have made it
        function = scalar.point_function(context, body, shape, marked=True)
        text, fastest, carried = _written(function, shape, unit_step)
    name = f"jitkit_group_{blake2b(text.encode(), digest_size=10).hexdigest()}"
    link(context, name, text.replace("@jitkit_group(", f"@{name}(", 1).replace("@jitkit_group_end(", f"@{name}_end("))
    arguments = [context.get_value_type(kind) for kind in body.kinds]
    kinds = [I64] * (3 * len(shape)) + arguments + ([] if carried is None else [BYTE, *[I64] * len(shape)])
    return Group(
        lambda target: ir.Function(target, ir.FunctionType(ir.VoidType(), kinds), name),
        fastest,
        carried,
        lambda target: ir.Function(target, ir.FunctionType(ir.VoidType(), [BYTE]), f"{name}_end"),
        mirrors.of_groups(context, body, function, shape),
    )


def _written(function: Function, shape: tuple[int, ...], unit_step: bool) -> tuple[str, int, Carried | None]:
    """Return a group function's text with its constants, the axis along which groups follow, and the rows it carries."""
    shapes = Shapes(function, group_shape.roots(function, shape, 1 if unit_step else None))
    fastest = order.fastest(function, shapes, len(shape))
    text, carried = _text(function, shapes, shape, unit_step, fastest)
    return "\n".join([*function.constants(text), text]), fastest, carried


def _text(
    function: Function, shapes: Shapes, shape: tuple[int, ...], unit_step: bool, fastest: int
) -> tuple[str, Carried | None]:
    try:
        lanes = group_shape.fitting(shape, plan.lanes(function, shapes), fastest)
        writer = group.GroupWriter(function, lanes, unit_step)
        return writer.write("jitkit_group"), writer.carried
    except UnsupportedIRError:
        # One work-item at a time takes what vectors do not, private memory of mixed types for one.
        writer = group.GroupWriter(function, group_shape.Shape(shape, 1, fastest), unit_step)
        return writer.write("jitkit_group"), writer.carried
