"""What code for GPUs cannot do, refused before it is generated: the compiler's own messages do not name the cause."""

from __future__ import annotations

from typing import Any

import numpy as np

from jitkit.errors import KernelTypeError, at_source
from jitkit.launch.arguments import walk
from jitkit.launch.definition import Call


def refuse(call: Call, values: tuple[Any, ...]) -> None:
    """Refuse helpers that call themselves, and arrays of records that a GPU cannot load.

    Raises
    ------
    KernelTypeError
    """
    program = call.kernel.program
    if program.recursive:
        found = next(item for item in program.reachable() if _calls_itself(item))
        message = (
            f"{call.kernel.name}: {found.name} calls itself, which numba-cuda cannot compile: write a loop, or run on the "
            "cpu backend"
        )
        raise KernelTypeError(at_source(message, found.filename, found.lineno))
    for name, value in zip(call.argument_names, values, strict=True):
        for path, leaf in walk(name, value):
            dtype = getattr(leaf, "dtype", None)
            crooked = _crooked(dtype) if isinstance(dtype, np.dtype) else None
            if crooked is not None:
                raise KernelTypeError(
                    f"{call.kernel.name}: the records of {path} are packed: {crooked}, and a GPU loads numbers only from "
                    "multiples of their size: make the dtype with align=True"
                )


def _calls_itself(program: Any) -> bool:
    return any(program in helper.reachable() for helper in program.helpers)


def _crooked(dtype: np.dtype[Any]) -> str | None:
    """Return what is wrong with a record's layout, or None."""
    if dtype.names is None:
        return None
    for name, (kind, offset, *_) in (dtype.fields or {}).items():
        for step in (offset, dtype.itemsize):
            if step % kind.alignment:
                what = "begins at byte" if step is offset else "stands in records of"
                return f"{name!r} ({kind}) {what} {step}{'' if step is offset else ' bytes'}"
    return None
