"""JAX on the CPU: whole-array functions compiled by XLA. Its arrays do not change, so each call returns new ones."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jitkit.cases import bitonic, block_sum, ode_solve_ensemble, stencil_tiled

from ._kept import kept

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


@jax.jit
def block_sums(x: Any, sums: Any) -> Any:
    """Return the sums of blocks, the last filled up with zeros."""
    return jnp.pad(x, (0, -x.size % block_sum.BLOCK)).reshape(-1, block_sum.BLOCK).sum(axis=1)


@jax.jit
def group_histogram(x: Any, counts: Any, low: float, bins_per_unit: float) -> Any:
    """Return the counts."""
    position = (x - low) * bins_per_unit
    inside = (position >= 0) & (position < counts.size)
    return jnp.bincount(jnp.where(inside, position, counts.size).astype(jnp.int32), length=counts.size + 1)[:-1]


@jax.jit
def four_steps(u: Any, out: Any, k: Any) -> Any:
    """Return `out` after as many steps."""
    for _ in range(stencil_tiled.STEPS - 1):
        u = heat(u, u, k)
    return heat(u, out, k)


@jax.jit
def sorted_blocks(x: Any, out: Any) -> Any:
    """Return sorted blocks, the last filled up with infinity."""
    filled = jnp.pad(x, (0, -x.size % bitonic.BLOCK), constant_values=jnp.inf)
    return jnp.sort(filled.reshape(-1, bitonic.BLOCK), axis=1).ravel()[: x.size]


def layer_norm(x: Any, weight: Any, bias: Any) -> Any:
    """Return normalised rows."""
    return (x - x.mean(-1, keepdims=True)) * jax.lax.rsqrt(x.var(-1, keepdims=True) + 1e-5) * weight + bias


@jax.jit
def integrate(y0: Any, rho: Any, y: Any) -> Any:
    """Return the states in the middle and at the end."""
    p, h = (10, rho, 8 / 3), ode_solve_ensemble.DT

    def step(_: Any, state: Any) -> Any:
        def slope(state: Any) -> Any:
            return jnp.stack(ode_solve_ensemble.lorenz(0, state, p))

        k1 = slope(state)
        k2 = slope(state + h / 2 * k1)
        k3 = slope(state + h / 2 * k2)
        return state + h / 6 * (k1 + 2 * k2 + 2 * k3 + slope(state + h * k3))

    middle = jax.lax.fori_loop(0, ode_solve_ensemble.STEPS // 2, step, y0)
    return jnp.stack([middle, jax.lax.fori_loop(0, ode_solve_ensemble.STEPS // 2, step, middle)], axis=1)


def bound(kernel: Any, written: tuple[int, ...], *args: Any) -> Any:
    """Return a call that waits for the result, and a function that puts the last one into the problem's arrays."""
    dtype = next(arg.dtype for arg in args if isinstance(arg, np.ndarray))
    given = [arg if isinstance(arg, int) else jnp.asarray(arg, getattr(arg, "dtype", dtype)) for arg in args]
    return kept(lambda: jax.block_until_ready(kernel(*given)), *(args[place] for place in written))


def drawn(draw: Any) -> Any:
    """Return what binds a call that fills an array with new numbers by JAX's own generator."""

    def bind(x: Any, seed: int) -> Any:
        keys = [jax.random.key(seed)]
        filled = jax.jit(lambda key: draw(key, x.shape, x.dtype))

        def run() -> Any:
            keys[0], key = jax.random.split(keys[0])
            return jax.block_until_ready(filled(key))

        return kept(run, x)

    return bind


def _peer(kernel: Any, *written: int) -> Any:
    return functools.partial(bound, kernel, written)


def _whole(function: Any, written: int = 1) -> Any:
    """Return what binds a function that asks for none of the arrays it writes, from argument `written` on."""

    def bind(*args: Any) -> Any:
        compiled = jax.jit(function)
        given = [jnp.asarray(arg) for arg in args[:written]]
        return kept(lambda: jax.block_until_ready(compiled(*given)), *args[written:])

    return bind


KERNELS = {
    "saxpy": _peer(saxpy, 2),
    "heat": _peer(heat, 1),
    "wave": _peer(wave, 2),
    "black_scholes": _peer(black_scholes, 3, 4),
    "nbody": _peer(nbody, 4, 5, 6),
    "mandelbrot": _peer(mandelbrot, 2),
    "matmul_tiled": _peer(matmul_tiled, 2),
    "transpose": _peer(transpose, 1),
    "block_sum": _peer(block_sums, 1),
    "group_histogram": _peer(group_histogram, 1),
    "stencil_tiled": _peer(four_steps, 1),
    "bitonic": _peer(sorted_blocks, 1),
    "philox": drawn(jax.random.uniform),
}
PRIMITIVES = {
    "reduce": _whole(jnp.sum),
    "map_reduce": _whole(lambda x, y: (x * y).sum(), 2),
    "scan": _whole(jnp.cumsum),
    "sort": _whole(jnp.sort),
    "argsort": _whole(jnp.argsort),
    "random_uniform": drawn(jax.random.uniform),
    "random_normal": drawn(jax.random.normal),
}
TOOLKIT = {
    "linalg_matmul": _whole(lambda a, b, bias: jax.nn.relu(a @ b + bias), 3),
    "stats_var": _whole(jnp.var),
    "ode_solve_ensemble": _peer(integrate, 2),
    "ml_softmax": _whole(jax.nn.softmax),
    "ml_log_softmax": _whole(jax.nn.log_softmax),
    "ml_layer_norm": _whole(layer_norm, 3),
    "ml_activations": _whole(lambda x: jax.nn.gelu(x, approximate=True)),
    "ml_dense": _whole(lambda x, weight, bias: jax.nn.relu(x @ weight + bias), 3),
}
PEERS = KERNELS | PRIMITIVES | TOOLKIT
