"""galaxies: a small galaxy falls through the middle of a large one, and a ring of stars runs outwards.

That is how the Cartwheel came about (R. Lynds, A. Toomre, Astrophysical Journal 209, 382, 1976): as the intruder passes,
its pull draws the stars of the disc inwards; they swing back, those close to the centre first, and crowd in a ring that
spreads. The pull of all bodies on all is

    acceleration = jk.spatial.nbody_accelerations(positions, masses, softening)

and time advances by leapfrog, for which one kernel does kicks and drifts:

    @jk.kernel
    def advance(i, k, x, rate, dt):
        x[i, k] += dt * rate[i, k]

Check:
1. The energy, kinetic and potential by jk.spatial.nbody_energies, is what it was at first.
2. So is the momentum, and no more than rounding of it appears.
3. The ring: half of the disc's stars lie farther out than at first, by at least a tenth.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import _common
import numpy as np

import jitkit as jk

SIZES = {"python": 12, "cpu": 3_000, "cuda": 16_000}
DT, STEPS, FRAMES, SOFTENING = 0.02, 500, 50, 0.25
HOST, DISC, INTRUDER, SWARM = 1.0, 0.1, 0.4, 0.04  # masses of the centres and of the stars around them
SHOWN = (0, 16, 22, 28, 36, 48)
States = list[tuple[np.ndarray, np.ndarray]]


@jk.kernel
def advance(i, k, x, rate, dt):
    """Move one coordinate on by its rate: a kick of a velocity, or a drift of a position."""
    x[i, k] += dt * rate[i, k]


def disc(stars: int, centre: float, mass: float, reach: float, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Return masses, positions and velocities of a centre and of stars that circle it in the plane z = 0."""
    radius, angle = reach * np.sqrt(rng.uniform(0.02, 1, stars)), rng.uniform(0, 2 * np.pi, stars)
    within = centre + mass * (radius / reach) ** 2
    speed = radius * np.sqrt(within * (radius**2 + SOFTENING**2) ** -1.5)
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle), 0 * angle], axis=1)
    v = np.stack([-speed * np.sin(angle), speed * np.cos(angle), 0 * angle], axis=1)
    return np.append(centre, np.full(stars, mass / stars)), np.vstack([np.zeros(3), x]), np.vstack([np.zeros(3), v])


def collision(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return masses, positions and velocities of both galaxies, about their common centre of mass; the disc comes first."""
    rng = np.random.default_rng(2)
    swarm = max(1, n // 6)
    mass1, x1, v1 = disc(n - swarm - 2, HOST, DISC, 2.0, rng)
    mass2, x2, v2 = disc(swarm, INTRUDER, SWARM, 0.5, rng)
    above = 4.0
    speed = np.sqrt(2 * (HOST + DISC + INTRUDER + SWARM) / above)  # as if it fell from rest, from far away
    x2, v2 = x2[:, [2, 0, 1]] + np.array([0.1, 0, above]), v2[:, [2, 0, 1]] - np.array([0, 0, speed])
    mass, x, v = np.concatenate([mass1, mass2]), np.vstack([x1, x2]), np.vstack([v1, v2])
    return mass, x - mass @ x / mass.sum(), v - mass @ v / mass.sum()


def simulate(options: argparse.Namespace, mass: np.ndarray, x: np.ndarray, v: np.ndarray) -> tuple[States, list[float]]:
    """Return positions and velocities of each frame, and the energy of the first and the last."""
    m, at, speed = (jk.asarray(part.astype(np.float32), device=options.device) for part in (mass, x, v))
    pull = jk.empty(x.shape, np.float32, device=options.device)
    states, energies = [(on_host(at), on_host(speed))], []
    with jk.backend(options.backend):
        energies.append(float(sum(jk.spatial.nbody_energies(at, speed, m, SOFTENING))))
        jk.spatial.nbody_accelerations(at, m, SOFTENING, out=pull)
        for step in _common.progress(range(1, STEPS + 1), f"{options.size} bodies"):
            advance[x.shape](speed, pull, DT / 2)
            advance[x.shape](at, speed, DT)
            jk.spatial.nbody_accelerations(at, m, SOFTENING, out=pull)
            advance[x.shape](speed, pull, DT / 2)
            if step % (STEPS // FRAMES) == 0:
                states.append((on_host(at), on_host(speed)))
        energies.append(float(sum(jk.spatial.nbody_energies(at, speed, m, SOFTENING))))
    return states, energies


def on_host(part: Any) -> np.ndarray:
    return jk.to_numpy(part).astype(np.float64)


def spread(x: np.ndarray, stars: int) -> float:
    """Return the distance from the disc's centre within which half of its stars lie."""
    return float(np.median(np.linalg.norm(x[1 : stars + 1] - x[0], axis=1)))


def draw(options: argparse.Namespace, states: States) -> None:
    """Draw the disc from above at six moments, the intruder's stars in blue."""
    from _picture import bare, picture

    n = options.size
    stars = n - max(1, n // 6) - 1
    title = f"galaxies: {n:,} bodies, {STEPS:,} steps, on {options.backend}"
    with picture(options.plot, title, (12.5, 8.8), dark=True) as figure:
        for axes, frame in zip(figure.subplots(2, 3).flat, SHOWN, strict=True):
            x = states[frame][0] - states[frame][0][0]
            # Seen from a little to the side: the height tilts upwards.
            across, up = x[:, 0], 0.8 * x[:, 1] + 0.6 * x[:, 2]
            axes.scatter(across[:stars], up[:stars], s=2.2, color="#ffc46b", alpha=0.75, linewidths=0)
            axes.scatter(across[stars:], up[stars:], s=2.2, color="#6cc5ff", alpha=0.75, linewidths=0)
            axes.set(xlim=(-3.4, 3.4), ylim=(-3.6, 3.0), aspect="equal")
            bare(axes, f"time {frame * STEPS // FRAMES * DT:.1f}")


def main(argv: Sequence[str] | None = None) -> None:
    options = _common.parse(_common.parser(__doc__, "bodies", SIZES, limits=(8, 50_000)), argv)
    mass, x, v = collision(options.size)
    states, (before, after) = simulate(options, mass, x, v)
    if options.plot:
        draw(options, states)
    stars = options.size - max(1, options.size // 6) - 2
    momentum = np.abs(mass @ states[-1][1]).max()
    _common.check("energy over that at first", after / before, 1, within=5e-3)
    _common.check("largest component of the momentum", momentum, 0, within=1e-4)
    if options.size >= SIZES["cpu"]:
        grown = spread(states[-1][0], stars) / spread(states[0][0], stars)
        _common.check_at_least("reach of half of the stars over that at first", grown, 1.1)


if __name__ == "__main__":
    main()
