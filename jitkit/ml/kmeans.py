"""KMeans: clusters around centres, by Lloyd's iterations from greedy k-means++ seeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Self

import numpy as np

from jitkit.ml._estimator import Estimator, check_backend, random_of, warn_not_converged, weights_of
from jitkit.ml._lloyd import Samples, distances


class KMeans(Estimator):
    """Clusters of samples around `n_clusters` centres, each sample in that of the nearest.

    Parameters
    ----------
    n_clusters : int, default 8
        How many.
    init : {"k-means++", "random"}, array of shape (n_clusters, features) or callable, default "k-means++"
        The centres at first: by greedy k-means++, random samples, given ones, or ``init(X, n_clusters, random_state)``.
    n_init : int or "auto", default "auto"
        How often to start; the result of the least inertia counts. 1 for "k-means++" and given centres, 10 otherwise.
    max_iter : int, default 300
        The most iterations of a start.
    tol : float, default 1e-4
        Iterations end when the centres move by less, as a part of the variance of the features.
    verbose : bool or int, default False
        Print the inertia of each iteration, and why a start ends.
    random_state : int, numpy.random.RandomState or None, default None
        What seeds are drawn from.
    backend : {"python", "cpu", "cuda"} or None, default None
        Where it runs; chosen as for a launch unless given.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_clusters, features)
        The centres.
    labels_ : ndarray of int32, of shape (n,)
        The cluster of each sample.
    inertia_ : float
        The sum of the squared distances of samples from their centres, each times its weight.
    n_iter_, n_features_in_, feature_names_in_
        As in scikit-learn.

    Notes
    -----
    The interface is that of `sklearn.cluster.KMeans`, which is not needed.
    Device arrays are taken, results are NumPy arrays. S. P. Lloyd,
    Least squares quantization in PCM, IEEE Trans. Inf. Theory 28, 129-137, 1982; D. Arthur, S. Vassilvitskii, k-means++:
    the advantages of careful seeding, SODA 2007. A cluster that loses all its samples takes the one that is farthest from
    its centre. Equal inputs and seeds give equal bits, whatever the number of threads.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> model = jk.ml.KMeans(2, random_state=0).fit(np.array([[1.0, 2.0], [1.0, 4.0], [10.0, 2.0], [10.0, 4.0]]))
    >>> np.sort(model.cluster_centers_, axis=0)
    array([[ 1.,  3.],
           [10.,  3.]])
    >>> model.inertia_
    4.0
    """

    _kind = "clusterer"

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        init: Literal["k-means++", "random"] | Any | Callable[..., Any] = "k-means++",
        n_init: int | Literal["auto"] = "auto",
        max_iter: int = 300,
        tol: float = 1e-4,
        verbose: bool | int = False,
        random_state: Any = None,
        backend: str | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.verbose = verbose
        self.random_state = random_state
        self.backend = backend

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Find the centres of clusters of samples, of shape (n, features); `y` is ignored. Return the estimator.

        `sample_weight`, of shape (n,), says how much each sample counts: a weight of 2 is that of two equal samples, and
        samples of weight 0 draw no centre to them.
        """
        x = self._samples(X, reset=True)
        self._check(len(x))
        weights = weights_of(sample_weight, x, type(self).__name__)
        if weights is not None and np.count_nonzero(weights) < self.n_clusters:
            raise ValueError(
                f"KMeans: {np.count_nonzero(weights)} samples have a weight above 0, fewer than n_clusters={self.n_clusters}."
            )
        rng = random_of(self.random_state)
        samples = Samples(x, x.mean(axis=0, dtype=np.float64), self._where(), weights)
        tol = float(self.tol) * float(np.mean(x.var(axis=0, dtype=np.float64))) if self.tol else 0.0
        best: tuple[float, np.ndarray, np.ndarray, int] | None = None
        for _ in range(self._starts()):
            found = self._lloyd(samples, self._seeds(x, samples, rng), tol)
            if best is None or found[0] < best[0]:
                best = found
        assert best is not None
        self.inertia_, self.labels_, centres, self.n_iter_ = best
        self.cluster_centers_ = (centres + samples.mean).astype(x.dtype)
        distinct = len(np.unique(self.labels_))
        if distinct < self.n_clusters:
            warn_not_converged(
                f"Number of distinct clusters ({distinct}) found smaller than n_clusters ({self.n_clusters}). Possibly due "
                "to duplicate points in X."
            )
        return self

    def _starts(self) -> int:
        if self.n_init != "auto":
            return int(self.n_init)
        return 10 if (isinstance(self.init, str) and self.init == "random") or callable(self.init) else 1

    def _check(self, n: int) -> None:
        starts = [] if isinstance(self.n_init, str) and self.n_init == "auto" else ["n_init"]
        self._refuse(counts=["n_clusters", "max_iter", *starts], not_negative=["tol", "verbose"])
        if n < self.n_clusters:
            raise ValueError(f"n_samples={n} should be >= n_clusters={self.n_clusters}.")
        if isinstance(self.init, str) and self.init not in ("k-means++", "random"):
            raise ValueError(f"KMeans: init={self.init!r}; there are 'k-means++', 'random', an array and a callable")
        check_backend(self.backend)

    def _seeds(self, x: np.ndarray, samples: Samples, rng: np.random.RandomState) -> np.ndarray:
        """Return the centres at first, less the mean of the samples."""
        if isinstance(self.init, str):
            if self.init == "k-means++":
                return samples.plus_plus(self.n_clusters, rng)
            if samples.weights is None:
                chosen = rng.permutation(len(x))[: self.n_clusters]
            else:
                shares = samples.weights / samples.weights.sum(dtype=np.float64)
                chosen = rng.choice(len(x), self.n_clusters, replace=False, p=shares)
            return np.asarray(x[chosen] - samples.mean)
        given = self.init(x, self.n_clusters, random_state=rng) if callable(self.init) else self.init
        centres = np.asarray(given, np.float64)
        if centres.shape != (self.n_clusters, x.shape[1]):
            raise ValueError(
                f"KMeans: init has the shape {centres.shape}, and {self.n_clusters} centres of {x.shape[1]} features ask "
                f"for {(self.n_clusters, x.shape[1])}"
            )
        return np.asarray(centres - samples.mean)

    def _lloyd(self, samples: Samples, centres: np.ndarray, tol: float) -> tuple[float, np.ndarray, np.ndarray, int]:
        """Return the inertia, the labels, the centres less the mean, and how many iterations there were."""
        centres, strict = centres.astype(np.float64), False
        for iteration in range(1, self.max_iter + 1):
            samples.assign(centres)
            if self.verbose:  # another look at all samples
                self._say(f"Iteration {iteration}, inertia = {samples.inertia(centres):.8g}")
            sums, weighed, changed = samples.sums(self.n_clusters)
            if not weighed.all():
                self._relocate(samples, centres, sums, weighed)
            moved = np.where(weighed[:, None] > 0, sums / np.where(weighed > 0, weighed, 1)[:, None], centres)
            shift, centres = float(((moved - centres) ** 2).sum()), moved
            strict = changed == 0
            if strict or shift <= tol:
                why = (
                    "no sample changed its cluster" if strict else f"the centres moved by {shift:.3g}, within {tol:.3g}"
                )
                self._say(f"Converged in iteration {iteration}: {why}.")
                break
        else:
            self._say(f"Not converged after max_iter={self.max_iter} iterations.")
        if not strict:
            samples.assign(centres)
        return samples.inertia(centres), samples.found(), centres, iteration

    def _relocate(self, samples: Samples, centres: np.ndarray, sums: np.ndarray, weighed: np.ndarray) -> None:
        """Give each empty cluster the sample that is farthest from its centre, of those that weigh anything."""
        apart, labels, weights = samples.apart(centres), samples.found(), samples.weights
        if weights is not None:
            apart = np.where(weights > 0, apart, 0)
        empty = np.flatnonzero(weighed == 0)
        for cluster, index in zip(empty, np.argsort(-apart, kind="stable"), strict=False):
            if apart[index] == 0:
                break
            weight, left = 1 if weights is None else weights[index], labels[index]
            row = samples.rows([index])[0].astype(np.float64) * weight
            sums[left] -= row
            weighed[left] -= weight
            sums[cluster], weighed[cluster] = row, weight

    def _nearest(self, X: Any, sample_weight: Any = None) -> Samples:
        self._fitted("cluster_centers_")
        x = self._samples(X, reset=False).astype(self.cluster_centers_.dtype, copy=False)
        weights = weights_of(sample_weight, x, type(self).__name__)
        samples = Samples(x, self.cluster_centers_.mean(axis=0, dtype=np.float64), self._where(), weights)
        samples.assign(self.cluster_centers_ - samples.mean)
        return samples

    def predict(self, X: Any) -> np.ndarray:
        """Return the nearest centre's index for samples of shape (n, features)."""
        return self._nearest(X).found()

    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None) -> np.ndarray:
        """Fit, and return the cluster of each sample."""
        return self.fit(X, sample_weight=sample_weight).labels_

    def transform(self, X: Any) -> np.ndarray:
        """Return the distances of samples from the centres, of shape (n, n_clusters)."""
        self._fitted("cluster_centers_")
        x = self._samples(X, reset=False).astype(self.cluster_centers_.dtype, copy=False)
        out = np.empty((len(x), self.n_clusters), x.dtype)
        turned = np.ascontiguousarray(self.cluster_centers_.T)
        distances(out.shape, self._where())(x, turned, out)
        return out

    def fit_transform(self, X: Any, y: Any = None, sample_weight: Any = None) -> np.ndarray:
        """Fit, and return the distances from the centres."""
        return self.fit(X, sample_weight=sample_weight).transform(X)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return minus the sum of the squared distances of samples from the nearest centres, each times its weight."""
        samples = self._nearest(X, sample_weight)
        return -samples.inertia(self.cluster_centers_ - samples.mean)
