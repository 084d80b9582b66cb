"""Branches, and the end of a thread: bra, brx.idx, ret, exit, trap."""

from __future__ import annotations

from .. import records
from ..errors import EmulatorError
from ..syntax import Instruction, Name
from .body import Body
from .registry import instruction


def _name(ins: Instruction, at: int) -> str:
    operand = ins.operands[at]
    if not isinstance(operand, Name):
        raise EmulatorError(f"{ins.text}: operand {at + 1} must be a name", ins.line)
    return operand.name


def _label(fn: Body, name: str) -> str:
    if name not in fn.frame.labels:
        raise EmulatorError(f"{name!r} is no label of {fn.frame.function.name!r}", fn.line)
    return fn.frame.prefix + name


@instruction("bra", "uni", operands=1)
def bra(fn: Body, ins: Instruction) -> None:
    """Go to a label."""
    target = _label(fn, _name(ins, 0))
    if ins.predicate is None:
        fn.jump(target)
        return
    behind = fn.fresh("behind")
    fn.branch(fn.read(ins.predicate, "i1"), target, behind)
    fn.label(behind)


@instruction("brx", "idx uni", operands=2)
def brx(fn: Body, ins: Instruction) -> None:
    """Go to one label of a list."""
    found = fn.frame.targets.get(_name(ins, 1))
    if found is None:
        raise EmulatorError(f"{_name(ins, 1)!r} is no list of branch targets", ins.line)
    index, never = fn.read(ins.operands[0], "i32"), fn.fresh("outside")
    cases = " ".join(f'i32 {i}, label %"{_label(fn, name)}"' for i, name in enumerate(found.names))
    fn.end(f'switch i32 {index}, label %"{never}" [{cases}]')
    fn.label(never)
    fn.fail(records.Error.TRAP)
    leave(fn)


@instruction("ret", "uni", operands=0)
def ret(fn: Body, ins: Instruction) -> None:
    """Return; from the entry: end the thread."""
    fn.jump(fn.frame.leave)


@instruction("exit", operands=0)
def exit_(fn: Body, ins: Instruction) -> None:
    """End the thread."""
    leave(fn)


@instruction("trap brkpt", operands=0)
def trap(fn: Body, ins: Instruction) -> None:
    """End the thread with an error."""
    fn.fail(records.Error.TRAP)
    leave(fn)


def leave(fn: Body) -> None:
    """Go to the end of the thread; a recursive function, which is never inlined, returns."""
    fn.jump(fn.thread_end)


@instruction("discard applypriority prefetch prefetchu", "global local L1 L2 evict_normal L2::evict_last "
             "L2::evict_normal L2::128B", operands=(1, 2))  # fmt: skip
def hint(fn: Body, ins: Instruction) -> None:
    """Do nothing: a hint to the caches."""
