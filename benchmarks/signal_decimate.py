"""signal_decimate: every fourth element of a signal, behind a filter against aliasing, beside SciPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Decimated(_primitives.BesideNumPy):
    """`jk.signal.decimate` and `scipy.signal.decimate`, taking turns."""

    def in_numpy(self, x: np.ndarray, out: np.ndarray) -> object:
        from scipy import signal

        return signal.decimate(x, 4, ftype="fir")
