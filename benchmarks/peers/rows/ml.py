"""Machine learning: rows of scores, layers, steps of training, estimators."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import cases
from jitkit.cases import Problem, Tolerance
from jitkit.cases.case import Arrays

from .row import PRECISION, Row, own, shaped, within

LAYERS, BATCH, RATE = (784, 256, 128, 10), 128, 1e-3


def scores(columns: int) -> Callable[..., Problem]:
    """Return what makes `size` rows of scores."""

    def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
        x = 5 * rng.standard_normal((size, columns)).astype(dtype)
        return Problem(size, (x, np.zeros_like(x)), written=("out",))

    return make


def normalised(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` rows of 1,000 numbers, a weight and a bias for each column."""
    x = (2 + rng.standard_normal((size, 1_000))).astype(dtype)
    return Problem(
        size, (x, rng.random(1_000, dtype=dtype), rng.random(1_000, dtype=dtype), np.zeros_like(x)), ("out",)
    )


def _logarithms(backend: str | None, x: Any, out: Any) -> None:
    jk.ml.log_softmax(x, out=out, backend=backend)


def _log_softmax(problem: Problem) -> Arrays:
    x, out = problem.args
    wide = x.astype(np.float64) - x.max(axis=-1, keepdims=True)
    return {"out": (wide - np.log(np.exp(wide).sum(axis=-1, keepdims=True))).astype(out.dtype)}


def _backward(backend: str | None, grad: Any, x: Any, weight: Any, by_x: Any, by_weight: Any, by_bias: Any) -> None:
    by_x[...], by_weight[...], by_bias[...] = jk.ml.layer_norm_backward(grad, x, weight, backend=backend)


