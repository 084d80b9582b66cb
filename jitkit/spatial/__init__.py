"""Points in space: distances, neighbours and forces, in kernels."""

from __future__ import annotations

from jitkit.spatial.cdist import cdist as cdist
from jitkit.spatial.knn import knn as knn
from jitkit.spatial.pdist import pdist as pdist
from jitkit.spatial.pdist import squareform as squareform

__all__ = ["cdist", "knn", "pdist", "squareform"]
