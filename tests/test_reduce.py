"""`jk.reduce` against NumPy's reductions and against loops written out, on every backend."""

from __future__ import annotations

import functools
import operator

import numpy as np
import pytest
from hypothesis import given, settings
from primitives_helpers import SIZES, largest, sizes, values_of

import jitkit as jk
from jitkit.primitives._ordered import DEAL, IN_ORDER
from jitkit.primitives._ordered_groups import Tiled

EXAMPLES = 30


def after(f, g):
    """The affine map f after g, of pairs (slope, offset): associative, and not commutative."""
    return f[0] * g[0], f[0] * g[1] + f[1]


def welford(a, b):
    """Counts, means and sums of squared deviations of two samples, joined (Chan, Golub and LeVeque, 1979)."""
    n = a[0] + b[0]
    d = b[1] - a[1]
    return n, a[1] + d * b[0] / n, a[2] + b[2] + d * d * a[0] * b[0] / n


def product(a, b):
    """The product of two 2x2 matrices, row by row."""
    return a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3], a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3]


def maps_of(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(1, 4, n), rng.integers(-5, 6, n)


def last(a, b):
    return b


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "bool", "complex64"])
def test_sums_have_numpys_dtype_and_value(dtype, backend):
    for n in SIZES:
        x = values_of(dtype, n)
        got = jk.reduce("add", x, backend=backend)
        assert got.dtype == np.add.reduce(x).dtype
        np.testing.assert_allclose(got, np.add.reduce(x), rtol=1e-5, atol=1e-5)


def test_sums_of_any_size(backend):
    @settings(max_examples=EXAMPLES)
    @given(sizes(largest(backend)))
    def check(n):
        x = values_of("int32", n, n)
        assert jk.reduce(operator.add, x, backend=backend) == x.sum()

    check()


def test_operands_stay_in_order(backend):
    @settings(max_examples=EXAMPLES)
    @given(sizes(largest(backend)))
    def check(n):
        a, b = maps_of(n, n)
        a %= 2  # slopes of 0 and 1: nothing overflows, and every place matters
        pairs = zip(a.tolist(), b.tolist(), strict=True)
        assert jk.reduce(after, (a, b), backend=backend) == functools.reduce(after, pairs)

    check()


def after_modulo(f, g):
    """`after` in numbers modulo a prime: nothing overflows, and no map forgets those before it."""
    return f[0] * g[0] % 10007, (f[0] * g[1] + f[1]) % 10007


def test_operands_stay_in_order_at_the_ends_of_deals_and_blocks(backend):
    edges = [1, DEAL, 2 * DEAL, IN_ORDER.block, IN_ORDER.block + DEAL, 3 * IN_ORDER.block]
    for edge in edges if backend != "python" else edges[:3]:
        for n in {max(1, edge - 1), edge, edge + 1, edge + 9}:
            rng = np.random.default_rng(n)
            a, b = rng.integers(1, 10007, n), rng.integers(0, 10007, n)
            pairs = list(zip(a.tolist(), b.tolist(), strict=True))
            assert jk.reduce(after_modulo, (a, b), backend=backend) == functools.reduce(after_modulo, pairs), n
            start = (5, 7)
            got = jk.reduce(after_modulo, (a, b), initial=start, backend=backend)
            assert got == functools.reduce(after_modulo, pairs, start), n


def test_operands_of_every_row_stay_in_order(backend):
    n = 2 * DEAL + 5 if backend == "python" else IN_ORDER.block + 2 * DEAL + 5
    rng = np.random.default_rng(4)
    a, b = rng.integers(1, 10007, (3, n)), rng.integers(0, 10007, (3, n))
    slopes, offsets = jk.reduce(after_modulo, (a, b), axis=1, backend=backend)
    for row in range(3):
        pairs = zip(a[row].tolist(), b[row].tolist(), strict=True)
        assert (slopes[row], offsets[row]) == functools.reduce(after_modulo, pairs)


