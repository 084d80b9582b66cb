"""nbody: two galaxies of stars pass each other and draw out tails.

The pull of all bodies on one is the kernel of `jitkit.cases.nbody`, with G = 1. Its sums may be reordered, so that they
vectorise: that is what `fastmath=True` allows.

    @jk.kernel(fastmath=True)
    def nbody(i, x, y, z, mass, ax, ay, az, softening2):
        xi, yi, zi = x[i], y[i], z[i]
        sum_x = 0.0
        sum_y = 0.0
        sum_z = 0.0
        for j in range(x.shape[0]):
            dx = x[j] - xi
            dy = y[j] - yi
            dz = z[j] - zi
            inverse = 1.0 / math.sqrt(dx * dx + dy * dy + dz * dz + softening2)
            pull = mass[j] * inverse * inverse * inverse
            sum_x += pull * dx
            sum_y += pull * dy
            sum_z += pull * dz
        ax[i] = sum_x
        ay[i] = sum_y
        az[i] = sum_z

Time advances by leapfrog: half a kick of the velocities, a drift of the positions, new accelerations, half a kick. Both
are y = a x + y, so the kernel of `jitkit.cases.saxpy` does them, and on a GPU nothing leaves it between the steps. The
idea is that of A. Toomre, J. Toomre, Galactic bridges and tails, Astrophysical Journal 178, 1972.

Check: total energy, momentum and angular momentum are what they were at first, although every star has gone elsewhere.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import _common
import numpy as np

import jitkit as jk
from jitkit.cases.nbody import nbody
from jitkit.cases.saxpy import saxpy

SIZES = {"python": 12, "cpu": 2_000, "cuda": 16_000}
DT, STEPS, FRAMES = 0.01, 1_000, 40
SOFTENING2 = 0.1**2
CENTRE, DISC = 1.0, 0.1  # masses in each galaxy
States = list[tuple[np.ndarray, np.ndarray]]


def galaxy(stars: int, tilt: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the masses, positions and velocities of a heavy centre and a disc of stars on circular orbits."""
    radius = np.sqrt(rng.uniform(0.3**2, 1.6**2, stars))
    direction = np.exp(1j * rng.uniform(0, 2 * np.pi, stars))
    speed = radius * np.sqrt(CENTRE * (radius**2 + SOFTENING2) ** -1.5)
    mass = np.append(CENTRE, np.full(stars, DISC / stars))
    x, v = np.append(0, radius * direction), np.append(0, 1j * speed * direction)
    return mass, *(np.array([z.real, z.imag * np.cos(tilt), z.imag * np.sin(tilt)]) for z in (x, v))


def encounter(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the masses, positions and velocities of two galaxies on a parabolic orbit, around their centre of mass."""
    rng = np.random.default_rng(1)
    (m1, x1, v1), (m2, x2, v2) = galaxy(n // 2 - 1, 0.0, rng), galaxy(n - n // 2 - 1, 0.9, rng)
    total, apart, nearest = 2 * (CENTRE + DISC), 5.0, 1.8
    sideways = np.sqrt(2 * total * nearest) / apart
    inwards = np.sqrt(2 * total / apart - sideways**2)
    half_x, half_v = np.array([[-apart], [0], [0]]) / 2, np.array([[inwards], [-sideways], [0]]) / 2
    mass, x, v = np.concatenate([m1, m2]), np.hstack([x1 + half_x, x2 - half_x]), np.hstack([v1 + half_v, v2 - half_v])
    return mass, x - (x @ mass / mass.sum())[:, None], v - (v @ mass / mass.sum())[:, None]


def simulate(options: argparse.Namespace, mass: np.ndarray, x: Any, v: Any) -> States:
    """Return positions and velocities at the start and after each of `FRAMES` frames."""
    n = mass.size
    m, *state = (jk.asarray(a.astype(np.float32), device=options.device) for a in (mass, *x, *v))
    x, v, a = state[:3], state[3:], [jk.zeros(n, np.float32, device=options.device) for _ in range(3)]
    states = [(on_host(x), on_host(v))]
    with jk.backend(options.backend):
        nbody[n](*x, m, *a, SOFTENING2)
        for step in _common.progress(range(1, STEPS + 1), f"{n} bodies"):
            for axis in range(3):
                saxpy[n](DT / 2, a[axis], v[axis])
                saxpy[n](DT, v[axis], x[axis])
            nbody[n](*x, m, *a, SOFTENING2)
            for axis in range(3):
                saxpy[n](DT / 2, a[axis], v[axis])
            if step % (STEPS // FRAMES) == 0:
                states.append((on_host(x), on_host(v)))
    return states


def on_host(parts: list[Any]) -> np.ndarray:
    return np.array([jk.to_numpy(part) for part in parts], dtype=np.float64)


def energy(mass: np.ndarray, x: np.ndarray, v: np.ndarray) -> float:
    """Return kinetic and potential energy together, each pair of bodies once."""
    total = np.sum(mass * v**2) / 2
    for i in range(1, mass.size):
        total -= mass[i] * np.sum(mass[:i] / np.sqrt(np.sum((x[:, :i] - x[:, i : i + 1]) ** 2, axis=0) + SOFTENING2))
    return float(total)


def draw(options: argparse.Namespace, states: States) -> None:
    """Draw the stars at six moments, each galaxy in its colour, with the path of its centre."""
    from _picture import bare, picture

    n = options.size
    paths = np.array([x[:2, [0, n // 2]] for x, _ in states])
    title = f"nbody: {n:,} bodies, {STEPS:,} steps, on {options.backend}"
    with picture(options.plot, title, (12.5, 6.4), dark=True) as figure:
        for axes, frame in zip(figure.subplots(2, 3).flat, (0, 13, 19, 24, 31, FRAMES), strict=True):
            x = states[frame][0]
            for galaxy, colour, stars in ((0, "#ffb15c", slice(0, n // 2)), (1, "#6cc5ff", slice(n // 2, n))):
                axes.plot(*paths[: frame + 1, :, galaxy].T, color=colour, linewidth=0.8, alpha=0.5)
                axes.scatter(*x[:2, stars], s=2.5, color=colour, alpha=0.75, linewidths=0)
            axes.scatter(*paths[frame], s=22, color="white", linewidths=0, zorder=3)
            axes.set(xlim=(-6, 6), ylim=(-3.8, 3.8), aspect="equal")
            bare(axes, f"time {frame * STEPS // FRAMES * DT:.2f}")


def main(argv: Sequence[str] | None = None) -> None:
    options = _common.parse(_common.parser(__doc__, "bodies", SIZES, limits=(4, 50_000)), argv)
    mass, x, v = encounter(options.size)
    states = simulate(options, mass, x, v)
    if options.plot:
        draw(options, states)
    (x, v), (x_end, v_end) = states[0], states[-1]
    _common.check("energy over that at first", energy(mass, x_end, v_end) / energy(mass, x, v), 1, within=5e-4)
    _common.check("largest component of the momentum", np.max(np.abs(v_end @ mass)), 0, within=1e-4)
    spin, spin_end = np.cross(x, v, axis=0) @ mass, np.cross(x_end, v_end, axis=0) @ mass
    _common.check("largest change of the angular momentum", np.max(np.abs(spin_end - spin)), 0, within=1e-3)


if __name__ == "__main__":
    main()
