"""wave: one leapfrog step of the three-dimensional wave equation."""

from __future__ import annotations

from . import _suite


class Wave(_suite.Launches):
    """Compiled launches."""

    sizes = (100, 320)


class WaveBesideNumPy(_suite.LaunchesBesideNumPy):
    """Compiled launches relative to NumPy."""

    size = 100


class WaveInterpreted(_suite.InterpretedLaunches):
    """Interpreted launches."""

    size = 11
