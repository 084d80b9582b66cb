"""Warp on the CPU, where a launch runs in one thread; for float32, the type that its kernels name."""

# ruff: noqa: UP018, RUF046 (to Warp a bare literal is a constant, float(0.0) a variable)
from __future__ import annotations

from typing import Any

import numpy as np
import warp as wp

wp.config.quiet = True
wp.init()
wp.set_module_options({"fast_math": True, "enable_backward": False})

vector, matrix, box = wp.array(dtype=wp.float32), wp.array2d(dtype=wp.float32), wp.array3d(dtype=wp.float32)


@wp.kernel
def saxpy(a: wp.float32, x: vector, y: vector):
    """Add `a` times `x` to `y`."""
    i = wp.tid()
    y[i] = a * x[i] + y[i]


@wp.kernel
def heat(u: matrix, out: matrix, k: wp.float32):
    """Take one step."""
    p, q = wp.tid()
    i, j = p + 1, q + 1
    out[i, j] = u[i, j] + k * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - 4.0 * u[i, j])


@wp.kernel
def wave(u_prev: box, u: box, u_next: box, courant2: wp.float32):
    """Take one step."""
    p, q, r = wp.tid()
    i, j, k = p + 1, q + 1, r + 1
    around = u[i - 1, j, k] + u[i + 1, j, k] + u[i, j - 1, k] + u[i, j + 1, k] + u[i, j, k - 1] + u[i, j, k + 1]
    u_next[i, j, k] = 2.0 * u[i, j, k] - u_prev[i, j, k] + courant2 * (around - 6.0 * u[i, j, k])


@wp.kernel
def mandelbrot(x: vector, y: vector, counts: wp.array2d(dtype=wp.int32), limit: int):
    """Count the steps until each orbit escapes."""
    i, j = wp.tid()
    cx, cy = x[j], y[i]
    zx = float(0.0)
    zy = float(0.0)
    count = int(0)
    while count < limit and zx * zx + zy * zy <= 4.0:
        t = zx * zx - zy * zy + cx
        zy = (zx + zx) * zy + cy
        zx = t
        count += 1
    counts[i, j] = count


@wp.kernel
def nbody(x: vector, y: vector, z: vector, mass: vector, ax: vector, ay: vector, az: vector, softening2: wp.float32):
    """Sum the accelerations of all bodies on one."""
    i = wp.tid()
    sum_x = float(0.0)
    sum_y = float(0.0)
    sum_z = float(0.0)
    for j in range(x.shape[0]):
        dx = x[j] - x[i]
        dy = y[j] - y[i]
        dz = z[j] - z[i]
        inverse = 1.0 / wp.sqrt(dx * dx + dy * dy + dz * dz + softening2)
        pull = mass[j] * inverse * inverse * inverse
        sum_x += pull * dx
        sum_y += pull * dy
        sum_z += pull * dz
    ax[i] = sum_x
    ay[i] = sum_y
    az[i] = sum_z


@wp.kernel
def transpose(x: matrix, out: matrix):
    """Copy an element to its place."""
    i, j = wp.tid()
    out[j, i] = x[i, j]


def bound(kernel: Any, dim: Any, *args: Any) -> Any:
    """Return a call that launches on arrays of Warp's own, and a function that copies them into the problem's."""
    if any(isinstance(arg, np.ndarray) and arg.dtype == np.float64 for arg in args):
        raise NotImplementedError("these kernels name float32")
    given = [
        wp.array(arg, dtype=wp.dtype_from_numpy(arg.dtype), device="cpu") if _is_array(arg) else arg for arg in args
    ]

    def finish() -> None:
        for arg, own in zip(args, given, strict=True):
            if _is_array(arg):
                arg[...] = own.numpy()

    return lambda: wp.launch(kernel, dim=dim, inputs=given, device="cpu"), finish


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray)


PEERS = {
    "saxpy": lambda a, x, y: bound(saxpy, x.size, a, x, y),
    "heat": lambda u, out, k: bound(heat, tuple(n - 2 for n in u.shape), u, out, k),
    "wave": lambda before, u, after, c: bound(wave, tuple(n - 2 for n in u.shape), before, u, after, c),
    "mandelbrot": lambda x, y, counts, limit: bound(mandelbrot, counts.shape, x, y, counts, limit),
    "nbody": lambda x, *rest: bound(nbody, x.size, x, *rest),
    "transpose": lambda x, out: bound(transpose, x.shape, x, out),
}
