"""Reciprocals of square roots in kernels with ``fastmath=True``, from the CPU's estimate and one step.

A root and a quotient of float64 keep Zen 4 busy for 25 cycles a register, estimate and step for 7: nbody takes 0.67 of the
time. LLVM does the like for float32, but gives NaN for zero and infinity, which are kept here; there it is told not to.

For an estimate r of x's, h = x r r is nearly 1. What is sought is ``r h**(-1/2)``: Newton's step ``r (1.5 - 0.5 h)`` for
float32, and for float64 ``r (1 - e)**(-1/2)`` with ``e = 1 - h``, found in one rounding, and a series that is cut off. Of zero
and infinity h is NaN, of what AVX's estimate takes for zero infinite, and a minimum, one instruction, puts a number there:
infinity and zero stay what they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from jitkit.backends.spmd import plan
from jitkit.backends.spmd.ir import Instruction
from jitkit.backends.spmd.writer import Lanes

EXACT = '"reciprocal-estimates"="!sqrtf,!vec-sqrtf"'
"""The attribute of functions in which LLVM divides by square roots as it is written."""


_SERIES = 0.5, 0.375, 0.3125
"""Factors of e, e**2 and e**3. e is below 2**-13, and what is cut off below 2**-53."""
_AWAY = 2.0**-10
"""More than any h is away from 1."""


class Estimate(NamedTuple):
    """An instruction that estimates the reciprocal roots of some lanes."""

    symbol: str
    kind: str
    lanes: int


_DOUBLE = Estimate("@llvm.x86.avx512.rsqrt14.pd.512", "double", 8)
_FLOAT = Estimate("@llvm.x86.avx512.rsqrt14.ps.512", "float", 16)
_FLOAT_OF_AVX = Estimate("@llvm.x86.avx.rsqrt.ps.256", "float", 8)


PRECISE = _FLOAT
"""The estimate of float32 whose error a step takes below half an ULP."""


def estimate_of(kind: str, lanes: int) -> Estimate | None:
    """Return how this CPU estimates the reciprocal roots of vectors of so many lanes."""
    if plan.registers_are_many():
        found = {"double": _DOUBLE, "float": _FLOAT}.get(kind)
    else:
        found = _FLOAT_OF_AVX if kind == "float" and plan.vector_bits() >= 256 else None
    return None if found is None or lanes % found.lanes else found


def root_below(item: Instruction, made: Mapping[str, Instruction]) -> Instruction | None:
    """Return the square root that an instruction divides 1 by, if it may be taken with less care."""
    if item.op != "fdiv" or "arcp" not in item.head or item.operands[0].text != "1.000000e+00":
        return None
    root = made.get(item.operands[1].text)
    return root if root is not None and root.callee in ("@llvm.sqrt.f32", "@llvm.sqrt.f64") else None


def estimates(vector: Lanes, how: Estimate, parts: list[str], join: Callable[[list[str]], str]) -> str:
    """Return estimates of the reciprocal square roots of a vector.

    Parameters
    ----------
    vector : Lanes
        Where the code goes.
    how : Estimate
        What estimates.
    parts : list of str
        The numbers, as many at a time as are estimated.
    join : callable
        Makes one vector of such parts.
    """
    text, register = vector.text, f"<{how.lanes} x {how.kind}>"
    mask = "i8" if how is _DOUBLE else "i16"
    more = "" if how is _FLOAT_OF_AVX else f", {register} zeroinitializer, {mask} -1"
    text.declare(how.symbol, register, [register, register, mask] if more else [register])
    return join([text.emit(f"call {register} {how.symbol}({register} {part}{more})") for part in parts])


def reciprocal(vector: Lanes, how: Estimate, x: str, r: str) -> str:
    """Return the reciprocal square roots of the numbers `x`, from their estimates `r`."""
    text, whole = vector.text, vector.type(how.kind)

    def times(a: str, b: str) -> str:
        return text.emit(f"fmul {whole} {a}, {b}")

    if how is not _DOUBLE:
        h = at_most(vector, how.kind, times(times(x, r), r), 1.0 + _AWAY)
        return times(r, fused(vector, how.kind, h, number(how.kind, -0.5), number(how.kind, 1.5)))
    negative = text.emit(f"fneg {whole} {times(x, r)}")
    e = at_most(vector, how.kind, fused(vector, how.kind, negative, r, number(how.kind, 1.0)), _AWAY)
    series = number(how.kind, _SERIES[2])
    for factor in _SERIES[1::-1]:
        series = fused(vector, how.kind, e, series, number(how.kind, factor))
    return fused(vector, how.kind, times(r, e), series, r)


def number(kind: str, value: float) -> str:
    """Return a vector of equal constants, which the type holds exactly."""
    return f"splat ({kind} {value!r})"


def fused(vector: Lanes, kind: str, a: str, b: str, c: str) -> str:
    """Return ``a * b + c``, rounded once."""
    whole, name = vector.type(kind), f"@llvm.fma.v{vector.lanes}f{64 if kind == 'double' else 32}"
    vector.text.declare(name, whole, [whole] * 3)
    return vector.text.emit(f"call {whole} {name}({whole} {a}, {whole} {b}, {whole} {c})")


def near_one(vector: Lanes, h: str) -> str:
    """Return ``x r r`` of float32 for an estimate r, and a number near 1 in place of NaN and infinity."""
    return at_most(vector, "float", h, 1.0 + _AWAY)


def at_most(vector: Lanes, kind: str, a: str, limit: float) -> str:
    """Return the smaller of a vector's numbers and a limit, which stands for NaN too."""
    whole = vector.type(kind)
    below = vector.text.emit(f"fcmp olt {whole} {a}, {number(kind, limit)}")
    return vector.text.emit(f"select {vector.mask_type} {below}, {whole} {a}, {whole} {number(kind, limit)}")
