"""Tiles in shared memory that only take rows of an array: on the CPU the rows are read where they lie, else copied."""

from __future__ import annotations

import numpy as np
import pytest

import jitkit as jk
from jitkit import cases
from jitkit.backends.spmd import lent, polynomials
from jitkit.backends.spmd.ir import Instruction, Value

GROUP_ROWS, GROUP_COLUMNS = GROUP = (4, 32)
ROWS, PADDED = 2 * GROUP_ROWS, GROUP_COLUMNS + 1


@pytest.fixture
def tiles(monkeypatch):
    """How many of a kernel's tiles are lent, as far as kernels are compiled during a test."""
    found, of = [], lent.copied

    def counted(*args):
        found.append(of(*args))
        return found[-1]

    monkeypatch.setattr("jitkit.backends.spmd.layout.lent.copied", counted)
    return lambda: sum(isinstance(array, lent.Lent) for array in found[-1].values())


def compiled(kernel, space, *args):
    """Return what compiling a kernel anew finds."""
    kernel.inspect(*args, space=space, backend="cpu")


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_the_tiles_of_a_matrix_product_are_lent(tiles, dtype):
    case = cases.load("matmul_tiled")
    problem = case.problem("tiny", dtype="float32")
    args = [x.astype(dtype) for x in problem.args]
    compiled(case.kernel, problem.space, *args)
    assert tiles() == 2


@jk.kernel(group=GROUP)
def first_added(i, j, x, out):
    """Add the first row of each group to its rows, out of a tile that is filled in one expression."""
    row, column = jk.local_index()
    top, left = jk.group_index()[0] * GROUP_ROWS + row, jk.group_index()[1] * GROUP_COLUMNS + column
    tile = jk.shared((GROUP_ROWS, GROUP_COLUMNS), x.dtype)
    tile[row, column] = x[top, left] if top < x.shape[0] and left < x.shape[1] else 0
    jk.barrier()
    total = tile[row, column] + tile[0, column]
    jk.barrier()
    if top < x.shape[0] and left < x.shape[1]:
        out[top, left] = total


