"""exp and erf as plain arithmetic without branches, which is widened like all other arithmetic.

A call of libmvec costs more than its own time: x86's convention keeps no vector register across it, so all that lives is
written to memory and read again. On Zen 3, an element takes 0.37 ns instead of 0.77 for exp of float32, 1.3 instead of
2.2 of float64, and 0.49 instead of 0.76 for erf of float32. Where results are subnormal or vanish, libmvec goes on lane by
lane: kde in float32, most of whose terms do, takes 0.16 of the time it took. log was tried as well: its special cases make
it as long as the call, and random_normal took 1.2 of the time.

AVX-512 has an instruction that multiplies by a power of two, however small the product: exp then goes by half the interval.
bilateral takes 0.83 (float32) and 0.89 (float64) of the time on Zen 4, kde 0.73 and 0.78, gelu 0.82 and 0.87.

Coefficients are minimax fits by Remez's algorithm. The largest errors found are 2.6 ULP with AVX-512 and 1.7 without (exp),
and 2.5 (erf). One coefficient more would halve the first, and cost a third of what is gained.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llvmlite import ir

from jitkit.backends.lowering import target
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
    halved : tuple of float
        The same for r up to log(2) / 2.
    """

    kind: ir.Type
    bits: ir.IntType
    fraction: int
    bias: int
    finite: tuple[float, float]
    ln2: tuple[float, float]
    exponential: tuple[float, ...]
    halved: tuple[float, ...]


SINGLE = _Format(
    F32, I32, 23, 127, (-104.0, 89.0), (0.693145751953125, 1.4286068203094173e-06),
    (
        0.5000005244246297, 0.16666672482295808, 0.04165977331171771, 0.008332568775161125, 0.0014129489999103345,
        0.00020108238780519827,
    ),
    (0.499992311000824, 0.16667114198207855, 0.04189015552401543, 0.008312519639730453),
)  # fmt: skip
DOUBLE = _Format(
    F64, I64, 52, 1023, (-746.0, 710.0), (0.693147180559663, 2.8235290563031577e-13),
    (
        0.49999999999999917, 0.1666666666666666, 0.04166666666670887, 0.008333333333336145, 0.0013888888882658383,
        0.00019841269837119456, 2.4801591304876687e-05, 2.755732189084999e-06, 2.755605381005338e-07,
        2.505126534075319e-08, 2.107051596665459e-09, 1.6188151254121493e-10,
    ),
    (
        0.5000000000000011, 0.16666666666666413, 0.041666666666530155, 0.008333333333494461, 0.0013888888943630134,
        0.00019841269506578723, 2.480149309888739e-05, 2.755758637378518e-06, 2.763024838532302e-07,
        2.500006162553128e-08,
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

    def scaled(self, value: ir.Value, exponent: ir.Value) -> ir.Value:
        """Return a value times two to the power of an integer."""
        if self.form.bits != I32:
            exponent = self.builder.trunc(exponent, I32)
        product: ir.Value = self._plain.call(
            f"llvm.ldexp.f{self.form.bits.width}.i32", self.form.kind, [value, exponent]
        )
        return product

    def bits_of(self, x: ir.Value) -> ir.Value:
        return self.builder.bitcast(x, self.form.bits)

    def float_of(self, bits: ir.Value) -> ir.Value:
        return self.builder.bitcast(bits, self.form.kind)


def _exp(emit: Emitter, x: ir.Value, form: _Format) -> ir.Value:
    """Return ``exp(r) * 2**n`` for r = x - n log(2), n the nearest integer, or twice that, where two powers are needed.

    AVX-512 multiplies by a power in one instruction, which neither overflows on the way nor rounds twice. Elsewhere 2**n is
    halved: neither of the powers overflows then, and subnormal results are rounded once.
    """
    steps, builder = _Steps(emit, form), emit.builder
    x = steps.clamped(x, *form.finite)
    scales = "avx512f" in target.features()
    step = 1 if scales else 2
    # Where one is the last bit of the fraction, the low bits of a number are an integer's.
    shift = steps.number(1.5 * 2**form.fraction + (0 if scales else form.bias))
    rounded = steps.fused(x, steps.number(1 / step / math.log(2)), shift)
    n, r = builder.fsub(rounded, shift), x
    for part in form.ln2:
        r = steps.fused(n, steps.number(-step * part), r)
    value = steps.polynomial((1.0, 1.0, *(form.halved if scales else form.exponential)), r)
    if scales:
        return steps.scaled(value, builder.sub(steps.bits_of(rounded), steps.bits_of(shift)))
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
