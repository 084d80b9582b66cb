"""group_histogram: sums of a few random numbers already look normal.

Many work-items that count into one histogram get in each other's way, most of all where most of the values are. So each
group counts into a histogram of its own in shared memory, and adds it to the common one at its end. That is the kernel
of `jitkit.cases.group_histogram`:

    @jk.kernel(group=GROUP)
    def group_histogram(i, x, counts, low, bins_per_unit):
        local, group = jk.local_index(), jk.group_index()
        own = jk.shared(BINS, counts.dtype)
        for b in range(0, BINS, GROUP):
            own[local + b] = 0
        jk.barrier()
        for k in range(EACH):
            at = group * BLOCK + k * GROUP + local
            if at < x.shape[0]:
                position = (x[at] - low) * bins_per_unit
                if 0 <= position < BINS:
                    jk.atomic.add(own, int(position), 1)
        jk.barrier()
        for b in range(0, BINS, GROUP):
            jk.atomic.add(counts, local + b, own[local + b])

`jk.atomic.add` reads, adds and writes as one step, so that no work-item overwrites what another has just counted.

The values are sums of three uniform random numbers, shifted and scaled to mean 0 and variance 1.

Check: no value is lost. And the counts follow the density of such sums, three parabolas put together (J. O. Irwin and
P. Hall, both in Biometrika 19, 1927): the squared deviations over the expected counts sum to about as many as there are
bins (K. Pearson's chi-squared, 1900).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import _common
import numpy as np

import jitkit as jk
from jitkit.cases.group_histogram import BINS, group_histogram, space

SIZES = {"python": 30_000, "cpu": 4_000_000, "cuda": 50_000_000}
LOW, BINS_PER_UNIT = -4.0, 32.0
EDGES = LOW + np.arange(BINS + 1) / BINS_PER_UNIT
SUMMANDS = 3


def sums(n: int) -> np.ndarray:
    """Return `n` standardised sums of uniform random numbers; each summand has the variance 1/12."""
    rng = np.random.default_rng(12)
    x = np.full(n, -SUMMANDS / 2)
    for _ in range(SUMMANDS):
        x += rng.random(n)
    return x / np.sqrt(SUMMANDS / 12)


def counted(options: argparse.Namespace, x: np.ndarray) -> np.ndarray:
    """Return how many values lie in each bin."""
    counts = jk.zeros(BINS, np.int32, device=options.device)
    with jk.backend(options.backend):
        group_histogram[space(x.size)](jk.asarray(x, device=options.device), counts, LOW, BINS_PER_UNIT)
    return jk.to_numpy(counts)


def below(z: np.ndarray) -> np.ndarray:
    """Return the probability that the standardised sum of three lies below `z`, after Irwin and Hall."""
    s = np.clip(z * np.sqrt(SUMMANDS / 12) + SUMMANDS / 2, 0, SUMMANDS)
    return (s**3 - 3 * np.maximum(s - 1, 0) ** 3 + 3 * np.maximum(s - 2, 0) ** 3) / 6


def chi_squared(counts: np.ndarray, n: int) -> tuple[float, int]:
    """Return Pearson's statistic and its degrees of freedom; bins that expect less than 5 count as one."""
    expected = n * np.diff(below(EDGES))
    many = expected >= 5
    seen, meant = (np.append(part[many], part[~many].sum()) for part in (counts, expected))
    seen, meant = seen[meant > 0], meant[meant > 0]
    return float(np.sum((seen - meant) ** 2 / meant)), meant.size - 1


def draw(options: argparse.Namespace, counts: np.ndarray) -> None:
    """Draw the histogram with its density, and the normal density."""
    from _picture import picture

    density = counts * BINS_PER_UNIT / options.size
    z = EDGES[:-1] + 0.5 / BINS_PER_UNIT
    with picture(options.plot, f"group_histogram: {options.size:,} values, on {options.backend}", (8, 5)) as figure:
        axes = figure.subplots()
        axes.stairs(density, EDGES, fill=True, color="#9fc5e8", label="counted")
        axes.plot(z, np.diff(below(EDGES)) * BINS_PER_UNIT, color="#12408f", label="Irwin and Hall")
        axes.plot(z, np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi), "--", color="#c2410c", label="normal")
        axes.set(title="sums of three uniform numbers", xlabel="standard deviations from the mean", ylabel="density")
        axes.legend()


def main(argv: Sequence[str] | None = None) -> None:
    options = _common.parse(_common.parser(__doc__, "values", SIZES, limits=(100, 500_000_000)), argv)
    counts = counted(options, sums(options.size))
    if options.plot:
        draw(options, counts)
    _common.check("values counted", counts.sum(dtype=np.int64), options.size, within=0)
    statistic, freedom = chi_squared(counts, options.size)
    _common.check("chi-squared over its degrees of freedom", statistic / freedom, 1, within=6 * np.sqrt(2 / freedom))


if __name__ == "__main__":
    main()
