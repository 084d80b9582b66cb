"""The picture of `jitkit demo --plot`."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jitkit import cases
from jitkit.cli.console import significant
from jitkit.cli.failures import Refused

STEPS = 2_000


def check(path: Path) -> None:
    """Refuse what cannot be drawn before anything is timed.

    Raises
    ------
    Refused
        Where matplotlib is not installed or is broken, its formats do not include this one, or there is no such folder.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise Refused("--plot needs matplotlib, which is not installed: pip install 'jitkit[plot]'")
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
    except ImportError as error:
        raise Refused(f"--plot: matplotlib is installed and cannot be imported: {error}") from None

    formats = FigureCanvasAgg.get_supported_filetypes()
    if path.suffix[1:].lower() not in formats:
        raise Refused(f"--plot {path}: the file's name must end in one of .{', .'.join(sorted(formats))}")
    if not path.absolute().parent.is_dir():
        raise Refused(f"--plot {path}: there is no folder {path.absolute().parent}")


def draw(path: Path, speedups: Sequence[tuple[str, float]]) -> None:
    """Draw the plate before and after `STEPS` steps, and the speedups.

    Parameters
    ----------
    path : Path
        The file; its suffix decides the format.
    speedups : sequence of (str, float)
        The name of each way to compute, and how many times faster than the interpreter it is.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6), layout="constrained")
    panels: Any = figure.subfigures(2, 1, height_ratios=(3, 2))
    _fields(panels[0])
    _bars(panels[1], speedups)
    try:
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise Refused(f"--plot {path}: {error.strerror or error}") from None


def _fields(figure: Any) -> None:
    axes = figure.subplots(1, 2, sharey=True)
    for axis, field, title in zip(axes, simulate(STEPS), ("before", f"after {STEPS:,} steps"), strict=True):
        image = axis.imshow(field, vmin=0, vmax=1, cmap="inferno", origin="lower")
        axis.set(title=title, xlabel="j")
    axes[0].set_ylabel("i")
    figure.colorbar(image, ax=axes, label="temperature", shrink=0.85)


def _bars(figure: Any, speedups: Sequence[tuple[str, float]]) -> None:
    names, values = zip(*speedups, strict=True)
    axis = figure.subplots()
    bars = axis.barh(names, values, color="tab:blue")
    axis.bar_label(bars, labels=[significant(value) for value in values], padding=4)
    axis.set_xscale("log")
    axis.set(xlim=(min(0.5, min(values) / 2), 3 * max(values)), xlabel="speedup, by the time a point (interpreted = 1)")
    axis.invert_yaxis()
    axis.spines[["top", "right"]].set_visible(False)


def simulate(steps: int, shape: tuple[int, int] = (200, 250)) -> tuple[np.ndarray, np.ndarray]:
    """Return the temperature of a plate with two hot discs and one hot edge, before and after some steps on the CPU."""
    row, column = np.ogrid[: shape[0], : shape[1]]
    hot = ((row - 70) ** 2 + (column - 80) ** 2 < 35**2) | ((row - 130) ** 2 + (column - 175) ** 2 < 25**2)
    u = hot.astype(np.float32)
    u[-1] = 1
    before, out, kernel = u.copy(), u.copy(), cases.load("heat").kernel
    space = (slice(1, shape[0] - 1), slice(1, shape[1] - 1))
    for _ in range(steps):
        kernel.on("cpu")[space](u, out, 0.2)
        u, out = out, u
    return before, u
