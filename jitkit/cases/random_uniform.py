"""random_uniform: an array of random numbers in [0, 1)."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem
from .philox import blocks

LANES = 256
"""Neighbouring elements of a row, each from a block of its own; a block gives an element to each row of a chunk."""


def run(backend: str | None, x: Any, seed: int) -> None:
    """Fill an array."""
    with contextlib.nullcontext() if backend is None else jk.backend(backend):
        jk.random.Generator(seed).random(dtype=x.dtype, out=x)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return room for `size` numbers, and a seed."""
    return Problem(size, (np.zeros(size, dtype), int(rng.integers(2**31))), written=("x",))


def reference(problem: Problem) -> Arrays:
    """Return what NumPy computes with integers of 64 bits."""
    x, seed = problem.args
    key = int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0])
    rows = 16 // x.itemsize
    chunks = -(-x.size // (rows * LANES))
    numbers = _units(blocks(key, np.arange(chunks * LANES)).astype(np.uint64), rows)
    return {"x": numbers.reshape(rows, -1, LANES).swapaxes(0, 1).ravel()[: x.size].astype(x.dtype)}


def _units(words: np.ndarray, rows: int) -> np.ndarray:
    """Return numbers in [0, 1): multiples of 2**-24 of a word, or of 2**-53 of two."""
    if rows == 4:
        return (words >> np.uint64(8)) / 2.0**24
    return np.stack([_wide(words[k], words[k + 1]) for k in (0, 2)]) / 2.0**53


def _wide(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return the 53 upper bits of two words."""
    return (high >> np.uint64(5)) * 2.0**26 + (low >> np.uint64(6))


def cost(problem: Problem) -> Cost:
    """Write `x`; a multiplication for each number, beside some twenty operations on integers."""
    x, _ = problem.args
    return Cost(points=x.size, bytes=x.nbytes, flops=x.size)


CASE = Case(
    name="random_uniform",
    summary="an array of random numbers in [0, 1)",
    kernel=Primitive(run, "random_uniform"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, Parallel random numbers: as easy as 1, 2, 3, SC 2011",
)
