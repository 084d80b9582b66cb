"""Barriers of a block: bar and barrier, with arrival, counts and reductions; and nanosleep."""

from __future__ import annotations

from ..errors import EmulatorError
from ..records import BarrierMode, Kind
from ..syntax import Instruction
from .body import Body
from .registry import instruction
from .suspension import answer, suspend, widened


@instruction("bar barrier", "sync arrive cta aligned", operands=(1, 2))
def bar(fn: Body, ins: Instruction) -> None:
    """Wait at a barrier, or arrive at it without waiting."""
    mode = BarrierMode.ARRIVE if ins.has("arrive") else BarrierMode.SYNC
    if mode is BarrierMode.ARRIVE and len(ins.operands) != 2:
        raise EmulatorError(f"{ins.text} needs the number of threads", ins.line)
    number = fn.read(ins.operands[0], "i32")
    count = fn.read(ins.operands[1], "i32") if len(ins.operands) == 2 else "0"
    suspend(fn, Kind.BARRIER, mode=int(mode), barrier=number, count=count)


@instruction("bar barrier", "red cta aligned popc and or", ("u32", "pred"), operands=(3, 4))
def reduce(fn: Body, ins: Instruction) -> None:
    """Wait at a barrier and reduce a predicate over all threads."""
    mode = next(BarrierMode[m.upper()] for m in ins.modifiers if m in ("popc", "and", "or"))
    predicate = widened(fn, fn.read(ins.operands[-1], "i1"), "i1")
    number = fn.read(ins.operands[1], "i32")
    count = fn.read(ins.operands[2], "i32") if len(ins.operands) == 4 else "0"
    suspend(fn, Kind.BARRIER, mode=int(mode), barrier=number, count=count, a=predicate)
    kind = "i32" if mode is BarrierMode.POPC else "i1"
    fn.write(ins.operands[0], answer(fn, kind), kind)


@instruction("bar", "warp sync", operands=1)
def warp_sync(fn: Body, ins: Instruction) -> None:
    """Wait for the lanes of a mask."""
    suspend(fn, Kind.WARP_SYNC, mask=fn.read(ins.operands[0], "i32"))


@instruction("nanosleep", types=("u32",), operands=1)
def nanosleep(fn: Body, ins: Instruction) -> None:
    """Let the other threads run."""
    fn.read(ins.operands[0], "i32")
    suspend(fn, Kind.YIELD)
