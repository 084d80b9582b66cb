"""Random floating-point expressions with their values in extended precision and a bound on what rounding may do to them.

The bound is the running error analysis of N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section
3.3: each operation adds its own rounding to the errors of its operands. Contraction only takes roundings away. Where
reassociation is allowed, the terms of a sum may meet in any order, so the sum of their magnitudes takes the place of the
result.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

POINTS = 67
EXTENDED = np.longdouble
FUNCTION_ULPS = 4.0


class RejectedError(Exception):
    """An expression that is ill conditioned or out of range."""


@dataclass(frozen=True)
class Node:
    """An expression: its source, values, error bounds, and the sums of the magnitudes of its terms."""

    text: str
    value: np.ndarray
    error: np.ndarray
    mass: np.ndarray


# name, function, derivative, and where it is well conditioned
Function = tuple[str, Callable, Callable, float, float]
FUNCTIONS: list[Function] = [
    ("math.sqrt", np.sqrt, lambda x: 0.5 / np.sqrt(x), 0.05, 1e4),
    ("math.exp", np.exp, np.exp, -8, 8),
    ("math.expm1", np.expm1, np.exp, -4, 4),
    ("math.log", np.log, lambda x: 1 / x, 0.05, 1e4),
    ("math.log1p", np.log1p, lambda x: 1 / (1 + x), -0.5, 1e4),
    ("math.sin", np.sin, np.cos, -20, 20),
    ("math.cos", np.cos, np.sin, -20, 20),
    ("math.tanh", np.tanh, lambda x: 1 - np.tanh(x) ** 2, -5, 5),
    ("math.atan", np.arctan, lambda x: 1 / (1 + x * x), -50, 50),
    ("np.exp2", np.exp2, np.exp2, -8, 8),
    ("np.cbrt", np.cbrt, lambda x: np.abs(np.cbrt(x) / x) / 3, 0.05, 1e4),
    ("np.sinh", np.sinh, np.cosh, -5, 5),
    ("np.square", np.square, lambda x: 2 * x, -1e3, 1e3),
    ("abs", np.abs, np.ones_like, -1e6, 1e6),
    ("-", np.negative, np.ones_like, -1e6, 1e6),
]


class Grower:
    """Grows random expressions of one precision.

    Parameters
    ----------
    rng : random.Random
        The source of all choices.
    dtype : str
        ``"float32"`` or ``"float64"``.
    leaves : list of (str, array)
        The variables and constants, with their values before any rounding to `dtype`.
    reassociated : bool
        Whether sums may be taken in any order.
    """

    def __init__(
        self, rng: random.Random, dtype: str, leaves: list[tuple[str, np.ndarray]], reassociated: bool
    ) -> None:
        self.rng, self.reassociated = rng, reassociated
        self.unit = EXTENDED(np.finfo(dtype).eps)  # two roundings' worth: also that of a Python float to float32
        self.leaves = [self._leaf(text, value) for text, value in leaves]

    def _leaf(self, text: str, value: np.ndarray) -> Node:
        value = value.astype(EXTENDED)
        return Node(text, value, np.abs(value) * self.unit, np.abs(value))

    def tree(self, depth: int) -> Node:
        """Return an expression of at most this depth."""
        makers = [self._sum] * 3 + [self._product, self._product, self._quotient, self._call, self._choice]
        for _ in range(20 if depth else 0):
            try:
                with np.errstate(all="ignore"):
                    return self._checked(self.rng.choice(makers)(depth - 1))
            except RejectedError:
                continue
        return self.rng.choice(self.leaves)

    def _checked(self, node: Node) -> Node:
        size = np.abs(node.value)
        if not (np.isfinite(size).all() and (size < 1e6).all() and (size[size > 0] > 1e-12).all()):
            raise RejectedError("out of range")
        if (node.error > 0.01).any():
            raise RejectedError("ill conditioned")
        return node

    def _rounded(self, text: str, value: np.ndarray, error: np.ndarray, mass: np.ndarray, roundings: float = 1) -> Node:
        size = np.maximum(np.abs(value), mass) if self.reassociated else np.abs(value)
        return Node(text, value, error + roundings * self.unit * size, mass)

    def _sum(self, depth: int) -> Node:
        a, b, symbol = self.tree(depth), self.tree(depth), self.rng.choice("+-")
        value = a.value + b.value if symbol == "+" else a.value - b.value
        return self._rounded(f"({a.text} {symbol} {b.text})", value, a.error + b.error, a.mass + b.mass)

    def _product(self, depth: int) -> Node:
        a, b = self.tree(depth), self.tree(depth)
        error = np.abs(a.value) * b.error + np.abs(b.value) * a.error + a.error * b.error
        return self._rounded(f"({a.text} * {b.text})", a.value * b.value, error, a.mass * b.mass)

    def _quotient(self, depth: int) -> Node:
        a, b = self.tree(depth), self.tree(depth)
        least = np.abs(b.value) - b.error
        if (least < 0.05).any():
            raise RejectedError("a divisor near zero")
        value = a.value / b.value
        error = (a.error + np.abs(value) * b.error) / least
        return self._rounded(f"({a.text} / {b.text})", value, error, a.mass / least, 2)

    def _call(self, depth: int) -> Node:
        name, function, derivative, low, high = self.rng.choice(FUNCTIONS)
        a = self.tree(depth)
        if (a.value < low).any() or (a.value > high).any():
            raise RejectedError("outside the function's range")
        slope = np.maximum(np.abs(derivative(a.value - a.error)), np.abs(derivative(a.value + a.error)))
        value = function(a.value)
        error = a.error * (slope + a.error)  # no second derivative here exceeds the largest of these slopes by much
        return self._rounded(f"({name}({a.text}))", value, 2 * error, np.abs(value), FUNCTION_ULPS)

    def _choice(self, depth: int) -> Node:
        a, b, c, d = (*(self.tree(depth) for _ in range(2)), *(self.rng.choice(self.leaves) for _ in range(2)))
        if (np.abs(c.value - d.value) <= c.error + d.error).any() and (c.value != d.value).any():
            raise RejectedError("a comparison that rounding decides")
        test = c.value < d.value
        pick = [np.where(test, x, y) for x, y in ((a.value, b.value), (a.error, b.error), (a.mass, b.mass))]
        return Node(f"({a.text} if {c.text} < {d.text} else {b.text})", *pick)


def inputs(rng: random.Random, dtype: str) -> dict[str, np.ndarray]:
    """Return four arrays: two of both signs, two positive."""
    generator = np.random.default_rng(rng.randrange(2**32))
    return {
        "p": generator.uniform(-3, 3, POINTS).astype(dtype),
        "q": generator.normal(0, 1, POINTS).astype(dtype),
        "r": generator.uniform(0.1, 2, POINTS).astype(dtype),
        "w": generator.lognormal(0, 1, POINTS).astype(dtype),
    }


def leaves(arrays: dict[str, np.ndarray], scalars: dict[str, float]) -> list[tuple[str, np.ndarray]]:
    """Return the variables, the index and a few literals."""
    constants = {name: value for name, value in scalars.items()} | {
        repr(value): value for value in (0.5, 2.0, 0.1, 3, 1)
    }
    found = [(f"{name}[i]", array) for name, array in arrays.items()] * 2
    return [*found, ("i", np.arange(POINTS)), *((text, np.full(POINTS, value)) for text, value in constants.items())]
