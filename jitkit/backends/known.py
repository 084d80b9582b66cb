"""Bodies of kernels with what is known of the arrays that they are called with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llvmlite import ir

from jitkit.backends import direct
from jitkit.backends.layout import Group, Layout
from jitkit.backends.lowering.emit import I64

STRIDES = 6
"""Where Numba's arrays hold their strides."""
Place = tuple[int, ...]
"""Which of the arguments, and which of its items where it is a tuple, and so on down to an array's stride."""


@dataclass(frozen=True)
class Body:
    """A kernel's body, compiled.

    Attributes
    ----------
    compiled
        Numba's compile result.
    ndim : int
        How many indices stand before its arguments.
    steps : mapping
        The strides that are known.
    """

    compiled: Any
    ndim: int
    steps: Mapping[Place, int]

    @property
    def kinds(self) -> Sequence[Any]:
        """The types of indices and arguments."""
        kinds: Sequence[Any] = self.compiled.signature.args
        return kinds

    @property
    def library(self) -> Any:
        """The code library that it is in."""
        return self.compiled.library

    def call(self, context: Any, builder: ir.IRBuilder, args: Sequence[ir.Value]) -> None:
        """Generate a call of the body with its indices and arguments."""
        told = list(args)
        for (argument, *where), step in self.steps.items():
            place = self.ndim + argument
            told[place] = builder.insert_value(told[place], ir.Constant(I64, step), where)
        direct.call(context, builder, self.compiled, told)


def steps_of(layouts: Sequence[Layout], leaves: Sequence[Any], steps: Sequence[int | None]) -> dict[Place, int]:
    """Return the strides of the last axes of arrays, by where they stand among the arguments.

    Parameters
    ----------
    layouts : sequence of Layout
        How the arguments arrive.
    leaves : sequence
        What arrives.
    steps : sequence of int or None
        The step of each leaf, where there is one to be known.
    """
    places = [place for k, layout in enumerate(layouts) for place in _leaves(layout, (k,))]
    return {
        (*place, STRIDES, leaf.ndim - 1): step
        for place, leaf, step in zip(places, leaves, steps, strict=True)
        if step is not None
    }


def _leaves(layout: Layout, place: Place) -> list[Place]:
    if not isinstance(layout, Group):
        return [place]
    return [inner for k, item in enumerate(layout.items) for inner in _leaves(item, (*place, k))]
