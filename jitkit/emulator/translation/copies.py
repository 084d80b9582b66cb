"""Asynchronous copies to shared memory, made at once: cp.async, its groups and waits."""

from __future__ import annotations

from ..errors import UnsupportedError
from ..records import Access, Space
from ..syntax import Immediate, Instruction
from .body import Body
from .memory import checked, pointer
from .registry import instruction


@instruction("cp", "async ca cg shared shared::cta global L2::64B L2::128B L2::256B", operands=(3, 4))
def copy(fn: Body, ins: Instruction) -> None:
    """Copy 4, 8 or 16 bytes; those past the size of the source, if one is given, become 0."""
    size = ins.operands[2]
    if not isinstance(size, Immediate) or size.value not in (4, 8, 16) or not ins.has("ca", "cg"):
        raise UnsupportedError(f"{ins.text} must copy 4, 8 or 16 bytes, by a constant", ins.line)
    present = f"{size.value}" if len(ins.operands) == 3 else _present(fn, ins, size.value)
    source, target = pointer(fn, ins.operands[1], Space.GLOBAL), pointer(fn, ins.operands[0], Space.SHARED)
    ends = [_check_source(fn, source, present), checked(fn, target, size.value, Space.SHARED, Access.WRITE)]
    fn.call("void", "llvm.memset.p0.i64", f"ptr {target}", "i8 0", f"i64 {size.value}", "i1 false")
    fn.call("void", "llvm.memcpy.p0.p0.i64", f"ptr {target}", f"ptr {source}", f"i64 {present}", "i1 false")
    for end in ends:
        if end:
            fn.label(end)


def _check_source(fn: Body, source: str, present: str) -> str | None:
    """Check the bytes that are read, if there are any; return the label behind the copy."""
    if not fn.unit.options.bounds:
        return None
    some, none = fn.fresh("some"), fn.fresh("none")
    fn.branch(fn.emit(f"icmp eq i64 {present}, 0"), none, some)
    fn.label(some)
    behind = checked(fn, source, present, Space.GLOBAL, Access.READ)
    fn.label(none)
    return behind


def _present(fn: Body, ins: Instruction, size: int) -> str:
    """Return how many bytes the source has, an i64."""
    given = fn.call("i32", "llvm.umin.i32", f"i32 {fn.read(ins.operands[3], 'i32')}", f"i32 {size}")
    return fn.emit(f"zext i32 {given} to i64")


@instruction("cp", "async commit_group wait_group wait_all", operands=(0, 1))
def wait(fn: Body, ins: Instruction) -> None:
    """Do nothing: every copy is made already."""


@instruction("griddepcontrol", "launch_dependents wait", operands=0)
def dependents(fn: Body, ins: Instruction) -> None:
    """Do nothing: a launch begins when the one before it has ended."""
