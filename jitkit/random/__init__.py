"""Random numbers: functions of a key and a counter for kernels, and a generator of arrays.

In kernels (and outside): `bits`, `uniform`, `normal`, and `uniform32`, `normal32` for float32 kernels; `block` gives all
four words. They have no state: the same key and counter give the same number on every backend.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .numbers import bits as bits
from .numbers import normal as normal
from .numbers import normal32 as normal32
from .numbers import uniform as uniform
from .numbers import uniform32 as uniform32
from .philox import block as block

if TYPE_CHECKING:
    from .generator import Generator as Generator
    from .generator import default_rng as default_rng

_LAZY = ("Generator", "default_rng")  # they launch kernels; kernels that only call `uniform` do not need them
__all__ = ["Generator", "bits", "block", "default_rng", "normal", "normal32", "uniform", "uniform32"]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'jitkit.random' has no attribute {name!r}")
    from jitkit.random import generator

    return getattr(generator, name)


def __dir__() -> list[str]:
    return sorted(__all__)
