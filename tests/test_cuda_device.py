"""Launching on a real GPU without one: all up to the driver's call, in whose place the emulator runs the same PTX."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest

import jitkit as jk
from jitkit.emulator import Module

pytest.importorskip("numba_cuda")
from jitkit.backends import cuda_module, gpu
from jitkit.launch.kernel import Launch


class Memory:
    """Another library's array, in memory that only the emulator reaches."""

    def __init__(self, host, readonly=False, mask=None):
        self.host, self.readonly, self.mask = host, readonly, mask

    @property
    def __cuda_array_interface__(self):
        own = self.host.__array_interface__
        return {**own, "data": (own["data"][0], self.readonly), "mask": self.mask, "version": 3}


class Loaded:
    """What stands for a kernel that the driver has loaded."""

    launched: list = []  # noqa: RUF012

    def __init__(self, ptx, device, packer):
        self.module, self.packer, self.threads = Module(ptx), packer, 64

    def launch(self, blocks, threads, shared, stream, parameters):
        self.launched.append((blocks, threads, stream))
        name = self.module.entries[0]
        program = self.module.program(name)
        places = [parameter.offset for parameter in program.translation.parameters]
        assert (tuple(places), program.translation.parameter_size) == (self.packer.offsets, len(parameters))
        self.module.start(name, program, blocks, threads, parameters, shared)


@pytest.fixture(autouse=True)
def launched(monkeypatch):
    monkeypatch.setattr(gpu, "_without_gpu", lambda: None)
    monkeypatch.setattr(cuda_module, "current_device", lambda: 0)
    monkeypatch.setattr(cuda_module, "capability", lambda device: (9, 0))
    monkeypatch.setattr(cuda_module, "_several", lambda: False)
    monkeypatch.setattr(cuda_module, "Loaded", Loaded)
    Loaded.launched = []
    return Loaded.launched


@jk.kernel
def affine(i, j, a, x, shift, pair, on, out):
    if on:
        out[i, j] = a * x[i, j] + shift + pair[0] * pair[1]


@jk.kernel(group=32)
def reversed_groups(i, x, out):
    own = jk.shared(32, x.dtype)
    own[jk.local_index()] = x[i] if i < x.shape[0] else 0
    jk.barrier()
    out[i] = own[31 - jk.local_index()]


@jk.kernel
def add(i, by, x):
    x[i] += by


def test_arguments_of_all_kinds_arrive(launched):
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    cases = (np.asfortranarray(x), 1e300, np.int16(-1)), (np.repeat(x, 2, axis=1)[:, ::2], True, 0.25)
    for layout, a, shift in cases:
        for _ in range(2):
            out = np.zeros((3, 4), np.float32)
            affine[3, 4](a, Memory(layout), shift, (2, np.int8(3)), np.True_, Memory(out))
            with np.errstate(all="ignore"):
                want = np.float32(a) * layout + np.float32(shift) + 6
            np.testing.assert_array_equal(out, want.astype(np.float32))
    assert {entry[2] for entry in launched} == {0}


def test_what_was_launched_twice_is_not_bound_and_checked_again(launched, monkeypatch):
    x = np.zeros(100, np.int64)
    for _ in range(2):
        add[100](1, Memory(x))
    monkeypatch.setattr(Launch, "first", lambda *given: pytest.fail("this is the long way"))
    add[50](2, Memory(x))
    add[50:100](3, Memory(x))
    np.testing.assert_array_equal(x, np.repeat([4, 5], 50))
    assert [entry[0] for entry in launched] == [(2, 1, 1), (2, 1, 1), (1, 1, 1), (1, 1, 1)]


def test_groups(launched):
    x, out = np.arange(40, dtype=np.float64), np.zeros(64)
    for _ in range(2):
        reversed_groups[40](Memory(x), Memory(out))
        np.testing.assert_array_equal(out.reshape(2, 32)[:, ::-1].reshape(-1)[:40], x)
    assert launched == [((2, 1, 1), (32, 1, 1), 0)] * 2


def test_the_stream_is_that_of_the_arrays_library(launched, monkeypatch):
    own = type("Tensor", (Memory,), {"__module__": "torch"})
    cuda = SimpleNamespace(current_stream=lambda: SimpleNamespace(cuda_stream=77), is_initialized=lambda: True)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    for _ in range(2):
        add[1](1, own(np.zeros(1)))
    assert [entry[2] for entry in launched] == [77, 77]


@pytest.mark.parametrize(
    ("by", "options", "error"),
    [(1, {"readonly": True}, "read-only"), (1, {"mask": 1}, "masked"), (2**70, {}, "beyond 64 bits")],
)
def test_what_is_refused_is_refused_each_time(by, options, error):
    x = np.zeros(1)
    add[1](1, Memory(x))
    for _ in range(2):
        with pytest.raises(jk.JitkitError, match=error):
            add[1](by, Memory(x, **options))
    with pytest.raises(jk.BackendError, match="emulator cannot read"), jk.emulate_cuda(always=True):
        add[1](1, Memory(x))
    assert x == 1


def test_a_full_memory_is_named_with_what_did_not_fit(monkeypatch):
    class FullError(Exception):
        code = SimpleNamespace(name="CUDA_ERROR_OUT_OF_MEMORY")

    def full(*given):
        raise FullError

    for name in ("empty", "to_device"):
        monkeypatch.setattr(f"jitkit.backends.cuda_memory.{name}", full)
    for make in (jk.empty, jk.zeros):
        with pytest.raises(MemoryError, match="48 bytes"):
            make((2, 3), np.float64, device="cuda")


def test_machine_code_is_made_without_a_gpu_and_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("JITKIT_CACHE_DIR", str(tmp_path))
    ptx = add.inspect(1, np.zeros(1), space=1, backend="cuda").ptx
    code = cuda_module._cubin(ptx, (9, 0))
    assert code[:4] == b"\x7fELF"
    monkeypatch.setattr(cuda_module.driver, "_Linker", None)
    assert cuda_module._cubin(ptx, (9, 0)) == code
