"""cylinder: a river around a pillar, its drag, and the street of vortices behind it.

The lattice Boltzmann method knows no pressure equation: at each point stand the numbers of particles that fly in nine
directions. In a step they collide, towards the equilibrium of their density and velocity, and fly on to the next point.
Both are one kernel, which reads nine numbers of a point and writes them to its neighbours (even and odd parts of opposite
directions relax at rates of their own: I. Ginzburg, F. Verhaeghe, D. d'Humieres, Commun. Comput. Phys. 3, 427-478, 2008):

    def pair(a, b, weight, speed, base, even, odd):
        same = even * (0.5 * (a + b) - weight * (base + 4.5 * speed * speed))
        other = odd * (0.5 * (a - b) - 3.0 * weight * speed)
        return a - same - other, b - same + other

A second kernel runs over the links that end in a wall, and sends back what flew in; where the round wall cuts a link decides
how it interpolates (M. Bouzidi, M. Firdaouss, P. Lallemand, Phys. Fluids 13, 3452-3459, 2001). What a link gives to the wall
is the force on the pillar.

Check: the flow is test case 2D-1 of M. Schaefer, S. Turek, "Benchmark computations of laminar flow around a cylinder",
1996, at Reynolds number 20: the drag coefficient is 5.5795, which 16 points or more across the pillar reach within 2 %. They
go on with case 2D-2, at Reynolds number 100, where vortices leave at a Strouhal number of 0.30. With fewer points there is
neither the time nor the resolution, and the drag shall lie within half of the benchmark's.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from typing import Any

import _common
import numpy as np

import jitkit as jk

SIZES = {"python": 3, "cpu": 20, "cuda": 40}
DRAG, STROUHAL = 5.5795, 0.30
FINE = 16  # points across the pillar, from which on the flow is that of the benchmark and has a street of vortices
DIRECTIONS = ((0, 0), (0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, -1), (-1, 1))  # rows, columns
OPPOSITE = (0, 3, 4, 1, 2, 7, 8, 5, 6)
WEIGHTS = (4 / 9, 1 / 9, 1 / 9, 1 / 9, 1 / 9, 1 / 36, 1 / 36, 1 / 36, 1 / 36)


def pair(a, b, weight, speed, base, even, odd):
    same = even * (0.5 * (a + b) - weight * (base + 4.5 * speed * speed))
    other = odd * (0.5 * (a - b) - 3.0 * weight * speed)
    return a - same - other, b - same + other


def moments(f, i, j):
    """Return the density, and the velocity along columns and rows."""
    east, west = f[1, i, j] + f[5, i, j] + f[8, i, j], f[3, i, j] + f[6, i, j] + f[7, i, j]
    north, south = f[2, i, j] + f[5, i, j] + f[6, i, j], f[4, i, j] + f[7, i, j] + f[8, i, j]
    rho = f[0, i, j] + east + west + f[2, i, j] + f[4, i, j]
    return rho, (east - west) / rho, (north - south) / rho


@jk.kernel
def collide_and_fly(i, j, f, g, even, odd):
    rho, u, v = moments(f, i, j)
    base = 1.0 - 1.5 * (u * u + v * v)
    straight, slanted = rho * (1 / 9), rho * (1 / 36)
    g[0, i, j] = f[0, i, j] - even * (f[0, i, j] - 4.0 * straight * base)
    g[1, i, j + 1], g[3, i, j - 1] = pair(f[1, i, j], f[3, i, j], straight, u, base, even, odd)
    g[2, i + 1, j], g[4, i - 1, j] = pair(f[2, i, j], f[4, i, j], straight, v, base, even, odd)
    g[5, i + 1, j + 1], g[7, i - 1, j - 1] = pair(f[5, i, j], f[7, i, j], slanted, u + v, base, even, odd)
    g[6, i + 1, j - 1], g[8, i - 1, j + 1] = pair(f[6, i, j], f[8, i, j], slanted, v - u, base, even, odd)


@jk.kernel
def send_back(link, g, where, share, moved, force):
    """Send back what flew into a wall along a link; `share` of the link lies before the wall."""
    k, back, i, j, di, dj = (
        where[0, link], where[1, link], where[2, link], where[3, link], where[4, link], where[5, link],
    )  # fmt: skip
    flown, q = g[k, i + di, j + dj], share[link]
    if q < 0.5:
        returned = 2.0 * q * flown + (1.0 - 2.0 * q) * g[k, i, j]
    else:
        returned = (flown + (2.0 * q - 1.0) * g[back, i - di, j - dj]) / (2.0 * q)
    returned += moved[link]
    g[back, i, j] = returned
    force[0, link], force[1, link] = (flown + returned) * int(dj), (flown + returned) * int(di)


@jk.kernel
def leave(i, g, j):
    """Let the last column see the one before it, at the density of the outflow, 1."""
    rho, u, v = moments(g, i, j - 1)
    base = 1.0 - 1.5 * (u * u + v * v)
    missing = (1.0 - rho) * (1 / 36)
    g[3, i, j] = g[3, i, j - 1] + 4.0 * missing * (base - 3.0 * u + 4.5 * u * u)
    g[6, i, j] = g[6, i, j - 1] + missing * (base + 3.0 * (v - u) + 4.5 * (v - u) * (v - u))
    g[7, i, j] = g[7, i, j - 1] + missing * (base - 3.0 * (u + v) + 4.5 * (u + v) * (u + v))


class River:
    """A channel 4.1 times as wide as the pillar and so many times as long, with the pillar 2 widths behind the inflow."""

    def __init__(self, options: argparse.Namespace, reynolds: float, length: int) -> None:
        self.across = options.size
        self.rows, self.columns = round(4.1 * self.across), length * self.across
        self.speed = 0.1 if self.across >= FINE else 0.15  # in the middle of the inflow, a step; sound has 0.58
        self.mean = self.speed * 2 / 3
        viscosity = self.mean * self.across / reynolds
        even = 3 * viscosity + 0.5
        self.rates = 1 / even, 1 / (0.5 + 3 / 16 / (even - 0.5))  # walls halfway along links stay there
        rows, columns = np.mgrid[: self.rows + 2, : self.columns + 2] - 0.5
        self.solid = np.hypot(rows - 2 * self.across, columns - 2 * self.across) < self.across / 2
        f = np.array([w * (1 + 3 * dj * self.profile(rows)) for w, (_, dj) in zip(WEIGHTS, DIRECTIONS, strict=True)])
        self.f, self.g = (jk.asarray(x.astype(np.float32), device=options.device) for x in (f, f.copy()))
        links = self.links()
        self.on_pillar = int(links[-1].sum())
        self.where, self.share, self.moved = (jk.asarray(x, device=options.device) for x in links[:3])
        self.force = jk.zeros((2, links[1].size), np.float32, device=options.device)

    def profile(self, y: Any) -> Any:
        """Return the speed of the inflow at a distance from the wall."""
        return np.maximum(4 * self.speed * y * (self.rows - y) / self.rows**2, 0.0)

    def links(self) -> tuple[np.ndarray, ...]:
        """Return the links from points of the river that end in a wall, those on the pillar first."""
        found = []
        for k, (di, dj) in enumerate(DIRECTIONS[1:], 1):
            i, j = np.nonzero(~self.solid[1:-1, 1:-1])
            i, j = i + 1, j + 1
            pillar = self.solid[i + di, j + dj]
            inflow, side = j + dj == 0, (i + di == 0) | (i + di == self.rows + 1)
            y, x = i - 0.5 - 2 * self.across, j - 0.5 - 2 * self.across
            along, length = y * di + x * dj, di * di + dj * dj
            root = np.sqrt(np.maximum(along**2 - length * (y * y + x * x - self.across**2 / 4), 0))
            share = np.where(pillar, (-along - root) / length, 0.5)
            moved = np.where(inflow & ~side, -6 * WEIGHTS[k] * dj * self.profile(i - 0.5 + di / 2), 0)
            where = np.array(
                [np.full_like(i, k), np.full_like(i, OPPOSITE[k]), i, j, np.full_like(i, di), np.full_like(i, dj)]
            )
            kept = pillar | inflow | side
            found.append([part[..., kept] for part in (where, share, moved, pillar)])
        where, share, moved, pillar = (np.concatenate(parts, axis=-1) for parts in zip(*found, strict=True))
        order = np.argsort(~pillar, kind="stable")
        return (
            where[:, order].astype(np.int32),
            share[order].astype(np.float32),
            moved[order].astype(np.float32),
            pillar,
        )

    def advance(self, steps: int) -> np.ndarray:
        """Take some steps; return the coefficients of drag and lift after the last one."""
        for _ in range(steps):
            collide_and_fly[1 : self.rows + 1, 1 : self.columns + 1](self.f, self.g, *self.rates)
            send_back[self.share.shape[0]](self.g, self.where, self.share, self.moved, self.force)
            leave[1 : self.rows + 1](self.g, self.columns)
            self.f, self.g = self.g, self.f
        force = jk.to_numpy(self.force)[:, : self.on_pillar].sum(axis=1, dtype=np.float64)
        return force / (0.5 * self.mean**2 * self.across)

    def vorticity(self) -> np.ndarray:
        """Return how fast the river turns, in units of the inflow over the pillar's width."""
        f = jk.to_numpy(self.f).astype(np.float64)[:, 1:-1, 1:-1]
        rows, columns = np.array(DIRECTIONS).T
        rho = f.sum(axis=0)
        u, v = np.tensordot(columns, f, 1) / rho, np.tensordot(rows, f, 1) / rho
        turning = (np.gradient(v, axis=1) - np.gradient(u, axis=0)) * self.across / self.mean
        return np.where(self.solid[1:-1, 1:-1], 0.0, turning)


