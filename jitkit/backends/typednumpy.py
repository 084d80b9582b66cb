"""NumPy as interpreted kernels see it: `np.where` of numbers gives a number, not an array without dimensions.

Such an array has no `round`, cannot be a key and is changed in place by ``+=``; compiled code knows numbers alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

globals().update({name: getattr(np, name) for name in np.__all__})


def where(condition: Any, x: Any, y: Any) -> Any:
    """Return one of two numbers."""
    return np.where(condition, x, y)[()]


def __getattr__(name: str) -> Any:
    return getattr(np, name)
