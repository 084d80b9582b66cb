"""How a thread waits: it writes what for into its record, suspends, and finds the answer there."""

from __future__ import annotations

from ..records import Kind
from .body import Body


def suspend(fn: Body, kind: Kind, **operands: str | int) -> None:
    """Write the record and give control to whoever resumes the thread."""
    fn.set_thread("kind", int(kind))
    fn.set_thread("line", fn.line)
    for name, value in {"mode": 0, **operands}.items():  # lanes that meet must agree about the mode, used or not
        fn.set_thread(name, value)
    resumed = fn.fresh("resumed")
    way = fn.emit("call i8 @llvm.coro.suspend(token none, i1 false)")
    fn.end(f'switch i8 {way}, label %"coroutine.suspend" [i8 0, label %"{resumed}" i8 1, label %"coroutine.suspend"]')
    fn.label(resumed)


def widened(fn: Body, value: str, kind: str) -> str:
    """Return an integer or a predicate as the i64 of an operand field."""
    return fn.extend(value, kind, "i64")


def answer(fn: Body, kind: str) -> str:
    """Return the result, as an integer of a type."""
    return fn.fit(fn.thread_field("result"), "i64", kind)


def flag(fn: Body) -> str:
    """Return the flag, as an i1."""
    return fn.emit(f"icmp ne i32 {fn.thread_field('flag')}, 0")
