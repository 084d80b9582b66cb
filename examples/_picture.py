"""The look of the examples' pictures. Import this only to draw: it needs matplotlib."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

NIGHT, PAPER, INK, STARLIGHT, GREY = "#0b0e14", "#fcfcfa", "#22262e", "#d8dee9", "#8a92a0"

_BLUES, _ORANGES = ("#12408f", "#2f9bff", "#b9f3ff"), ("#8f2d12", "#ff8a2f", "#ffeeb0")
# Diverging, dark where the value is zero: what does not move disappears.
SWINGS = LinearSegmentedColormap.from_list("swings", [*_BLUES[::-1], NIGHT, *_ORANGES])
# From the night through blue and white to embers.
GLOW = LinearSegmentedColormap.from_list(
    "glow", [NIGHT, "#0c1f4a", "#1f5fbf", "#8fd0ff", "#fff6dc", "#ffb347", "#c2410c", "#4a0f12"]
)


def _style(dark: bool) -> dict[str, Any]:
    paper, ink = (NIGHT, STARLIGHT) if dark else (PAPER, INK)
    return {
        "figure.facecolor": paper, "axes.facecolor": paper, "savefig.facecolor": paper,
        "text.color": ink, "axes.labelcolor": ink, "axes.edgecolor": GREY, "xtick.color": GREY, "ytick.color": GREY,
        "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10, "axes.titlelocation": "left",
        "font.size": 9, "legend.frameon": False, "lines.linewidth": 1.6, "figure.titlesize": 13,
    }  # fmt: skip


@contextlib.contextmanager
def picture(path: Path, title: str, size: tuple[float, float], dark: bool = False) -> Iterator[Figure]:
    """Give a figure to draw on, and write it to `path` afterwards."""
    with matplotlib.rc_context(_style(dark)):
        figure = Figure(figsize=size, layout="constrained")
        figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)
        figure.suptitle(title, x=0.012, ha="left", weight="bold")
        yield figure
        try:
            figure.savefig(path, dpi=150)
        except OSError as error:
            sys.exit(f"--plot {path}: {error.strerror or error}")
    print(f"drawn: {path}")


def bare(axes: Axes, title: str) -> None:
    """Take the ticks and the frame off, for what is a picture rather than a diagram."""
    axes.set(title=title, xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
