"""`jk.unique` along an axis and with NaN apart, against NumPy, on every backend."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import jitkit as jk

ASKED = list(itertools.product((False, True), repeat=3))
SHAPES = {
    "python": [(6, 3), (2, 3, 4)],
    "cpu": [(40, 2), (3, 4, 5), (7,), (5, 1), (1, 4)],
    "cuda": [(40, 2), (2, 3, 4)],
}


def same(found, expected):
    found = found if isinstance(found, tuple) else (found,)
    expected = expected if isinstance(expected, tuple) else (expected,)
    for ours, numpys in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, numpys)
        assert np.shape(ours) == numpys.shape


@pytest.mark.parametrize("dtype", ["float64", "float32", "int32", "uint8", "bool"])
def test_parts_along_an_axis(dtype, backend):
    for shape in SHAPES[backend]:
        x = np.random.default_rng(0).integers(0, 3, shape).astype(dtype)
        for axis in range(-len(shape), len(shape)) if backend == "cpu" else (0, -1):
            for asked in ASKED if backend == "cpu" else ASKED[-1:]:
                same(jk.unique(x, *asked, axis=axis, backend=backend), np.unique(x, *asked, axis=axis))


def test_zeros_of_both_signs_are_one_and_nan_are_of_no_others(backend):
    x = np.array([[0.0, 2], [np.nan, 1], [-0.0, 2], [np.nan, 1], [-0.0, 1]])
    same(jk.unique(x, True, True, True, axis=0, backend=backend), np.unique(x, True, True, True, axis=0))
    same(jk.unique(x.T[:, ::-1], axis=1, backend=backend), np.unique(x.T[:, ::-1], axis=1))


def test_nan_apart(backend):
    rng = np.random.default_rng(1)
    x = rng.integers(0, 3, (12, 3)).astype(np.float64)
    x[rng.random(x.shape) < 0.2] = np.nan
    for asked in ASKED:
        asked = (asked[0] or asked[1], *asked[1:])  # NumPy's order of NaN is that of places where it sorts stably
        same(jk.unique(x, *asked, equal_nan=False, backend=backend), np.unique(x, *asked, equal_nan=False))
    many = np.tile([1.0, np.nan, 0.0], 1 << 15)
    if backend == "cpu":
        same(jk.unique(many, equal_nan=False), np.unique(many, equal_nan=False))
    whole = np.array([3, 1, 3])
    same(jk.unique(whole, equal_nan=False, backend=backend), np.unique(whole))


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_nothing(shape):
    for axis in (0, 1):
        same(
            jk.unique(np.zeros(shape), True, True, True, axis=axis),
            np.unique(np.zeros(shape), True, True, True, axis=axis),
        )


def test_parts_of_a_gpu_stay_there():
    x = np.array([[3, 1], [0, 2], [3, 1], [0, 1]])
    with jk.emulate_cuda():
        for axis in (0, 1):
            found = jk.unique(jk.asarray(x, device="cuda"), True, True, True, axis=axis)
            assert not any(isinstance(part, np.ndarray) for part in found)
            same(tuple(map(jk.to_numpy, found)), np.unique(x, True, True, True, axis=axis))


def test_mistakes_are_named():
    with pytest.raises(np.exceptions.AxisError, match=r"jk\.unique: axis 2"):
        jk.unique(np.zeros((2, 2)), axis=2)
    with pytest.raises(TypeError, match=r"jk.unique: axis=\(0, 1\); it is an integer"):
        jk.unique(np.zeros((2, 2)), axis=(0, 1))
    with pytest.raises(jk.KernelTypeError, match="axis= takes real numbers"):
        jk.unique(np.zeros((2, 2), complex), axis=0)
