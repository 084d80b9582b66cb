"""Calls: LLVM's elementwise functions on vectors, the mathematical ones through libmvec, others lane by lane."""

from __future__ import annotations

import functools
import re

from jitkit.backends.lowering import vectormath
from jitkit.backends.spmd import logarithm, plan, scaling
from jitkit.backends.spmd.ir import Instruction
from jitkit.backends.spmd.memory import Memory
from jitkit.backends.spmd.shapes import DROPPED
from jitkit.backends.symbols import PREFIX

# LLVM's own functions that have a form on vectors, with the number of arguments that stay scalar.
_ELEMENTWISE = {
    name: 0 for name in """
    sqrt fabs floor ceil trunc rint nearbyint round roundeven copysign fma fmuladd minnum maxnum minimum maximum
    minimumnum maximumnum smin smax umin umax ctpop bswap bitreverse fshl fshr uadd.sat sadd.sat usub.sat ssub.sat canonicalize
    fptosi.sat fptoui.sat ucmp scmp ldexp
    """.split()
} | {"abs": 1, "ctlz": 1, "cttz": 1, "is.fpclass": 1, "powi": 1}  # fmt: skip
_INTRINSIC = re.compile(r"@llvm\.([a-z][a-z0-9.]*?)((?:\.(?:f\d+|i\d+))+)$")


class Calls(Memory):
    """Widens calls."""

    def _call(self, item: Instruction, mask: str | None) -> None:
        if item.callee.startswith(DROPPED):
            return
        if item.callee in self.body.parameters:
            self.body.define(item, self.body.parameters[item.callee])
        elif item.callee.startswith("@llvm.memset") and item.operands[0].text in self.body.shapes.private:
            self._fill_private(item, mask)
        elif item.name and self.body.shapes.strides[item.name] == 0 and item.callee.startswith(("@llvm.", "@jk_")):
            self.body.define(item, self.text.emit(self._call_text(item, [self.body.scalar(v) for v in item.operands])))
        elif match := self._elementwise(item):
            self._widen_intrinsic(item, match)
        elif item.callee.startswith("@jk_"):
            self._widen_math(item, mask)
        else:
            self._each_lane(item, mask)

    def _elementwise(self, item: Instruction) -> re.Match[str] | None:
        match = _INTRINSIC.match(item.callee)
        return match if match and match.group(1) in _ELEMENTWISE else None

    def _widen_intrinsic(self, item: Instruction, match: re.Match[str]) -> None:
        name, kinds = match.groups()
        if name == "ldexp" and self._scale(item):
            return
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

    def _scale(self, item: Instruction) -> bool:
        """Multiply by a power of two whose exponent is at hand as a float; tell whether it is."""
        total, lanes = scaling.rounded(item, self.body.shapes.made), scaling.REGISTERS.get(item.type, 0)
        if total is None or not plan.registers_are_many() or self.body.lanes % lanes:
            return False
        kind, whole = item.type, self.vector.type(item.type)
        value = self.body.whole(item.operands[0])
        exponent = self.text.emit(f"fadd {whole} {self.body.whole(total)}, {scaling.shift(kind)}")
        pieces = []
        for first in range(0, self.body.lanes, lanes):
            parts = [self._slice(kind, vector, first, lanes) for vector in (value, exponent)]
            call, symbol, kinds = scaling.product(kind, *parts)
            self.text.declare(symbol, kinds[0], kinds)
            pieces.append(self.text.emit(call))
        self.body.define(item, self._join(kind, pieces, lanes))
        return True

    def _widen_math(self, item: Instruction, mask: str | None) -> None:
        """Call libmvec's version for as many lanes at once as there is one for; log needs it for few numbers alone."""
        function = item.callee.removeprefix("@" + PREFIX)
        versions = [
            (symbol, lanes) for symbol, lanes in vectormath.vector_names(function, len(item.operands))
            if self.body.lanes % lanes == 0
        ]  # fmt: skip
        if not versions:
            self._each_lane(item, None)
            return
        symbol, lanes = max(versions, key=lambda version: version[1])
        whole = [self.body.whole(v) for v in item.operands]
        call = functools.partial(self._call_parts, item, symbol, lanes, whole)
        if item.callee in logarithm.CALLS:
            self.body.define(item, logarithm.log(self.vector, item.type, whole[0], mask, call))
        else:
            self.body.define(item, call())

    def _call_parts(self, item: Instruction, symbol: str, lanes: int, whole: list[str]) -> str:
        """Call a function of so many lanes for each part of some vectors."""
        part = f"<{lanes} x {item.type}>"
        self.text.declare(f"@{symbol}", part, [part] * len(item.operands))
        pieces = []
        for first in range(0, self.body.lanes, lanes):
            args = ", ".join(f"{part} {self._slice(item.type, vector, first, lanes)}" for vector in whole)
            pieces.append(self.text.emit(f"call {item.head} {part} @{symbol}({args})"))
        return self._join(item.type, pieces, lanes)

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
