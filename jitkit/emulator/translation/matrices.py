"""Matrix operations of a warp: mma.sync and ldmatrix.

Each lane writes its part into memory of its own and the address into its record; when all have, each reads the others'
parts and computes its own part of the result. A second wait keeps the parts until the last lane has read them.

The parts are those of NVIDIA's document "Parallel Thread Execution ISA", "Matrix Fragments for mma.m16n8k16" and its like.
They follow one rule: a lane's group is ``lane / 4`` and its place there ``lane % 4``; a register holds `per` consecutive
elements along k, the place chooses among 4 of those, and the next register pair (or register, for B) the next ``4 * per``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .. import records
from ..errors import EmulatorError, UnsupportedError
from ..records import Access, Kind, Space, SyncMode
from ..syntax import Instruction, Operand
from .body import Body
from .memory import checked, elements, pointer
from .registry import instruction
from .suspension import suspend

SHAPES = {
    "f16": {"m16n8k8", "m16n8k16"}, "bf16": {"m16n8k8", "m16n8k16"}, "tf32": {"m16n8k4", "m16n8k8"},
    "s8": {"m16n8k16", "m16n8k32"}, "u8": {"m16n8k16", "m16n8k32"}, "f64": {"m8n8k4"},
}  # fmt: skip
RESULTS = {"f16": {"f16", "f32"}, "bf16": {"f32"}, "tf32": {"f32"}, "s8": {"s32"}, "u8": {"s32"}, "f64": {"f64"}}
BITS = {"f16": 16, "bf16": 16, "tf32": 32, "s8": 8, "u8": 8, "f64": 64}
SUMS = {"f16": "float", "bf16": "float", "tf32": "float", "s8": "i32", "u8": "i32", "f64": "double"}
MODIFIERS = "sync aligned row col m16n8k4 m16n8k8 m16n8k16 m16n8k32 m8n8k4"


@dataclass(frozen=True)
class Product:
    """One kind of matrix product ``D = A B + C``: the types of C (and D), A and B, and the extents."""

    result: str
    a: str
    b: str
    m: int
    k: int

    @property
    def name(self) -> str:
        """The name of its function."""
        return f"emulator.mma.m{self.m}k{self.k}.{self.a}.{self.b}.{self.result}"

    @property
    def word(self) -> int:
        """The bytes of a register of A and B."""
        return 8 if self.a == "f64" else 4

    @property
    def per(self) -> int:
        """The elements along k in one register."""
        return 8 * self.word // BITS[self.a]

    @property
    def halves(self) -> int:
        """How many times 8 rows."""
        return self.m // 8

    @property
    def registers(self) -> tuple[int, int, int]:
        """The registers of A, B and C of a lane."""
        along = self.k // (4 * self.per)
        return self.halves * along, along, self.halves if self.result == "f16" else 2 * self.halves


def product_of(ins: Instruction) -> Product:
    """Return what an ``mma.sync`` computes."""
    shape = next((m for m in ins.modifiers if re.fullmatch(r"m\d+n\d+k\d+", m)), "")
    types = [m for m in ins.modifiers if m in BITS or m in ("f32", "s32")]
    if len(types) != 4 or types[0] != types[3] or not ins.has("row") or not ins.has("col"):
        raise UnsupportedError(
            f"{ins.text}: only products of rows and columns, of one type of C and D, are emulated", ins.line
        )
    result, a, b, _ = types
    mixed = a != b and not {a, b} <= {"s8", "u8"}
    if mixed or shape not in SHAPES.get(a, ()) or result not in RESULTS[a]:
        raise UnsupportedError(f"{ins.text}: this product is not emulated", ins.line)
    m, _, k = map(int, re.findall(r"\d+", shape))
    return Product(result, a, b, m, k)


@instruction("mma", MODIFIERS, [*BITS, "f32", "s32"], operands=4)
def mma(fn: Body, ins: Instruction) -> None:
    """Multiply two matrices that the lanes of a warp hold together, and add a third.

    Products and sums of 16-bit floats are made in float32 in the order of k; a GPU's order is its own.
    """
    product = product_of(ins)
    given = [_items(ins, operand, count) for operand, count in zip(ins.operands[1:], product.registers, strict=True)]
    part = fn.alloca(f"[{8 * sum(product.registers)} x i8]", 16)
    out = fn.alloca("[4 x i64]", 16)
    words = [(item, product.word) for items in given[:2] for item in items]
    words += [(item, 8 if product.a == "f64" else 4) for item in given[2]]
    for place, (item, size) in enumerate(words):
        at = fn.emit(f"getelementptr i8, ptr {part}, i64 {place * size}")
        fn.run(f"store i{8 * size} {fn.read(item, f'i{8 * size}')}, ptr {at}")
    meet(fn, part)
    fn.unit.helper(product.name, lambda: _function(fn, product))
    fn.run(f'call void @"{product.name}"(ptr %thread, ptr {part}, ptr {out})')
    part_over(fn)
    for place, item in enumerate(_items(ins, ins.operands[0], product.registers[2])):
        at = fn.emit(f"getelementptr i8, ptr {out}, i64 {place * product.word}")
        width = f"i{8 * product.word}"
        fn.write(item, fn.emit(f"load {width}, ptr {at}"), width)


def _items(ins: Instruction, operand: Operand, count: int) -> tuple[Operand, ...]:
    items = elements(operand)
    if len(items) != count:
        raise EmulatorError(f"{ins.text}: {len(items)} registers where {count} are expected", ins.line)
    return items


def meet(fn: Body, part: str) -> None:
    """Let the other lanes find this one's part, and wait for theirs."""
    address = fn.emit(f"ptrtoint ptr {part} to i64")
    suspend(fn, Kind.WARP_SYNC, mask="-1", mode=int(SyncMode.WHOLE), a=address)


