"""Rows that a coming group will copy: which lines of the cache a launch asks for, by a record of every address."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

import jitkit as jk
from jitkit.backends import cpu_driver, loop_nest
from jitkit.backends.spmd import groups, layout, plan

ROWS, TILE = 8, 64
LINE = 64
COUNTS = (3, 6)
"""Tiles down and across."""


def turned():
    """Return a new kernel that transposes a matrix through tiles."""

    @jk.kernel(group=(ROWS, TILE))
    def turned(i, j, x, out):
        n, m = x.shape
        row, column = jk.local_index()
        group_row, group_column = jk.group_index()
        left, top = group_row * TILE, group_column * TILE
        tile = jk.shared((TILE, TILE + 1), x.dtype)
        for r in range(0, TILE, ROWS):
            inside = top + row + r < n and left + column < m
            tile[row + r, column] = x[top + row + r, left + column] if inside else 0
        jk.barrier()
        for r in range(0, TILE, ROWS):
            if left + row + r < m and top + column < n:
                out[left + row + r, top + column] = tile[column, row + r]

    return turned


@pytest.fixture(autouse=True)
def nothing_is_kept(monkeypatch):
    """Compile every kernel anew: one source is compiled here for several limits, and with a record."""
    monkeypatch.setattr(cpu_driver, "kept", lambda description, make, *identity, **kwargs: make())


@pytest.fixture
def asked(monkeypatch):
    """The addresses that group functions ask for to read, in order, as far as they are compiled during a test."""
    found, link = [], groups.link
    record = ctypes.CFUNCTYPE(None, ctypes.c_uint64, ctypes.c_int32)(
        lambda at, write: None if write else found.append(at)
    )
    where = ctypes.cast(record, ctypes.c_void_p).value
    recording = (
        "define internal void @asked(ptr %at, i32 %write, i32 %near, i32 %data) {\n"
        f"  call void inttoptr (i64 {where} to ptr)(ptr %at, i32 %write)\n  ret void\n}}"
    )

    def linked(context, name, text):
        declared = "declare void @llvm.prefetch.p0(ptr, i32, i32, i32)"
        link(context, name, text.replace(declared, recording).replace("@llvm.prefetch.p0(", "@asked("))

    monkeypatch.setattr(groups, "link", linked)
    before = jk.get_num_threads()
    jk.set_num_threads(1)
    yield found
    jk.set_num_threads(before)
    assert record


def lines_of(x, down, across):
    """Return the lines in which a tile's rows lie."""
    first = x.ctypes.data + down * TILE * x.strides[0] + across * TILE * x.itemsize
    starts = [first + row * x.strides[0] for row in range(TILE)]
    return {line for at in starts for line in range(at // LINE, (at + TILE * x.itemsize - 1) // LINE + 1)}


@pytest.mark.skipif(not plan.masked_stores_are_fast(), reason="rows that wait for the next group take AVX-512")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("past", [True, False])
def test_every_tile_is_asked_for_two_groups_before(asked, monkeypatch, past, dtype):
    for limit in ("STREAMED", "LONG_OF_GROUPS"):
        monkeypatch.setattr(loop_nest, limit, 1 if past else 1 << 40)
    down, across = COUNTS
    x = np.random.default_rng(1).random((down * TILE, across * TILE)).astype(dtype)
    out = np.zeros(x.shape[::-1], dtype)
    turned().on("cpu")[across * ROWS, down * TILE](x, out)
    np.testing.assert_array_equal(out, x.T)
    width, expected = 4 if past else 2, set()
    for first in range(0, across, width):
        strip = range(first, min(across, first + width))
        in_order = [(k, column) for k in range(down) for column in strip]
        for k, column in in_order[2:]:
            expected |= lines_of(x, k, column)
    within = range(x.ctypes.data // LINE, (x.ctypes.data + x.nbytes - 1) // LINE + 1)
    assert {at // LINE for at in asked if at // LINE in within} == expected
    assert len(asked) == down * across * TILE * (TILE * x.itemsize // LINE + 1)


@pytest.mark.skipif(not plan.masked_stores_are_fast(), reason="rows that wait for the next group take AVX-512")
def test_the_copied_rows_are_known(monkeypatch):
    found, of = [], layout.lent.copied
    monkeypatch.setattr(layout.lent, "copied", lambda *args: found.append(of(*args)) or found[-1])
    x = np.zeros((TILE, TILE), "float32")
    turned().inspect(x, x.copy(), space=(ROWS, TILE), backend="cpu")
    (tile,) = found[-1].values()
    assert not isinstance(tile, layout.lent.Lent)  # what reads it stores, too, and may change the array
    assert (tile.pitch, tile.rows, tile.width) == (4 * (TILE + 1), TILE, 4 * TILE)


@pytest.mark.parametrize(("run", "runs"), [(64, 1), (7, 1), (64, 128), (1 << 20, 1)])
@pytest.mark.parametrize("shape", [(65, 70), (1000, 333), (1, 5), (130, 2000)])
def test_runs_of_groups_of_any_length(monkeypatch, run, runs, shape):
    for name, number in {"STREAMED": 1, "LONG_OF_GROUPS": 1, "RUN": run, "RUNS": runs}.items():
        monkeypatch.setattr(loop_nest, name, number)
    n, m = shape
    x = np.random.default_rng(2).random(shape, np.float32)
    kernel = turned().on("cpu")
    for _ in range(3):  # claimed in other pieces once their time is known
        out = np.zeros((m, n), np.float32)
        kernel[-(-m // TILE) * ROWS, -(-n // TILE) * TILE](x, out)
        np.testing.assert_array_equal(out, x.T)
