"""Compiled code between processes: found again, and compiled anew whenever anything it was made from has changed."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import jitkit as jk

SCRIPT = """
import sys
import warnings
import numpy as np
from numba.core import compiler

compiled = []
extra = compiler.compile_extra
compiler.compile_extra = lambda *args, **kwargs: (compiled.append(1), extra(*args, **kwargs))[1]

import jitkit as jk
from user import kernel

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for _ in range(2):
        out = np.zeros(4, np.float32)
        kernel[4](np.arange(4, dtype=np.float32), out)
assert not {"scipy.linalg", "numba.np.linalg", "numba.typed.typeddict"} & sys.modules.keys()  # no kernel needs them
print(len(compiled), out[1], sum(w.category is jk.JitkitWarning and w.filename == "<string>" for w in caught))
"""

USER = """
import helper
import jitkit as jk
from helper import scaled

FACTOR = 2.0

@jk.kernel
def kernel(i, x, out):
    out[i] = scaled(x[i]) * FACTOR + helper.SHIFTS[0]
"""

HELPER = """
SHIFTS = (0.0, 1.0)

def made(terms):
    def scaled(value, zero=0):
        return 3 * value + (terms - 1) * value + zero
    return scaled

scaled = made(1)
"""


@pytest.fixture
def project(tmp_path):
    """A user's two modules, and a function that runs them in a new process."""
    (tmp_path / "user.py").write_text(USER)
    (tmp_path / "helper.py").write_text(HELPER)

    def run(cache: str | Path = tmp_path / "cache") -> tuple[bool, float, int]:
        root = Path(__file__).parents[1]
        environment = {**os.environ, "JITKIT_CACHE_DIR": str(cache), "PYTHONDONTWRITEBYTECODE": "1"}
        environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), str(root)])
        command = [sys.executable, "-c", textwrap.dedent(SCRIPT)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
        count, value, warned = done.stdout.split()
        return int(count) > 0, float(value), int(warned)

    run.folder = tmp_path
    return run


def edit(project, name, old, new):
    path = project.folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_second_process_compiles_nothing(project):
    assert project() == (True, 6.0, 0)
    assert project() == (False, 6.0, 0)


@pytest.mark.parametrize(
    ("name", "old", "new", "value"),
    [
        ("user.py", "scaled(x[i]) * FACTOR", "scaled(x[i]) + FACTOR", 5.0),
        ("helper.py", "3 * value", "5 * value", 10.0),
        ("helper.py", "zero=0", "zero=1", 8.0),
        ("helper.py", "made(1)", "made(2)", 8.0),
        ("helper.py", "SHIFTS = (0.0", "SHIFTS = (1.0", 7.0),
        ("user.py", "FACTOR = 2.0", "FACTOR = 7.0", 21.0),
        ("user.py", "@jk.kernel", "@jk.kernel(fastmath=True)", 6.0),
    ],
    ids=["kernel", "helper in another file", "default", "closure", "attribute", "constant", "option"],
)
def test_an_edit_compiles_anew_and_the_old_entry_stays(project, name, old, new, value):
    project()
    edit(project, name, old, new)
    assert project() == (True, value, 0)
    edit(project, name, new, old)
    assert project() == (False, 6.0, 0)


def test_a_comment_or_a_moved_line_is_no_change(project):
    project()
    edit(project, "helper.py", "def made", "# about scaling\n\n\ndef made")
    assert project() == (False, 6.0, 0)


@pytest.mark.parametrize("damage", [b"", b"not an entry", None], ids=["empty", "foreign", "truncated"])
def test_damaged_entries_are_compiled_anew(project, damage):
    project()
    entries = list((project.folder / "cache").glob("*.jitkit"))
    assert entries
    for entry in entries:
        entry.write_bytes(entry.read_bytes()[:-10] if damage is None else damage)
    assert project()[:2] == (True, 6.0)
    assert project()[1] == 6.0


def test_an_impossible_directory_works_uncached_with_one_warning(project):
    blocked = project.folder / "a file"
    blocked.write_text("")
    assert project(blocked / "below") == (True, 6.0, 1)
    assert project(blocked / "below") == (True, 6.0, 1)


factor = 2.0


def scale(i, x, out):
    out[i] = factor * x[i]


def test_a_constant_that_changes_between_launches_leaves_no_wrong_code_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("JITKIT_CACHE_DIR", str(tmp_path / "cache"))
    x, y = np.ones(4), np.ones(4, np.float32)
    jk.kernel(scale)[4](y, np.empty_like(y))
    known = jk.kernel(scale)  # recognised by its code: its source is read at the next launch
    known[4](y, np.empty_like(y))
    monkeypatch.setitem(globals(), "factor", 3.0)
    known[4](x, np.empty_like(x))
    monkeypatch.setitem(globals(), "factor", 2.0)
    out = np.empty_like(x)
    jk.kernel(scale)[4](x, out)
    np.testing.assert_array_equal(out, 2.0)
