"""What only a GPU can show, in the order in which to look where something fails; every other test's cuda leg runs there too.

The last two end their process's context, or fill the GPU's memory.
"""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import jitkit as jk

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


def test_what_does_not_fit_is_a_memory_error_and_what_does_fits_after_it():
    with pytest.raises(MemoryError, match="do not fit the GPU's memory"):
        jk.empty(1 << 45, np.uint8, device="cuda")
    assert jk.to_numpy(jk.zeros(3, device="cuda")).sum() == 0
