"""What primitives and the toolkit reach on a GPU, in GB/s of the least traffic: arrays lie there, and a call ends with a wait.

Run as ``python -m benchmarks.peers.on_gpu``, with ``--json FILE`` to keep the figures. ``jitkit bench CASE --backend cuda`` does
the same for the cases of kernels.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import jitkit as jk
from jitkit.backends import gpu

Call = Callable[[Any], Any]
ROWS = 1024
"""Elements of a row, where there are rows."""
CALLS: dict[str, tuple[float, Call]] = {
    "map": (2, lambda x: jk.map("sqrt", x)),
    "reduce": (1, lambda x: jk.reduce("add", x)),
    "reduce in order": (1, lambda x: jk.reduce(lambda a, b: a * b + b, x)),
    "reduce rows": (1, lambda x: jk.reduce("add", x.reshape((-1, ROWS)), axis=1)),
    "reduce columns": (1, lambda x: jk.reduce("add", x.reshape((-1, ROWS)), axis=0)),
    "argmax": (1, jk.argmax),
    "scan": (2, lambda x: jk.scan("add", x)),
    "select half": (1.5, lambda x: jk.select(lambda v: v > 0.5, x)),
    "sort": (2, jk.sort),
    "histogram": (1, lambda x: jk.histogram(x, 256, range=(0, 1))),
    "mean": (1, jk.stats.mean),
    "var": (1, jk.stats.var),
    "quantile": (1, lambda x: jk.stats.quantile(x, 0.5)),
    "move_mean": (2, lambda x: jk.stats.move_mean(x, 50)),
    "softmax": (2, lambda x: jk.ml.softmax(x.reshape((-1, ROWS)))),
    "softmax of columns": (2, lambda x: jk.ml.softmax(x.reshape((-1, ROWS)), axis=0)),
    "gelu": (2, jk.ml.gelu),
    "rfft of rows": (2, lambda x: jk.signal.rfft(x.reshape((-1, ROWS)))),
    "rfft": (2, jk.signal.rfft),
    "gaussian_filter": (2, lambda x: jk.signal.gaussian_filter(x.reshape((-1, ROWS)), 2.0)),
    "random": (1, lambda x: jk.random.Generator(0).random(out=x, dtype=np.dtype(x.dtype))),
}
"""The least number of times that the bytes of the array are read or written, and the call; the last may write to it."""


def seconds_of(call: Call, x: Any, repeats: int) -> float:
    """Return the median time of a call, after one that compiles."""
    call(x)
    jk.synchronize()
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        call(x)
        jk.synchronize()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def measure(size: int, dtype: str, repeats: int, names: list[str]) -> list[dict[str, Any]]:
    """Return a row for each call: its name, milliseconds and GB/s."""
    x = jk.asarray(np.random.default_rng(0).random(size // ROWS * ROWS).astype(dtype), device="cuda")
    rows = []
    for name in names:
        passes, call = CALLS[name]
        seconds = seconds_of(call, x, repeats)
        rate = passes * x.size * np.dtype(dtype).itemsize / seconds / 1e9
        rows.append({"call": name, "dtype": dtype, "size": x.size, "ms": seconds * 1e3, "GB/s": rate})
    return rows


def _where() -> str:
    return "a GPU" if gpu.stand_in() is None else f"a GPU that is {gpu.stand_in()}: its times say nothing of a real one"


def main(arguments: list[str] | None = None) -> None:
    """Print the table, and write the figures where they are to go."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1 << 26, help="elements of the array")
    parser.add_argument("--repeats", type=int, default=11, help="calls of which the median is taken")
    parser.add_argument("--dtype", action="append", choices=("float32", "float64"), help="both unless given")
    parser.add_argument("--call", action="append", choices=tuple(CALLS), help="all unless given")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    given = parser.parse_args(arguments)
    if given.size < ROWS or given.repeats < 1:
        parser.error(f"--size is at least {ROWS}, and --repeats at least 1")
    found = [
        row
        for dtype in given.dtype or ("float32", "float64")
        for row in measure(given.size, dtype, given.repeats, given.call or list(CALLS))
    ]
    table = Table("call", "dtype", "ms", "GB/s", title=f"{given.size} elements on {_where()}")
    for row in found:
        table.add_row(row["call"], row["dtype"], f"{row['ms']:.3f}", f"{row['GB/s']:.0f}")
    Console().print(table)
    if given.json is not None:
        given.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
