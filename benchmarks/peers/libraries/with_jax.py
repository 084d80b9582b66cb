"""JAX on the CPU: whole-array functions compiled by XLA. Its arrays do not change, so each call returns new ones."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", True)


@jax.jit
def saxpy(a: Any, x: Any, y: Any) -> Any:
    """Return `y` after the step."""
    return a * x + y


@jax.jit
def heat(u: Any, out: Any, k: Any) -> Any:
    """Return `out` after the step."""
    around = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]
    return out.at[1:-1, 1:-1].set(u[1:-1, 1:-1] + k * (around - 4 * u[1:-1, 1:-1]))


@jax.jit
def wave(u_prev: Any, u: Any, u_next: Any, courant2: Any) -> Any:
    """Return `u_next` after the step."""
    inner = u[1:-1, 1:-1, 1:-1]
    around = u[:-2, 1:-1, 1:-1] + u[2:, 1:-1, 1:-1] + u[1:-1, :-2, 1:-1] + u[1:-1, 2:, 1:-1]
    around += u[1:-1, 1:-1, :-2] + u[1:-1, 1:-1, 2:]
    after = 2 * inner - u_prev[1:-1, 1:-1, 1:-1] + courant2 * (around - 6 * inner)
    return u_next.at[1:-1, 1:-1, 1:-1].set(after)


@jax.jit
def black_scholes(spot: Any, strike: Any, expiry: Any, call: Any, put: Any, rate: Any, volatility: Any) -> Any:
    """Return the prices of calls and puts."""
    deviation = volatility * jnp.sqrt(expiry)
    d1 = (jnp.log(spot / strike) + rate * expiry) / deviation + 0.5 * deviation
    discounted = strike * jnp.exp(-rate * expiry)
    above = 0.5 + 0.5 * jax.lax.erf(d1 * 0.5**0.5)
    below = 0.5 + 0.5 * jax.lax.erf((d1 - deviation) * 0.5**0.5)
    price = spot * above - discounted * below
    return price, price - spot + discounted


@jax.jit
def nbody(x: Any, y: Any, z: Any, mass: Any, ax: Any, ay: Any, az: Any, softening2: Any) -> Any:
    """Return the accelerations; the rows are mapped over, so that no matrix of all pairs is kept."""

    def on(at: Any) -> Any:
        dx, dy, dz = x - at[0], y - at[1], z - at[2]
        inverse = jax.lax.rsqrt(dx * dx + dy * dy + dz * dz + softening2)
        pull = mass * inverse * inverse * inverse
        return (pull * dx).sum(), (pull * dy).sum(), (pull * dz).sum()

    return jax.lax.map(on, jnp.stack([x, y, z], axis=1), batch_size=64)


@functools.partial(jax.jit, static_argnums=3)
def mandelbrot(x: Any, y: Any, counts: Any, limit: int) -> Any:
    """Return the counts; all points go on together."""
    cx, cy = jnp.broadcast_to(x, counts.shape), jnp.broadcast_to(y[:, None], counts.shape)

    def step(_: Any, state: Any) -> Any:
        zx, zy, count = state
        inside = zx * zx + zy * zy <= 4
        after = zx * zx - zy * zy + cx, (zx + zx) * zy + cy
        return jnp.where(inside, after[0], zx), jnp.where(inside, after[1], zy), count + inside

    start = (jnp.zeros_like(cx), jnp.zeros_like(cy), jnp.zeros_like(counts))
    return jax.lax.fori_loop(0, limit, step, start)[2]


@jax.jit
def matmul_tiled(A: Any, B: Any, C: Any) -> Any:
    """Return the product."""
    return A @ B


@jax.jit
def transpose(x: Any, out: Any) -> Any:
    """Return a copy, laid out as a transpose."""
    return x.T.copy()


KERNELS = (saxpy, heat, wave, black_scholes, nbody, mandelbrot, matmul_tiled, transpose)
NAMES = ("saxpy", "heat", "wave", "black_scholes", "nbody", "mandelbrot", "matmul_tiled", "transpose")


def bound(kernel: Any, written: tuple[int, ...], *args: Any) -> Any:
    """Return a call that waits for the result, and a function that puts the last one into the problem's arrays."""
    dtype = next(arg.dtype for arg in args if isinstance(arg, np.ndarray))
    given = [arg if isinstance(arg, int) else jnp.asarray(arg, getattr(arg, "dtype", dtype)) for arg in args]
    last: list[Any] = []

    def call() -> None:
        last[:] = [jax.block_until_ready(kernel(*given))]

    def finish() -> None:
        results = last[0] if isinstance(last[0], (tuple, list)) else (last[0],)
        for place, result in zip(written, results, strict=True):
            args[place][...] = np.asarray(result)

    return call, finish


def _peer(kernel: Any, written: tuple[int, ...]) -> Any:
    return functools.partial(bound, kernel, written)


WRITTEN = {"saxpy": (2,), "heat": (1,), "wave": (2,), "black_scholes": (3, 4), "nbody": (4, 5, 6), "mandelbrot": (2,)}
PEERS = {name: _peer(kernel, WRITTEN.get(name, ())) for name, kernel in zip(NAMES, KERNELS, strict=True)}
PEERS |= {"matmul_tiled": _peer(matmul_tiled, (2,)), "transpose": _peer(transpose, (1,))}
