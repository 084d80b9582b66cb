"""Kernels that are made anew, as by factories, leave nothing behind when they are gone."""

import gc
import weakref
from pathlib import Path

import numpy as np
import pytest

import jitkit as jk
from jitkit.backends import entry

STATUS = Path("/proc/self/status")


def resident():
    """Return how much memory this process holds, in kilobytes."""
    gc.collect()
    return int(STATUS.read_text().partition("VmRSS:")[2].split()[0])


def plain(factor):
    @jk.kernel
    def scaled(i, x, out):
        out[i] = factor * x[i]

    return scaled


def looping(factor):
    @jk.kernel
    def grown(i, x, out):
        total = 0.0
        while total < 3.0:
            total += factor + abs(x[i])
        out[i] = total

    return grown


def grouped(factor):
    @jk.kernel(group=8)
    def turned(i, x, out):
        tile = jk.shared(8, x.dtype)
        tile[jk.local_index()] = factor * x[i]
        jk.barrier()
        out[i] = tile[7 - jk.local_index()]

    return turned


@pytest.mark.skipif(not STATUS.exists(), reason="reads /proc")
@pytest.mark.parametrize("make", [plain, looping, grouped])
def test_memory_does_not_grow_with_the_kernels_that_were_compiled(make, monkeypatch, tmp_path):
    monkeypatch.setenv("JITKIT_CACHE_DIR", str(tmp_path / "cache"))
    x, out = np.ones(16), np.empty(16)
    before = 0
    for number in range(50):
        if number == 10:  # what one kernel of a process needs for all
            before = resident()
        make(2.0 + number / 64)[:16](x, out)
    # Each kept 160 KB and more as long as passes were not freed, 6,400 KB in all.
    assert resident() - before < 2500


@pytest.mark.skipif(not entry.available(), reason="launches have no entries here")
def test_what_python_reads_of_an_entry_lives_as_long_as_the_entry():
    # As where the first launches of several threads meet: each makes definitions, and one set is remembered.
    entry._definitions.cache_clear()
    made = [weakref.ref(definition) for definition in entry._definitions()]
    kernel, x, out = plain(3.0), np.ones(16), np.empty(16)
    for _ in range(3):  # the first compiles, the second makes the entries
        kernel[:16](x, out)
    entry._definitions.cache_clear()
    gc.collect()
    assert all(ref() is not None for ref in made)
    kernel[:16](x, out)
    assert out[0] == 3