@pytest.mark.parametrize("shape", [(4, 32), (8, 64), (5, 33), (3, 5)])
def test_a_tile_filled_in_one_expression_holds_the_array(backend, shape):
    x, out = rows_between(backend, first_added, shape)
    firsts = x[np.arange(len(x)) // GROUP_ROWS * GROUP_ROWS]
    np.testing.assert_array_equal(out, x + firsts)


def test_a_tile_filled_in_one_expression_is_lent(tiles):
    x = np.zeros((8, 64), np.float32)
    compiled(first_added, (8, 64), x, x.copy())
    assert tiles() == 1


def rows_between(backend, kernel, shape, dtype="float32"):
    """Return an array and what a kernel makes of it."""
    x = (1 + np.arange(np.prod(shape)).reshape(shape) % 97).astype(dtype)
    out = np.full_like(x, -1)
    space = tuple(-(-n // size) * size for n, size in zip(shape, GROUP, strict=True))
    kernel.on(backend)[space](x, out)
    return x, out


@jk.kernel(group=GROUP)
def sums_of_three(i, j, x, out):
    """Add up three neighbouring rows through a tile with rows above and below."""
    row, column = jk.local_index()
    top, left = jk.group_index()[0] * GROUP_ROWS, jk.group_index()[1] * GROUP_COLUMNS
    tile = jk.shared((ROWS, PADDED), x.dtype)
    for r in range(0, ROWS, GROUP_ROWS):
        place = top + row + r - 1
        inside = place >= 0 and place < x.shape[0] and left + column < x.shape[1]
        tile[row + r, column] = x[place, left + column] if inside else 0
    jk.barrier()
    total = tile[row, column]
    for k in range(1, 3):
        total += tile[row + k, column]
    jk.barrier()
    if top + row < x.shape[0] and left + column < x.shape[1]:
        out[top + row, left + column] = total


@pytest.mark.parametrize("shape", [(4, 32), (12, 96), (13, 70), (3, 5), (40, 33)])
def test_rows_above_and_below_come_from_the_array_or_the_tile(backend, shape):
    x, out = rows_between(backend, sums_of_three, shape)
    padded = np.pad(x, ((1, 1), (0, 0)))
    np.testing.assert_array_equal(out, padded[:-2] + padded[1:-1] + padded[2:])


def test_a_tile_with_rows_above_and_below_is_lent(tiles):
    x = np.zeros((13, 70), np.float32)
    compiled(sums_of_three, (16, 96), x, x.copy())
    assert tiles() == 1


@jk.kernel(group=GROUP)
def turned_rows(i, j, x, out):
    """Write the rows of each group in reverse, into the array that the tile was copied from."""
    row, column = jk.local_index()
    top, left = jk.group_index()[0] * GROUP_ROWS, jk.group_index()[1] * GROUP_COLUMNS
    inside = top + row < x.shape[0] and left + column < x.shape[1]
    tile = jk.shared((GROUP_ROWS, GROUP_COLUMNS), x.dtype)
    tile[row, column] = x[top + row, left + column] if inside else 0
    jk.barrier()
    if inside:
        x[top + row, left + column] = tile[GROUP_ROWS - 1 - row, column]
        out[top + row, left + column] = 0


@jk.kernel(group=GROUP)
def emptied(i, j, x, out):
    """Set to zero what was copied before anyone reads the copy."""
    row, column = jk.local_index()
    top, left = jk.group_index()[0] * GROUP_ROWS, jk.group_index()[1] * GROUP_COLUMNS
    inside = top + row < x.shape[0] and left + column < x.shape[1]
    tile = jk.shared((GROUP_ROWS, GROUP_COLUMNS), x.dtype)
    tile[row, column] = x[top + row, left + column] if inside else 0
    if inside:
        x[top + row, left + column] = 0
    jk.barrier()
    copy = tile[row, column]
    jk.barrier()
    if inside:
        out[top + row, left + column] = copy


@jk.kernel(group=GROUP)
def two_halves(i, j, x, out):
    """Fill a tile's halves one after the other: the first stays what it was when the second comes."""
    row, column = jk.local_index()
    left = jk.group_index()[1] * GROUP_COLUMNS
    inside = left + column < x.shape[1]
    tile = jk.shared((ROWS, GROUP_COLUMNS), x.dtype)
    tile[row, column] = x[row, left + column] if inside else 0
    jk.barrier()
    tile[row + GROUP_ROWS, column] = x[row + 2 * GROUP_ROWS, left + column] if inside else 0
    jk.barrier()
    total = tile[row, column] + tile[row + GROUP_ROWS, column]
    jk.barrier()
    if inside:
        out[row, left + column] = total


@jk.kernel(group=GROUP)
def doubled(i, j, x, out):
    """Keep twice what the array holds."""
    row, column = jk.local_index()
    top, left = jk.group_index()[0] * GROUP_ROWS, jk.group_index()[1] * GROUP_COLUMNS
    inside = top + row < x.shape[0] and left + column < x.shape[1]
    tile = jk.shared((GROUP_ROWS, GROUP_COLUMNS), x.dtype)
    tile[row, column] = 2 * x[top + row, left + column] if inside else 0
    jk.barrier()
    value = tile[GROUP_ROWS - 1 - row, column]
    jk.barrier()
    if inside:
        out[top + row, left + column] = value


@jk.kernel(group=GROUP)
def where_positive(i, j, x, out):
    """Copy rows that begin with more than 50, as only the array knows."""
    row, column = jk.local_index()
    top, left = jk.group_index()[0] * GROUP_ROWS, jk.group_index()[1] * GROUP_COLUMNS
    inside = top + row < x.shape[0] and left + column < x.shape[1]
    tile = jk.shared((GROUP_ROWS, GROUP_COLUMNS), x.dtype)
    wanted = inside and x[min(top + row, x.shape[0] - 1), 0] > 50
    tile[row, column] = x[top + row, left + column] if wanted else 0
    jk.barrier()
    value = tile[row, column]
    jk.barrier()
    if inside:
        out[top + row, left + column] = value


def reversed_in_groups(x):
    return np.concatenate([x[k : k + GROUP_ROWS][::-1] for k in range(0, len(x), GROUP_ROWS)])


def halves(x):
    out = np.full_like(x, -1)
    out[:GROUP_ROWS] = x[:GROUP_ROWS] + x[2 * GROUP_ROWS : 3 * GROUP_ROWS]
    return out


COPIED = {
    turned_rows: lambda x: np.zeros_like(x),
    emptied: lambda x: x,
    doubled: lambda x: 2 * reversed_in_groups(x),
    where_positive: lambda x: np.where(x[:, :1] > 50, x, 0),
}


@pytest.mark.parametrize("kernel", COPIED, ids=lambda kernel: kernel.__name__)
def test_what_is_no_copy_that_stays_one_is_copied(kernel, backend):
    x = (1 + np.arange(12 * 64).reshape(12, 64) % 97).astype(np.float32)
    given, out = x.copy(), np.full_like(x, -1)
    kernel.on(backend)[12, 64](given, out)
    np.testing.assert_array_equal(out, COPIED[kernel](x))
    after = {turned_rows: reversed_in_groups(x), emptied: np.zeros_like(x)}
    np.testing.assert_array_equal(given, after.get(kernel, x))


@pytest.mark.parametrize("kernel", [*COPIED, two_halves], ids=lambda kernel: kernel.__name__)
def test_what_is_no_copy_that_stays_one_is_not_lent(kernel, tiles):
    x = np.zeros((12, 64), np.float32)
    compiled(kernel, (12, 64), x, x.copy())
    assert tiles() == 0


def test_a_tile_filled_in_two_phases_keeps_its_first_half(backend):
    x = (1 + np.arange(12 * 64).reshape(12, 64) % 97).astype(np.float32)
    out = np.full_like(x, -1)
    two_halves.on(backend)[GROUP_ROWS, 64](x, out)
    np.testing.assert_array_equal(out, halves(x))


def test_a_product_is_a_sum_of_products():
    i, n = Value("i64", "%i"), Value("i64", "%n")
    made = {
        "%row": Instruction("%row", "call", "i64", [], callee="@jk.local_index.0"),
        "%k": Instruction("%k", "or", "i64", [i, Value("i64", "%row")], head="disjoint"),
        "%more": Instruction("%more", "add", "i64", [Value("i64", "%k"), Value("i64", "8")], head="nsw"),
        "%place": Instruction("%place", "mul", "i64", [Value("i64", "%more"), n]),
        "%bytes": Instruction("%bytes", "shl", "i64", [Value("i64", "%place"), Value("i64", "2")]),
        "%either": Instruction("%either", "or", "i64", [i, n]),
    }
    sums = polynomials.Polynomials(made)
    found = sums.of(Value("i64", "%bytes"))
    assert found == {("%i", "%n"): 4, ("%n",): 32, ("%n", "@jk.local_index.0"): 4}
    assert sums.of(Value("i64", "%either")) == {("%either",): 1}
    assert polynomials.added(found, found, -1) == {}
