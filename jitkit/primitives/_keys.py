"""Keys whose order is that of their bits: how the elements of each dtype become unsigned integers that ascend with them.

NaN of either sign come last, whatever the direction, as `numpy.sort` has them, and the two zeros are one key: both keep the
order that they stand in. What a key stands for is known from the key alone, except for those two, which are taken from the
input again where there are any.

Source: M. Herf, Radix Tricks, 2001, for the bits of floating-point numbers.
"""

# Functions of kernels take whatever they are called with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Order(NamedTuple):
    """How the bits of a dtype are ordered. The functions work on numbers in kernels, and on arrays in NumPy.

    Attributes
    ----------
    bits : numpy.dtype
        The unsigned integer of the elements' size.
    wide : type
        The unsigned scalar type of keys.
    key : callable
        ``key(bits, flip)`` gives the key.
    back : callable
        ``back(key, flip)`` gives the bits that have a key.
    odd : callable
        ``odd(bits)`` tells whether the bits are others than those that their key gives back.
    zero, missing : numpy.unsignedinteger
        The keys of the zeros and of NaN; those of integers have no meaning.
    """

    bits: np.dtype[Any]
    wide: type[np.unsignedinteger[Any]]
    key: Callable[[Any, Any], Any]
    back: Callable[[Any, Any], Any]
    odd: Callable[[Any], Any]
    zero: np.unsignedinteger[Any]
    missing: np.unsignedinteger[Any]

    @property
    def exact(self) -> bool:
        """Whether every key gives its bits back."""
        return bool(self.zero == self.missing)


@functools.cache
def order_of(kind: str, itemsize: int) -> Order:
    """Return the order of the bits of a kind of real numbers (``"i"``, ``"u"`` or ``"f"``)."""
    bits = np.dtype(f"u{itemsize}")
    wide = np.uint64 if itemsize == 8 else np.uint32
    return _floats(bits, wide) if kind == "f" else _integers(bits, wide)


def _integers(bits: np.dtype[Any], wide: Any) -> Order:
    def key(x, flip):
        return wide(x) ^ flip

    def odd(x):
        return False

    return Order(bits, wide, key, key, odd, wide(0), wide(0))


def _floats(bits: np.dtype[Any], wide: Any) -> Order:
    places = 8 * bits.itemsize - 1
    sign, most, nothing = wide(1 << places), wide((1 << places) - 1), wide(0)
    infinity = wide(np.array(np.inf, f"f{bits.itemsize}").view(bits)[()])
    missing = sign | most

    def key(x, flip):
        number = wide(x)
        magnitude = number & most
        negative = (number >> places) ^ flip
        found = sign + (magnitude ^ (nothing - negative)) + negative
        return (found | (nothing - wide(magnitude > infinity))) & missing

    def back(found, flip):
        below = wide(found < sign)
        magnitude = ((wide(found) - sign) ^ (nothing - below)) + below
        return (magnitude & most) | (((below ^ flip) & wide(magnitude > nothing)) << places)

    def odd(x):
        number = wide(x)
        return (number == sign) | ((number & most) > infinity)

    return Order(bits, wide, key, back, odd, sign, missing)


@functools.cache
def flip_of(kind: str, itemsize: int, descending: bool) -> np.unsignedinteger[Any]:
    """Return the second argument of the functions of an order, for a dtype and a direction."""
    wide, places = order_of(kind, itemsize).wide, 8 * itemsize
    if kind == "f":
        return wide(descending)
    sign = 1 << (places - 1) if kind == "i" else 0
    return wide(sign ^ ((1 << places) - 1 if descending else 0))
