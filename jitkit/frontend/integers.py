"""Functions of integers that the math module and NumPy have, as helpers in the kernel language, which compiled kernels call.

Interpreters call the functions themselves. Python's integers have no end: compiled ones wrap at 64 bits, and where Python
raises an error, for negative numbers, the answer is 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

_ROOT = 3037000499
"""The largest integer whose square is below 2**63."""


def gcd(a: Any, b: Any) -> Any:
    """Return the greatest common divisor of two Python integers."""
    x, y = abs(int(a | 0)), abs(int(b | 0))
    while y != 0:
        x, y = y, x % y
    return x


def lcm(a: Any, b: Any) -> Any:
    """Return the least common multiple of two Python integers."""
    divisor = gcd(a, b)
    return abs(int(a)) // divisor * abs(int(b)) if divisor != 0 else 0


def numpy_gcd(a: Any, b: Any) -> Any:
    """Return the greatest common divisor in the type that both fit in."""
    x, y = np.absolute(np.where(True, a | 0, b | 0)), np.absolute(np.where(False, a | 0, b | 0))
    while y != 0:
        x, y = y, x % y
    return x


def numpy_lcm(a: Any, b: Any) -> Any:
    """Return the least common multiple in the type that both fit in."""
    x, y = np.absolute(np.where(True, a | 0, b | 0)), np.absolute(np.where(False, a | 0, b | 0))
    divisor = numpy_gcd(x, y)
    return x // divisor * y if divisor != 0 else divisor


def isqrt(n: Any) -> Any:
    """Return the integer part of the square root."""
    whole = max(int(n | 0), 0)
    root = min(int(np.sqrt(np.float64(whole))), _ROOT)  # the nearest float64 may be one too large
    if root * root > whole:
        root -= 1
    return root


def comb(n: Any, k: Any) -> Any:
    """Return how many ways there are to choose k of n."""
    of, some = int(n | 0), int(k | 0)
    some = min(some, of - some)
    result = 1 if some >= 0 else 0
    for i in range(some):
        # What both can be divided by goes first, so that nothing is larger than the result.
        divisor = gcd(result, i + 1)
        result = result // divisor * ((of - i) // ((i + 1) // divisor))
    return result


def perm(n: Any, k: Any) -> Any:
    """Return how many ways there are to put k of n in order."""
    of, some = int(n | 0), int(k | 0)
    result = 1 if 0 <= some <= of else 0
    for i in range(some if some <= of else 0):
        result *= of - i
    return result


def factorial(n: Any) -> Any:
    """Return the product of the integers from 1 to n."""
    return perm(n, n)


COMPILED: dict[Any, Callable[..., Any]] = {
    math.gcd: gcd, math.lcm: lcm, math.isqrt: isqrt, math.comb: comb, math.perm: perm, math.factorial: factorial,
    np.gcd: numpy_gcd, np.lcm: numpy_lcm,
}  # fmt: skip
"""The helper that is compiled for each function."""
