"""Filters of images and Fourier transforms."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import cases
from jitkit.cases import Case, Problem
from jitkit.cases.case import Arrays

from .row import Row, own, shaped, within


def image(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return an image of about `size` pixels, and room for what a filter makes of it."""
    rows = math.isqrt(size)
    pixels = rng.random((rows, size // rows), dtype=dtype)
    return Problem(size, (pixels, np.zeros_like(pixels)), ("out",))


def _median(backend: str | None, image: Any, out: Any) -> None:
    jk.signal.median_filter(image, 5, out=out, backend=backend)


def _medians(problem: Problem) -> Arrays:
    image, out = problem.args
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(image, 2, mode="symmetric"), (5, 5))
    return {"out": np.median(windows, axis=(2, 3)).astype(out.dtype)}


def _mean(backend: str | None, image: Any, out: Any) -> None:
    jk.signal.uniform_filter(image, 101, out=out, backend=backend)


def _means(problem: Problem) -> Arrays:
    image, out = problem.args
    found = image.astype(np.float64)
    for _ in range(2):
        sums = np.cumsum(np.pad(found, ((51, 50), (0, 0)), mode="symmetric"), axis=0)
        found = ((sums[101:] - sums[:-101]) / 101).T
    return {"out": found.astype(out.dtype)}


def rows_of(n: int) -> Callable[..., Problem]:
    """Return what makes `size` rows of `n` complex numbers."""

    def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
        x = rng.standard_normal((size, n, 2), dtype=dtype)
        return Problem(size, (x, np.zeros_like(x)), written=("spectra",))

    return make


def _transform(n: int, count: int) -> Case:
    # Rounding grows with the length of the row, and so do the sums it is part of.
    return shaped("signal_fft", rows_of(n), {"tiny": 1, "large": count}, tolerance=within(64, 16 * math.sqrt(n) + 512))


MEDIAN_5 = own("signal_median_filter_5", _median, image, _medians, {"tiny": 1_000, "large": 2**20}, within(4))
MEAN_101 = own("signal_uniform_filter_101", _mean, image, _means, {"tiny": 20_000, "large": 2**22}, within(1024))
# SciPy's sums run along the whole row.
MEAN_5 = dataclasses.replace(cases.load("signal_uniform_filter"), tolerance=within(1024))
FILTERS = ("SciPy",)
FFT = ("SciPy", "PyTorch")

ROWS = (
    Row(
        "signal_gaussian_filter",
        "`signal.gaussian_filter`, sigma 2, 4 million pixels",
        cases.load("signal_gaussian_filter"),
        FILTERS,
        2**22,
    ),
    Row(
        "signal_median_filter",
        "`signal.median_filter`, 3 x 3, a million",
        cases.load("signal_median_filter"),
        FILTERS,
        2**20,
    ),
    Row("signal_median_filter_5", "`signal.median_filter`, 5 x 5, a million", MEDIAN_5, FILTERS),
    Row(
        "signal_uniform_filter",
        "`signal.uniform_filter`, 5 wide, 4 million",
        MEAN_5,
        FILTERS,
        2**22,
    ),
    Row("signal_uniform_filter_101", "`signal.uniform_filter`, 101 wide, 4 million", MEAN_101, FILTERS),
    Row(
        "signal_convolve",
        "`signal.convolve`, 7 x 7, a million",
        cases.load("signal_convolve"),
        ("SciPy", "PyTorch"),
        2**20,
    ),
    Row("signal_upfirdn", "`signal.upfirdn`, 41 taps, 4 million", cases.load("signal_upfirdn"), FILTERS, 2**22),
    Row("signal_resize", "`signal.resize`, a million pixels by 1.5", cases.load("signal_resize"), FILTERS, 2**20),
    Row("signal_fft_million", "`signal.fft`, one of 1,048,576", _transform(2**20, 1), FFT),
    Row("signal_fft", "`signal.fft`, 4,096 of 1,024", cases.load("signal_fft"), FFT),
    Row("signal_fft_16384", "`signal.fft`, 64 of 16,384", _transform(16_384, 64), FFT),
    Row("signal_fft_prime", "`signal.fft`, 1,024 of 1,009, a prime", _transform(1_009, 1_024), FFT),
    Row("signal_fft_single", "`signal.fft`, one of 1,024", _transform(1_024, 1), FFT),
    Row("signal_rfft", "`signal.rfft`, 4,096 of 1,024", cases.load("signal_rfft"), FFT),
)
