"""bitonic: bitonic sort of each block of a vector."""

from __future__ import annotations

from . import _suite


class Bitonic(_suite.Launches):
    """Compiled launches."""

    sizes = (50_000, 1_000_000)


class BitonicBesideNumPy(_suite.LaunchesBesideNumPy):
    """Compiled launches relative to NumPy."""

    size = 50_000


class BitonicInterpreted(_suite.InterpretedLaunches):
    """Interpreted launches."""

    size = 1_200
