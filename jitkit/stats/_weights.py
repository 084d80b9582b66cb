"""Weights of observations, looked at and added up where they lie: on the host, or on a GPU."""

# Functions for primitives take numbers of any type, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import operator
from typing import Any, NamedTuple

import numpy as np

from jitkit.arrays import asarray, to_numpy
from jitkit.primitives.map import map
from jitkit.primitives.map_reduce import map_reduce


class Weights(NamedTuple):
    """Weights, and what is to be known of them.

    Attributes
    ----------
    each : array
        The weights in float64, where the observations lie.
    total : float
        Their sum.
    some, negative, fractional : int
        How many are not zero, are below zero, and are no integers.
    """

    each: Any
    total: float
    some: int
    negative: int
    fractional: int


def wide(w):
    """Return a number as float64."""
    return np.float64(w)


def _facts(w):
    v = np.float64(w)
    return v, np.int64(v != 0), np.int64(v < 0), np.int64(v != np.rint(v))


def _add_facts(a, b):
    return a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]


def _wide_product(w, v):
    return np.float64(w) * np.float64(v)


def looked_at(given: Any, device: str | None) -> Weights:
    """Return weights as they are used beside observations on this device; in one pass over them, where that is a GPU."""
    if device is None:
        w = np.asarray(to_numpy(given))
        found = w.sum(dtype=np.float64), (w != 0).sum(), (w < 0).sum(), (w != np.rint(w)).sum()
        w = w.astype(np.float64)
    else:
        w = asarray(given, device=device)
        found = map_reduce(_facts, _add_facts, w) if w.shape[0] else (0.0, 0, 0, 0)
        w = map(wide, w)
    total, *counts = found
    return Weights(w, float(total), *(int(k) for k in counts))


def product(w: Any, v: Any) -> Any:
    """Return the products of weights of two kinds."""
    return w * v if isinstance(w, np.ndarray) else map(operator.mul, w, v)


def total_of_products(w: Any, v: Any) -> float:
    """Return the sum of the products of weights of two kinds."""
    return float((w * v).sum() if isinstance(w, np.ndarray) else map_reduce(_wide_product, operator.add, w, v))
