"""nbody_accelerations: bodies in three dimensions, beside NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives


class Accelerations(_primitives.BesideNumPy):
    """`jk.spatial.nbody_accelerations` and NumPy with all pairs at once, taking turns."""

    def in_numpy(self, positions: np.ndarray, masses: np.ndarray, softening: float, out: np.ndarray) -> object:
        apart = positions[None] - positions[:, None]
        pull = masses * (np.einsum("ijk,ijk->ij", apart, apart) + softening**2) ** -1.5
        return np.einsum("ij,ijk->ik", pull, apart)
