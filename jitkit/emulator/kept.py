"""What the emulator keeps between processes: machine code, and what was read out of PTX.

A key covers the text, the options, the emulator's own files, LLVM's version, and the CPU with its features.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from jitkit.backends import kept as store
from jitkit.backends import machine
from jitkit.hashing import blake2b

_T = TypeVar("_T")


def kept(kind: str, name: str, make: Callable[[], _T], *identity: object) -> _T:
    """Return what another process has made, or make it and keep it.

    Parameters
    ----------
    kind, name : str
        What it is, and the kernel's name: for listings of the store.
    make : callable
        Makes it; what it returns must survive `pickle`.
    *identity
        All that it is made of; their ``repr`` goes into the key.
    """
    description = {"kernel": name, "backend": "emulator", "kind": kind}
    return store.kept(description, make, _generator(), *identity)


@functools.cache
def _generator() -> tuple[Any, ...]:
    """Return what decides which machine code comes out of a PTX text."""
    digest = blake2b(digest_size=16)
    folder = Path(__file__).parent
    for path in sorted([*folder.rglob("*.py"), *folder.rglob("*.ll"), Path(machine.__file__)]):
        digest.update(path.read_bytes())
    return digest.hexdigest(), sys.version_info[:2], machine.identity()
