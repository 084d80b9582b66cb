"""The cases of kernels: C and hand-written Numba for each, and the libraries that have a way to write it."""

from __future__ import annotations

from jitkit import cases

from .. import build
from .row import Row, loosened

LIBRARIES = {
    "saxpy": "NumPy numexpr JAX PyTorch Warp Taichi",
    "heat": "NumPy numexpr JAX PyTorch Warp Taichi",
    "wave": "NumPy numexpr JAX PyTorch Warp Taichi",
    "black_scholes": "NumPy JAX PyTorch",
    "nbody": "NumPy JAX PyTorch Warp Taichi",
    "mandelbrot": "NumPy JAX Warp Taichi",
    "bilateral": "NumPy",
    "matmul_tiled": "NumPy JAX PyTorch",
    "transpose": "NumPy JAX PyTorch Warp Taichi",
    "block_sum": "NumPy JAX PyTorch Warp Taichi",
    "group_histogram": "NumPy JAX PyTorch Warp Taichi",
    "stencil_tiled": "NumPy numexpr JAX PyTorch Warp Taichi",
    "bitonic": "NumPy JAX PyTorch",
    "philox": "NumPy JAX PyTorch Warp",
}


# Warp adds a block's 2048 numbers one after the other; NumPy's histogram puts the edges of its bins elsewhere by rounding.
ROUNDED = {"block_sum": 1e-5, "group_histogram": 1e-3}


def _row(name: str) -> Row:
    case = loosened(cases.load(name), ROUNDED[name]) if name in ROUNDED else cases.load(name)
    compiled = ("C", build.BLOCKED, "Numba") if build.has_blocked(case) else ("C", "Numba")
    return Row(
        name, f"`{name}`", case, (*compiled, *LIBRARIES[name].split()), dtypes=("float32",), is_drawn=name == "philox"
    )


ROWS = tuple(_row(name) for name in LIBRARIES)
