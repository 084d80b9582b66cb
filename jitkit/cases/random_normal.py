"""random_normal: an array of normal random numbers."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance
from .philox import blocks

LANES = 256
"""Neighbouring elements of a row, each from a block of its own; a block gives an element to each row of a chunk."""


def run(backend: str | None, x: Any, seed: int) -> None:
    """Fill an array."""
    with contextlib.nullcontext() if backend is None else jk.backend(backend):
        jk.random.Generator(seed).standard_normal(dtype=x.dtype, out=x)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return room for `size` numbers, and a seed."""
    return Problem(size, (np.zeros(size, dtype), int(rng.integers(2**31))), written=("x",))


def reference(problem: Problem) -> Arrays:
    """Return what NumPy computes with integers of 64 bits and floats of 64 bits."""
    x, seed = problem.args
    key = int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0])
    rows = 16 // x.itemsize
    chunks = -(-x.size // (rows * LANES))
    numbers = _normals(blocks(key, np.arange(chunks * LANES)).astype(np.uint64), rows)
    return {"x": numbers.reshape(rows, -1, LANES).swapaxes(0, 1).ravel()[: x.size].astype(x.dtype)}


def _normals(words: np.ndarray, rows: int) -> np.ndarray:
    """Return pairs by the transform of Box and Muller, in float64."""
    if rows == 4:
        # In float32, as in the kernel: near 1 the logarithm is a distance of few steps of 2**-24.
        halves = [(words[k] >> np.uint64(1)).astype(np.float32) + np.float32(0.5) for k in (0, 2)]
        positive = [half.astype(np.float64) / 2.0**31 for half in halves]
        angles = [words[k].astype(np.uint32).view(np.int32) * (np.pi / 2.0**31) for k in (1, 3)]
    else:
        positive = [(_wide(words[0], words[1]) + 1) / 2.0**53]
        angles = [2 * np.pi * _wide(words[2], words[3]) / 2.0**53]
    pairs = zip(np.sqrt(-2 * np.log(positive)), angles, strict=True)
    return np.stack([radius * wave(angle) for radius, angle in pairs for wave in (np.cos, np.sin)])


def _wide(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return the 53 upper bits of two words."""
    return (high >> np.uint64(5)) * 2.0**26 + (low >> np.uint64(6))


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Return what the logarithm near 1 and the cosine near 0 leave of the precision."""
    return Tolerance(rtol=64 * float(np.finfo(dtype).eps), atol=64 * float(np.finfo(dtype).eps))


def cost(problem: Problem) -> Cost:
    """Write `x`; a logarithm, a root, a sine and a cosine for two numbers, and the products."""
    x, _ = problem.args
    return Cost(points=x.size, bytes=x.nbytes, flops=4 * x.size)


CASE = Case(
    name="random_normal",
    summary="an array of normal random numbers",
    kernel=Primitive(run, "random_normal"),
    sizes={"tiny": 1_000, "small": 1_000_000, "large": 2**24},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="G. E. P. Box, M. E. Muller, A note on the generation of random normal deviates, Ann. Math. Stat. 29, 610-611, 1958",
    tolerance=tolerance,
)
