"""nbody_accelerations: how bodies attract one another; nbody_energies: what of that is conserved."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from typing import Any

import jitkit as jk
from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch.launcher import Launcher
from jitkit.primitives.reduce import reduce
from jitkit.spatial import _grid, _points

TILE = 512
"""Bodies whose pull is summed on its own: four arrays of them fit into the first cache, and rounding grows with the tile."""


def _pull(mass, square):
    """Return a mass over the cube of its distance; the cube and its root stand together, where one step serves both."""
    inverse = 1.0 / math.sqrt(square)
    return mass * inverse * inverse * inverse


@jk.kernel(fastmath=True)
def _attract(i, at, mass, softening2, G, out):
    """Sum the pull of all bodies on body `i`; coordinates come last as first, see `_grid.spread`."""
    n, d = mass.shape[0], out.shape[1]
    x, y, z = at[0, i], at[1, i], at[2, i]
    total_x, total_y, total_z = 0.0, 0.0, 0.0
    for start in range(0, n, TILE):
        sum_x, sum_y, sum_z = 0.0, 0.0, 0.0
        for j in range(start, min(start + TILE, n)):
            dx, dy, dz = at[0, j] - x, at[1, j] - y, at[2, j] - z
            square = dx * dx + dy * dy + dz * dz + softening2
            pull = _pull(mass[j], square) if square > 0 else 0.0
            sum_x += pull * dx
            sum_y += pull * dy
            sum_z += pull * dz
        total_x += sum_x
        total_y += sum_y
        total_z += sum_z
    out[i, d - 1] = G * total_z
    if d > 1:
        out[i, d - 2] = G * total_y
    if d > 2:
        out[i, 0] = G * total_x


@jk.kernel(fastmath=True)
def _bind(i, at, mass, softening2, out):
    """Write half the potential energy of body `i` among all others, with G = 1."""
    n = mass.shape[0]
    x, y, z = at[0, i], at[1, i], at[2, i]
    total = 0.0
    for start in range(0, n, TILE):
        part = 0.0
        for j in range(start, min(start + TILE, n)):
            dx, dy, dz = at[0, j] - x, at[1, j] - y, at[2, j] - z
            square = dx * dx + dy * dy + dz * dz + softening2
            inverse = 1.0 / math.sqrt(square) if square > 0 else 0.0
            part += mass[j] * inverse if j != i else 0.0
        total += part
    out[i] = -0.5 * mass[i] * total


@jk.kernel
def _move(i, velocities, mass, out):
    total = 0.0
    for k in range(velocities.shape[1]):
        total += velocities[i, k] * velocities[i, k]
    out[i] = 0.5 * mass[i] * total


_attracts, _binds, _moves = Launcher(_attract), Launcher(_bind), Launcher(_move)


def nbody_accelerations(
    positions: Any, masses: Any, softening: float = 0.0, G: float = 1.0, *, out: Any = None, backend: str | None = None
) -> Any:
    """Return the gravitational accelerations of bodies that attract one another.

    Parameters
    ----------
    positions : array_like or device array, shape (n, d)
        Places in one to three dimensions, one in each row.
    masses : array_like or device array, shape (n,)
        Masses.
    softening : float, default 0
        Plummer's softening length, in the unit of the positions.
    G : float, default 1
        The gravitational constant.
    out : array, shape (n, d), optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array of shape (n, d)
        ``G * sum_j masses[j] * (x[j] - x[i]) / (|x[j] - x[i]|**2 + softening**2)**1.5``; float32 where the positions are,
        else float64. Without softening, bodies at one place do not attract each other.

    Raises
    ------
    LaunchError
        For arrays of other shapes, and a softening that is negative.
    KernelTypeError
        For complex numbers, or what are no numbers.

    Notes
    -----
    All pairs, in tiles (L. Nyland, M. Harris, J. Prins, Fast N-body simulation with CUDA, GPU Gems 3, 2007, chapter 31).
    In float32 softening keeps what is close from overflowing: the cube of an inverse distance is formed.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.spatial.nbody_accelerations(np.array([[0.0, 0.0], [2.0, 0.0]]), np.array([1.0, 4.0]))
    array([[ 1.  ,  0.  ],
           [-0.25,  0.  ]])
    """
    name = "spatial.nbody_accelerations"
    x, mass = _bodies(positions, masses, softening, name)
    dtype, device = operands.dtype_of(x), operands.device_of(x)
    strength = operands.number(G, "G", name)
    result = operands.result(out, tuple(x.shape), dtype, device, name, (mass,))
    if x.shape[0]:
        at = _grid.spread(x, backend)
        _attracts(x.shape[0], backend)(at, mass, float(softening) ** 2, strength, result)
    return operands.delivered(result, out, name)


def nbody_energies(
    positions: Any,
    velocities: Any,
    masses: Any,
    softening: float = 0.0,
    G: float = 1.0,
    *,
    backend: str | None = None,
) -> tuple[Any, Any]:
    """Return the kinetic and the potential energy of bodies that attract one another.

    Parameters
    ----------
    positions, masses, softening, G, backend
        As for `nbody_accelerations`.
    velocities : array_like or device array, shape (n, d)
        The velocities.

    Returns
    -------
    kinetic, potential : numbers
        The potential energy counts each pair once, softened as the accelerations are.

    Raises
    ------
    LaunchError, KernelTypeError
        As `nbody_accelerations`.

    Notes
    -----
    All pairs: costs as much as the accelerations.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> x, v = np.array([[0.0, 0.0], [2.0, 0.0]]), np.array([[0.0, 3.0], [0.0, 0.0]])
    >>> kinetic, potential = jk.spatial.nbody_energies(x, v, np.array([2.0, 4.0]))
    >>> float(kinetic), float(potential)
    (9.0, -4.0)
    """
    name = "spatial.nbody_energies"
    x, mass = _bodies(positions, masses, softening, name)
    x, v = _points.checked([x, velocities], ["positions", "velocities"], name)
    n, dtype, device = x.shape[0], operands.dtype_of(x), operands.device_of(x)
    if v.shape[0] != n:
        raise LaunchError(f"jk.{name}: {n} positions and {v.shape[0]} velocities; expected one of each for a body")
    kinetic, potential = (operands.made((n,), (dtype,), device) for _ in range(2))
    if n:
        _moves(n, backend)(v, mass, kinetic)
        _binds(n, backend)(_grid.spread(x, backend), mass, float(softening) ** 2, potential)
    total = [reduce("add", part, initial=0.0, backend=backend) for part in (kinetic, potential)]
    return total[0], G * total[1]


def _bodies(positions: Any, masses: Any, softening: float, name: str) -> tuple[Any, Any]:
    """Return positions and masses as arrays of one type."""
    (x,) = _points.checked([positions], ["positions"], name)
    x, mass = operands.alike([x, masses], name)
    if not 1 <= x.shape[1] <= _grid.AXES:
        raise LaunchError(f"jk.{name}: positions of {x.shape[1]} coordinates; expected 1 to 3")
    if tuple(mass.shape) != (x.shape[0],):
        raise LaunchError(
            f"jk.{name}: masses have the shape {tuple(mass.shape)}; expected ({x.shape[0]},), one for each of the positions"
        )
    if not operands.number(softening, "softening", name) >= 0:
        raise LaunchError(f"jk.{name}: softening={softening!r}; expected a length from 0")
    return x, mass
