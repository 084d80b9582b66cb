"""Primitives in PyTorch."""

from __future__ import annotations

from typing import Any

import torch

from .._kept import kept
from ._tensors import keeping, tensors


def _partition(x: Any) -> Any:
    large = x > 0.5
    return torch.cat([x[large], x[~large]])


def _sort_by_key(x: Any, values: Any) -> Any:
    keys, order = torch.sort(x, stable=True)
    return keys, values[order]


def _sum_segments(x: Any, offsets: Any) -> Any:
    return torch.segment_reduce(x, "sum", offsets=offsets)


def _bincount(kinds: Any, weights: Any, sums: Any) -> Any:
    tk, tw = tensors(kinds, weights)
    return kept(lambda: torch.bincount(tk, tw, len(sums)), sums)


PEERS = {
    "reduce": keeping(torch.sum, 1),
    "map_reduce": keeping(lambda x, y: (x * y).sum(), 2),
    "count": keeping(lambda x: torch.count_nonzero(x > 0.5), 1),
    "minmax": keeping(torch.aminmax, 1),
    "argmax": keeping(torch.argmax, 1),
    "scan": keeping(lambda x: torch.cumsum(x, 0), 1),
    "sort": keeping(lambda x: torch.sort(x).values, 1),
    "argsort": keeping(lambda x: torch.argsort(x, stable=True), 1),
    "sort_by_key": keeping(_sort_by_key, 2),
    "searchsorted": keeping(torch.searchsorted, 2),
    "select": keeping(lambda x: x[x > 0.5], 1),
    "partition": keeping(_partition, 1),
    "unique": keeping(torch.unique, 1),
    "run_length_encode": keeping(lambda x: torch.unique_consecutive(x, return_counts=True), 1),
    "segment_reduce": keeping(_sum_segments, 2),
    "histogram": keeping(lambda x: torch.histc(x, 256, 0.0, 1.0), 1),
    "bincount": _bincount,
    "random_uniform": lambda x, seed: tensors(x)[0].uniform_,
    "random_normal": lambda x, seed: tensors(x)[0].normal_,
}
