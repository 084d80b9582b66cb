"""NumPy's functions of complex numbers, made of those of their parts, without branches.

Special values are those of C99, annex G, which NumPy follows. Sources: W. Kahan, Branch cuts for complex elementary
functions, in: The State of the Art in Numerical Analysis, 1987 (the square root, the tangent, no product that overflows on
the way); T. Dekker, A floating-point technique for extending the available precision, Numer. Math. 18, 1971 (the logarithm
where the magnitude is about 1: what its square lost by rounding is kept, or nothing of the real part would be right).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from llvmlite import ir

from jitkit.backends.lowering import arithmetic, functions
from jitkit.backends.lowering.emit import F32, FLOAT32, FLOAT64, I64, Emitter
from jitkit.frontend.promotion import Scalar

Pair = tuple[ir.Value, ir.Value]


class _Growth(NamedTuple):
    """Powers of e as products: where they would overflow, the second factor is large."""

    sinh: ir.Value
    cosh: ir.Value
    factor: ir.Value


class _Parts:
    """Arithmetic on the parts of complex numbers, as it stands: none of a kernel's licence to reorder reaches it."""

    def __init__(self, emit: Emitter, kind: ir.Type) -> None:
        self.builder, self.kind, self._emit = emit.builder, kind, emit
        self._scalar = FLOAT32 if kind == F32 else FLOAT64
        # The largest whole power of e that is a number, and where e**-2x no longer counts beside 1.
        self.top, self.far = (88.0, 10.0) if kind == F32 else (709.0, 22.0)
        self.digits, self._least = (30, 2.0**-90) if kind == F32 else (60, 2.0**-900)

    def number(self, value: float) -> ir.Constant:
        return ir.Constant(self.kind, value)

    def call(self, name: str, *values: ir.Value) -> ir.Value:
        """Return a real function."""
        return functions.math_call(self._emit, name, self._scalar, list(values))

    def size(self, x: ir.Value) -> ir.Value:
        return self._emit.call_intrinsic("llvm.fabs", [x])

    def signed(self, x: ir.Value, sign: ir.Value) -> ir.Value:
        return self._emit.call_intrinsic("llvm.copysign", [x, sign])

    def root(self, x: ir.Value) -> ir.Value:
        return self._emit.call_intrinsic("llvm.sqrt", [x])

    def negative(self, x: ir.Value) -> ir.Value:
        return self._emit.negated(x)

    def sum(self, *terms: ir.Value) -> ir.Value:
        """Return the sum of terms from left to right."""
        total = terms[0]
        for term in terms[1:]:
            total = self.builder.fadd(total, term)
        return total

    def product(self, *factors: ir.Value) -> ir.Value:
        """Return the product of factors from left to right."""
        total = factors[0]
        for factor in factors[1:]:
            total = self.builder.fmul(total, factor)
        return total

    def signed_product(self, first: ir.Value, sign: ir.Value, *factors: ir.Value) -> ir.Value:
        """Return a product whose first factor, a magnitude, gets a sign. It comes last: it may be large."""
        return self.product(*factors, self.signed(first, sign))

    def square(self, x: ir.Value) -> Pair:
        """Return a square, and what it lost by rounding."""
        rounded = self.builder.fmul(x, x)
        lost = self._emit.call_intrinsic("llvm.fma", [x, x, self.negative(rounded)])
        return rounded, lost

    def finite(self, x: ir.Value) -> ir.Value:
        return functions.is_finite(self._emit, x)

    def infinite(self, x: ir.Value) -> ir.Value:
        return functions.is_infinite(self._emit, x)

    def is_zero(self, x: ir.Value) -> ir.Value:
        return self.builder.fcmp_ordered("==", x, self.number(0.0))

    def enlarged(self, x: ir.Value, y: ir.Value) -> tuple[ir.Value, ir.Value, ir.Value]:
        """Return two parts times two to the power of `digits` where both are so small that their digits may be few."""
        tiny = self.builder.fcmp_ordered("<", self.sum(self.size(x), self.size(y)), self.number(self._least))
        factor = self.builder.select(tiny, self.number(2.0**self.digits), self.number(1.0))
        return self.product(x, factor), self.product(y, factor), tiny

    def exponential(self, x: ir.Value, function: str = "exp") -> Pair:
        """Return two factors of e**x, or for expm1 of that less 1 where the second factor is 1."""
        beyond = self.builder.fcmp_ordered(">", x, self.number(self.top))
        left = self.builder.select(beyond, self.builder.fsub(x, self.number(self.top)), x)
        factor = self.builder.select(beyond, self.number(math.exp(self.top)), self.number(1.0))
        return self.call(function, left), factor

    def hyperbolic(self, x: ir.Value) -> _Growth:
        """Return sinh and cosh of the magnitude, from one call."""
        builder, half, one = self.builder, self.number(0.5), self.number(1.0)
        size = self.size(x)
        less_one, factor = self.exponential(size, "expm1")
        power = builder.fadd(less_one, one)
        part = builder.fdiv(less_one, power)
        far = builder.fcmp_ordered(">", size, self.number(self.far))
        halved = builder.fmul(power, half)
        sinh = builder.select(far, halved, builder.fmul(half, builder.fadd(less_one, part)))
        cosh = builder.select(far, halved, builder.fadd(one, self.product(half, less_one, part)))
        return _Growth(sinh, cosh, factor)


