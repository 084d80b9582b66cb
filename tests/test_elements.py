"""Arrays of every layout, tuples, named tuples, dataclasses and structured arrays in a kernel's body."""

from __future__ import annotations

import dataclasses
import itertools
import math
import os
from typing import Any, NamedTuple

import numpy as np
import pytest

import jitkit as jk

not_simulated = pytest.mark.skipif(
    os.environ.get("NUMBA_ENABLE_CUDASIM") == "1",
    reason="Numba's simulator counts no index of a shape from the end, and copies no records",
)
LAST, SECOND = -1, np.int64(1)
WEIGHTS = (0.25, 0.5, 0.25)


def run(kernel: jk.Kernel, backend: str, points: int, *args: Any, dtype: Any = np.float64) -> list:
    """Run a kernel of the arguments `(i, ..., out)` and return `out`."""
    out = np.zeros(points, dtype)
    kernel.on(backend)[points](*args, out)
    return out.tolist()


# ---- tuples and structures


class Point(NamedTuple):
    x: float
    y: float


class Grid(NamedTuple):
    values: Any
    origin: Point
    shape: tuple[int, int]


@dataclasses.dataclass(frozen=True)
class Material:
    density: float
    table: Any


@dataclasses.dataclass(frozen=True)
class Body:
    material: Material
    where: Point
    size: int = 3


@jk.kernel
def tuples(i, pair, arrays, nested, out):
    a, b = i, 2 * i
    a, b = b, a
    out[0, i] = 10 * a + b
    (c, d), e = (a, 1), 3
    out[1, i] = c + d + e
    out[2, i] = pair[0] * arrays[0][i] + pair[1] * arrays[1][i]
    t = (1.5, i, arrays[0][i])
    out[3, i] = t[0] + t[1] + t[-1]
    out[4, i] = len(t) + len(pair) + len(arrays[0])
    out[5, i] = WEIGHTS[1] + WEIGHTS[i % 3]
    x, y = nested[1]
    out[6, i] = nested[0] + x * y
    f = g = h = a + 1
    out[7, i] = f + g * h
    q = pair if i > 1 else (5, 6.0)
    out[8, i] = q[0]


def test_tuples(backend):
    arrays = (np.arange(5.0), np.arange(5, dtype=np.int32))
    out = np.zeros((9, 5))
    tuples.on(backend)[5]((2, 0.5), arrays, (1, (2, 3.5)), out)
    i = np.arange(5)
    weights = np.array(WEIGHTS)[i % 3]
    expected = [21 * i, 2 * i + 4, 2.5 * i, 1.5 + 2 * i, 10 + 0 * i, 0.5 + weights, 8 + 0 * i, (2 * i + 1) * (2 * i + 2),
                np.where(i > 1, 2, 5)]  # fmt: skip
    np.testing.assert_array_equal(out, expected)


def moved(p, by):
    return Point(p.x + by, y=p.y - by)


@jk.kernel
def structures(i, grid, body, p, out):
    out[0, i] = grid.values[i, 1] + grid.origin.x * grid.origin[1]
    out[1, i] = grid.shape[0] * 10 + grid.shape[1]
    out[2, i] = body.material.density * body.material.table[i] + body.where.y * body.size
    q = moved(p, i)
    out[3, i] = q.x * 100 + q.y
    body.material.table[i] += 1
    grid.values[i, 0] = -1
    out[4, i] = p.x > p.y
    least, above = Point(math.inf, -1), Body(0, Point(-1, 0.5))
    for k in range(i, 4):
        if grid.values[k, 1] > body.material.density:
            least = Point(grid.values[k, 1], k) if grid.values[k, 1] < least.x else least
            above = Body(k, Point(p.x * k, grid.values[k, 1]))
    out[5, i] = least.x + 10 * least.y
    out[6, i] = above.material + above.where.x + above.where.y + above.size


def test_named_tuples_and_frozen_dataclasses(backend):
    values, table = np.arange(8.0).reshape(4, 2), np.arange(4, dtype=np.float32)
    grid, body = Grid(values, Point(0.5, 4), (4, 2)), Body(Material(2.0, table), Point(0.0, 0.25))
    out = np.zeros((7, 4))
    structures.on(backend)[4](grid, body, Point(1, 2), out)
    i = np.arange(4)
    expected = [2 * i + 3, 42 + 0 * i, 2.0 * i + 0.75, 100 * (1 + i) + 2 - i, 0 * i, [13, 13, 25, 37], 16 + 0 * i]
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(table, i + 1)
    np.testing.assert_array_equal(values[:, 0], -1)


@jk.kernel
def swaps(i, a, b):
    j = len(a) - 1 - i
    a[i], a[j] = a[j], a[i]
    b[i, 0], b[i, 1], b[i, -1] = b[i, 1], b[i, -1], b[i, 0]


