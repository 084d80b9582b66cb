"""Every primitive of a thousand elements beside NumPy's way of doing the same: `python -m benchmarks.thousand`.

At this size a call is the time that it takes to get to the compiled code and back. Both sides are warm and take turns in
one process; the ratios are medians over the turns. Nothing is compared here: `tests/test_thousand.py` does that.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from benchmarks import _suite

from .given import Call, Given, Pair, given

DTYPES = ("float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool")
WARM = 4  # calls: the first compiles, the next open shorter ways into compiled code
TURN = 4e-4  # seconds for a side in each turn


def pairs(g: Given) -> list[Pair]:
    """Return a name and both calls for everything that there is of the arrays' type."""
    from . import maps, orders, reductions

    themes = (maps, reductions, orders)
    return [pair for theme in themes for pair in (theme.of_booleans(g) if g.x.dtype == bool else theme.pairs(g))]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the calls that take at least so many times NumPy's time."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.thousand", description=__doc__)
    parser.add_argument("--call", default="", help="only those with this in their name")
    parser.add_argument("--dtype", nargs="+", choices=DTYPES, default=DTYPES)
    parser.add_argument("--size", type=int, default=1000, help="a multiple of 50 (default: 1000)")
    parser.add_argument("--least", type=float, default=0.0, help="print those from this ratio on (default: all)")
    parser.add_argument("--turns", type=int, default=9)
    chosen = parser.parse_args(arguments)
    _suite.keep_caches_apart()
    table = Table("call", "type", "jitkit, µs", "NumPy, µs", "times NumPy")
    for dtype in chosen.dtype:
        for name, ours, numpys in pairs(given(dtype, chosen.size)):
            if chosen.call in name:
                mine, other, ratio = _measured(ours, numpys, chosen.turns)
                if ratio >= chosen.least:
                    table.add_row(name, dtype, f"{mine * 1e6:.2f}", f"{other * 1e6:.2f}", f"{ratio:.2f}")
    Console().print(table)


def _measured(ours: Call, numpys: Call, turns: int) -> tuple[float, float, float]:
    """Return the seconds of a call of either side, and the ratio; all are medians over the turns."""
    for _ in range(WARM):
        ours()
        numpys()
    calls = max(3, min(400, int(TURN / _seconds(numpys, 20))))
    times = [(_seconds(ours, calls), _seconds(numpys, calls)) for _ in range(turns)]
    mine, other = zip(*times, strict=True)
    return statistics.median(mine), statistics.median(other), statistics.median(a / b for a, b in times)


def _seconds(call: Call, calls: int) -> float:
    started = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - started) / calls


if __name__ == "__main__":
    main()
