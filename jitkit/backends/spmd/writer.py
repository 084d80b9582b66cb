"""Writing LLVM IR text for vectors of lanes: types, splats, and values that are structures of vectors."""

from __future__ import annotations

from collections.abc import Iterable

from jitkit.backends.spmd.reader import members


class Text:
    """The text of a function in the making."""

    def __init__(self) -> None:
        self.allocas: list[str] = []
        self.lines: list[str] = []
        self.declared: dict[str, str] = {}
        self._count = 0

    def fresh(self, stem: str = "v") -> str:
        """Return a new local name."""
        self._count += 1
        return f"%{stem}.{self._count}"

    def emit(self, code: str, stem: str = "v") -> str:
        """Append an instruction with a result; return the result's name."""
        name = self.fresh(stem)
        self.lines.append(f"  {name} = {code}")
        return name

    def do(self, code: str) -> None:
        """Append an instruction without a result."""
        self.lines.append(f"  {code}")

    def label(self, name: str) -> None:
        """Begin a block."""
        self.lines.append(f"{name[1:]}:")

    def alloca(self, kind: str, stem: str, align: int = 64) -> str:
        """Reserve memory in the function's frame."""
        name = self.fresh(stem)
        self.allocas.append(f"  {name} = alloca {kind}, align {align}")
        return name

    def keep_from_comparing(self) -> None:
        """Keep LLVM from comparing the addresses of all accesses of the loop that is written.

        It would find out whether to widen the loop, which computes with vectors already, and what one turn loads that the
        turn before stored. An access that it cannot place stops it at once. This one is to memory that no program sees, and
        becomes no instruction.
        """
        self.do(f"call i1 {self.declare('@llvm.experimental.widenable.condition', 'i1', ())}()")

    def declare(self, symbol: str, result: str, parameters: Iterable[str]) -> str:
        """Declare a function that is called."""
        self.declared[symbol] = f"declare {result} {symbol}({', '.join(parameters)})"
        return symbol


def aligned(kind: str) -> str:
    """Return a type whose elements in an array all begin at multiples of 64 bytes, as the scalar code was promised."""
    return f"{{ {kind}, [0 x <64 x i8>] }}"


def wide(kind: str, lanes: int) -> str:
    """Return the type that holds one value of a type for each lane."""
    if kind[0] in "{[":
        parts = [wide(part, lanes) for part in members(kind)]
        return f"[{len(parts)} x {parts[0]}]" if kind[0] == "[" else "{ " + ", ".join(parts) + " }"
    return f"<{lanes} x {kind}>"


def aggregate(kind: str) -> bool:
    """Tell whether a type is a structure or an array."""
    return kind[0] in "{["


class Lanes:
    """Instructions on vectors with one element for each lane."""

    def __init__(self, text: Text, lanes: int) -> None:
        self.text, self.lanes = text, lanes

    def type(self, kind: str) -> str:
        """Return the vector type of a scalar type."""
        return wide(kind, self.lanes)

    @property
    def mask_type(self) -> str:
        """The type of a mask."""
        return self.type("i1")

    def splat(self, kind: str, value: str) -> str:
        """Return a vector of equal elements."""
        whole = self.type(kind)
        if value in ("undef", "poison"):
            return "poison"
        if aggregate(kind):
            if value == "zeroinitializer":
                return value
            result = "poison"
            for k, part in enumerate(members(kind)):
                item = self.text.emit(f"extractvalue {kind} {value}, {k}")
                item = self.splat(part, item)
                result = self.text.emit(f"insertvalue {whole} {result}, {self.type(part)} {item}, {k}")
            return result
        if value[0] not in "%":
            return f"splat ({kind} {value})"
        first = self.text.emit(f"insertelement {whole} poison, {kind} {value}, i64 0")
        return self.text.emit(f"shufflevector {whole} {first}, {whole} poison, <{self.lanes} x i32> zeroinitializer")

    def multiples(self, kind: str, stride: int = 1, first: int = 0) -> str:
        """Return the constant vector of first, first + stride, first + 2 stride, ..."""
        return f"<{', '.join(f'{kind} {first + stride * k}' for k in range(self.lanes))}>"

    def indices(self, first: str, step: str) -> str:
        """Return the i64 vector that begins with `first` and advances by `step`, neither of them a constant."""
        kind = self.type("i64")
        offsets = self.text.emit(f"mul {kind} {self.splat('i64', step)}, {self.multiples('i64')}")
        return self.text.emit(f"add {kind} {self.splat('i64', first)}, {offsets}")

    def ramp(self, kind: str, base: str, stride: int) -> str:
        """Return a vector that begins with `base` and advances by `stride` from lane to lane."""
        steps = self.multiples("i64" if kind == "ptr" else kind, stride)
        if kind == "ptr":
            return self.text.emit(f"getelementptr i8, ptr {base}, {self.type('i64')} {steps}")
        return self.text.emit(f"add {self.type(kind)} {self.splat(kind, base)}, {steps}")

    def lane(self, kind: str, vector: str, k: int) -> str:
        """Return the value of one lane."""
        whole = self.type(kind)
        if not aggregate(kind):
            return self.text.emit(f"extractelement {whole} {vector}, i64 {k}")
        result = "poison"
        for position, part in enumerate(members(kind)):
            item = self.text.emit(f"extractvalue {whole} {vector}, {position}")
            item = self.lane(part, item, k)
            result = self.text.emit(f"insertvalue {kind} {result}, {part} {item}, {position}")
        return result

    def set_lane(self, kind: str, vector: str, value: str, k: int) -> str:
        """Return a vector with one lane's value replaced."""
        whole = self.type(kind)
        if not aggregate(kind):
            return self.text.emit(f"insertelement {whole} {vector}, {kind} {value}, i64 {k}")
        result = vector
        for position, part in enumerate(members(kind)):
            old = self.text.emit(f"extractvalue {whole} {vector}, {position}")
            item = self.text.emit(f"extractvalue {kind} {value}, {position}")
            new = self.set_lane(part, old, item, k)
            result = self.text.emit(f"insertvalue {whole} {result}, {self.type(part)} {new}, {position}")
        return result

    def select(self, kind: str, mask: str, yes: str, no: str) -> str:
        """Return `yes` in the lanes of a mask and `no` in the others."""
        whole = self.type(kind)
        if not aggregate(kind):
            return self.text.emit(f"select {self.mask_type} {mask}, {whole} {yes}, {whole} {no}")
        result = "poison"
        for position, part in enumerate(members(kind)):
            pair = [self.text.emit(f"extractvalue {whole} {value}, {position}") for value in (yes, no)]
            item = self.select(part, mask, *pair)
            result = self.text.emit(f"insertvalue {whole} {result}, {self.type(part)} {item}, {position}")
        return result

    def any(self, mask: str) -> str:
        """Return whether a mask has a lane."""
        bits = self.text.emit(f"bitcast {self.mask_type} {mask} to i{self.lanes}")
        return self.text.emit(f"icmp ne i{self.lanes} {bits}, 0")

    def both(self, a: str, b: str) -> str:
        """Return the lanes of `a` that are in `b` too; what `b` says of other lanes, poison perhaps, does not matter."""
        return self.text.emit(f"select {self.mask_type} {a}, {self.mask_type} {b}, {self.mask_type} zeroinitializer")

    def either(self, a: str, b: str) -> str:
        """Return the lanes in one of two masks."""
        return self.text.emit(f"or {self.mask_type} {a}, {b}")

    def others(self, mask: str) -> str:
        """Return the lanes not in a mask."""
        return self.text.emit(f"xor {self.mask_type} {mask}, splat (i1 true)")
