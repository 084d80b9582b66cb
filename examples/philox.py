"""philox: pi by throwing darts, with random numbers that every machine throws alike.

A dart hits the unit square anywhere with equal chance, and the quarter of a disc in it with a chance of pi / 4. So four
times the share of hits is about pi. The numbers are those of the kernel of `jitkit.cases.philox`:

    @jk.kernel
    def philox(i, x, key):
        a, b, c, d = jk.random.block(key, i)
        write(x, 0, i, a)
        write(x, 1, i, b)
        write(x, 2, i, c)
        write(x, 3, i, d)

`jk.random.block` ciphers the point's number with the key and keeps no state: nobody has to wait for a number before the
next, and the interpreter, the CPU on any number of threads and the GPU give the same ones. Each point makes two darts.

Check: the first block under key 0 is the one that its authors publish (J. K. Salmon et al., Random123, kat_vectors), and
the share of hits lies within five standard deviations of pi / 4.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import _common
import numpy as np

import jitkit as jk
from jitkit.cases.philox import philox

SIZES = {"python": 5_000, "cpu": 5_000_000, "cuda": 20_000_000}
KNOWN = (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)
DRAWN = 20_000


def numbers(options: argparse.Namespace) -> np.ndarray:
    """Return four numbers for each block."""
    x = jk.zeros((4, options.size), np.float64, device=options.device)
    with jk.backend(options.backend):
        philox[options.size](x, 0)
    return jk.to_numpy(x)


def draw(options: argparse.Namespace, x: np.ndarray, hits: np.ndarray) -> None:
    """Draw the first darts, and how the estimate settles."""
    from _picture import picture

    share = np.cumsum(hits) / np.arange(1, hits.size + 1)
    shown = np.unique(np.geomspace(1, hits.size, 2_000).astype(int)) - 1
    with picture(options.plot, f"philox: {hits.size:,} darts, on {options.backend}", (9.6, 4.6)) as figure:
        board, curve = figure.subplots(1, 2)
        board.scatter(x[0][:DRAWN], x[1][:DRAWN], c=hits[: x.shape[1]][:DRAWN], cmap="cividis", s=1)
        board.set(title=f"the first {min(DRAWN, x.shape[1]):,}", xlim=(0, 1), ylim=(0, 1), aspect="equal")
        curve.loglog(shown + 1, np.maximum(np.abs(4 * share[shown] - np.pi), 1e-7), linewidth=0.9)
        curve.loglog(shown + 1, deviation(shown + 1), color="#8a92a0", linewidth=0.9, label="one standard deviation")
        curve.set(title="distance from π", xlabel="darts")
        curve.legend()


def deviation(darts: np.ndarray | int) -> np.ndarray:
    """Return the standard deviation of the estimate of pi from so many darts."""
    return 4 * np.sqrt(np.pi / 4 * (1 - np.pi / 4) / np.asarray(darts, dtype=np.float64))


def main(argv: Sequence[str] | None = None) -> None:
    options = _common.parse(_common.parser(__doc__, "blocks of four numbers", SIZES, limits=(2, 50_000_000)), argv)
    x = numbers(options)
    hits = np.concatenate([x[0] ** 2 + x[1] ** 2 < 1, x[2] ** 2 + x[3] ** 2 < 1])
    if options.plot:
        draw(options, x, hits)
    for got, word in zip(x[:, 0], KNOWN, strict=True):
        _common.check(f"the published word {word:#010x} over 2^32, cut to 24 bits", got, (word >> 8) / 2**24, within=0)
    _common.check("pi", 4 * np.mean(hits), np.pi, within=5 * float(deviation(hits.size)))


if __name__ == "__main__":
    main()
