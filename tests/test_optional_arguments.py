"""Arguments that are None: kernels and helpers with parameters that may be left out, and what is read of them refused."""

from __future__ import annotations

import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pytest

import jitkit as jk
from jitkit.errors import KernelSyntaxError, KernelTypeError

X = np.linspace(-2.0, 3.0, 11)
W = np.linspace(0.0, 1.0, 11)


def scaled(value, by=None):
    return value if by is None else value * by


def summed(x, n, weights=None):
    total = 0.0
    for k in range(n):
        total += scaled(x[k], None if weights is None else weights[k])
    return total


def summed_by_itself(x, n, weights=None):
    return (
        0.0
        if n == 0
        else summed_by_itself(x, n - 1, weights) + scaled(x[n - 1], None if weights is None else weights[n - 1])
    )


def added(x, i, out=None, to=0.0):
    if out is not None:
        out[i] += x[i]
    return to


@jk.kernel
def moved(i, x, out, weights=None, shift=None):
    value = x[i] if weights is None else scaled(x[i], weights[i])
    if shift is None:
        shift = 0.5
    if weights is not None and weights[i] > 0.5 and x[i] > 0:
        value = -value
    if weights is None or weights[i] < 0.25:
        value += scaled(100.0)
    out[i] = value + shift


def moved_by_numpy(x, weights, shift):
    value = x if weights is None else np.where((weights > 0.5) & (x > 0), -x * weights, x * weights)
    value = value + (100.0 if weights is None else np.where(weights < 0.25, 100.0, 0.0))
    return value + (0.5 if shift is None else shift)


@pytest.mark.parametrize("shift", [None, 2.0, 3])
@pytest.mark.parametrize("weights", [None, W, W.astype(np.float32)], ids=["none", "f8", "f4"])
def test_each_combination_is_a_kernel_of_its_own(backend, weights, shift):
    for _ in range(3):  # first, by types and straight into the code
        out = np.zeros_like(X)
        moved.on(backend)[X.size](X, out, weights, shift)
        np.testing.assert_allclose(out, moved_by_numpy(X, weights, shift), rtol=1e-15)


def test_left_out_and_by_keyword(backend):
    run, out = moved.on(backend)[X.size], np.zeros_like(X)
    for _ in range(2):
        run(X, out)
        np.testing.assert_allclose(out, moved_by_numpy(X, None, None), rtol=1e-15)
        run(X, out, shift=1.0)
        np.testing.assert_allclose(out, moved_by_numpy(X, None, 1.0), rtol=1e-15)
        run(X, out, shift=None, weights=W)
        np.testing.assert_allclose(out, moved_by_numpy(X, W, None), rtol=1e-15)


def test_helpers_hand_on_none(backend):
    @jk.kernel
    def sums(i, x, weights, out):
        out[i] = summed(x, i, weights) + added(x, i) + added(x, i, None, to=1.0)
        added(x, i, out)

    for weights, by in ((None, 1.0), (W, W)):
        out = np.zeros_like(X)
        sums.on(backend)[X.size](X, weights, out)
        before = np.concatenate([[0.0], np.cumsum(X * by)[:-1]])
        np.testing.assert_allclose(out, before + 1.0 + X, rtol=1e-13, atol=1e-14)


def shifted_or_scaled(value, by=None, *, shift=None):
    if by is None and shift is None:
        return value
    if shift is None:
        return value * by
    return value + shift if by is None else value * by + shift


def test_what_stands_behind_a_return_may_read_none(backend):
    @jk.kernel
    def each(i, x, out):
        out[i, 0], out[i, 1] = shifted_or_scaled(x[i]), shifted_or_scaled(x[i], 3)
        out[i, 2], out[i, 3] = shifted_or_scaled(x[i], shift=2.0), shifted_or_scaled(x[i], 3.0, shift=2)

    out = np.zeros((X.size, 4))
    each.on(backend)[X.size](X, out)
    np.testing.assert_allclose(out, np.stack([X, 3 * X, X + 2, 3 * X + 2], axis=1), rtol=1e-14)


@pytest.mark.parametrize("name", ["python", "cpu"])  # functions that call themselves are refused for GPUs
def test_a_helper_that_calls_itself(name):
    @jk.kernel
    def sums(i, x, weights, out):
        out[i] = summed_by_itself(x, i, weights)

    for weights, by in ((None, 1.0), (W, W)):
        out = np.zeros_like(X)
        sums.on(name)[X.size](X, weights, out)
        np.testing.assert_allclose(out, np.concatenate([[0.0], np.cumsum(X * by)[:-1]]), rtol=1e-13, atol=1e-14)


