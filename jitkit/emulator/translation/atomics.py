"""Atomics: atom and red. In shared memory they are plain, since a block runs in one thread of the processor."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import UnsupportedError
from ..records import Access, Space
from ..syntax import Instruction, Name
from ..types import WIDTHS, Type, type_of
from .body import Body
from .halves import packed_add
from .memory import checked, pointer, space_of
from .registry import instruction

ORDER = "relaxed acquire release acq_rel cta cluster gpu sys global shared shared::cta noftz"
OPERATIONS = "add and or xor min max inc dec exch cas"
NAMES = {"inc": "uinc_wrap", "dec": "udec_wrap", "exch": "xchg", "and": "and", "or": "or", "xor": "xor", "add": "add"}
TYPES = "b16 b32 b64 u32 u64 s32 s64 f32 f64 f16 bf16 f16x2 bf16x2".split()


def _operation(ins: Instruction) -> str:
    return next(m for m in ins.modifiers if m in OPERATIONS.split())


@instruction("atom red", f"{OPERATIONS} {ORDER}", TYPES, operands=(2, 3, 4))
def atomic(fn: Body, ins: Instruction) -> None:
    """Change memory in one step; ``atom`` returns what was there."""
    kind, space = type_of(ins), space_of(ins)
    target, rest = (ins.operands[0], ins.operands[1:]) if ins.opcode == "atom" else (Name("_"), ins.operands)
    stored = kind.llvm if kind.llvm in ("float", "double") else kind.integer
    values = [fn.read(operand, stored) for operand in rest[1:]]
    if len(values) != (2 if ins.has("cas") else 1):
        raise UnsupportedError(f"{ins.text} with {len(ins.operands)} operands is not emulated", ins.line)
    address = pointer(fn, rest[0], space)
    behind = checked(fn, address, kind.size, space, Access.ATOMIC)
    old = _change(fn, ins, address, stored, values, plain=space is Space.SHARED)
    fn.write(target, old, stored)
    if behind:
        fn.label(behind)


def _change(fn: Body, ins: Instruction, address: str, stored: str, values: list[str], *, plain: bool) -> str:
    """Return the old value, the new one in its place."""
    operation, kind = _operation(ins), type_of(ins)
    if operation == "cas":
        return _exchange_if(fn, address, stored, values, plain=plain)
    if kind.is_float and (kind.bits == 16 or kind.packed == 2):
        return _loop(fn, address, stored, lambda old: packed_add(fn, kind, old, values[0]), plain=plain)
    if plain:
        old = fn.emit(f"load {stored}, ptr {address}, align {WIDTHS[stored] // 8}")
        new = _combined(fn, operation, kind, old, values[0])
        fn.run(f"store {stored} {new}, ptr {address}, align {WIDTHS[stored] // 8}")
        return old
    name = _name(operation, kind)
    return fn.emit(f"atomicrmw {name} ptr {address}, {stored} {values[0]} seq_cst")


def _name(operation: str, kind: Type) -> str:
    if operation in ("min", "max"):
        return operation if kind.signed else "u" + operation
    if operation == "add" and kind.is_float:
        return "fadd"
    return NAMES[operation]


def _combined(fn: Body, operation: str, kind: Type, old: str, value: str) -> str:
    """Return what an operation makes of an old value."""
    llvm = kind.llvm
    if operation == "exch":
        return value
    if operation in ("inc", "dec"):
        return _wrapped(fn, operation, llvm, old, value)
    if operation in ("min", "max"):
        name = f"llvm.{'s' if kind.signed else 'u'}{operation}.{llvm}"
        return fn.call(llvm, name, f"{llvm} {old}", f"{llvm} {value}")
    return fn.emit(f"{'fadd' if kind.is_float else operation} {llvm} {old}, {value}")


def _wrapped(fn: Body, operation: str, llvm: str, old: str, limit: str) -> str:
    """Count up to a limit and then from 0, or down to 0 and then from the limit."""
    beyond = fn.emit(f"icmp uge {llvm} {old}, {limit}")
    if operation == "inc":
        return fn.select(beyond, llvm, "0", fn.emit(f"add {llvm} {old}, 1"))
    outside = fn.emit(f"or i1 {fn.emit(f'icmp ugt {llvm} {old}, {limit}')}, {fn.emit(f'icmp eq {llvm} {old}, 0')}")
    return fn.select(outside, llvm, limit, fn.emit(f"sub {llvm} {old}, 1"))


def _exchange_if(fn: Body, address: str, stored: str, values: list[str], *, plain: bool) -> str:
    expected, new = values
    if not plain:
        both = fn.emit(f"cmpxchg ptr {address}, {stored} {expected}, {stored} {new} seq_cst seq_cst")
        return fn.emit(f"extractvalue {{ {stored}, i1 }} {both}, 0")
    old = fn.emit(f"load {stored}, ptr {address}, align {WIDTHS[stored] // 8}")
    kept = fn.select(fn.emit(f"icmp eq {stored} {old}, {expected}"), stored, new, old)
    fn.run(f"store {stored} {kept}, ptr {address}, align {WIDTHS[stored] // 8}")
    return old


def _loop(fn: Body, address: str, stored: str, change: Callable[[str], str], *, plain: bool) -> str:
    """Compare and exchange until nobody came between."""
    align = WIDTHS[stored] // 8
    if plain:
        old = fn.emit(f"load {stored}, ptr {address}, align {align}")
        fn.run(f"store {stored} {change(old)}, ptr {address}, align {align}")
        return old
    again, done = fn.fresh("again"), fn.fresh("exchanged")
    slot = fn.alloca(stored)
    first = fn.emit(f"load atomic {stored}, ptr {address} monotonic, align {align}")
    fn.run(f"store {stored} {first}, ptr {slot}")
    fn.label(again)
    old = fn.emit(f"load {stored}, ptr {slot}")
    both = fn.emit(f"cmpxchg ptr {address}, {stored} {old}, {stored} {change(old)} seq_cst seq_cst")
    fn.run(f"store {stored} {fn.emit(f'extractvalue {{ {stored}, i1 }} {both}, 0')}, ptr {slot}")
    fn.branch(fn.emit(f"extractvalue {{ {stored}, i1 }} {both}, 1"), done, again)
    fn.label(done)
    return fn.emit(f"load {stored}, ptr {slot}")
