"""Primitives, sixteen million elements unless the row says otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np

from jitkit import cases
from jitkit.cases import Problem

from .row import Row, loosened, shaped


def _into_a_million(size: int, dtype: np.dtype[Any], rng: np.random.Generator) -> Problem:
    """Return kinds, weights, and room for a sum to each of a million kinds."""
    return Problem(
        size, (rng.integers(0, 1_000_000, size), rng.random(size, dtype=dtype), np.zeros(1_000_000, dtype)), ("sums",)
    )


# Peers that add float32 one after the other, sixteen million of them in a scan, or round the edges of bins elsewhere.
ROUNDED = {
    "scan": 1e-2,
    "bincount": 1e-3,
    "histogram": 1e-3,
    "histogram2d": 1e-2,
    "segment_reduce": 1e-4,
    "reduce_by_key": 1e-5,
}


def _row(name: str, label: str, peers: str, size: str | int = "large", is_drawn: bool = False) -> Row:
    case = loosened(cases.load(name), ROUNDED[name]) if name in ROUNDED else cases.load(name)
    return Row(name, label, case, tuple(peers.split()), size, is_drawn=is_drawn)


MANY = loosened(shaped("bincount", _into_a_million, {"tiny": 1_000, "large": 2**24}), 1e-5)

ROWS = (
    _row("reduce", "`reduce`, sum", "NumPy JAX PyTorch"),
    _row("map_reduce", "`map_reduce`, sum of products", "NumPy JAX PyTorch"),
    _row("count", "`count`", "NumPy PyTorch"),
    _row("minmax", "`minmax`", "NumPy PyTorch"),
    _row("argmax", "`argmax`", "NumPy PyTorch"),
    _row("scan", "`scan`, sum", "NumPy JAX PyTorch Warp"),
    _row("sort", "`sort`", "NumPy JAX PyTorch"),
    _row("argsort", "`argsort`, a million", "NumPy JAX PyTorch", "small"),
    _row("sort_by_key", "`sort_by_key`, a million", "NumPy PyTorch Warp", "small"),
    _row("searchsorted", "`searchsorted`, 4 million in 65,536", "NumPy PyTorch", 2**22),
    _row("select", "`select`", "NumPy PyTorch"),
    _row("partition", "`partition`", "NumPy PyTorch"),
    _row("unique", "`unique`, of a thousand values", "NumPy PyTorch", 2**22),
    _row("run_length_encode", "`run_length_encode`, runs of 4", "NumPy PyTorch"),
    _row("reduce_by_key", "`reduce_by_key`, runs of 4", "NumPy"),
    _row("segment_reduce", "`segment_reduce`, segments of 100", "NumPy PyTorch"),
    _row("histogram", "`histogram`, 256 bins", "NumPy PyTorch Warp"),
    _row("histogram2d", "`histogram2d`, 64 x 64 bins, 4 million", "NumPy", 2**22),
    _row("bincount", "`bincount` of weights, into a thousand", "NumPy PyTorch"),
    Row("bincount_million", "`bincount` of weights, into a million", MANY, ("NumPy", "PyTorch")),
    _row("random_uniform", "`random.Generator.random`", "NumPy JAX PyTorch", is_drawn=True),
    _row("random_normal", "`random.Generator.standard_normal`", "NumPy JAX PyTorch", is_drawn=True),
)
