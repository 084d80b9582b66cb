"""signal_sosfilt: signals of a thousand elements through two sections of second order, beside SciPy."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


class Sections(_primitives.BesideNumPy):
    """`jk.signal.sosfilt` and `scipy.signal.sosfilt`, taking turns."""

    params = [[1_000, 2**22], _suite.DTYPES]

    def in_numpy(self, x: np.ndarray, out: np.ndarray) -> object:
        from scipy import signal

        from jitkit.cases.signal_sosfilt import SECTIONS

        return signal.sosfilt(np.array(SECTIONS, x.dtype), x)
