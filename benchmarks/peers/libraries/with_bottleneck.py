"""bottleneck: NaN-aware reductions and moving windows in C, in one thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bottleneck

from benchmarks.peers.rows.stats import WINDOW

from ._kept import kept


def _moving(function: Callable[..., Any]) -> Any:
    def bind(x: Any, found: Any) -> Any:
        found[: WINDOW - 1] = 0
        return kept(lambda: function(x, WINDOW)[WINDOW - 1 :], found[WINDOW - 1 :])

    return bind


PEERS = {
    "stats_nanvar": lambda x, found: kept(lambda: bottleneck.nanvar(x), found),
    "stats_median": lambda x, found: kept(lambda: bottleneck.median(x), found),
    "stats_move_mean": _moving(bottleneck.move_mean),
    "stats_move_min": _moving(bottleneck.move_min),
    "stats_move_median": _moving(bottleneck.move_median),
}