def test_elements_are_swapped(backend):
    a, b = np.arange(6), np.arange(9).reshape(3, 3)
    swaps.on(backend)[3](a, b)
    np.testing.assert_array_equal(a, [5, 4, 3, 2, 1, 0])
    np.testing.assert_array_equal(b, [[1, 2, 0], [4, 5, 3], [7, 8, 6]])


# ---- arrays


@jk.kernel
def stencil(i, j, u, out):
    out[i, j] = u[i, j] * 10 + u[i - 1, j] + 2 * u[i, j + 1]


def layouts() -> dict[str, np.ndarray]:
    base = np.arange(12 * 14, dtype=np.float32).reshape(12, 14)
    return {
        "C": base[:6, :7].copy(), "Fortran": np.asfortranarray(base[:6, :7]), "transposed": base[:7, :6].T,
        "every other": base[::2, ::2], "reversed": base[5::-1, 6::-1], "rows": base[:6, :7], "column": base[:6, 3:10],
        "reversed rows": base[5::-1, :7], "broadcast": np.broadcast_to(base[0, :7], (6, 7)),
    }  # fmt: skip


@pytest.mark.parametrize("name", layouts())
def test_arrays_of_every_layout(backend, name):
    u = layouts()[name]
    assert u.shape == (6, 7)
    for out in (np.zeros((6, 7), np.float32), np.zeros((7, 6), np.float32).T, np.zeros((12, 7), np.float32)[::-2]):
        stencil.on(backend)[1:6, 0:6](u, out)
        np.testing.assert_array_equal(out[1:, :-1], u[1:, :-1] * 10 + u[:-1, :-1] + 2 * u[1:, 1:])
        assert not out[0].any()


@jk.kernel
def rows(i, u, v, w, out):
    row = u[i]
    total = 0.0
    for j in range(len(row)):
        total += row[j]
        row[j] = -row[j]
    out[i] = total
    plane = v[i]
    plane[-1, 1] = w[-1, i, 0] + v[0, 0][1]
    last = w[LAST, SECOND]
    out[i] += last[-2] + u[i][-1]


def test_partial_indexing(backend):
    u = np.arange(12.0).reshape(4, 3)[:, ::-1]
    v, w = np.arange(24.0).reshape(4, 3, 2), np.asfortranarray(np.arange(24.0).reshape(2, 4, 3))
    before = u.copy()
    found = run(rows, backend, 4, u, v, w)
    assert found == (before.sum(axis=1) + w[-1, 1, -2] - before[:, -1]).tolist()
    np.testing.assert_array_equal(u, -before)
    np.testing.assert_array_equal(v[:, -1, 1], w[-1, :, 0] + 1)


@jk.kernel
def literal_indices(i, x, u, out):
    out[i] = x[-1] + 10 * x[LAST] + 100 * u[i, -2] + 1000 * u[-1, 0] + 10000 * x[SECOND] + 100000 * x[len(x) - 1]
    x[-2] = 7


def test_literal_negative_indices_count_from_the_end(backend):
    x, u = np.array([0, 1, 2, 3]), np.arange(6).reshape(2, 3)
    assert run(literal_indices, backend, 2, x, u, dtype=int) == [
        3 + 30 + 100 + 3000 + 10000 + 300000,
        3 + 30 + 400 + 3000 + 10000 + 300000,
    ]
    assert x[-2] == 7


@jk.kernel
def typed_indices(i, index, x, out):
    out[i] = x[index[i]] + x[np.uint8(i)] + x[np.int32(2)]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint32", "int64", "uint64"])
def test_indices_of_every_integer_type(backend, dtype):
    index = np.array([200 if dtype != "int8" else 100, 3, 0], dtype)
    x = np.arange(300.0)
    assert run(typed_indices, backend, 3, index, x) == [index[0] + 2, 3 + 1 + 2, 0 + 2 + 2]


@jk.kernel
def zero_dimensional(i, a, out):
    out[()] = a[()] * 2 + 1


def test_arrays_of_no_dimension(backend):
    out = np.array(0.0)
    zero_dimensional.on(backend)[1](np.array(4.0), out)
    assert out == 9


@jk.kernel
def copied(i, x, out):
    out[i] = x[i]


@jk.kernel
def length_of(i, x, out):
    out[i] = len(x) + x.size


def test_arrays_of_size_zero(backend):
    copied.on(backend)[0](np.zeros(0), np.zeros(0))
    out = np.zeros(2, int)
    length_of.on(backend)[2](np.zeros((3, 0)), out)
    assert out.tolist() == [3, 3]


@jk.kernel
def visit_1(i, out):
    out[i] += 1 + i


@jk.kernel
def visit_2(i, j, out):
    out[i, j] += 1 + i + 10 * j


@jk.kernel
def visit_3(i, j, k, out):
    out[i, j, k] += 1 + i + 10 * j + 100 * k


