"""ode_euler_maruyama: many paths of geometric Brownian motion, thirty-two steps of the method of Euler and Maruyama."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance
from .philox import blocks
from .random_normal import _normals

STEPS, DRIFT, VOLATILITY = 32, 0.05, 0.2


def drift(t, y, p):
    """Return what a price gains in a unit of time."""
    return DRIFT * y[0]


def diffusion(t, y, p):
    """Return what multiplies the noise."""
    return p[0] * y[0]


def run(backend: str | None, y0: Any, volatility: Any, seed: int, y: Any) -> None:
    """Write the states at the start and at the end."""
    jk.ode.euler_maruyama(drift, diffusion, (0, 1), y0, STEPS, (volatility,), rng=seed, out=y, backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return prices about one with a volatility for each, a seed, and room for two states of each."""
    y0, volatility = rng.uniform(0.9, 1.1, (1, size)), rng.uniform(0.1, 0.3, size)
    args = (y0.astype(dtype), volatility.astype(dtype), int(rng.integers(2**31)), np.zeros((1, 2, size), dtype))
    return Problem(size, args, written=("y",))


def reference(problem: Problem) -> Arrays:
    """Return what NumPy computes with float64 and the same noise."""
    y0, volatility, seed, y = problem.args
    key, per = int(jk.random.Generator(seed).new_key()), 16 // y.itemsize
    state, h = y0[0].astype(np.float64), 1 / STEPS
    for step in range(0, STEPS, per):
        for noise in _normals(blocks(key, np.arange(y0.shape[1]), step // per).astype(np.uint64), per):
            state = state + h * DRIFT * state + h**0.5 * volatility * state * noise
    return {"y": np.stack([y0[0], state])[None].astype(y.dtype)}


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for the rounding of the steps, and of the logarithm and the cosine that make the noise."""
    return Tolerance(rtol=256 * float(np.finfo(dtype).eps))


def cost(problem: Problem) -> Cost:
    """Read the states and volatilities, write the results; six operations and a normal number a step."""
    y0, volatility, _, y = problem.args
    return Cost(points=y0.size, bytes=y0.nbytes + volatility.nbytes + y.nbytes, flops=10 * STEPS * y0.size)


CASE = Case(
    name="ode_euler_maruyama",
    summary="paths of geometric Brownian motion, thirty-two Euler-Maruyama steps",
    kernel=Primitive(run, "ode_euler_maruyama"),
    sizes={"tiny": 100, "small": 10_000, "large": 500_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="P. E. Kloeden, E. Platen, Numerical Solution of Stochastic Differential Equations, Springer 1992, section 9",
    tolerance=tolerance,
)
