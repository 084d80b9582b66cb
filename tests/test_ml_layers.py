"""Softmax, layer norm, activations and the cross entropy: values by SciPy, gradients by central differences."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st

import jitkit as jk

SHAPES = [(1, 1), (5, 7), (300, 10), (2, 3, 130), (2, 300)]


def normal(shape, seed=0, dtype="float32"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def close(got, expected, dtype="float32"):
    eps = 64 * np.finfo(dtype).eps
    assert got.dtype == dtype
    np.testing.assert_allclose(got, expected, rtol=eps, atol=eps)


def slopes(f, x, step=1e-6):
    """The gradient of a sum of what `f` gives, by central differences."""
    result = np.empty(x.shape)
    for at in np.ndindex(x.shape):
        moved = [x.copy(), x.copy()]
        moved[0][at] += step
        moved[1][at] -= step
        result[at] = (f(moved[0]) - f(moved[1])) / (2 * step)
    return result


@pytest.mark.parametrize("shape", SHAPES)
def test_softmax(shape, backend):
    x, grad = normal(shape), normal(shape, 1)
    y = scipy.special.softmax(x, -1)
    close(jk.ml.softmax(x, backend=backend), y)
    close(jk.ml.log_softmax(x, backend=backend), scipy.special.log_softmax(x, -1))
    whole = grad.sum(-1, keepdims=True)
    close(jk.ml.softmax_backward(grad, y, backend=backend), y * (grad - (grad * y).sum(-1, keepdims=True)))
    close(jk.ml.log_softmax_backward(grad, np.log(y), backend=backend), grad - y * whole)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("shape", "axis"), [((7, 64), 0), ((2, 130, 5, 19), 1), ((1, 1, 16), 1), ((3, 2, 65), -2), ((3, 15), 0)]
)
def test_softmax_of_columns(shape, axis, dtype, backend):
    x, grad = normal(shape, dtype=dtype), normal(shape, 1, dtype)
    y = scipy.special.softmax(x, axis)
    close(jk.ml.softmax(x, axis, backend=backend), y, dtype)
    log = scipy.special.log_softmax(x, axis)
    close(jk.ml.log_softmax(x, axis, backend=backend), log, dtype)
    slope = y * (grad - (grad * y).sum(axis, keepdims=True))
    close(jk.ml.softmax_backward(grad, y, axis, backend=backend), slope, dtype)
    log_slope = grad - y * grad.sum(axis, keepdims=True)
    close(jk.ml.log_softmax_backward(grad, log, axis, backend=backend), log_slope, dtype)
    over_y, over_grad = y.copy(), grad.copy()  # the result may take the place of either
    assert jk.ml.softmax_backward(grad, over_y, axis, out=over_y, backend=backend) is over_y
    close(over_y, slope, dtype)
    jk.ml.softmax_backward(over_grad, y, axis, out=over_grad, backend=backend)
    close(over_grad, slope, dtype)
    assert jk.ml.log_softmax(x, axis, out=x, backend=backend) is x
    close(x, log, dtype)


def test_softmax_of_columns_on_the_gpu_asked_for_on_the_host(backend):
    if backend != "cuda":
        pytest.skip("device arrays need cuda")
    moved = jk.asarray(normal((20, 30)), device="cuda")
    with pytest.raises(jk.BackendError, match="bring it over with"):
        jk.ml.softmax(moved, 0, backend="cpu")


def test_softmax_of_long_columns_views_and_columns_that_are_not_finite():
    x = normal((5000, 20))
    close(jk.ml.softmax(x, 0), scipy.special.softmax(x.astype("float64"), 0))
    close(jk.ml.softmax(np.asfortranarray(x), 0), scipy.special.softmax(x.astype("float64"), 0))
    close(jk.ml.softmax(x[::-7], 0), scipy.special.softmax(x[::-7].astype("float64"), 0))
    out = np.zeros((5000, 40), "float32")[:, ::2]
    assert jk.ml.softmax(x, 0, out=out) is out
    close(out, scipy.special.softmax(x.astype("float64"), 0))
    shifted = np.zeros(51 * 20)
    shifted[:1000] = x[:50].ravel()
    jk.ml.softmax(shifted[:1000].reshape(50, 20), 0, out=shifted[20:].reshape(50, 20))  # the two overlap
    close(shifted[20:].reshape(50, 20), scipy.special.softmax(x[:50].astype("float64"), 0), "float64")
    odd = np.array([[1, np.nan, 2], [1, np.inf, 0], [-np.inf] * 3, [0, -np.inf, 0], [1e5, 1e5, -1e5]])
    many = np.tile(odd.T, (1, 20))
    np.testing.assert_allclose(jk.ml.softmax(many, 0), np.tile(jk.ml.softmax(odd).T, (1, 20)))
    np.testing.assert_allclose(jk.ml.log_softmax(many, 0), np.tile(jk.ml.log_softmax(odd).T, (1, 20)))


@settings(max_examples=25)
@given(st.lists(st.integers(0, 70), min_size=1, max_size=3), st.integers(-3, 2), st.booleans())
def test_softmax_of_any_shape_and_axis(shape, axis, in_place):
    axis = axis % len(shape)
    x = normal(shape, dtype="float64")
    expected = scipy.special.softmax(x, axis) if x.size else x
    out = x if in_place else None
    got = jk.ml.softmax(x, axis, out=out)
    assert got is x or not in_place
    close(got, expected, "float64")


def test_softmax_of_views_lists_integers_and_rows_that_are_not_finite():
    x = normal((40, 30), dtype="float64")
    before = x.copy()
    expected = scipy.special.softmax(x[::-2, ::3], -1)
    close(jk.ml.softmax(x[::-2, ::3]), expected, "float64")
    close(jk.ml.softmax(np.asfortranarray(x)), scipy.special.softmax(x, -1), "float64")
    close(jk.ml.softmax([[1, 2, 3]]), scipy.special.softmax([[1.0, 2.0, 3.0]], -1), "float64")
    out = np.empty((40, 60))[:, ::2]
    assert jk.ml.softmax(x, out=out) is out
    close(out, scipy.special.softmax(x, -1), "float64")
    shifted = np.zeros(41 * 30)
    shifted[: x.size] = x.ravel()
    jk.ml.softmax(shifted[: x.size].reshape(x.shape), out=shifted[30:].reshape(x.shape))  # the two overlap
    close(shifted[30:].reshape(x.shape), scipy.special.softmax(x, -1), "float64")
    np.testing.assert_array_equal(x, before)
    odd = np.array([[1, np.nan, 2], [1, np.inf, 0], [-np.inf] * 3, [0, -np.inf, 0], [1e5, 1e5, -1e5]])
    assert np.isnan(jk.ml.softmax(odd)[:3]).all()
    np.testing.assert_array_equal(jk.ml.softmax(odd)[3:], [[0.5, 0, 0.5], [0.5, 0.5, 0]])
    np.testing.assert_array_equal(jk.ml.softmax(np.tile(odd, (60, 1))), np.tile(jk.ml.softmax(odd), (60, 1)))
    np.testing.assert_allclose(jk.ml.log_softmax(odd)[4], [-np.log(2), -np.log(2), -2e5 - np.log(2)])


@pytest.mark.parametrize("shape", SHAPES)
def test_layer_norm(shape, backend):
    x, weight, bias, grad = normal(shape), normal(shape[-1], 1), normal(shape[-1], 2), normal(shape, 3)
    x += 5
    wide = x.astype("float64")
    mean, scale = wide.mean(-1, keepdims=True), 1 / np.sqrt(wide.var(-1, keepdims=True) + 1e-5)
    hat = (wide - mean) * scale
    close(jk.ml.layer_norm(x, weight, bias, backend=backend), hat * weight + bias)
    by_x, by_weight, by_bias = out = np.empty_like(x), np.empty_like(weight), np.empty_like(bias)
    jk.ml.layer_norm_backward(grad, x, weight, out=out, backend=backend)
    pull = grad * weight
    expected = scale * (pull - pull.mean(-1, keepdims=True) - hat * (pull * hat).mean(-1, keepdims=True))
    if shape[-1] > 1:
        np.testing.assert_allclose(by_x, expected, rtol=1e-4, atol=1e-5)
    axes = tuple(range(len(shape) - 1))
    np.testing.assert_allclose(by_weight, (grad * hat).sum(axes), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(by_bias, grad.sum(axes), rtol=1e-4, atol=1e-4)


def test_layer_norm_of_large_means_views_and_nothing():
    x = normal((6, 9), dtype="float64") + 1e8
    got = jk.ml.layer_norm(x[:, ::2], eps=0.0)
    np.testing.assert_allclose(got.mean(-1), 0, atol=1e-7)
    np.testing.assert_allclose(got.std(-1), 1, rtol=1e-7)
    assert jk.ml.layer_norm(np.zeros((0, 4))).shape == (0, 4)
    assert [a.tolist() for a in jk.ml.layer_norm_backward(np.zeros((0, 2)), np.zeros((0, 2)))] == [[], [0, 0], [0, 0]]
    assert jk.ml.layer_norm(x, out=x) is x


def test_arrays_that_cannot_be_written():
    x = normal((5, 7))
    x.flags.writeable = False
    close(jk.ml.softmax(x, backend="python"), scipy.special.softmax(x, axis=-1))
    close(jk.ml.log_softmax(x, backend="python"), scipy.special.log_softmax(x, axis=-1))
    close(jk.ml.layer_norm(x, backend="python"), jk.ml.layer_norm(x.copy(), backend="python"))
    labels = np.arange(5)
    labels.flags.writeable = False
    got = jk.ml.cross_entropy(x, labels, backend="python")
    np.testing.assert_allclose(got, -scipy.special.log_softmax(x, axis=-1)[np.arange(5), labels].mean(), rtol=1e-5)


def test_gradients_are_slopes():
    x, weight, bias = normal((3, 5), dtype="float64"), normal(5, 1, "float64"), normal(5, 2, "float64")
    labels, seen = np.array([4, 0, 2]), normal((3, 5), 3, "float64")
    pairs = [
        (lambda x: (seen * jk.ml.softmax(x)).sum(), jk.ml.softmax_backward(seen, jk.ml.softmax(x))),
        (lambda x: (seen * jk.ml.log_softmax(x)).sum(), jk.ml.log_softmax_backward(seen, jk.ml.log_softmax(x))),
        (lambda x: (seen * jk.ml.layer_norm(x, weight, bias)).sum(), jk.ml.layer_norm_backward(seen, x, weight)[0]),
        (lambda x: jk.ml.cross_entropy(x, labels), jk.ml.cross_entropy_backward(x, labels)),
        (lambda x: (seen * jk.ml.relu(x)).sum(), jk.ml.relu_backward(seen, x)),
        (lambda x: (seen * jk.ml.gelu(x)).sum(), jk.ml.gelu_backward(seen, x)),
        (lambda x: (seen * jk.ml.gelu(x, "tanh")).sum(), jk.ml.gelu_backward(seen, x, "tanh")),
    ]
    for f, gradient in pairs:
        np.testing.assert_allclose(gradient, slopes(f, x), rtol=1e-6, atol=1e-8)


def test_activations(backend):
    x = np.concatenate([normal(50) * 3, np.float32([0, -0.0, np.inf, -np.inf, np.nan])])
    grad = normal(55, 1)
    np.testing.assert_array_equal(jk.ml.relu(x, backend=backend), np.maximum(x, 0))
    np.testing.assert_array_equal(jk.ml.relu_backward(grad, x, backend=backend), np.where(x > 0, grad, 0))
    finite, wide = x[:52], x[:52].astype("float64")
    close(jk.ml.gelu(finite, backend=backend), wide * scipy.special.ndtr(wide))
    tanh = wide * (1 + np.tanh(np.sqrt(2 / np.pi) * (wide + 0.044715 * wide**3))) / 2
    close(jk.ml.gelu(finite, "tanh", backend=backend), tanh)
    density = np.exp(-(wide**2) / 2) / np.sqrt(2 * np.pi)
    close(
        jk.ml.gelu_backward(grad[:52], finite, backend=backend), grad[:52] * (scipy.special.ndtr(wide) + wide * density)
    )


def test_gelu_of_far_numbers(backend):
    x = np.array([-np.inf, -1e30, -40.0, -13.0, -6.0, 40.0, 1e30, np.inf, np.nan], "float32")
    wide = x[2:-2].astype("float64")
    density = np.exp(-(wide**2) / 2) / np.sqrt(2 * np.pi)
    expected = np.concatenate([[0, 0], wide * scipy.special.ndtr(wide), x[-2:]])
    slope = np.concatenate([[0, 0], scipy.special.ndtr(wide) + wide * density, [1, np.nan]])
    for form, digits in (("none", {"rtol": 1e-4, "atol": 1e-37}), ("tanh", {"rtol": 1e-6, "atol": 1e-6})):
        np.testing.assert_allclose(jk.ml.gelu(x, form, backend=backend), expected, **digits)
        np.testing.assert_allclose(jk.ml.gelu_backward(np.ones_like(x), x, form, backend=backend), slope, **digits)


def test_cross_entropy(backend):
    x, labels = normal((6, 4, 9)), np.random.default_rng(1).integers(0, 9, (6, 4))
    each = -np.take_along_axis(scipy.special.log_softmax(x, -1), labels[..., None], -1)[..., 0]
    for reduction, expected in (("none", each), ("sum", each.sum()), ("mean", each.mean())):
        out = np.empty(np.shape(expected), np.float32)
        assert jk.ml.cross_entropy(x, labels, reduction, out=out, backend=backend) is out
        np.testing.assert_allclose(out, expected, rtol=1e-5)
    many, classes = normal((300, 9)), np.arange(300) % 9  # short rows, blocks of which are turned round
    expected = -scipy.special.log_softmax(many, -1)[np.arange(300), classes]
    np.testing.assert_allclose(jk.ml.cross_entropy(many, classes, "none", backend=backend), expected, rtol=1e-5)
    share = scipy.special.softmax(x, -1)
    np.put_along_axis(share, labels[..., None], np.take_along_axis(share, labels[..., None], -1) - 1, -1)
    close(jk.ml.cross_entropy_backward(x, labels, backend=backend), share / 24)
    grad = normal((6, 4), 2)
    got = jk.ml.cross_entropy_backward(x, labels, grad, "none", backend=backend)
    close(got, share * grad[..., None])


def test_cross_entropy_in_place_and_of_nothing():
    x, labels = normal((4, 3), dtype="float64"), np.array([0, 1, 2, 0], dtype=np.uint8)
    expected = jk.ml.cross_entropy_backward(x, labels, 2.0, "sum")
    assert jk.ml.cross_entropy_backward(x, labels, 2.0, "sum", out=x) is x
    np.testing.assert_array_equal(x, expected)
    assert np.isnan(jk.ml.cross_entropy(np.zeros((0, 3)), np.zeros(0, int)))
    assert jk.ml.cross_entropy(np.zeros((0, 3)), np.zeros(0, int), "sum") == 0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: jk.ml.softmax(1.0), jk.LaunchError, "ml.softmax: takes an array"),
        (lambda x: jk.ml.softmax(x, 2), np.exceptions.AxisError, "axis 2"),
        (lambda x: jk.ml.softmax(x * 1j), jk.KernelTypeError, "ml.softmax: takes real"),
        (lambda x: jk.ml.softmax(x, out=np.empty(3)), jk.LaunchError, "out= has the shape"),
        (lambda x: jk.ml.softmax_backward(x, x[:1]), jk.LaunchError, "arrays of one shape"),
        (lambda x: jk.ml.layer_norm(x, np.ones(2)), jk.LaunchError, "weight has the shape"),
        (lambda x: jk.ml.layer_norm_backward(x[:1], x), jk.LaunchError, "the gradient has the shape"),
        (lambda x: jk.ml.gelu(x, "erf"), jk.LaunchError, "'none' and 'tanh'"),
        (lambda x: jk.ml.cross_entropy(x, [0, 3]), jk.LaunchError, "3 classes, and labels from 0 to 3"),
        (lambda x: jk.ml.cross_entropy(x, [0, -1]), jk.LaunchError, "labels from -1"),
        (lambda x: jk.ml.cross_entropy(x, [0.0, 1.0]), jk.KernelTypeError, "labels are integers"),
        (lambda x: jk.ml.cross_entropy(x, [0]), jk.LaunchError, "take labels of the shape"),
        (lambda x: jk.ml.cross_entropy(x, [0, 1], "max"), jk.LaunchError, "'mean', 'sum' and 'none'"),
        (lambda x: jk.ml.layer_norm(None), jk.LaunchError, "not None"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.ones((2, 3)))


def test_device_arrays_stay_on_the_device(backend):
    if backend != "cuda":
        pytest.skip("device arrays run on cuda")
    x = normal((5, 7))
    moved = jk.asarray(x, device="cuda")
    got = jk.ml.softmax(moved)
    assert hasattr(got, "__cuda_array_interface__")
    close(jk.to_numpy(got), scipy.special.softmax(x, -1))
    wide = normal((3, 7, 2))
    for axis in (0, 1):
        got = jk.ml.softmax(jk.asarray(wide, device="cuda"), axis)
        close(jk.to_numpy(got), scipy.special.softmax(wide, axis))
    got = jk.ml.layer_norm(moved)
    assert hasattr(got, "__cuda_array_interface__")
    np.testing.assert_allclose(jk.to_numpy(got).mean(-1), 0, atol=1e-6)
    assert (
        abs(jk.ml.cross_entropy(moved, jk.asarray(np.arange(5), device="cuda")) - jk.ml.cross_entropy(x, range(5)))
        < 1e-6
    )
