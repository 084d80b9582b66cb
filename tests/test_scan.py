"""`jk.scan` against NumPy's cumulative functions and against loops written out, on every backend."""

from __future__ import annotations

import itertools
import operator

import numpy as np
import pytest
from hypothesis import given, settings, strategies
from primitives_helpers import SIZES, largest, sizes, values_of

import jitkit as jk

EXAMPLES = 25


def after(f, g):
    """The affine map f after g, of pairs (slope, offset): associative, and not commutative."""
    return f[0] * g[0], f[0] * g[1] + f[1]


def accumulated(op, values, inclusive=True, initial=None, reverse=False):
    """The definition, one element after another."""
    if reverse:
        return accumulated(lambda a, b: op(b, a), values[::-1], inclusive, initial)[::-1]
    found = list(itertools.accumulate(values, op, initial=initial))
    if initial is None:
        return found
    return found[1:] if inclusive else found[:-1]


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "bool", "complex64"])
def test_cumulative_sums_have_numpys_dtype_and_value(dtype, backend):
    for n in SIZES:
        x = values_of(dtype, n)
        got = jk.scan("add", x, backend=backend)
        assert got.dtype == np.cumsum(x).dtype
        np.testing.assert_allclose(got, np.cumsum(x), rtol=1e-5, atol=2e-5)


def test_any_size_and_direction(backend):
    @settings(max_examples=EXAMPLES)
    @given(sizes(largest(backend)), strategies.booleans(), strategies.booleans(), strategies.sampled_from([None, 5]))
    def check(n, inclusive, reverse, initial):
        x = values_of("int32", n, n)
        got = jk.scan(operator.add, x, inclusive=inclusive, reverse=reverse, initial=initial, backend=backend)
        first = initial if inclusive else initial or 0
        expected = accumulated(operator.add, x.tolist(), inclusive, first, reverse)
        np.testing.assert_array_equal(got, expected)

    check()


@pytest.mark.parametrize("reverse", [False, True])
def test_operands_stay_in_order(reverse, backend):
    for n in (1, 40, 500) if backend == "python" else (1, 33, 18431, 18432, 18433, 40_000):
        rng = np.random.default_rng(n)
        a, b = rng.integers(0, 2, n), rng.integers(-5, 6, n)
        pairs = list(zip(a.tolist(), b.tolist(), strict=True))
        got = jk.scan(after, (a, b), reverse=reverse, backend=backend)
        np.testing.assert_array_equal(np.transpose(got), accumulated(after, pairs, reverse=reverse))
        got = jk.scan(after, (a, b), inclusive=False, initial=(1, 3), reverse=reverse, backend=backend)
        np.testing.assert_array_equal(np.transpose(got), accumulated(after, pairs, False, (1, 3), reverse))


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("parts", [1, 2, 6])
def test_wide_values_and_rows_of_several_blocks(parts, inclusive, backend):
    """A group on a GPU has room for 9, 5, 3 or 1 such values for each of its work-items."""
    n = 300 if backend == "python" else 10_000
    xs = tuple(values_of("int8", (2, n), seed).astype("complex128") for seed in range(parts))

    def add(a, b):
        return a + b

    def add2(a, b):
        return a[0] + b[0], a[1] + b[1]

    def add6(a, b):
        return a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3], a[4] + b[4], a[5] + b[5]

    op, initial = {1: (add, 1), 2: (add2, (1, 2)), 6: (add6, tuple(range(1, 7)))}[parts]
    given = (xs[0] if parts == 1 else xs), (None if inclusive else initial)
    got = jk.scan(op, given[0], inclusive=inclusive, initial=given[1], backend=backend)
    for k, (x, found) in enumerate(zip(xs, (got,) if parts == 1 else got, strict=True)):
        expected = np.cumsum(x, axis=1)
        np.testing.assert_array_equal(found, expected if inclusive else expected - x + k + 1)


@pytest.mark.parametrize("axis", [0, 1, 2, -1, None])
@pytest.mark.parametrize("reverse", [False, True])
def test_axes_as_in_numpy(axis, reverse, backend):
    x = values_of("int64", (3, 140, 4))
    flat, along = (x.ravel(), 0) if axis is None else (x, axis)
    expected = np.flip(np.cumsum(np.flip(flat, along), along), along) if reverse else np.cumsum(flat, along)
    np.testing.assert_array_equal(jk.scan("add", x, axis=axis, reverse=reverse, backend=backend), expected)


