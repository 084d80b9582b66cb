"""Results of as many elements as went in: map, vectorize, and arrays made of lazy inputs."""

from __future__ import annotations

import operator

import numpy as np

import jitkit as jk

from .given import Given, Pairs, added, added_pair, inverted, squared

summed = jk.vectorize(added)


def pairs(g: Given) -> Pairs:
    """Return the calls on numbers."""
    x, y, rows, others, strided, mask, places = g.x, g.y, g.rows, g.others, g.strided, g.mask, g.places
    out = np.empty_like(x)
    yield "map", lambda: jk.map(squared, x), lambda: x * x
    yield "map, out=", lambda: jk.map(squared, x, out=out), lambda: np.multiply(x, x, out=out)
    yield "map of two", lambda: jk.map(added, x, y), lambda: x + y
    yield "map by an operator", lambda: jk.map(operator.add, x, y), lambda: x + y
    yield "map by a ufunc", lambda: jk.map(np.add, x, y), lambda: x + y
    yield "map by a name", lambda: jk.map("add", x, y), lambda: x + y
    yield "map with a number", lambda: jk.map(added, x, 1), lambda: x + 1
    yield "map, dtype=", lambda: jk.map(squared, x, dtype="f8"), lambda: (x * x).astype("f8")
    yield "map of rows", lambda: jk.map(squared, rows), lambda: rows * rows
    yield "map of rows and a row", lambda: jk.map(added, rows, others[0]), lambda: rows + others[0]
    yield "map of columns", lambda: jk.map(squared, rows.T), lambda: rows.T * rows.T
    yield "map of a strided vector", lambda: jk.map(squared, strided), lambda: strided * strided
    yield "map of a zipped pair", lambda: jk.map(added_pair, jk.zipped(x, y)), lambda: x + y
    yield "vectorize", lambda: summed(x, y), lambda: np.add(x, y)
    yield "vectorize, where=", lambda: summed(x, y, out=out, where=mask), lambda: np.add(x, y, out=out, where=mask)
    yield "vectorize outer", lambda: summed.outer(x[:20], y[:50]), lambda: np.add.outer(x[:20], y[:50])
    yield "array of transformed", lambda: np.asarray(jk.transformed(squared, x)), lambda: x * x
    yield "array of transformed two", lambda: np.asarray(jk.transformed(added, x, y)), lambda: x + y
    yield "array of permuted", lambda: np.asarray(jk.permuted(x, places)), lambda: x[places]
    yield "array of counting", lambda: np.asarray(jk.counting(0, x.size)), lambda: np.arange(0, x.size)
    yield "array of constant", lambda: np.asarray(jk.constant(x[0], x.size)), lambda: np.full(x.size, x[0])


def of_booleans(g: Given) -> Pairs:
    """Return the calls on booleans."""
    x, y, rows, places = g.x, g.y, g.rows, g.places
    yield "map", lambda: jk.map(inverted, x), lambda: ~x
    yield "map by a name", lambda: jk.map("logical_not", x), lambda: np.logical_not(x)
    yield "map by an operator", lambda: jk.map(operator.and_, x, y), lambda: x & y
    yield "map of rows", lambda: jk.map("logical_not", rows), lambda: np.logical_not(rows)
    yield "array of transformed", lambda: np.asarray(jk.transformed(inverted, x)), lambda: ~x
    yield "array of permuted", lambda: np.asarray(jk.permuted(x, places)), lambda: x[places]
