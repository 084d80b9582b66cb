"""Atomic updates of memory that one thread alone can see, as a plain load, operation and store.

On x86 each atomic instruction waits for all stores before it, 20 cycles or so; a histogram in shared memory is full of them.
"""

from __future__ import annotations

from jitkit.backends.spmd.ir import Instruction
from jitkit.backends.spmd.writer import Text

_OPERATIONS = {"add", "sub", "and", "or", "xor", "fadd", "fsub"}
_FUNCTIONS = {
    "max": "smax", "min": "smin", "umax": "umax", "umin": "umin", "fmaximum": "maximum", "fminimum": "minimum",
    "fmax": "maxnum", "fmin": "minnum",
}  # fmt: skip
_SUFFIXES = {"float": "f32", "double": "f64"}


def known(item: Instruction) -> bool:
    """Tell whether an atomic instruction has a plain form here."""
    operation = item.head.split()[-1] if item.head else ""
    return item.op == "cmpxchg" or (item.op == "atomicrmw" and operation in _OPERATIONS | set(_FUNCTIONS) | {"xchg"})


def alone(text: Text, item: Instruction, texts: list[str], bit: str | None = None) -> str:
    """Write the plain form for one lane, which changes nothing where a bit is not set; return the instruction's result."""
    kind, address = item.operands[1].type, texts[0]
    old = text.emit(f"load {kind}, ptr {address}")
    if item.op == "cmpxchg":
        same = text.emit(f"icmp eq {kind} {old}, {texts[1]}")
        _store(text, kind, address, old, text.emit(f"select i1 {same}, {kind} {texts[2]}, {kind} {old}"), bit)
        pair = text.emit(f"insertvalue {item.type} poison, {kind} {old}, 0")
        return text.emit(f"insertvalue {item.type} {pair}, i1 {same}, 1")
    _store(text, kind, address, old, _updated(text, item.head.split()[-1], kind, old, texts[1]), bit)
    return old


def _store(text: Text, kind: str, address: str, old: str, new: str, bit: str | None) -> None:
    if bit is not None:
        new = text.emit(f"select i1 {bit}, {kind} {new}, {kind} {old}")
    text.do(f"store {kind} {new}, ptr {address}")


def _updated(text: Text, operation: str, kind: str, old: str, value: str) -> str:
    if operation == "xchg":
        return value
    if operation in _OPERATIONS:
        return text.emit(f"{operation} {kind} {old}, {value}")
    symbol = f"@llvm.{_FUNCTIONS[operation]}.{_SUFFIXES.get(kind, kind)}"
    text.declare(symbol, kind, [kind, kind])
    # Which of the zeros is the smaller one is not said: to tell them apart took three instructions more.
    flags = "nsz " if kind in _SUFFIXES else ""
    return text.emit(f"call {flags}{kind} {symbol}({kind} {old}, {kind} {value})")
