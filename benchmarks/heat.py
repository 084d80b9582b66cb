"""heat: one explicit step of the heat equation."""

from __future__ import annotations

from . import _suite


class Heat(_suite.Launches):
    """Compiled launches."""

    sizes = (1_000, 6_000)


class HeatBesideNumPy(_suite.LaunchesBesideNumPy):
    """Compiled launches relative to NumPy."""

    size = 1_000


class HeatInterpreted(_suite.InterpretedLaunches):
    """Interpreted launches."""

    size = 24
