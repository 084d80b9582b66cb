"""Checking a launch in the emulator: the code for GPUs, with its accesses and barriers watched.

The emulator stops at the first error. To find the others, the launch runs again on fresh copies with those ignored that
are known: a read that is refused gives 0, and a write is dropped.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jitkit.backends import copies, cuda_launch, emulated_streams, emulation, gpu
from jitkit.backends.cuda_grid import rounded_up
from jitkit.backends.emulated_arrays import EmulatedArray
from jitkit.backends.shared_names import shared_element
from jitkit.emulator.findings import ExecutionError, accesses, coordinates, location
from jitkit.emulator.records import Error, Space
from jitkit.findings import Finding, Report
from jitkit.language import Position
from jitkit.launch.arguments import walk
from jitkit.launch.definition import Call

MOST = 64
"""Errors to look for, each at another line of the PTX."""

Place = tuple[str | None, Position | None]


def check(call: Call, values: tuple[Any, ...]) -> Report:
    """Run a launch on copies of its arguments and return what was found; see `jitkit.checking.check`."""
    gpu.require_compiler(f"{call.kernel.name}.check(backend='cuda')")
    ignored: list[tuple[int, int]] = []
    found: dict[Any, Finding] = {}
    while len(ignored) < MOST:
        error = _first(call, values, tuple(ignored))
        if error is None:
            break
        ignored.append((error.found.kind, error.found.line))
        finding = _finding(call, error)
        found.setdefault((finding.kind, finding.array, finding.filename, finding.lineno), finding)
    space = call.space if call.kernel.group is None else rounded_up(call.space, call.kernel.group)
    return Report(call.kernel.name, space.points, tuple(found.values()))


def _first(call: Call, values: tuple[Any, ...], ignored: tuple[tuple[int, int], ...]) -> ExecutionError | None:
    """Return the first error of a launch on copies that is not ignored."""
    with emulation.request(emulation.Request(always=True, check=True, ignored=ignored)):
        try:
            cuda_launch.run(call, copies.duplicate(call.argument_names, values))
            emulated_streams.synchronize()
        except ExecutionError as error:
            return error
    return None


def _finding(call: Call, error: ExecutionError) -> Finding:
    array, index = _place(call, error)
    other = _other(error)
    items = tuple(_plain(error.grid.work_item(error.block, thread)) for thread in (error.thread, other) if thread)
    program = call.kernel.program
    there = location(error.grid.module.syntax, error.found.size) if error.kind == "barrier-divergence" else None
    return Finding(
        kind=error.kind, array=array, index=index, work_items=items, message=_message(error, array, index, items),
        filename=error.filename or program.filename, lineno=error.lineno or program.lineno,
        other_filename=there and there.filename, other_lineno=there and there.lineno,
    )  # fmt: skip


def _other(error: ExecutionError) -> tuple[int, ...] | None:
    """Return the other thread of a race or of a barrier."""
    number = {"race": error.found.other, "barrier-divergence": error.found.address}.get(error.kind, -1)
    return None if number < 0 else coordinates(number, error.grid.threads)


def _place(call: Call, error: ExecutionError) -> Place:
    """Return the array and the element that an access went to, as far as they are known."""
    found = error.found
    if error.kind == "race" or (error.kind == "out-of-bounds" and found.access >> 8 == Space.SHARED):
        offset = found.address - (0 if error.kind == "race" else found.shared)
        return shared_element(call.kernel.program, error.filename, error.lineno, offset, found.size)
    if Error(found.kind) in (Error.OUT_OF_BOUNDS, Error.MISALIGNED):
        return _nearest(call, error.grid.values, found.address)
    return None, None


def _nearest(call: Call, values: tuple[Any, ...], address: int) -> Place:
    """Return the argument that an address lies next to, and which element it would be."""
    pairs = zip(call.argument_names, values, strict=True)
    arrays = [
        (path, leaf) for pair in pairs for path, leaf in walk(*pair) if isinstance(leaf, EmulatedArray) and leaf.size
    ]
    if not arrays:
        return None, None

    def apart(item: tuple[str, EmulatedArray]) -> int:
        low, high = np.lib.array_utils.byte_bounds(item[1].memory)
        return max(low - address, address - high + 1)

    path, array = min(arrays, key=apart)
    return path, _element(array, address - array.address)


def _element(array: EmulatedArray, offset: int) -> Position | None:
    """Return the index of the element at an offset, in C order; the first index may lie outside."""
    if not array.ndim or not array.memory.flags.c_contiguous:
        return None
    index = []
    for stride in array.strides:
        place, offset = divmod(offset, stride)
        index.append(place)
    return _plain(tuple(index))


def _plain(index: tuple[int, ...]) -> Position:
    return index[0] if len(index) == 1 else index


def _message(error: ExecutionError, array: str | None, index: Position | None, items: tuple[Position, ...]) -> str:
    """Say what happened, with the line of the PTX."""
    where = "memory" if array is None else array if index is None else f"{array}[{str(index).strip('()')}]"
    how = accesses(error.found) or "access"
    told = {
        "out-of-bounds": f"{how} of {where}, which lies outside every array",
        "misaligned": f"{how} of {where} at an address that is no multiple of {error.found.size}",
        "race": f"{how} of {where}, and nothing orders it after the access by {_who(items[1:])}",
        "barrier-divergence": f"waits at a barrier that not all of its group reach: not {_who(items[1:])}",
    }.get(error.kind, error.kind)
    return f"{told}; {_who(items[:1])}, PTX line {error.line}"


def _who(items: tuple[Position, ...]) -> str:
    return f"work-item {items[0]}" if items else "another work-item"
