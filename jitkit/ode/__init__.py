"""Ordinary and stochastic differential equations: ensembles of trajectories, one to each point of a launch."""

from __future__ import annotations

from jitkit.ode._result import OdeResult as OdeResult
from jitkit.ode._solution import OdeSolution as OdeSolution
from jitkit.ode.euler_maruyama import euler_maruyama as euler_maruyama
from jitkit.ode.solve_ensemble import solve_ensemble as solve_ensemble

__all__ = ["OdeResult", "OdeSolution", "euler_maruyama", "solve_ensemble"]
