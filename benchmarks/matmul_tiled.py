"""matmul_tiled: matrix product through tiles in shared memory."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from . import _suite


class MatmulTiled(_suite.Launches):
    """Compiled launches."""

    sizes = (250, 1_000)


class MatmulTiledBesideNumPy(_suite.LaunchesBesideNumPy):
    """Compiled launches relative to NumPy."""

    size = 250

    def in_numpy(self) -> Callable[[], Any]:
        """Return the product in the precision of the matrices, as NumPy's BLAS computes it."""
        A, B, _ = self.prepared.host.args
        return functools.partial(np.matmul, A, B)


class MatmulTiledBesidePlain(_suite.LaunchesBesidePlain):
    """Compiled launches relative to a kernel without groups."""

    sizes = (250, 1_000)


class MatmulTiledInterpreted(_suite.InterpretedLaunches):
    """Interpreted launches."""

    size = 50
