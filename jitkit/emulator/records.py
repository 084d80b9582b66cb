"""The records that generated code and the executor share: one for each thread, one for each block, one for errors.

A thread is the function ``@emulator.thread`` of a translated entry::

    void @emulator.thread(i32 tid.x, i32 tid.y, i32 tid.z, ptr thread, ptr block, ptr params)   ; it never suspends
    ptr  @emulator.thread(i32 tid.x, i32 tid.y, i32 tid.z, ptr thread, ptr block, ptr params)   ; a coroutine

`params` holds the kernel's parameters at the offsets that PTX's alignment rules give. A thread that never suspends may
share its record with others of the same worker. A coroutine returns its handle, for ``llvm.coro.resume``,
``llvm.coro.done`` and ``llvm.coro.destroy``; its frame lies at ``thread.frame`` (16-byte aligned), and where that is
null the function only writes ``thread.frame_size`` and returns null.

When a thread suspends, ``thread.kind`` says what it waits for, and whoever resumes it has put the answer into
``thread.result`` and ``thread.flag``:

========== ==================================================================================================
kind       operands, and what is answered
========== ==================================================================================================
BARRIER    ``barrier`` and ``count`` (0: all threads of the block), `BarrierMode` in ``mode``; ``a`` is the predicate
           of a reduction, answered in ``result`` (a count, or 0 or 1). ``ARRIVE`` does not wait.
WARP_SYNC  ``mask``; `SyncMode` in ``mode``.
SHUFFLE    ``mask``, `ShuffleMode` in ``mode``, ``a`` the value, ``b`` the lane operand, ``c`` PTX's clamp and segment
           mask; ``result`` the value, ``flag`` whether the source lane was in range.
VOTE       ``mask``, `VoteMode` in ``mode``, ``a`` the predicate; ``result`` 0 or 1, or the ballot.
MATCH      ``mask``, `MatchMode` in ``mode``, ``a`` the value; ``result`` the mask, ``flag`` for `ALL` whether all agree.
REDUX      ``mask``, `ReduxMode` in ``mode``, ``a`` the value; ``result``.
ELECT      ``mask``; ``result`` the leader's lane, ``flag`` whether it is this one.
ACTIVEMASK ``result`` the lanes that wait at the same line.
YIELD      nothing: let the others run first.
EXITED     the thread is at its end.
========== ==================================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

SIZES = {"ptr": 8, "i64": 8, "i32": 4}


class Kind(IntEnum):
    """What a thread waits for."""

    RUNNING = 0
    BARRIER = 1
    WARP_SYNC = 2
    SHUFFLE = 3
    VOTE = 4
    MATCH = 5
    REDUX = 6
    ELECT = 7
    ACTIVEMASK = 8
    YIELD = 9
    EXITED = 10


class BarrierMode(IntEnum):
    """What a thread does at a barrier."""

    SYNC = 0
    ARRIVE = 1
    POPC = 2
    AND = 3
    OR = 4


class SyncMode(IntEnum):
    """Whether lanes that have exited, or that the block lacks, are waited for."""

    PRESENT = 0
    WHOLE = 1


class ShuffleMode(IntEnum):
    """Which lane a shuffle reads."""

    UP = 0
    DOWN = 1
    BFLY = 2
    IDX = 3


class VoteMode(IntEnum):
    """What a vote answers."""

    ALL = 0
    ANY = 1
    UNI = 2
    BALLOT = 3


class MatchMode(IntEnum):
    """Whether a match answers with those that agree with the lane, or whether all agree."""

    ANY = 0
    ALL = 1


class ReduxMode(IntEnum):
    """How a warp's values are reduced; floating-point values are float32, in the low half of ``a``."""

    ADD = 0
    MIN_S32 = 1
    MAX_S32 = 2
    MIN_U32 = 3
    MAX_U32 = 4
    AND = 5
    OR = 6
    XOR = 7
    MIN_F32 = 8
    MAX_F32 = 9
    MIN_ABS_F32 = 10
    MAX_ABS_F32 = 11
    MIN_NAN_F32 = 12
    MAX_NAN_F32 = 13
    MIN_ABS_NAN_F32 = 14
    MAX_ABS_NAN_F32 = 15


class Access(IntEnum):
    """How an access touches memory: one of these, plus ``256 *`` a `Space`."""

    READ = 1
    WRITE = 2
    ATOMIC = 4


class Space(IntEnum):
    """The state space that an access names."""

    GENERIC = 0
    GLOBAL = 1
    SHARED = 2
    LOCAL = 3
    CONST = 4
    PARAM = 5


