"""What turns source into machine code: the part of every cache key that is the same for all kernels. It imports no compiler."""

from __future__ import annotations

import functools
import importlib.util
import os
import platform
from pathlib import Path

import llvmlite
import numpy as np

from jitkit.hashing import blake2b

# Settings of Numba's that change the code it generates.
_SETTINGS = ("NUMBA_OPT", "NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES", "NUMBA_LOOP_VECTORIZE", "NUMBA_SLP_VECTORIZE")


@functools.cache
def generator() -> str:
    """Return a digest of versions and settings, and of jitkit's own files.

    `platform.platform` would start a process, for 8 ms, to ask for the processor, which other parts of the keys name.
    """
    digest = blake2b(digest_size=16)
    settings = [os.environ.get(name) for name in _SETTINGS]
    system = platform.system(), platform.release(), platform.machine(), *platform.libc_ver()
    versions = _numba(), llvmlite.__version__, np.__version__, platform.python_version(), system, settings
    digest.update(repr(versions).encode())
    package = Path(__file__).parent
    for path in sorted([*package.rglob("*.py"), *package.rglob("*.ll"), *(package.parent / "frontend").glob("*.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _numba() -> str:
    """Return what tells Numba's version, without the 0.25 s that importing it takes."""
    found = importlib.util.find_spec("numba")
    if found is None or found.origin is None:
        raise ImportError("No module named 'numba': jitkit compiles with it", name="numba")
    version = Path(found.origin).with_name("_version.py")
    if version.exists():
        return version.read_text(encoding="utf-8")
    from importlib import metadata  # 20 ms

    return metadata.version("numba")
