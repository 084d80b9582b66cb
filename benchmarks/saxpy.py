"""saxpy: the plainest streaming kernel."""

from __future__ import annotations

from . import _suite


class Saxpy(_suite.Launches):
    """Compiled launches."""

    sizes = (1_000_000, 2**25)


class SaxpyBesideNumPy(_suite.LaunchesBesideNumPy):
    """Compiled launches relative to NumPy."""

    size = 1_000_000


class SaxpyInterpreted(_suite.InterpretedLaunches):
    """Interpreted launches."""

    size = 1_000
