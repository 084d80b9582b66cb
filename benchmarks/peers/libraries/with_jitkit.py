"""jitkit where its case copies a result that comes back from the call: the others' results are not copied either."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk
from benchmarks.peers.rows.ml import LAYERS, perceptron
from jitkit.cases.select import is_large

from ._kept import kept


def _within_radius(points: Any, queries: Any, radius: float, sums: Any) -> Any:
    last: list[Any] = []

    def call() -> None:
        last[:] = jk.spatial.radius_neighbors(points, radius, queries)

    def finish() -> None:
        sums[...] = np.add.reduceat(last[1], last[0][:-1])

    return call, finish


def _training(X: Any, y: Any, predicted: Any) -> Any:
    """Train one perceptron on; the first call does what the reference does."""
    model, classes = perceptron("cpu"), np.arange(LAYERS[-1])

    def finish() -> None:
        predicted[...] = model.predict_proba(X)

    return lambda: model.partial_fit(X, y, classes=classes), finish


PEERS = {
    "select": lambda x, found: kept(lambda: jk.select(is_large, x), found),
    "partition": lambda x, out: kept(lambda: jk.partition(is_large, x)[0], out),
    "unique": lambda x, found: kept(lambda: jk.unique(x), found),
    "run_length_encode": lambda x, *places: kept(lambda: jk.run_length_encode(x), *places),
    "reduce_by_key": lambda keys, x, sums: kept(lambda: jk.reduce_by_key("add", keys, x)[1], sums),
    "bincount": lambda kinds, weights, sums: kept(lambda: jk.bincount(kinds, weights, len(sums)), sums),
    "linalg_solve": lambda a, b, x: kept(lambda: jk.linalg.solve(a, b), x),
    "linalg_solve_triangular": lambda a, b, x: kept(lambda: jk.linalg.solve_triangular(a, b, lower=True), x),
    "linalg_cholesky": lambda a, b, x: kept(lambda: jk.linalg.cho_solve((jk.linalg.cholesky(a), True), b), x),
    "spatial_within_radius": _within_radius,
    "ml_layer_norm_backward": lambda grad, x, weight, *places: kept(
        lambda: jk.ml.layer_norm_backward(grad, x, weight), *places
    ),
    "ml_training": _training,
}
