"""Order and keys: scan, sort, searchsorted, unique, select, partition, runs and histograms."""

from __future__ import annotations

import operator

import numpy as np

import jitkit as jk

from .given import Given, Pairs, added, is_large, negative

summed = jk.vectorize(added)


def pairs(g: Given) -> Pairs:
    """Return the calls on numbers."""
    yield from _scans(g)
    yield from _sorts(g)
    yield from _runs(g)
    yield from _counts(g)


def _scans(g: Given) -> Pairs:
    x, rows, strided, own = g.x, g.rows, g.strided, g.x.dtype
    for name, op, ufunc in (("sum", "add", np.add), ("max", max, np.maximum)):
        yield f"scan, {name}", lambda op=op: jk.scan(op, x), lambda f=ufunc: f.accumulate(x)
        yield f"scan rows, {name}", lambda op=op: jk.scan(op, rows, axis=1), lambda f=ufunc: f.accumulate(rows, 1)
        yield f"scan columns, {name}", lambda op=op: jk.scan(op, rows, axis=0), lambda f=ufunc: f.accumulate(rows, 0)
        yield (
            f"scan a strided vector, {name}",
            lambda op=op: jk.scan(op, strided),
            lambda f=ufunc: f.accumulate(strided),
        )
        yield (
            f"scan backwards, {name}",
            lambda op=op: jk.scan(op, x, reverse=True),
            lambda f=ufunc: f.accumulate(x[::-1])[::-1],
        )
    yield "scan by a function", lambda: jk.scan(added, x), lambda: np.add.accumulate(x, dtype=own)
    yield "vectorize accumulate", lambda: summed.accumulate(x), lambda: np.add.accumulate(x, dtype=own)


def _sorts(g: Given) -> Pairs:
    x, y, rows, strided = g.x, g.y, g.rows, g.strided
    table = np.sort(x)

    def by_key() -> tuple[np.ndarray, np.ndarray]:
        order = np.argsort(x, kind="stable")
        return x[order], y[order]

    yield "sort", lambda: jk.sort(x), lambda: np.sort(x)
    yield "sort, descending", lambda: jk.sort(x, descending=True), lambda: np.sort(x)[::-1]
    yield "sort rows", lambda: jk.sort(rows, axis=1), lambda: np.sort(rows, axis=1)
    yield "sort columns", lambda: jk.sort(rows, axis=0), lambda: np.sort(rows, axis=0)
    yield "sort a strided vector", lambda: jk.sort(strided), lambda: np.sort(strided)
    if x.dtype.kind != "u":  # -v of unsigned numbers is no descending order
        yield "sort, key=", lambda: jk.sort(x, key=negative), lambda: x[np.argsort(-x, kind="stable")]
    yield "argsort", lambda: jk.argsort(x), lambda: np.argsort(x, kind="stable")
    yield "argsort of rows", lambda: jk.argsort(rows, axis=1), lambda: np.argsort(rows, axis=1, kind="stable")
    yield "sort_by_key", lambda: jk.sort_by_key(x, y), by_key
    yield "searchsorted", lambda: jk.searchsorted(table, y), lambda: np.searchsorted(table, y)
    yield (
        "searchsorted in fifty",
        lambda: jk.searchsorted(table[::20].copy(), x),
        lambda: table[::20].copy().searchsorted(x),
    )
    yield "searchsorted of ten", lambda: jk.searchsorted(table, y[:10]), lambda: np.searchsorted(table, y[:10])
    yield "unique", lambda: jk.unique(x), lambda: np.unique(x)
    yield "unique, return_counts=", lambda: jk.unique(x, return_counts=True), lambda: np.unique(x, return_counts=True)
    yield (
        "unique, return_inverse=",
        lambda: jk.unique(x, return_inverse=True),
        lambda: np.unique(x, return_inverse=True),
    )


def _runs(g: Given) -> Pairs:
    x, y, mask, rows = g.x, g.y, g.mask, g.rows
    keys = np.sort(x // 10)

    def begins() -> np.ndarray:
        return np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))

    def reduced() -> tuple[np.ndarray, np.ndarray]:
        at = begins()
        return keys[at], np.add.reduceat(y, at)

    def encoded() -> tuple[np.ndarray, np.ndarray]:
        at = begins()
        return keys[at], np.diff(np.append(at, keys.size))

    def scanned() -> np.ndarray:
        at = begins()
        total = np.add.accumulate(y)
        before = np.concatenate(([0], total[at[1:] - 1])).astype(total.dtype)
        return total - np.repeat(before, np.diff(np.append(at, keys.size)))

    def parted() -> tuple[np.ndarray, int]:
        large = x > 3
        return np.concatenate((x[large], x[~large])), np.count_nonzero(large)

    yield "reduce_by_key", lambda: jk.reduce_by_key("add", keys, y), reduced
    yield "run_length_encode", lambda: jk.run_length_encode(keys), encoded
    yield "scan_by_key", lambda: jk.scan_by_key("add", keys, y), scanned
    yield "select by a mask", lambda: jk.select(mask, x), lambda: x[mask]
    yield "select by a function", lambda: jk.select(is_large, x), lambda: x[x > 3]
    yield "select of rows", lambda: jk.select(rows > 3, rows), lambda: rows[rows > 3]
    yield "partition", lambda: jk.partition(is_large, x), parted


def _counts(g: Given) -> Pairs:
    x, y = g.x, g.y
    edges, weights = [0, 10, 50, 100], y.astype(np.float64)
    yield "histogram", lambda: jk.histogram(x, 10), lambda: np.histogram(x, 10)
    yield "histogram, range=", lambda: jk.histogram(x, 10, range=(0, 100)), lambda: np.histogram(x, 10, range=(0, 100))
    yield "histogram by edges", lambda: jk.histogram(x, edges), lambda: np.histogram(x, edges)
    yield (
        "histogram, weights=",
        lambda: jk.histogram(x, 10, weights=weights),
        lambda: np.histogram(x, 10, weights=weights),
    )
    yield "histogram2d", lambda: jk.histogram2d(x, y, 10), lambda: np.histogram2d(x, y, 10)
    if x.dtype.kind in "iu":
        yield "bincount", lambda: jk.bincount(x), lambda: np.bincount(x)
        yield "bincount, weights", lambda: jk.bincount(x, weights), lambda: np.bincount(x, weights)


def of_booleans(g: Given) -> Pairs:
    """Return the calls on booleans."""
    x = g.x
    yield "scan, or", lambda: jk.scan(operator.or_, x), lambda: np.bitwise_or.accumulate(x)
    yield "scan, sum", lambda: jk.scan("add", x), lambda: np.add.accumulate(x)
    yield "sort", lambda: jk.sort(x), lambda: np.sort(x)
    yield "argsort", lambda: jk.argsort(x), lambda: np.argsort(x, kind="stable")
    yield "unique", lambda: jk.unique(x), lambda: np.unique(x)
