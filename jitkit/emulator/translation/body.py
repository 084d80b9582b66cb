"""The LLVM function under construction, and how operands are read and written in it."""

from __future__ import annotations

from ..errors import EmulatorError
from ..syntax import Immediate, Name, Negated, Operand, Vector
from ..types import WIDTHS, immediate
from .special import special
from .writer import Frame as Frame
from .writer import Writer

CONTEXT = "i32 %tid.x, i32 %tid.y, i32 %tid.z, ptr %thread, ptr %block, ptr %params"


class Body(Writer):
    """Collects the instructions of one LLVM function, given PTX's operands.

    Parameters are those of `Writer`.
    """

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
