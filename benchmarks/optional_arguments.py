"""optional_arguments: a kernel whose weights may be None, with and without them, beside NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _beside, _measure

TERMS = 16


class WithoutWeights(_beside.Launches):
    """Sums of sixteen terms, whose weights are None."""

    def weights(self, dtype: str) -> Any:
        """Return what the kernel takes as its weights."""
        return None

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        import jitkit as jk

        @jk.kernel
        def sums(i, x, weights, out):
            total = 0.0
            for k in range(x.shape[0]):
                total += x[k, i] if weights is None else weights[k] * x[k, i]
            out[i] = total

        x, weights = np.random.default_rng(0).random((TERMS, size)).astype(dtype), self.weights(dtype)
        return (
            _beside.launching(sums, size, x, weights, np.empty(size, dtype)),
            (lambda: x.sum(0)) if weights is None else (lambda: weights @ x),
        )


class WithWeights(WithoutWeights):
    """The same with weights."""

    def weights(self, dtype: str) -> Any:
        """Return weights that add up to 1."""
        return np.full(TERMS, 1 / TERMS, dtype)
