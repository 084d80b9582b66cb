"""What only a GPU can show, in the order in which to look where something fails; every other test's cuda leg runs there too.

Kernels with groups and what is made of them come at sizes of many blocks, on arrays that lie on the GPU, where launches wait for
nothing but one another. The last tests fill the GPU's memory, or end their process's context.
"""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import jitkit as jk
from jitkit import cases
from jitkit.cases import Problem

pytestmark = pytest.mark.gpu
X = np.random.default_rng(0).random(3_000_001).astype(np.float32)


@jk.kernel
def double(i, x):
    x[i] = 2 * x[i]


@jk.kernel(group=256)
def reversed_groups(i, x, out):
    own = jk.shared(x.shape[0], x.dtype)
    for k in range(jk.local_index(), x.shape[0], 256):
        own[k] = x[k]
    jk.barrier()
    for k in range(jk.local_index(), x.shape[0], 256):
        out[k] = own[x.shape[0] - 1 - k]


def test_machine_code_loads_and_runs():
    x = jk.asarray(X, device="cuda")
    double[X.size](x)
    np.testing.assert_array_equal(jk.to_numpy(x), 2 * X)


def test_memory_comes_from_a_pool():
    from numba import cuda

    from jitkit.backends import cuda_memory

    context = cuda.current_context()
    assert (cuda_memory.pool_of(context) is not None) == bool(context.device.MEMORY_POOLS_SUPPORTED)


def test_primitives_of_many_blocks():
    x, i = jk.asarray(X, device="cuda"), jk.asarray((X * 1000).astype(np.int32), device="cuda")
    for _ in range(5):  # in memory that was given back while launches waited
        np.testing.assert_array_equal(jk.to_numpy(jk.sort(x)), np.sort(X))
        np.testing.assert_array_equal(jk.to_numpy(jk.scan("add", i)), np.cumsum(jk.to_numpy(i)))
        assert jk.to_numpy(jk.reduce("maximum", x)) == X.max()


@pytest.mark.parametrize("name", cases.names())
def test_cases_of_kernels(name):
    case = cases.load(name)
    for dtype in case.dtypes:
        given = case.problem("small", dtype)
        args = tuple(jk.asarray(arg, device="cuda") if isinstance(arg, np.ndarray) else arg for arg in given.args)
        case.launch(Problem(given.space, args, given.written))
        back = tuple(
            jk.to_numpy(arg) if isinstance(of, np.ndarray) else arg for arg, of in zip(args, given.args, strict=True)
        )
        case.check(Problem(given.space, back, given.written), case.reference(given))


def after(f, g):
    """The affine map f after g, modulo a prime: associative, and not commutative."""
    return f[0] * g[0] % 10007, (f[0] * g[1] + f[1]) % 10007


def test_operands_of_many_blocks_stay_in_order():
    rng = np.random.default_rng(1)
    a, b = rng.integers(1, 10007, 1_000_003), rng.integers(0, 10007, 1_000_003)
    maps = jk.asarray(a, device="cuda"), jk.asarray(b, device="cuda")
    for _ in range(3):
        assert jk.reduce(after, maps) == jk.reduce(after, (a, b))
        for got, expected in zip(jk.scan(after, maps), jk.scan(after, (a, b)), strict=True):
            np.testing.assert_array_equal(jk.to_numpy(got), expected)


