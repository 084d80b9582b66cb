"""Points in space: distances, neighbours and forces, in kernels."""

from __future__ import annotations

from jitkit.spatial.cdist import cdist as cdist
from jitkit.spatial.knn import knn as knn
from jitkit.spatial.nbody_accelerations import nbody_accelerations as nbody_accelerations
from jitkit.spatial.nbody_accelerations import nbody_energies as nbody_energies
from jitkit.spatial.pair_counts import pair_counts as pair_counts
from jitkit.spatial.pair_counts import radial_distribution as radial_distribution
from jitkit.spatial.pdist import pdist as pdist
from jitkit.spatial.pdist import squareform as squareform
from jitkit.spatial.radius_neighbors import radius_neighbors as radius_neighbors

__all__ = [
    "cdist",
    "knn",
    "nbody_accelerations",
    "nbody_energies",
    "pair_counts",
    "pdist",
    "radial_distribution",
    "radius_neighbors",
    "squareform",
]
