"""numbagg: NaN-aware reductions and moving windows in Numba."""

from __future__ import annotations

from typing import Any

import numbagg

from benchmarks.peers.rows.stats import WINDOW

from ._kept import kept


def move_mean(x: Any, found: Any) -> Any:
    """Return a call on windows that are full."""
    found[: WINDOW - 1] = 0
    return kept(lambda: numbagg.move_mean(x, window=WINDOW)[WINDOW - 1 :], found[WINDOW - 1 :])


PEERS = {
    "stats_nanvar": lambda x, found: kept(lambda: numbagg.nanvar(x, ddof=0), found),
    "stats_move_mean": move_mean,
}