@pytest.mark.parametrize("shape", [(20_000, 3), (3, 20_000), (700, 1), (1, 700), (40, 300), (40, 70)])
@pytest.mark.parametrize("axis", [0, 1])
def test_any_shape_of_matrix(shape, axis):
    x = values_of("float64", shape)
    for given_ in (x, np.asfortranarray(x), x[::-1]):
        np.testing.assert_allclose(jk.scan("add", given_, axis=axis), np.cumsum(given_, axis), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("n", [1, 40, 1000, 40_000])
@pytest.mark.parametrize("inclusive", [True, False])
def test_in_place(n, inclusive):
    x = values_of("int64", n)
    expected = np.cumsum(x) - (0 if inclusive else x)
    assert jk.scan("add", x, inclusive=inclusive, out=x) is x
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize(("axis", "reverse"), [(0, False), (-1, True), (None, True)])
def test_in_place_on_every_backend(axis, reverse, backend):
    x = values_of(np.int64, (5, 40) if axis is not None else 40)
    turned = (lambda a: np.flip(a, axis or 0)) if reverse else np.asarray
    expected = turned(np.add.accumulate(turned(x), axis=axis or 0))
    assert jk.scan("add", x, axis=axis, reverse=reverse, out=x, backend=backend) is x
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("call", [jk.scan, jk.reduce])
@pytest.mark.parametrize("op", ["add", np.copysign])  # both ways to reduce on a GPU
def test_what_is_read_may_be_read_only_and_is_not_brought_back(call, op, brought):
    x = values_of(np.int64 if op == "add" else np.float64, 40)
    x.setflags(write=False)
    with jk.emulate_cuda():
        found = call(op, x, backend="cuda")
    np.testing.assert_array_equal(found, call(op, x, backend="python"))
    assert brought.count(x.nbytes) == (call is jk.scan)


def test_an_out_that_overlaps(backend):
    x = np.arange(60)
    expected = np.cumsum(x[:50])
    jk.scan("add", x[:50], out=x[10:], backend=backend)
    np.testing.assert_array_equal(x[10:], expected)


def test_out_of_another_dtype_and_layout(backend):
    x = values_of("int32", (4, 30))
    out = np.zeros((30, 4), np.float32).T
    assert jk.scan("add", x, out=out, backend=backend) is out
    np.testing.assert_array_equal(out, np.cumsum(x, axis=1))


def test_extremes_so_far(backend):
    x = values_of("float64", 40)
    x[25] = np.nan
    np.testing.assert_array_equal(jk.scan(max, x, backend=backend), np.maximum.accumulate(x))
    np.testing.assert_array_equal(jk.scan("minimum", x, backend=backend), np.minimum.accumulate(x))


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_nothing_gives_nothing(shape, backend):
    got = jk.scan("add", np.zeros(shape, np.int8), axis=0, backend=backend)
    assert (got.shape, got.dtype) == (shape, np.int64)


def test_the_number_of_threads_changes_no_bit():
    x = values_of("float32", 300_000)
    before, results = jk.get_num_threads(), []
    try:
        for threads in (1, 2):
            jk.set_num_threads(threads)
            results.append(jk.scan("add", x))
    finally:
        jk.set_num_threads(before)
    np.testing.assert_array_equal(*results)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: jk.scan("add", x, axis=2), np.exceptions.AxisError, "axis 2 is out of bounds"),
        (lambda x: jk.scan("add", x, axis=(0, 1)), jk.LaunchError, "goes along one axis, not 2"),
        (lambda x: jk.scan(max, x, inclusive=False), jk.LaunchError, "has no identity: pass initial="),
        (lambda x: jk.scan("add", x, out=np.zeros(6)), jk.LaunchError, "out= has the shape"),
        (lambda x: jk.scan("add", x, out=np.zeros((2, 3), int)), jk.KernelTypeError, "cannot hold"),
        (lambda x: jk.scan(lambda a, b, c: a, x), jk.KernelError, "no operator of two numbers"),
        (lambda x: jk.scan("add", x.astype(object)), jk.KernelTypeError, "dtype object"),
        (lambda x: jk.scan(after, (x, x), out=x), jk.KernelTypeError, "out= is a tuple of 2 arrays"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.ones((2, 3)))


@pytest.mark.parametrize(
    "primitive",
    [
        lambda x, out: jk.scan("add", x, out=out),
        lambda x, out: jk.map(abs, x, out=out),
        lambda x, out: jk.sort(x, out=out),
        lambda x, out: jk.sort(x, out=out, axis=0),
    ],
)
def test_a_read_only_out_is_refused_by_name(primitive):
    out = np.zeros(5)
    out.flags.writeable = False
    with pytest.raises(jk.LaunchError, match=r"jk\.\w+: out= is a read-only array"):
        primitive(np.arange(5.0), out)
    assert not out.any()
