"""Random expressions with their values: Python source, and what NumPy's scalars and Python's numbers make of it.

Every expression is evaluated while it grows, so that what raises (an int8 that meets 300, a shift by -1), what is
undefined (a float beyond the range of the integer it is cast to) and what is known to differ between the interpreter and
compiled code (see the text on the language) is thrown away. `exact` keeps only floating-point results that need no
rounding: then contraction changes nothing and results must agree in every bit.
"""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

POINTS = 37
DTYPES = ("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")


class RejectedError(Exception):
    """An expression that cannot be compared."""


@dataclass(frozen=True)
class Node:
    """An expression: its source and its value at each point."""

    text: str
    values: tuple[Any, ...]

    @property
    def type(self) -> Any:
        """The dtype of NumPy scalars, or the Python type; booleans are one type."""
        types = {type_of(value) for value in self.values}
        if len(types) > 1:
            raise RejectedError("values of several types")
        return types.pop()


def type_of(value: Any) -> Any:
    if isinstance(value, (bool, np.bool_)):
        return np.dtype(bool)
    return value.dtype if isinstance(value, np.generic) else type(value)


def is_weak(kind: Any) -> bool:
    return isinstance(kind, type)


def apply(template: str, function: Callable[..., Any], *nodes: Node) -> Node:
    """Return the expression that applies a function to others."""
    try:
        with np.errstate(all="ignore"):
            values = tuple(function(*arguments) for arguments in zip(*(node.values for node in nodes), strict=True))
    except (ArithmeticError, TypeError, ValueError) as error:
        raise RejectedError(str(error)) from None
    result = Node(template.format(*(node.text for node in nodes)), values)
    if result.type is int and any(abs(value) >= 2**63 for value in values):
        raise RejectedError("a Python int beyond 64 bits")
    return result


# ---- exactness


def parts(value: Any) -> list[Fraction]:
    """Return a number as one or two exact fractions."""
    if not np.isfinite(value):
        raise RejectedError("not finite")
    if isinstance(value, (complex, np.complexfloating)):
        return [Fraction(float(value.real)), Fraction(float(value.imag))]
    return [Fraction(float(value)) if isinstance(value, (float, np.floating)) else Fraction(int(value))]


def check_exact(symbol: str, node: Node, operands: tuple[Node, ...]) -> Node:
    """Reject floating-point results that are rounded."""
    kind = node.type
    if kind is int or (not is_weak(kind) and kind.kind in "iub"):
        return node
    for value, *given in zip(node.values, *(operand.values for operand in operands), strict=True):
        found, exact = parts(value), _exactly(symbol, [parts(item) for item in given])
        if exact is None:
            if any(part.denominator > 64 or abs(part) > 2**10 for part in found):
                raise RejectedError("a part that its successors might round")
        elif found != exact + [Fraction(0)] * (len(found) - len(exact)):
            raise RejectedError("rounded")
    return node


def _exactly(symbol: str, given: list[list[Fraction]]) -> list[Fraction] | None:
    """Return the exact result for real operands; None for complex ones, and for functions that do not round."""
    functions = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
                 "//": operator.floordiv, "%": operator.mod}  # fmt: skip
    if symbol not in functions or any(len(item) == 2 for item in given):
        return None
    (a,), (b,) = given
    if b == 0 and symbol in ("/", "//", "%"):
        raise RejectedError("division by zero")
    return [Fraction(functions[symbol](a, b))]


# ---- what an expression may be made of

BINARY = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "<<": operator.lshift, ">>": operator.rshift, "&": operator.and_, "|": operator.or_,
    "^": operator.xor, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq,
    "!=": operator.ne,
}  # fmt: skip
_COMPARISONS = {"<", "<=", ">", ">=", "==", "!="}
_NUMPY_TWO = """
add subtract multiply floor_divide remainder minimum maximum fmin fmax fmod bitwise_and bitwise_or bitwise_xor left_shift
right_shift less greater_equal not_equal logical_and logical_or logical_xor copysign
""".split()
_NUMPY_ONE = "absolute square sign floor ceil trunc rint negative positive conjugate logical_not isnan signbit".split()
_CASTS = [np.dtype(code).type for code in DTYPES]


