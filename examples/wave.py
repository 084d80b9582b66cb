"""wave: a clap in a closed room, in three dimensions.

One leapfrog step of the wave equation, at one point, is the kernel of `jitkit.cases.wave`; `laplacian` there is a plain
Python function, compiled along with the kernel that calls it:

    @jk.kernel
    def wave(i, j, k, u_prev, u, u_next, courant2):
        u_next[i, j, k] = 2 * u[i, j, k] - u_prev[i, j, k] + courant2 * laplacian(u, i, j, k)

The launch space has three slices, for the room without its walls, where the pressure is held at zero. Three arrays take
turns. The clap is a narrow pulse; its front runs outwards, meets the walls, and comes back with the opposite sign.

Check, for as long as the waves run:
1. The part of the pressure that is the room's lowest standing wave swings as cos(w t), with the scheme's own w:
   sin^2(w / 2) = C^2 (sin^2(pi / 2 Lx) + sin^2(pi / 2 Ly) + sin^2(pi / 2 Lz)), with C the Courant number (H. P.
   Langtangen, S. Linge, Finite Difference Computing with PDEs, Springer 2017, chapter 2).
2. The energy of the scheme, kinetic and elastic, stays what it was.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import _common
import numpy as np

import jitkit as jk
from jitkit.cases.wave import wave

SIZES = {"python": 12, "cpu": 80, "cuda": 160}
COURANT2 = 0.25  # the square of the Courant number; stable up to 1/3
FRAMES = 60


def clap(shape: tuple[int, ...]) -> np.ndarray:
    """Return a narrow pulse of pressure off the middle of the room."""
    at = np.indices(shape) / shape[0]
    distance2 = sum((x - place) ** 2 for x, place in zip(at, (0.5, 0.45, 0.5), strict=True))
    pulse = np.exp(-distance2 / 0.05**2).astype(np.float32)
    walls = np.pad(np.zeros([extent - 2 for extent in shape], dtype=bool), 1, constant_values=True)
    pulse[walls] = 0
    return pulse


def simulate(options: argparse.Namespace, shape: tuple[int, ...], between: int) -> tuple[list, list, float]:
    """Return a slice of the pressure and its standing part, frame by frame, and the last energy over the first."""
    room = tuple(slice(1, extent - 1) for extent in shape)
    u_prev, u, u_next = (jk.asarray(clap(shape), device=options.device) for _ in range(3))
    before = energy(u_prev, u)
    slices, heard = [middle(u)], [standing_part(u)]
    with jk.backend(options.backend):
        for _ in _common.progress(range(FRAMES), f"{FRAMES * between} steps"):
            for _ in range(between):
                wave[room](u_prev, u, u_next, COURANT2)
                u_prev, u, u_next = u, u_next, u_prev
            slices.append(middle(u))
            heard.append(standing_part(u))
    return slices, heard, energy(u_prev, u) / before


def middle(u: Any) -> np.ndarray:
    """Return the pressure in the plane halfway up the room."""
    return jk.to_numpy(u)[:, :, u.shape[2] // 2].copy()


def energy(u_prev: Any, u: Any) -> float:
    """Return the energy that leapfrog conserves, halfway between two steps."""
    before, after = (jk.to_numpy(a).astype(np.float64) for a in (u_prev, u))
    elastic = sum(np.vdot(np.diff(before, axis=axis), np.diff(after, axis=axis)) for axis in range(3))
    return (np.sum((after - before) ** 2) + COURANT2 * elastic) / 2


def standing_part(u: Any) -> float:
    """Return how much of the room's lowest standing wave the pressure holds."""
    x, y, z = (np.sin(np.pi * np.arange(extent) / (extent - 1)) for extent in u.shape)
    return x @ (jk.to_numpy(u) @ z) @ y


def draw(options: argparse.Namespace, slices: list, heard: np.ndarray, expected: np.ndarray, steps: np.ndarray) -> None:
    """Draw the pressure in the middle of the room at six moments, and the swinging of the standing wave."""
    from _picture import SWINGS, bare, picture

    n, m = slices[0].shape
    frames = (5, 8, 11, 15, 20, 31)
    title = f"wave: {n} × {m} × {n + n // 2} points, {steps[-1]:,} steps, on {options.backend}"
    with picture(options.plot, title, (10.5, 7.6), dark=True) as figure:
        axes = figure.subplot_mosaic([frames[:3], frames[3:], ["swing"] * 3], height_ratios=(3, 3, 2))
        for frame in frames:
            loudest = np.quantile(np.abs(slices[frame]), 0.995)
            axes[frame].imshow(slices[frame], cmap=SWINGS, vmin=-loudest, vmax=loudest, interpolation="bicubic")
            bare(axes[frame], f"after {steps[frame]} steps")
            axes[frame].spines[:].set_visible(True)
        axes["swing"].plot(steps, expected, color="#2f9bff", label="cos(w t), w from the scheme")
        axes["swing"].plot(steps, heard, "o", color="white", markersize=3, label="simulated")
        axes["swing"].set(title="the lowest standing wave, of what it was at first", xlabel="steps", ylim=(-1.1, 1.1))
        axes["swing"].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)


def main(argv: Sequence[str] | None = None) -> None:
    options = _common.parse(_common.parser(__doc__, "points across the room", SIZES, limits=(6, 400)), argv)
    n = options.size
    shape, between = (n, n + n // 4, n + n // 2), max(1, n // 10)
    slices, heard, energy_ratio = simulate(options, shape, between)
    omega = 2 * np.arcsin(np.sqrt(COURANT2 * sum(np.sin(np.pi / (2 * (extent - 1))) ** 2 for extent in shape)))
    # At rest half a step before the start: the pressure of the step before is that of the start.
    steps = between * np.arange(FRAMES + 1)
    expected = np.cos(omega * (steps + 0.5)) / np.cos(omega / 2)
    heard = np.array(heard) / heard[0]
    if options.plot:
        draw(options, slices, heard, expected, steps)
    _common.check("largest error of the standing wave", np.max(np.abs(heard - expected)), 0, within=1e-4)
    _common.check("energy at the end over that at first", energy_ratio, 1, within=1e-4)


if __name__ == "__main__":
    main()
