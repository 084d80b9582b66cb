"""NumPy as interpreted kernels see it: `np.where` of numbers gives a number, not an array without dimensions.

Such an array has no `round`, cannot be a key and is changed in place by ``+=``; compiled code knows numbers alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

# Not those that NumPy loads when they are asked for: f2py, testing and the like took half of the first import of a primitive.
globals().update({name: value for name, value in vars(np).items() if name in np.__all__})


def where(condition: Any, x: Any, y: Any) -> Any:
    """Return one of two numbers."""
    return np.where(condition, x, y)[()]


def __getattr__(name: str) -> Any:
    return getattr(np, name)
