"""Taichi on the CPU, on NumPy arrays; for float32, the type that its kernels name.

Taichi reads annotations as they are: no `from __future__ import annotations` here.
"""

import os
from typing import Any

import numpy as np
import taichi as ti

from jitkit.cases.block_sum import BLOCK

from ._steps import steps_of

ti.init(
    arch=ti.cpu,
    cpu_max_num_threads=int(os.environ.get("OMP_NUM_THREADS", "2")),
    log_level=ti.ERROR,
    offline_cache=False,
)

vector = ti.types.ndarray(dtype=ti.f32, ndim=1)
matrix = ti.types.ndarray(dtype=ti.f32, ndim=2)
box = ti.types.ndarray(dtype=ti.f32, ndim=3)
counters = ti.types.ndarray(dtype=ti.i32, ndim=2)


@ti.kernel
def saxpy(a: ti.f32, x: vector, y: vector):
    """Add `a` times `x` to `y`."""
    for i in x:
        y[i] = a * x[i] + y[i]


@ti.kernel
def heat(u: matrix, out: matrix, k: ti.f32):
    """Take one step."""
    for i, j in ti.ndrange((1, u.shape[0] - 1), (1, u.shape[1] - 1)):
        out[i, j] = u[i, j] + k * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - 4 * u[i, j])


@ti.kernel
def wave(u_prev: box, u: box, u_next: box, courant2: ti.f32):
    """Take one step."""
    for i, j, k in ti.ndrange((1, u.shape[0] - 1), (1, u.shape[1] - 1), (1, u.shape[2] - 1)):
        around = u[i - 1, j, k] + u[i + 1, j, k] + u[i, j - 1, k] + u[i, j + 1, k] + u[i, j, k - 1] + u[i, j, k + 1]
        u_next[i, j, k] = 2 * u[i, j, k] - u_prev[i, j, k] + courant2 * (around - 6 * u[i, j, k])


@ti.kernel
def mandelbrot(x: vector, y: vector, counts: counters, limit: ti.i32):
    """Count the steps until each orbit escapes."""
    for i, j in counts:
        zx, zy, count = 0.0, 0.0, 0
        while count < limit and zx * zx + zy * zy <= 4:
            zx, zy = zx * zx - zy * zy + x[j], (zx + zx) * zy + y[i]
            count += 1
        counts[i, j] = count


@ti.kernel
def nbody(x: vector, y: vector, z: vector, mass: vector, ax: vector, ay: vector, az: vector, softening2: ti.f32):
    """Sum the accelerations of all bodies on all."""
    for i in x:
        sum_x, sum_y, sum_z = 0.0, 0.0, 0.0
        for j in range(x.shape[0]):
            dx, dy, dz = x[j] - x[i], y[j] - y[i], z[j] - z[i]
            inverse = ti.rsqrt(dx * dx + dy * dy + dz * dz + softening2)
            pull = mass[j] * inverse * inverse * inverse
            sum_x += pull * dx
            sum_y += pull * dy
            sum_z += pull * dz
        ax[i], ay[i], az[i] = sum_x, sum_y, sum_z


@ti.kernel
def transpose(x: matrix, out: matrix):
    """Copy each element to its place."""
    for i, j in x:
        out[j, i] = x[i, j]


@ti.kernel
def block_sums(x: vector, sums: vector):
    """Sum blocks, a thread for each."""
    for b in sums:
        total = 0.0
        for i in range(b * BLOCK, ti.min((b + 1) * BLOCK, x.shape[0])):
            total += x[i]
        sums[b] = total


@ti.kernel
def group_histogram(x: vector, counts: ti.types.ndarray(dtype=ti.i32, ndim=1), low: ti.f32, bins_per_unit: ti.f32):
    """Count all elements."""
    for i in x:
        position = (x[i] - low) * bins_per_unit
        if position >= 0 and position < counts.shape[0]:
            counts[int(position)] += 1


def bound(kernel: Any) -> Any:
    """Return a function that gives a call on the problem's own arrays."""

    def bind(*args: Any) -> Any:
        if any(isinstance(arg, np.ndarray) and arg.dtype == np.float64 for arg in args):
            raise NotImplementedError("these kernels name float32")

        def call() -> None:
            kernel(*args)
            ti.sync()

        return call

    return bind


KERNELS = (saxpy, heat, wave, mandelbrot, nbody, transpose, group_histogram)
NAMES = "saxpy heat wave mandelbrot nbody transpose group_histogram".split()
PEERS = {name: bound(kernel) for name, kernel in zip(NAMES, KERNELS, strict=True)}
PEERS |= {"block_sum": bound(block_sums), "stencil_tiled": steps_of(bound(heat))}