def _exp(m: _Parts, x: ir.Value, y: ir.Value) -> Pair:
    builder, zero = m.builder, m.number(0.0)
    size, factor = m.exponential(x)
    real, imag = (m.product(m.call(name, y), factor, size) for name in ("cos", "sin"))
    turns = builder.and_(m.infinite(x), builder.not_(m.finite(y)))  # it has no direction
    vanishes = builder.and_(turns, builder.fcmp_ordered("<", x, zero))
    imag = builder.select(vanishes, zero, builder.select(m.is_zero(y), y, imag))
    return builder.select(turns, size, real), imag


def _log(m: _Parts, x: ir.Value, y: ir.Value, name: str = "log", base: float = math.e) -> Pair:
    builder, angle = m.builder, m.call("atan2", y, x)
    x, y, tiny = m.enlarged(x, y)
    size = m.call("hypot", x, y)
    near = builder.and_(builder.fcmp_ordered(">", size, m.number(0.5)), builder.fcmp_ordered("<", size, m.number(2.0)))
    (p, p_lost), (q, q_lost), (whole, whole_lost) = map(m.square, (x, y, size))
    larger = builder.fcmp_ordered(">", p, q)
    first, second = builder.select(larger, p, q), builder.select(larger, q, p)
    lost = m.sum(p_lost, q_lost, m.negative(whole_lost))
    error = m.sum(first, m.negative(whole), second, lost)  # of the square of the size
    correction = builder.fdiv(m.product(m.number(0.5 / math.log(base)), error), whole)
    more = builder.select(tiny, m.number(-m.digits * math.log(2) / math.log(base)), m.number(0.0))
    real = builder.fadd(m.call(name, size), builder.select(near, correction, more))
    return real, m.product(angle, m.number(1 / math.log(base)))


def _log2(m: _Parts, x: ir.Value, y: ir.Value) -> Pair:
    return _log(m, x, y, "log2", 2.0)


def _log10(m: _Parts, x: ir.Value, y: ir.Value) -> Pair:
    return _log(m, x, y, "log10", 10.0)