class Error(IntEnum):
    """What went wrong in a block; the generated code writes the last two, the executor the others."""

    NONE = 0
    OUT_OF_BOUNDS = 1
    MISALIGNED = 2
    DIVERGENT_BARRIER = 3
    RACE = 4
    DEADLOCK = 5
    TRAP = 6
    ASSERTION = 7


@dataclass(frozen=True)
class Record:
    """A C struct with naturally aligned fields.

    Parameters
    ----------
    name : str
        The name of its LLVM type, with the percent sign.
    fields : tuple of (str, str)
        The name and the LLVM type (``i32``, ``i64`` or ``ptr``) of each field.
    """

    name: str
    fields: tuple[tuple[str, str], ...]

    @property
    def llvm(self) -> str:
        """Return the definition of the LLVM type."""
        return f"{self.name} = type {{ {', '.join(kind for _, kind in self.fields)} }}"

    @cached_property
    def offsets(self) -> dict[str, int]:
        """Return the byte offset of each field."""
        offsets, end = {}, 0
        for name, kind in self.fields:
            end = -(-end // SIZES[kind]) * SIZES[kind]
            offsets[name] = end
            end += SIZES[kind]
        return offsets

    @property
    def size(self) -> int:
        """Return the size in bytes, a multiple of 8."""
        name, kind = self.fields[-1]
        return -(-(self.offsets[name] + SIZES[kind]) // 8) * 8

    def index(self, field: str) -> int:
        """Return the position of a field, for ``getelementptr``."""
        return [name for name, _ in self.fields].index(field)

    def type_of(self, field: str) -> str:
        """Return the LLVM type of a field."""
        return dict(self.fields)[field]


def _fields(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, kind) for kind, name in (field.split() for field in text.split(",")))


# `index`, `lane` and `warp` count the threads of a block in x, then y, then z. The generated code keeps the hull of the
# thread's local memory in `local_low` and `local_high`.
THREAD = Record(
    "%emulator.Thread",
    _fields(
        "ptr handle, ptr frame, i64 frame_size, i32 kind, i32 line, i32 mask, i32 barrier, i32 count, i32 mode,"
        "i64 a, i64 b, i64 c, i64 result, i32 flag, i32 index, i32 lane, i32 warp, i64 local_low, i64 local_high,"
        "i32 strikes"
    ),
)

# `ranges` points to `range_count` pairs of i64: the first byte of an array and the one past its last. `shared_size` is
# the static and the dynamic part together; `globals` the module's own variables (see `globals.layout`). `races` and
# `threads` are the executor's. `ignored` points to `ignored_count` pairs of i32, the kind and the line of errors that are
# not reported; `lost` counts the block's threads that were ended because of too many of them (a thread's `strikes`).
BLOCK = Record(
    "%emulator.Block",
    _fields(
        "i32 ctaid.x, i32 ctaid.y, i32 ctaid.z, i32 nctaid.x, i32 nctaid.y, i32 nctaid.z,"
        "i32 ntid.x, i32 ntid.y, i32 ntid.z, i32 shared_size, i32 dynamic_size, i32 thread_count,"
        "ptr shared, ptr globals, i64 globals_size, ptr ranges, i64 range_count, ptr error, ptr threads, ptr races,"
        "i64 gridid, ptr ignored, i64 ignored_count, i32 lost"
    ),
)

# The first error of a launch stays: whoever finds `kind` already set writes nothing. `shared` is the address of the
# block's shared memory; `other` the other thread of a race, -1 where it is not known.
ERROR = Record(
    "%emulator.Error",
    _fields("i32 kind, i32 line, i32 thread, i32 access, i64 block, i64 address, i64 size, i64 shared, i64 other"),
)

# What the generated code calls, and the executor defines, when checks are asked for. A check answers whether the access
# may be made; `address` is that of the host, and `access` an `Access` and 256 times a `Space`.
CHECK = "declare i1 @emulator.check(ptr, ptr, i64, i64, i32, i32) ; thread, block, address, size, line, access"
RACE = "declare void @emulator.race(ptr, ptr, i64, i64, i32, i32) ; thread, block, address, size, line, access"
# Whether a thread ends here whose access was refused: it may never end by itself.
LOST = "declare i1 @emulator.lost(ptr, ptr) ; thread, block"
# Always called with one of the last two kinds of `Error`.
FAIL = "declare void @emulator.fail(ptr, ptr, i32, i32) ; thread, block, error kind, line"
