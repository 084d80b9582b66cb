"""Compiling a translated entry for this machine, and running a grid of it: blocks in parallel over the cores."""

from __future__ import annotations

import ctypes
import functools
import math
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import llvmlite.binding as llvm

from jitkit.backends import machine, pool

from . import assembly
from .kept import kept
from .records import BLOCK, ERROR, THREAD, Record

if TYPE_CHECKING:
    from .translated import Translation

Extent = tuple[int, int, int]
_RUN = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)
_FORMATS = {"ptr": "q", "i64": "q", "i32": "i"}


class Finding(NamedTuple):
    """The record of the first error of a launch; see `records.ERROR`."""

    kind: int
    line: int
    thread: int
    access: int
    block: int
    address: int
    size: int
    shared: int
    other: int


@dataclass(frozen=True)
class Grid:
    """What one launch runs.

    Attributes
    ----------
    blocks, threads : tuple of int
        The grid's size in blocks, and a block's in threads, along x, y and z.
    params : bytes
        The parameters, laid out as PTX has them.
    dynamic : int
        Bytes of dynamic shared memory.
    ranges : sequence of (int, int)
        The first byte of each array and the one past its last, sorted; for bounds checks.
    variables : tuple of int
        Address and size of the module's variables.
    strict : bool
        Whether a thread that has exited keeps a barrier closed.
    races : bool
        Whether the code was translated with calls that look for races.
    ignored : sequence of (int, int)
        Kinds of errors (`records.Error`) and lines of the PTX where they are not reported.
    """

    blocks: Extent
    threads: Extent
    params: bytes
    dynamic: int = 0
    ranges: Sequence[tuple[int, int]] = ()
    variables: tuple[int, int] = (0, 0)
    strict: bool = True
    races: bool = False
    ignored: Sequence[tuple[int, int]] = ()


@dataclass
class Program:
    """An entry compiled for this machine.

    Attributes
    ----------
    translation : Translation
        What was compiled.
    run : int
        The address of ``void run(i64 begin, i64 end, ptr launch)``.
    thread : int
        The address of a thread's coroutine, 0 where threads do not suspend.
    frame_size : int
        Bytes of its frame.
    """

    translation: Translation
    run: int
    thread: int
    frame_size: int
    engine: Any = field(repr=False)


def compile_entry(translation: Translation) -> bytes:
    """Return the machine code of a translated entry, an object file."""
    driver = None if translation.suspends else assembly.plain(translation.parameter_size)
    return machine.compiled(translation.llvm, driver)


def load(translation: Translation, code: bytes) -> Program:
    """Load the machine code of an entry."""
    runtime, engine = _runtime(), machine.loaded(code)
    if not translation.suspends:
        return Program(translation, engine.get_function_address("emulator.run"), 0, 0, engine)
    thread = engine.get_function_address("emulator.thread")
    return Program(translation, runtime.get_function_address("emulator.run"), thread, _frame_size(thread), engine)


@functools.cache
def _runtime() -> llvm.ExecutionEngine:
    """Load what all entries share, once."""
    text = assembly.runtime()
    engine = machine.loaded(kept("runtime", "emulator", lambda: machine.compiled(text), text))
    for name in ("check", "lost", "race", "fail"):
        llvm.add_symbol(f"emulator.{name}", engine.get_function_address(f"emulator.{name}"))
    return engine


def _frame_size(thread: int) -> int:
    """Return the bytes of a coroutine's frame, which it tells where it is given none."""
    record, block = ctypes.create_string_buffer(THREAD.size), ctypes.create_string_buffer(BLOCK.size)
    place, pointer = ctypes.c_int32, ctypes.c_void_p
    ctypes.CFUNCTYPE(pointer, place, place, place, pointer, pointer, pointer)(thread)(
        0, 0, 0, ctypes.addressof(record), ctypes.addressof(block), None
    )
    size: int = struct.unpack_from("q", record, THREAD.offsets["frame_size"])[0]
    return -(-size // 64) * 64


def execute(program: Program, grid: Grid) -> Finding | None:
    """Run a grid; return the first error found, or None."""
    blocks = math.prod(grid.blocks)
    if not blocks:
        return None
    launch, error, alive = _launch(program, grid)
    if pool.available():
        _parallel()(program.run, ctypes.addressof(launch), blocks, pool.ready())
    else:
        _RUN(program.run)(0, blocks, ctypes.addressof(launch))
    del alive
    found = Finding(*struct.unpack_from("iiiiqqqqq", error))
    return found if found.kind else None


@functools.cache
def _parallel() -> Any:
    signature = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
    return signature(pool.parallel_for_address())


_gridids = iter(range(1, 2**62))
_gridid_lock = threading.Lock()


def _launch(program: Program, grid: Grid) -> tuple[Any, Any, list[Any]]:
    """Return the launch's record, its error record, and what must live until the launch is over."""
    error = ctypes.create_string_buffer(ERROR.size)
    params = ctypes.create_string_buffer(grid.params, max(len(grid.params), 8))
    pairs = [bound for pair in grid.ranges for bound in pair]
    ranges = (ctypes.c_int64 * max(len(pairs), 1))(*pairs)
    numbers = [number for pair in grid.ignored for number in pair]
    ignored = (ctypes.c_int32 * max(len(numbers), 1))(*numbers)
    with _gridid_lock:
        gridid = next(_gridids)
    values = dict(zip(("ctaid.x", "ctaid.y", "ctaid.z"), (0, 0, 0), strict=True))
    values |= dict(zip(("nctaid.x", "nctaid.y", "nctaid.z"), grid.blocks, strict=True))
    values |= dict(zip(("ntid.x", "ntid.y", "ntid.z"), grid.threads, strict=True))
    values |= {
        "shared_size": program.translation.shared_static + grid.dynamic,
        "dynamic_size": grid.dynamic,
        "thread_count": math.prod(grid.threads),
        "globals": grid.variables[0],
        "globals_size": grid.variables[1],
        "ranges": ctypes.addressof(ranges),
        "range_count": len(grid.ranges),
        "error": ctypes.addressof(error),
        "gridid": gridid,
        "ignored": ctypes.addressof(ignored),
        "ignored_count": len(grid.ignored),
    }
    block = _packed(BLOCK, values)
    launch = _packed(
        assembly.LAUNCH,
        {
            "params": ctypes.addressof(params),
            "block": ctypes.addressof(block),
            "thread": program.thread,
            "frame_size": program.frame_size,
            "strict": int(grid.strict),
            "races": int(grid.races),
            "flushing": int(program.translation.flushing),
        },
    )
    return launch, error, [params, ranges, ignored, block]


def _packed(record: Record, values: dict[str, int]) -> Any:
    """Return a record's bytes; fields not named are 0."""
    buffer = ctypes.create_string_buffer(record.size)
    for name, kind in record.fields:
        struct.pack_into(_FORMATS[kind], buffer, record.offsets[name], values.get(name, 0))
    return buffer
