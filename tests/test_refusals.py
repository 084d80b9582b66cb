"""Mistakes that every backend refuses in the same words, at the same line."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import jitkit as jk


def line_of(func, text="# here"):
    lines, first = inspect.getsourcelines(func)
    return next(first + k for k, line in enumerate(lines) if text in line)


# ---- a launch space of too many dimensions


@jk.kernel
def scaled_by_default(i, x, y, a=2.0):
    y[i] = a * x[i]


@jk.kernel
def whole_by_default(x, y=None, a=2.0):
    x[0] = a


@jk.kernel
def index_and_array(i, j, x, a=2.0):
    """It is no mistake to index what was given another value."""
    j = (i, j)
    x[j[0], j[1]] = a


def test_a_space_of_too_many_dimensions_where_a_default_hides_it(backend):
    """The array would be an index, and the number of arguments fits."""
    x = np.zeros((3, 3))
    text = r"\(i, x, y, a\): a 2-D launch space makes \(i, x\) the indices, and the kernel indexes x: launch it over 1 dim.*\[n\]"
    for launch in (scaled_by_default.on(backend)[3, 3], scaled_by_default.check[3, 3]):
        with pytest.raises(jk.LaunchError, match=text):
            launch(x, x)
    with pytest.raises(jk.LaunchError, match=r"put an index before it.*def whole_by_default\(i, x, y, a\)"):
        whole_by_default.on(backend)[3](1.0)
    index_and_array.on(backend)[3, 3](x)
    assert (x == 2).all()


# ---- types


@jk.kernel
def adds_array(i, x):
    k = i
    x[i] = (x + 1)[k]  # here


@jk.kernel
def asks_array(i, x):
    k = i
    if x:  # here
        x[k] = 1


@jk.kernel
def too_many_indices(i, x):
    k = i
    x[i, k] = 1  # here


@jk.kernel
def float_index(i, x):
    k = 0.5 * i
    x[i] = x[k]  # here


@jk.kernel
def stores_complex(i, x):
    z = 1j
    x[i] = z * x[i]  # here


def _more(a):
    one = 1
    return a + one  # here


def _much_more(a):
    return _more(a)


@jk.kernel
def adds_array_in_helper(i, x):
    k = i
    x[k] = _much_more(x)[k]


PLACES = {
    adds_array: (adds_array.func, r"\+ is not defined for 1-D array of float64 and Python int"),
    asks_array: (asks_array.func, "a condition is not defined for 1-D array of float64"),
    too_many_indices: (too_many_indices.func, "2 indices for a 1-D array of float64"),
    float_index: (float_index.func, "an index is an integer or a tuple of integers, not Python float"),
    stores_complex: (stores_complex.func, "storing a complex number into a 1-D array of float64"),
    adds_array_in_helper: (_more, r"\+ is not defined for 1-D array of float64 and Python int"),
}


@pytest.mark.parametrize("kernel", PLACES, ids=lambda kernel: kernel.name)
def test_compilers_name_the_users_line(backend, kernel):
    if backend == "python":
        pytest.skip("in the interpreter Python and NumPy complain")
    function, text = PLACES[kernel]
    with pytest.raises(jk.KernelTypeError, match=text) as caught:
        kernel.on(backend)[2](np.ones(8))
    assert str(caught.value).startswith(f"{__file__}:{line_of(function)}: {kernel.name}: ")


@jk.kernel
def doubled(i, x, factor):
    x[i] = factor * 2


def test_an_array_of_no_dimensions_says_how_to_read_it(backend):
    if backend == "python":
        pytest.skip("NumPy takes it for a number")
    with pytest.raises(
        jk.KernelTypeError, match=r"0-D array of float64 .* index the array \(of no dimensions: a\[\(\)\]\)"
    ):
        doubled.on(backend)[2](np.ones(8), np.array(3.0))
