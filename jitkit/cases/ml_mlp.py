"""ml_mlp: three steps of training a perceptron of 8 hidden neurons."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance

FEATURES, HIDDEN, EPOCHS, RATE, MOMENTUM = 4, 8, 3, 0.1, 0.9


def run(backend: str | None, X: Any, y: Any, predicted: Any) -> None:
    """Write what the perceptron predicts after three steps."""
    model = jk.ml.MLPRegressor(
        (HIDDEN,), "tanh", solver="sgd", alpha=0.0, batch_size=len(X), learning_rate_init=RATE, momentum=MOMENTUM,
        nesterovs_momentum=False, shuffle=False, random_state=0, backend=backend,
    )  # fmt: skip
    for _ in range(EPOCHS):
        model.partial_fit(X, y)
    predicted[...] = model.predict(X)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` samples of four features, and a smooth function of them."""
    X = rng.standard_normal((size, FEATURES)).astype(dtype)
    return Problem(size, (X, np.sin(X[:, 0]) + X[:, 1], np.zeros(size, dtype)), written=("predicted",))


def reference(problem: Problem) -> Arrays:
    """Return what plain steps with momentum give in float64, from the same weights."""
    X, y, predicted = problem.args
    return {"predicted": train(X.astype(np.float64), y.astype(np.float64)).astype(predicted.dtype)}


def train(X: Any, y: Any) -> Any:
    """Train as `run` does, by NumPy, and return the predictions."""
    rng, p = np.random.RandomState(0), []
    for shape in ((FEATURES, HIDDEN), (HIDDEN, 1)):
        bound = np.sqrt(6 / sum(shape))
        p += [rng.uniform(-bound, bound, shape).astype(X.dtype), rng.uniform(-bound, bound, shape[1]).astype(X.dtype)]
    velocity = [np.zeros_like(a) for a in p]
    for _ in range(EPOCHS):
        hidden = np.tanh(X @ p[0] + p[1])
        error = (hidden @ p[2] + p[3] - y[:, None]) / len(X)
        back = error @ p[2].T * (1 - hidden**2)
        for k, slope in enumerate((X.T @ back, back.sum(0), hidden.T @ error, error.sum(0))):
            velocity[k] = MOMENTUM * velocity[k] - RATE * slope
            p[k] += velocity[k]
    return (np.tanh(X @ p[0] + p[1]) @ p[2] + p[3])[:, 0]


def cost(problem: Problem) -> Cost:
    """Read the samples once for each step; three products of matrices for each layer."""
    X, y, predicted = problem.args
    assert isinstance(problem.space, int)
    return Cost(
        problem.space, EPOCHS * (X.nbytes + y.nbytes) + predicted.nbytes, EPOCHS * 6 * len(X) * HIDDEN * (FEATURES + 1)
    )


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for sums over all samples, in any order, that cancel."""
    return Tolerance(rtol=1024 * float(np.finfo(dtype).eps), atol=1024 * float(np.finfo(dtype).eps))


CASE = Case(
    name="ml_mlp",
    summary="three steps of a perceptron of 8 hidden neurons",
    kernel=Primitive(run, "ml_mlp"),
    sizes={"tiny": 300, "small": 10_000, "large": 200_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="D. E. Rumelhart, G. E. Hinton, R. J. Williams, Nature 323, 533-536, 1986",
    tolerance=tolerance,
)
