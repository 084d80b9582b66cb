"""How the cuda backend drives Numba's CUDA: a few files' cuda legs in Numba's simulator, which needs no GPU.

The simulator is chosen when `numba.cuda` is imported, hence the second process. It interprets kernels, so it says nothing
about generated code: that runs in the emulator, on every backend test.
"""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = ["tests/test_launch.py", "tests/test_collectives.py", "tests/test_atomics.py"]


def test_cuda_legs_pass_in_the_simulator(tmp_path):
    report = tmp_path / "report.xml"
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *FILES],
        cwd=ROOT,
        env=environment | {"NUMBA_ENABLE_CUDASIM": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"pytest in the CUDA simulator gave {done.returncode}:\n{done.stdout}{done.stderr}"
    suite = ET.parse(report).getroot().find("testsuite")
    assert suite is not None
    assert int(suite.attrib["tests"]) > int(suite.attrib["skipped"]), f"all were skipped:\n{done.stdout}"
