"""log of a vector of floats as plain arithmetic, with a call for what is none of the normal numbers above 0.

A call of libmvec keeps no register, and two vectors do not overlap across it: black_scholes takes 0.72 (float32) and 0.84
(float64) of the time that it takes in LLVM's loop with calls, normal random numbers 0.95 and 0.78. Scalar code has no such
form (see `lowering.elementary`): there each special case would cost each element some instructions, here all of them
together cost a vector one test.

Coefficients are minimax fits. The largest errors found are 1.1 ULP in float32 and 0.9 in float64.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llvmlite import ir

from jitkit.backends.lowering.emit import F32, F64
from jitkit.backends.spmd.writer import Lanes
from jitkit.backends.symbols import PREFIX


@dataclass(frozen=True)
class _Format:
    """How a type of floats is laid out, and a polynomial: for ``r = m - 1`` or, of float64, for ``(r / (2 + r))**2``.

    Numbers are ``2**n * m`` with m from 2/3 to 4/3.
    """

    kind: ir.Type
    bits: str
    fraction: int
    bias: int
    coefficients: tuple[float, ...]

    @property
    def one(self) -> int:
        """The bits of 1."""
        return self.bias << self.fraction

    @property
    def lowest(self) -> int:
        """The bits of 2/3, cut off."""
        return self.one - (1 << self.fraction) + (1 << self.fraction) // 3


_FORMATS = {
    "float": _Format(
        F32, "i32", 23, 127,
        (
            -0.4999993606912702, 0.3333319819090547, -0.25007819547865295, 0.20011165045844842, -0.1641594958734777,
            0.13995868651851917, -0.15388595095893462, 0.14026054698036183,
        ),
    ),
    "double": _Format(
        F64, "i64", 52, 1023,
        (
            0.6666666666667271, 0.3999999999616156, 0.28571429395305686, 0.22222138500544178, 0.1818635610336947,
            0.15250188002691303, 0.15368194936460058,
        ),
    ),
}  # fmt: skip
CALLS = (f"@{PREFIX}log", f"@{PREFIX}logf")
"""The functions that this stands for."""
LN2 = math.log(2), 2.3190468138462996e-17
"""log(2) as a float64, and the rest of it."""


def log(vector: Lanes, kind: str, x: str, mask: str | None, call: Callable[[], str]) -> str:
    """Return the logarithms of a vector.

    Parameters
    ----------
    vector : Lanes
        Where the code goes.
    kind : str
        "float" or "double".
    x : str
        The numbers.
    mask : str or None
        The lanes that count.
    call : callable
        Writes the call that serves all numbers; it runs where a lane that counts needs it.
    """
    steps, text, whole = _Steps(vector, kind), vector.text, vector.type(kind)
    slot, special, done = text.alloca(whole, "log"), text.fresh("special"), text.fresh("done")
    bits = steps.bits_of(x)
    # Adding 1 to the exponent of NaN and infinity gives negative integers, as those of negative numbers are or become small.
    shifted = steps.integers("add", bits, 1 << steps.form.fraction)
    odd = text.emit(f"icmp slt {steps.whole} {shifted}, {steps.integer(2 << steps.form.fraction)}")
    odd = text.emit(f"freeze {vector.mask_type} {odd}")
    odd = odd if mask is None else vector.both(mask, odd)
    usual = steps.log(bits)
    text.do(f"store {whole} {usual}, ptr {slot}")
    expect = text.declare("@llvm.expect.i1", "i1", ["i1", "i1"])
    some = text.emit(f"call i1 {expect}(i1 {vector.any(odd)}, i1 false)")
    text.do(f"br i1 {some}, label {special}, label {done}")
    text.label(special)
    # No number's last bit hangs on what stands beside it.
    text.do(f"store {whole} {vector.select(kind, odd, call(), usual)}, ptr {slot}")
    text.do(f"br label {done}")
    text.label(done)
    return text.emit(f"load {whole}, ptr {slot}")


class _Steps:
    """Instructions on vectors of one type."""

    def __init__(self, vector: Lanes, kind: str) -> None:
        self.vector, self.text, self.form, self.kind = vector, vector.text, _FORMATS[kind], kind
        self.floats, self.whole = vector.type(kind), vector.type(self.form.bits)

    def log(self, bits: str) -> str:
        """Return the logarithms of normal numbers above 0, from their bits."""
        form = self.form
        apart = self.integers("add", bits, form.one - form.lowest)
        # 2**fraction + n + bias, by its bits
        power = self.integers(
            "or", self.integers("lshr", apart, form.fraction), form.bias + form.fraction << form.fraction
        )
        n = self.sum(self.float_of(power), -(2.0**form.fraction) - form.bias)
        part = self.integers("add", self.integers("and", apart, (1 << form.fraction) - 1), form.lowest)
        r = self.sum(self.float_of(part), -1.0)
        if self.kind == "float":
            rest = self.fused(self.product(r, r), self.polynomial(form.coefficients, r), r)
            return self.fused(n, self.number(LN2[0]), rest)
        s = self.text.emit(f"fdiv {self.floats} {r}, {self.sum(r, 2.0)}")
        square, half = self.product(s, s), self.product(self.product(r, r), self.number(0.5))
        inner = self.fused(square, self.polynomial(form.coefficients, square), half)
        small = self.fused(s, inner, self.product(n, self.number(LN2[1])))
        rest = self.text.emit(f"fsub {self.floats} {r}, {self.text.emit(f'fsub {self.floats} {half}, {small}')}")
        return self.fused(n, self.number(LN2[0]), rest)

    def polynomial(self, coefficients: Sequence[float], x: str) -> str:
        """Return the value of a polynomial, by Horner's rule in ``x**2`` of pairs: half as many steps to wait for."""
        numbers = [self.number(value) for value in coefficients]
        pairs = [
            self.fused(x, numbers[k + 1], numbers[k]) if k + 1 < len(numbers) else numbers[k]
            for k in range(0, len(numbers), 2)
        ]
        square, value = self.product(x, x), pairs.pop()
        for pair in reversed(pairs):
            value = self.fused(value, square, pair)
        return value

    def number(self, value: float) -> str:
        return f"splat ({ir.Constant(self.form.kind, value)})"

    def integer(self, value: int) -> str:
        return f"splat ({self.form.bits} {value})"

    def integers(self, op: str, a: str, b: int) -> str:
        return self.text.emit(f"{op} {self.whole} {a}, {self.integer(b)}")

    def sum(self, a: str, b: float) -> str:
        return self.text.emit(f"fadd {self.floats} {a}, {self.number(b)}")

    def product(self, a: str, b: str) -> str:
        return self.text.emit(f"fmul {self.floats} {a}, {b}")

    def fused(self, a: str, b: str, c: str) -> str:
        """Return ``a * b + c``, rounded once where the CPU can."""
        suffix = {"float": "f32", "double": "f64"}[self.kind]
        name = f"@llvm.fmuladd.v{self.vector.lanes}{suffix}"
        self.text.declare(name, self.floats, [self.floats] * 3)
        return self.text.emit(f"call {self.floats} {name}({self.floats} {a}, {self.floats} {b}, {self.floats} {c})")

    def bits_of(self, x: str) -> str:
        return self.text.emit(f"bitcast {self.floats} {x} to {self.whole}")

    def float_of(self, bits: str) -> str:
        return self.text.emit(f"bitcast {self.whole} {bits} to {self.floats}")
