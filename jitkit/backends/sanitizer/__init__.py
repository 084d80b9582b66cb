"""Interpreting kernels with every access to memory and every operation watched; Numba is never imported."""

from __future__ import annotations

from typing import Any

from jitkit.backends.sanitizer.running import run
from jitkit.findings import Report
from jitkit.launch.definition import Call


def check(call: Call, values: tuple[Any, ...], seed: int | None = None, *, keep: bool = False) -> Report:
    """Run a launch on copies of its arguments and return what was found; see `jitkit.checking.check`.

    Parameters
    ----------
    call : Call
    values : tuple
    seed : int, optional
    keep : bool, default False
        Copy what the kernel wrote back into the caller's arrays, as a launch would.
    """
    return run(call, values, seed, keep)
