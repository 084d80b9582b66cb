"""Which functions an entry reaches, and which of them can suspend or end the thread."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import UnsupportedError
from ..syntax import Function, Instruction, Module
from .statements import names

# The opcodes at which a thread waits for others. `nanosleep` lets others run.
WAITING = {
    "bar", "barrier", "shfl", "vote", "match", "redux", "activemask", "elect", "nanosleep", "mma", "ldmatrix",
}  # fmt: skip
# Those that end a thread, besides `ret` in the entry.
ENDING = {"exit", "trap", "brkpt"}


@dataclass(frozen=True)
class Suspending:
    """The functions that can wait, and those that must be inlined since they wait or end the thread."""

    waiting: frozenset[str]
    inlined: frozenset[str]


def call_graph(module: Module, entry: Function) -> dict[str, Function]:
    """Return the functions that an entry reaches, itself included, those whose address it takes too."""
    reached, todo = {entry.name: entry}, [entry]
    while todo:
        for name in callees(module, todo.pop()):
            if name not in reached and module.functions[name].body is not None:
                reached[name] = module.functions[name]
                todo.append(reached[name])
    return reached


def callees(module: Module, function: Function) -> set[str]:
    """Return the functions that one names."""
    return {name for s in function.body or () for name in names(s) if name in module.functions}


def suspending(reached: dict[str, Function]) -> Suspending:
    """Find the functions that wait, or end the thread, directly or through others."""
    waiting, ending = _closure(reached, WAITING), _closure(reached, ENDING)
    recursive = {name for name in reached if name in _reachable(reached, name)}
    for name in sorted(recursive & waiting):
        line = reached[name].line
        raise UnsupportedError(f"{name!r} is recursive and waits for other threads, which is not emulated", line)
    return Suspending(frozenset(waiting), frozenset((waiting | ending) - recursive))


def _closure(reached: dict[str, Function], opcodes: set[str]) -> set[str]:
    def direct(function: Function) -> bool:
        return any(isinstance(s, Instruction) and _is(s, opcodes) for s in function.body or ())

    return {n for n, f in reached.items() if direct(f) or any(direct(reached[m]) for m in _reachable(reached, n))}


def _is(ins: Instruction, opcodes: set[str]) -> bool:
    asserts = ins.opcode == "call" and "trap" in opcodes and "__assertfail" in names(ins)
    return ins.opcode in opcodes or asserts


def _reachable(reached: dict[str, Function], start: str) -> set[str]:
    found: set[str] = set()
    todo = [start]
    while todo:
        body = reached[todo.pop()].body or ()
        new = {n for s in body for n in names(s) if n in reached} - found
        found |= new
        todo += new
    return found
