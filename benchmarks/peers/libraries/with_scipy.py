"""SciPy, with two threads where it takes any; an operation that is not here is the one that asv times beside jitkit."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from scipy import fft, integrate, linalg, ndimage, stats
from scipy.spatial import cKDTree

from jitkit.cases.ode_solve_ensemble import lorenz

from ._kept import kept

THREADS = int(os.environ.get("OMP_NUM_THREADS", "2"))


def gemv(a: Any, x: Any, y: Any, out: Any) -> Any:
    """Return a call of the routine of BLAS, to which rows are the columns of a transpose."""
    (routine,) = linalg.get_blas_funcs(("gemv",), (a,))
    return kept(lambda: routine(0.5, a.T, x, beta=2.0, y=y, trans=1), out)


def solve_triangular(a: Any, b: Any, x: Any) -> Any:
    """Return a call of LAPACK for one system."""
    return kept(lambda: linalg.solve_triangular(a, b, lower=True, check_finite=False), x)


def spectra_of(x: Any, spectra: Any) -> Any:
    """Return a call that transforms rows."""
    numbers = np.result_type(x.dtype, np.complex64)
    return kept(lambda: fft.fft(x.view(numbers)[..., 0], workers=THREADS), spectra.view(numbers)[..., 0])


def spectra_of_real(x: Any, spectra: Any) -> Any:
    """Return a call that transforms rows of real numbers."""
    numbers = np.result_type(x.dtype, np.complex64)
    return kept(lambda: fft.rfft(x, workers=THREADS), spectra.view(numbers)[..., 0])


def within_radius(points: Any, queries: Any, radius: float, sums: Any) -> Any:
    """Return a call that builds a tree and finds neighbours, and what adds their places up."""
    return _summed(lambda: cKDTree(points).query_ball_point(queries, radius, workers=THREADS), sums)


def _summed(function: Any, sums: Any) -> Any:
    last: list[Any] = []

    def call() -> None:
        last[:] = [function()]

    def finish() -> None:
        sums[...] = [sum(places) for places in last[0]]

    return call, finish


def bootstrap(x: Any, found: Any) -> Any:
    """Return a call that takes the means of all resamples at once."""
    return kept(
        lambda: (
            stats.bootstrap(
                (x,), np.mean, n_resamples=found.size, method="percentile", vectorized=True
            ).bootstrap_distribution
        ),
        found,
    )


def permutation_test(x: Any, y: Any, found: Any) -> Any:
    """Return a call that takes the differences of all shuffles at once."""

    def apart(first: Any, second: Any, axis: int) -> Any:
        return first.mean(axis=axis) - second.mean(axis=axis)

    return kept(
        lambda: stats.permutation_test((x, y), apart, n_resamples=found.size, vectorized=True).null_distribution, found
    )


def adaptive(y0: Any, rho: Any, y: Any) -> Any:
    """Return a call that solves one system after another."""

    def solve() -> Any:
        solved = [
            integrate.solve_ivp(lorenz, (0, 2), y0[:, k], rtol=1e-6, atol=1e-6, args=((10, rho[k], 8 / 3),))
            for k in range(rho.size)
        ]
        return np.stack([one.y[:, -1] for one in solved], axis=1)

    return kept(solve, y)


PEERS = {
    "linalg_gemv": gemv,
    "linalg_solve_triangular": solve_triangular,
    "signal_fft": spectra_of,
    "signal_rfft": spectra_of_real,
    "signal_median_filter_5": lambda image, out: lambda: ndimage.median_filter(image, 5, output=out),
    "signal_uniform_filter_101": lambda image, out: lambda: ndimage.uniform_filter(image, 101, output=out),
    "spatial_knn": lambda points, queries, out: kept(
        lambda: cKDTree(points).query(queries, out.shape[1], workers=THREADS)[0], out
    ),
    "spatial_within_radius": within_radius,
    "stats_kurtosis": lambda x, found: kept(lambda: stats.kurtosis(x), found),
    "stats_bootstrap": bootstrap,
    "stats_permutation_test": permutation_test,
    "ode_adaptive": adaptive,
}
