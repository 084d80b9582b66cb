"""What compiled code calls by name, made known to LLVM's linker: the C library's functions, libmvec, and the scheduler.

It imports nothing that compiles, so that a process that finds its code in the cache loads it without Numba.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Iterable

import llvmlite.binding as llvm

from jitkit.backends import pool

PREFIX = "jk_"
SCALAR = """
acos acosh asin asinh atan atan2 atanh cbrt cos cosh erf erfc exp exp2 expm1 fmod hypot ldexp lgamma log log10 log1p log2 pow
remainder sin sinh tan tanh tgamma
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
    libm = _mathematics()
    for name in SCALAR:
        for suffix in ("", "f"):
            address = ctypes.cast(getattr(libm, name + suffix), ctypes.c_void_p).value
            llvm.add_symbol(PREFIX + name + suffix, address)
    vector_library()
    pool.register_symbols()


def _mathematics() -> ctypes.CDLL:
    """Return the C library's part with the mathematical functions."""
    try:
        return ctypes.CDLL("libm.so.6")  # glibc's; to look for it takes 7 ms
    except OSError:
        from ctypes import util

        return ctypes.CDLL(util.find_library("m"))


def missing(names: Iterable[str]) -> list[str]:
    """Return those names that LLVM's linker does not find: code that calls one would end the process."""
    register()
    return [name for name in names if not llvm.address_of_symbol(name)]
