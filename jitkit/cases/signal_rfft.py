"""signal_rfft: the discrete Fourier transform of many real vectors."""

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
    """Transform each row; real and imaginary parts are the last axis of the result."""
    numbers = np.dtype(np.complex64 if x.dtype == np.float32 else np.complex128)
    jk.signal.rfft(x, out=spectra.view(numbers)[..., 0], backend=backend)


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return rows of real numbers, `size` in all or a few less, and room for their transforms."""
    n = length(size)
    x = rng.standard_normal((size // n, n), dtype=dtype)
    return Problem(size, (x, np.zeros((size // n, n // 2 + 1, 2), dtype)), written=("spectra",))


def reference(problem: Problem) -> Arrays:
    """Return `spectra`, computed in float64 and rounded once."""
    x, spectra = problem.args
    found = np.fft.rfft(x.astype(np.float64))
    return {"spectra": np.stack([found.real, found.imag], axis=-1).astype(spectra.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the rows, write their transforms; the usual 2.5 n log2 n operations for each."""
    size = int(problem.space)  # type: ignore[arg-type]
    x = problem.args[0]
    return Cost(points=size, bytes=2 * x.nbytes, flops=5 * size * (x.shape[1].bit_length() - 1) // 2)


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for sums of a thousand terms, which cancel."""
    eps = float(np.finfo(dtype).eps)
    return Tolerance(rtol=16 * eps, atol=512 * eps)


CASE = Case(
    name="signal_rfft",
    summary="the discrete Fourier transform of many real vectors",
    kernel=Primitive(run, "signal_rfft"),
    sizes={"tiny": 1_000, "small": 2**19, "large": 2**22},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="H. V. Sorensen et al., Real-valued fast Fourier transform algorithms, IEEE Trans. ASSP 35, 1987",
    tolerance=tolerance,
)
