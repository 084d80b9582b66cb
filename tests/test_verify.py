"""Comparing backends: what agrees, what does not, and how the difference is told."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest

import jitkit as jk
from jitkit import verification
from jitkit.errors import BackendError
from jitkit.verification import DifferenceError, differing, ulps


@jk.kernel
def smooth(i, x, y, n):
    y[i] = math.exp(x[i]) * math.sin(x[i]) / 3 + n
    n_squared = n * n
    y[i] -= n_squared


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_backends_that_agree(dtype):
    x = np.linspace(-3, 3, 1000).astype(dtype)
    y = np.zeros_like(x)
    report = smooth.verify[1000](x, y, 2)
    assert report.ok, str(report)
    assert report.backends[:2] == ("python", "cpu")
    assert str(report) == f"smooth: {' and '.join(report.backends)} agree" or len(report.backends) > 2
    report.raise_if_any()
    np.testing.assert_array_equal(y, np.zeros_like(x))  # the caller's array


class Pair(NamedTuple):
    values: np.ndarray
    counts: np.ndarray


@jk.kernel
def several(i, p, z, flags):
    p.values[i] += 0.5
    p.counts[i] += i
    z[i] = z[i] * 2j
    flags[i] = p.counts[i] > 3


def test_fields_integers_booleans_and_complex_numbers():
    pair = Pair(np.arange(5, dtype=np.float32), np.arange(5))
    report = several.verify[5](pair, np.arange(5) + 1j, np.zeros(5, bool))
    assert report.ok, str(report)


@jk.kernel
def moved(i, x, y):
    y[i] = x[i] + 1


def test_arguments_that_overlap_still_do():
    memory = np.zeros(8)
    assert moved.verify[4](memory[::2], memory[1::2]).ok
    np.testing.assert_array_equal(memory, np.zeros(8))


@pytest.fixture
def wrong_cpu(monkeypatch):
    """Let the results of the cpu backend differ, as those of a compiler with a bug would."""
    results = verification._results

    def changed(call, values, backend):
        arrays = results(call, values, backend)
        if backend == "cpu":
            flat = arrays["y"].reshape(-1)
            flat[2:4] += 0.25
        return arrays

    monkeypatch.setattr(verification, "_results", changed)


def test_the_first_difference(wrong_cpu):
    report = moved.verify(backends=("cpu",))[6](np.zeros(6, np.float32), np.zeros(6, np.float32))
    assert not report.ok
    (found,) = report.differences
    assert (found.backend, found.array, found.index, found.count) == ("cpu", "y", 2, 2)
    assert (found.expected, found.got) == (np.float32(1), np.float32(1.25))
    assert found.ulp == ulps(np.float32(1), np.float32(1.25)) == 2**21
    assert "moved: python and cpu disagree" in str(report)
    assert "y[2] is np.float32(1.25) on cpu and np.float32(1.0) interpreted, 2,097,152 ULP apart" in str(report)
    with pytest.raises(DifferenceError, match="disagree"):
        report.raise_if_any()


def test_a_wider_tolerance(wrong_cpu):
    x = np.zeros(6, np.float32)
    assert moved.verify(max_ulp=2**21, backends=("cpu",))[6](x, x.copy()).ok
    assert not moved.verify(max_ulp=2**20, backends=("cpu",))[6](x, x.copy()).ok


@jk.kernel
def plane(i, j, y):
    y[i, j] = 1.0


def test_the_index_of_two_dimensions(wrong_cpu):
    (found,) = plane.verify(backends=("cpu",))[2, 3](np.zeros((2, 3))).differences
    assert found.index == (0, 2)
    assert "y[0, 2] is" in str(found)


def test_ulps():
    one = np.float64(1)
    assert ulps(one, one) == 0
    assert ulps(one, np.nextafter(one, 2)) == ulps(-one, np.nextafter(-one, -2)) == 1
    assert ulps(np.float64(0.0), np.float64(-0.0)) == 0
    tiny = np.nextafter(np.float32(0), np.float32(1))
    assert ulps(tiny, -tiny) == 2
    assert ulps(np.float64(-np.inf), np.float64(np.inf)) == 2 * 0x7FF0000000000000
    assert ulps(np.complex64(1 + 1j), np.complex64(1 + 1.5j)) == 2**22
    assert ulps(np.int32(1), np.int32(2)) is None
    assert ulps(np.float64("nan"), one) is None


@pytest.mark.parametrize(
    ("expected", "got", "differs"),
    [
        ([1.0, 2.0], [1.0, 2.0], False),
        ([np.nan, 1.0], [np.nan, 1.0], False),
        ([np.nan, 1.0], [0.0, 1.0], True),
        ([np.inf, 1.0], [np.inf, 1.0], False),
        ([np.inf, 1.0], [1.7e308, 1.0], True),
        ([0.0, 1.0], [-0.0, 1.0], False),
        ([1e-17, 1.0], [2e-17, 1.0], False),  # what is left of a sum of ones
        ([1e-17, 2e-17], [2e-17, 2e-17], True),
        ([1.0, 1e-3], [1.0, 1.1e-3], True),
    ],
)
def test_what_differs(expected, got, differs):
    assert differing(np.array(expected), np.array(got), 16).any() == differs


def test_integers_must_be_equal():
    assert differing(np.array([1, 2]), np.array([1, 3]), 16).tolist() == [False, True]
    assert differing(np.array([True]), np.array([False]), 16).all()


def test_a_backend_that_does_not_exist():
    with pytest.raises(BackendError, match="verify: there is no backend 'gpu'"):
        moved.verify(backends=("gpu",))[1](np.zeros(1), np.zeros(1))


def test_the_interpreter_alone():
    report = moved.verify(backends=())[1](np.zeros(1), np.zeros(1))
    assert report.ok
    assert str(report) == "moved: only python runs here"
