"""Ensembles of initial value problems and of stochastic ones."""

from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk
from jitkit import cases
from jitkit.cases import Problem
from jitkit.cases.case import Arrays
from jitkit.cases.ode_solve_ensemble import lorenz

from .row import Row, own, within

END, RTOL = 2.0, 1e-6


def _adaptive(backend: str | None, y0: Any, rho: Any, y: Any) -> None:
    found = jk.ode.solve_ensemble(lorenz, (0, END), y0, (10, rho, 8 / 3), t_eval=[END], rtol=RTOL, backend=backend)
    y[...] = found.y[:, 0]


def _make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    y0 = rng.standard_normal((3, size)) * 5 + [[0], [0], [25]]
    return Problem(size, (y0, rng.uniform(20, 30, size), np.zeros((3, size))), ("y",))


def _small_steps(problem: Problem) -> Arrays:
    state, rho, y = problem.args
    p, h = (10, rho, 8 / 3), END / 20_000
    for _ in range(20_000):
        k1 = np.stack(lorenz(0, state, p))
        k2 = np.stack(lorenz(0, state + h / 2 * k1, p))
        k3 = np.stack(lorenz(0, state + h / 2 * k2, p))
        k4 = np.stack(lorenz(0, state + h * k3, p))
        state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return {"y": state.astype(y.dtype)}


# Errors of 1e-6 a step grow by some thousands: the system is chaotic.
ADAPTIVE = own("ode_adaptive", _adaptive, _make, _small_steps, {"tiny": 4, "large": 100}, within(0, 1e13), ("float64",))

ROWS = (
    Row(
        "ode_solve_ensemble",
        "`ode.solve_ensemble`, 10,000 Lorenz systems, 50 steps of RK4",
        cases.load("ode_solve_ensemble"),
        ("NumPy", "JAX"),
        "small",
    ),
    Row(
        "ode_adaptive",
        "`ode.solve_ensemble`, 100 systems, Dormand-Prince, rtol 1e-6",
        ADAPTIVE,
        ("SciPy",),
        dtypes=("float64",),
    ),
    Row(
        "ode_euler_maruyama",
        "`ode.euler_maruyama`, 10,000 paths of 32 steps",
        cases.load("ode_euler_maruyama"),
        ("NumPy",),
        "small",
        is_drawn=True,
    ),
)
