"""Compiled CPU code kept between processes: Numba's own serialisation in jitkit's store, under a key of jitkit's making.

Numba's ``cache=True`` sees neither changes in helpers nor functions made from strings. Here the key covers the source of
the kernel and of everything it reaches, the constants they close over, the argument types, the options, the versions of
everything that generates code (jitkit's own files included), and the CPU with its features.
"""

from __future__ import annotations

import functools
import hashlib
import pickle
import platform
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np
from numba.core import compiler, serialize

from jitkit.backends.store import default_store


@functools.cache
def generator() -> str:
    """Return a digest of what turns source into machine code: versions, and jitkit's own files."""
    digest = hashlib.blake2b(digest_size=16)
    versions = (numba.__version__, llvmlite.__version__, np.__version__, platform.python_version(), platform.platform())
    digest.update(repr(versions).encode())
    package = Path(__file__).parent
    for path in sorted([*package.rglob("*.py"), *package.rglob("*.ll"), *(package.parent / "frontend").glob("*.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


class DriverCache:
    """What a Numba dispatcher asks before it compiles, and tells after (the interface of Numba's own caches).

    Parameters
    ----------
    name : str
        The kernel's name, for listings.
    identity : str
        A text that is the same only for drivers of the same source, layout and options.
    """

    cache_path = None

    def __init__(self, name: str, identity: str) -> None:
        self.name, self.identity = name, identity

    def _key(self, arguments: Any, codegen: Any) -> str:
        types = getattr(arguments, "args", arguments)  # a signature or a plain tuple: Numba passes either
        text = repr((generator(), self.identity, str(tuple(types)), codegen.magic_tuple()))
        return hashlib.blake2b(text.encode(), digest_size=20).hexdigest()

    def load_overload(self, signature: Any, target_context: Any) -> Any:
        """Return the compiled driver for a signature, or None."""
        target_context.refresh()
        blob = default_store().get(self._key(signature, target_context.codegen()))
        return None if blob is None else compiler.CompileResult._rebuild(target_context, *pickle.loads(blob))

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Keep a compiled driver."""
        blob = serialize.dumps(compiled._reduce())
        description = {"kernel": self.name, "backend": "cpu", "types": ", ".join(map(str, compiled.signature.args))}
        default_store().put(self._key(signature, compiled.codegen), blob, description)

    def enable(self) -> None:
        """Part of the interface; the store decides by itself."""

    disable = flush = enable
