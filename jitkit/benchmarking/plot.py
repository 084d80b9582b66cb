"""Two pictures of a benchmark: times against size, and the roofline with each timing under it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jitkit.benchmarking.measured import INTERPRETER, Timing
from jitkit.benchmarking.roofline import Roofline

COLOURS = {"python": "tab:gray", "NumPy": "tab:orange", "cpu": "tab:blue", "cuda": "tab:green"}


def draw(timings: Sequence[Timing], rooflines: Mapping[str, Roofline], title: str, path: Path) -> None:
    """Draw timings, and the rooflines of their backends, into a file; its suffix decides the format."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    _times(left, timings)
    _roofline(right, timings, rooflines)
    figure.suptitle(title, fontsize=9)
    figure.savefig(path, dpi=150)


def _times(axis: Any, timings: Sequence[Timing]) -> None:
    for side in dict.fromkeys(timing.by for timing in timings):
        lines = sorted((timing for timing in timings if timing.by == side), key=lambda timing: timing.points)
        points = [timing.points for timing in lines]
        seconds = np.array([timing.seconds for timing in lines])
        errors = seconds * [min(timing.spread, 0.9) for timing in lines]
        name = "interpreted" if side == INTERPRETER else side
        axis.errorbar(points, seconds, yerr=errors, marker="o", capsize=2, color=COLOURS.get(side), label=name)
    axis.set(xscale="log", yscale="log", xlabel="points", ylabel="seconds", title="time against size")
    axis.grid(alpha=0.3)
    axis.legend()


def _roofline(axis: Any, timings: Sequence[Timing], rooflines: Mapping[str, Roofline]) -> None:
    """Draw what S. Williams, A. Waterman and D. Patterson, Comm. ACM 52(4), 2009 call the roofline model."""
    known = [timing for timing in timings if timing.flops and timing.moved and timing.by != INTERPRETER]
    axis.set(xscale="log", yscale="log", title="roofline")
    axis.set(xlabel="operations a byte", ylabel="GFLOP/s")
    axis.grid(alpha=0.3)
    if not known:
        axis.text(0.5, 0.5, "the kernel's operations are not known", ha="center", transform=axis.transAxes)
        return
    for backend, roofline in rooflines.items():
        _ceiling(axis, backend, roofline, known)
    for timing in known:
        colour = COLOURS.get(timing.by)
        axis.plot(_intensity(timing), (timing.rate or 0) / 1e9, marker="o", color=colour, linestyle="none")
        text = f" {timing.by}, {timing.size}"
        axis.annotate(text, (_intensity(timing), (timing.rate or 0) / 1e9), fontsize=7, color=colour)
    axis.legend()


def _ceiling(axis: Any, backend: str, roofline: Roofline, known: Sequence[Timing]) -> None:
    ridge = roofline.peak / roofline.bandwidth
    intensities = [_intensity(timing) for timing in known]
    across = np.geomspace(min(*intensities, ridge) / 4, max(*intensities, ridge) * 4, 200)
    attainable = np.minimum(roofline.peak, roofline.bandwidth * across) / 1e9
    axis.plot(across, attainable, color=COLOURS.get(backend), alpha=0.6, label=f"{backend}: attainable")


def _intensity(timing: Timing) -> float:
    return (timing.flops or 0) / timing.moved
