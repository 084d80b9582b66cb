"""transpose: matrix transpose through a tile in shared memory."""

from __future__ import annotations

from . import _suite


class Transpose(_suite.Launches):
    """Compiled launches."""

    sizes = (1_000, 4_000)


class TransposeBesideNumPy(_suite.LaunchesBesideNumPy):
    """Compiled launches relative to NumPy."""

    size = 1_000


class TransposeBesidePlain(_suite.LaunchesBesidePlain):
    """Compiled launches relative to a kernel without groups."""

    sizes = (1_000, 4_000)


class TransposeInterpreted(_suite.InterpretedLaunches):
    """Interpreted launches."""

    size = 40