@jk.kernel
def visit_4(i, j, k, m, out):
    out[i, j, k, m] += 1 + i + 10 * j + 100 * k + 1000 * m


SPACES = [
    (7,), (slice(2, 7),), (slice(1, 300, 3),), (slice(1, 5, 2), 6), (4, slice(0, 9, 4)), (slice(2, 3), slice(0, 140)),
    (2, slice(1, 4), slice(0, 7, 2)), (slice(0, 3, 2), 3, slice(5, 200)), (2, 0, 3), (2, 3, slice(1, 3), slice(0, 9, 3)),
    (1, 1, 1, 1), (slice(1, 2), slice(0, 4, 3), 2, 130),
]  # fmt: skip


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_spaces_visit_each_point_once(backend, space):
    shape = (*(6,) * (len(space) - 1), 300)
    out, expected = np.zeros(shape, int), np.zeros(shape, int)
    kernel = [visit_1, visit_2, visit_3, visit_4][len(space) - 1]
    kernel.on(backend)[space](out)
    axes = [range(axis) if isinstance(axis, int) else range(axis.start, axis.stop, axis.step or 1) for axis in space]
    for point in itertools.product(*axes):
        expected[point] = 1 + sum(index * 10**k for k, index in enumerate(point))
    np.testing.assert_array_equal(out, expected)


PARTICLE = np.dtype([("x", np.float32), ("n", np.int16), ("v", np.float64)])


@jk.kernel
def structured(i, p, q, out):
    out[0, i] = p[i]["x"] * 2 + p["v"][i]
    p[i]["n"] += 1
    p["x"][i] = p[i]["v"] - 1
    q[i] = p[i]
    q[i]["v"] = i
    names = p["n"]
    out[1, i] = names[i]
    one = p[i]
    out[2, i] = one["n"] * one["x"]


@jk.kernel
def last_extent(i, u, out):
    out[i] = u.shape[-1] + u.shape[LAST]


@not_simulated
def test_a_shape_is_a_tuple(backend):
    assert run(last_extent, backend, 2, np.zeros((3, 5)), dtype=int) == [10, 10]


@jk.kernel
def difference(i, p, out):
    out[i] = p[i].a - p[i].b


@not_simulated
def test_records_that_differ_in_the_order_of_their_fields_take_turns(backend):
    p = np.zeros(3, [("a", float), ("b", float)])
    p["a"], p["b"] = np.arange(3), 5
    q = p[["b", "a"]].astype([("b", float), ("a", float)])
    for _ in range(3):
        for records in (p, q, np.array(p, np.dtype(p.dtype.descr))):  # the last: an equal dtype, but another object
            assert run(difference, backend, 3, records, dtype=float) == [-5, -4, -3]


@not_simulated
@pytest.mark.parametrize("align", [False, True], ids=["packed", "aligned"])
def test_structured_arrays(backend, align):
    dtype = np.dtype(PARTICLE.descr, align=align)
    p, q = np.zeros(5, dtype), np.zeros(5, dtype)
    p["x"], p["n"], p["v"] = np.arange(5) / 4, np.arange(5), np.arange(5) * 1.5
    expected = p["x"] * 2 + p["v"]
    out = np.zeros((3, 5))
    if backend == "cuda" and not align:
        with pytest.raises(
            jk.KernelTypeError,
            match=r"records of p are packed: 'x' \(float32\) stands in records of 14 bytes.*align=True",
        ):
            structured.on(backend)[5](p, q, out)
        return
    structured.on(backend)[5](p, q, out)
    np.testing.assert_array_equal(out, [expected, p["n"], p["n"] * p["x"]])
    np.testing.assert_array_equal(p["n"], np.arange(5) + 1)
    np.testing.assert_array_equal(p["x"], (p["v"] - 1).astype(np.float32))
    np.testing.assert_array_equal(q["x"], p["x"])
    np.testing.assert_array_equal(q["v"], np.arange(5))


@jk.kernel
def through_names(i, u, v, w, out):
    row, other = u[i], w
    for k in range(2):
        row[k] = other[i, k]
        row = v[i]
    out[i] = w[i, 0]


@pytest.mark.parametrize("frozen", [0, 1, 2])
def test_writes_through_names_are_seen(backend, frozen):
    u, v, w = np.zeros((2, 2)), np.zeros((2, 2)), np.arange(1.0, 5).reshape(2, 2)
    (u, v, w)[frozen].flags.writeable = False
    if frozen < 2:
        with pytest.raises(jk.LaunchError, match=f"argument {'uv'[frozen]}.*read-only"):
            run(through_names, backend, 2, u, v, w)
        return
    assert run(through_names, backend, 2, u, v, w) == [1, 3]
    np.testing.assert_array_equal(u, [[1, 0], [3, 0]])
    np.testing.assert_array_equal(v, [[0, 2], [0, 4]])
