"""How arrays on a GPU are made and given up, where launches go, and what a primitive costs in calls of the driver."""

from __future__ import annotations

import gc
import os
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from numba import cuda

import jitkit as jk
from jitkit import operands
from jitkit.backends import cuda_constants, cuda_memory
from stand_in import driver

TAKEN, GIVEN = "cuMemAllocFromPoolAsync", "cuMemFreeAsync"
WAITS = ("cuMemAlloc_v2", "cuMemFree_v2", "cuCtxSynchronize", "cuStreamSynchronize")
MEMORY = 1 << 26
X = np.random.default_rng(0).random(20_000).astype(np.float32)


@pytest.fixture(autouse=True)
def machine():
    """The stand-in with two GPUs and little memory, in which nothing stays when a test ends."""
    found = driver()
    found.machine(gpus=2, memory=MEMORY)
    cuda.current_context()
    before = found.used
    found.forget()
    yield found
    gc.collect()
    for gpu in cuda.gpus:
        gpu.get_primary_context().extras.pop(cuda_constants.constant, None)
        gpu.get_primary_context().extras.pop(cuda_constants.table, None)
    assert found.used == before


@jk.kernel
def double(i, x):
    x[i] = 2 * x[i]


@pytest.mark.parametrize(
    ("primitive", "oracle", "launches", "arrays"),
    [
        (lambda x: jk.reduce("maximum", x), np.max, 2, 2),
        (lambda x: jk.scan("maximum", x), np.maximum.accumulate, 3, 3),
        (jk.sort, np.sort, 12, 11),
    ],
)
def test_primitives_wait_for_nothing(machine, primitive, oracle, launches, arrays):
    x = jk.asarray(X, device="cuda")
    for _ in range(2):
        machine.forget()
        found = primitive(x)
        assert machine.calls(*WAITS) == [0] * len(WAITS)
        assert machine.calls("cuLaunchKernel", TAKEN) == [launches, arrays]
        np.testing.assert_array_equal(jk.to_numpy(found), oracle(X))


def test_arrays_of_all_shapes():
    for shape in (0, 5, (), (2, 3), (2, 0), (2, 3, 4), [4]):
        assert jk.empty(shape, np.int16, device="cuda").shape == np.empty(shape).shape
    for x in (np.arange(24.0).reshape(2, 3, 4), np.float64(3), np.zeros(0), np.zeros((2, 0))):
        np.testing.assert_array_equal(jk.to_numpy(jk.asarray(x, device="cuda")), x)
    columns = jk.asarray(np.arange(6.0).reshape(2, 3), device="cuda")[:, 1]
    gc.collect()
    taken = jk.asarray(np.full(6, -1.0), device="cuda")  # would lie where the matrix lay
    np.testing.assert_array_equal(jk.to_numpy(columns), [1, 4])
    assert taken.size == 6


