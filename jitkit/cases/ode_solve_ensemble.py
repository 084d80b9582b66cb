"""ode_solve_ensemble: many trajectories of the Lorenz system, fifty steps of the classical Runge-Kutta method."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance

STEPS, DT = 50, 0.01
OPERATIONS = 4 * 9 + 3 * 18
"""Of a step: four right-hand sides, and what combines them for three components."""


def lorenz(t, y, p):
    """Return the slope of convection between two plates, of E. N. Lorenz."""
    sigma, rho, beta = p
    return sigma * (y[1] - y[0]), y[0] * (rho - y[2]) - y[1], y[0] * y[1] - beta * y[2]


def run(backend: str | None, y0: Any, rho: Any, y: Any) -> None:
    """Write the states at half time and at the end."""
    end = STEPS * DT
    jk.ode.solve_ensemble(
        lorenz, (0, end), y0, (10, rho, 8 / 3), method="rk4", dt=DT, t_eval=[end / 2, end], out=y, backend=backend
    )


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return states about the attractor, a parameter for each, and room for two states of each."""
    y0 = (rng.standard_normal((3, size)) * 5 + [[0], [0], [25]]).astype(dtype)
    return Problem(size, (y0, rng.uniform(20, 30, size).astype(dtype), np.zeros((3, 2, size), dtype)), written=("y",))


def reference(problem: Problem) -> Arrays:
    """Return what NumPy computes with float64, all trajectories at once."""
    y0, rho, y = problem.args
    return {"y": integrate(y0.astype(np.float64), rho.astype(np.float64)).astype(y.dtype)}


def integrate(state: np.ndarray, rho: np.ndarray) -> np.ndarray:
    """Return the states at half time and at the end, by whole arrays of the dtype of `state`."""
    p = (10, rho, 8 / 3)
    found = []
    for k in range(STEPS):
        k1 = np.stack(lorenz(0, state, p))
        k2 = np.stack(lorenz(0, state + DT / 2 * k1, p))
        k3 = np.stack(lorenz(0, state + DT / 2 * k2, p))
        k4 = np.stack(lorenz(0, state + DT * k3, p))
        state = state + DT / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        if k + 1 in (STEPS // 2, STEPS):
            found.append(state)
    return np.stack(found, axis=1)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for the rounding of fifty steps, which the system may make a hundredfold."""
    return Tolerance(rtol=0.0, atol=2e4 * float(np.finfo(dtype).eps))


def cost(problem: Problem) -> Cost:
    """Read the states and parameters, write the results."""
    y0, rho, y = problem.args
    return Cost(points=rho.size, bytes=y0.nbytes + rho.nbytes + y.nbytes, flops=OPERATIONS * STEPS * rho.size)


CASE = Case(
    name="ode_solve_ensemble",
    summary="trajectories of the Lorenz system, fifty Runge-Kutta steps",
    kernel=Primitive(run, "ode_solve_ensemble"),
    sizes={"tiny": 50, "small": 10_000, "large": 500_000},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="E. N. Lorenz, Deterministic nonperiodic flow, J. Atmos. Sci. 20, 130-141, 1963",
    tolerance=tolerance,
)
