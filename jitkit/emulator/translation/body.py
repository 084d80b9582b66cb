"""The LLVM function under construction, and how operands are read and written in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from .. import records
from ..errors import EmulatorError
from ..syntax import Function, Immediate, Instruction, Name, Negated, Operand, Prototype, Targets, Vector
from ..types import FLOATS, WIDTHS, immediate
from .special import special
from .unit import Unit

CONTEXT = "i32 %tid.x, i32 %tid.y, i32 %tid.z, ptr %thread, ptr %block, ptr %params"


@dataclass
class Frame:
    """One PTX function inside an LLVM function: an inlined one has its own.

    `slots` holds the LLVM pointer of each parameter-space variable, `locals` of each local one; `leave` is the label
    that ``ret`` goes to.
    """

    function: Function
    prefix: str
    leave: str
    registers: dict[str, tuple[str, str]] = field(default_factory=dict)
    slots: dict[str, str] = field(default_factory=dict)
    locals: dict[str, str] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)
    targets: dict[str, Targets] = field(default_factory=dict)
    prototypes: dict[str, Prototype] = field(default_factory=dict)


class Body:
    """Collects the instructions of one LLVM function.

    Parameters
    ----------
    unit : Unit
        The module it belongs to.
    frame : Frame
        The PTX function.
    coroutine : bool
        Whether the thread can suspend.
    """

    def __init__(self, unit: Unit, frame: Frame, *, coroutine: bool) -> None:
        self.unit = unit
        self.frame = frame
        self.coroutine = coroutine
        self.in_thread = frame.function.kind == "entry"
        self.allocas: list[str] = []
        self.lines: list[str] = []
        self.open = True
        self.count = 0
        self.line = frame.function.line

    def fresh(self, stem: str = "v") -> str:
        """Return a name that is not used in this function, without its percent sign."""
        self.count += 1
        return f"{stem}{self.count}"

    def emit(self, text: str) -> str:
        """Add an instruction with a result; return the result's name."""
        name = "%" + self.fresh()
        self.lines.append(f"  {name} = {text}")
        return name

    def run(self, text: str) -> None:
        """Add an instruction without a result."""
        self.lines.append(f"  {text}")

    def call(self, result: str, name: str, *arguments: str) -> str:
        """Call an intrinsic or library function; `arguments` carry their types. It is declared as needed."""
        kinds = ", ".join(a.split(" ", 1)[0] for a in arguments)
        self.unit.declare(f"declare {result} @{name}({kinds})")
        text = f"call {result} @{name}({', '.join(arguments)})"
        if result == "void":
            self.run(text)
            return ""
        return self.emit(text)

    def label(self, name: str) -> None:
        """Begin a basic block; what came before falls into it."""
        if self.open:
            self.run(f'br label %"{name}"')
        self.lines.append(f'"{name}":')
        self.open = True

    def jump(self, name: str) -> None:
        """End the basic block with a branch."""
        self.end(f'br label %"{name}"')

    def branch(self, condition: str, then: str, otherwise: str) -> None:
        """End the basic block with a branch of two ways."""
        self.end(f'br i1 {condition}, label %"{then}", label %"{otherwise}"')

    def end(self, terminator: str) -> None:
        """End the basic block."""
        self.run(terminator)
        self.open = False

    def alloca(self, kind: str, align: int = 0) -> str:
        """Reserve memory for the whole function; return its pointer."""
        name = "%" + self.fresh("slot")
        self.allocas.append(f"  {name} = alloca {kind}" + (f", align {align}" if align else ""))
        return name

    # Operands.

    def read(self, operand: Operand, kind: str) -> str:
        """Return the value of an operand, read as an LLVM type: the low bits of a wider register."""
        if isinstance(operand, Immediate):
            return immediate(operand, kind, self.line)
        if isinstance(operand, Negated):
            return self.emit(f"xor i1 {self.read(operand.operand, 'i1')}, true")
        if isinstance(operand, Vector):
            return self.pack(operand, kind)
        if not isinstance(operand, Name):
            raise EmulatorError(f"{operand} stands where a register or a constant is read", self.line)
        if operand.name in self.frame.registers:
            return self.read_register(operand.name, kind)
        if operand.name.startswith("%") or operand.name == "WARP_SZ":
            return special(self, operand.name, kind)
        return self.fit(self.address_of(operand), "i64", kind)

    def read_register(self, name: str, kind: str) -> str:
        """Return the value of a register."""
        pointer, held = self.frame.registers[name]
        if WIDTHS[kind] > WIDTHS[held]:
            raise EmulatorError(f"{name} has {WIDTHS[held]} bits where {WIDTHS[kind]} are read", self.line)
        if (kind == "i1") != (held == "i1"):
            raise EmulatorError(f"{name} is {'no' if kind == 'i1' else 'a'} predicate", self.line)
        return self.emit(f"load {kind}, ptr {pointer}")

    def pack(self, operand: Vector, kind: str) -> str:
        """Return the items of a vector as one value, the first in the low bits."""
        width = WIDTHS[kind] // len(operand.items)
        total = constant = "0"
        for i, item in enumerate(operand.items):
            part = self.emit(f"zext i{width} {self.read(item, f'i{width}')} to i{WIDTHS[kind]}")
            part = self.emit(f"shl i{WIDTHS[kind]} {part}, {i * width}")
            total = part if total == constant else self.emit(f"or i{WIDTHS[kind]} {total}, {part}")
        return self.bitcast(total, f"i{WIDTHS[kind]}", kind)

    def write(self, operand: Operand, value: str, kind: str, *, signed: bool = False) -> None:
        """Store a value in a register, extended where the register is wider."""
        if isinstance(operand, Vector):
            self.unpack(operand, value, kind)
            return
        if not isinstance(operand, Name):
            raise EmulatorError(f"{operand} stands where a register is written", self.line)
        if operand.name == "_":
            return
        if operand.name not in self.frame.registers:
            raise EmulatorError(f"{operand.name!r} is not a declared register", self.line)
        pointer, held = self.frame.registers[operand.name]
        if (kind == "i1") != (held == "i1"):
            raise EmulatorError(f"{operand.name} is {'no' if kind == 'i1' else 'a'} predicate", self.line)
        if WIDTHS[kind] > WIDTHS[held]:
            raise EmulatorError(f"{operand.name} has {WIDTHS[held]} bits and {WIDTHS[kind]} are written", self.line)
        if WIDTHS[kind] < WIDTHS[held]:
            value, kind = self.extend(value, kind, f"i{WIDTHS[held]}", signed=signed), f"i{WIDTHS[held]}"
        self.run(f"store {kind} {value}, ptr {pointer}")

    def unpack(self, operand: Vector, value: str, kind: str) -> None:
        """Store the parts of a value in the registers of a vector, the low bits in the first."""
        whole, width = f"i{WIDTHS[kind]}", WIDTHS[kind] // len(operand.items)
        value = self.bitcast(value, kind, whole)
        for i, item in enumerate(operand.items):
            part = self.emit(f"lshr {whole} {value}, {i * width}")
            self.write(item, self.emit(f"trunc {whole} {part} to i{width}"), f"i{width}")

    def address_of(self, operand: Name) -> str:
        """Return the address of a variable or function, an i64: of a shared variable, its offset."""
        frame, unit = self.frame, self.unit
        if operand.name in frame.locals:
            value = self.emit(f"ptrtoint ptr {frame.locals[operand.name]} to i64")
        elif operand.name in frame.slots:
            value = self.emit(f"ptrtoint ptr {frame.slots[operand.name]} to i64")
        elif operand.name in unit.shared:
            return str(unit.shared[operand.name] + operand.offset)
        elif operand.name in unit.globals.offsets:
            base = self.emit(f"ptrtoint ptr {self.block_field('globals')} to i64")
            return self.emit(f"add i64 {base}, {unit.globals.offsets[operand.name] + operand.offset}")
        elif operand.name in unit.module.functions:
            return self.function_address(operand.name)
        else:
            raise EmulatorError(f"{operand.name!r} is not declared", self.line)
        return self.emit(f"add i64 {value}, {operand.offset}") if operand.offset else value

    def function_address(self, name: str) -> str:
        """Return the address of a function, an i64."""
        if name in self.unit.inlined or self.unit.module.functions[name].body is None:
            raise EmulatorError(f"the address of {name!r} is taken; it is not emulated for such a function", self.line)
        return f'ptrtoint (ptr @"func.{name}" to i64)'

    # Values.

    def bitcast(self, value: str, source: str, target: str) -> str:
        """Return the same bits as another type."""
        return value if source == target else self.emit(f"bitcast {source} {value} to {target}")

    def extend(self, value: str, source: str, target: str, *, signed: bool = False) -> str:
        """Return a value as a wider integer."""
        if source in FLOATS:
            value, source = self.bitcast(value, source, f"i{WIDTHS[source]}"), f"i{WIDTHS[source]}"
        return value if source == target else self.emit(f"{'sext' if signed else 'zext'} {source} {value} to {target}")

    def fit(self, value: str, source: str, target: str, *, signed: bool = False) -> str:
        """Return an integer as one of another width."""
        if WIDTHS[source] > WIDTHS[target]:
            return self.emit(f"trunc {source} {value} to {target}")
        return self.extend(value, source, target, signed=signed)

    def select(self, condition: str, kind: str, then: str, otherwise: str) -> str:
        """Return one of two values."""
        return self.emit(f"select i1 {condition}, {kind} {then}, {kind} {otherwise}")

    # Records.

    def block_field(self, name: str) -> str:
        """Return a field of the block's record."""
        at = self.emit(f"getelementptr {records.BLOCK.name}, ptr %block, i32 0, i32 {records.BLOCK.index(name)}")
        return self.emit(f"load {records.BLOCK.type_of(name)}, ptr {at}")

    def thread_pointer(self, name: str) -> str:
        """Return the address of a field of the thread's record."""
        index = records.THREAD.index(name)
        return self.emit(f"getelementptr {records.THREAD.name}, ptr %thread, i32 0, i32 {index}")

    def thread_field(self, name: str) -> str:
        """Return a field of the thread's record."""
        return self.emit(f"load {records.THREAD.type_of(name)}, ptr {self.thread_pointer(name)}")

    def set_thread(self, name: str, value: str | int) -> None:
        """Write a field of the thread's record."""
        self.run(f"store {records.THREAD.type_of(name)} {value}, ptr {self.thread_pointer(name)}")

    def fail(self, error: records.Error) -> None:
        """Report an error of this thread, at the line of the instruction."""
        self.run(f"call void @emulator.fail(ptr %thread, ptr %block, i32 {int(error)}, i32 {self.line})")

    def at(self, ins: Instruction) -> None:
        """Note which instruction is translated."""
        self.line = ins.line
