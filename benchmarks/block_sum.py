"""block_sum: sum of each block of a vector."""

from __future__ import annotations

from . import _suite


class BlockSum(_suite.Launches):
    """Compiled launches."""

    sizes = (4_000_000, 2**25)


class BlockSumBesideNumPy(_suite.LaunchesBesideNumPy):
    """Compiled launches relative to NumPy."""

    size = 4_000_000


class BlockSumInterpreted(_suite.InterpretedLaunches):
    """Interpreted launches."""

    size = 5_000
