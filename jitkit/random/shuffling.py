"""Permutations in parallel, every one of them equally likely.

Each element goes into a bucket drawn by chance, and the buckets, small enough for a cache, are shuffled one by one, each
by one work-item. How the elements are cut depends on their number alone, and so does the result.

References: C. R. Rao, "Generation of random permutation of given number of elements using random sampling numbers",
Sankhya A 23, 1961; M. Sandelius, "A simple randomization procedure", J. Royal Stat. Soc. B 24(2), 1962; R. Durstenfeld,
"Algorithm 235: random permutation", Comm. ACM 7(7), 1964.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import jitkit as jk
from jitkit.launch.launcher import Launcher
from jitkit.random.bounded import below
from jitkit.random.elements import FEW
from jitkit.random.fills import fill, fill_words
from jitkit.random.philox import block

# Indices of a bucket: 32 KiB, a first-level cache. Above 4096 buckets and 1024 pieces their counts would be the burden.
BUCKET, PIECE, MOST_BUCKETS, MOST_PIECES = 4096, 16384, 4096, 1024
_ONE = (1,)


@jk.kernel
def count_buckets(piece: Any, words: Any, length: Any, shift: Any, counts: Any) -> None:
    """Count the elements of one piece that go into each bucket."""
    for i in range(piece * length, min((piece + 1) * length, words.shape[0])):
        counts[words[i] >> shift, piece] += 1


@jk.kernel
def scatter(piece: Any, words: Any, length: Any, shift: Any, places: Any, order: Any) -> None:
    """Write the indices of one piece to their buckets; `places` says where its next one of each bucket goes."""
    for i in range(piece * length, min((piece + 1) * length, words.shape[0])):
        bucket = words[i] >> shift
        order[places[bucket, piece]] = i
        places[bucket, piece] += 1


@jk.kernel
def shuffle_buckets(bucket: Any, order: Any, starts: Any, words: Any, key: Any, step: Any) -> None:
    """Shuffle one bucket by Durstenfeld's algorithm, with a word for each element."""
    start = starts[bucket]
    for last in range(starts[bucket + 1] - 1, start, -1):
        count = np.uint64(last - start + 1)
        chosen = start + np.int64(below(words[last], count, 0x100000000 % count, key, last, step))
        order[last], order[chosen] = order[chosen], order[last]


@jk.kernel
def order_few(_: Any, order: Any, key: Any, step: Any) -> None:
    """Write what `shuffle_buckets` makes of one bucket of a row's length; its words are made where they are used."""
    for i in range(order.shape[0]):
        order[i] = i
    for last in range(order.shape[0] - 1, 0, -1):
        count = np.uint64(last + 1)
        word, _a, _b, _c = block(key, last, step - 1)
        chosen = np.int64(below(word, count, 0x100000000 % count, key, last, step))
        order[last], order[chosen] = order[chosen], order[last]


@jk.kernel
def order_rows(row: Any, order: Any, key: Any, step: Any) -> None:
    """Write an order of its own to each row; the counter goes on from row to row."""
    n = order.shape[1]
    for i in range(n):
        order[row, i] = i
    for last in range(n - 1, 0, -1):
        count, place = np.uint64(last + 1), row * n + last
        word, _a, _b, _c = block(key, place, step - 1)
        chosen = np.int64(below(word, count, 0x100000000 % count, key, place, step))
        order[row, last], order[row, chosen] = order[row, chosen], order[row, last]


_order_few = Launcher(order_few)


def permuted(n: int, key: np.uint64, step: int) -> NDArray[np.int64]:
    """Return the integers below `n` in random order, int64."""
    if n <= FEW:
        order = np.empty(n, np.int64)
        _order_few.run(_ONE, None, (order, key, step + 2))
        return order
    words, order = np.empty(n, np.uint32), np.arange(n)
    starts = np.array([0, n])
    if n > 2 * BUCKET:
        fill(fill_words, 4, words, key, step)
        starts = _into_buckets(words, order)
    fill(fill_words, 4, words, key, step + 1)
    shuffle_buckets[starts.size - 1](order, starts, words, key, step + 2)
    return order


def permuted_rows(rows: int, n: int, key: np.uint64, step: int) -> NDArray[np.int64]:
    """Return rows of the integers below `n`, each in a random order of its own, int64."""
    order = np.empty((rows, n), np.int64)
    order_rows[rows if n else 0](order, key, step + 2)
    return order


def _into_buckets(words: NDArray[np.uint32], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Write the indices to `order` bucket by bucket; return where each bucket starts, and the end."""
    n = words.size
    bits = min(n // BUCKET, MOST_BUCKETS).bit_length() - 1
    length = max(PIECE, -(-n // MOST_PIECES))
    pieces, shift = -(-n // length), np.uint32(32 - bits)
    counts = np.zeros((1 << bits, pieces), np.int64)
    count_buckets[pieces](words, length, shift, counts)
    places = (np.cumsum(counts) - counts.ravel()).reshape(counts.shape)
    starts = np.append(places[:, 0], n)
    scatter[pieces](words, length, shift, places, order)
    return starts
