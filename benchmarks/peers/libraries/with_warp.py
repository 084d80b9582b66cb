"""Warp on the CPU, where a launch runs in one thread; for float32, the type that its kernels name."""

# ruff: noqa: UP018, RUF046 (to Warp a bare literal is a constant, float(0.0) a variable)
from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import warp as wp

from jitkit.cases import block_sum

wp.config.quiet = True
wp.init()
BLOCK = wp.constant(block_sum.BLOCK)
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


@wp.kernel
def block_sums(x: vector, sums: vector):
    """Sum a block that one tile holds."""
    block = wp.tid()
    wp.tile_store(sums, wp.tile_sum(wp.tile_load(x, shape=BLOCK, offset=block * BLOCK)), offset=block)


@wp.kernel
def group_histogram(x: vector, counts: wp.array(dtype=wp.int32), low: wp.float32, bins_per_unit: wp.float32):
    """Count an element."""
    position = (x[wp.tid()] - low) * bins_per_unit
    if position >= 0.0 and position < float(counts.shape[0]):
        wp.atomic_add(counts, int(position), 1)


@wp.kernel
def uniform(x: matrix, key: int):
    """Draw four numbers."""
    i = wp.tid()
    state = wp.rand_init(key, i)
    for row in range(4):
        x[row, i] = wp.randf(state)


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


def in_blocks(x: Any, sums: Any) -> Any:
    """Return a call that takes a tile for each block; Warp fills up the last tile with zeros."""
    _only_float32(x)
    given, own = wp.array(x, device="cpu"), wp.zeros(sums.size, dtype=wp.float32, device="cpu")
    return (
        lambda: wp.launch_tiled(block_sums, dim=[sums.size], inputs=[given, own], block_dim=1, device="cpu"),
        lambda: np.copyto(sums, own.numpy()),
    )


def four_steps(u: Any, out: Any, k: Any) -> Any:
    """Return a call of as many steps, from plate to plate."""
    _only_float32(u)
    plates = [wp.array(plate, device="cpu") for plate in (u, u, u, u, out)]
    dim = tuple(n - 2 for n in u.shape)

    def run() -> None:
        for before, after in itertools.pairwise(plates):
            wp.launch(heat, dim=dim, inputs=[before, after, k], device="cpu")

    return run, lambda: np.copyto(out, plates[-1].numpy())


def scan(x: Any, out: Any) -> Any:
    """Return a call of the library's own scan."""
    _only_float32(x)
    given, own = wp.array(x, device="cpu"), wp.zeros(x.size, dtype=wp.float32, device="cpu")
    return lambda: wp.utils.array_scan(given, own, inclusive=True), lambda: np.copyto(out, own.numpy())


def sort_by_key(x: Any, values: Any, keys_out: Any, values_out: Any) -> Any:
    """Return a call of the library's own radix sort, which sorts in place: it is given copies, of 32-bit values."""
    _only_float32(x)
    keys, others = wp.array(x, device="cpu"), wp.array(values.astype(np.int32), device="cpu")
    rooms = [wp.zeros(2 * x.size, dtype=kind, device="cpu") for kind in (wp.float32, wp.int32)]

    def sort() -> None:
        wp.copy(rooms[0], keys, count=x.size)
        wp.copy(rooms[1], others, count=x.size)
        wp.utils.radix_sort_pairs(*rooms, x.size)

    def finish() -> None:
        keys_out[...], values_out[...] = (room.numpy()[: x.size] for room in rooms)

    return sort, finish


def histogram(x: Any, counts: Any) -> Any:
    """Return a call that counts from zero."""
    _only_float32(x)
    given, own = wp.array(x, device="cpu"), wp.zeros(counts.size, dtype=wp.int32, device="cpu")

    def count() -> None:
        own.zero_()
        wp.launch(group_histogram, dim=x.size, inputs=[given, own, 0.0, float(counts.size)], device="cpu")

    return count, lambda: np.copyto(counts, own.numpy())


def _only_float32(x: Any) -> None:
    if x.dtype == np.float64:
        raise NotImplementedError("these kernels name float32")


PEERS = {
    "saxpy": lambda a, x, y: bound(saxpy, x.size, a, x, y),
    "heat": lambda u, out, k: bound(heat, tuple(n - 2 for n in u.shape), u, out, k),
    "wave": lambda before, u, after, c: bound(wave, tuple(n - 2 for n in u.shape), before, u, after, c),
    "mandelbrot": lambda x, y, counts, limit: bound(mandelbrot, counts.shape, x, y, counts, limit),
    "nbody": lambda x, *rest: bound(nbody, x.size, x, *rest),
    "transpose": lambda x, out: bound(transpose, x.shape, x, out),
    "block_sum": in_blocks,
    "group_histogram": lambda x, *rest: bound(group_histogram, x.size, x, *rest),
    "stencil_tiled": four_steps,
    "philox": lambda x, key: bound(uniform, x.shape[1], x, key % 2**31),
    "scan": scan,
    "sort_by_key": sort_by_key,
    "histogram": histogram,
}
