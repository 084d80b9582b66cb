"""Calls on vectors whose types were met before go a shorter way: they give, and refuse, what the first call does."""

from __future__ import annotations

import numpy as np
import pytest

import jitkit as jk

SIZES = (1, 2, 33, 200)
TIMES = 3  # the first compiles, the second opens the way into compiled code, the third takes it


@jk.vectorize
def blended(x, y):
    return 2 * x + y


@pytest.mark.parametrize("n", SIZES)
def test_repeated_calls_give_what_numpy_gives(backend, n):
    rng = np.random.default_rng(n)
    for k in range(TIMES):
        x, y = rng.integers(-9, 9, n).astype(np.float32), rng.integers(-9, 9, n).astype(np.float32)
        mask, out = x > 0, np.full(n, 7, np.float32)
        with jk.backend(backend):
            found = {
                "map": jk.map(lambda v: v * v, x), "broadcast": blended(x, 3), "vectorize": blended(x, y),
                "where": blended(x, y, out=out, where=mask), "add": jk.reduce("add", x), "argmax": jk.argmax(x),
                "dot": jk.map_reduce(lambda a, b: a * b, "add", x, y), "count": jk.count(lambda v: v > 0, x),
                "scan": jk.scan("add", x), "predicate": jk.select(lambda v: v > 0, x), "mask": jk.select(mask, x),
                "bincount": jk.bincount(np.abs(x).astype(np.int64), minlength=4),
            }  # fmt: skip
        expected = {
            "map": x * x, "broadcast": 2 * x + 3, "vectorize": 2 * x + y, "where": np.where(mask, 2 * x + y, 7), "add": x.sum(),
            "argmax": x.argmax(), "dot": (x * y).sum(), "count": mask.sum(), "scan": np.cumsum(x), "predicate": x[mask],
            "mask": x[mask], "bincount": np.bincount(np.abs(x).astype(np.int64), minlength=4),
        }  # fmt: skip
        assert found["where"] is out
        for name, result in found.items():
            np.testing.assert_array_equal(result, expected[name], err_msg=f"{name}, call {k}")


def test_functions_of_one_place_that_see_different_numbers_stay_apart(backend):
    x = np.arange(5.0)
    for k in (0, 1, 2, 0):
        for _ in range(TIMES):
            np.testing.assert_array_equal(jk.map(lambda v, k=k: v + k, x, backend=backend), x + k)


def test_a_result_may_overlap_its_input_at_any_call(backend):
    for _ in range(TIMES):
        x = np.arange(9.0)
        jk.map(lambda v: v + 1, x, out=x, backend=backend)
        np.testing.assert_array_equal(x, np.arange(9.0) + 1)
        x = np.arange(9.0)
        jk.map(lambda v: v + 1, x[:-1], out=x[1:], backend=backend)
        np.testing.assert_array_equal(x, np.arange(9.0))
        x = np.arange(9.0)
        jk.scan("add", x[:-1], out=x[1:], backend=backend)
        np.testing.assert_array_equal(x[1:], np.cumsum(np.arange(8.0)))


def test_refused_at_any_call(backend):
    x, frozen = np.arange(5.0), np.zeros(5)
    frozen.flags.writeable = False
    for _ in range(TIMES):
        blended(x, x, backend=backend)
        jk.scan("add", x, backend=backend)
        for call in (
            lambda: blended(x, x, out=frozen, backend=backend),
            lambda: blended(x, x, out=np.zeros(4), backend=backend),
            lambda: blended(x, x, where=np.ones(5), backend=backend),
            lambda: blended(x, x[:3], backend=backend),
            lambda: jk.scan("add", x, out=frozen, backend=backend),
            lambda: jk.map(lambda v: v, x, backend="nowhere"),
            lambda: jk.bincount(np.array([1, -1]), backend=backend),
            lambda: jk.segment_reduce("add", x, np.array([0, 3, 1]), backend=backend),
        ):
            with pytest.raises(jk.JitkitError):
                call()


def test_the_environment_chooses_a_backend_after_any_number_of_calls(monkeypatch):
    x = np.arange(5.0)

    def noted(v):
        return v + 1

    for _ in range(TIMES):
        np.testing.assert_array_equal(jk.map(noted, x), x + 1)
    monkeypatch.setenv("JITKIT_BACKEND", "nowhere")
    with pytest.raises(jk.BackendError):
        jk.map(noted, x)
    monkeypatch.setenv("JITKIT_BACKEND", "python")
    np.testing.assert_array_equal(jk.map(noted, x), x + 1)