@pytest.mark.parametrize("dtype", ["float32", "int64", "complex128"])
def test_operands_stay_in_order_at_the_ends_of_tiles_and_blocks_of_a_gpu(dtype):
    """A group has room for 9, 5 or 1 pairs of such numbers for each of its work-items."""
    tiled = Tiled((np.dtype(dtype),) * 2)
    units = [1, -1, 1j, -1j] if dtype == "complex128" else [1, -1]  # no map forgets those before it
    ends = [tiled.tiles.whole, tiled.block, 2 * tiled.block]
    with jk.emulate_cuda(check=True):
        for n in [1, 2, *(end + d for end in ends for d in (-1, 0, 1)), 2 * tiled.block + 200]:
            rng = np.random.default_rng(n)
            a, b = rng.choice(units, n).astype(dtype), rng.integers(-5, 6, n).astype(dtype)
            pairs = list(zip(a.tolist(), b.tolist(), strict=True))
            maps = jk.asarray(a, device="cuda"), jk.asarray(b, device="cuda")
            assert jk.reduce(after, maps) == functools.reduce(after, pairs), n
            start = (units[-1], 7)
            assert jk.reduce(after, maps, initial=start) == functools.reduce(after, pairs, start), n


@pytest.mark.parametrize("n", [128, 4095, 4097, 11_000])
def test_rows_on_a_gpu(n):
    x = values_of("float64", (3, n))
    with jk.emulate_cuda(check=True):
        rows = jk.asarray(x, device="cuda")
        np.testing.assert_allclose(jk.to_numpy(jk.reduce("add", rows, axis=1)), x.sum(axis=1))
        np.testing.assert_array_equal(jk.to_numpy(jk.argmax(rows, axis=1)), x.argmax(axis=1))
        np.testing.assert_array_equal(jk.to_numpy(jk.reduce(last, rows, axis=1)), x[:, -1])


def test_the_last_of_all_is_the_last(backend):
    for n in SIZES:
        assert jk.reduce(last, np.arange(n), backend=backend) == n - 1


def test_a_welford_triple_gives_mean_and_variance(backend):
    x = values_of("float64", SIZES[-1]) + 1e6
    n, mean, squares = jk.reduce(welford, (np.ones_like(x), x, np.zeros_like(x)), backend=backend)
    assert n == x.size
    np.testing.assert_allclose([mean, squares / n], [x.mean(), x.var()], rtol=1e-9)


def test_matrices_are_multiplied_in_order(backend):
    rng = np.random.default_rng(3)
    matrices = rng.integers(-1, 2, (24, 2, 2))
    got = jk.reduce(product, tuple(matrices.reshape(-1, 4).T.copy()), backend=backend)
    np.testing.assert_array_equal(np.reshape(got, (2, 2)), functools.reduce(np.matmul, matrices))


@pytest.mark.parametrize("op", [min, max, np.minimum, "maximum"])
@pytest.mark.parametrize("place", [0, 17, 39])
def test_a_nan_wins(op, place, backend):
    x = values_of("float64", 40)
    ufunc = {min: np.minimum, max: np.maximum}.get(op, np.maximum if op == "maximum" else op)
    assert jk.reduce(op, x, backend=backend) == ufunc.reduce(x)
    x[place] = np.nan
    assert np.isnan(jk.reduce(op, x, backend=backend))


def test_infinities_add_as_in_numpy(backend):
    assert jk.reduce("add", np.array([1.0, np.inf, 2.0]), backend=backend) == np.inf
    assert np.isnan(jk.reduce("add", np.array([np.inf, -np.inf]), backend=backend))


