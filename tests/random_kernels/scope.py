"""What a place in a random kernel can see: variables, arrays, helpers, and what may be done there."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from .values import Range, Value


@dataclass
class Array:
    """An array of a kernel, or the part of one that belongs to a work-item.

    Attributes
    ----------
    name : str
        Its name in the source.
    range : Range
        What its elements hold.
    shape : tuple of int
        The extents that are indexed freely; none for one element.
    prefix : str
        Indices that come first and are fixed, such as ``"p, "``.
    used : callable or None
        Called when an element is read.
    whole : bool
        Whether the array is named as it stands: no prefix, and its length is its extent.
    """

    name: str
    range: Range
    shape: tuple[int, ...]
    prefix: str = ""
    used: Callable[[], None] | None = None
    whole: bool = True

    def element(self, indices: list[str]) -> Value:
        """Return the value of an element."""
        if self.used is not None:
            self.used()
        return self.range.value(f"{self.name}[{self.prefix}{', '.join(indices)}]")


@dataclass(frozen=True)
class Helper:
    """A helper function: the ranges of its parameters, the arrays behind them, and what it returns."""

    name: str
    parameters: tuple[Range, ...]
    arrays: tuple[str, ...]
    results: tuple[Range, ...]
    weight: int


@dataclass
class Scope:
    """What can be read, assigned and called at one place; a block inside gets a copy.

    Attributes
    ----------
    rng : random.Random
        The source of all choices.
    wraps : bool
        Whether integers may overflow.
    values : list of Value
        Scalars to read.
    variables : list of Value
        Those of them that may be assigned, each in its usual range.
    flags : list of str
        Conditions.
    arrays, own, tables : list
        Arrays to read, arrays of this work-item to read and write, and (array, operation) for atomics.
    helpers : list of Helper
        Functions to call.
    approximate : list of (str, str)
        Elements that rounded results go to, and their dtypes.
    prepared : list of str
        Statements that are complete.
    weight : int
        How often the place runs for one work-item, at most.
    loop : str
        ``"for"`` or ``"while"`` inside a loop of this function.
    leave : str or None
        The statement that ends the function early, where it may.
    """

    rng: random.Random
    wraps: bool
    values: list[Value] = field(default_factory=list)
    variables: list[Value] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    arrays: list[Array] = field(default_factory=list)
    own: list[Array] = field(default_factory=list)
    tables: list[tuple[Array, str]] = field(default_factory=list)
    helpers: list[Helper] = field(default_factory=list)
    approximate: list[tuple[str, str]] = field(default_factory=list)
    prepared: list[str] = field(default_factory=list)
    weight: int = 1
    loop: str = ""
    leave: Callable[[Scope], str] | None = None

    def inner(self, trips: int = 1, loop: str | None = None) -> Scope:
        """Return the scope of a block: what is defined there is not seen outside."""
        return Scope(
            self.rng, self.wraps, [*self.values], [*self.variables], [*self.flags], [*self.arrays], [*self.own],
            [*self.tables], [*self.helpers], self.approximate, self.prepared,
            self.weight * max(1, trips), self.loop if loop is None else loop,
            self.leave,
        )  # fmt: skip
