"""ode_solve_ensemble: the Lorenz system, all trajectories at once, beside whole arrays in NumPy."""

from __future__ import annotations

import numpy as np

from . import _primitives, _suite


class Trajectories(_primitives.BesideNumPy):
    """`jk.ode.solve_ensemble` and the same steps by NumPy, taking turns."""

    params = [[1_000, 200_000], _suite.DTYPES]

    def in_numpy(self, y0: np.ndarray, rho: np.ndarray, y: np.ndarray) -> object:
        from jitkit.cases import ode_solve_ensemble

        return ode_solve_ensemble.integrate(y0, rho)