def _sqrt(m: _Parts, x: ir.Value, y: ir.Value) -> Pair:
    builder, half, tall = m.builder, m.number(0.5), m.infinite(y)
    x, y, tiny = m.enlarged(x, y)
    # Halves, since the sum of a part and the magnitude may overflow.
    root = m.root(m.sum(m.product(half, m.size(x)), m.product(half, m.call("hypot", x, y))))
    other = builder.fdiv(m.size(y), m.sum(root, root))
    back = builder.select(tiny, m.number(2.0 ** (-m.digits // 2)), m.number(1.0))
    root, other = m.product(root, back), m.product(other, back)
    right = builder.fcmp_unordered(">=", x, m.number(0.0))
    real = builder.select(right, root, other)
    imag = m.signed(builder.select(right, other, root), y)
    nothing = m.is_zero(root)
    real, imag = builder.select(nothing, m.number(0.0), real), builder.select(nothing, y, imag)
    return builder.select(tall, m.number(math.inf), real), builder.select(tall, y, imag)


def _sinh(m: _Parts, x: ir.Value, y: ir.Value) -> Pair:
    builder, growth = m.builder, m.hyperbolic(x)
    real = m.signed_product(growth.sinh, x, m.call("cos", y), growth.factor)
    imag = m.product(m.call("sin", y), growth.factor, growth.cosh)
    turns = builder.and_(builder.or_(m.infinite(x), m.is_zero(x)), builder.not_(m.finite(y)))
    return builder.select(turns, x, real), builder.select(m.is_zero(y), y, imag)


def _cosh(m: _Parts, x: ir.Value, y: ir.Value) -> Pair:
    builder, growth = m.builder, m.hyperbolic(x)
    real = m.product(m.call("cos", y), growth.factor, growth.cosh)
    imag = m.signed_product(growth.sinh, x, m.call("sin", y), growth.factor)
    turns, number = builder.not_(m.finite(y)), builder.fcmp_ordered("==", x, x)
    real = builder.select(builder.and_(m.infinite(x), turns), m.size(x), real)
    still = builder.or_(builder.and_(m.is_zero(x), turns), builder.and_(m.is_zero(y), number))
    zero = m.signed(m.number(0.0), m.product(m.signed(m.number(1.0), x), m.signed(m.number(1.0), y)))
    return real, builder.select(still, zero, imag)


def _tanh(m: _Parts, x: ir.Value, y: ir.Value) -> Pair:
    builder, one = m.builder, m.number(1.0)
    size = m.size(x)
    far = builder.fcmp_ordered(">", size, m.number(m.far))
    tangent, sinh = m.call("tan", y), m.call("sinh", builder.select(far, m.number(m.far), size))
    beta, squared = m.sum(one, m.product(tangent, tangent)), m.product(sinh, sinh)
    denominator = m.sum(one, m.product(beta, squared))
    real = builder.fdiv(m.product(beta, m.root(m.sum(one, squared)), sinh), denominator)
    imag = builder.fdiv(tangent, denominator)
    small = m.call("exp", m.product(m.number(-2.0), size))
    rest = m.product(m.number(4.0), m.call("sin", y), m.call("cos", y), small)
    rest = builder.select(builder.and_(m.infinite(x), builder.not_(m.finite(y))), m.number(0.0), rest)
    end = builder.select(m.infinite(x), one, m.sum(one, builder.fsub(y, y)))
    real, imag = m.signed(builder.select(far, end, real), x), builder.select(far, rest, imag)
    real = builder.select(m.is_zero(x), x, real)
    return real, builder.select(m.is_zero(y), y, imag)


def _turned(function: Callable[[_Parts, ir.Value, ir.Value], Pair]) -> Callable[[_Parts, ir.Value, ir.Value], Pair]:
    """Return the circular function of an odd hyperbolic one: -i f(iz)."""

    def circular(m: _Parts, x: ir.Value, y: ir.Value) -> Pair:
        real, imag = function(m, m.negative(y), x)
        return imag, m.negative(real)

    return circular


def _cos(m: _Parts, x: ir.Value, y: ir.Value) -> Pair:
    return _cosh(m, m.negative(y), x)


_FUNCTIONS: dict[str, Callable[[_Parts, ir.Value, ir.Value], Pair]] = {
    "cos": _cos, "cosh": _cosh, "exp": _exp, "log": _log, "log10": _log10, "log2": _log2, "sin": _turned(_sinh),
    "sinh": _sinh, "sqrt": _sqrt, "tan": _turned(_tanh), "tanh": _tanh,
}  # fmt: skip


def code(name: str) -> Callable[[Emitter, list[ir.Value]], ir.Value] | None:
    """Return what generates a function of a complex number, or None where there is none of that name."""
    if name in functions.TESTS:
        return lambda emit, v: _test(emit, name, v[0])
    function = _FUNCTIONS.get(name)
    if function is None:
        return None

    def generate(emit: Emitter, values: list[ir.Value]) -> ir.Value:
        x, y = _split(emit, values[0])
        return emit.pair(*function(_Parts(emit, x.type), x, y))

    return generate


def power(emit: Emitter, scalar: Scalar, base: ir.Value, exponent: ir.Value) -> ir.Value:
    """Return a power, by the logarithm; anything to the power of zero is 1."""
    m = _Parts(emit, _split(emit, base)[0].type)
    builder, zero, one, nan = emit.builder, m.number(0.0), m.number(1.0), m.number(math.nan)
    (x, y), (u, v) = _split(emit, base), _split(emit, exponent)
    product = arithmetic.binary(emit, "mul", scalar, exponent, emit.pair(*_log(m, x, y)))
    real, imag = _exp(m, *_split(emit, product))
    still = builder.and_(m.is_zero(u), m.is_zero(v))
    nothing = builder.and_(m.is_zero(x), m.is_zero(y))
    vanishes = builder.and_(builder.fcmp_ordered(">", u, zero), m.is_zero(v))
    of_nothing = builder.select(vanishes, zero, nan)
    real, imag = (builder.select(nothing, of_nothing, part) for part in (real, imag))
    itself = builder.and_(builder.fcmp_ordered("==", u, one), m.is_zero(v))
    real, imag = (builder.select(itself, own, part) for own, part in ((x, real), (y, imag)))
    return emit.pair(builder.select(still, one, real), builder.select(still, zero, imag))


def power_by_integer(emit: Emitter, scalar: Scalar, base: ir.Value, exponent: ir.Value) -> ir.Value:
    """Return a power by a chain of products, and its reciprocal where the exponent is negative."""
    builder, one = emit.builder, emit.convert(ir.Constant(I64, 1), int, scalar)

    def product(a: ir.Value, b: ir.Value) -> ir.Value:
        return arithmetic.binary(emit, "mul", scalar, a, b)

    def select(condition: ir.Value, a: ir.Value, b: ir.Value) -> ir.Value:
        return emit.pair(
            *(builder.select(condition, *(builder.extract_value(each, k) for each in (a, b))) for k in (0, 1))
        )

    negative = builder.icmp_signed("<", exponent, ir.Constant(exponent.type, 0))
    count = builder.select(negative, builder.neg(exponent), exponent)
    power = arithmetic.by_squaring(emit, one, base, count, product, select)
    return select(negative, arithmetic.binary(emit, "truediv", scalar, one, power), power)


def _split(emit: Emitter, value: ir.Value) -> Pair:
    return emit.builder.extract_value(value, 0), emit.builder.extract_value(value, 1)


def _test(emit: Emitter, name: str, value: ir.Value) -> ir.Value:
    """Return whether one part is NaN, one is infinite, or both are finite."""
    first, second = (functions.TESTS[name](emit, part) for part in _split(emit, value))
    return emit.builder.and_(first, second) if name == "isfinite" else emit.builder.or_(first, second)
