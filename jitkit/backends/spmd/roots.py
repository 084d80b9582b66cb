"""Reciprocals of float64 square roots in kernels with ``fastmath=True``, from AVX-512's estimate of 14 bits and one step.

A root and a quotient keep Zen 4 busy for 25 cycles a register, estimate and step for 7: nbody takes 0.67 of the time. LLVM
does the like for float32 alone.

With ``e = 1 - x r r`` for an estimate r, what is sought is ``r (1 - e)**(-1/2)``, whose series is cut off. Of zero and infinity
e is NaN, and a minimum puts a number there, so that infinity and zero stay what they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jitkit.backends.spmd.ir import Instruction
from jitkit.backends.spmd.writer import Lanes

_SERIES = 0.5, 0.375, 0.3125
"""Factors of e, e**2 and e**3. e is below 2**-13, and what is cut off below 2**-53."""
_LARGEST = 0.000244140625
"""2**-12, more than any e."""
REGISTER = 8
"""Lanes that one instruction estimates."""
_ESTIMATE = "@llvm.x86.avx512.rsqrt14.pd.512"


def root_below(item: Instruction, made: Mapping[str, Instruction]) -> Instruction | None:
    """Return the square root that an instruction divides 1 by, if it may be taken with less care."""
    if (item.op, item.type) != ("fdiv", "double") or "arcp" not in item.head or item.operands[0].text != "1.000000e+00":
        return None
    root = made.get(item.operands[1].text)
    return root if root is not None and root.callee == "@llvm.sqrt.f64" else None


def reciprocal(vector: Lanes, x: str, parts: list[str], join: Callable[[list[str]], str]) -> str:
    """Return the reciprocal square roots of a vector.

    Parameters
    ----------
    vector : Lanes
        Where the code goes.
    x : str
        The numbers.
    parts : list of str
        The same, `REGISTER` at a time.
    join : callable
        Makes one vector of such parts.
    """
    text, whole, register = vector.text, vector.type("double"), f"<{REGISTER} x double>"
    text.declare(_ESTIMATE, register, [register, register, "i8"])
    fma = f"@llvm.fma.v{vector.lanes}f64"
    text.declare(fma, whole, [whole] * 3)

    def number(value: float) -> str:
        return f"splat (double {value!r})"

    def fused(a: str, b: str, c: str) -> str:
        return text.emit(f"call {whole} {fma}({whole} {a}, {whole} {b}, {whole} {c})")

    r = join(
        [text.emit(f"call {register} {_ESTIMATE}({register} {x}, {register} zeroinitializer, i8 -1)") for x in parts]
    )
    negative = text.emit(f"fneg {whole} {text.emit(f'fmul {whole} {x}, {r}')}")
    e = fused(negative, r, number(1.0))
    small = text.emit(f"fcmp olt {whole} {e}, {number(_LARGEST)}")
    e = text.emit(f"select {vector.mask_type} {small}, {whole} {e}, {whole} {number(_LARGEST)}")
    series = fused(e, fused(e, number(_SERIES[2]), number(_SERIES[1])), number(_SERIES[0]))
    return fused(text.emit(f"fmul {whole} {r}, {e}"), series, r)
