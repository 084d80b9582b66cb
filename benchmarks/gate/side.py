"""One side of the gate: the compiled launch of a row by one commit's jitkit, timed whenever the other end asks.

Started as `python -m benchmarks.gate.side ROW` with that commit first on the path. It answers "ready" or why it cannot be,
and then each line with the seconds of one launch.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks import _sides

SECONDS = 0.02  # of each turn: long enough for the clock, short enough that both sides of a turn meet the same machine


def main() -> None:
    """Prepare the row that the command line names, and answer."""
    row = next(row for row in _sides.rows() if row.name == sys.argv[1])
    try:
        call = _sides.compiled(row, wanted=("cpu",)).calls["cpu"]
    except Exception as error:
        # An old commit may fail in any way; what it is worth is for the other end to say.
        print(f"missing {type(error).__name__}: {error}".replace("\n", " "), flush=True)
        return
    print("ready", flush=True)
    for _ in sys.stdin:
        print(per_call(call), flush=True)


def per_call(call: Callable[[], Any]) -> float:
    """Return the seconds of a call, from as many as fill a turn."""
    started, count = time.perf_counter(), 0
    while count == 0 or time.perf_counter() - started < SECONDS:
        call()
        count += 1
    return (time.perf_counter() - started) / count


if __name__ == "__main__":
    main()
