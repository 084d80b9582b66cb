"""Integers and addresses as sums of products of locals: where an element of a matrix stands, in its terms."""

from __future__ import annotations

from collections.abc import Mapping

from jitkit.backends.spmd.folding import constant
from jitkit.backends.spmd.ir import Instruction, UnsupportedIRError, Value
from jitkit.backends.spmd.shapes import size_of

Polynomial = dict[tuple[str, ...], int]
"""The factor of each product of locals, which stand in order; that of () is a number by itself."""
MOST_TERMS = 64
"""Terms beyond which a product stays one local."""
_WIDTH = 1 << 64


class Polynomials:
    """The polynomials of a function's values, each found when it is asked for.

    Parameters
    ----------
    made : mapping
        The instruction that makes each local.
    """

    def __init__(self, made: Mapping[str, Instruction]) -> None:
        self.made = made
        self._found: dict[str, Polynomial] = {}

    def of(self, value: Value) -> Polynomial:
        """Return an i64, or an address in bytes, as a polynomial modulo 2^64. A work-item's place has its call's name."""
        number = constant(value, {})
        if number is not None:
            return {(): number} if number else {}
        if value.text not in self._found:
            item = self.made.get(value.text)
            found = None if item is None else self._of(item)
            place = item is not None and item.callee.startswith("@jk.local_index.")
            self._found[value.text] = found or {(item.callee if item and place else value.text,): 1}
        return self._found[value.text]

    def _of(self, item: Instruction) -> Polynomial | None:
        """Return an instruction's result, or None where it is no polynomial of others."""
        if item.op == "getelementptr" and len(item.operands) == 2 and item.operands[1].type == "i64":
            try:
                return added(self.of(item.operands[0]), self.of(item.operands[1]), size_of(item.element))
            except UnsupportedIRError:  # of structures
                return None
        if item.type != "i64" or len(item.operands) != 2:
            return None
        if item.op in ("add", "sub") or (item.op == "or" and "disjoint" in item.head):
            return added(self.of(item.operands[0]), self.of(item.operands[1]), -1 if item.op == "sub" else 1)
        shift = constant(item.operands[1], {}) if item.op == "shl" else None
        if shift is not None and 0 <= shift < 64:
            return added({}, self.of(item.operands[0]), 1 << shift)
        return self._product(self.of(item.operands[0]), self.of(item.operands[1])) if item.op == "mul" else None

    @staticmethod
    def _product(a: Polynomial, b: Polynomial) -> Polynomial | None:
        if len(a) * len(b) > MOST_TERMS:
            return None
        product: Polynomial = {}
        for term, factor in a.items():
            product = added(product, {tuple(sorted(term + other)): count for other, count in b.items()}, factor)
        return product


def added(a: Polynomial, b: Polynomial, factor: int = 1) -> Polynomial:
    """Return `a` and `factor` times `b` together."""
    both = {term: _signed(a.get(term, 0) + factor * b.get(term, 0)) for term in a | b}
    return {term: count for term, count in both.items() if count}


def _signed(number: int) -> int:
    number %= _WIDTH
    return number - _WIDTH if number >= _WIDTH >> 1 else number
