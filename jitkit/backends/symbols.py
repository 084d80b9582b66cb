"""What compiled code calls by name, made known to LLVM's linker: the C library's functions, libmvec, and the scheduler.

It imports nothing that compiles, so that a process that finds its code in the cache loads it without Numba.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
from collections.abc import Iterable

import llvmlite.binding as llvm

from jitkit.backends import pool

PREFIX = "jk_"
SCALAR = """
acos acosh asin asinh atan atan2 atanh cbrt cos cosh erf erfc exp exp2 expm1 fmod hypot log log10 log1p log2 pow sin sinh
tan tanh
""".split()
"""Functions of the C library that compiled code calls by `PREFIX` and their name, in float64 and float32 (``jk_expf``)."""


@functools.cache
def vector_library() -> ctypes.CDLL | None:
    """Return glibc's vector library, or None where the platform has none."""
    try:
        handle = ctypes.CDLL("libmvec.so.1")
    except OSError:
        return None
    llvm.load_library_permanently("libmvec.so.1")
    return handle


@functools.cache
def register() -> None:
    """Make the names known; must run before compiled code is loaded."""
    libm = ctypes.CDLL(ctypes.util.find_library("m"))
    for name in SCALAR:
        for suffix in ("", "f"):
            address = ctypes.cast(getattr(libm, name + suffix), ctypes.c_void_p).value
            llvm.add_symbol(PREFIX + name + suffix, address)
    vector_library()
    pool.register_symbols()


def known(names: Iterable[str]) -> bool:
    """Tell whether LLVM's linker finds all of some names. Code that calls one it does not find ends the process."""
    register()
    return all(llvm.address_of_symbol(name) for name in names)
