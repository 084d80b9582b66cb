"""What the emulator and the CUDA adapter keep between processes: found again, never mistaken, never in the way."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import jitkit as jk
from jitkit.backends import machine, store
from jitkit.emulator import Module, executor

SAXPY = """
.version 8.0
.target sm_80
.address_size 64
.visible .entry scaled(.param .u64 x, .param .f32 a) {
    .reg .f32 %f<3>;
    .reg .b32 %r<2>;
    .reg .b64 %rd<4>;
    ld.param.u64 %rd1, [x];
    ld.param.f32 %f1, [a];
    mov.u32 %r1, %tid.x;
    mul.wide.u32 %rd2, %r1, 4;
    add.s64 %rd3, %rd1, %rd2;
    ld.global.f32 %f2, [%rd3];
    OP.f32 %f2, %f2, %f1;
    st.global.f32 [%rd3], %f2;
    ret;
}"""
SCRIPT = """
import numpy as np
import jitkit as jk
from jitkit.backends import machine
from jitkit.emulator import executor
import kernels

if {refuse}:
    def refuse(*args, **kwargs):
        raise AssertionError("compiled again")
    machine.compiled = refuse
    from jitkit.backends import cuda
    cuda.ptx = refuse
x = np.arange(8.0)
with jk.emulate_cuda(always=True):
    kernels.scale.on("cuda")[8](x, 3.0)
print(x.tolist())
"""
KERNELS = """
import jitkit as jk

FACTOR = {factor}


def helper(v):
    return v + {term}


@jk.kernel
def scale(i, x, a):
    x[i] = helper(FACTOR * a * x[i])
"""


@pytest.fixture
def directory(tmp_path, monkeypatch):
    path = tmp_path / "cache"
    monkeypatch.setenv("JITKIT_CACHE_DIR", str(path))
    return path


@pytest.fixture
def compilations(monkeypatch):
    """The LLVM modules that were compiled."""
    found = []
    original = machine.compiled

    def compiled(text, driver=None):
        found.append(text)
        return original(text, driver)

    executor._runtime()
    monkeypatch.setattr(machine, "compiled", compiled)
    return found


def run(text=SAXPY, opcode="mul", **checks):
    x = np.arange(4, dtype=np.float32)
    Module(text.replace("OP", opcode)).launch("scaled", 1, 4, [x, 10.0], **checks)
    return x.tolist()


@pytest.mark.usefixtures("directory")
class TestMachineCode:
    """Entries of PTX texts."""

    def test_a_text_is_compiled_once(self, compilations):
        assert run() == run() == [0, 10, 20, 30]
        assert len(compilations) == 1

    def test_another_text_is_another_entry(self, compilations):
        assert (run(), run(opcode="add")) == ([0, 10, 20, 30], [10, 11, 12, 13])
        assert len(compilations) == 2

    def test_checks_are_part_of_the_key(self, compilations):
        assert run() == run(bounds=True) == run(races=True) == [0, 10, 20, 30]
        assert len(compilations) == 3

    def test_errors_know_their_lines(self):
        text = SAXPY.replace("%tid.x", "4")
        for _ in range(2):
            with pytest.raises(jk.JitkitError, match=r"PTX line 14: .*byte 16 of an array of 16 bytes"):
                run(text, bounds=True)


def test_damaged_entries_are_made_again(directory, compilations):
    run()
    for path in directory.glob("*.jitkit"):
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
    assert run() == [0, 10, 20, 30]
    assert len(compilations) == 2


def test_a_directory_that_cannot_be_used_is_no_obstacle(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("JITKIT_CACHE_DIR", str(tmp_path / "file"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", jk.JitkitWarning)
        assert run() == run() == [0, 10, 20, 30]


def test_a_full_store_is_no_obstacle(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "_store_in", lambda path: store.Store(tmp_path, limit=1000))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", jk.JitkitWarning)
        assert run() == run() == [0, 10, 20, 30]


def in_new_process(folder: Path, *, refuse: bool) -> str:
    """Run the kernel of ``kernels.py``; with `refuse` any compilation is an error."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(refuse=refuse)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(Path(jk.__file__).parents[1])])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def write_kernels(folder: Path, factor: float = 2.0, term: float = 1.0) -> None:
    (folder / "kernels.py").write_text(KERNELS.format(factor=factor, term=term))


@pytest.mark.usefixtures("directory")
def test_another_process_compiles_nothing(tmp_path):
    write_kernels(tmp_path)
    expected = str([2.0 * 3.0 * k + 1.0 for k in range(8)])
    assert in_new_process(tmp_path, refuse=False) == expected
    assert in_new_process(tmp_path, refuse=True) == expected


@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize("change", [{"factor": 5.0}, {"term": 7.0}])
def test_a_changed_helper_or_constant_is_compiled(tmp_path, change):
    write_kernels(tmp_path)
    in_new_process(tmp_path, refuse=False)
    write_kernels(tmp_path, **change)
    factor, term = change.get("factor", 2.0), change.get("term", 1.0)
    assert in_new_process(tmp_path, refuse=False) == str([factor * 3.0 * k + term for k in range(8)])


def test_the_store_lists_what_it_keeps(directory):
    run()
    found = store.default_store().entries()
    assert {entry.description["kind"] for entry in found} >= {"entry", "module"}
    assert all(entry.description["backend"] == "emulator" for entry in found)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in directory.glob("*.jitkit"))
