"""Random calls of the primitives: what NumPy or a plain loop gives, where it was asked for, and nothing else changed.

``python -m tests.random_primitives`` runs as many as one likes, and prints a program for each that fails.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest
from random_primitives import checking
from random_primitives.checking import check_of, failure, reproduction
from random_primitives.drawing import Check
from random_primitives.isolation import isolated

# Nearly all of the time is compiling.
SEEDS = {"python": range(60), "cpu": range(12), "cuda": range(4)}


def test_calls_give_what_they_should(backend):
    for seed in SEEDS[backend]:
        check = check_of(seed, backend)
        wrong = failure(check)
        assert wrong is None, f"seed {seed}: {wrong}\n{reproduction(check)}"


def test_a_seed_always_makes_the_same_check():
    assert check_of(5, "cpu") == check_of(5, "cpu")
    assert check_of(5, "cpu") != check_of(6, "cpu")


PRIMITIVES = (
    "reduce map_reduce scan sort argsort sort_by_key select partition unique run_length_encode reduce_by_key scan_by_key "
    "segment_reduce searchsorted histogram bincount histogram2d histogramdd count any all argmin argmax minmax map vectorize"
).split()


def test_every_primitive_is_drawn():
    calls = " ".join(check_of(seed, "python").call for seed in range(1000))
    assert not [name for name in PRIMITIVES if f"jk.{name}(" not in calls]


X, ROOM = "x = np.array([-1.0, 0.0, 1.0, 2.0])", "out = room((4,), 'float64', 'every other')"
RANDOM = "x = np.array([np.random.default_rng().random()])"
FAULTS = {
    "number": (X, "np.array([-1.0, 0.5, 1.0, 2.0])", "x", r"\[1\] is .*0\.5.* \(1 differ\)"),
    "zero": (X, "np.array([-1.0, -0.0, 1.0, 2.0])", "x", r"\[1\] is .*-0\.0"),
    "type": (X, "x.astype('f4')", "x", "float32, not float64"),
    "shape": (X, "x[:, None]", "x", r"\(4, 1\), not \(4,\)"),
    "array": (X, "np.array(x.max())", "x.max()", "type ndarray"),
    "parts": (X, "(x, x)", "(x, x, x)", "2 parts, not 3"),
    "tuple": (X, "[x, x]", "(x, x)", "list, not a tuple"),
    "input": (X, "x.__imul__(2)", "np.array([-2.0, 0.0, 2.0, 4.0])", "changes x"),
    "error": (X, "jk.reduce('nothing', x)", "x", "raises KernelError"),
    "no error": (f"{X}; y = x.reshape(3)", "x", "y", "NumPy: ValueError"),
    "warning": (X, "x / 0", "np.array([-np.inf, np.nan, np.inf, np.inf])", "raises RuntimeWarning"),
    "bits": (RANDOM, "x", "x", "other bits"),
    "out": (f"{X}\n{ROOM}", "x.copy()", "x", "another array than out"),
    "beside out": (f"{X}\n{ROOM}", "[out.base.fill(0), out][1]", "np.zeros(4)", "writes beside out"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_seen(fault):
    lines, call, wanted, message = FAULTS[fault]
    outs = ("out",) if "out =" in lines else ()
    wrong = failure(Check(tuple(lines.split("\n")), call, wanted, "bits", outs, True, "python"))
    assert re.search(message, wrong or "nothing")


def test_a_failing_check_is_a_program(tmp_path):
    seed = next(k for k in range(100) if "jk.reduce(best" in check_of(k, "python", ("reductions",)).call)
    program = tmp_path / "shown.py"
    program.write_text(reproduction(check_of(seed, "python", ("reductions",))))
    shown = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True).stdout
    assert len(shown) > 10
    assert shown[: len(shown) // 2] == shown[len(shown) // 2 :]


def test_a_crash_is_one_more_result(monkeypatch):
    def crash(check):
        os.kill(os.getpid(), signal.SIGKILL) if check == check_of(4, "python") else None

    monkeypatch.setattr(checking, "failure", crash)
    assert list(isolated(range(6), "python", tuple(checking.FAMILIES), 60)) == [(4, "crash: SIGKILL")]
