"""Where a problem's arrays have to be for a backend, and what a backend is called when it is a stand-in."""

from __future__ import annotations

from typing import Any

import jitkit as jk
from jitkit.backends import gpu
from jitkit.cases import Problem


def label(backend: str) -> str:
    """Return a backend's name, with a warning where it is not the real thing."""
    stand_in = gpu.stand_in() if backend == "cuda" else None
    return f"cuda, {stand_in}" if stand_in else backend


def is_slow(backend: str) -> bool:
    """Tell whether a backend interprets each point, so that only tiny problems make sense."""
    return backend == "python" or (backend == "cuda" and gpu.simulated())


def placed(problem: Problem, backend: str) -> Problem:
    """Return the problem on arrays of its own, where the backend has them, so that no launch copies."""
    if backend != "cuda" or gpu.simulated():
        return problem.copy()
    args = tuple(jk.asarray(arg, device="cuda") if is_array(arg) else arg for arg in problem.args)
    return Problem(problem.space, args, problem.written)


def on_host(problem: Problem) -> Problem:
    """Return a problem on copies of its arrays, on the host."""
    args = tuple(jk.to_numpy(arg).copy() if is_array(arg) else arg for arg in problem.args)
    return Problem(problem.space, args, problem.written)


def is_array(value: Any) -> bool:
    """Tell an array from a number."""
    return hasattr(value, "shape") and bool(value.shape)
