"""The distances of the lanes of a vector from one another where no single stride says them, and how operations change them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jitkit.backends.spmd.ir import Instruction

ANY = 1 << 32
"""The modulus of what is a multiple of any power of two that matters, such as zero."""


@dataclass(frozen=True)
class Pattern:
    """What is known of a value in all vectors.

    Attributes
    ----------
    offsets : tuple of int
        How far each lane's value lies from that of lane 0.
    modulus, residue : int
        The value of lane 0 is `residue` more than a multiple of `modulus`, a power of two. An address is counted from the
        uniform address that it is computed from.
    line : tuple of int or None
        Slope and start, where the value of lane 0 is just ``slope * place + start``, the place that of lane 0 in its group.
    """

    offsets: tuple[int, ...]
    modulus: int = 1
    residue: int = 0
    line: tuple[int, int] | None = None

    def low(self) -> list[int] | None:
        """Return the low bits of all lanes, or None where their high bits differ."""
        found = [self.residue + offset for offset in self.offsets]
        return found if all(0 <= bits < self.modulus for bits in found) else None


def added(a: Pattern, b: Pattern) -> Pattern:
    """Return the pattern of a sum."""
    return _sum(a, b, 1)


def _sum(a: Pattern, b: Pattern, sign: int) -> Pattern:
    modulus = min(a.modulus, b.modulus)
    offsets = tuple(x + sign * y for x, y in zip(a.offsets, b.offsets, strict=True))
    line = None
    if a.line is not None and b.line is not None:
        line = (a.line[0] + sign * b.line[0], a.line[1] + sign * b.line[1])
    return Pattern(offsets, modulus, (a.residue + sign * b.residue) % modulus, line)


def scaled(a: Pattern, factor: int) -> Pattern:
    """Return the pattern of a product with a constant that is not zero."""
    power = factor & -factor
    modulus = min(a.modulus * power, ANY)
    line = None if a.line is None else (factor * a.line[0], factor * a.line[1])
    return Pattern(tuple(factor * x for x in a.offsets), modulus, a.residue * factor % modulus, line)


def _bitwise(operation: Callable[[int, int], int]) -> Callable[..., Pattern | None]:
    """Return the rule of an operation on the bits of a value and of a constant."""

    def rule(_: Instruction, a: Pattern, b: Pattern, number: int | None) -> Pattern | None:
        low = a.low()
        if number is None or low is None:
            return None
        bits = [operation(x, number % a.modulus) for x in low]
        offsets = tuple(x - bits[0] for x in bits)
        if operation is int.__and__ and 0 <= number < a.modulus:  # nothing is left but the low bits
            return Pattern(offsets, ANY, bits[0], (0, bits[0]))
        keeps = number // a.modulus == (-1 if operation is int.__and__ else 0)
        line = (a.line[0], a.line[1] - a.residue + bits[0]) if a.line is not None and keeps else None
        return Pattern(offsets, a.modulus, bits[0], line)

    return rule


def _or(item: Instruction, a: Pattern, b: Pattern, number: int | None) -> Pattern | None:
    return added(a, b) if "disjoint" in item.head else _bitwise(int.__or__)(item, a, b, number)


def _shifted_left(_: Instruction, a: Pattern, b: Pattern, number: int | None) -> Pattern | None:
    return None if number is None or not 0 <= number < 32 else scaled(a, 1 << number)


def _product(_: Instruction, a: Pattern, b: Pattern, number: int | None) -> Pattern | None:
    return None if not number else scaled(a, number)


def _shifted_right(_: Instruction, a: Pattern, b: Pattern, number: int | None) -> Pattern | None:
    low = a.low()
    if number is None or low is None or not 0 <= number < 32:
        return None
    if a.modulus < 1 << number:  # all lanes lie below one multiple of it
        return Pattern((0,) * len(low))
    bits = [x >> number for x in low]
    return Pattern(tuple(x - bits[0] for x in bits), a.modulus >> number, bits[0])


RULES: dict[str, Callable[..., Pattern | None]] = {
    "add": lambda _, a, b, number: added(a, b),
    "sub": lambda _, a, b, number: _sum(a, b, -1),
    "mul": _product, "shl": _shifted_left, "lshr": _shifted_right, "ashr": _shifted_right,
    "and": _bitwise(int.__and__), "or": _or, "xor": _bitwise(int.__xor__),
}  # fmt: skip
"""By opcode: ``rule(instruction, first, second, the second where it is a constant)``."""
