"""Where NumPy's own compiled function is called: it gives the very same for a small array of the host, sooner than a launch.

To enter compiled code takes 0.2 us, and the Python around that a microsecond; NumPy finds the largest of a thousand numbers in
0.2, and takes the marked ones of a thousand in 0.1 to 2.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jitkit.launch import choice

_asked, _environment, _key = choice.context.get, choice.environment, choice.key
BOOL = np.dtype(np.bool_)
FEW_BOOLEANS = 1 << 19
"""Booleans up to which NumPy takes no longer to count them, or to find one: it looks at vectors of bytes."""
REAL = frozenset(map(np.dtype, "?bBhHiIlLqQfd"))
"""Real numbers that NumPy looks at by vectors, as this machine keeps them."""
NUMBERS = REAL | frozenset(map(np.dtype, "FD"))


def on_cpu(backend: str | None) -> bool:
    """Tell whether a launch on arrays of the host takes the CPU: nobody asks for another backend."""
    return (backend is None and _asked() is None and _key not in _environment) or backend == "cpu"


def fits(axis: Any, x: np.ndarray) -> bool:
    """Tell whether an argument is an axis of an array, or None."""
    return axis is None or (type(axis) is int and -x.ndim <= axis < x.ndim)
