"""bilateral: the edge-preserving filter of a grey image."""

from __future__ import annotations

from . import _suite


class Bilateral(_suite.Launches):
    """Compiled launches."""

    sizes = (64, 512)


class BilateralBesideNumPy(_suite.LaunchesBesideNumPy):
    """Compiled launches relative to NumPy."""

    size = 64


class BilateralInterpreted(_suite.InterpretedLaunches):
    """Interpreted launches."""

    size = 10
