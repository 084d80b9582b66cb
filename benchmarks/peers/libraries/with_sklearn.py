"""scikit-learn, with as many threads as it takes."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import KDTree, NearestNeighbors
from sklearn.neural_network import MLPClassifier

from benchmarks.peers.rows import ml

from ._kept import kept

THREADS = int(os.environ.get("OMP_NUM_THREADS", "2"))
warnings.simplefilter("ignore", ConvergenceWarning)  # some rows ask for so many steps and no more


def nearest(points: Any, queries: Any, out: Any) -> Any:
    """Return a call that builds a tree and finds neighbours."""
    model = NearestNeighbors(n_neighbors=out.shape[1], algorithm="kd_tree", n_jobs=THREADS)
    return kept(lambda: model.fit(points).kneighbors(queries)[0], out)


def within_radius(points: Any, queries: Any, radius: float, sums: Any) -> Any:
    """Return a call that builds a tree and finds neighbours with their distances, and what adds their places up."""
    last: list[Any] = []

    def call() -> None:
        last[:] = [KDTree(points).query_radius(queries, radius, return_distance=True)[0]]

    def finish() -> None:
        sums[...] = [places.sum() for places in last[0]]

    return call, finish


def training(X: Any, y: Any, predicted: Any) -> Any:
    """Return a call that trains a perceptron on."""
    model = MLPClassifier(
        ml.LAYERS[1:-1], alpha=0.0, batch_size=ml.BATCH, learning_rate_init=ml.RATE, shuffle=False, random_state=0
    )

    def finish() -> None:
        predicted[...] = model.predict_proba(X)

    return lambda: model.partial_fit(X, y, classes=np.arange(ml.LAYERS[-1])), finish


def clusters(X: Any, start: Any, centres: Any) -> Any:
    """Return a call that takes ten of Lloyd's steps."""
    model = KMeans(len(start), init=start, n_init=1, max_iter=10, tol=0.0, algorithm="lloyd")
    return kept(lambda: model.fit(X).cluster_centers_, centres)


def regression(X: Any, y: Any, chances: Any) -> Any:
    """Return a call that fits and predicts."""
    return kept(lambda: LogisticRegression(tol=1e-6, max_iter=1_000).fit(X, y).predict_proba(X), chances)


PEERS = {
    "spatial_cdist": lambda XA, XB, out: kept(lambda: pairwise_distances(XA, XB), out),
    "spatial_knn": nearest,
    "spatial_within_radius": within_radius,
    "ml_training": training,
    "ml_clusters": clusters,
    "ml_regression": regression,
}
