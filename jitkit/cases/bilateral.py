"""bilateral: the edge-preserving bilateral filter of a grey image, a window of weights that depend on the data."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import jitkit as jk

from .case import Arrays, Case, Cost, Problem, Tolerance


def clamp(index, extent):
    """Return the index in [0, `extent`) nearest to `index`."""
    return min(max(index, 0), extent - 1)


@jk.kernel(fastmath=True)
def bilateral(i, j, image, spatial, out, radius, steepness):
    """Average a window around pixel (i, j) with weights that fall with distance and with difference in grey.

    `spatial` holds the spatial Gaussian along one axis; `steepness` is 1 / (2 sigma^2) of the Gaussian in grey. Beyond
    the edges the image repeats its outermost pixels.
    """
    n, m = image.shape
    centre = image[i, j]
    total = 0.0
    weights = 0.0
    for a in range(2 * radius + 1):
        row = clamp(i + a - radius, n)
        for b in range(2 * radius + 1):
            pixel = image[row, clamp(j + b - radius, m)]
            difference = pixel - centre
            weight = spatial[a] * spatial[b] * math.exp(-(difference * difference * steepness))
            total += weight * pixel
            weights += weight
    out[i, j] = total / weights


def make(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return an image of `size` rows, a quarter wider than high: a step in grey under noise, window 11 by 11."""
    n, m, radius = size, size + size // 4, 5
    image = (0.25 + 0.5 * (np.arange(m) > m // 2) + rng.normal(0.0, 0.05, (n, m))).astype(dtype)
    spatial = np.exp(-0.5 * (np.arange(-radius, radius + 1) / 2.5) ** 2).astype(dtype)
    return Problem((n, m), (image, spatial, np.zeros_like(image), radius, 12.5), written=("out",))


def reference(problem: Problem) -> Arrays:
    """Return `out`, computed in float64 and rounded once: one shifted image for each place in the window."""
    image, spatial, out, radius, steepness = problem.args
    wide, profile = image.astype(np.float64), spatial.astype(np.float64)
    padded = np.pad(wide, radius, mode="edge")
    total, weights = np.zeros(image.shape), np.zeros(image.shape)
    for a, b in np.ndindex(profile.size, profile.size):
        shifted = padded[a : a + image.shape[0], b : b + image.shape[1]]
        weight = profile[a] * profile[b] * np.exp(-steepness * (shifted - wide) ** 2)
        total += weight * shifted
        weights += weight
    return {"out": (total / weights).astype(out.dtype)}


def cost(problem: Problem) -> Cost:
    """Read the image and the profile, write the filtered image; ten operations for each place in the window."""
    image, spatial, out, _, _ = problem.args
    window = spatial.size**2
    return Cost(image.size, bytes=image.nbytes + spatial.nbytes + out.nbytes, flops=image.size * (10 * window + 1))


def tolerance(dtype: DTypeLike) -> Tolerance:
    """Allow for two sums over a window of 121 positive terms."""
    return Tolerance(rtol=32 * float(np.finfo(dtype).eps))


CASE = Case(
    name="bilateral",
    summary="bilateral filter of a grey image, window 11 by 11",
    kernel=bilateral,
    sizes={"tiny": 10, "small": 64, "large": 512},
    dtypes=("float32", "float64"),
    make=make,
    reference=reference,
    cost=cost,
    source="C. Tomasi, R. Manduchi, Bilateral filtering for gray and color images, ICCV 1998",
    tolerance=tolerance,
)
