"""bitonic: a network of comparators sorts every block, and why zeros and ones are enough to prove it.

A comparator puts two elements into order. A network of them, arranged in advance, sorts whatever comes: no element
decides what is compared next, so all comparators of a layer can work at once. That is the kernel of
`jitkit.cases.bitonic`, one comparator for each work-item and a barrier after each of its 45 layers:

    @jk.kernel(group=GROUP)
    def bitonic(i, x, out):
        local, start = jk.local_index(), jk.group_index() * BLOCK
        length = min(x.shape[0] - start, BLOCK)
        keys = jk.shared(BLOCK, x.dtype)
        for k in range(0, BLOCK, GROUP):
            if local + k < length:
                keys[local + k] = x[start + local + k]
        jk.barrier()
        width = 1
        while width < BLOCK:
            # Two sorted runs of this width become one: the first layer compares them from their far ends inwards.
            flip, half = 2 * width - 1, width
            while half > 0:
                low = 2 * local - (local & (half - 1))
                high = low ^ flip
                if high < length:
                    order(keys, low, high)
                jk.barrier()
                half //= 2
                flip = half
            width *= 2
        for k in range(0, BLOCK, GROUP):
            if local + k < length:
                out[start + local + k] = keys[local + k]

with the comparator in a helper:

    def order(keys, low, high):
        first, second = keys[low], keys[high]
        if second < first or (first != first and second == second):
            keys[low], keys[high] = second, first

The layers merge runs of 1, 2, 4, ... elements. The first layer of a merge compares two runs from their far ends inwards,
and leaves the smaller elements in the lower half. K. E. Batcher found the network (Sorting networks and their
applications, AFIPS, 1968).

Check: a network that sorts all sequences of zeros and ones sorts everything (the zero-one principle; D. E. Knuth, The
Art of Computer Programming 3, section 5.3.4), so among the blocks are some of zeros and ones. The others are parts of a
permutation: all numbers are there at the end, and in each block none is larger than the next.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import _common
import numpy as np

import jitkit as jk
from jitkit.cases.bitonic import BLOCK, GROUP, bitonic, blocks

SIZES = {"python": 3, "cpu": 4_000, "cuda": 100_000}
SHOWN = 64


def shuffled(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return `count` blocks of a random permutation, and as many of zeros and ones, from few ones to many."""
    rng = np.random.default_rng(3)
    permutation = rng.permutation(count * BLOCK).astype(np.float64)
    share = np.repeat((np.arange(count) + 0.5) / count, BLOCK)
    return permutation, (rng.random(count * BLOCK) < share).astype(np.float64)


def sorted_blocks(options: argparse.Namespace, x: np.ndarray) -> np.ndarray:
    """Return the blocks of `x`, each sorted, as rows."""
    out = jk.zeros(x.size, x.dtype, device=options.device)
    with jk.backend(options.backend):
        bitonic[blocks(x.size) * GROUP](jk.asarray(x, device=options.device), out)
    return jk.to_numpy(out).reshape(-1, BLOCK)


def draw(options: argparse.Namespace, before: np.ndarray, after: np.ndarray) -> None:
    """Draw some blocks before and after, a row for each."""
    from _picture import GLOW, bare, picture

    count = min(SHOWN, options.size)
    with picture(options.plot, f"bitonic: {options.size:,} blocks, on {options.backend}", (12, 5), dark=True) as figure:
        for axes, rows, name in zip(figure.subplots(1, 2), (before, after), ("shuffled", "sorted"), strict=True):
            axes.imshow(rows.reshape(-1, BLOCK)[:count], cmap=GLOW, aspect="auto", interpolation="nearest")
            bare(axes, f"{name}: {count} blocks of {BLOCK}, one in each row")


def main(argv: Sequence[str] | None = None) -> None:
    options = _common.parse(_common.parser(__doc__, "blocks", SIZES, limits=(1, 200_000)), argv)
    permutation, zeros_and_ones = shuffled(options.size)
    after, ones_after = sorted_blocks(options, permutation), sorted_blocks(options, zeros_and_ones)
    if options.plot:
        draw(options, permutation, after)
    missing = permutation.size - np.count_nonzero(np.sort(after, axis=None) == np.arange(permutation.size))
    _common.check("numbers lost", missing, 0, within=0)
    _common.check("neighbours in the wrong order", np.count_nonzero(np.diff(after) < 0), 0, within=0)
    ones = zeros_and_ones.reshape(-1, BLOCK).sum(axis=1).astype(int)
    expected = np.arange(BLOCK) >= BLOCK - ones[:, None]
    _common.check("zeros and ones in the wrong place", np.count_nonzero(ones_after != expected), 0, within=0)


if __name__ == "__main__":
    main()
