"""ode_euler_maruyama: geometric Brownian motion, all paths at once, beside whole arrays and SFC64 in NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


class Paths(_primitives.BesideNumPy):
    """`jk.ode.euler_maruyama` and the same steps by NumPy with noise of its own, taking turns."""

    params = [[1_000, 200_000], _suite.DTYPES]

    def in_numpy(self, y0: np.ndarray, volatility: np.ndarray, seed: int, y: np.ndarray) -> object:
        from jitkit.cases.ode_euler_maruyama import DRIFT, STEPS

        rng, state, h = np.random.Generator(np.random.SFC64(seed)), y0[0], 1 / STEPS
        scale = h**0.5 * volatility
        for _ in range(STEPS):
            state = state + h * DRIFT * state + scale * state * rng.standard_normal(state.size, state.dtype)
        return state
