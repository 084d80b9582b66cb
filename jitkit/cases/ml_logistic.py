"""ml_logistic: logistic regression of two classes on 4 features."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance

FEATURES, STEPS = 4, 12


def run(backend: str | None, X: Any, y: Any, chances: Any) -> None:
    """Write the probability of the second class."""
    chances[...] = jk.ml.LogisticRegression(tol=1e-5, backend=backend).fit(X, y).predict_proba(X)[:, 1]


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return `size` samples of classes that overlap."""
    X = rng.standard_normal((size, FEATURES)).astype(dtype)
    y = (X @ [1.0, -0.5, 0.25, 0.0] + rng.logistic(size=size) > 0).astype(np.int64)
    return Problem(size, (X, y, np.zeros(size, dtype)), written=("chances",))


def reference(problem: Problem) -> Arrays:
    """Return the probabilities, computed in float64 and rounded once."""
    X, y, chances = problem.args
    return {"chances": newton(X.astype(np.float64), y).astype(chances.dtype)}


def newton(X: Any, y: Any) -> Any:
    """Return the probabilities after twelve steps by Newton's method, by NumPy."""
    X = np.column_stack([X, np.ones(len(X), X.dtype)])
    penalty = np.diag([1.0] * FEATURES + [0.0])
    w = np.zeros(FEATURES + 1)
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-(X @ w)))
        w -= np.linalg.solve(X.T @ (X * (p * (1 - p))[:, None]) + penalty, X.T @ (p - y) + penalty @ w)
    return 1 / (1 + np.exp(-(X @ w)))


def cost(problem: Problem) -> Cost:
    """Read the samples twice for each step of twelve; two products of matrices."""
    X, y, chances = problem.args
    return Cost(len(X), STEPS * (2 * X.nbytes + y.nbytes) + chances.nbytes, flops=STEPS * 4 * X.size)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for what the tolerance of the gradient leaves."""
    return Tolerance(rtol=0.0, atol=3e-4)


CASE = Case(
    name="ml_logistic",
    summary="logistic regression of two classes",
    kernel=Primitive(run, "ml_logistic"),
    sizes={"tiny": 300, "small": 20_000, "large": 500_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="D. C. Liu, J. Nocedal, On the limited memory BFGS method for large scale optimization, 1989",
    tolerance=tolerance,
)