def _gradients(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    grad, x = rng.standard_normal((2, size, 1_000)).astype(dtype)
    room = np.zeros_like(x), np.zeros(1_000, dtype), np.zeros(1_000, dtype)
    return Problem(size, (grad, x + 2, rng.random(1_000, dtype=dtype), *room), ("by_x", "by_weight", "by_bias"))


def _layer_norm_backward(problem: Problem) -> Arrays:
    grad, x, weight, *_ = (arg.astype(np.float64) for arg in problem.args)
    scale = 1 / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    scaled, inner = (x - x.mean(axis=-1, keepdims=True)) * scale, grad * weight
    by_x = scale * (inner - inner.mean(-1, keepdims=True) - scaled * (inner * scaled).mean(-1, keepdims=True))
    found = {"by_x": by_x, "by_weight": (grad * scaled).sum(0), "by_bias": grad.sum(0)}
    return {name: array.astype(problem.dtype) for name, array in found.items()}


def perceptron(backend: str | None) -> Any:
    """Return a perceptron of jitkit's before its first step."""
    return jk.ml.MLPClassifier(
        LAYERS[1:-1],
        alpha=0.0,
        batch_size=BATCH,
        learning_rate_init=RATE,
        shuffle=False,
        random_state=0,
        backend=backend,
    )


def weights(dtype: Any) -> list[Any]:
    """Return the weights and biases that scikit-learn begins with, and so all sides."""
    rng, found = np.random.RandomState(0), []
    for shape in itertools.pairwise(LAYERS):
        bound = np.sqrt(6 / sum(shape))
        found += [rng.uniform(-bound, bound, shape).astype(dtype), rng.uniform(-bound, bound, shape[1]).astype(dtype)]
    return found


def _train(backend: str | None, X: Any, y: Any, predicted: Any) -> None:
    predicted[...] = perceptron(backend).partial_fit(X, y, np.arange(LAYERS[-1])).predict_proba(X)


def _digits(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return batches of 784 pixels, a class of ten for each sample, and room for the chances of the classes."""
    X = rng.random((size * BATCH, LAYERS[0])).astype(dtype)
    return Problem(size, (X, rng.integers(0, 10, len(X)), np.zeros((len(X), 10), dtype)), ("predicted",))


def _trained(problem: Problem) -> Arrays:
    X, y, predicted = problem.args
    p = weights(np.float64)
    mean, square = [np.zeros_like(a) for a in p], [np.zeros_like(a) for a in p]
    for step in range(1, len(X) // BATCH + 1):
        rows = slice((step - 1) * BATCH, step * BATCH)
        seen = _forward(X[rows].astype(np.float64), p)
        error = seen[-1] / BATCH
        error[np.arange(BATCH), y[rows]] -= 1 / BATCH
        slopes: list[Any] = []
        for k in (2, 1, 0):
            slopes[:0] = [seen[k].T @ error, error.sum(0)]
            error = error @ p[2 * k].T * (seen[k] > 0)
        rate = RATE * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        for k, slope in enumerate(slopes):
            mean[k] = 0.9 * mean[k] + 0.1 * slope
            square[k] = 0.999 * square[k] + 0.001 * slope**2
            p[k] -= rate * mean[k] / (np.sqrt(square[k]) + 1e-8)
    return {"predicted": _forward(X.astype(np.float64), p)[-1].astype(predicted.dtype)}


def _forward(x: Any, p: list[Any]) -> list[Any]:
    """Return the input, the outputs of the hidden layers and the chances."""
    seen = [x]
    for k in range(0, len(p), 2):
        x = seen[-1] @ p[k] + p[k + 1]
        seen.append(np.maximum(x, 0))
    power = np.exp(x - x.max(axis=1, keepdims=True))
    return [*seen[:-1], power / power.sum(axis=1, keepdims=True)]


def _cluster(backend: str | None, X: Any, start: Any, centres: Any) -> None:
    model = jk.ml.KMeans(len(start), init=start, max_iter=10, tol=0.0, backend=backend)
    centres[...] = model.fit(X).cluster_centers_


def _clusters(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return samples around twenty places, those places a little off, and room for the centres."""
    places = 4 * rng.standard_normal((20, 16))
    X = places[np.arange(size) % 20] + rng.standard_normal((size, 16))
    start = places + 0.5 * rng.standard_normal(places.shape)
    return Problem(size, (X.astype(dtype), start.astype(dtype), np.zeros((20, 16), dtype)), ("centres",))


def _lloyd(problem: Problem) -> Arrays:
    X, centres, out = (arg.astype(np.float64) for arg in problem.args)
    for _ in range(10):
        labels = (0.5 * (centres**2).sum(axis=1) - X @ centres.T).argmin(axis=1)
        centres = np.stack([X[labels == k].mean(axis=0) for k in range(len(out))])
    return {"centres": centres.astype(problem.dtype)}


def _regress(backend: str | None, X: Any, y: Any, chances: Any) -> None:
    chances[...] = jk.ml.LogisticRegression(tol=1e-6, backend=backend).fit(X, y).predict_proba(X)


def samples_of(classes: int) -> Callable[..., Problem]:
    """Return what makes samples of thirty features in so many classes."""

    def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
        X, w = rng.standard_normal((size, 30)).astype(dtype), rng.standard_normal((30, classes)) / 4
        y = (X @ w + rng.gumbel(size=(size, classes))).argmax(axis=1)
        return Problem(size, (X, y, np.zeros((size, classes), dtype)), ("chances",))

    return make


def _regressed(problem: Problem) -> Arrays:
    """Return the chances at the minimum that SciPy finds."""
    from scipy.optimize import minimize
    from scipy.special import expit, softmax

    X, y, chances = problem.args
    classes = chances.shape[1]
    wide = np.column_stack([X, np.ones(len(X))])
    outputs = 1 if classes == 2 else classes
    truth = (y[:, None] == np.arange(classes)).astype(float) if outputs > 1 else y[:, None].astype(float)

    def loss(flat: Any) -> tuple[float, Any]:
        w = flat.reshape(31, outputs)
        p = softmax(wide @ w, axis=1) if outputs > 1 else expit(wide @ w)
        likely = np.where(truth, p, 1 if outputs > 1 else 1 - p)
        slope = wide.T @ (p - truth)
        slope[:30] += w[:30]
        return 0.5 * (w[:30] ** 2).sum() - np.log(likely).sum(), slope.ravel()

    w = minimize(loss, np.zeros(31 * outputs), jac=True, method="L-BFGS-B", options={"gtol": 1e-4, "ftol": 0}).x
    p = wide @ w.reshape(31, outputs)
    return {
        "chances": (softmax(p, axis=1) if outputs > 1 else np.hstack([1 - expit(p), expit(p)])).astype(chances.dtype)
    }


def _regression(classes: int) -> Any:
    sizes, near = {"tiny": 500, "large": 50_000}, within(0, 1e12)  # 2e-4: estimators stop at a tolerance
    return own("ml_regression", _regress, samples_of(classes), _regressed, sizes, near, ("float64",))


SOFTMAX = shaped("ml_softmax", scores(1_000), {"tiny": 3, "large": 4_000})
LOG_SOFTMAX = own(
    "ml_log_softmax", _logarithms, scores(10), _log_softmax, {"tiny": 30, "large": 200_000}, within(64, 64)
)
LAYER_NORM = shaped("ml_layer_norm", normalised, {"tiny": 3, "large": 4_000}, tolerance=within(64, 64))
BACKWARD = own(
    "ml_layer_norm_backward", _backward, _gradients, _layer_norm_backward, {"tiny": 3, "large": 4_000}, within(64, 4096)
)
# Adam's first steps go by the signs of slopes, whatever their size: where one is all rounding, so is its step.
TRAINING = own(
    "ml_training",
    _train,
    _digits,
    _trained,
    {"tiny": 1, "large": 10},
    lambda dtype: within(0, 2e4 if dtype == np.float32 else 1e12)(dtype),
)
# PyTorch counts steps, and so raises the decay rates, in float32; and a parameter less a step may be next to nothing.
ADAM = dataclasses.replace(
    cases.load("ml_optimisers"),
    tolerance=lambda dtype: Tolerance(rtol=64 * PRECISION["float32"], atol=PRECISION["float32"]),
)
KMEANS = own("ml_clusters", _cluster, _clusters, _lloyd, {"tiny": 1_000, "large": 100_000}, within(1024, 1024))
DOUBLE = ("float64",)

ROWS = (
    Row("ml_softmax", "`ml.softmax`, 4,000 rows of 1,000", SOFTMAX, ("NumPy", "JAX", "PyTorch")),
    Row("ml_softmax_100", "`ml.softmax`, 40,000 rows of 100", cases.load("ml_softmax"), ("NumPy", "JAX", "PyTorch")),
    Row("ml_log_softmax", "`ml.log_softmax`, 200,000 rows of 10", LOG_SOFTMAX, ("NumPy", "JAX", "PyTorch")),
    Row("ml_layer_norm", "`ml.layer_norm`, 4,000 rows of 1,000", LAYER_NORM, ("NumPy", "JAX", "PyTorch")),
    Row(
        "ml_layer_norm_backward", "`ml.layer_norm_backward`, which finds mean and variance anew", BACKWARD, ("PyTorch",)
    ),
    Row("ml_activations", "`ml.gelu` with tanh, 4 million", cases.load("ml_activations"), ("NumPy", "JAX", "PyTorch")),
    Row(
        "ml_cross_entropy",
        "`ml.cross_entropy_backward`, 40,000 rows of 100",
        cases.load("ml_cross_entropy"),
        ("NumPy", "PyTorch"),
    ),
    Row(
        "ml_dense",
        "`ml.dense`, 24 inputs, 16 outputs, 500,000 rows",
        cases.load("ml_dense"),
        ("NumPy", "JAX", "PyTorch"),
    ),
    Row("ml_optimisers", "`ml.adam_step`, 4 million", ADAM, ("NumPy", "PyTorch")),
    Row(
        "ml_training",
        "`ml.MLPClassifier`, ten steps of 784-256-128-10, batches of 128, Adam",
        TRAINING,
        ("scikit-learn", "PyTorch"),
    ),
    Row("ml_kmeans", "`ml.KMeans`, 100,000 x 16, 20 clusters, 10 steps", KMEANS, ("scikit-learn",)),
    Row(
        "ml_regression_2",
        "`ml.LogisticRegression`, 50,000 x 30, 2 classes",
        _regression(2),
        ("scikit-learn",),
        dtypes=DOUBLE,
    ),
    Row(
        "ml_regression_5",
        "`ml.LogisticRegression`, 50,000 x 30, 5 classes",
        _regression(5),
        ("scikit-learn",),
        dtypes=DOUBLE,
    ),
)