RNG = np.random.default_rng(2)
ROWS, LONG = RNG.standard_normal((3000, 1024)).astype(np.float32), RNG.standard_normal(1_000_003)
POINTS, WAVE = RNG.random((20_000, 3)).astype(np.float32), RNG.standard_normal((300, 1024)) + 0j
CALLS = {
    "moments": (lambda x: (jk.stats.mean(x), jk.stats.var(x), jk.stats.kurtosis(x)), LONG),
    "moments of rows and columns": (lambda x: (jk.stats.var(x, 0), jk.stats.var(x, 1)), ROWS),
    "sums along both axes": (lambda x: (jk.reduce("add", x, axis=0), jk.reduce("add", x, axis=1)), ROWS),
    "places of extremes": (lambda x: (jk.argmax(x), *jk.minmax(x)), LONG),
    "fft of rows": (jk.signal.fft, WAVE),
    "fft of columns": (lambda x: jk.signal.fft(x, axis=0), WAVE),
    "fft of a long row": (lambda x: jk.signal.fft(x.reshape((-1,))[: 1 << 18]), WAVE),
    "fft of a prime": (lambda x: jk.signal.fft(x.reshape((-1,))[:10_007]), WAVE),
    "rfft and back": (lambda x: (jk.signal.rfft(x), jk.signal.irfft(jk.signal.rfft(x))), ROWS),
    "histogram": (lambda x: jk.histogram(x, 256, range=(-3, 3)), LONG),
    "choices": (lambda x: (jk.select(lambda v: v > 1, x), *jk.partition(lambda v: v > 0, x)), LONG),
    "runs": (lambda x: jk.run_length_encode(jk.map(lambda v: v > 0, x)), LONG),
    "orders": (lambda x: (jk.argsort(x), jk.sort(x)), LONG),
    "short rows in order": (lambda x: jk.sort(x.reshape((-1, 64))), ROWS),
    "quantiles": (lambda x: jk.stats.quantile(x, [0.1, 0.5, 0.9]), LONG),
    "softmax along both axes": (lambda x: (jk.ml.softmax(x), jk.ml.softmax(x, axis=0)), ROWS),
    "layer_norm": (lambda x: jk.ml.layer_norm(x, x[0], x[1]), ROWS),
    "product": (lambda x: jk.linalg.matmul(x, x.reshape((1024, 3000))), ROWS),
    "covariances": (lambda x: jk.stats.cov(x.reshape((12, -1))), ROWS),
    "densities": (lambda x: jk.stats.kde(x[:3000], x[3000:3500]), LONG),
    "bootstrap": (lambda x: jk.stats.bootstrap(x[:1000], n_resamples=2000, rng=0)[0], LONG),
    "permutations": (lambda x: jk.stats.permutation_test(x[:1000], x[1000:2000], n_resamples=2000, rng=0)[:2], LONG),
    "resampling": (lambda x: jk.signal.resample_poly(x, 3, 2), LONG),
    "rolling": (lambda x: (jk.stats.move_mean(x, 50), jk.stats.move_min(x, 50)), LONG),
    "neighbours": (lambda x: jk.spatial.knn(x, k=8), POINTS),
    "filters": (lambda x: (jk.signal.gaussian_filter(x, 2.0), jk.signal.median_filter(x, 3)), ROWS),
    "sections": (lambda x: jk.signal.decimate(x, 4), LONG),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_is_made_of_many_blocks_is_as_on_the_host(name):
    call, x = CALLS[name]
    on_gpu = jk.asarray(x, device="cuda")
    for got, expected in zip(parts_of(call(on_gpu)), parts_of(call(x)), strict=True):
        found = jk.to_numpy(got)
        assert found.shape == np.shape(expected)
        assert found.dtype == np.asarray(expected).dtype
        if np.asarray(expected).dtype.kind in "fc":
            tolerance = 100 * np.finfo(x.dtype).eps * max(1, np.nanmax(np.abs(expected)))
            np.testing.assert_allclose(found, expected, rtol=1e3 * np.finfo(x.dtype).eps, atol=tolerance)
        else:
            np.testing.assert_array_equal(found, expected)


def parts_of(found):
    return [part for item in found for part in parts_of(item)] if isinstance(found, tuple) else [found]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_random_numbers_are_those_of_the_host(dtype):
    for name in ("random", "standard_normal"):
        out = jk.empty(1_000_003, dtype, device="cuda")
        getattr(jk.random.Generator(5), name)(out=out, dtype=dtype)
        expected = getattr(jk.random.Generator(5), name)(out.size, dtype=dtype)
        np.testing.assert_allclose(jk.to_numpy(out), expected, rtol=4 * np.finfo(dtype).eps, atol=1e-7)


@jk.kernel
def mark(i, x):
    x[i] = i % 251 == 7


def test_more_shared_memory_than_every_kernel_may_have():
    x = np.arange(15_000.0)  # 117 KiB, of the 163 that an A100 has
    out = jk.zeros(x.size, device="cuda")
    reversed_groups[256](jk.asarray(x, device="cuda"), out)
    np.testing.assert_array_equal(jk.to_numpy(out), x[::-1])


def test_streams_wait_for_events():
    x, one, other = jk.asarray(X, device="cuda"), jk.Stream(), jk.Stream()
    for _ in range(10):
        with one:
            double[X.size](x)
        other.wait(one.record())
        with other:
            double[X.size](x)
        one.wait(other.record())
    np.testing.assert_array_equal(jk.to_numpy(x), X * np.float32(2**20))


def test_launches_follow_the_stream_of_torch():
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("torch here has no CUDA")
    stream = torch.cuda.Stream()
    for _ in range(10):
        with torch.cuda.stream(stream):
            x = torch.arange(3_000_000, device="cuda", dtype=torch.float32).flip(0)
            found = jk.sort(x)
            assert jk.to_numpy(found)[0] == 0
            assert (torch.as_tensor(found, device="cuda").diff() == 1).all()


BAD = """
import jitkit as jk

@jk.kernel
def write(i, far, x):
    x[i + far] = 1

x = jk.zeros(4, device="cuda")
write[4](2**40, x)
jk.synchronize()
"""


def test_a_bad_address_is_reported_by_name(tmp_path):
    script = tmp_path / "bad.py"
    script.write_text(BAD)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.returncode
    assert "CUDA_ERROR_ILLEGAL_ADDRESS" in done.stderr


def test_places_past_two_to_the_31():
    n = (1 << 32) + 1001
    x = jk.empty(n, np.uint8, device="cuda")  # 4 GiB
    mark[n](x)
    expected = (n - 7 + 250) // 251
    assert jk.reduce("add", x) == expected
    assert jk.count(lambda v: v == 1, x[1 << 31 :]) == expected - ((1 << 31) - 7 + 250) // 251
    assert jk.argmax(x[(1 << 32) :]) == -((1 << 32) - 7) % 251
    last = jk.to_numpy(x[-2000:])
    np.testing.assert_array_equal(last, np.arange(n - 2000, n) % 251 == 7)


def test_what_does_not_fit_is_a_memory_error_and_what_does_fits_after_it():
    with pytest.raises(MemoryError, match="do not fit the GPU's memory"):
        jk.empty(1 << 45, np.uint8, device="cuda")
    assert jk.to_numpy(jk.zeros(3, device="cuda")).sum() == 0
