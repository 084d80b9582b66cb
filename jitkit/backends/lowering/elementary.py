"""exp and erf as plain arithmetic without branches, which is widened like all other arithmetic.

A call of libmvec costs more than its own time: x86's convention keeps no vector register across it, so all that lives is
written to memory and read again. On Zen 3, an element takes 0.37 ns instead of 0.77 for exp of float32, 1.3 instead of
2.2 of float64, and 0.49 instead of 0.76 for erf of float32. Where results are subnormal or vanish, libmvec goes on lane by
lane: kde in float32, most of whose terms do, takes 0.16 of the time it took. log was tried as well: its special cases make
it as long as the call, and random_normal took 1.2 of the time.

Coefficients are minimax fits by Remez's algorithm. The largest errors found are 1.7 ULP (exp) and 2.5 (erf).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llvmlite import ir

from jitkit.backends.lowering.emit import F32, F64, I32, I64, Emitter


@dataclass(frozen=True)
class _Format:
    """How a floating-point type is laid out, and what of the functions' constants hangs on that.

    Attributes
    ----------
    kind, bits : ir.Type
        The type, and the integer of its width.
    fraction, bias : int
        Bits of the fraction, and what is added to exponents.
    finite : tuple of float
        Where exp neither overflows nor vanishes, and a little more on both sides.
    ln2 : tuple of float
        The leading bits of log(2), whose products with exponents are exact, and the rest.
    exponential : tuple of float
        ``(exp(r) - 1 - r) / r**2`` for r up to log(2), by ascending powers.
    """

    kind: ir.Type
    bits: ir.IntType
    fraction: int
    bias: int
    finite: tuple[float, float]
    ln2: tuple[float, float]
    exponential: tuple[float, ...]


SINGLE = _Format(
    F32, I32, 23, 127, (-104.0, 89.0), (0.693145751953125, 1.4286068203094173e-06),
    (
        0.5000005244246297, 0.16666672482295808, 0.04165977331171771, 0.008332568775161125, 0.0014129489999103345,
        0.00020108238780519827,
    ),
)  # fmt: skip
DOUBLE = _Format(
    F64, I64, 52, 1023, (-746.0, 710.0), (0.693147180559663, 2.8235290563031577e-13),
    (
        0.49999999999999917, 0.1666666666666666, 0.04166666666670887, 0.008333333333336145, 0.0013888888882658383,
        0.00019841269837119456, 2.4801591304876687e-05, 2.755732189084999e-06, 2.755605381005338e-07,
        2.505126534075319e-08, 2.107051596665459e-09, 1.6188151254121493e-10,
    ),
)  # fmt: skip

ERF_SMALL = (
    0.1283791224888429, -0.37612326188955736, 0.11280180136897286, -0.026711312064127028, 0.004917552366657993,
    -0.0005631426349338966,
)  # fmt: skip
"""``erf(x) / x - 1`` by powers of ``x**2``, for x up to 1."""
ERFC_ROOT = (
    1.0008348016385082, -0.14506093734605824, -0.06142579610528828, -0.011374015816865384, 0.012926071663836237,
    -0.002469780811064846, 0.00014985411990369005,
)  # fmt: skip
"""The eighth root of erfc, from 1 to 3.925; beyond, float32 has no number below 1 left for erf."""


class _Steps:
    """Instructions as they stand: none of a kernel's licence to reorder reaches them."""

    def __init__(self, emit: Emitter, form: _Format) -> None:
        self.builder, self.form = emit.builder, form
        self._plain = Emitter(emit.builder, emit.mode)
        self._plain.flags = ()

    def number(self, value: float) -> ir.Constant:
        return ir.Constant(self.form.kind, value)

    def integer(self, value: int) -> ir.Constant:
        return ir.Constant(self.form.bits, value)

    def fused(self, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
        """Return ``a * b + c``, rounded once where the CPU can."""
        value: ir.Value = self._plain.call_intrinsic("llvm.fmuladd", [a, b, c])
        return value

    def polynomial(self, coefficients: Sequence[float], x: ir.Value) -> ir.Value:
        """Return the value of a polynomial, by Horner's rule in ``x**2`` of pairs: half as many steps to wait for."""
        numbers = [self.number(coefficient) for coefficient in coefficients]
        pairs = [
            self.fused(x, numbers[k + 1], numbers[k]) if k + 1 < len(numbers) else numbers[k]
            for k in range(0, len(numbers), 2)
        ]
        square, value = self.builder.fmul(x, x), pairs.pop()
        for pair in reversed(pairs):
            value = self.fused(value, square, pair)
        return value

    def where(self, test: str, x: ir.Value, limit: float, then: ir.Value, otherwise: ir.Value) -> ir.Value:
        """Return one of two values by a comparison, which NaN fails."""
        return self.builder.select(self.builder.fcmp_ordered(test, x, self.number(limit)), then, otherwise)

    def clamped(self, x: ir.Value, low: float, high: float) -> ir.Value:
        """Return the nearest number to x between two limits; NaN stays."""
        x = self.where(">", x, high, self.number(high), x)
        return self.where("<", x, low, self.number(low), x)

    def bits_of(self, x: ir.Value) -> ir.Value:
        return self.builder.bitcast(x, self.form.bits)

    def float_of(self, bits: ir.Value) -> ir.Value:
        return self.builder.bitcast(bits, self.form.kind)


def _exp(emit: Emitter, x: ir.Value, form: _Format) -> ir.Value:
    """Return ``exp(r) * 2**n * 2**n`` for r = x - 2 n log(2): neither power overflows, and subnormals are rounded once."""
    steps, builder = _Steps(emit, form), emit.builder
    x = steps.clamped(x, *form.finite)
    # Where one is the last bit of the fraction, the low bits of a number are an integer's.
    shift = steps.number(1.5 * 2**form.fraction + form.bias)
    rounded = steps.fused(x, steps.number(0.5 / math.log(2)), shift)
    n, r = builder.fsub(rounded, shift), x
    for part in form.ln2:
        r = steps.fused(n, steps.number(-2 * part), r)
    value = steps.polynomial((1.0, 1.0, *form.exponential), r)
    power = steps.float_of(builder.shl(steps.bits_of(rounded), steps.integer(form.fraction)))
    return builder.fmul(builder.fmul(value, power), power)


def _erf(emit: Emitter, x: ir.Value, form: _Format) -> ir.Value:
    steps, builder = _Steps(emit, form), emit.builder
    size = emit.call_intrinsic("llvm.fabs", [x])
    square = builder.fmul(x, x)
    small = steps.fused(size, steps.polynomial(ERF_SMALL, square), size)
    root = steps.polynomial(ERFC_ROOT, steps.where(">", size, 3.925, steps.number(3.925), size))
    root = builder.fmul(root, root)
    root = builder.fmul(root, root)
    large = steps.fused(builder.fneg(root), root, steps.number(1.0))
    return emit.call_intrinsic("llvm.copysign", [steps.where("<", size, 1.0, small, large), x])


def arithmetic(name: str, kind: ir.Type) -> Callable[[Emitter, ir.Value], ir.Value] | None:
    """Return what generates a function of the C library for floats of a type, or None where it is not had this way."""
    function = {"exp": _exp, "erf": _erf if kind == F32 else None}.get(name)
    form = SINGLE if kind == F32 else DOUBLE
    return None if function is None else lambda emit, x: function(emit, x, form)
