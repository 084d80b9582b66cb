"""Plain kernels by vectors: the row function of `plain` or `streaming`, linked into the driver and called by its loop nest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core import types

from jitkit.backends.known import Body
from jitkit.backends.spmd import plain, plan, scalar, streaming, tables, turns, wrapping
from jitkit.backends.spmd.flattening import flattened
from jitkit.backends.spmd.graph import loops
from jitkit.backends.spmd.hoisting import hoisted
from jitkit.backends.spmd.ir import Function, UnsupportedIRError
from jitkit.backends.spmd.memory import LINE
from jitkit.backends.spmd.shapes import Shapes, graph_of, size_of
from jitkit.backends.unlinked import unlinked
from jitkit.hashing import blake2b

I64 = ir.IntType(64)


class Row(NamedTuple):
    """A row function, linked.

    Attributes
    ----------
    declare : callable
        Declares it in a module.
    lanes : int
        The points of a vector.
    streamed : int
        The bytes of each result that a point writes past the cache, if it does so, else 0.
    results : int
        How many results it writes so.
    together : bool
        Whether each point reads several rows of an array then.
    loads : int
        How many elements a point loads.
    """

    declare: Callable[[ir.Module], ir.Function]
    lanes: int
    streamed: int
    results: int
    together: bool
    loads: int


class TableRow(NamedTuple):
    """A row function for arrays that are a thread's own, linked.

    Attributes
    ----------
    declare : callable
        Declares it in a module.
    tables : list of Table
        These arrays.
    loops : bool
        Whether a point may update any number of elements.
    """

    declare: Callable[[ir.Module], ir.Function]
    tables: list[tables.Table]
    loops: bool


def point_of(context: Any, body: Body) -> Function | None:
    """Return a body as one scalar function, or None where it has something that is not understood.

    Parameters
    ----------
    context
        Numba's CPU context; the code goes into its active library.
    body : Body
        The kernel's body.
    """
    try:
        return scalar.point_function(context, body)
    except UnsupportedIRError:
        return None


def by_vectors(context: Any, body: Body, function: Function, ndim: int, unit_step: bool, fastmath: bool) -> Row | None:
    """Return a kernel's row function, or None where points are better run one by one.

    Parameters
    ----------
    context
        Numba's CPU context; the code goes into its active library.
    body : Body
        The kernel's body.
    function : Function
        What `point_of` made of it.
    ndim : int
        Dimensions of the space; the last index runs along the lanes.
    unit_step : bool
        Whether the last index advances by one.
    fastmath : bool
        Whether LLVM may reassociate sums, and so widen innermost loops by itself.
    """
    index = function.parameters[ndim - 1].text
    if not function.uses(index):  # the only place along it: each point stands for a piece of work of its own
        return None
    if plan.registers_are_many():
        function = turns.carried(function)
    try:
        roots = {index: 1 if unit_step else None}
        shapes = Shapes(function, roots)
        if (flat := flattened(function, shapes)) is not function:
            function, shapes = flat, Shapes(flat, roots)
        if (early := hoisted(function, shapes)) is not function:
            function, shapes = early, Shapes(early, roots)
        stores = streaming.written(function, shapes)
        together = streaming.reads_several_rows(function, shapes)
        loads = sum(item.op == "load" for item in function.blocks[function.entry].code)
        if stores:
            in_turn = together and ndim > 2
            streamed, lanes = size_of(stores[0].accessed), LINE // size_of(stores[0].accessed)
            text = streaming.row(function, shapes, index, stores, in_turn, "jitkit_row")
        elif plan.worthwhile(function, shapes, fastmath):
            streamed, lanes = 0, plan.lanes(function, shapes)
            text = plain.row(function, shapes, index, unit_step, lanes, "jitkit_row")
        else:
            return None
    except UnsupportedIRError:
        return None
    linked = _linked(context, body, function, text, 6 if stores else 4)
    return Row(linked, lanes, streamed, len(stores), together, loads)


def has_loops(function: Function) -> bool:
    """Tell whether a point is a loop, and may be any amount of work."""
    return bool(loops(graph_of(function), function.entry))


class Interior(NamedTuple):
    """A row function for the points between the ends of a row, linked.

    Attributes
    ----------
    declare : callable
        Declares it in a module.
    first : int or None
        The first index for which it may be called.
    ends : list of End
        What the indices are below for which it may be called.
    """

    declare: Callable[[ir.Module], ir.Function]
    first: int | None
    ends: list[wrapping.End]


def interior(context: Any, body: Body, function: Function, ndim: int, fastmath: bool) -> Interior | None:
    """Return the row function of points between the ends of a row, or None where the points at the ends are like all.

    The parameters are those of `by_vectors`; the last index advances by one.
    """
    index = function.parameters[ndim - 1].text
    try:
        found = wrapping.interior(function, index)
        if found is None or any(end.parameter < ndim for end in found.ends):
            return None
        shapes, lanes = Shapes(found.function, {index: 1}), 1
        if plan.worthwhile(found.function, shapes, fastmath):
            lanes = plan.lanes(found.function, shapes)
        else:
            shapes = Shapes(found.function, {index: 0}, alone=True)
        text = plain.row(found.function, shapes, index, True, lanes, "jitkit_row")
    except UnsupportedIRError:
        return None
    return Interior(_linked(context, body, found.function, text), found.first, found.ends)


def by_tables(
    context: Any, body: Body, function: Function, ndim: int, unit_step: bool, fastmath: bool
) -> TableRow | None:
    """Return the row function that updates arrays as if no other thread did, or None where a kernel has no such arrays.

    The parameters are those of `by_vectors`.
    """
    kinds = body.kinds

    def flat(place: int) -> bool:
        kind = kinds[place]
        return isinstance(kind, types.Array) and kind.layout in "CF" and kind.mutable

    index = function.parameters[ndim - 1].text
    try:
        found = tables.find(function, flat)
        if not found.tables or not function.uses(index):
            return None
        text = tables.row(function, found, index, unit_step, fastmath, "jitkit_row")
        loops = bool(Shapes(function, {}).loop)
    except UnsupportedIRError:
        return None
    return TableRow(_linked(context, body, function, text), found.tables, loops)


def _linked(
    context: Any, body: Body, function: Function, text: str, numbers: int = 4
) -> Callable[[ir.Module], ir.Function]:
    """Link a row function, whose first parameters are so many numbers of points; return what declares it in a module."""
    text = "\n".join([*function.constants(text), text])
    # In one process all symbols share a name space.
    name = f"jitkit_row_{blake2b(text.encode(), digest_size=10).hexdigest()}"
    link(context, name, text.replace("@jitkit_row(", f"@{name}(", 1))
    kinds = [I64] * numbers + [context.get_value_type(kind) for kind in body.kinds]
    signature = ir.FunctionType(ir.VoidType(), kinds)
    return lambda target: ir.Function(target, signature, name)


def link(context: Any, name: str, text: str) -> None:
    """Link the text of a module into the code library that Numba is at work on."""
    layout = f'target datalayout = "{context.codegen()._data_layout}"\ntarget triple = "{llvm.get_process_triple()}"\n'
    module = llvm.parse_assembly(layout + text)
    module.verify()
    with unlinked(context.codegen()):
        library = context.codegen().create_library(name)
    library.add_llvm_module(module)
    library.finalize()
    context.active_code_library.add_linking_library(library)
