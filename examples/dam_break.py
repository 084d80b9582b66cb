"""dam_break: a column of water, twice as high as wide, collapses and runs along the floor.

The water is particles (smoothed-particle hydrodynamics): a sum over the neighbours of a particle, weighted by a smooth
bump of their distance, says how the density changes and how pressure pushes. Neighbours are found on a grid of cells:

    offsets, indices, _ = jk.spatial.radius_neighbors(x, 2.3 * h)

and two kernels go over them in turn. `push` changes velocities by pressure and viscosity, and `squeeze` densities by the
new velocities. Water is taken to be a little compressible, with a speed of sound ten times that of the flow; walls are
three rows of particles that stay where they are (A. Crespo, M. Gomez-Gesteira, R. Dalrymple, CMC 5, 2007), and differences
in density spread out (D. Molteni, A. Colagrossi, Comput. Phys. Commun. 180, 2009). The bump is H. Wendland's C2.

Check:
1. No particle is lost through the walls, and so the mass is what it was.
2. The energy, of motion, height and compression, does not grow.
3. From a size of 20, the front lies where J. Martin and W. Moyce measured it (Phil. Trans. R. Soc. A 244, 1952), within
   15 percent; simulated fronts run ahead a little, for no water sticks to the floor.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from typing import Any

import _common
import numpy as np

import jitkit as jk

SIZES = {"python": 4, "cpu": 24, "cuda": 60}
HEIGHT, GRAVITY, SOUND = 2.0, 1.0, 20.0  # the column's width, the water's density and gravity are 1
VISCOSITY, SPREADING = 0.03, 0.1
REBUILT, TIME_STEP, FRAMES = 4, 0.2, 30  # steps for which neighbours serve; the time step in h / SOUND
ENOUGH, LAST = 20, 2.65
# Front over width, at times in sqrt(width / (2 gravity)), for a column twice as high as wide.
MEASURED = np.array(
    [(0.41, 1.11), (0.84, 1.22), (1.19, 1.44), (1.43, 1.67), (1.63, 1.89), (1.83, 2.11), (1.98, 2.33), (2.20, 2.56),
     (2.32, 2.78), (2.51, 3.00), (2.65, 3.22)]
)  # fmt: skip
States = list[tuple[float, np.ndarray, np.ndarray, np.ndarray]]


def slope(square, h):
    """Return the gradient of Wendland's bump at a squared distance, over the offset."""
    rest = 1 - 0.5 * math.sqrt(square) / h
    return -8.75 / (math.pi * h * h * h * h) * rest * rest * rest


@jk.kernel
def push(i, x, v, density, offsets, indices, mass, h, dt, new_v):
    """Change the velocity of a particle of water by the pressure and the viscosity of its neighbours, and by gravity."""
    ax, ay, own = 0.0, -GRAVITY, SOUND * SOUND * (density[i] - 1)
    for k in range(offsets[i], offsets[i + 1]):
        j = indices[k]
        dx, dy = x[i, 0] - x[j, 0], x[i, 1] - x[j, 1]
        square = dx * dx + dy * dy
        if square < 4 * h * h:
            approach = (v[i, 0] - v[j, 0]) * dx + (v[i, 1] - v[j, 1]) * dy
            stress = (own + SOUND * SOUND * (density[j] - 1)) / (density[i] * density[j])
            if approach < 0:
                stress -= 2 * VISCOSITY * SOUND * h * approach / ((square + 0.01 * h * h) * (density[i] + density[j]))
            pull = mass * stress * slope(square, h)
            ax -= pull * dx
            ay -= pull * dy
    new_v[i, 0] = v[i, 0] + dt * ax
    new_v[i, 1] = v[i, 1] + dt * ay


@jk.kernel
def squeeze(i, x, v, density, offsets, indices, mass, h, dt, water, new_x, new_density):
    """Move a particle, and change its density as its neighbours come closer; a wall never pulls."""
    rate = 0.0
    for k in range(offsets[i], offsets[i + 1]):
        j = indices[k]
        dx, dy = x[i, 0] - x[j, 0], x[i, 1] - x[j, 1]
        square = dx * dx + dy * dy
        if square < 4 * h * h:
            approach = (v[i, 0] - v[j, 0]) * dx + (v[i, 1] - v[j, 1]) * dy
            if i < water and j < water:
                approach -= 2 * SPREADING * h * SOUND * (density[j] - density[i]) / density[j]
            rate += mass * approach * slope(square, h)
    moved = density[i] + dt * rate
    new_density[i] = moved if i < water else max(moved, 1)
    new_x[i, 0] = x[i, 0] + dt * v[i, 0]
    new_x[i, 1] = x[i, 1] + dt * v[i, 1]


