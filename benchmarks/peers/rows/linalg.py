"""Linear algebra: products with what follows them, and solvers of many small systems."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from jitkit import cases
from jitkit.cases import Problem

from .row import Row, shaped


def layers(n: int) -> Callable[..., Problem]:
    """Return what makes stacks of `size` square matrices for products with bias and ReLU."""

    def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
        a, b = rng.random((size, n, n), dtype=dtype), rng.random((size, n, n), dtype=dtype)
        bias = (n * (rng.random(n) - 0.75)).astype(dtype)
        return Problem(size, (a, b, bias, np.full((size, n, n), -1, dtype)), written=("c",))

    return make


def systems(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return systems of 32 equations."""
    a, b = rng.random((size, 32, 32)) + 16 * np.eye(32), rng.random((size, 32, 1))
    return Problem(size, (a.astype(dtype), b.astype(dtype), np.full((size, 32, 1), -9, dtype)), written=("x",))


def triangle(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return one triangular system of `size` equations, well-conditioned."""
    a, b = rng.random((size, size)) / size + 2 * np.eye(size), rng.random(size)
    return Problem(size, (a.astype(dtype), b.astype(dtype), np.full(size, -9, dtype)), written=("x",))


def _stack(n: int, count: int, peers: str) -> Row:
    case = shaped("linalg_matmul", layers(n), {"tiny": 3, "large": count})
    return Row(
        f"linalg_matmul_{n}", f"`linalg.matmul` with bias and ReLU, {count:,} of {n} x {n}", case, tuple(peers.split())
    )


SOLVE_32 = shaped("linalg_solve", systems, {"tiny": 3, "large": 1_000})
TRIANGLE = shaped("linalg_solve_triangular", triangle, {"tiny": 20, "large": 1_000})

ROWS = (
    Row(
        "linalg_matmul",
        "`linalg.matmul` with bias and ReLU, n = 1024",
        cases.load("linalg_matmul"),
        ("NumPy", "JAX", "PyTorch"),
    ),
    _stack(64, 256, "NumPy PyTorch"),
    _stack(16, 4_096, "NumPy PyTorch"),
    _stack(4, 65_536, "NumPy PyTorch"),
    Row("linalg_gemv", "`linalg.gemv`, n = 1000", cases.load("linalg_gemv"), ("NumPy", "SciPy", "PyTorch"), "small"),
    Row("linalg_solve", "`linalg.solve`, 30,000 of 4 x 4", cases.load("linalg_solve"), ("NumPy", "PyTorch"), "small"),
    Row("linalg_solve_32", "`linalg.solve`, 1,000 of 32 x 32", SOLVE_32, ("NumPy", "PyTorch")),
    Row("linalg_solve_triangular", "`linalg.solve_triangular`, n = 1000", TRIANGLE, ("SciPy", "PyTorch")),
    Row(
        "linalg_cholesky",
        "`linalg.cholesky`, `cho_solve`, 30,000 of 4 x 4",
        cases.load("linalg_cholesky"),
        ("NumPy", "PyTorch"),
        "small",
    ),
    Row("linalg_inv", "`linalg.inv`, 30,000 of 4 x 4", cases.load("linalg_inv"), ("NumPy", "PyTorch"), "small"),
    Row("linalg_det", "`linalg.det`, 30,000 of 4 x 4", cases.load("linalg_det"), ("NumPy", "PyTorch"), "small"),
    Row("linalg_qr", "`linalg.qr`, 30,000 of 4 x 4", cases.load("linalg_qr"), ("NumPy", "PyTorch"), "small"),
    Row("linalg_lstsq", "`linalg.lstsq`, 10,000 of 20 x 4", cases.load("linalg_lstsq"), ("NumPy", "PyTorch"), "small"),
    Row("linalg_eigh", "`linalg.eigh`, 30,000 of 3 x 3", cases.load("linalg_eigh"), ("NumPy", "PyTorch"), "small"),
)