def part_over(fn: Body) -> None:
    """Wait until all lanes have read."""
    suspend(fn, Kind.WARP_SYNC, mask="-1", mode=int(SyncMode.WHOLE))


def _function(fn: Body, product: Product) -> str:
    """Return the function that computes a lane's part of a product."""
    writer = _Function(product)
    for name in writer.declared:
        fn.unit.declare(name)
    return writer.text()


class _Function:
    def __init__(self, product: Product) -> None:
        self.product, self.count = product, 0
        self.lines: list[str] = []
        self.sum = SUMS[product.a]
        self.declared = {"float": ["declare float @llvm.fma.f32(float, float, float)"],
                         "double": ["declare double @llvm.fma.f64(double, double, double)"]}.get(self.sum, [])  # fmt: skip

    def emit(self, text: str) -> str:
        self.count += 1
        self.lines.append(f"  %v{self.count} = {text}")
        return f"%v{self.count}"

    def text(self) -> str:
        product = self.product
        lane = self.emit(f"load i32, ptr {self.emit(self._field('%thread', '0', 'lane'))}")
        back = self.emit(f"sub i32 0, {lane}")
        self.first = self.emit(f"getelementptr {records.THREAD.name}, ptr %thread, i32 {back}")
        group, place = self.emit(f"and i32 {lane}, 28"), self.emit(f"and i32 {lane}, 3")
        columns = [self.emit(f"shl i32 {place}, 3")]
        columns.append(self.emit(f"or i32 {columns[0]}, 4"))
        rows = [self.part(group, q) for q in range(4)]
        others = [[self.part(column, q) for q in range(4)] for column in columns]
        sums = self.addends()
        step = 4 * product.per
        for k in range(product.k):
            q, register, at = k % step // product.per, k // step, k % product.per
            a = [
                self.element(rows[q], half + product.halves * register, at, product.a) for half in range(product.halves)
            ]
            start = product.registers[0]
            b = [self.element(parts[q], start + register, at, product.b) for parts in others]
            sums = [self.added(a[n // 2], b[n % 2], value) for n, value in enumerate(sums)]
        self.results(sums)
        head = f'define internal void @"{product.name}"(ptr %thread, ptr %own, ptr %out) {{'
        return "\n".join([head, *self.lines, "  ret void", "}"])

    @staticmethod
    def _field(thread: str, at: str, name: str) -> str:
        return f"getelementptr {records.THREAD.name}, ptr {thread}, i32 {at}, i32 {records.THREAD.index(name)}"

    def part(self, lane: str, q: int) -> str:
        """Return the address of the part of a lane."""
        number = self.emit(f"add i32 {lane}, {q}")
        address = self.emit(f"load i64, ptr {self.emit(self._field(self.first, number, 'a'))}")
        return self.emit(f"inttoptr i64 {address} to ptr")

    def word(self, part: str, register: int, size: int) -> str:
        at = self.emit(f"getelementptr i8, ptr {part}, i64 {register * size}")
        return self.emit(f"load i{8 * size}, ptr {at}")

    def element(self, part: str, register: int, at: int, kind: str) -> str:
        """Return one element, as the type of the sums."""
        bits, size = BITS[kind], self.product.word
        word = self.word(part, register, size)
        if kind == "f64":
            return self.emit(f"bitcast i64 {word} to double")
        if kind == "tf32":  # the low 13 bits do not count
            return self.emit(f"bitcast i32 {self.emit(f'and i32 {word}, -8192')} to float")
        moved = self.emit(f"lshr i32 {word}, {bits * at}")
        if kind == "bf16":
            return self.emit(f"bitcast i32 {self.emit(f'shl i32 {moved}, 16')} to float")
        small = self.emit(f"trunc i32 {moved} to i{bits}")
        if kind == "f16":
            return self.emit(f"fpext half {self.emit(f'bitcast i16 {small} to half')} to float")
        return self.emit(f"{'sext' if kind == 's8' else 'zext'} i8 {small} to i32")

    def addends(self) -> list[str]:
        """Return this lane's elements of C."""
        product = self.product
        start = sum(product.registers[:2])
        words = [self.word("%own", start + n, product.word) for n in range(product.registers[2])]
        if product.result == "f16":
            return [self.half(words[n // 2], n % 2) for n in range(2 * product.halves)]
        return (
            words if self.sum == "i32" else [self.emit(f"bitcast i{8 * product.word} {w} to {self.sum}") for w in words]
        )

    def half(self, word: str, at: int) -> str:
        small = self.emit(f"trunc i32 {self.emit(f'lshr i32 {word}, {16 * at}')} to i16")
        return self.emit(f"fpext half {self.emit(f'bitcast i16 {small} to half')} to float")

    def added(self, a: str, b: str, total: str) -> str:
        if self.sum == "i32":
            return self.emit(f"add i32 {total}, {self.emit(f'mul i32 {a}, {b}')}")
        name = "f32" if self.sum == "float" else "f64"
        return self.emit(f"call {self.sum} @llvm.fma.{name}({self.sum} {a}, {self.sum} {b}, {self.sum} {total})")

    def results(self, sums: list[str]) -> None:
        kind, size = ("half", 2) if self.product.result == "f16" else (self.sum, self.product.word)
        for n, value in enumerate(sums):
            stored = self.emit(f"fptrunc float {value} to half") if kind == "half" else value
            at = self.emit(f"getelementptr i8, ptr %out, i64 {n * size}")
            self.lines.append(f"  store {kind} {stored}, ptr {at}")


@instruction("ldmatrix", "sync aligned m8n8 x1 x2 x4 trans shared shared::cta b16", operands=2)
def ldmatrix(fn: Body, ins: Instruction) -> None:
    """Load matrices of 8 by 8 elements of 16 bits, whose rows begin at the addresses that the lanes give.

    Lane ``8 j + r`` gives row ``r`` of matrix ``j``; lane ``t`` receives two neighbours of row ``t / 4``, or, with
    ``trans``, of column ``t / 4``.
    """
    space = Space.SHARED if ins.has("shared", "shared::cta") else Space.GENERIC
    targets = _items(ins, ins.operands[0], next((int(m[1]) for m in ins.modifiers if m in ("x1", "x2", "x4")), 1))
    meet(fn, pointer(fn, ins.operands[1], space))
    lane = fn.thread_field("lane")
    back = fn.emit(f"sub i32 0, {lane}")
    first = fn.emit(f"getelementptr {records.THREAD.name}, ptr %thread, i32 {back}")
    group, place = fn.emit(f"lshr i32 {lane}, 2"), fn.emit(f"shl i32 {fn.emit(f'and i32 {lane}, 3')}, 1")
    found = []
    for j in range(len(targets)):
        pair = []
        for n in range(2):
            near = fn.emit(f"add i32 {place}, {n}")
            row, column = (near, group) if ins.has("trans") else (group, near)
            pair.append(_entry(fn, first, fn.emit(f"add i32 {row}, {8 * j}"), column, space))
        low, high = (fn.emit(f"zext i16 {value} to i32") for value in pair)
        found.append(fn.emit(f"or i32 {low}, {fn.emit(f'shl i32 {high}, 16')}"))
    part_over(fn)
    for target, value in zip(targets, found, strict=True):
        fn.write(target, value, "i32")


def _entry(fn: Body, first: str, lane: str, column: str, space: Space) -> str:
    """Return one element of a row whose address a lane has given; 0 where it may not be read."""
    at = fn.emit(f"getelementptr {records.THREAD.name}, ptr {first}, i32 {lane}, i32 {records.THREAD.index('a')}")
    row = fn.emit(f"inttoptr i64 {fn.emit(f'load i64, ptr {at}')} to ptr")
    place = fn.emit(f"getelementptr i16, ptr {row}, i32 {column}")
    slot = fn.alloca("i16")
    fn.run(f"store i16 0, ptr {slot}")
    behind = checked(fn, place, 2, space, Access.READ)
    fn.run(f"store i16 {fn.emit(f'load i16, ptr {place}, align 2')}, ptr {slot}")
    if behind:
        fn.label(behind)
    return fn.emit(f"load i16, ptr {slot}")