def dam(size: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Return the places and densities of the water's particles and of the walls', and how many are water."""
    d = 1 / size
    water = d * (np.stack(np.mgrid[:size, : round(HEIGHT * size)], axis=-1).reshape(-1, 2) + 0.5)
    floor = d * (np.stack(np.mgrid[-3 : 4 * size, -3:0], axis=-1).reshape(-1, 2) + 0.5)
    side = d * (np.stack(np.mgrid[-3:0, : round(1.2 * HEIGHT * size)], axis=-1).reshape(-1, 2) + 0.5)
    x = np.vstack([water, floor, side])
    density = np.ones(len(x))
    density[: len(water)] += GRAVITY * (HEIGHT - water[:, 1]) / SOUND**2  # at rest: the weight of the water above
    return x, density, len(water)


def simulate(options: argparse.Namespace) -> tuple[States, int]:
    """Return times, places, velocities and densities of the frames, and how many particles are water."""
    places, densities, water = dam(options.size)
    mass, h = 1 / options.size**2, 1.4 / options.size
    dt = TIME_STEP * h / SOUND
    steps = int(LAST / math.sqrt(2 * GRAVITY) / dt) if options.size >= ENOUGH else 12
    x, new_x, v, new_v, density, new_density = (
        jk.asarray(a.copy(), device=options.device)
        for a in (places, places, 0 * places, 0 * places, densities, densities)
    )
    n, states = len(places), [(0.0, places, 0 * places, densities)]
    with jk.backend(options.backend):
        for step in _common.progress(range(steps), f"{n:,} particles, {steps:,} steps"):
            if step % REBUILT == 0:
                offsets, indices, _ = jk.spatial.radius_neighbors(x, 2.3 * h)
            push[water](x, v, density, offsets, indices, mass, h, dt, new_v)
            squeeze[n](x, new_v, density, offsets, indices, mass, h, dt, water, new_x, new_density)
            x, new_x, v, new_v, density, new_density = new_x, x, new_v, v, new_density, density
            if (step + 1) % max(1, steps // FRAMES) == 0 or step + 1 == steps:
                states.append(((step + 1) * dt, *(jk.to_numpy(a).copy() for a in (x, v, density))))
    return states, water


def energy(state: tuple[Any, ...], water: int) -> float:
    """Return the energy of motion, height and compression, for each unit of mass."""
    _, x, v, density = (part[:water] if isinstance(part, np.ndarray) else part for part in state)
    pressed = SOUND**2 * (np.log(density) + 1 / density - 1)
    return float(np.mean((v**2).sum(axis=1) / 2 + GRAVITY * x[:, 1] + pressed))


def front(state: tuple[Any, ...], water: int) -> float:
    """Return how far the water has come: past its outermost particles, of which a few may be spray."""
    return float(np.sort(state[1][:water, 0])[-3:].mean() + 0.5 / math.sqrt(water / HEIGHT))


def draw(options: argparse.Namespace, states: States, water: int) -> None:
    """Draw the water at four moments, coloured by its speed, and the way of its front."""
    from _picture import bare, picture

    title = f"dam_break: {water:,} particles of water, on {options.backend}"
    with picture(options.plot, title, (11.5, 8.2), dark=True) as figure:
        axes = figure.subplot_mosaic([[0, 1], [2, 3], ["front", "front"]], height_ratios=(3, 3, 2.2))
        for panel in range(4):
            time, x, v, _ = states[panel * (len(states) - 1) // 3]
            speed = np.hypot(*v[:water].T)
            axes[panel].scatter(*x[water:].T, s=3, color="#39414f", linewidths=0)
            axes[panel].scatter(*x[:water].T, s=5, c=speed, cmap="turbo", vmin=-0.4, vmax=2.6, linewidths=0)
            axes[panel].set(xlim=(-0.12, 3.8), ylim=(-0.12, 2.15), aspect="equal")
            bare(axes[panel], f"time {time * math.sqrt(2 * GRAVITY):.2f}")
        times = [time * math.sqrt(2 * GRAVITY) for time, *_ in states]
        axes["front"].plot(times, [front(state, water) for state in states], color="#6cc5ff", label="simulated")
        axes["front"].plot(*MEASURED.T, "o", color="#ffc46b", markersize=4, label="measured: Martin and Moyce, 1952")
        axes["front"].set(title="the front, in widths of the column", xlabel="time, in sqrt(width / 2 gravity)")
        axes["front"].legend()


def main(argv: Sequence[str] | None = None) -> None:
    options = _common.parse(_common.parser(__doc__, "particles across the column", SIZES, limits=(3, 300)), argv)
    states, water = simulate(options)
    if options.plot:
        draw(options, states, water)
    x, spacing = states[-1][1][:water], 1 / options.size
    kept = np.count_nonzero((x > -spacing).all(axis=1))
    _common.check("mass behind the walls, over all", 1 - kept / water, 0, within=0)
    first, largest = energy(states[0], water), max(energy(state, water) for state in states)
    _common.check_at_least("energy at first over the largest later", first / largest, 0.999)
    if options.size >= ENOUGH:
        time = states[-1][0] * math.sqrt(2 * GRAVITY)
        expected = float(np.interp(time, *MEASURED.T))
        _common.check(f"front at time {time:.2f}", front(states[-1], water), expected, within=0.15 * expected)


if __name__ == "__main__":
    main()
