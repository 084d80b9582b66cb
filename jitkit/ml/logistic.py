"""LogisticRegression: probabilities of classes that depend linearly on features, with penalties on the coefficients."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from typing import Any, Self

import numpy as np

import jitkit as jk
from jitkit.arrays import to_numpy
from jitkit.launch.launcher import Launcher
from jitkit.ml._estimator import Estimator, check_backend, classes_of, column, warn_not_converged, weights_of
from jitkit.ml._lbfgs import Minimum, minimise
from jitkit.ml._sparse_lbfgs import minimise_sparse
from jitkit.ml.cross_entropy import fused, scaled
from jitkit.ml.dense import forward, gradients
from jitkit.ml.softmax import softmax
from jitkit.operands import made


@jk.kernel
def _binary(i, scores, labels, factor, losses, out):
    score = scores[i, 0]
    power = math.exp(-abs(score))
    chance = (1 if score >= 0 else power) / (1 + power)
    losses[i] = max(score, 0) - (score if labels[i] == 1 else 0) + math.log1p(power)
    out[i, 0] = (chance - (1 if labels[i] == 1 else 0)) * factor


_two_classes = Launcher(_binary)


class _Loss:
    """The mean loss of samples with the penalty on squares, and its gradient, as a function of all coefficients in one vector."""

    def __init__(
        self,
        x: np.ndarray,
        labels: np.ndarray,
        outputs: int,
        model: LogisticRegression,
        weights: np.ndarray | None = None,
    ) -> None:
        self.backend = model._where()
        self.device = "cuda" if self.backend == "cuda" else None
        self.n, self.features = x.shape
        self.outputs, self.dtype, self.intercept = outputs, x.dtype, model.fit_intercept
        whole = self.n if weights is None else float(weights.sum(dtype=np.float64))
        strength = 1.0 / (model.C * whole) if math.isfinite(model.C) else 0.0
        self.penalty, self.absolute = (1 - model.l1_ratio) * strength, model.l1_ratio * strength
        self.shares = None if weights is None else self._moved((weights / whole).astype(x.dtype))
        self.x, self.labels = self._moved(x), self._moved(labels)
        self.scores, self.delta = (made((self.n, outputs), (x.dtype,), self.device) for _ in range(2))
        self.losses = made((self.n,), (x.dtype,), self.device)
        self.by_weight = made((self.features, outputs), (x.dtype,), self.device)
        self.by_bias = made((outputs,), (x.dtype,), self.device)

    def _moved(self, x: np.ndarray) -> Any:
        return x if self.device is None else jk.asarray(x, device=self.device)

    def lengths(self) -> np.ndarray:
        """Return the penalty on the absolute value of each coefficient."""
        biases = self.outputs if self.intercept else 0
        return np.repeat([self.absolute, 0.0], [self.features * self.outputs, biases])

    def split(self, coefficients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the weights, of shape (features, outputs), and the biases."""
        at = self.features * self.outputs
        bias = coefficients[at:] if self.intercept else np.zeros(self.outputs)
        return coefficients[:at].reshape(self.features, self.outputs), bias

    def __call__(self, coefficients: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the value and the gradient."""
        weight, bias = self.split(coefficients)
        ours, shift = (self._moved(a.astype(self.dtype)) for a in (weight, bias))
        forward(self.x, ours, shift, "identity", self.scores, self.backend)
        factor = 1.0 / self.n if self.shares is None else 1.0
        if self.outputs == 1:
            args = (self.scores, self.labels, factor, self.losses, self.delta)
            _two_classes(self.n, self.backend)(*args)
        else:
            fused(self.scores, (self.scores, self.labels, 0, factor, self.losses, self.delta), self.backend)
        if self.shares is not None:
            scaled((self.n, self.outputs), self.backend)(self.shares, self.delta)
        gradients(self.x, self.delta, self.by_weight, self.by_bias, self.backend)
        losses = to_numpy(self.losses)
        if self.shares is None:
            loss = float(losses.mean(dtype=np.float64))
        else:
            loss = float(np.dot(losses.astype(np.float64), to_numpy(self.shares)))
        slope = to_numpy(self.by_weight).astype(np.float64) + self.penalty * weight
        parts = [slope.ravel(), to_numpy(self.by_bias).astype(np.float64)][: 2 if self.intercept else 1]
        return loss + 0.5 * self.penalty * float((weight * weight).sum()), np.concatenate(parts)


def _by_class(
    class_weight: Any, classes: np.ndarray, labels: np.ndarray, weights: np.ndarray | None, who: str
) -> np.ndarray:
    """Return how much each sample counts by its class and by its own weight.

    Raises
    ------
    ValueError
        For anything but "balanced" or a dict with numbers from 0 for classes that there are.
    """
    alone = np.ones(len(labels)) if weights is None else weights
    if isinstance(class_weight, dict):
        known = classes.tolist()
        strange = [name for name in class_weight if name not in known]
        if strange and not class_weight.keys() >= set(
            known
        ):  # a fold may lack a class, a slip of the pen leaves one out
            raise ValueError(f"{who}: class_weight names {strange[0]!r}, and the classes of y are {known}.")
        shares = np.array([class_weight.get(name, 1) for name in known], np.float64)
        if not (np.isfinite(shares).all() and shares.min() >= 0 and shares.max() > 0):
            raise ValueError(f"{who}: class_weight={class_weight!r}; weights are numbers from 0, and one is above.")
    elif isinstance(class_weight, str) and class_weight == "balanced":
        counts = np.bincount(labels, weights=alone, minlength=len(classes))
        shares = np.divide(counts.sum(), len(classes) * counts, out=np.zeros(len(classes)), where=counts > 0)
    else:
        raise ValueError(f"{who}: class_weight={class_weight!r}; it is a dict, 'balanced' or None.")
    found: np.ndarray = shares[labels] * alone
    return found


class LogisticRegression(Estimator):
    """Classes by logistic regression: binary for two, multinomial for more, with L2, L1 or both penalties.

    Parameters
    ----------
    C : float, default 1.0
        The inverse of the strength of the penalty; infinity for none.
    l1_ratio : float, default 0.0
        The part of the penalty that is on absolute values, from 0 to 1; the rest is on half the squares. With 1 most
        coefficients of features that say little are exactly zero. What scikit-learn called ``penalty="l1"``, ``"l2"`` and
        ``"elasticnet"`` is a ratio of 1, 0 and in between.
    tol : float, default 1e-4
        The largest component of the gradient of the mean loss at the end.
    fit_intercept : bool, default True
        Whether scores have an intercept, on which there is no penalty.
    class_weight : dict, "balanced" or None, default None
        How much each sample of a class counts, 1 for classes that a dict leaves out; "balanced" lets all classes count
        alike.
    max_iter : int, default 100
        The most steps.
    warm_start : bool, default False
        Begin where the last `fit` ended.
    backend : {"python", "cpu", "cuda"} or None, default None
        Where losses and gradients are computed; chosen as for a launch unless given.

    Attributes
    ----------
    classes_ : ndarray
        The classes, in order.
    coef_ : ndarray of shape (1 or classes, features)
        The coefficients; one row for two classes.
    intercept_ : ndarray of shape (1 or classes,)
        The intercepts.
    n_iter_ : ndarray of shape (1,)
        How many steps there were.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Notes
    -----
    The interface and the loss are those of `sklearn.linear_model.LogisticRegression`, which is not needed.
    Device arrays are taken, results are NumPy arrays. Minimised by the
    L-BFGS method: D. C. Liu, J. Nocedal, On the limited memory BFGS method for large scale optimization, Math. Program.
    45, 503-528, 1989; with a penalty on absolute values within orthants: G. Andrew, J. Gao, Scalable training of
    L1-regularized log-linear models, ICML 2007. Features of like scales need the fewest steps.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> X = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    >>> jk.ml.LogisticRegression().fit(X, ["low", "low", "high", "high"]).predict([[-0.5], [0.5]]).tolist()
    ['low', 'high']
    """

    _kind = "classifier"
    classes_: np.ndarray

    def __init__(
        self,
        C: float = 1.0,
        *,
        l1_ratio: float = 0.0,
        tol: float = 1e-4,
        fit_intercept: bool = True,
        class_weight: dict | str | None = None,
        max_iter: int = 100,
        warm_start: bool = False,
        backend: str | None = None,
    ) -> None:
        self.C = C
        self.l1_ratio = l1_ratio
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.class_weight = class_weight
        self.max_iter = max_iter
        self.warm_start = warm_start
        self.backend = backend

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from samples of shape (n, features) and their classes; return the estimator.

        `sample_weight`, of shape (n,), says how much each sample counts: a weight of 2 is that of two equal samples.
        """
        self._refuse(counts=["max_iter"], positive=["C"], not_negative=["tol", "l1_ratio"])
        if self.l1_ratio > 1:
            raise ValueError(f"{type(self).__name__}: l1_ratio={self.l1_ratio!r}; it is a number from 0 to 1")
        check_backend(self.backend)
        x, who = self._samples(X, reset=True), type(self).__name__
        self.classes_, labels = classes_of(column(y, len(x), who), who)
        weights = weights_of(sample_weight, x, who)
        if self.class_weight is not None:
            weights = weights_of(_by_class(self.class_weight, self.classes_, labels, weights, who), x, who)
        loss = _Loss(x, labels, len(self.classes_) if len(self.classes_) > 2 else 1, self, weights)
        args = self._start(loss), float(self.tol), int(self.max_iter)
        sparse = loss.absolute > 0
        found = minimise_sparse(loss, loss.lengths(), *args) if sparse else minimise(loss, *args)
        self._keep(loss, found, x.dtype)
        if not found.converged:
            warn_not_converged(
                f"{who}: no minimum within max_iter={self.max_iter} steps; scale the features, or take more."
            )
        return self

    def _start(self, loss: _Loss) -> np.ndarray:
        size = loss.outputs * (loss.features + (1 if self.fit_intercept else 0))
        held = getattr(self, "coef_", None)
        if not self.warm_start or held is None or held.shape != (loss.outputs, loss.features):
            return np.zeros(size)
        return np.concatenate([held.T.ravel(), self.intercept_]).astype(np.float64)[:size]

    def _keep(self, loss: _Loss, found: Minimum, dtype: Any) -> None:
        weight, bias = loss.split(found.x)
        self.coef_ = np.ascontiguousarray(weight.T).astype(dtype)
        self.intercept_ = bias.astype(dtype)
        self.n_iter_ = np.array([found.iterations], np.int32)

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the scores of samples: of the second of two classes, (n,), or of each class, (n, classes)."""
        self._fitted("coef_")
        x = self._samples(X, reset=False)
        scores: np.ndarray = x @ self.coef_.T + self.intercept_
        return scores[:, 0] if len(self.coef_) == 1 else scores

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class for samples, of shape (n, classes)."""
        scores = self.decision_function(X)
        if scores.ndim == 1:
            scores = np.stack([np.zeros_like(scores), scores], axis=1)
        chances: np.ndarray = softmax(scores, backend=self._where())
        return chances

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithms of the probabilities."""
        with np.errstate(divide="ignore"):
            logarithms: np.ndarray = np.log(self.predict_proba(X))
        return logarithms

    def predict(self, X: Any) -> np.ndarray:
        """Return the likeliest class of each sample."""
        scores = self.decision_function(X)
        chosen: np.ndarray = self.classes_[(scores > 0).astype(int) if scores.ndim == 1 else scores.argmax(axis=1)]
        return chosen

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of samples whose class is predicted, by their weights."""
        found = self.predict(X)
        right = found == np.asarray(y)
        return float(np.average(right, weights=weights_of(sample_weight, np.empty(len(found)), type(self).__name__)))
