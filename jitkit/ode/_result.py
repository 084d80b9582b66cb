"""What solvers of ensembles return."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from jitkit.arrays import to_numpy

MESSAGES = {
    0: "reached the end of the interval",
    -1: "needed a step that is less than the spacing between numbers",
    -2: "took max_steps steps",
    -3: "is no longer finite",
}


@dataclass(frozen=True, eq=False)
class OdeResult:
    """Trajectories at points of time, and how they came about.

    Attributes
    ----------
    t : ndarray, shape (points,)
        The points of time, float64, on the host.
    y : array, shape (n, points, trajectories)
        The components. What a trajectory did not reach holds NaN.
    nfev : array of int64, shape (trajectories,)
        Evaluations of the right-hand side.
    accepted, rejected : array of int64, shape (trajectories,)
        Steps that were taken, and attempts that were too far off.
    status : array of int64, shape (trajectories,)
        0 for a trajectory that reached the end, -1 where the step became too small, -2 where there were too many, -3
        where numbers are no longer finite at the end of fixed steps.
    success : bool
        Whether every trajectory reached the end.
    message : str
        What happened, in words.

    Notes
    -----
    Named after SciPy's `OdeResult`, with counts for each trajectory.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> found = jk.ode.solve_ensemble(lambda t, y: (-y[0],), (0, 1), np.ones((1, 3)))
    >>> found.success, found.message
    (True, '3 of 3 trajectories: reached the end of the interval')
    """

    t: np.ndarray
    y: Any
    nfev: Any
    accepted: Any
    rejected: Any
    status: Any

    @cached_property
    def success(self) -> bool:
        """Whether every trajectory reached the end."""
        return not to_numpy(self.status).any()

    @cached_property
    def message(self) -> str:
        """What happened, in words."""
        codes, counts = np.unique(to_numpy(self.status), return_counts=True)
        total = counts.sum()
        return "; ".join(
            f"{number} of {total} trajectories: {MESSAGES[int(code)]}"
            for code, number in zip(codes[::-1], counts[::-1], strict=True)
        )
