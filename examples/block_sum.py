"""block_sum: pi out of the squares, 1 + 1/4 + 1/9 + ..., block by block.

Sums over many elements are made in two steps on parallel machines: a sum of each block, and then one of those. The first
step is the kernel of `jitkit.cases.block_sum`:

    @jk.kernel(group=GROUP)
    def block_sum(i, x, sums):
        local, group = jk.local_index(), jk.group_index()
        total = 0
        for k in range(EACH):
            at = group * BLOCK + k * GROUP + local
            if at < x.shape[0]:
                total += x[at]
        parts = jk.shared(GROUP, x.dtype)
        parts[local] = total
        jk.barrier()
        half = GROUP // 2
        while half > 0:
            if local < half:
                parts[local] += parts[local + half]
            jk.barrier()
            half //= 2
        if local == 0:
            sums[group] = parts[0]

Each of the 256 work-items of a group adds eight elements on its own. Then 128 of them add the other half's sums to
theirs, then 64, and so on: a tree of eight levels in shared memory, with a barrier after each. The order of the
additions is always the same, so equal inputs give equal bits, on whatever number of threads.

Check: the sum of all 1 / k^2 is pi^2 / 6 (L. Euler, De summis serierum reciprocarum, 1735), and what n terms leave over
is 1 / n - 1 / (2 n^2) + 1 / (6 n^3) - ... by the summation formula of Euler and Maclaurin.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import _common
import numpy as np

import jitkit as jk
from jitkit.cases.block_sum import BLOCK, GROUP, block_sum, blocks

SIZES = {"python": 10_000, "cpu": 10_000_000, "cuda": 100_000_000}


def sums_of_blocks(options: argparse.Namespace) -> np.ndarray:
    """Return the sum of 1 / k^2 over each block of terms."""
    terms = 1.0 / np.arange(1, options.size + 1, dtype=np.float64) ** 2
    sums = jk.zeros(blocks(options.size), np.float64, device=options.device)
    with jk.backend(options.backend):
        block_sum[blocks(options.size) * GROUP](jk.asarray(terms, device=options.device), sums)
    return jk.to_numpy(sums)


def left_over(n: np.ndarray | int) -> np.ndarray:
    """Return the sum of all 1 / k^2 behind the first n, by the summation formula."""
    n = np.asarray(n, dtype=np.float64)
    return 1 / n - 1 / (2 * n**2) + 1 / (6 * n**3) - 1 / (30 * n**5)


def draw(options: argparse.Namespace, sums: np.ndarray) -> None:
    """Draw how pi comes closer with every block, with the next term of the formula and without."""
    from _picture import picture

    n = np.minimum(BLOCK * np.arange(1, sums.size + 1), options.size)
    total = np.cumsum(sums)
    with picture(options.plot, f"block_sum: {options.size:,} terms, on {options.backend}", (7.6, 5)) as figure:
        axes = figure.subplots()
        axes.loglog(n, np.abs(np.sqrt(6 * total) - np.pi), "o-", markersize=3, label="the sum alone")
        axes.loglog(n, 3 / (np.pi * n), color="#8a92a0", linewidth=0.9, label="3 / (π n)")
        corrected = np.abs(np.sqrt(6 * (total + left_over(n))) - np.pi)
        axes.loglog(n, np.maximum(corrected, 1e-17), ".", markersize=4, label="with what Euler says is left over")
        axes.set(title="distance from π", xlabel="terms", ylim=(3e-18, 1))
        axes.legend()


def main(argv: Sequence[str] | None = None) -> None:
    options = _common.parse(_common.parser(__doc__, "terms", SIZES, limits=(10, 500_000_000)), argv)
    sums = sums_of_blocks(options)
    if options.plot:
        draw(options, sums)
    total = sums.sum() + float(left_over(options.size))
    allowed = 1e-13 + 1 / float(options.size) ** 7
    _common.check("the sum of all 1 / k^2 over pi^2 / 6", 6 * total / np.pi**2, 1, within=allowed)
    _common.check("pi", np.sqrt(6 * total), np.pi, within=2 * allowed)


if __name__ == "__main__":
    main()
