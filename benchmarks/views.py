"""views: plain kernels over every second element, one colour of pictures and pixels of four channels, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _beside, _measure


class EverySecond(_beside.Launches):
    """Differences of every second element."""

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        import jitkit as jk

        @jk.kernel
        def differences(i, x, out):
            out[i] = x[i + 1] - x[i]

        x = np.random.default_rng(0).random(2 * size + 2).astype(dtype)[::2]
        return _beside.launching(differences, size, x, np.empty(size, dtype)), lambda: np.diff(x)


class OneColour(_beside.Launches):
    """Differences along one colour of a row of pixels."""

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        import jitkit as jk

        @jk.kernel
        def differences(i, x, out):
            out[i] = x[i + 1] - x[i]

        x = np.random.default_rng(0).random((size + 1, 3)).astype(dtype)[:, 1]
        return _beside.launching(differences, size, x, np.empty(size, dtype)), lambda: np.diff(x)


class Luminance(_beside.Launches):
    """Three colours of pixels into luminance and two chrominances, side by side."""

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        import jitkit as jk

        @jk.kernel
        def luminance(i, x, out):
            red, green, blue = x[i, 0], x[i, 1], x[i, 2]
            out[i, 0] = 0.299 * red + 0.587 * green + 0.114 * blue
            out[i, 1] = 0.5 * blue - 0.169 * red - 0.331 * green
            out[i, 2] = 0.5 * red - 0.419 * green - 0.081 * blue

        weights = [[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]]
        x, turn = np.random.default_rng(0).random((size, 3)).astype(dtype), np.array(weights, dtype).T
        return _beside.launching(luminance, size, x, np.empty_like(x)), lambda: x @ turn


class FourChannels(_beside.Launches):
    """The grey value of pixels of which the fourth channel is not read."""

    def prepare(self, size: int, dtype: str) -> tuple[_measure.Call, _measure.Call]:
        import jitkit as jk

        @jk.kernel
        def grey(i, picture, out):
            out[i] = 0.299 * picture[i, 0] + 0.587 * picture[i, 1] + 0.114 * picture[i, 2]

        picture = np.random.default_rng(0).random((size, 4)).astype(dtype)
        out, weights = np.empty(size, dtype), np.array([0.299, 0.587, 0.114], dtype)
        return _beside.launching(grey, size, picture, out), lambda: picture[:, :3] @ weights
