"""Operations of a warp: shfl, vote, match, redux, activemask, elect."""

from __future__ import annotations

from ..errors import UnsupportedError
from ..records import Kind, MatchMode, ReduxMode, ShuffleMode, VoteMode
from ..syntax import Instruction, Name, Operand, Pair
from ..types import type_of
from .body import Body
from .registry import instruction
from .suspension import answer, flag, suspend, widened


def _targets(ins: Instruction) -> tuple[Operand, Operand]:
    target = ins.operands[0]
    return (target.first, target.second) if isinstance(target, Pair) else (target, Name("_"))


@instruction("shfl", "sync up down bfly idx", ("b32",), operands=5)
def shfl(fn: Body, ins: Instruction) -> None:
    """Read a register of another lane; the predicate says whether that lane was in range."""
    value, lane, clamp, mask = (fn.read(operand, "i32") for operand in ins.operands[1:])
    mode = next(ShuffleMode[m.upper()] for m in ins.modifiers if m.upper() in ShuffleMode.__members__)
    a, b, c = (widened(fn, v, "i32") for v in (value, lane, clamp))
    suspend(fn, Kind.SHUFFLE, mode=int(mode), mask=mask, a=a, b=b, c=c)
    first, second = _targets(ins)
    fn.write(first, answer(fn, "i32"), "i32")
    fn.write(second, flag(fn), "i1")


@instruction("vote", "sync all any uni ballot", ("pred", "b32"), operands=3)
def vote(fn: Body, ins: Instruction) -> None:
    """Gather the predicates of the lanes of a mask."""
    mode = next(VoteMode[m.upper()] for m in ins.modifiers if m.upper() in VoteMode.__members__)
    predicate = widened(fn, fn.read(ins.operands[1], "i1"), "i1")
    suspend(fn, Kind.VOTE, mode=int(mode), mask=fn.read(ins.operands[2], "i32"), a=predicate)
    kind = "i32" if mode is VoteMode.BALLOT else "i1"
    fn.write(ins.operands[0], answer(fn, kind), kind)


@instruction("match", "sync any all", ("b32", "b64"), operands=3)
def match(fn: Body, ins: Instruction) -> None:
    """Find the lanes that hold the same value."""
    kind = type_of(ins).llvm
    mode = MatchMode.ALL if ins.has("all") else MatchMode.ANY
    value = widened(fn, fn.read(ins.operands[1], kind), kind)
    suspend(fn, Kind.MATCH, mode=int(mode), mask=fn.read(ins.operands[2], "i32"), a=value)
    first, second = _targets(ins)
    fn.write(first, answer(fn, "i32"), "i32")
    if isinstance(ins.operands[0], Pair):
        fn.write(second, flag(fn), "i1")


def _redux_mode(ins: Instruction) -> ReduxMode:
    kind = type_of(ins).name.upper()
    which = next(m.upper() for m in ins.modifiers if m in ("add", "min", "max", "and", "or", "xor"))
    extra = ("_ABS" if ins.has("abs") else "") + ("_NAN" if ins.has("NaN") else "")
    for name in (which, f"{which}{extra}_{kind}"):
        if name in ReduxMode.__members__:
            return ReduxMode[name]
    raise UnsupportedError(f"{ins.text} is not emulated", ins.line)


@instruction("redux", "sync add min max and or xor abs NaN", ("s32", "u32", "b32", "f32"), operands=3)
def redux(fn: Body, ins: Instruction) -> None:
    """Reduce a value over the lanes of a mask."""
    value, mask = (fn.read(operand, "i32") for operand in ins.operands[1:])
    suspend(fn, Kind.REDUX, mode=int(_redux_mode(ins)), mask=mask, a=widened(fn, value, "i32"))
    fn.write(ins.operands[0], answer(fn, "i32"), "i32")


@instruction("activemask", types=("b32",), operands=1)
def activemask(fn: Body, ins: Instruction) -> None:
    """Return the lanes that execute this together."""
    suspend(fn, Kind.ACTIVEMASK)
    fn.write(ins.operands[0], answer(fn, "i32"), "i32")


@instruction("elect", "sync", operands=2)
def elect(fn: Body, ins: Instruction) -> None:
    """Choose one lane of a mask."""
    suspend(fn, Kind.ELECT, mask=fn.read(ins.operands[1], "i32"))
    first, second = _targets(ins)
    fn.write(first, answer(fn, "i32"), "i32")
    fn.write(second, flag(fn), "i1")
