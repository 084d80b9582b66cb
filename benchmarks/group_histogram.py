"""group_histogram: histogram counted by each group in shared memory."""

from __future__ import annotations

from . import _suite


class GroupHistogram(_suite.Launches):
    """Compiled launches."""

    sizes = (1_000_000, 2**24)


class GroupHistogramBesideNumPy(_suite.LaunchesBesideNumPy):
    """Compiled launches relative to NumPy."""

    size = 1_000_000


class GroupHistogramInterpreted(_suite.InterpretedLaunches):
    """Interpreted launches."""

    size = 20_000
