"""signal_fft: the discrete Fourier transform of many vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Primitive, Problem, Tolerance


def length(size: int) -> int:
    """Return the length of a vector: a power of two near the root of the size, 1024 at most."""
    return 1 << max(3, min(10, size.bit_length() // 2 + 1))


def run(backend: str | None, x: Any, spectra: Any) -> None:
    """Transform each row; real and imaginary parts are the last axis of the arrays."""
    numbers = np.dtype(np.complex64 if x.dtype == np.float32 else np.complex128)
    jk.signal.fft(x.view(numbers)[..., 0], out=spectra.view(numbers)[..., 0], backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return rows of complex numbers, `size` in all or a few less, and room for their transforms."""
    n = length(size)
    x = rng.standard_normal((size // n, n, 2), dtype=dtype)
    return Problem(size, (x, np.zeros_like(x)), written=("spectra",))


def reference(problem: Problem) -> Arrays:
    """Return `spectra`, computed in float64 and rounded once."""
    x, spectra = problem.args
    found = np.fft.fft(x[..., 0].astype(np.float64) + 1j * x[..., 1])
    return {"spectra": np.stack([found.real, found.imag], axis=-1).astype(spectra.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the rows, write their transforms; the usual 5 n log2 n operations for each."""
    size = int(problem.space)  # type: ignore[arg-type]
    x = problem.args[0]
    return Cost(points=size, bytes=2 * x.nbytes, flops=5 * size * (x.shape[1].bit_length() - 1))


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for sums of a thousand terms, which cancel."""
    eps = float(np.finfo(dtype).eps)
    return Tolerance(rtol=16 * eps, atol=512 * eps)


CASE = Case(
    name="signal_fft",
    summary="the discrete Fourier transform of many vectors",
    kernel=Primitive(run, "signal_fft"),
    sizes={"tiny": 1_000, "small": 2**18, "large": 2**22},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="J. W. Cooley, J. W. Tukey, An algorithm for the machine calculation of complex Fourier series, Math. Comp. 19, 1965",
    tolerance=tolerance,
)
