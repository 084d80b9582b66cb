"""mandelbrot: escape counts, a kernel of uneven work."""

from __future__ import annotations

from . import _suite


class Mandelbrot(_suite.Launches):
    """Compiled launches."""

    sizes = (128, 1_000)


class MandelbrotBesideNumPy(_suite.LaunchesBesideNumPy):
    """Compiled launches relative to NumPy."""

    size = 128


class MandelbrotInterpreted(_suite.InterpretedLaunches):
    """Interpreted launches."""

    size = 20
