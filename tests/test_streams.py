"""Streams and events: what runs in order, what does not, and what waits; on a GPU where there is one, else emulated."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from conftest import has_gpu

import jitkit as jk
from jitkit.emulator import ExecutionError
from jitkit.streams import Stream

emulated_only = pytest.mark.skipif(has_gpu(), reason="a GPU may run streams in any order")


@jk.kernel
def plus(i, x, by):
    x[i] = x[i] + by


@jk.kernel
def times(i, x, by):
    x[i] = x[i] * by


@jk.kernel(group=32)
def part_waits(i, x):
    if x[i] > 0:
        jk.barrier()
    x[i] = 1


@pytest.fixture(autouse=True)
def device():
    with jk.emulate_cuda():
        yield
        jk.synchronize()


def ones(n=4):
    return jk.full(n, 1.0, device="cuda")


def test_one_stream_is_a_queue():
    x = ones()
    with Stream() as stream:
        plus[4](x, 2.0)
        times[4](x, 5.0)
    stream.synchronize()
    assert stream.done
    np.testing.assert_array_equal(jk.to_numpy(x), 15)


def test_a_wait_orders_two_streams():
    x, first, second = ones(), Stream(), Stream()
    with first:
        plus[4](x, 2.0)
    second.wait(first.record())
    with second:
        times[4](x, 5.0)
    second.synchronize()
    np.testing.assert_array_equal(jk.to_numpy(x), 15)


@emulated_only
def test_without_a_wait_the_order_is_that_of_need():
    x, first, second = ones(), Stream(), Stream()
    with first:
        plus[4](x, 2.0)
    with second:
        times[4](x, 5.0)
    second.synchronize()
    assert not first.done
    np.testing.assert_array_equal(x.memory, 5)
    np.testing.assert_array_equal(jk.to_numpy(x), 7)
    assert first.done


def test_events_happen():
    x, stream = ones(), Stream()
    start = stream.record()
    with stream:
        plus[4](x, 2.0)
    middle = stream.record()
    with stream:
        plus[4](x, 3.0)
    middle.synchronize()
    assert start.done
    assert middle.done
    assert middle.seconds_since(start) >= 0
    stream.synchronize()
    np.testing.assert_array_equal(jk.to_numpy(x), 6)


@emulated_only
def test_an_event_runs_no_further_than_itself():
    x, stream = ones(), Stream()
    with stream:
        plus[4](x, 2.0)
        event = stream.record()
        plus[4](x, 3.0)
        assert not event.done
    event.synchronize()
    np.testing.assert_array_equal(x.memory, 3)
    assert not stream.done


@pytest.mark.parametrize("end", [jk.synchronize, lambda: plus[4](ones(), 1.0)], ids=["synchronize", "default-stream"])
def test_the_default_stream_and_synchronize_wait_for_all(end):
    x, stream = ones(), Stream()
    with stream:
        plus[4](x, 2.0)
    end()
    jk.synchronize()
    assert stream.done
    np.testing.assert_array_equal(jk.to_numpy(x), 3)


def test_blocks_nest():
    x, outer, inner = ones(), Stream(), Stream()
    with outer:
        plus[4](x, 2.0)
        with inner:
            pass
        times[4](x, 5.0)
    outer.synchronize()
    assert inner.done
    np.testing.assert_array_equal(jk.to_numpy(x), 15)


def test_launches_on_host_arrays_have_finished():
    x = np.ones(4)
    with Stream():
        plus.on("cuda")[4](x, 2.0)
        np.testing.assert_array_equal(x, 3)


def test_a_stream_belongs_to_the_thread_of_its_block():
    found, stream = [], Stream()
    with stream:
        thread = threading.Thread(target=lambda: found.append(jk.streams.current()))
        thread.start()
        thread.join()
        assert jk.streams.current() is stream
    assert found == [None]
    assert jk.streams.current() is None


@emulated_only
def test_errors_show_when_the_stream_runs():
    x = jk.asarray(np.where(np.arange(32) < 9, 1.0, -1.0), device="cuda")
    with Stream() as stream:
        part_waits[32](x)
    with pytest.raises(ExecutionError, match="barrier"):
        stream.synchronize()
    assert stream.done


def test_other_libraries_can_take_it():
    version, address = Stream().__cuda_stream__()
    assert version == 0
    assert isinstance(address, int)


@emulated_only
def test_without_a_gpu_there_is_none(monkeypatch):
    monkeypatch.setattr("jitkit.backends.gpu.emulated", lambda: False)
    with pytest.raises(jk.BackendError, match=r"Stream: the cuda backend cannot run here.*emulate_cuda"):
        Stream()
