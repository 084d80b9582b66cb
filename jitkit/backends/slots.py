"""Arrays and numbers as compiled drivers take them: in slots of 8 bytes, and what of them the code depends on.

A driver reads its arguments from slots: an array takes those of Numba's structure for memory that it does not own, and a
number one, or two where it is a complex128. ``entry.ll`` fills them for the arguments it knows; this is the general way.
"""

from __future__ import annotations

import struct
from collections.abc import Hashable
from typing import Any

import numpy as np

_PYTHON = (bool, int, float, complex)
FARTHEST = 4
"""Elements from one of a view to the next, for more of which code loads them one by one."""


def plain(value: Any) -> Any:
    """Return an array on the host (a torch tensor, say) as a NumPy array, and a number of Python's as no subclass of it."""
    if isinstance(value, np.ndarray):
        return value if type(value) is np.ndarray else value.view(np.ndarray)
    if isinstance(value, np.generic) or type(value) in _PYTHON:
        return value
    if hasattr(value, "__dlpack__"):
        return np.from_dlpack(value)
    return next((kind(value) for kind in _PYTHON if isinstance(value, kind)), value)


def kind_of(leaf: Any) -> Hashable:
    """Return what code for a plain array or number depends on; its ``repr`` says the same in every process."""
    if not isinstance(leaf, np.ndarray):
        kind: type = type(leaf)
        return kind
    flags = leaf.flags
    order = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "A"
    return leaf.dtype, leaf.ndim, order, flags.aligned, flags.writeable, step_of(leaf)


def step_of(leaf: Any) -> int | None:
    """Return the bytes between the elements of a view along its last axis that code is compiled for, or None for any number.

    With a number LLVM loads whole vectors of memory and sorts their elements by shuffles, where it would load these one by
    one: ``x[:, ::2]`` and ``picture[..., 1]`` take 0.5 to 0.9 of the time. Contiguous arrays say theirs by their order.
    """
    if not isinstance(leaf, np.ndarray) or leaf.flags.forc or not 0 < leaf.strides[-1] <= FARTHEST * leaf.itemsize:
        return None
    return leaf.strides[-1]


def packed(leaf: Any) -> bytes:
    """Return the slots of a plain array or number."""
    if isinstance(leaf, np.ndarray):
        sizes = leaf.size, leaf.itemsize, leaf.ctypes.data
        return struct.pack(f"{5 + 2 * leaf.ndim}q", 0, 0, *sizes, *leaf.shape, *leaf.strides)
    if isinstance(leaf, np.generic):
        content = leaf.tobytes()
        return content.ljust(-(-len(content) // 8) * 8, b"\0")
    if isinstance(leaf, complex):
        return struct.pack("dd", leaf.real, leaf.imag)
    return struct.pack("d" if isinstance(leaf, float) else "q", leaf)