def flow(
    options: argparse.Namespace, reynolds: float, length: int, duration: int, samples: int
) -> tuple[River, np.ndarray]:
    """Return the river after so many times its way past the pillar, and samples of drag and lift on the way."""
    river = River(options, reynolds, length)
    steps = max(1, round(river.across / river.mean / samples))
    with jk.backend(options.backend):
        doing = f"Reynolds number {reynolds:g}, {duration * samples * steps:,} steps"
        found = [river.advance(steps) for _ in _common.progress(range(duration * samples), doing)]
    times = np.arange(1, duration * samples + 1) * steps * river.mean / river.across
    return river, np.vstack([times, np.array(found).T])


def frequency(times: np.ndarray, lift: np.ndarray) -> float:
    """Return how often the lift turns from down to up, in a unit of time."""
    swing = lift - lift.mean()
    (at,) = np.nonzero((swing[:-1] < 0) & (swing[1:] >= 0))
    crossings = times[at] - swing[at] * (times[at + 1] - times[at]) / (swing[at + 1] - swing[at])
    return (crossings.size - 1) / (crossings[-1] - crossings[0]) if crossings.size > 1 else math.nan


def draw(options: argparse.Namespace, flows: dict[float, tuple[River, np.ndarray]]) -> None:
    """Draw how the rivers turn, and what the pillar feels."""
    from _picture import SWINGS, bare, picture
    from matplotlib.patches import Circle

    title = f"cylinder: {options.size} points across the pillar, on {options.backend}"
    with picture(options.plot, title, (12.5, 3.1 + 2.6 * len(flows)), dark=True) as figure:
        rows = figure.subplots(len(flows) + 1, 1, height_ratios=[1.0] * len(flows) + [0.9])
        for axes, (reynolds, (river, _)) in zip(rows, flows.items(), strict=False):
            turning = river.vorticity()
            extent = (0, river.columns / river.across, 0, river.rows / river.across)
            axes.imshow(turning, cmap=SWINGS, vmin=-7, vmax=7, origin="lower", extent=extent, interpolation="bicubic")
            axes.add_patch(Circle((2, 2), 0.5, color="#d8dee9"))
            bare(axes, f"Reynolds number {reynolds:g}: vorticity, blue turns clockwise")
        for (reynolds, (_, (times, drag, lift))), colour in zip(flows.items(), ("#ffb15c", "#2f9bff"), strict=False):
            rows[-1].plot(times, drag, color=colour, label=f"drag, Reynolds number {reynolds:g}")
            if reynolds > 20:
                rows[-1].plot(times, lift, color=colour, linewidth=0.8, label=f"lift, Reynolds number {reynolds:g}")
        rows[-1].axhline(DRAG, color="white", linestyle="--", linewidth=0.8, label="drag in the benchmark, 5.5795")
        rows[-1].set(xlabel="times the inflow has passed the pillar", ylim=(-1.5, 7.5), xlim=(0, None))
        rows[-1].legend(ncols=4, loc="upper right", fontsize=8)


def main(argv: Sequence[str] | None = None) -> None:
    parser = _common.parser(__doc__, "points across the pillar", SIZES, limits=(3, 200))
    options = _common.parse(parser, argv)
    fine = options.size >= FINE
    flows = {20.0: flow(options, 20.0, *((14, 30, 10) if fine else (7, 4, 10)))}
    if fine:
        flows[100.0] = flow(options, 100.0, 22, 50, 10)
    if options.plot:
        draw(options, flows)
    drag = flows[20.0][1][1]
    measured = drag[-len(drag) // 3 :].mean()
    _common.check("drag coefficient at Reynolds number 20", measured, DRAG, within=(0.02 if fine else 0.5) * DRAG)
    if fine:
        times, _, lift = flows[100.0][1]
        late = times > 25
        _common.check("Strouhal number at 100", frequency(times[late], lift[late]), STROUHAL, within=0.012)


if __name__ == "__main__":
    main()