def test_a_full_memory_is_emptied_of_what_nobody_needs(machine):
    kept = jk.empty(MEMORY // 8, np.uint8, device="cuda")
    assert machine.threshold == MEMORY // 8
    del kept
    ring = [jk.empty(MEMORY // 4, np.uint8, device="cuda")]
    ring.append(ring)  # which only the garbage collector frees
    del ring
    whole = jk.empty(MEMORY - 4096, np.uint8, device="cuda")
    with pytest.raises(MemoryError, match=f"{MEMORY // 2} bytes"):
        jk.empty(MEMORY // 2, np.uint8, device="cuda")
    assert whole.size
    assert machine.calls("cuMemPoolTrimTo") == [2]


def test_what_the_user_chose_for_memory_is_used(machine, monkeypatch):
    monkeypatch.setattr(cuda_memory, "pool_of", lambda context: None)
    x = jk.asarray(X, device="cuda")
    np.testing.assert_array_equal(jk.to_numpy(jk.map("sqrt", x)), np.sqrt(X))
    del x
    cuda.current_context().memory_manager.deallocations.clear()
    assert machine.calls("cuMemAlloc_v2", "cuMemFree_v2", TAKEN) == [2, 2, 0]


@pytest.mark.parametrize(("pools", "other"), [(False, False), (True, True)])
def test_no_pool_where_the_gpu_or_the_user_wants_none(machine, pools, other, monkeypatch):
    context = cuda.current_context()
    monkeypatch.setattr(context, "extras", {})
    if other:
        monkeypatch.setattr(context, "memory_manager", SimpleNamespace())
    device = SimpleNamespace(MEMORY_POOLS_SUPPORTED=pools, id=0)
    monkeypatch.setattr(context, "device", device)
    assert cuda_memory.pool_of(context) is None


def test_launches_and_memory_follow_the_library_that_has_a_stream(machine, monkeypatch):
    stream = SimpleNamespace(cuda_stream=7777)
    library = SimpleNamespace(current_stream=lambda: stream, is_initialized=lambda: True)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=library))

    class Tensor:
        __module__ = "torch"

        def __init__(self, x):
            self.x, self.shape, self.dtype, self.strides = x, x.shape, x.dtype, x.strides
            self.__cuda_array_interface__ = x.__cuda_array_interface__

        def reshape(self, *shape):
            return Tensor(self.x.reshape(*shape))

    x = Tensor(jk.asarray(X, device="cuda"))
    machine.forget()
    found = jk.sort(x)
    np.testing.assert_array_equal(jk.to_numpy(found), np.sort(X))
    assert jk.empty(1, device="cuda").__cuda_array_interface__["stream"] == 7777
    del found
    for name in (TAKEN, GIVEN, "cuLaunchKernel"):
        total, there = machine.calls(name, f"{name} in 7777")
        assert total == there > 0
    assert machine.calls("cuMemcpyDtoH_v2", "cuMemcpyDtoHAsync_v2", "cuStreamSynchronize in 7777") == [0, 1, 1]
    stream.cuda_stream = 0
    machine.forget()
    jk.reduce("maximum", x)
    assert machine.calls("cuLaunchKernel in 0", f"{GIVEN} in 0") == [2, 2]


def test_memory_of_a_stream_is_given_back_behind_all_streams(machine):
    with jk.Stream() as stream:
        x = jk.asarray(X, device="cuda")
        double[X.size](x)
    np.testing.assert_array_equal(jk.to_numpy(x), 2 * X)
    del x
    at = stream.queue.handle
    assert machine.calls(f"{TAKEN} in {at}", f"cuLaunchKernel in {at}", f"{GIVEN} in 0") == [1, 1, 1]


def test_a_stream_is_asked_itself_whether_it_has_finished(machine):
    stream = jk.Stream()
    for busy in (stream.queue.handle, stream.queue.handle + 1):
        machine.busy(busy)
        assert stream.done == (busy != stream.queue.handle)


def test_memory_is_given_back_wherever_its_array_is_last_heard_of(machine):
    held = [jk.asarray(X, device="cuda") for _ in range(3)]
    with cuda.gpus[1]:
        held.pop()
        held.append(jk.asarray(X, device="cuda"))
        np.testing.assert_array_equal(jk.to_numpy(jk.map("sqrt", held[-1])), np.sqrt(X))
    held.pop()
    thread = threading.Thread(target=held.pop)  # which has no current GPU
    thread.start()
    thread.join()
    taken, given = machine.calls(TAKEN, GIVEN)
    assert (taken, given) == (5, 4)
    held.clear()


def test_threads_take_and_give_at_once(machine):
    failed = []

    def work(value):
        for _ in range(20):
            x = jk.full(1000, value, np.int32, device="cuda")
            double[1000](x)
            if not (jk.to_numpy(x) == 2 * value).all():
                failed.append(value)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def test_a_fork_gives_nothing_back(machine):
    x = jk.asarray(X, device="cuda")
    before = machine.calls(GIVEN)
    child = os.fork()
    if not child:
        del x
        os._exit(machine.calls(GIVEN) != before)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    double[X.size](x)
    np.testing.assert_array_equal(jk.to_numpy(x), 2 * X)


def test_an_array_on_another_gpu_is_refused():
    with cuda.gpus[1]:
        x = jk.asarray(X, device="cuda")
    with pytest.raises(jk.LaunchError, match="lies on GPU 1"):
        double[X.size](x)


def test_elements_are_written_as_numpy_writes_them():
    rng = np.random.default_rng(1)
    for shape in ((), (7,), (3, 4), (2, 3, 4), (2, 3, 2, 2), (2, 1, 3, 2, 2)):
        x, host = rng.standard_normal(shape), np.zeros(shape, np.float32)
        out = jk.asarray(host, device="cuda")
        for value in (jk.asarray(x, device="cuda"), -x, 0.1, np.float64("nan")):
            operands.assign(out, value)
            host[...] = jk.to_numpy(value)
            np.testing.assert_array_equal(jk.to_numpy(out), host)
    host = np.zeros((4, 6, 3))
    out, x = jk.asarray(host, device="cuda"), jk.asarray(rng.standard_normal((4, 2, 3)), device="cuda")
    for value in (x, 3):
        operands.assign(out[:, 1:3], value)
        host[:, 1:3] = jk.to_numpy(value)
        np.testing.assert_array_equal(jk.to_numpy(out), host)
    np.testing.assert_array_equal(jk.to_numpy(operands.copied(x)), jk.to_numpy(x))


def test_results_go_where_the_user_wants_them():
    x, other = jk.asarray(X, device="cuda"), jk.zeros(X.shape, np.float64, device="cuda")
    assert jk.sort(x, out=other) is other
    np.testing.assert_array_equal(jk.to_numpy(other), np.sort(X))
    a, b = np.eye(4) + np.arange(32.0).reshape(2, 4, 4) / 40, np.ones((2, 4, 1))
    solved = jk.linalg.solve(jk.asarray(a, device="cuda"), jk.asarray(b, device="cuda"))
    np.testing.assert_allclose(jk.to_numpy(solved), np.linalg.solve(a, b))
    filtered = jk.signal.gaussian_filter(jk.asarray(a[0], device="cuda"), 0.0)
    np.testing.assert_array_equal(jk.to_numpy(filtered), a[0])


COPIES = ("cuMemcpyHtoD_v2", "cuMemcpyHtoDAsync_v2")


def test_zeros_and_equal_numbers_are_made_on_the_gpu(machine):
    for value, dtype in ((0, np.float32), (-0.0, np.float64), (3, np.int16), (1.5, np.float64), (True, np.bool_)):
        x = jk.full((2, 3), value, dtype, device="cuda")
        assert machine.calls(*COPIES) == [0, 0]
        np.testing.assert_array_equal(jk.to_numpy(x).view(np.uint8), np.full((2, 3), value, dtype).view(np.uint8))
    assert jk.to_numpy(jk.zeros((2, 0), device="cuda")).shape == (2, 0)
    assert jk.to_numpy(jk.full((), 2.5, device="cuda")) == 2.5
    np.testing.assert_array_equal(jk.to_numpy(jk.full((2, 2), [1, 2], device="cuda")), [[1, 2]] * 2)


def test_filters_are_sent_once(machine):
    image = np.random.default_rng(2).random((20, 30)).astype(np.float32)
    x = jk.asarray(image, device="cuda")
    found = []
    for copies in (4, 0):  # weights, and places at either end of rows and columns
        machine.forget()
        found.append(jk.to_numpy(jk.signal.gaussian_filter(x, 1.0)))
        assert machine.calls(*COPIES) == [copies, 0]
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_allclose(found[0], jk.signal.gaussian_filter(image, 1.0), rtol=1e-5)


def test_constants_are_told_apart_and_few_and_small(machine, monkeypatch):
    monkeypatch.setattr(cuda_constants, "MOST", 4)
    constant = cuda_constants.constant
    arrays = [np.arange(4), np.arange(4.0), np.arange(4).reshape(2, 2), np.zeros(4), np.zeros(4, np.int64)]
    there = [constant(x) for x in arrays[:4]]
    assert all(constant(x) is y for x, y in zip(arrays, there, strict=False))
    with cuda.gpus[1]:
        other = constant(arrays[0])
        assert other is not there[0]
        np.testing.assert_array_equal(jk.to_numpy(other), arrays[0])
    constant(arrays[4])  # drops the first
    assert constant(arrays[1]) is there[1]
    assert constant(arrays[0]) is not there[0]
    for x, y in zip(arrays, there, strict=False):
        np.testing.assert_array_equal(jk.to_numpy(y), x)
    for x in (np.zeros(0), np.zeros(cuda_constants.LARGEST + 1, np.uint8)):
        assert constant(x) is not constant(x)


def test_tables_are_kept_however_large(machine, monkeypatch):
    monkeypatch.setattr(cuda_constants, "MOST_TABLES", 2)
    tables = [np.full(cuda_constants.LARGEST // 8 + 1, float(k)) for k in range(3)]
    assert cuda_constants.constant(tables[0]) is not cuda_constants.constant(tables[0])
    there = [cuda_constants.table(table) for table in tables[:2]]
    assert all(cuda_constants.table(table) is copy for table, copy in zip(tables, there, strict=False))
    cuda_constants.table(tables[2])  # drops the first
    assert cuda_constants.table(tables[1]) is there[1]
    assert cuda_constants.table(tables[0]) is not there[0]
    for table, copy in zip(tables, there, strict=False):
        np.testing.assert_array_equal(jk.to_numpy(copy), table)
    monkeypatch.setattr(cuda_constants, "LARGEST_TABLE", 1000)
    assert cuda_constants.table(tables[0]) is not cuda_constants.table(tables[0])


def test_tables_of_fourier_transforms_are_sent_once(machine):
    x = np.random.default_rng(3).standard_normal((2, 70_000)).view(np.complex128)[0]
    there = jk.asarray(x, device="cuda")
    jk.signal.fft(there)
    machine.forget()
    found = jk.signal.fft(there)
    assert machine.calls(*COPIES) == [0, 0]
    np.testing.assert_allclose(jk.to_numpy(found), np.fft.fft(x), rtol=0, atol=1e-9)
