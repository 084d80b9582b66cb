"""heat: a metal plate with hot spots cools down, its rim held at zero.

One explicit step of the heat equation, at one point, is the kernel of `jitkit.cases.heat`:

    @jk.kernel
    def heat(i, j, u, out, k):
        out[i, j] = u[i, j] + k * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - 4 * u[i, j])

The launch space `heat[1 : n - 1, 1 : m - 1]` leaves out the rim, so no point looks outside the plate. Points run in no
order: a step reads one array and writes another, and the two take turns.

Check: whatever the plate looked like at first, the part of it that is sin(pi y / H) sin(pi x / W) decays by itself as
exp(-pi^2 (1 / H^2 + 1 / W^2) t), the oldest solution of the equation (J. Fourier, Theorie analytique de la chaleur,
1822). That part is measured in the simulated plate, and its rate of decay must be Fourier's, up to the error of the
scheme, which is of second order in the spacing.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import _common
import numpy as np

import jitkit as jk
from jitkit.cases.heat import heat

SIZES = {"python": 32, "cpu": 256, "cuda": 512}
K = 0.2  # diffusivity times time step over squared spacing; stable up to 1/4
FRAMES = 48
SHOWN = (0, 4, FRAMES)


def hot_spots(n: int, m: int) -> np.ndarray:
    """Return a cold plate with discs of random place, width and temperature."""
    rng = np.random.default_rng(5)
    row, column = np.mgrid[:n, :m] / n
    u = np.zeros((n, m), dtype=np.float32)
    for _ in range(14):
        y, x, radius, temperature = rng.uniform((0.15, 0.15, 0.03, 0.35), (0.85, 1.10, 0.13, 1.0))
        u[(row - y) ** 2 + (column - x) ** 2 < radius**2] = temperature
    u[[0, -1]] = u[:, [0, -1]] = 0
    return u


def simulate(options: argparse.Namespace) -> tuple[np.ndarray, np.ndarray, dict[int, np.ndarray]]:
    """Return the time, in steps, and the sine part of each frame, and the plates of the frames to be shown."""
    n, m = options.size, options.size + options.size // 4
    between = max(1, n * n // (4 * FRAMES))
    u, out = (jk.asarray(hot_spots(n, m), device=options.device) for _ in range(2))
    sines, plates = [sine_part(u)], {0: hot_spots(n, m)}
    with jk.backend(options.backend):
        for frame in _common.progress(range(1, FRAMES + 1), f"{FRAMES * between} steps"):
            for _ in range(between):
                heat[1 : n - 1, 1 : m - 1](u, out, K)
                u, out = out, u
            sines.append(sine_part(u))
            if frame in SHOWN:
                plates[frame] = jk.to_numpy(u).copy()
    return between * np.arange(FRAMES + 1), np.array(sines), plates


def sine_part(plate: Any) -> float:
    """Return how much of the lowest sine mode a plate holds."""
    n, m = plate.shape
    return np.sin(np.pi * np.arange(n) / (n - 1)) @ jk.to_numpy(plate) @ np.sin(np.pi * np.arange(m) / (m - 1))


def draw(options: argparse.Namespace, times: np.ndarray, sines: np.ndarray, plates: dict, rate: float) -> None:
    """Draw three plates with their isotherms, and the decay of the sine mode."""
    from _picture import bare, picture

    n, m = plates[0].shape
    title = f"heat: {n} × {m} points, {times[-1]:,} steps, on {options.backend}"
    with picture(options.plot, title, (10.5, 5.6), dark=True) as figure:
        axes = figure.subplot_mosaic([SHOWN, ["decay"] * 3], height_ratios=(3, 2))
        for frame, plate in plates.items():
            warmest = plate.max()
            smooth = "bicubic" if frame else "nearest"
            axes[frame].imshow(plate, cmap="inferno", vmin=0, vmax=warmest, interpolation=smooth)
            if frame:
                levels = np.linspace(0.1, 0.9, 9) * warmest
                axes[frame].contour(plate, levels, colors="white", linewidths=0.5, alpha=0.5)
            bare(axes[frame], f"after {times[frame]:,} steps, warmest {warmest:.2f}" if frame else "at first")
        axes["decay"].plot(times, np.exp(-rate * times), color="#ffb15c", label="Fourier: exp(−π²(1/H² + 1/W²) t)")
        axes["decay"].plot(times, sines / sines[0], "o", color="white", markersize=3, label="simulated")
        axes["decay"].set(title="the lowest sine mode, of what it was at first", xlabel="steps", ylim=(0, 1.05))
        axes["decay"].legend()


def main(argv: Sequence[str] | None = None) -> None:
    options = _common.parse(_common.parser(__doc__, "rows of the plate", SIZES, limits=(8, 4_000)), argv)
    times, sines, plates = simulate(options)
    height, width = (extent - 1 for extent in plates[0].shape)
    rate = K * np.pi**2 * (1 / height**2 + 1 / width**2)
    if options.plot:
        draw(options, times, sines, plates, rate)
    measured = np.log(sines[0] / sines[-1]) / times[-1]
    _common.check("rate of decay over Fourier's", measured / rate, 1, within=1e-4 + 2.5 / height**2)


if __name__ == "__main__":
    main()
