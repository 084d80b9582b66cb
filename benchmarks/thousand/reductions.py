"""Fewer elements than went in: reduce, map_reduce, minmax, argmax, count, any, and reductions of segments."""

from __future__ import annotations

import operator

import numpy as np

import jitkit as jk

from .given import Given, Pairs, added, added_and_larger, inverted, is_large, squared

summed = jk.vectorize(added)


def pairs(g: Given) -> Pairs:
    """Return the calls on numbers."""
    x, y, rows, strided, places = g.x, g.y, g.rows, g.strided, g.places
    starts, ends, own = g.starts, g.ends, g.x.dtype
    for name, op, ufunc in (("sum", "add", np.add), ("max", max, np.maximum)):
        yield from _reductions(name, op, ufunc, g)
    yield "reduce by a function", lambda: jk.reduce(added, x), lambda: np.add.reduce(x, dtype=own)
    yield "reduce rows by a function", lambda: jk.reduce(added, rows, axis=1), lambda: np.add.reduce(rows, 1, dtype=own)
    yield "reduce a pair", lambda: jk.reduce(added_and_larger, (x, y)), lambda: (x.sum(dtype=own), y.max())
    yield "reduce, dtype=", lambda: jk.reduce("add", x, dtype="f8"), lambda: np.add.reduce(x, dtype="f8")
    yield "reduce transformed", lambda: jk.reduce("add", jk.transformed(squared, x)), lambda: np.add.reduce(x * x)
    yield "reduce permuted", lambda: jk.reduce("add", jk.permuted(x, places)), lambda: np.add.reduce(x[places])
    yield "map_reduce", lambda: jk.map_reduce(squared, "add", x), lambda: np.add.reduce(x * x)
    yield "map_reduce of two", lambda: jk.map_reduce(operator.mul, "add", x, y), lambda: np.add.reduce(x * y)
    yield "map_reduce rows", lambda: jk.map_reduce(squared, "add", rows, axis=1), lambda: np.add.reduce(rows * rows, 1)
    yield "minmax", lambda: jk.minmax(x), lambda: (x.min(), x.max())
    yield "minmax of rows", lambda: jk.minmax(rows, axis=1), lambda: (rows.min(1), rows.max(1))
    yield "argmax", lambda: jk.argmax(x), lambda: np.argmax(x)
    yield "argmax of a strided vector", lambda: jk.argmax(strided), lambda: np.argmax(strided)
    yield "argmin of rows", lambda: jk.argmin(rows, axis=1), lambda: np.argmin(rows, axis=1)
    yield "argmin of columns", lambda: jk.argmin(rows, axis=0), lambda: np.argmin(rows, axis=0)
    yield "count", lambda: jk.count(is_large, x), lambda: np.count_nonzero(x > 3)
    yield "count by bool", lambda: jk.count(bool, x), lambda: np.count_nonzero(x)
    yield "count in rows", lambda: jk.count(is_large, rows, axis=1), lambda: np.count_nonzero(rows > 3, axis=1)
    yield "any", lambda: jk.any(x), lambda: np.any(x)
    yield "all", lambda: jk.all(x), lambda: np.all(x)
    yield "any of rows", lambda: jk.any(rows, axis=1), lambda: np.any(rows, axis=1)
    yield "segment_reduce", lambda: jk.segment_reduce("add", x, ends), lambda: np.add.reduceat(x, starts)
    yield "segment_reduce, max", lambda: jk.segment_reduce(max, x, ends), lambda: np.maximum.reduceat(x, starts)
    yield "vectorize reduce", lambda: summed.reduce(x), lambda: np.add.reduce(x, dtype=own)
    yield "vectorize reduceat", lambda: summed.reduceat(x, starts), lambda: np.add.reduceat(x, starts, dtype=own)


def _reductions(name: str, op: object, ufunc: np.ufunc, g: Given) -> Pairs:
    x, rows, strided, mask = g.x, g.rows, g.strided, g.mask
    out = np.empty(len(rows), ufunc.reduce(rows, axis=1).dtype)
    yield f"reduce, {name}", lambda: jk.reduce(op, x), lambda: ufunc.reduce(x)
    yield f"reduce a strided vector, {name}", lambda: jk.reduce(op, strided), lambda: ufunc.reduce(strided)
    yield f"reduce columns, {name}", lambda: jk.reduce(op, rows, axis=0), lambda: ufunc.reduce(rows, axis=0)
    yield f"reduce rows, {name}", lambda: jk.reduce(op, rows, axis=1), lambda: ufunc.reduce(rows, axis=1)
    yield f"reduce all rows, {name}", lambda: jk.reduce(op, rows), lambda: ufunc.reduce(rows, axis=None)
    yield f"reduce, initial=, {name}", lambda: jk.reduce(op, x, initial=1), lambda: ufunc.reduce(x, initial=1)
    yield (
        f"reduce, where=, {name}",
        lambda: jk.reduce(op, x, where=mask, initial=1),
        lambda: ufunc.reduce(x, where=mask, initial=1),
    )
    yield (
        f"reduce rows, out=, {name}",
        lambda: jk.reduce(op, rows, axis=1, out=out),
        lambda: ufunc.reduce(rows, axis=1, out=out),
    )


def of_booleans(g: Given) -> Pairs:
    """Return the calls on booleans."""
    x, rows, starts, ends, mask = g.x, g.rows, g.starts, g.ends, g.mask
    yield "any", lambda: jk.any(x), lambda: np.any(x)
    yield "all", lambda: jk.all(x), lambda: np.all(x)
    yield "any of columns", lambda: jk.any(rows, axis=0), lambda: np.any(rows, axis=0)
    yield "all of rows", lambda: jk.all(rows, axis=1), lambda: np.all(rows, axis=1)
    yield "count", lambda: jk.count(inverted, x), lambda: np.count_nonzero(~x)
    yield "count by bool", lambda: jk.count(bool, x), lambda: np.count_nonzero(x)
    yield "count in rows", lambda: jk.count(bool, rows, axis=1), lambda: np.count_nonzero(rows, axis=1)
    yield "reduce, or", lambda: jk.reduce(operator.or_, x), lambda: np.bitwise_or.reduce(x)
    yield "reduce, sum", lambda: jk.reduce("add", x), lambda: np.add.reduce(x)
    yield "reduce rows, sum", lambda: jk.reduce("add", rows, axis=1), lambda: np.add.reduce(rows, axis=1)
    yield "minmax", lambda: jk.minmax(x), lambda: (x.min(), x.max())
    yield "argmax", lambda: jk.argmax(x), lambda: np.argmax(x)
    yield (
        "segment_reduce, or",
        lambda: jk.segment_reduce(operator.or_, x, ends),
        lambda: np.bitwise_or.reduceat(x, starts),
    )
    yield "select", lambda: jk.select(mask, x), lambda: x[mask]
