"""The cuda backend on the emulator: choosing it, its device arrays, and what it finds wrong."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from conftest import has_gpu

import jitkit as jk
from jitkit import assigning, operands
from jitkit.backends import cuda_grid, cuda_launch, emulation
from jitkit.emulator import ExecutionError
from jitkit.launch.space import Space

needs_no_gpu = pytest.mark.skipif(has_gpu(), reason="a GPU takes precedence")


@jk.kernel
def double(i, x):
    x[i] = 2 * x[i]


@jk.kernel
def shifted(i, x, out, by):
    out[i] = x[i + by]


@jk.kernel(group=64)
def reversed_groups(i, x, synchronised):
    own = jk.shared(64, np.float32)
    own[jk.local_index()] = x[i]
    if synchronised:
        jk.barrier()
    x[i] = own[63 - jk.local_index()]


@jk.kernel(group=32)
def barrier_for_some(i, x):
    if x[i] > 0:
        jk.barrier()
    x[i] = 1


@pytest.fixture
def emulated():
    with jk.emulate_cuda(always=True):
        yield


@pytest.mark.usefixtures("emulated")
class TestChoice:
    """What the library says of itself under the emulator."""

    def test_the_device_says_so(self):
        device = jk.devices()[-1]
        assert (device.kind, device.compute_capability) == ("cuda", (9, 0))
        assert "emulated" in device.name
        assert jk.available("cuda")

    def test_verify_includes_it(self):
        report = double.verify[5](np.arange(5.0))
        assert report.ok
        assert report.backends == ("python", "cpu", "cuda")

    def test_synchronize(self):
        x = jk.zeros(3, device="cuda")
        double[3](x)
        jk.synchronize()
        np.testing.assert_array_equal(jk.to_numpy(x), 0)


@needs_no_gpu
def test_it_is_asked_for_or_absent(monkeypatch):
    assert not jk.available("cuda")
    with pytest.raises(jk.BackendError, match=r"jk\.emulate_cuda\(\)"):
        double.on("cuda")[3](np.arange(3.0))
    monkeypatch.setenv(emulation.VARIABLE, "1")
    x = np.arange(3.0)
    double.on("cuda")[3](x)
    np.testing.assert_array_equal(x, [0, 2, 4])
    monkeypatch.setenv(emulation.VARIABLE, "0")
    assert not jk.available("cuda")


def test_the_variable_is_validated(monkeypatch):
    monkeypatch.setenv(emulation.VARIABLE, "yes")
    with pytest.raises(jk.BackendError, match="JITKIT_CUDA_EMULATOR is 'yes'; it may be 0, 1, or 'always'"):
        double.on("cuda")[3](np.arange(3.0))


@needs_no_gpu
def test_the_context_belongs_to_its_thread():
    found = []
    with jk.emulate_cuda():
        thread = threading.Thread(target=lambda: found.append(jk.available("cuda")))
        thread.start()
        thread.join()
        assert jk.available("cuda")
    assert found == [False]


@pytest.mark.usefixtures("emulated")
class TestArrays:
    """Device arrays of the emulator."""

    @pytest.mark.parametrize("dtype", ["f4", "f8", "i1", "u2", "i8", "c8", "c16", "?", "f2"])
    def test_there_and_back(self, dtype):
        x = np.arange(12).reshape(3, 4).astype(dtype)
        device = jk.asarray(x, device="cuda")
        assert (device.shape, device.dtype, device.ndim, device.size) == (x.shape, x.dtype, 2, 12)
        assert device.__cuda_array_interface__["typestr"] == x.dtype.str
        x[0, 0] = 5
        assert jk.to_numpy(device)[0, 0] == np.zeros((), dtype)
        assert jk.to_numpy(device).dtype == x.dtype

    def test_makers(self):
        assert jk.empty((2, 3), np.float32, device="cuda").shape == (2, 3)
        np.testing.assert_array_equal(jk.to_numpy(jk.full(3, 7, device="cuda")), 7)
        np.testing.assert_array_equal(jk.to_numpy(jk.zeros((), device="cuda")), 0)

    def test_asarray_takes_them_as_they_are(self):
        x = jk.zeros(3, device="cuda")
        assert jk.asarray(x) is x
        assert jk.asarray(x, dtype=np.float32).dtype == np.float32

    @pytest.mark.parametrize("x", [np.arange(3, dtype=">i2"), np.arange(3, dtype=">c16"), np.float32(3), 3.0])
    def test_asarray_keeps_the_shape_and_the_numbers(self, x):
        there = jk.asarray(x, device="cuda")
        assert (there.shape, there.dtype) == (np.shape(x), np.asarray(x).dtype.newbyteorder("="))
        np.testing.assert_array_equal(jk.to_numpy(there), x)

    def test_they_choose_the_backend(self):
        x = jk.asarray(np.arange(4.0), device="cuda")
        double[4](x)
        np.testing.assert_array_equal(jk.to_numpy(x), [0, 2, 4, 6])

    def test_views(self):
        x = jk.asarray(np.arange(10.0), device="cuda")
        double[5](x[::2])
        np.testing.assert_array_equal(jk.to_numpy(x), np.where(np.arange(10) % 2, 1, 2) * np.arange(10.0))

    def test_the_host_cannot_touch_them(self):
        x = jk.zeros(3, device="cuda")
        with pytest.raises(jk.BackendError, match="is on the GPU"):
            double.on("cpu")[3](x)
        with pytest.raises(TypeError, match=r"jk\.to_numpy"):
            np.asarray(x)
        with pytest.raises(jk.BackendError, match="on the GPU and out on the host"):
            shifted[3](x, np.zeros(3), 0)


@needs_no_gpu
def test_arrays_outside_the_emulator():
    with jk.emulate_cuda():
        x = jk.full(3, 1.0, device="cuda")
    with pytest.raises(jk.BackendError, match="cannot run here"):
        double[3](x)
    np.testing.assert_array_equal(jk.to_numpy(x), 1)


class TestChecks:
    """Faults in kernels, found with ``check=True``."""

    def test_out_of_bounds(self):
        x, out = np.arange(100.0), np.zeros(100)
        with jk.emulate_cuda(always=True, check=True):
            shifted.on("cuda")[99](x, out, 1)
            with pytest.raises(ExecutionError, match=r"shifted .*byte 800 of an array of 800 bytes") as caught:
                shifted.on("cuda")[100](x, out, 1)
        assert caught.value.kind == "out-of-bounds"
        assert caught.value.lineno == shifted.func.__code__.co_firstlineno + 2

    def test_race(self):
        x = np.arange(128, dtype=np.float32)
        with jk.emulate_cuda(always=True, check=True), jk.backend("cuda"):
            reversed_groups[128](x, True)
            np.testing.assert_array_equal(x, np.arange(128).reshape(2, 64)[:, ::-1].ravel())
            with pytest.raises(ExecutionError, match="races") as caught:
                reversed_groups[128](x, False)
        assert caught.value.kind == "race"

    def test_barrier(self):
        x = np.ones(64, np.float32)
        with jk.emulate_cuda(always=True), jk.backend("cuda"):
            barrier_for_some[64](x)
            x[40] = -1
            with pytest.raises(ExecutionError, match=r"barrier .*thread \(8, 0, 0\) has exited") as caught:
                barrier_for_some[64](x)
        assert caught.value.block == (1, 0, 0)


@jk.kernel(group=64)
def number_groups(i, x):
    place = jk.group_index() * 64 + jk.local_index()
    if place < x.shape[0]:
        x[place] = place % 251


@jk.kernel
def number(i, x):
    x[i] = i % 251


@needs_no_gpu
def test_the_last_places_past_two_to_the_31(monkeypatch):
    """Only the last of the grid runs, and only what it touches takes memory: 2 GiB and a bit are asked for."""
    n = (1 << 31) + 5001
    last = np.arange(n - 100, n) % 251

    def last_groups(space, group):
        (part, first) = list(cuda_grid.group_parts(space, group))[-1]
        (count,), (size,) = part.counts, group
        skipped = (-(-count // size) - 3) * size
        yield Space((part.starts[0] + skipped,), part.steps, (count - skipped,)), (first[0] + skipped // size,)

    monkeypatch.setattr(cuda_launch, "group_parts", last_groups)
    with jk.emulate_cuda(always=True):
        x = jk.empty(n, np.uint8, device="cuda")
        number[n - 100 : n](x)
        np.testing.assert_array_equal(jk.to_numpy(x[n - 100 :]), last)
        x = jk.empty(n, np.uint8, device="cuda")
        number_groups[n](x)
        np.testing.assert_array_equal(jk.to_numpy(x[n - 100 :]), last)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(100, 40), (33, 9), (64, 32), (1, 70), (50, 3), (0, 20), (20, 0)], ids=str)
def test_columns_become_rows_however_the_matrix_lies(shape, dtype):
    x = np.arange(np.prod(shape), dtype=dtype).reshape(shape)
    with jk.emulate_cuda():
        wide = jk.asarray(np.repeat(x, 2, axis=1), device="cuda")
        for given in (jk.asarray(x, device="cuda"), jk.asarray(np.asfortranarray(x), device="cuda"), wide[:, ::2]):
            np.testing.assert_array_equal(jk.to_numpy(operands.columns(given)), x.T)


def test_tiles_of_columns_do_not_race():
    x, out = np.arange(40 * 70.0).reshape(40, 70), np.zeros((70, 40))
    space = 3 * assigning.ROWS, 2 * assigning.TILE
    for backend in ("cuda", "python"):
        report = assigning._turn_tiles.check(backend=backend)[space](x, out)
        assert report.ok, str(report)
