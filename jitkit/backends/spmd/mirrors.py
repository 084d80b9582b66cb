"""Functions that mirror a matrix in an order of their own, linked into the driver of a kernel that does nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir

from jitkit.backends.known import Body
from jitkit.backends.spmd import mirrored, mirroring, phases, rising
from jitkit.backends.spmd.ir import Function
from jitkit.backends.spmd.rows import link
from jitkit.hashing import blake2b

I64 = ir.IntType(64)
Declared = tuple[Callable[[ir.Module], ir.Function], Callable[[ir.Module], ir.Function]]
"""Declare functions in a module, those of `mirroring.write`: one that stores past the cache, and one that does not."""


def of_groups(context: Any, body: Body, function: Function, group: tuple[int, ...]) -> Declared | None:
    """Link what does the same as a group kernel, or return None for one that does anything but mirror a matrix.

    Parameters
    ----------
    context
        Numba's CPU context; the code goes into its active library.
    body : Body
        The kernel's body.
    function : Function
        What `scalar.point_function` made of it.
    group : tuple of int
        The shape of its groups.
    """
    return _linked(context, body, function, mirrored.by_groups(phases.split_at_barriers(rising.risen(function)), group))


def of_points(context: Any, body: Body, function: Function, ndim: int) -> Declared | None:
    """Link what does the same as a kernel without groups, or return None likewise; `function` is what `rows.point_of` made."""
    return _linked(context, body, function, mirrored.by_points(function, ndim))


def _linked(context: Any, body: Body, function: Function, found: mirrored.Mirrored | None) -> Declared | None:
    if found is None:
        return None
    parameters = [f"{p.type} {p.text}" for p in function.parameters[2:]]
    kinds = [I64] * (5 + 3 * 2) + [context.get_value_type(kind) for kind in body.kinds[2:]]

    def linked(past: bool) -> Callable[[ir.Module], ir.Function]:
        text = mirroring.write(found, parameters, past, "jitkit_mirror")
        name = f"jitkit_mirror_{blake2b(text.encode(), digest_size=10).hexdigest()}"
        link(context, name, text.replace("@jitkit_mirror(", f"@{name}(", 1))
        return lambda target: ir.Function(target, ir.FunctionType(ir.IntType(1), kinds), name)

    return linked(True), linked(False)
