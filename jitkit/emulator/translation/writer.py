"""The LLVM function under construction: its instructions, basic blocks, values and records."""

from __future__ import annotations

from dataclasses import dataclass, field

from .. import records
from ..syntax import Function, Instruction, Prototype, Targets
from ..types import FLOATS, WIDTHS
from .unit import Unit


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


class Writer:
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

    @property
    def thread_end(self) -> str:
        """The label at the end of the thread; a recursive function, which is never inlined, only returns."""
        return "thread.exit" if self.in_thread else self.frame.leave

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
