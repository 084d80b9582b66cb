"""complex_functions: a kernel of NumPy's functions of complex numbers, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _beside, _measure


class Elementary(_beside.Launches):
    """Exponential, logarithm, square root and sine; float32 stands for complex64, float64 for complex128."""

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        import jitkit as jk

        @jk.kernel
        def elementary(i, z, out):
            out[i] = np.exp(z[i]) * np.sqrt(z[i]) + np.log(z[i]) * np.sin(z[i])

        x, y = np.random.default_rng(0).uniform(0.5, 2.0, (2, size))
        z = (x + 1j * y).astype(np.result_type(dtype, np.complex64))
        return (
            _beside.launching(elementary, size, z, np.empty_like(z)),
            lambda: np.exp(z) * np.sqrt(z) + np.log(z) * np.sin(z),
        )
