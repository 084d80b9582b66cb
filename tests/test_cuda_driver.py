"""What jitkit asks of NVIDIA's driver, in a second process that has a stand-in for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from stand_in import build

pytest.importorskip("numba_cuda")
ROOT = Path(__file__).parents[1]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="the stand-in needs gcc, and there is none on PATH")
def test_checks_pass_on_a_stand_in_for_the_driver(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/stand_in/checks.py"],
        cwd=ROOT,
        env=environment | build(tmp_path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"pytest on the stand-in gave {done.returncode}:\n{done.stdout}{done.stderr}"
    assert "skipped" not in done.stdout
