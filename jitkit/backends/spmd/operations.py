"""One instruction widened: the same operation on vectors where a vector one exists, else lane by lane under the mask."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jitkit.backends.lowering import vectormath
from jitkit.backends.spmd import updates
from jitkit.backends.spmd.reader import BINARY, CASTS, Instruction, UnsupportedIR, Value
from jitkit.backends.spmd.shapes import DROPPED, size_of
from jitkit.backends.spmd.writer import aggregate

if TYPE_CHECKING:
    from jitkit.backends.spmd.body import Body

_WRAPPING = re.compile(r"\b(nuw|nsw|nusw|inbounds|exact|disjoint|nneg|samesign)\b")
# LLVM's own functions that have a form on vectors, with the number of arguments that stay scalar.
_ELEMENTWISE = {
    name: 0 for name in """
    sqrt fabs floor ceil trunc rint nearbyint round roundeven copysign fma fmuladd minnum maxnum minimum maximum
    minimumnum maximumnum smin smax umin umax ctpop bswap bitreverse fshl fshr uadd.sat sadd.sat usub.sat ssub.sat canonicalize
    fptosi.sat fptoui.sat ucmp scmp
    """.split()
} | {"abs": 1, "ctlz": 1, "cttz": 1, "is.fpclass": 1, "powi": 1}  # fmt: skip
_INTRINSIC = re.compile(r"@llvm\.([a-z][a-z0-9.]*?)((?:\.(?:f\d+|i\d+))+)$")


class Operations:
    """Widens instructions for a `Body`."""

    def __init__(self, body: Body) -> None:
        self.body, self.text, self.vector = body, body.text, body.vector
        self.frames: dict[str, str] = {}
        self.element: dict[str, int] = {}
        if body.shapes.private:
            self._lay_out_private()

    def write(self, item: Instruction, mask: str | None) -> None:
        """Write one instruction for the lanes of a mask."""
        if item.op == "alloca":
            return
        if item.op in ("reload", "call"):
            value = self.body.special(item)
            if value is not None:
                self.body.define(item, value)
                return
        if item.op in ("load", "store"):
            (self._load if item.op == "load" else self._store)(item, mask)
        elif item.op == "call":
            self._call(item, mask)
        elif item.op in ("atomicrmw", "cmpxchg"):
            self._each_lane(item, mask)
        elif item.name in self.body.shapes.private:
            self._private_address(item)
        elif self.body.shapes.strides[item.name] is None:
            self.body.define(item, self.text.emit(self._widened(item, mask)))
        else:
            self.body.define(item, self._on_base(item))

    # ---- arithmetic

    def _on_base(self, item: Instruction) -> str:
        """Write an operation on uniform values, or on strided values of lane 0."""
        head = item.head
        if self.body.shapes.strides[item.name] != 0 or item.op == "getelementptr":
            head = _WRAPPING.sub("", head)  # lane 0 may not take part
        return self.text.emit(self._code(item, head, [self.body.scalar(v) for v in item.operands], item.type, str))

    def _widened(self, item: Instruction, mask: str | None) -> str:
        values = item.operands
        if item.op == "getelementptr":
            return self._vector_address(item)
        texts = [self.body.whole(v) for v in values]
        if item.op == "select" and self.body.shapes.of(values[0]) == 0:
            condition = self.body.scalar(values[0])
            kind = self.vector.type(item.type)
            return f"select {item.head} i1 {condition}, {kind} {texts[1]}, {kind} {texts[2]}"
        if item.op == "select" and aggregate(item.type):
            result = self.vector.select(item.type, *texts)
            return f"freeze {self.vector.type(item.type)} {result}"
        if item.op in ("sdiv", "udiv", "srem", "urem") and mask is not None and values[1].local:
            # A lane that does not take part may hold a zero, and a division by zero is a trap.
            texts[1] = self.vector.select(item.type, mask, texts[1], self.vector.splat(item.type, "1"))
        return self._code(item, item.head, texts, item.type, self.vector.type)

    def on_end(self, item: Instruction, last: bool) -> str:
        """Write an operation on what its operands hold in the first or the last lane."""
        texts = [self.body.end(v, last) for v in item.operands]
        if item.op == "call":
            return self.text.emit(self._call_text(item, texts))
        return self.text.emit(self._code(item, _WRAPPING.sub("", item.head), texts, item.type, str))

    def _code(self, item: Instruction, head: str, texts: list[str], kind: str, typed: object) -> str:
        """Return an operation's text on operands whose types are `typed(scalar type)`."""
        of = typed  # type: ignore[assignment]
        op = f"{item.op} {head}".rstrip()
        types = [of(v.type) for v in item.operands]  # type: ignore[operator]
        if item.op in BINARY or item.op in ("icmp", "fcmp", "fneg"):
            return f"{op} {types[0]} {', '.join(texts)}"
        if item.op in CASTS:
            return f"{op} {types[0]} {texts[0]} to {of(kind)}"  # type: ignore[operator]
        pairs = ", ".join(f"{t} {x}" for t, x in zip(types, texts, strict=True))
        if item.op == "getelementptr":
            return f"{op} {item.element}, {pairs}"
        if item.op in ("select", "freeze", "extractvalue", "insertvalue"):
            return f"{op} {pairs}" + (f", {item.tail}" if item.tail else "")
        raise UnsupportedIR(f"{item.op} on vectors")

    def _vector_address(self, item: Instruction) -> str:
        """Return the address of each lane; what is uniform stays scalar, which LLVM addresses better."""
        parts = []
        for value in item.operands:
            if self.body.shapes.of(value) == 0:
                parts.append(f"{value.type} {self.body.scalar(value)}")
            else:
                parts.append(f"{self.vector.type(value.type)} {self.body.whole(value)}")
        return f"getelementptr {item.element}, {', '.join(parts)}"

    # ---- memory

    def _load(self, item: Instruction, mask: str | None) -> None:
        pointer = item.operands[0]
        stride = self._step(pointer)
        if stride == 0:
            self._define_uniform(item, self.text.emit(f"load {item.type}, ptr {self.body.scalar(pointer)}, align {item.tail}"))
        elif aggregate(item.type):
            self._each_lane(item, mask)
        elif stride == size_of(item.type) and item.type != "i1":
            self.body.define(item, self._load_row(item.type, self._address(pointer), item.tail, mask))
        elif self.body.shapes.bounded.get(pointer.text) == size_of(item.type):
            self.body.define(item, self._load_clamped(item, pointer, mask))
        else:
            self.body.define(item, self._gather(item.type, self._addresses(pointer), item.tail, mask))

    def _define_uniform(self, item: Instruction, code: str) -> None:
        varying = self.body.shapes.strides[item.name] is None
        self.body.define(item, self.vector.splat(item.type, code) if varying else code)

    def _load_row(self, kind: str, address: str, align: str, mask: str | None) -> str:
        whole = self.vector.type(kind)
        if mask is None:
            return self.text.emit(f"load {whole}, ptr {address}, align {align}")
        name = f"@llvm.masked.load.v{self.body.lanes}{_suffix(kind)}.p0"
        self.text.declare(name, whole, ["ptr", self.vector.mask_type, whole])
        return self.text.emit(
            f"call {whole} {name}(ptr align {align} {address}, {self.vector.mask_type} {mask}, {whole} poison)"
        )

    def _load_clamped(self, item: Instruction, pointer: Value, mask: str | None) -> str:
        """Load from addresses that stand side by side wherever nothing was clamped.

        Each lane's address lies between 0 and one element behind the one before, so the first and the last tell.
        """
        kind, reach = self.vector.type(item.type), (self.body.lanes - 1) * size_of(item.type)
        first, last = (self.body.end(pointer, last) for last in (False, True))
        ends = [self.text.emit(f"ptrtoint ptr {end} to i64") for end in (first, last)]
        apart = self.text.emit(f"sub i64 {ends[1]}, {ends[0]}")
        straight = self.text.emit(f"icmp eq i64 {apart}, {reach}")
        slot, row, scattered, done = self.text.alloca(kind, "clamped"), *map(self.text.fresh, ("row", "scattered", "done"))
        addresses = self._addresses(pointer)
        self.text.do(f"br i1 {straight}, label {row}, label {scattered}")
        for label, load, source in ((row, self._load_row, first), (scattered, self._gather, addresses)):
            self.text.label(label)
            self.text.do(f"store {kind} {load(item.type, source, item.tail, mask)}, ptr {slot}")
            self.text.do(f"br label {done}")
        self.text.label(done)
        return self.text.emit(f"load {kind}, ptr {slot}")

    def _gather(self, kind: str, addresses: str, align: str, mask: str | None) -> str:
        whole, pointers = self.vector.type(kind), self.vector.type("ptr")
        name = f"@llvm.masked.gather.v{self.body.lanes}{_suffix(kind)}.v{self.body.lanes}p0"
        self.text.declare(name, whole, [pointers, self.vector.mask_type, whole])
        lanes = mask or "splat (i1 true)"
        return self.text.emit(
            f"call {whole} {name}({pointers} align {align} {addresses}, {self.vector.mask_type} {lanes}, {whole} poison)"
        )

    def _store(self, item: Instruction, mask: str | None) -> None:
        value, pointer = item.operands
        stride, whole = self._step(pointer), self.vector.type(value.type)
        if stride == 0 and self.body.shapes.of(value) == 0:
            self.text.do(f"store {value.type} {self.body.scalar(value)}, ptr {self.body.scalar(pointer)}, align {item.tail}")
        elif aggregate(value.type) or value.type == "i1":
            self._each_lane(item, mask)
        elif stride == size_of(value.type):
            self._store_row(value, whole, self._address(pointer), item.tail, mask)
        else:
            name = f"@llvm.masked.scatter.v{self.body.lanes}{_suffix(value.type)}.v{self.body.lanes}p0"
            pointers, masks = self.vector.type("ptr"), self.vector.mask_type
            self.text.declare(name, "void", [whole, pointers, masks])
            self.text.do(
                f"call void {name}({whole} {self.body.whole(value)}, {pointers} align {item.tail} "
                f"{self._addresses(pointer)}, {masks} {mask or 'splat (i1 true)'})"
            )

    def _store_row(self, value: Value, whole: str, address: str, align: str, mask: str | None) -> None:
        if mask is None:
            self.text.do(f"store {whole} {self.body.whole(value)}, ptr {address}, align {align}")
            return
        name = f"@llvm.masked.store.v{self.body.lanes}{_suffix(value.type)}.p0"
        self.text.declare(name, "void", [whole, "ptr", self.vector.mask_type])
        self.text.do(
            f"call void {name}({whole} {self.body.whole(value)}, ptr align {align} {address}, {self.vector.mask_type} {mask})"
        )

    # ---- private memory: element k of all lanes side by side, so that lanes at one k touch one vector

    def _lay_out_private(self) -> None:
        for block in self.body.shapes.whole.blocks.values():
            for item in block.code:
                if item.op in ("load", "store"):
                    kind = item.type if item.op == "load" else item.operands[0].type
                    home = self.body.shapes.private.get(item.operands[-1].text)
                    if home is not None and self.element.setdefault(home, size_of(kind)) != size_of(kind):
                        raise UnsupportedIR("private memory used with elements of two sizes")
                    if item.op == "store" and item.operands[0].text in self.body.shapes.private:
                        raise UnsupportedIR("the address of private memory stored")
                elif item.op == "call" and any(v.text in self.body.shapes.private for v in item.operands):
                    if not item.callee.startswith((*DROPPED, "@llvm.memset")):
                        raise UnsupportedIR(f"private memory given to {item.callee}")
        for block in self.body.shapes.whole.blocks.values():
            for item in block.code:
                if item.op == "alloca":
                    kind = f"[{self.body.lanes} x {item.element}]"
                    self.frames[item.name] = self.body.private_memory(item, kind)

    def _private_address(self, item: Instruction) -> None:
        """Write an offset into private memory: `lanes` times the bytes that the scalar code says."""
        base, lanes = item.operands[0], self.body.lanes
        if len(item.operands) != 2 or not (item.element in ("i8",) or item.element[0] not in "{["):
            raise UnsupportedIR("private memory of structures")
        size = size_of(item.element) * lanes
        index = item.operands[1]
        if self.body.shapes.of(index) == 0 and self.body.shapes.strides[item.name] == 0:
            bytes_ = self.text.emit(f"mul {index.type} {self.body.scalar(index)}, {size}")
            self.body.define(item, self.text.emit(f"getelementptr i8, ptr {self._private_base(base)}, {index.type} {bytes_}"))
            return
        kind = self.vector.type(index.type)
        bytes_ = self.text.emit(f"mul {kind} {self.body.whole(index)}, {self.vector.splat(index.type, str(size))}")
        varying = self.body.shapes.of(base) != 0
        start = f"{self.vector.type('ptr')} {self.body.whole(base)}" if varying else f"ptr {self._private_base(base)}"
        self.body.define(item, self.text.emit(f"getelementptr i8, {start}, {kind} {bytes_}"))

    def _private_base(self, value: Value) -> str:
        return self.frames[value.text] if value.text in self.frames else self.body.scalar(value)

    def _step(self, pointer: Value) -> int | None:
        """Return how far apart neighbouring lanes' elements lie in memory."""
        stride = self.body.shapes.of(pointer)
        home = self.body.shapes.private.get(pointer.text)
        if home is None:
            return stride
        return self.element[home] if stride == 0 else None

    def _address(self, pointer: Value) -> str:
        return self._private_base(pointer) if pointer.text in self.frames else self.body.scalar(pointer)

    def _addresses(self, pointer: Value) -> str:
        home = self.body.shapes.private.get(pointer.text)
        if home is None:
            return self.body.whole(pointer)
        steps = ", ".join(f"i64 {k * self.element[home]}" for k in range(self.body.lanes))
        return self.text.emit(
            f"getelementptr i8, {self.vector.type('ptr')} {self.body.whole(pointer)}, {self.vector.type('i64')} <{steps}>"
        )

    # ---- calls

    def _call(self, item: Instruction, mask: str | None) -> None:
        if item.callee.startswith(DROPPED):
            return
        if item.callee in self.body.parameters:
            self.body.define(item, self.body.parameters[item.callee])
        elif item.callee.startswith("@llvm.memset") and item.operands[0].text in self.body.shapes.private:
            self._fill_private(item)
        elif item.name and self.body.shapes.strides[item.name] == 0 and item.callee.startswith(("@llvm.", "@jk_")):
            self.body.define(item, self.text.emit(self._call_text(item, [self.body.scalar(v) for v in item.operands])))
        elif match := self._elementwise(item):
            self._widen_intrinsic(item, match)
        elif item.callee.startswith("@jk_"):
            self._widen_math(item)
        else:
            self._each_lane(item, mask)

    def _elementwise(self, item: Instruction) -> re.Match[str] | None:
        match = _INTRINSIC.match(item.callee)
        return match if match and match.group(1) in _ELEMENTWISE else None

    def _widen_intrinsic(self, item: Instruction, match: re.Match[str]) -> None:
        name, kinds = match.groups()
        vector_kinds = "".join(f".v{self.body.lanes}{kind}" for kind in kinds[1:].split("."))
        scalars = _ELEMENTWISE[name]
        args = []
        for k, value in enumerate(item.operands):
            if k >= len(item.operands) - scalars:
                args.append((value.type, value.text))
            else:
                args.append((self.vector.type(value.type), self.body.whole(value)))
        if name == "powi":
            vector_kinds = f".v{self.body.lanes}{kinds[1:].split('.')[0]}.i32"
            args[-1] = (item.operands[-1].type, self.body.scalar(item.operands[-1]))
        symbol, result = f"@llvm.{name}{vector_kinds}", self.vector.type(item.type)
        self.text.declare(symbol, result, [kind for kind, _ in args])
        listed = ", ".join(f"{kind} {text}" for kind, text in args)
        self.body.define(item, self.text.emit(f"call {item.head} {result} {symbol}({listed})"))

    def _call_text(self, item: Instruction, texts: list[str]) -> str:
        self.text.declare(item.callee, item.type, [v.type for v in item.operands])
        listed = ", ".join(f"{v.type} {text}" for v, text in zip(item.operands, texts, strict=True))
        return f"call {item.head} {item.type} {item.callee}({listed})"

    def _widen_math(self, item: Instruction) -> None:
        """Call libmvec's version for as many lanes at once as there is one for."""
        function = item.callee.removeprefix("@" + vectormath.PREFIX)
        versions = [
            (symbol, lanes) for symbol, lanes in vectormath.vector_names(function, len(item.operands))
            if self.body.lanes % lanes == 0
        ]  # fmt: skip
        if not versions:
            self._each_lane(item, None)
            return
        symbol, lanes = max(versions, key=lambda version: version[1])
        part = f"<{lanes} x {item.type}>"
        self.text.declare(f"@{symbol}", part, [part] * len(item.operands))
        whole = [self.body.whole(v) for v in item.operands]
        pieces = []
        for first in range(0, self.body.lanes, lanes):
            args = ", ".join(f"{part} {self._slice(item.type, vector, first, lanes)}" for vector in whole)
            pieces.append(self.text.emit(f"call {item.head} {part} @{symbol}({args})"))
        self.body.define(item, self._join(item.type, pieces, lanes))

    def _slice(self, kind: str, vector: str, first: int, count: int) -> str:
        if count == self.body.lanes:
            return vector
        order = ", ".join(f"i32 {first + k}" for k in range(count))
        whole = self.vector.type(kind)
        return self.text.emit(f"shufflevector {whole} {vector}, {whole} poison, <{count} x i32> <{order}>")

    def _join(self, kind: str, pieces: list[str], lanes: int) -> str:
        while len(pieces) > 1:
            order = ", ".join(f"i32 {k}" for k in range(2 * lanes))
            part = f"<{lanes} x {kind}>"
            pieces = [
                self.text.emit(f"shufflevector {part} {a}, {part} {b}, <{2 * lanes} x i32> <{order}>")
                for a, b in zip(pieces[::2], pieces[1::2], strict=True)
            ]
            lanes *= 2
        return pieces[0]

    def _fill_private(self, item: Instruction) -> None:
        pointer, value, count = item.operands[:3]
        if self.body.shapes.of(pointer) != 0 or self.body.shapes.of(value) != 0 or self.body.shapes.of(count) != 0:
            raise UnsupportedIR("private memory filled by different amounts")
        length = self.text.emit(f"mul {count.type} {self.body.scalar(count)}, {self.body.lanes}")
        self.text.declare(item.callee, "void", [v.type for v in item.operands])
        self.text.do(
            f"call void {item.callee}(ptr {self._address(pointer)}, i8 {self.body.scalar(value)}, {count.type} {length}, i1 false)"
        )

    # ---- lane by lane

    def _each_lane(self, item: Instruction, mask: str | None) -> None:
        """Write an instruction once for each lane, in the order of the lanes, past those outside the mask."""
        # Read before the first branch: what a lane's block reads, no other block can use.
        uniform = [self.body.shapes.of(v) == 0 and v.text not in self.body.shapes.private for v in item.operands]
        whole = [self.body.scalar(v) if same else self._lane_source(v) for v, same in zip(item.operands, uniform, strict=True)]
        slot = self.text.alloca(self.vector.type(item.type), "lanes") if item.name else ""
        # A group runs in one thread, so nobody else sees its shared memory.
        alone = bool(item.operands) and item.operands[0].text in self.body.shapes.shared and updates.known(item)
        for k in range(self.body.lanes):
            after = self._enter(mask, k)
            texts = [
                text if same else self.vector.lane(v.type, text, k)
                for v, text, same in zip(item.operands, whole, uniform, strict=True)
            ]
            code = "" if alone else self._single(item, texts)
            if item.name:
                value = updates.alone(self.text, item, texts) if alone else self.text.emit(code)
                held = self.text.emit(f"load {self.vector.type(item.type)}, ptr {slot}")
                changed = self.vector.set_lane(item.type, held, value, k)
                self.text.do(f"store {self.vector.type(item.type)} {changed}, ptr {slot}")
            else:
                self.text.do(code)
            if after:
                self.text.do(f"br label {after}")
                self.text.label(after)
        if item.name:
            result = self.text.emit(f"load {self.vector.type(item.type)}, ptr {slot}")
            varying = self.body.shapes.strides[item.name] is None
            self.body.define(item, result if varying else self.vector.lane(item.type, result, 0))

    def _lane_source(self, value: Value) -> str:
        return self._addresses(value) if value.text in self.body.shapes.private else self.body.whole(value)

    def _enter(self, mask: str | None, k: int) -> str:
        if mask is None:
            return ""
        inside, after = self.text.fresh("lane"), self.text.fresh("past")
        bit = self.text.emit(f"extractelement {self.vector.mask_type} {mask}, i64 {k}")
        self.text.do(f"br i1 {bit}, label {inside}, label {after}")
        self.text.label(inside)
        return after

    def _single(self, item: Instruction, texts: list[str]) -> str:
        pairs = ", ".join(f"{v.type} {text}" for v, text in zip(item.operands, texts, strict=True))
        if item.op == "load":
            return f"load {item.type}, {pairs}, align {item.tail}"
        if item.op == "store":
            return f"store {pairs}, align {item.tail}"
        if item.op in ("atomicrmw", "cmpxchg"):
            return f"{item.op} {item.head} {pairs} {item.tail}"
        return self._call_text(item, texts)


def _suffix(kind: str) -> str:
    return {"float": "f32", "double": "f64", "half": "f16", "ptr": "p0"}.get(kind, kind)
