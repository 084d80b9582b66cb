"""Cubes and squares of reciprocal square roots in products, as ``mass * inverse * inverse * inverse`` of gravity has them.

With the estimate r of x's reciprocal root and h = x r r, which is nearly 1, the power k of the root is
``r**k h**(-k/2)``, to first order ``r**k (1 + k/2 - k/2 h)``: one correction of the whole power, where `roots` makes one of
the root. What is cut off is ``k (k + 2) / 8 (1 - h)**2``, half an ULP of float32 for cubes by AVX-512's estimate, and 16 by
AVX's, with which roots stay as they are. If a factor is the same in all lanes, it takes over ``-k/2``, and what is left to do
with h is an addition, which Zen 4 has other units for than for products: nbody takes 0.875 of the time.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from jitkit.backends.spmd import roots
from jitkit.backends.spmd.ir import Block, Instruction, Value
from jitkit.backends.spmd.shapes import Shapes
from jitkit.backends.spmd.writer import Lanes

_MOST = 3
"""The highest power that one step corrects well enough."""


_STEPS = {2: (-2.0, -1.0), _MOST: (-1.6666666269302368, -1.5000001192092896)}
"""``-1 - 2 / k`` and ``-k / 2``, of the numbers of float32 nearby those whose product is closest to 1 where h is 1."""


class Power(NamedTuple):
    """A product with a power of a reciprocal square root in it.

    Attributes
    ----------
    of : Value
        What the root is taken of.
    times : int
        How often the reciprocal root is a factor.
    others : list of Value
        The other factors.
    """

    of: Value
    times: int
    others: list[Value]


def powers(shapes: Shapes, lanes: int) -> tuple[dict[str, Power], set[str]]:
    """Return the products to be written as powers, by their names, and what is part of these alone, roots and products."""
    found: dict[str, Power] = {}
    parts: set[str] = set()
    if roots.estimate_of("float", lanes) is not roots.PRECISE:
        return found, parts
    uses = Counter(
        value.text for block in shapes.whole.blocks.values() for item in block.code for value in item.operands
    )
    for block in shapes.function.blocks.values():
        for item in _outermost(block, uses):
            inside, factors = _factors(item, {other.name: other for other in block.code}, uses)
            for name, times in Counter(value.text for value in factors).items():
                root = roots.root_below(shapes.made[name], shapes.made) if name in shapes.made else None
                alone = 1 < times <= _MOST and times == uses[name] and shapes.strides[name] is None
                if root is not None and alone and any(other.name == name for other in block.code):
                    others = [value for value in factors if value.text != name]
                    found[item.name] = Power(root.operands[0], times, others)
                    parts |= inside | {name}
                    break
    return found, parts


def _outermost(block: Block, uses: Counter[str]) -> list[Instruction]:
    """Return the products of a block that are no factor of one product alone."""
    products = [item for item in block.code if _is_product(item)]
    factors = {value.text for item in products for value in item.operands if uses[value.text] == 1}
    return [item for item in products if item.name not in factors]


def _is_product(item: Instruction) -> bool:
    return item.op == "fmul" and item.type == "float" and "reassoc" in item.head


def _factors(item: Instruction, made: dict[str, Instruction], uses: Counter[str]) -> tuple[set[str], list[Value]]:
    """Return the products inside a product, and all factors."""
    inside: set[str] = set()
    factors: list[Value] = []
    for value in item.operands:
        below = made.get(value.text)
        if below is not None and uses[value.text] == 1 and _is_product(below):
            more, deeper = _factors(below, made, uses)
            inside |= more | {value.text}
            factors += deeper
        else:
            factors.append(value)
    return inside, factors


def product(vector: Lanes, x: str, r: str, times: int, alike: list[str], others: list[str]) -> str:
    """Return a product of a power of a reciprocal square root with other factors, of float32.

    Parameters
    ----------
    vector : Lanes
        Where the code goes.
    x, r : str
        The numbers, and the estimates of their reciprocal roots.
    times : int
        The power, 2 or 3.
    alike, others : list of str
        The factors that are the same in all lanes, as scalars, and the rest, as vectors.
    """
    text, whole = vector.text, vector.type("float")

    def multiplied(a: str, b: str) -> str:
        return text.emit(f"fmul {whole} {a}, {b}")

    square = multiplied(r, r)
    h = roots.near_one(vector, multiplied(x, square))
    factors = [*others, *([r] if times == _MOST else []), square]
    if alike:
        away, factor = _STEPS[times]
        scale = alike[0]
        for more in (*alike[1:], repr(factor)):
            scale = text.emit(f"fmul float {scale}, {more}")
        factors.insert(0, vector.splat("float", scale))
        correction = text.emit(f"fadd {whole} {h}, {roots.number('float', away)}")
    else:
        slope, constant = roots.number("float", -times / 2), roots.number("float", 1 + times / 2)
        correction = roots.fused(vector, "float", h, slope, constant)
    value = factors[0]
    for more in (*factors[1:], correction):
        value = multiplied(value, more)
    return value
