"""signal_upfirdn: a signal at two thirds of its rate, by a filter of 41 taps, beside SciPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Polyphase(_primitives.BesideNumPy):
    """`jk.signal.upfirdn` and `scipy.signal.upfirdn`, taking turns."""

    def in_numpy(self, taps: np.ndarray, x: np.ndarray, out: np.ndarray) -> object:
        from scipy import signal

        return signal.upfirdn(taps, x, 2, 3)
