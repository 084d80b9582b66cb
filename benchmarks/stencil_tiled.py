"""stencil_tiled: the heat equation through tiles with a halo in shared memory."""

from __future__ import annotations

from . import _suite


class StencilTiled(_suite.Launches):
    """Compiled launches."""

    sizes = (1_000, 6_000)


class StencilTiledBesideNumPy(_suite.LaunchesBesideNumPy):
    """Compiled launches relative to NumPy."""

    size = 1_000


class StencilTiledBesidePlain(_suite.LaunchesBesidePlain):
    """Compiled launches relative to a kernel without groups."""

    sizes = (1_000, 6_000)


class StencilTiledInterpreted(_suite.InterpretedLaunches):
    """Interpreted launches."""

    size = 40
