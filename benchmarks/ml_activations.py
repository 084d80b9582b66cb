"""ml_activations: gelu in its tanh form, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Gelu(_primitives.BesideNumPy):
    """`jk.ml` and NumPy, taking turns."""

    def in_numpy(self, x: np.ndarray, out: np.ndarray) -> object:
        return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi).astype(x.dtype) * (x + 0.044715 * x * x * x)))
