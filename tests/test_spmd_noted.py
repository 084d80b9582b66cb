"""What is guessed of a vector before the turns of a loop is noted once: clamped indices, edges and places of a group."""

from __future__ import annotations

import numpy as np
import pytest

import jitkit as jk
from jitkit import cases
from jitkit.backends.spmd.layout import PhaseLayout

WIDTH = 48


@pytest.fixture
def notes(monkeypatch):
    """The phases that note something, as far as kernels are compiled during a test."""
    found, make = [], PhaseLayout.__init__

    def noted(self, *args):
        make(self, *args)
        found.append(self)

    monkeypatch.setattr(PhaseLayout, "__init__", noted)
    return lambda: [phase for phase in found if phase.noted]


@jk.kernel(group=(1, WIDTH))
def smoothed(i, j, u, out):
    """Add the neighbours of each element, those at the edges their own, down strips of columns."""
    n, m = u.shape
    _, c = jk.local_index()
    column = jk.group_index()[1] * (WIDTH - 2) + c - 1
    ours = 1 <= c < WIDTH - 1 and column < m
    rows = jk.shared((2, WIDTH + 2), u.dtype)
    for r in range(n + 1):
        rows[r & 1, c + 1] = u[min(r, n - 1), min(max(column, 0), m - 1)]
        if r > 0 and ours:
            before = rows[r - 1 & 1, c] + rows[r - 1 & 1, c + 2]
            out[r - 1, column] = before + rows[r - 1 & 1, c + 1]
        jk.barrier()


@jk.kernel(group=WIDTH)
def wandering(i, x, out):
    """Read places that go on from turn to turn, clamped to the array, and count the turns in which they are inside."""
    own = jk.shared(WIDTH, x.dtype)
    count = 0
    edge = i < len(x) - 3
    total = 0.0
    for turn in range(5):
        place = i + turn * 7 - 14
        own[jk.local_index()] = x[min(max(place, 0), len(x) - 1)]
        if 0 <= place < len(x):
            count += 1
        if edge:
            total += own[jk.local_index()]
        jk.barrier()
    if i < len(x):
        out[i] = total + count


@jk.kernel(group=WIDTH)
def in_turns(i, x, lengths, out):
    """Go through several arrays' ends, each in a loop that begins anew."""
    own = jk.shared(WIDTH, x.dtype)
    total = 0.0
    for k in range(len(lengths)):
        n = lengths[k]
        inside = i < n
        for turn in range(3):
            own[jk.local_index()] = x[min(i, n - 1)] if inside else 0
            if inside:
                total += own[jk.local_index()] * (turn + 1)
            jk.barrier()
    if i < len(x):
        out[i] = total


def numbers(shape, dtype):
    return np.random.default_rng(4).integers(-9, 10, shape).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_edges_of_columns(dtype, backend):
    for n, m in ((1, 1), (3, 2), (2, 45), (4, 46), (3, 47), (5, 92), (2, 93), (7, 200)):
        u, out = numbers((n, m), dtype), np.zeros((n, m), dtype)
        smoothed.on(backend)[1, -(-m // (WIDTH - 2)) * WIDTH](u, out)
        wide = np.pad(u, ((0, 0), (1, 1)), mode="edge")
        expected = wide[:, :-2] + wide[:, 2:] + u
        np.testing.assert_array_equal(out, expected)


def test_vectors_are_asked_once(notes):
    case = cases.load("stencil_tiled")
    problem = case.problem("tiny", dtype="float32")
    case.kernel.inspect(*problem.args, space=problem.space, backend="cpu")
    (phase,) = notes()
    assert sum(name.startswith("%<inside ") for name in phase.noted) == 2
    assert len(phase.noted) > 2


@pytest.mark.parametrize("length", [1, 4, 20, 47, 48, 49, 100, 300])
def test_places_that_go_on(length, backend):
    x = numbers(length, "float64")
    out = np.zeros(length)
    wandering.on(backend)[-(-length // WIDTH) * WIDTH](x, out)
    i = np.arange(length)
    places = [i + turn * 7 - 14 for turn in range(5)]
    total = np.where(i < length - 3, sum(x[np.clip(place, 0, length - 1)] for place in places), 0)
    np.testing.assert_array_equal(out, total + sum((place >= 0) & (place < length) for place in places))


@pytest.mark.parametrize("length", [5, 48, 100, 200])
def test_loops_that_begin_anew(length, backend):
    x = numbers(length, "float32")
    lengths = np.array([length, length // 2, 1, length - 3])
    out = np.zeros(length, np.float32)
    in_turns.on(backend)[-(-length // WIDTH) * WIDTH](x, lengths, out)
    i = np.arange(length)
    np.testing.assert_array_equal(out, sum(6 * np.where(i < n, x, 0) for n in lengths))