@pytest.mark.parametrize("axis", [None, 0, 1, -1, (0, 2), (0, 1), (2, 1), ()])
@pytest.mark.parametrize("keepdims", [False, True])
def test_axes_as_in_numpy(axis, keepdims, backend):
    if backend == "cuda" and axis == (0, 2):
        axis = (1, 2)
    x = values_of("int64", (3, 140, 4))
    got = jk.reduce("add", x, axis=axis, keepdims=keepdims, backend=backend)
    np.testing.assert_array_equal(got, x.sum(axis=axis, keepdims=keepdims))
    assert np.shape(got) == x.sum(axis=axis, keepdims=keepdims).shape


@pytest.mark.parametrize("shape", [(2000, 3), (3, 2000), (700, 1), (1, 700), (40, 300), (40, 70)])
@pytest.mark.parametrize("axis", [0, 1])
def test_any_shape_of_matrix(shape, axis):
    x = values_of("float64", shape)
    np.testing.assert_allclose(jk.reduce("add", x, axis=axis), x.sum(axis=axis), rtol=1e-12, atol=1e-12)
    turned = np.asfortranarray(x)
    np.testing.assert_allclose(jk.reduce("add", turned, axis=axis), x.sum(axis=axis), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("view", [np.s_[::2], np.s_[::-1], np.s_[:, ::3], np.s_[5:9, 1:]])
def test_views(view, backend):
    x = values_of("int32", (10, 8))[view]
    assert jk.reduce("add", x, backend=backend) == x.sum()
    np.testing.assert_array_equal(jk.reduce("add", x, axis=0, backend=backend), x.sum(axis=0))


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_initial_and_where_as_in_numpy(axis, backend):
    x = values_of("float64", (4, 9))
    mask = values_of("bool", (4, 9))
    for options in ({"initial": 2.5}, {"where": mask}, {"initial": 2.5, "where": mask}):
        got = jk.reduce("add", x, axis=axis, backend=backend, **options)
        np.testing.assert_allclose(got, x.sum(axis=axis, **options), rtol=1e-12)
    got = jk.reduce(np.maximum, x, axis=axis, initial=0.25, where=mask, backend=backend)
    np.testing.assert_array_equal(got, x.max(axis=axis, initial=0.25, where=mask))


def test_initial_comes_first(backend):
    a, b = maps_of(20)
    pairs = list(zip(a.tolist(), b.tolist(), strict=True))
    got = jk.reduce(after, (a, b), initial=(2, 7), backend=backend)
    assert got == functools.reduce(after, pairs, (2, 7))


def test_dtype_and_out(backend):
    x = values_of("int16", (6, 40))
    out = np.empty(6, np.float32)
    assert jk.reduce("add", x, axis=1, out=out, dtype=np.float32, backend=backend) is out
    np.testing.assert_array_equal(out, x.sum(axis=1))
    whole = np.zeros(())
    assert jk.reduce(max, x, out=whole, backend=backend) is whole
    assert whole[()] == x.max()


def test_a_row_as_out_of_its_own_matrix(backend):
    x = values_of("int64", (5, 7))
    expected = x.sum(axis=0)
    jk.reduce("add", x, axis=0, out=x[2], backend=backend)
    np.testing.assert_array_equal(x[2], expected)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_empty_sums_are_zero(shape, backend):
    x = np.zeros(shape, np.float32)
    for axis in (None, *range(len(shape))):
        got = jk.reduce("add", x, axis=axis, backend=backend)
        np.testing.assert_array_equal(got, x.sum(axis=axis))
        assert got.dtype == np.float32
    assert jk.reduce(max, x, initial=3, backend=backend) == 3


def test_nothing_without_an_identity_is_refused():
    with pytest.raises(jk.LaunchError, match=r"jk\.reduce: no elements .* pass initial="):
        jk.reduce(min, np.zeros((3, 0)), axis=1)
    assert jk.reduce(min, np.zeros((3, 0)), axis=0).shape == (0,)
    with pytest.raises(jk.LaunchError, match="where= needs an initial value"):
        jk.reduce(min, np.zeros(3), where=np.zeros(3, bool))


def test_numbers_and_lists_are_arrays():
    assert jk.reduce("add", [1, 2, 3]) == 6
    assert jk.reduce("add", np.float32(4)) == 4
    assert jk.reduce("multiply", np.array(5.0)) == 5


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: jk.reduce("add", x, axis=2), np.exceptions.AxisError, "axis 2 is out of bounds"),
        (lambda x: jk.reduce("add", x, axis=(0, 0)), ValueError, "repeated axis"),
        (lambda x: jk.reduce("add", x, axis=[0]), TypeError, r"jk.reduce: axis=\[0\]; an axis is an integer"),
        (lambda x: jk.reduce("add", x, axis=1.5), TypeError, "jk.reduce: axis=1.5; an axis is an integer"),
        (lambda x: jk.reduce(lambda a: a, x), jk.KernelError, "no operator of two numbers"),
        (lambda x: jk.reduce("plus", x), jk.KernelError, "no operator of two numbers"),
        (lambda x: jk.reduce(x, np.add), jk.KernelError, r"^an array of shape \(.*\), which comes after the function"),
        (lambda x: jk.count(x, abs), jk.KernelError, r"^jk.count: an array of shape \(.*\), which comes after"),
        (lambda x: jk.map(x, abs), jk.KernelTypeError, "<built-in function abs> is a function and stands in the place"),
        (lambda x: jk.map_reduce("add", x, abs), jk.KernelTypeError, r"is a function.*: help\(jk.map_reduce\)"),
        (lambda x: jk.reduce("add", x.astype(object)), jk.KernelTypeError, "dtype object"),
        (
            lambda x: jk.reduce("add", x, axis=0, out=np.zeros(4)),
            jk.LaunchError,
            r"shape \(4,\), and the result \(3,\)",
        ),
        (lambda x: jk.reduce("add", x, axis=0, out=np.zeros(3, int)), jk.KernelTypeError, "cannot hold"),
        (lambda x: jk.reduce("add", x, axis=0, out=[0, 0, 0]), jk.KernelTypeError, "out= is an array, not a list"),
        (lambda x: jk.reduce(after, (x, x), initial=1), jk.KernelTypeError, "2 parts here, and initial= has 1"),
        (lambda x: jk.reduce(after, (x, x[:1, :2])), jk.LaunchError, "do not broadcast"),
        (lambda x: jk.reduce("add", x, where=x), jk.KernelTypeError, "array of bool"),
        (lambda x: jk.reduce("add", x, backend="gpu"), jk.BackendError, "no backend 'gpu'"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.ones((2, 3)))


