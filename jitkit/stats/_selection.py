"""The kernels that find order statistics without sorting: a sample gives two bounds, and what lies between them is sorted.

The bounds are elements of a sample a little below and above the wanted rank. One pass counts what is below the bounds and
between them, a second collects the latter: a few thousandths of the elements. Where the bounds miss the rank, which
happens for elements in an order that misleads the sample, everything is sorted.

Source: R. W. Floyd, R. L. Rivest, Expected time bounds for selection, Comm. ACM 18, 165-172, 1975.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math

import numpy as np

import jitkit as jk
from jitkit.launch.launcher import Launcher

BLOCK = 8192
"""Elements that a point counts, and whose share it collects."""


@jk.kernel
def count_blocks(b, one, x, centre, reach, counts):
    """Count, in a block, the elements below a band around `centre`, in the band, and the NaN."""
    below = np.int32(0)
    inside = np.int32(0)
    numbers = np.int32(0)
    first, last = b * BLOCK, min(x.shape[0], b * BLOCK + BLOCK)
    for k in range(first, last):
        v = x[k]
        d = v - centre
        below += np.int32(1) if d < -reach else np.int32(0)
        inside += np.int32(1) if abs(d) <= reach else np.int32(0)
        numbers += np.int32(1) if v == v else np.int32(0)
    counts[0, b] = int(below)
    counts[1, b] = int(inside)
    counts[2, b] = last - first - int(numbers)


@jk.kernel
def take_blocks(b, one, x, centre, reach, starts, out):
    """Copy the elements of a block that lie in the band to their place: one comparison each, which rarely holds."""
    at = starts[b]
    for k in range(b * BLOCK, min(x.shape[0], b * BLOCK + BLOCK)):
        v = x[k]
        if abs(v - centre) <= reach:
            out[at] = v
            at += 1


@jk.kernel
def between_kernel(r, q, x, numbers, share, method, missing, out):
    """Find, in each sorted row of which so many are numbers, what lies at a share of the way from the first to the last.

    `missing` says whether NaN make the result NaN; they stand last.
    """
    n = numbers[r]
    if n == 0 or (missing and n < x.shape[1]):
        out[q, r] = math.nan
    else:
        left, right, t = position(share[q], n, method)
        out[q, r] = blend(x[r, left], x[r, right], t)


INTERPOLATED, MIDDLE, AVERAGED, LOWER, HIGHER, NEAREST, CLOSEST = range(7)
"""What is made of a place between two elements."""

METHODS = {
    "inverted_cdf": (HIGHER, 0.0, 1.0),
    "averaged_inverted_cdf": (AVERAGED, 0.0, 1.0),
    "closest_observation": (CLOSEST, -0.5, 1.5),
    "interpolated_inverted_cdf": (INTERPOLATED, 0.0, 1.0),
    "hazen": (INTERPOLATED, 0.5, 0.5),
    "weibull": (INTERPOLATED, 0.0, 0.0),
    "linear": (INTERPOLATED, 1.0, 1.0),
    "median_unbiased": (INTERPOLATED, 1 / 3.0, 1 / 3.0),
    "normal_unbiased": (INTERPOLATED, 3 / 8.0, 3 / 8.0),
    "lower": (LOWER, 1.0, 1.0),
    "higher": (HIGHER, 1.0, 1.0),
    "midpoint": (MIDDLE, 1.0, 1.0),
    "nearest": (NEAREST, 1.0, 1.0),
}
"""The methods by NumPy's names: one of the above, and Hyndman and Fan's alpha and beta, which say where a share lies.

Source: R. J. Hyndman, Y. Fan, Sample quantiles in statistical packages, Am. Stat. 50, 361-365, 1996.
"""


def position(share, n, method):
    """Return the two elements of n in order between which a share lies, and how far from the first of them."""
    rule, alpha, beta = method
    steps = n - 1 if alpha == 1.0 else n
    shift = 0.0 if alpha == 1.0 else alpha + share * (1.0 - alpha - beta) - 1.0
    # The maximum changes nothing but keeps product and sum apart: joined in one rounding, they would miss the elements
    # that shares hit exactly.
    place = max(share * steps, 0.0) + shift
    if place < 0.0:
        return 0, 0, 0.0
    left = min(int(place), n - 1)
    right = min(left + 1, n - 1)
    t = place - left
    if rule == INTERPOLATED:
        return left, right, t
    if rule == MIDDLE:
        return left, right, 0.5 if t > 0.0 else 0.0
    if rule == AVERAGED and t == 0.0:
        return left, right, 0.5
    odd = left % 2 == 1
    up = rule == AVERAGED or (rule == HIGHER and t > 0.0)
    up = up or (rule == NEAREST and (t > 0.5 or (t == 0.5 and odd)))
    up = up or (rule == CLOSEST and not (t == 0.0 and odd))
    chosen = right if up else left
    return chosen, chosen, 0.0


def blend(a, b, t):
    """Return a number between two, as NumPy does: from the nearer end, so that it is monotonic.

    Where they are too far apart for that, the shares of both are added: between a number and an infinity lies the latter.
    """
    if a == b or t == 0:
        return a
    step = b - a
    if step == math.inf:
        return a * (1 - t) + b * t
    return b - step * (1 - t) if t >= 0.5 else a + step * t


@jk.kernel
def count_numbers(r, x, numbers):
    """Count the numbers of a sorted row: NaN stand last."""
    low, high = 0, x.shape[1]
    while low < high:
        half = (low + high) // 2
        if x[r, half] == x[r, half]:
            low = half + 1
        else:
            high = half
    numbers[r] = low


counting, taking = Launcher(count_blocks), Launcher(take_blocks)
between, numbers_of = Launcher(between_kernel), Launcher(count_numbers)
