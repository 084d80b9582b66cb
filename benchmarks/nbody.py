"""nbody: gravitational accelerations of all bodies on all."""

from __future__ import annotations

from . import _suite


class NBody(_suite.Launches):
    """Compiled launches."""

    sizes = (1_024, 8_192)


class NBodyBesideNumPy(_suite.LaunchesBesideNumPy):
    """Compiled launches relative to NumPy."""

    size = 1_024


class NBodyInterpreted(_suite.InterpretedLaunches):
    """Interpreted launches."""

    size = 40
