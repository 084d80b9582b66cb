"""What solvers of ensembles return."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from jitkit.arrays import to_numpy
from jitkit.ode._solution import OdeSolution

MESSAGES = {
    1: "met a terminal event",
    0: "reached the end of the interval",
    -1: "needed a step that is less than the spacing between numbers",
    -2: "took max_steps steps",
    -3: "met numbers that are not finite",
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
        0 for a trajectory that reached the end, 1 for one that a terminal event ended, -1 where the step became too small,
        -2 where there were too many, -3 where numbers are not finite: where a trajectory begins, or at the end of fixed
        steps.
    n_events : array of int64, shape (events, trajectories), or None
        How often each event happened; None where none were asked for.
    t_events : array, shape (events, max_events, trajectories), or None
        When, in the order of time; NaN behind the last.
    y_events : array, shape (events, n, max_events, trajectories), or None
        The components then.
    sol : OdeSolution or None
        The trajectories as functions of time; None where that was not asked for.
    success : bool
        Whether every trajectory reached the end or a terminal event.
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
    n_events: Any = None
    t_events: Any = None
    y_events: Any = None
    sol: OdeSolution | None = None

    @cached_property
    def success(self) -> bool:
        """Whether every trajectory reached the end or a terminal event."""
        return bool((to_numpy(self.status) >= 0).all())

    @cached_property
    def message(self) -> str:
        """What happened, in words."""
        codes, counts = np.unique(to_numpy(self.status), return_counts=True)
        total = counts.sum()
        return "; ".join(
            f"{number} of {total} trajectories: {MESSAGES[int(code)]}"
            for code, number in zip(codes[::-1], counts[::-1], strict=True)
        )
