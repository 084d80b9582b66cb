"""Growing random expressions, each with its interval."""

from __future__ import annotations

import math

import numpy as np

from .scope import Array, Scope
from .values import CODES, Range, RejectedError, Value, cast_into, cast_name, checked, fits, into, result_type, usual

_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
MAX_WEIGHT = 40


class Grower:
    """Grows expressions out of what a scope offers.

    Parameters
    ----------
    scope : Scope
        What can be read.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope, self.rng, self.wraps = scope, scope.rng, scope.wraps
        self._makers = [self._arithmetic] * 8 + [
            self._division, self._bits, self._shift, self._unary, self._extreme, self._choice, self._where, self._cast,
            self._round, self._power,
        ]  # fmt: skip

    # ---- numbers

    def number(self, depth: int = 3) -> Value:
        """Return an expression of at most this depth."""
        for _ in range(8 if depth > 0 else 0):
            try:
                return self.rng.choice(self._makers)(depth - 1)
            except RejectedError:
                continue
        return self.leaf(depth)

    def some(self, depth: int) -> Value:
        return self.number(depth if self.rng.random() < 0.6 else min(depth, 0))

    def integer(self, depth: int = 2) -> Value:
        """Return an expression that is an integer, strong or weak."""
        for _ in range(6):
            value = self.some(depth)
            if value.integer:
                return value
        return self.rng.choice([value for value in self.scope.values if value.integer] or [Value("3", int, 3, 3)])

    def of(self, target: Range, depth: int = 3) -> str:
        """Return an expression of a type and in a range."""
        for _ in range(10):
            try:
                return cast_into(self.number(depth), target)
            except RejectedError:
                continue
        return f"{cast_name(target.type)}({self.rng.randint(0, 7)})"

    def within(self, extent: int, depth: int = 2) -> str:
        """Return an integer expression from 0 to below an extent: an index, or a count."""
        for _ in range(10):
            value = self.integer(depth)
            if value.low >= 0 and value.high < extent:
                return value.text
            if fits(value.type, 0, extent, 0):
                return f"({value.text}) % {extent}"
        return str(self.rng.randrange(extent))

    def leaf(self, depth: int = 0) -> Value:
        scope, chance = self.scope, self.rng.random()
        arrays = scope.arrays + scope.own
        if chance < 0.3 and arrays and depth >= 0:
            return self.element(self.rng.choice(arrays), depth)
        if chance < 0.4 and depth > 0:
            call = self.call(depth)
            if call is not None:
                return call
        if chance < 0.8 and scope.values:
            return self.rng.choice(scope.values)
        return self.literal()

    def element(self, array: Array, depth: int = 0) -> Value:
        """Return an element at indices that are in bounds."""
        indices = [self._index(array, axis, min(depth, 1) - 1) for axis in range(len(array.shape))]
        return array.element(indices)

    def _index(self, array: Array, axis: int, depth: int) -> str:
        extent = array.shape[axis]
        if array.whole and self.rng.random() < 0.15:
            length = f"len({array.name})" if axis == 0 and self.rng.random() < 0.5 else f"{array.name}.shape[{axis}]"
            value = self.integer(depth)
            if fits(value.type, 0, extent, 0):
                return f"({value.text}) % {length}"
        if array.whole and self.rng.random() < 0.05:
            return str(-self.rng.randint(1, extent))  # a literal counts from the end
        return self.within(extent, depth)

    def literal(self) -> Value:
        chance = self.rng.random()
        if chance < 0.5:
            number = self.rng.randint(0, 9)
            return Value(str(number), int, number, number)
        if chance < 0.75:
            number = self.rng.randint(-16, 16) / 4
            return Value(f"({number})", float, number, number, 2)
        code = self.rng.choice(CODES)
        number = self.rng.randint(0, 9)
        return Value(f"{cast_name(np.dtype(code))}({number})", np.dtype(code), number, number)

    def call(self, depth: int) -> Value | None:
        """Return a call of a helper, or None where there is none that is cheap enough."""
        affordable = [item for item in self.scope.helpers if item.weight * self.scope.weight <= MAX_WEIGHT]
        if not affordable:
            return None
        helper = self.rng.choice(affordable)
        given = [self.of(parameter, min(1, depth)) for parameter in helper.parameters]
        text = f"{helper.name}({', '.join([*given, *helper.arrays])})"
        which = self.rng.randrange(len(helper.results))
        return helper.results[which].value(text if len(helper.results) == 1 else f"{text}[{which}]")

    # ---- operations

    def _pair(self, depth: int) -> tuple[Value, Value, object]:
        a, b = self.some(depth), self.some(depth)
        kind = result_type(a, b)
        for operand in (a, b):  # NumPy refuses a Python integer that does not fit, and floats must not be rounded
            if not fits(kind, operand.low, operand.high, operand.bits):
                raise RejectedError(operand.text)
        return a, b, kind

    def _arithmetic(self, depth: int) -> Value:
        a, b, kind = self._pair(depth)
        symbol, bits = self.rng.choice("++-*"), max(a.bits, b.bits)
        if symbol == "+":
            low, high = a.low + b.low, a.high + b.high
        elif symbol == "-":
            low, high = a.low - b.high, a.high - b.low
        else:
            corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
            low, high, bits = min(corners), max(corners), a.bits + b.bits
        return checked(f"({a.text} {symbol} {b.text})", kind, low, high, bits, self.wraps)

    def _division(self, depth: int) -> Value:
        a = self.some(depth)
        if a.kind == "f":
            return self._float_division(a)
        m = self.rng.choice([2, 3, 5, 7, 16])
        divisor = self._positive(depth, m) if self.rng.random() < 0.5 else Value(str(m), int, m, m)
        kind = result_type(a, divisor)
        if kind is not int and kind.kind == "f":
            raise RejectedError("integers that meet as floats")
        if not (fits(kind, divisor.low, divisor.high, 0) and fits(kind, a.low, a.high, 0)):
            raise RejectedError("an operand that does not fit")
        if self.rng.random() < 0.5:
            return checked(f"({a.text} % {divisor.text})", kind, 0, divisor.high - 1, 0, False)
        low, high = min(a.low, a.low // divisor.high), max(0, a.high)
        text = f"({a.text} // {divisor.text})" if self.rng.random() < 0.8 else f"divmod({a.text}, {divisor.text})[0]"
        return checked(text, kind, low, high, 0, False)

    def _positive(self, depth: int, m: int) -> Value:
        value = self.integer(depth)
        if not fits(value.type, 0, m, 0):
            raise RejectedError("a modulus that does not fit")
        return Value(f"({value.text} % {m} + 1)", value.type, 1, m)

    def _float_division(self, a: Value) -> Value:
        power = 2.0 ** self.rng.randint(-1, 4)
        chance = self.rng.random()
        if chance < 0.4:
            low, high, bits = a.low / power, a.high / power, a.bits + max(0, int(math.log2(power)))
            return checked(f"({a.text} / {power})", a.type, low, high, bits, False)
        if chance < 0.7:
            return checked(f"({a.text} % {power})", a.type, 0, power, a.bits + 1, False)
        return checked(f"({a.text} // {power})", a.type, a.low // power, a.high // power, 0, False)

    def _bits(self, depth: int) -> Value:
        a, b, kind = self._pair(depth)
        if kind is float or (kind is not int and kind.kind == "f"):
            raise RejectedError("bits of floats")
        symbol = self.rng.choice("&|^")
        width = max(int(abs(bound)).bit_length() for value in (a, b) for bound in (value.low, value.high))
        low = 0 if a.low >= 0 and b.low >= 0 else -(2**width)
        return checked(f"({a.text} {symbol} {b.text})", kind, low, 2**width - 1, 0, self.wraps)

    def _shift(self, depth: int) -> Value:
        a, by = self.integer(depth), self.rng.randint(0, 5)
        if self.rng.random() < 0.5:
            return checked(f"({a.text} << {by})", a.type, a.low * 2**by, a.high * 2**by, 0, self.wraps)
        return Value(f"({a.text} >> {by})", a.type, a.low // 2**by, a.high // 2**by)

    def _unary(self, depth: int) -> Value:
        a = self.some(depth)
        symbol = self.rng.choice(["-", "abs", "~", "np.square", "np.negative"])
        low, high = -a.high, -a.low
        if symbol == "~":
            if not a.integer:
                raise RejectedError("bits of floats")
            limit = 0 if a.kind == "i" else np.iinfo(a.type).max + 1
            return checked(f"(~{a.text})", a.type, limit - 1 - a.high, limit - 1 - a.low, 0, self.wraps)
        if symbol == "abs":
            return checked(f"abs({a.text})", a.type, 0, max(abs(a.low), abs(a.high)), a.bits, self.wraps)
        if symbol == "-":
            return checked(f"(-{a.text})", a.type, low, high, a.bits, self.wraps)
        if a.weak:
            raise RejectedError("NumPy makes a Python number strong")
        if symbol == "np.square":
            largest = max(a.low * a.low, a.high * a.high)
            return checked(f"np.square({a.text})", a.type, 0, largest, 2 * a.bits, self.wraps)
        return checked(f"np.negative({a.text})", a.type, low, high, a.bits, self.wraps)

    def _alike(self, depth: int) -> tuple[Value, Value]:
        """Return two values of one type: elsewhere the interpreter keeps each one's own."""
        a, b = self.some(depth), self.some(depth)
        if a.type == b.type and a.weak == b.weak:  # a dtype of int64 equals int
            return a, b
        if a.weak:
            raise RejectedError("two Python types")
        return a, usual(a.type.str[1:], self.wraps).value(self.of(usual(a.type.str[1:], self.wraps), depth))

    def _extreme(self, depth: int) -> Value:
        a, b = self._alike(depth)
        name = self.rng.choice(["min", "max"] if a.weak else ["min", "max", "np.minimum", "np.maximum"])
        choose = min if name in ("min", "np.minimum") else max
        bounds = choose(a.low, b.low), choose(a.high, b.high)
        return Value(f"{name}({a.text}, {b.text})", a.type, *bounds, max(a.bits, b.bits))

    def _choice(self, depth: int) -> Value:
        a, b = self._alike(depth)
        return _either(f"({a.text} if {self.condition(depth)} else {b.text})", a, b)

    def _where(self, depth: int) -> Value:
        a, b = self._alike(depth)
        if a.weak:
            raise RejectedError("NumPy makes a Python number strong")
        return _either(f"np.where({self.comparison(depth)}, {a.text}, {b.text})", a, b)

    def _cast(self, depth: int) -> Value:
        a, target = self.some(depth), usual(self.rng.choice(CODES))
        if a.weak and self.rng.random() < 0.5:
            return a
        if self.rng.random() < 0.25:
            return self._python_cast(a)
        bits = 0 if target.type.kind in "iu" else a.bits
        low, high = (math.trunc(a.low), math.trunc(a.high)) if a.bits > bits else (a.low, a.high)
        wraps = self.wraps and a.integer and not a.weak
        return checked(f"{cast_name(target.type)}({a.text})", target.type, low, high, bits, wraps)

    def _python_cast(self, a: Value) -> Value:
        if self.rng.random() < 0.5:
            return checked(f"int({a.text})", int, math.trunc(a.low), math.trunc(a.high), 0, False)
        return checked(f"float({a.text})", float, a.low, a.high, a.bits, False)

    def _round(self, depth: int) -> Value:
        a = self.some(depth)
        if a.kind != "f":
            raise RejectedError("an integer")
        name = self.rng.choice(["np.floor", "np.ceil", "np.trunc", "np.rint", "math.floor", "math.ceil", "round"])
        if name.startswith("np.") and a.weak:
            raise RejectedError("NumPy makes a Python number strong")
        kind = a.type if name.startswith("np.") else int
        return checked(f"{name}({a.text})", kind, math.floor(a.low), math.ceil(a.high), 0, False)

    def _power(self, depth: int) -> Value:
        a, exponent = self.some(depth), self.rng.choice([2, 2, 3])
        corners = [a.low**exponent, a.high**exponent, 0]
        text = f"({a.text} ** {exponent})"
        return checked(text, a.type, min(corners), max(corners), exponent * a.bits, self.wraps)

    # ---- conditions

    def condition(self, depth: int = 2) -> str:
        """Return a condition."""
        chance = self.rng.random()
        if chance < 0.2 and self.scope.flags:
            return self.rng.choice(self.scope.flags)
        if chance < 0.35 and depth > 0:
            word = self.rng.choice(["and", "or"])
            return f"({self.condition(depth - 1)} {word} {self.condition(depth - 1)})"
        if chance < 0.4 and depth > 0:
            return f"(not {self.condition(depth - 1)})"
        if chance < 0.45:
            return self.integer(depth).text
        return self.comparison(depth)

    def comparison(self, depth: int = 2) -> str:
        """Return a comparison; where it can, one that is neither always true nor always false."""
        for _ in range(6):
            a, b = self.some(depth), self.some(depth)
            if a.low < b.high and b.low < a.high and (a.weak or b.weak or a.type == b.type):
                break
        else:
            return f"({self.integer(depth).text} % 2 == {self.rng.randint(0, 1)})"
        if self.rng.random() < 0.1:
            low = int(min(a.low, 3))
            return f"({low} <= {a.text} {self.rng.choice('<>')} {b.text})"
        return f"({a.text} {self.rng.choice(_COMPARISONS)} {b.text})"


def _either(text: str, a: Value, b: Value) -> Value:
    return Value(text, a.type, min(a.low, b.low), max(a.high, b.high), max(a.bits, b.bits))


__all__ = ["MAX_WEIGHT", "Grower", "into"]
