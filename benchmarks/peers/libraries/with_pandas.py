"""pandas: moving windows, in one thread."""

from __future__ import annotations

from typing import Any

import pandas as pd

from benchmarks.peers.rows.stats import WINDOW

from ._kept import kept


def _moving(name: str) -> Any:
    def bind(x: Any, found: Any) -> Any:
        found[: WINDOW - 1] = 0
        rolling = pd.Series(x).rolling(WINDOW)
        return kept(lambda: getattr(rolling, name)().to_numpy()[WINDOW - 1 :], found[WINDOW - 1 :])

    return bind


PEERS = {f"stats_move_{name}": _moving(name) for name in ("mean", "min", "median")}
