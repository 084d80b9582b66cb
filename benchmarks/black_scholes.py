"""black_scholes: option prices. Nothing beside NumPy: the reference loops in Python over `math.erfc`."""

from __future__ import annotations

from . import _suite


class BlackScholes(_suite.Launches):
    """Compiled launches."""

    sizes = (50_000, 2_000_000)


class BlackScholesInterpreted(_suite.InterpretedLaunches):
    """Interpreted launches."""

    size = 200
