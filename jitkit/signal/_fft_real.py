"""What stands between real numbers and complex transforms: steps that take one frequency or element of a row.

They are points of kernels of their own, over rows and places, and parts of others. All take a row `o`, a place `k`, where they
read and write, roots of unity (rows of cosines and sines), the length n of the complex transform, and a factor.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jitkit as jk
from jitkit.launch.launcher import Launcher


def untangle(o, k, z, out, turn, n, scale):
    """Take apart the transforms of the even and the odd elements, and do the last butterfly; frequencies 1 to n - 1."""
    i, m, at = 2 * (o * n + k), 2 * (o * n + n - k), 2 * (o * (n + 1) + k)
    er, ei = 0.5 * (z[i] + z[m]), 0.5 * (z[i + 1] - z[m + 1])
    dr, di = 0.5 * (z[i + 1] + z[m + 1]), 0.5 * (z[m] - z[i])
    out[at] = scale * (er + turn[0, k] * dr - turn[1, k] * di)
    out[at + 1] = scale * (ei + turn[0, k] * di + turn[1, k] * dr)


def untangle_ends(o, k, z, out, turn, n, scale):
    """Do the lowest and the highest frequency, which are real."""
    re, im, at = z[2 * o * n], z[2 * o * n + 1], 2 * o * (n + 1)
    out[at], out[at + 1] = scale * (re + im), 0
    out[at + 2 * n], out[at + 2 * n + 1] = scale * (re - im), 0


def tangle(o, k, x, out, turn, n, scale):
    """Do the first butterfly of the way back, times two; frequencies 1 to n - 1."""
    i, m, at = 2 * (o * (n + 1) + k), 2 * (o * (n + 1) + n - k), 2 * (o * n + k)
    er, ei, dr, di = x[i] + x[m], x[i + 1] - x[m + 1], x[i] - x[m], x[i + 1] + x[m + 1]
    c, s = turn[0, k], turn[1, k]
    out[at], out[at + 1] = scale * (er - (di * c - dr * s)), scale * (ei + (dr * c + di * s))


def tangle_ends(o, k, x, out, turn, n, scale):
    """Do the lowest and the highest frequency, whose imaginary parts do not count."""
    low, high = x[2 * o * (n + 1)], x[2 * (o * (n + 1) + n)]
    out[2 * o * n], out[2 * o * n + 1] = scale * (low + high), scale * (low - high)


def complexes(o, k, x, out, turn, n, scale):
    """Make complex numbers of real ones."""
    i = o * n + k
    out[2 * i], out[2 * i + 1] = scale * x[i], 0


def real_parts(o, k, x, out, turn, n, scale):
    """Leave out the imaginary parts, which are zero but for rounding."""
    out[o * n + k] = scale * x[2 * (o * n + k)]


def lower(o, k, x, out, turn, n, scale):
    """Keep the lower frequencies of rows."""
    i, m = 2 * (o * n + k), 2 * (o * (n // 2 + 1) + k)
    out[m], out[m + 1] = scale * x[i], scale * x[i + 1]


def mirror(o, k, x, out, turn, n, scale):
    """Write frequencies of rows of an odd length from 1 on, each with its conjugate."""
    i, low, high = 2 * (o * (n // 2 + 1) + k), 2 * (o * n + k), 2 * (o * n + n - k)
    re, im = scale * x[i], scale * x[i + 1]
    out[low], out[low + 1] = re, im
    out[high], out[high + 1] = re, -im


def mirror_end(o, k, x, out, turn, n, scale):
    """Write the lowest frequency, whose imaginary part is none."""
    out[2 * o * n], out[2 * o * n + 1] = scale * x[2 * o * (n // 2 + 1)], 0


class Side:
    """What is done before or behind a complex transform.

    Parameters
    ----------
    step : callable
        Takes a place, as above.
    count : callable
        Which place of a row of n is behind the last one.
    ends : callable, optional
        Takes what is left of a row; places are then taken from 1 on.
    """

    def __init__(
        self, step: Callable[..., None], count: Callable[[int], int], ends: Callable[..., None] | None = None
    ) -> None:
        self.step, self.count, self.ends, self.start = step, count, ends, int(ends is not None)
        start = self.start

        @jk.kernel(name=step.__name__)
        def places(o, k, x, out, turn, n, scale):
            step(o, k + start, x, out, turn, n, scale)

        self._places, self._ends = Launcher(places), None
        if ends is not None:

            @jk.kernel(name=ends.__name__)
            def row_ends(o, x, out, turn, n, scale):
                ends(o, 0, x, out, turn, n, scale)

            self._ends = Launcher(row_ends)

    def __call__(self, x: Any, out: Any, turn: Any, rows: int, n: int, scale: Any, backend: str | None) -> None:
        """Launch it for so many rows."""
        if self.count(n) > self.start:
            self._places.run((rows, self.count(n) - self.start), backend, (x, out, turn, n, scale))
        if self._ends is not None:
            self._ends.run(rows, backend, (x, out, turn, n, scale))

    def in_group(self, width: int) -> Callable[..., None]:
        """Return what takes one row by a group of so many work-items."""
        step, start, ends, some = self.step, self.start, self.ends or self.step, self.ends is not None

        def take(o, count, lane, x, out, turn, n, scale):
            blocks = (count - start) // width
            for block in range(blocks):
                step(o, start + block * width + lane, x, out, turn, n, scale)
            if lane == 0:
                for k in range(start + blocks * width, count):
                    step(o, k, x, out, turn, n, scale)
                if some:
                    ends(o, 0, x, out, turn, n, scale)

        return take


SIDES = {
    (0, False): (None, Side(untangle, lambda n: n, untangle_ends)),
    (0, True): (Side(tangle, lambda n: n, tangle_ends), None),
    (1, False): (Side(complexes, lambda n: n), Side(lower, lambda n: n // 2 + 1)),
    (1, True): (Side(mirror, lambda n: n // 2 + 1, mirror_end), Side(real_parts, lambda n: n)),
}
"""What stands before and behind the complex transform, by whether the length is odd, and whether it goes back.

An even length is done by a complex transform of its half, which takes pairs of real numbers for complex ones.
"""