def test_the_number_of_threads_changes_no_bit():
    x = values_of("float32", 300_000)
    before = jk.get_num_threads()
    try:
        results = []
        for threads in (1, 2):
            jk.set_num_threads(threads)
            results.append((jk.reduce("add", x), *jk.reduce("add", x.reshape(3, -1), axis=1)))
    finally:
        jk.set_num_threads(before)
    assert results[0] == results[1]


@pytest.mark.parametrize("fill", [0.1, None])
def test_sums_are_as_accurate_as_numpys(fill):
    x = np.full(1_000_000, fill, np.float32) if fill else np.random.default_rng(0).random(1_000_000, dtype=np.float32)
    exact = x.astype(np.float64).sum()
    assert abs(float(jk.reduce("add", x)) - exact) <= max(abs(float(x.sum()) - exact), 2e-7 * exact)


def test_a_lambda_made_again_is_compiled_once():
    from jitkit.primitives import _operators

    made = [_operators.resolve(lambda a, b, k=k: a + b * k) for k in (1, 1, 2)]
    assert made[0] is made[1]
    assert made[0] is not made[2]


def test_operators_that_look_symmetric_are_commutative():
    from jitkit.primitives._operators import resolve

    assert resolve(lambda a, b: a + b + a * b).commutative
    assert resolve(lambda a, b: b + a).commutative
    assert resolve(lambda a, b: (a[0] + b[0], b[1] * a[1])).commutative
    assert not resolve(lambda a, b: a - b).commutative
    assert not resolve(after).commutative
    assert not resolve(last).commutative


