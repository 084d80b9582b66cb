"""Plans: what was compiled for a function and some dtypes, kept until there is too much of it."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

_REMEMBERED = 256


def remember(plans: dict[Hashable, Any], key: Hashable, plan: Any) -> Any:
    """Keep what was made; forget all where there is too much of it."""
    if len(plans) >= _REMEMBERED:
        plans.clear()
    plans[key] = plan
    return plan
