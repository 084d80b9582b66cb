"""Loads and stores in every space: ld, ldu, st; and fences."""

from __future__ import annotations

from ..errors import EmulatorError, UnsupportedError
from ..records import Access, Space
from ..syntax import Address, Instruction, Name, Operand, Vector
from ..types import TYPES, Type, type_of
from .body import Body
from .registry import instruction

SPACES = {
    "global": Space.GLOBAL, "shared": Space.SHARED, "shared::cta": Space.SHARED, "local": Space.LOCAL,
    "const": Space.CONST, "param": Space.PARAM, "param::entry": Space.PARAM, "param::func": Space.PARAM,
}  # fmt: skip
ORDER = "weak volatile relaxed acquire release mmio cta cluster gpu sys"
CACHE = (
    "ca cg cs lu cv wb wt nc L1::evict_normal L1::evict_unchanged L1::evict_first L1::evict_last L1::no_allocate "
    "L2::evict_normal L2::evict_first L2::evict_last L2::64B L2::128B L2::256B unified"
)
TYPED = [t for t in TYPES if t not in ("pred", "f16x2", "bf16x2", "s16x2", "u16x2", "f16", "bf16")]


def space_of(ins: Instruction) -> Space:
    """Return the state space that an instruction names."""
    return next((SPACES[m] for m in ins.modifiers if m in SPACES), Space.GENERIC)


def pointer(fn: Body, operand: Operand, space: Space) -> str:
    """Return the host's pointer to a memory operand."""
    if not isinstance(operand, Address):
        raise EmulatorError(f"{operand} stands where an address in brackets is expected", fn.line)
    base, offset = operand.base, operand.offset
    if base is not None and base.name in fn.frame.slots:
        return fn.emit(f"getelementptr i8, ptr {fn.frame.slots[base.name]}, i64 {offset}")
    if base is not None and base.name in fn.frame.locals:
        return fn.emit(f"getelementptr i8, ptr {fn.frame.locals[base.name]}, i64 {offset}")
    if base is not None and base.name in fn.unit.globals.offsets:
        place = fn.unit.globals.offsets[base.name] + offset
        return fn.emit(f"getelementptr i8, ptr {fn.block_field('globals')}, i64 {place}")
    address = str(offset) if base is None else address_value(fn, base, offset)
    if space is Space.SHARED or (base is not None and base.name in fn.unit.shared):
        return fn.emit(f"getelementptr i8, ptr {fn.block_field('shared')}, i64 {address}")
    return fn.emit(f"inttoptr i64 {address} to ptr")


def address_value(fn: Body, base: Name, offset: int) -> str:
    """Return a register (of 32 bits too, for shared memory) or a variable's address, plus an offset, as an i64."""
    if base.name in fn.frame.registers:
        held = fn.frame.registers[base.name][1]
        value = fn.fit(fn.read(base, held), held, "i64")
    else:
        value = fn.read(base, "i64")
    return fn.emit(f"add i64 {value}, {offset}") if offset else value


def agreed(fn: Body, operand: Operand) -> bool:
    """Tell whether an operand names a variable in which threads do not race."""
    return isinstance(operand, Address) and operand.base is not None and operand.base.name in fn.unit.options.agreed


def checked(fn: Body, address: str, size: int | str, space: Space, access: Access, may_race: bool = True) -> str | None:
    """Call the checks that are asked for; return the label behind the access, which is skipped if it may not be made."""
    if space is Space.PARAM:
        return None
    whole = f"i32 {fn.line}, i32 {int(access) + 256 * int(space)}"
    arguments = f"(ptr %thread, ptr %block, i64 {{}}, i64 {size}, {whole})"
    behind = None
    value = fn.emit(f"ptrtoint ptr {address} to i64") if fn.unit.options.bounds or fn.unit.options.races else ""
    if fn.unit.options.bounds:
        fine = fn.emit("call i1 @emulator.check" + arguments.format(value))
        access_, refused, behind = fn.fresh("access"), fn.fresh("refused"), fn.fresh("behind")
        fn.branch(fine, access_, refused)
        fn.label(refused)
        lost = fn.emit("call i1 @emulator.lost(ptr %thread, ptr %block)")
        fn.branch(lost, fn.thread_end, behind)
        fn.label(access_)
    if may_race and fn.unit.options.races and space in (Space.SHARED, Space.GENERIC):
        fn.run("call void @emulator.race" + arguments.format(value))
    return behind


def elements(operand: Operand) -> tuple[Operand, ...]:
    """Return the registers of a vector, or the one that there is."""
    return operand.items if isinstance(operand, Vector) else (operand,)


def _volatile(ins: Instruction) -> str:
    return "volatile " if ins.has("volatile", "relaxed", "acquire", "release", "mmio") else ""


@instruction("ld ldu", f"global shared shared::cta local const param param::entry param::func v2 v4 v8 {ORDER} {CACHE}",
             TYPED, operands=(2, 3))  # fmt: skip
def load(fn: Body, ins: Instruction) -> None:
    """Load one register or several; a narrower value is extended by its sign."""
    kind, space = type_of(ins), space_of(ins)
    targets = elements(ins.operands[0])
    address = pointer(fn, ins.operands[1], space)
    if fn.unit.options.bounds:  # what a load that is refused gives
        for target in targets:
            fn.write(target, "zeroinitializer", kind.llvm)
    behind = checked(fn, address, kind.size * len(targets), space, Access.READ, not agreed(fn, ins.operands[1]))
    values = []
    for i in range(len(targets)):
        place = fn.emit(f"getelementptr i8, ptr {address}, i64 {i * kind.size}") if i else address
        values.append(fn.emit(f"load {_volatile(ins)}{kind.llvm}, ptr {place}, align {kind.size}"))
    for target, value in zip(targets, values, strict=True):
        fn.write(target, value, kind.llvm, signed=kind.signed)
    if behind:
        fn.label(behind)


@instruction(
    "st", f"global shared shared::cta local param param::func v2 v4 v8 {ORDER} {CACHE}", TYPED, operands=(2, 3)
)
def store(fn: Body, ins: Instruction) -> None:
    """Store one register or several."""
    kind, space = type_of(ins), space_of(ins)
    sources = elements(ins.operands[1])
    values = [fn.read(source, kind.llvm) for source in sources]
    address = pointer(fn, ins.operands[0], space)
    behind = checked(fn, address, kind.size * len(sources), space, Access.WRITE, not agreed(fn, ins.operands[0]))
    store_values(fn, ins, kind, address, values)
    if behind:
        fn.label(behind)


def store_values(fn: Body, ins: Instruction, kind: Type, address: str, values: list[str]) -> None:
    """Store values one behind the other."""
    for i, value in enumerate(values):
        place = fn.emit(f"getelementptr i8, ptr {address}, i64 {i * kind.size}") if i else address
        fn.run(f"store {_volatile(ins)}{kind.llvm} {value}, ptr {place}, align {kind.size}")


@instruction("membar fence", "cta gl sys sc acq_rel acquire release gpu cluster proxy alias", operands=0)
def fence(fn: Body, ins: Instruction) -> None:
    """Order what stands before with what comes after, for the threads of other blocks."""
    if ins.has("proxy") and not ins.has("alias"):
        raise UnsupportedError(f"{ins.text} is not emulated", ins.line)
    fn.run("fence seq_cst")