def test_initial_values_that_the_dtype_cannot_hold_are_refused(backend):
    """They wrapped, or lost their imaginary part: NumPy raises OverflowError or TypeError, or wraps its own integers."""
    small, real = np.arange(3, dtype=np.uint8), np.arange(3.0)
    for initial in (-1, 300, np.int64(300), 300.7, np.inf, np.nan, 1j, "a"):
        with pytest.raises(
            jk.KernelTypeError, match=r"jk.reduce: initial=.* is no uint8, in which elements are combined"
        ):
            jk.reduce("maximum", small, initial=initial, backend=backend)
    for initial in (1j, "a", [1.0, 2.0]):
        with pytest.raises(jk.KernelTypeError, match=r"jk.scan: initial=.* is no float64"):
            jk.scan("add", real, initial=initial, backend=backend)
    with pytest.raises(jk.KernelTypeError, match=r"initial=-1 is no uint8"):
        jk.segment_reduce("maximum", small, [0, 1, 1], initial=-1, backend=backend)
    with pytest.raises(jk.KernelTypeError, match=r"initial=-1 is no uint8"):
        jk.reduce(lambda a, b: (a[0] + b[0], a[1] + b[1]), (real, small), initial=(0, -1), backend=backend)
    for initial in (7, np.int64(7), 7.5, np.array(7), True):
        expected = np.maximum.reduce(small, initial=np.uint8(initial))
        assert jk.reduce("maximum", small, initial=initial, backend=backend) == expected


def test_floats_wider_than_kernels_know_are_named():
    for dtype, widest in ((np.longdouble, "float is float64"), (np.clongdouble, "complex number is complex128")):
        if np.dtype(dtype).itemsize > np.dtype(np.float64).itemsize * (2 if dtype is np.clongdouble else 1):
            for call in (
                lambda x: jk.reduce("add", x),
                lambda x: jk.scan("add", x),
                jk.minmax,
                jk.unique,
                jk.stats.mean,
            ):
                with pytest.raises(jk.KernelTypeError, match=rf"jk\..*: elements of dtype .*; the widest {widest}"):
                    call(np.ones(3, dtype))


@pytest.mark.parametrize("n", [4097, 10_000, 270_000])
def test_rows_of_several_blocks_one_after_another(n):
    """What blocks give is kept for the next call of as many: results are of each call's own elements."""
    rng = np.random.default_rng(n)
    for seed in range(3):
        x = rng.integers(-9, 9, n) + seed
        assert jk.reduce("add", x) == x.sum()
        assert jk.reduce("add", x, initial=5) == x.sum() + 5
        assert jk.minmax(x) == (x.min(), x.max())
        assert jk.count(lambda v: v > 2, x) == (x > 2).sum()
        assert jk.map_reduce(lambda v, w: v * w, "add", x, x, initial=1) == (x * x).sum() + 1
        out = np.empty(1, np.int64)
        assert jk.map_reduce(abs, "maximum", x, out=out, keepdims=True) is out
        assert out == abs(x).max()
        kept = jk.reduce("maximum", x, keepdims=True)
        jk.reduce("maximum", x - 100)
        assert kept.tolist() == [x.max()]
        # Affine maps, whose composition keeps their order: modulo a prime.
        a, b = np.abs(x) % 97 + 1, np.abs(x)
        got = jk.reduce(lambda f, g: (f[0] * g[0] % 9973, (g[0] * f[1] + g[1]) % 9973), (a, b))
        slope, offset = 1, 0
        for p, q in zip(a.tolist(), b.tolist(), strict=True):
            slope, offset = slope * p % 9973, (p * offset + q) % 9973
        assert got == (slope, offset)
