"""What a launch found wrong, in words: where in the grid, in the PTX and in its source."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING, Any, NoReturn

from .errors import EmulatorError
from .records import Access, Error, Space
from .syntax import Instruction

if TYPE_CHECKING:
    from .executor import Extent, Finding, Grid
    from .syntax import Location, Module

KINDS = {
    Error.OUT_OF_BOUNDS: "out-of-bounds",
    Error.MISALIGNED: "misaligned",
    Error.DIVERGENT_BARRIER: "barrier-divergence",
    Error.RACE: "race",
    Error.DEADLOCK: "deadlock",
    Error.TRAP: "trap",
    Error.ASSERTION: "assertion",
}


class ExecutionError(EmulatorError):
    """Something that a kernel did wrong.

    Attributes
    ----------
    kind : str
        ``"out-of-bounds"``, ``"misaligned"``, ``"barrier-divergence"``, ``"race"``, ``"deadlock"``, ``"trap"`` or
        ``"assertion"``.
    line : int
        The line of the PTX text.
    block, thread : tuple of int
        Where in the grid, x first.
    filename : str or None
        The source file, where ``.loc`` names it.
    lineno : int or None
        The line there.
    found : Finding
        The record that the launch left.
    grid : object
        What the backend that launched adds.
    """

    grid: Any = None

    def __init__(self, message: str, found: Finding, place: tuple[Extent, Extent], source: Location | None) -> None:
        super().__init__(message, found.line)
        self.found, (self.block, self.thread) = found, place
        self.kind = KINDS[Error(found.kind)]
        self.filename = source.filename if source else None
        self.lineno = source.lineno if source else None


def raise_for(module: Module, name: str, grid: Grid, found: Finding) -> NoReturn:
    """Raise what a launch found."""
    kind = Error(found.kind)
    place = coordinates(found.block, grid.blocks), coordinates(found.thread, grid.threads)
    source = location(module, found.line)
    where = f" ({source.filename}, line {source.lineno})" if source else ""
    message = f"{name}{where}: {_what(kind, grid, found)}; thread {place[1]} of block {place[0]}"
    raise ExecutionError(message, found, place, source)


def coordinates(number: int, extent: Extent) -> Extent:
    """Return x, y and z of a block or a thread by its number."""
    rest, x = divmod(number, extent[0])
    z, y = divmod(rest, extent[1])
    return x, y, z


def location(module: Module, line: int) -> Location | None:
    """Return where the source of a PTX line stands, if the text says so."""
    for function in module.functions.values():
        for statement in function.body or ():
            if isinstance(statement, Instruction) and statement.line == line:
                return statement.loc
    return None


def _what(kind: Error, grid: Grid, found: Finding) -> str:
    if kind is Error.OUT_OF_BOUNDS:
        return f"{_access(found)} at {_address(grid, found)}"
    if kind is Error.MISALIGNED:
        return f"{_access(found)} at address {found.address:#x}, which is no multiple of {found.size}"
    if kind is Error.RACE:
        return (
            f"{_access(found)} at byte {found.address} races with another thread's: a barrier is missing between them"
        )
    if kind is Error.DIVERGENT_BARRIER:
        return f"waits at a barrier that not every thread of the block reaches: {_elsewhere(grid, found)}"
    if kind is Error.DEADLOCK:
        return f"waits for lanes of its warp that never come: {_elsewhere(grid, found)}"
    return "trap" if kind is Error.TRAP else "a device-side assertion failed"


def accesses(found: Finding) -> str:
    """Return how memory was touched: "read", "write", "atomic access"."""
    how = {Access.READ: "read", Access.WRITE: "write", Access.ATOMIC: "atomic access"}
    return " and ".join(how[part] for part in Access if found.access & 255 & part)


def _access(found: Finding) -> str:
    space = Space(found.access >> 8)
    memory = "" if space is Space.GENERIC else f" of {space.name.lower()} memory"
    return f"{accesses(found)}{memory} of {found.size} bytes"


def _address(grid: Grid, found: Finding) -> str:
    """Describe an address by the array that it lies next to."""
    space = Space(found.access >> 8)
    if space is Space.SHARED:
        return f"address {found.address:#x}, outside the block's shared memory ({grid.dynamic} bytes of it dynamic)"
    at = bisect.bisect_right(grid.ranges, (found.address, 2**63))
    near = [pair for pair in grid.ranges[max(0, at - 1) : at + 1]]
    if not near:
        return f"address {found.address:#x}, and no array was passed in"

    def apart(pair: tuple[int, int]) -> int:
        return max(pair[0] - found.address, found.address - pair[1] + 1)

    low, high = min(near, key=apart)
    return f"byte {found.address - low} of an array of {high - low} bytes, the nearest that was passed in"


def _elsewhere(grid: Grid, found: Finding) -> str:
    if found.address < 0:
        return "all that are left wait here, and others have exited or are named that do not exist"
    thread = coordinates(found.address, grid.threads)
    return f"thread {thread} {f'waits at PTX line {found.size}' if found.size else 'has exited'}"
