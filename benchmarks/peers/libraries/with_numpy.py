"""NumPy, in the precision of the arrays.

A primitive or an operation that is not here is the one that asv times beside jitkit, and a kernel its reference, which
computes in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jitkit.cases import bitonic, block_sum, ode_euler_maruyama

from ._kept import kept
from ._steps import steps_of


def saxpy(a: Any, x: Any, y: Any) -> Any:
    """Return a call that adds to `y` in place."""
    scaled, a = np.empty_like(x), x.dtype.type(a)
    return lambda: np.add(np.multiply(x, a, out=scaled), y, out=y)


def heat(u: Any, out: Any, k: Any) -> Any:
    """Return a call on slices, with one array for what arises in between."""
    inner, k, four = out[1:-1, 1:-1], u.dtype.type(k), u.dtype.type(4)
    term = np.empty_like(inner)

    def step() -> None:
        np.add(u[:-2, 1:-1], u[2:, 1:-1], out=inner)
        np.add(inner, u[1:-1, :-2], out=inner)
        np.add(inner, u[1:-1, 2:], out=inner)
        np.subtract(inner, np.multiply(u[1:-1, 1:-1], four, out=term), out=inner)
        np.add(np.multiply(inner, k, out=inner), u[1:-1, 1:-1], out=inner)

    return step


def wave(u_prev: Any, u: Any, u_next: Any, courant2: Any) -> Any:
    """Return a call on slices."""
    inside, c2 = (slice(1, -1),) * 3, u.dtype.type(courant2)
    inner = u_next[inside]

    def step() -> None:
        np.multiply(u[inside], u.dtype.type(-6), out=inner)
        for axis in range(3):
            for shift in (slice(None, -2), slice(2, None)):
                np.add(inner, u[tuple(shift if k == axis else slice(1, -1) for k in range(3))], out=inner)
        np.multiply(inner, c2, out=inner)
        np.add(inner, 2 * u[inside] - u_prev[inside], out=inner)

    return step


def matmul_tiled(A: Any, B: Any, C: Any) -> Any:
    """Return a call of BLAS."""
    return lambda: np.matmul(A, B, out=C)


def transpose(x: Any, out: Any) -> Any:
    """Return a call that copies."""
    return lambda: np.copyto(out, x.T)


def block_sums(x: Any, sums: Any) -> Any:
    """Return a call that sums whole blocks as rows, and what is left over."""
    whole = x.size - x.size % block_sum.BLOCK
    blocks = x[:whole].reshape(-1, block_sum.BLOCK)

    def add() -> None:
        blocks.sum(axis=1, out=sums[: len(blocks)])
        sums[len(blocks) :] = x[whole:].sum()

    return add


def group_histogram(x: Any, counts: Any, low: float, bins_per_unit: float) -> Any:
    """Return a call that counts."""
    limits = (low, low + counts.size / bins_per_unit)
    return kept(lambda: np.histogram(x, counts.size, limits)[0], counts)


def sorted_blocks(x: Any, out: Any) -> Any:
    """Return a call that sorts whole blocks as rows, and what is left over."""
    whole = x.size - x.size % bitonic.BLOCK

    def sort() -> None:
        out[...] = x
        out[:whole].reshape(-1, bitonic.BLOCK).sort(axis=1)
        out[whole:].sort()

    return sort


def philox(x: Any, key: int) -> Any:
    """Return a call that draws as many numbers, by NumPy's form of the generator."""
    generator = np.random.Generator(np.random.Philox(key))
    return lambda: generator.random(dtype=x.dtype, out=x)


def segment_reduce(x: Any, offsets: Any, sums: Any) -> Any:
    """Return a call that puts zero where a segment is empty: there reduceat has an element."""

    def add() -> Any:
        found = np.add.reduceat(x, np.minimum(offsets[:-1], x.size - 1))
        found[offsets[1:] == offsets[:-1]] = 0
        return found

    return kept(add, sums)


def reduce_by_key(keys: Any, x: Any, sums: Any) -> Any:
    """Return a call that sums runs."""

    def add() -> Any:
        begins = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
        return np.add.reduceat(x, begins)

    return kept(add, sums)


def sort_by_key(x: Any, values: Any, *places: Any) -> Any:
    """Return a call that takes both by the order of the keys."""

    def sort() -> Any:
        order = np.argsort(x, kind="stable")
        return x[order], values[order]

    return kept(sort, *places)


def euler_maruyama(y0: Any, volatility: Any, seed: int, y: Any) -> Any:
    """Return a call that moves all paths together."""
    rng, h = np.random.Generator(np.random.SFC64(seed)), 1 / ode_euler_maruyama.STEPS
    scale, y[0, 0] = h**0.5 * volatility, y0[0]

    def run() -> Any:
        state = y0[0]
        for _ in range(ode_euler_maruyama.STEPS):
            noise = rng.standard_normal(state.size, state.dtype)
            state = state + h * ode_euler_maruyama.DRIFT * state + scale * state * noise
        return state

    return kept(run, y[0, 1])


def log_softmax(x: Any, out: Any) -> Any:
    """Return a call over whole rows."""

    def run() -> Any:
        shifted = x - x.max(axis=-1, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))

    return kept(run, out)


PEERS = {
    "saxpy": saxpy,
    "heat": heat,
    "wave": wave,
    "matmul_tiled": matmul_tiled,
    "transpose": transpose,
    "block_sum": block_sums,
    "group_histogram": group_histogram,
    "stencil_tiled": steps_of(heat),
    "bitonic": sorted_blocks,
    "philox": philox,
    "reduce": lambda x, total: lambda: x.sum(keepdims=True, out=total),
    "scan": lambda x, out: lambda: np.cumsum(x, out=out),
    "sort": lambda x, out: kept(lambda: np.sort(x), out),
    "argsort": lambda x, order: kept(lambda: np.argsort(x, kind="stable"), order),
    "sort_by_key": sort_by_key,
    "histogram": lambda x, counts: kept(lambda: np.histogram(x, counts.size, (0.0, 1.0))[0], counts),
    "histogram2d": lambda x, y, counts: kept(lambda: np.histogram2d(x, y, 64, [(0.0, 1.0)] * 2)[0], counts),
    "bincount": lambda kinds, weights, sums: kept(lambda: np.bincount(kinds, weights, len(sums)), sums),
    "reduce_by_key": reduce_by_key,
    "segment_reduce": segment_reduce,
    "linalg_qr": lambda a, sizes: kept(lambda: np.abs(np.linalg.qr(a).R), sizes),
    "linalg_eigh": lambda a, values: kept(lambda: np.linalg.eigh(a).eigenvalues, values),
    "stats_var": lambda x, found: kept(lambda: x.var(), found),
    "stats_nanvar": lambda x, found: kept(lambda: np.nanvar(x), found),
    "stats_median": lambda x, found: kept(lambda: np.median(x), found),
    "ode_euler_maruyama": euler_maruyama,
    "ml_log_softmax": log_softmax,
}
