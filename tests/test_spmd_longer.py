"""Loops over tiles that are lent: where the next tile begins where one ends, turns are made as one, else one by one."""

from __future__ import annotations

import numpy as np
import pytest

import jitkit as jk
from jitkit import cases
from jitkit.backends.spmd import longer, plan

GROUP_ROWS, GROUP_COLUMNS = GROUP = (4, 32)
DEPTH = 32  # LLVM unrolls a loop of eight turns
many_registers = pytest.mark.skipif(not plan.registers_are_many(), reason="turns are made as one with AVX-512 alone")


@pytest.fixture
def numbers(monkeypatch):
    """How many turns may be made as one, as far as kernels are compiled during a test."""
    found, of = [], longer.longer

    def noted(*args):
        found.append(of(*args))
        return found[-1]

    monkeypatch.setattr("jitkit.backends.spmd.layout.longer.longer", noted)
    return lambda: [] if found[-1] is None else found[-1].numbers


def over_tiles(name, each, between=lambda total: total, place=lambda k: k, begin=lambda total: total):
    """Return a kernel that goes through tiles of two matrices, term after term, and does what functions say with a total."""

    @jk.kernel(group=GROUP, name=name)
    def kernel(i, j, x, y, out):
        row, column = jk.local_index()
        top, left = jk.group_index()[0] * GROUP_ROWS + row, jk.group_index()[1] * GROUP_COLUMNS + column
        tile_x, tile_y = jk.shared((GROUP_ROWS, GROUP_COLUMNS), x.dtype), jk.shared((DEPTH, GROUP_COLUMNS), y.dtype)
        terms = x.shape[1]
        total = 0.0
        for start in range(0, terms, DEPTH):
            tile_x[row, column] = x[top, start + column] if top < x.shape[0] and start + column < terms else 0
            for k in range(0, DEPTH, GROUP_ROWS):
                inside = start + row + k < terms and left < y.shape[1]
                tile_y[row + k, column] = y[start + row + k, left] if inside else 0
            jk.barrier()
            total = begin(total)
            for k in range(DEPTH):
                total = each(total, tile_x[row, k], tile_y[place(k), column], k, start)
            total = between(total)
            jk.barrier()
        if top < out.shape[0] and left < out.shape[1]:
            out[top, left] = total

    def reference(x, y):
        depth = -(-x.shape[1] // DEPTH) * DEPTH
        a, b = np.pad(x, ((0, 0), (0, depth - x.shape[1]))), np.pad(y, ((0, depth - len(y)), (0, 0)))
        total = np.zeros((len(x), y.shape[1]), x.dtype)
        for start in range(0, depth, DEPTH):
            total = begin(total)
            for k in range(DEPTH):
                total = each(total, a[:, start + k, None], b[start + place(k)], k, start)
            total = between(total)
        return total.astype(x.dtype)

    return kernel, reference


def plus(total, a, b, k, start):
    return total + a * b


PRODUCT = over_tiles("product", plus)
ONE_BY_ONE = [
    over_tiles("halved", plus, between=lambda total: total / 2),
    over_tiles("last_alone", plus, begin=lambda total: 0 * total),
    over_tiles("by_place", lambda total, a, b, k, start: total + a * b * k),
    over_tiles("by_turn", lambda total, a, b, k, start: total + a * b * start),
    over_tiles("backwards", plus, place=lambda k: DEPTH - 1 - k),
    over_tiles("first_row", plus, place=lambda k: 0),
]


def given(n, terms, m, dtype="float32"):
    """Return two matrices of small whole numbers, whose products are exact, and an array for these."""
    rng = np.random.default_rng(n + terms + m)
    x, y = rng.integers(0, 4, (n, terms)).astype(dtype), rng.integers(0, 4, (terms, m)).astype(dtype)
    return x, y, np.full((n, m), -1, dtype)


def space(out):
    return tuple(-(-n // size) * size for n, size in zip(out.shape, GROUP, strict=True))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(8, 256, 64), (9, 131, 70), (4, 32, 32), (4, 31, 32), (3, 300, 5), (8, 577, 64)])
def test_a_product_is_the_same_however_many_turns_are_one(backend, shape, dtype):
    kernel, reference = PRODUCT
    x, y, out = given(*shape, dtype)
    kernel.on(backend)[space(out)](x, y, out)
    np.testing.assert_array_equal(out, reference(x, y))
    np.testing.assert_array_equal(out, x @ y)


@pytest.mark.parametrize("terms", [*range(32, 577, 32), 1000, 1027])
def test_every_number_of_turns_is_made_up(terms):
    kernel, _ = PRODUCT
    x, y, out = given(5, terms, 33)
    kernel.on("cpu")[space(out)](x, y, out)
    np.testing.assert_array_equal(out, x @ y)


@pytest.mark.parametrize(("kernel", "reference"), ONE_BY_ONE, ids=lambda part: getattr(part, "name", ""))
def test_turns_that_differ_are_made_one_by_one(kernel, reference, backend):
    x, y, out = given(5, 161, 64)
    kernel.on(backend)[space(out)](x, y, out)
    np.testing.assert_allclose(out, reference(x, y), rtol=1e-6)


@many_registers
@pytest.mark.parametrize(("kernel", "reference"), ONE_BY_ONE, ids=lambda part: getattr(part, "name", ""))
def test_turns_that_differ_are_not_made_as_one(kernel, reference, numbers):
    x, y, out = given(4, 256, 32)
    kernel.inspect(x, y, out, space=space(out), backend="cpu")
    assert numbers() == []


@many_registers
def test_as_many_turns_are_one_as_the_cache_has_room_for(numbers):
    x, y, out = given(4, 256, 32)
    PRODUCT[0].inspect(x, y, out, space=space(out), backend="cpu")
    tiles = 4 * GROUP_COLUMNS * (GROUP_ROWS + DEPTH)
    assert numbers() == [1 << k for k in range(1, 5)]
    assert tiles << 4 <= longer.AT_ONCE < tiles << 5


@many_registers
@pytest.mark.parametrize(("dtype", "expected"), [("float32", [2, 4, 8]), ("float64", [2, 4])])
def test_a_matrix_product_makes_several_turns_as_one(numbers, dtype, expected):
    case = cases.load("matmul_tiled")
    problem = case.problem("tiny", dtype=dtype)
    case.kernel.inspect(*problem.args, space=problem.space, backend="cpu")
    assert numbers() == expected
