"""bitonic: a network of comparators sorts every block, and why zeros and ones are enough to prove it.

A comparator puts two elements into order. A network of them, arranged in advance, sorts whatever comes: no element
decides what is compared next, so all comparators of a layer can work at once. That is the kernel of
`jitkit.cases.bitonic`, which sorts 512 keys with 32 work-items. Each has 16 keys in private memory, and as all loops over
these turn a known number of times, they become registers; of the 45 layers of comparators, 30 take place there. The other
15 compare keys of two work-items, through two halves of shared memory by turns, with one barrier a layer:

    @jk.kernel(group=LANES)
    def bitonic(i, x, out):
        lane, start = jk.local_index(), jk.group_index() * BLOCK
        length = min(x.shape[0] - start, BLOCK)
        shared, keys = jk.shared((2, ROWS, LANES), x.dtype), jk.local(ROWS, x.dtype)
        largest = nan = first = x[start]
        numbers = np.int32(0)
        for r in range(ROWS):
            at = r * LANES + lane
            keys[r] = x[start + at] if at < length else first
            if at < length and keys[r] == keys[r]:
                numbers += np.int32(1)
        numbers = jk.group_reduce("add", numbers)
        if numbers < BLOCK:
            # NaN, and what the last block lacks, is sorted as the block's largest number, so that the numbers come first.
            for r in range(ROWS):
                largest = np.fmax(largest, keys[r])
                nan = nan if keys[r] == keys[r] else keys[r]
            largest, nan = jk.group_reduce("fmax", largest), jk.group_reduce("maximum", nan)
            for r in range(ROWS):
                if r * LANES + lane >= length or keys[r] != keys[r]:
                    keys[r] = largest

        # Two sorted runs of a width become one: the first layer compares them from their far ends inwards. Key r of a
        # work-item is key ROWS * lane + r of the block.
        width = 1
        while width < ROWS:
            for k in range(ROWS // 2):
                low = 2 * k - (k & (width - 1))
                order(keys, low, low ^ (2 * width - 1))
            merge(keys, width // 2)
            width *= 2
        side = 0
        for r in range(ROWS):
            shared[side, r, lane] = keys[r]
        jk.barrier()
        width = 1
        while width < LANES:
            half, flip, row_flip = width, 2 * width - 1, ROWS - 1
            while half > 0:
                for r in range(ROWS):
                    own, other = shared[side, r, lane], shared[side, r ^ row_flip, lane ^ flip]
                    lower, upper = (other if other < own else own), (own if other < own else other)
                    keys[r] = upper if lane & half else lower
                half //= 2
                flip, row_flip = half, 0
                if half == 0:
                    merge(keys, ROWS // 2)
                side = 1 - side  # others may still read what this layer read
                for r in range(ROWS):
                    shared[side, r, lane] = keys[r]
                jk.barrier()
            width *= 2
        for r in range(ROWS):  # the keys that stand a group's width apart
            keys[r] = shared[side, lane % ROWS, r * (LANES // ROWS) + lane // ROWS]
        for r in range(ROWS):
            at = r * LANES + lane
            if at < length:
                out[start + at] = keys[r] if at < numbers else nan

with the comparators in helpers:

    def order(keys, low, high):
        first, second = keys[low], keys[high]
        keys[low] = second if second < first else first
        keys[high] = first if second < first else second

    def merge(keys, width):
        while width > 0:
            for k in range(ROWS // 2):
                low = 2 * k - (k & (width - 1))
                order(keys, low, low + width)
            width //= 2

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
from jitkit.cases.bitonic import BLOCK, LANES, bitonic, blocks

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
        bitonic[blocks(x.size) * LANES](jk.asarray(x, device=options.device), out)
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