def test_only_what_may_be_written_is_written(backend):
    @jk.kernel
    def either(i, x, first, second):
        if first is None:
            second[i] = x[i]
        else:
            first[i] = x[i]

    fixed = np.zeros_like(X)
    fixed.flags.writeable = False
    out = np.zeros_like(X)
    either.on(backend)[X.size](X, out, fixed)
    assert (out == X).all()
    with pytest.raises(jk.LaunchError, match="writes to argument second, which is a read-only array"):
        either.on(backend)[X.size](X, None, fixed)


def test_groups(backend):
    @jk.kernel(group=8)
    def sums(i, x, out, bias=None):
        parts = jk.shared(8, x.dtype)
        parts[jk.local_index()] = x[i] if i < x.shape[0] else 0
        jk.barrier()
        if jk.local_index() == 0:
            total = 0.0
            for k in range(8):
                total += parts[k]
            out[jk.group_index()] = total if bias is None else total + bias[jk.group_index()]

    want = np.array([X[:8].sum(), X[8:].sum()])
    for bias in (None, np.array([1.0, 2.0])):
        out = np.zeros(2)
        sums.on(backend)[X.size](X, out, bias)
        np.testing.assert_allclose(out, want + (0 if bias is None else bias), rtol=1e-14)


def test_tools_take_none():
    out = np.zeros_like(X)
    assert moved.check[X.size](X, out).ok
    assert moved.verify[X.size](X, out, None, 2.0).ok
    assert moved.verify[X.size](X, out, W).ok
    assert "double" in moved.inspect(X, out, backend="cpu").llvm
    assert ".visible .entry" in moved.inspect(X, out, W, backend="cuda", space=3).ptx
    moved.compile(X, out, shift=1.0)
    assert jk.benchmark(moved, X, out, None, 1.0, space=X.size, backends=("cpu",), seconds=0.01)


@jk.kernel
def unguarded(i, x, w, out):
    out[i] = x[i] * w[i]


@jk.kernel
def unguarded_in_a_helper(i, x, w, out):
    out[i] = times(x[i], w)


def times(value, by):
    return value * by


@jk.kernel
def filled_in_a_branch(i, x, w, out):
    if x[i] > 0 and w is None:
        w = 1.0
    out[i] = x[i]


@jk.kernel
def filled_in_a_loop(i, x, w, out):
    for k in range(3):
        w = k
    out[i] = w


class Pair(NamedTuple):
    a: float
    b: float = 0.0


@jk.kernel
def in_a_tuple(i, x, w, out):
    pair = Pair(1.0, w)
    out[i] = pair.a


@pytest.mark.parametrize(
    ("kernel", "error", "text", "line"),
    [
        (unguarded, KernelTypeError, r"argument w is None, and is read here.*`if w is not None:`", "out[i] = x[i] * w[i]"),
        (unguarded_in_a_helper, KernelTypeError, "times: argument by is None, and is read here", "return value * by"),
        (filled_in_a_branch, KernelSyntaxError, "giving w, which is None here, a value in a loop or a branch", "w = 1.0"),
        (filled_in_a_loop, KernelSyntaxError, "giving w, which is None here, a value in a loop or a branch", "w = k"),
        (in_a_tuple, KernelSyntaxError, "b=None cannot be used in a kernel: the items of a tuple are", "Pair(1.0, w)"),
    ],
)  # fmt: skip
def test_refusals(backend, kernel, error, text, line):
    out = np.zeros_like(X)
    with pytest.raises(error, match=text) as caught:
        kernel.on(backend)[X.size](X, None, out)
    assert line in str(caught.value)
    assert not out.any()


def test_none_inside_a_tuple_is_no_argument(backend):
    with pytest.raises(KernelTypeError, match=r"argument w\[1\] is a NoneType: pass a number or an array"):
        unguarded.on(backend)[X.size](X, (1.0, None), np.zeros_like(X))


def test_another_process_loads_each_from_the_cache(tmp_path):
    script = tmp_path / "optional.py"
    script.write_text(
        "import sys, numpy as np, jitkit as jk\n"
        "@jk.kernel\n"
        "def k(i, x, out, w=None):\n"
        "    out[i] = x[i] if w is None else x[i] * w\n"
        "x, out = np.arange(4.0), np.zeros(4)\n"
        "k[4](x, out, 2)\n"
        "assert out.tolist() == [0, 2, 4, 6]\n"
        "k[4](x, out)\n"
        "assert out.tolist() == [0, 1, 2, 3]\n"
        "print('numba' in sys.modules)\n"
    )
    for compiles in ("True", "False"):
        run = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
        assert run.stdout.strip() == compiles, run.stderr