class Grower:
    """Grows random expressions over the leaves it is given.

    Parameters
    ----------
    rng : random.Random
        The source of all choices.
    leaves : list of Node
        The variables and constants.
    """

    def __init__(self, rng: random.Random, leaves: list[Node]) -> None:
        self.rng, self.leaves = rng, leaves
        self.makers = [self._binary] * 6 + [
            self._unary, self._numpy_one, self._numpy_two, self._cast, self._convert, self._same, self._where,
            self._power, self._part, self._divmod, self._compare_chain,
        ]  # fmt: skip

    def tree(self, depth: int) -> Node:
        """Return an expression of at most this depth."""
        for _ in range(20 if depth else 0):
            try:
                return self.rng.choice(self.makers)(depth - 1)
            except RejectedError:
                continue
        return self.rng.choice(self.leaves)

    def some(self, depth: int) -> Node:
        return self.tree(depth if self.rng.random() < 0.7 else 0)

    def _binary(self, depth: int) -> Node:
        symbol = self.rng.choice(list(BINARY))
        a, b = self.some(depth), self.some(depth)
        self._refuse_booleans(symbol, a, b)
        if a.type is complex and not is_weak(b.type) and b.type == np.float64:
            raise RejectedError("np.float64 is a Python float to Python's complex")
        node = apply(f"({{}} {symbol} {{}})", BINARY[symbol], a, b)
        if symbol in _COMPARISONS and "c" in (_kind(a), _kind(b)) and symbol not in ("==", "!="):
            raise RejectedError("complex numbers have no order")
        return check_exact(symbol, node, (a, b))

    @staticmethod
    def _refuse_booleans(symbol: str, *nodes: Node) -> None:
        booleans = [_kind(node) == "b" for node in nodes]
        if symbol in _COMPARISONS or not any(booleans):
            return
        if any(is_weak(node.type) for node in nodes):
            raise RejectedError("np.bool_ beside a Python number is strong in the interpreter")
        if all(booleans) and symbol not in ("&", "|", "^"):
            raise RejectedError("Python counts booleans and NumPy does not")

    def _unary(self, depth: int) -> Node:
        a = self.some(depth)
        symbol = self.rng.choice(["-", "+", "~", "not ", "abs"])
        if _kind(a) == "b" and symbol != "not ":
            raise RejectedError("Python counts booleans and NumPy does not")
        functions = {"-": operator.neg, "+": operator.pos, "~": operator.invert, "not ": operator.not_, "abs": abs}
        return check_exact(f"unary {symbol}", apply(f"({symbol}({{}}))", functions[symbol], a), (a,))

    def _numpy_one(self, depth: int) -> Node:
        name, a = self.rng.choice(_NUMPY_ONE), self.some(depth)
        if _kind(a) == "c" and name not in ("conjugate", "square", "negative", "positive"):
            raise RejectedError("not available")
        if is_weak(a.type) and a.type is not complex and name in ("isnan", "signbit") and _kind(a) == "i":
            raise RejectedError("a Python int has no NaN")
        return check_exact(name, apply(f"np.{name}({{}})", getattr(np, name), a), (a,))

    def _numpy_two(self, depth: int) -> Node:
        name, a, b = self.rng.choice(_NUMPY_TWO), self.some(depth), self.some(depth)
        if "c" in (_kind(a), _kind(b)) and name not in ("add", "subtract", "multiply", "not_equal"):
            raise RejectedError("not available")
        self._refuse_booleans(name, a, b)
        symbols = {"add": "+", "subtract": "-", "multiply": "*", "floor_divide": "//", "remainder": "%"}
        return check_exact(symbols.get(name, name), apply(f"np.{name}({{}}, {{}})", getattr(np, name), a, b), (a, b))

    def _cast(self, depth: int) -> Node:
        cls, a = self.rng.choice(_CASTS), self.some(depth)
        if _kind(a) == "c" and np.dtype(cls).kind not in "bc":
            raise RejectedError("not available")
        _check_range(a, np.dtype(cls))
        return check_exact("cast", apply(f"np.{np.dtype(cls).name}({{}})", cls, a), (a,))

    def _convert(self, depth: int) -> Node:
        cls, a = (
            self.rng.choice([int, float, bool, complex, math.floor, math.ceil, math.trunc, round]),
            self.some(depth),
        )
        if _kind(a) == "c" and cls not in (bool, complex):
            raise RejectedError("not available")
        _check_range(a, np.dtype(np.int64))
        if not isinstance(cls, type) and _kind(a) in "iub" and any(abs(int(value)) >= 2**53 for value in a.values):
            raise RejectedError("Python goes through a float")
        name = f"math.{cls.__name__}" if cls in (math.floor, math.ceil, math.trunc) else cls.__name__
        return check_exact("cast", apply(f"{name}({{}})", cls, a), (a,))

    def _same(self, depth: int) -> Node:
        """Choose between two of one type: elsewhere the interpreter keeps each one's own type."""
        a, b, condition = self.some(depth), self.some(depth), self.some(depth)
        if a.type != b.type or is_weak(a.type) != is_weak(b.type):
            b = self.rng.choice(
                [leaf for leaf in self.leaves if type(leaf.type) is type(a.type) and leaf.type == a.type]
            )
        if self.rng.random() < 0.4 and _kind(a) != "c":
            name = self.rng.choice(["min", "max"])
            return apply(f"{name}({{}}, {{}})", {"min": min, "max": max}[name], a, b)
        if self.rng.random() < 0.4:
            word = self.rng.choice(["and", "or"])
            return apply(
                f"({{}} {word} {{}})", (lambda x, y: x and y) if word == "and" else (lambda x, y: x or y), a, b
            )
        return apply("({0} if {2} else {1})", lambda x, y, c: x if c else y, a, b, condition)

    def _where(self, depth: int) -> Node:
        condition, a, b = self.some(depth), self.some(depth), self.some(depth)
        node = apply("np.where({}, {}, {})", lambda c, x, y: np.where(c, x, y)[()], condition, a, b)
        _check_range(a, node.type), _check_range(b, node.type)
        return check_exact("where", node, (a, b))

    def _power(self, depth: int) -> Node:
        a, exponent = self.some(depth), self.rng.choice([0, 1, 2, 2, 3, 4, 5])
        if _kind(a) == "b":
            raise RejectedError("Python counts booleans and NumPy does not")
        node = apply(f"({{}} ** {exponent})", lambda x: x**exponent, a)
        products = a
        for _ in range(exponent - 1):
            products = check_exact("*", apply("", operator.mul, products, a), (products, a))
        return node

    def _part(self, depth: int) -> Node:
        a, name = self.some(depth), self.rng.choice(["real", "imag"])
        if _kind(a) == "b":
            raise RejectedError("the parts of a Python bool are ints")
        node = apply(f"({{}}).{name}", operator.attrgetter(name), a)
        if _kind(a) == "c" and 0 in node.values:
            raise RejectedError("the sign of a complex number's zero depends on the order of products")
        return node

    def _divmod(self, depth: int) -> Node:
        a, b, which = self.some(depth), self.some(depth), self.rng.choice([0, 1])
        self._refuse_booleans("//", a, b)
        node = apply(f"divmod({{}}, {{}})[{which}]", lambda x, y: divmod(x, y)[which], a, b)
        return check_exact("%" if which else "//", node, (a, b))

    def _compare_chain(self, depth: int) -> Node:
        nodes = [self.some(depth) for _ in range(3)]
        if "c" in map(_kind, nodes):
            raise RejectedError("complex numbers have no order")
        first, second = self.rng.choices(sorted(_COMPARISONS), k=2)
        text = f"({{}} {first} {{}} {second} {{}})"
        return apply(text, lambda a, b, c: BINARY[first](a, b) and BINARY[second](b, c), *nodes)


