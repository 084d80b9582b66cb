"""Points in space: distances, neighbours and forces, in kernels."""

from __future__ import annotations

from jitkit.spatial.cdist import cdist as cdist
from jitkit.spatial.knn import knn as knn
from jitkit.spatial.pdist import pdist as pdist
from jitkit.spatial.pdist import squareform as squareform
from jitkit.spatial.radius_neighbors import radius_neighbors as radius_neighbors

__all__ = ["cdist", "knn", "pdist", "radius_neighbors", "squareform"]