def _kind(node: Node) -> str:
    kind = node.type
    return {int: "i", float: "f", complex: "c"}[kind] if is_weak(kind) else kind.kind


def _check_range(node: Node, target: np.dtype) -> None:
    """Reject floats that do not fit the integer type they become."""
    if _kind(node) == "f" and target.kind in "iu":
        limits = np.iinfo(target)
        if not all(limits.min <= float(value) <= limits.max // 2 for value in node.values):
            raise RejectedError("beyond the range of the integer")


# ---- the leaves


def arrays(rng: random.Random) -> dict[str, np.ndarray]:
    """Return one array of each dtype: integers to their limits, floats of few bits."""
    result = {}
    for code in DTYPES:
        dtype = np.dtype(code)
        if dtype.kind in "iu":
            limits = np.iinfo(dtype)
            special = [0, 1, 2, 3, limits.min, limits.max, limits.max - 1, max(limits.min, -1), max(limits.min, -2)]
            values = [
                rng.choice(special) if rng.random() < 0.5 else rng.randint(limits.min, limits.max)
                for _ in range(POINTS)
            ]
        elif dtype.kind == "b":
            values = [rng.random() < 0.5 for _ in range(POINTS)]
        elif dtype.kind == "f":
            values = [rng.choice([0.0, -0.0, 1.0, rng.randint(-40, 40) / 4]) for _ in range(POINTS)]
        else:
            values = [complex(rng.randint(-3, 3), rng.randint(-3, 3)) for _ in range(POINTS)]
        result[f"x{dtype.name}"] = np.array(values, dtype=dtype)
    return result


def leaves(rng: random.Random, inputs: dict[str, np.ndarray], scalars: dict[str, Any]) -> list[Node]:
    """Return the variables and a few literals."""
    found = [Node(f"{name}[i]", tuple(array)) for name, array in inputs.items()]
    found += [Node(name, (value,) * POINTS) for name, value in scalars.items()]
    found.append(Node("i", tuple(range(POINTS))))
    literals = [
        0,
        1,
        2,
        3,
        7,
        100,
        0.5,
        2.0,
        1.25,
        rng.randint(-128, 127),
        rng.randint(0, 2**31),
        rng.randint(-8, 8) / 4,
        2j,
    ]
    return found + [Node(f"({value!r})", (value,) * POINTS) for value in literals]
