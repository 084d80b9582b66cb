"""The operations of the language, as definitions that both Numba's CPU and CUDA targets take."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.core import types

from jitkit.backends.lowering import (
    atomics,
    elements,
    groups,
    math_functions,
    numpy_functions,
    operators,
    python_functions,
)
from jitkit.backends.lowering.emit import Mode
from jitkit.backends.lowering.typing import Definition, pure, refuse, scalars
from jitkit.frontend.promotion import kind


def define(name: str, mode: Mode) -> Definition:
    """Return the definition of an operation for a mode."""
    family, _, function = name.partition(".")
    return {
        "operator": operators.define, "math": math_functions.define, "numpy": numpy_functions.define,
        "python": python_functions.define, "cast": _cast, "value": elements.value,
        "atomic": atomics.define, "group": groups.define,
    }.get(family, elements.basic)(function or family, mode)  # fmt: skip


def _cast(dtype: str, mode: Mode) -> Definition:
    target = np.dtype(dtype)

    def definition(typingctx: Any, a: types.Type) -> Any:
        (found,) = scalars(f"np.{dtype}", (a,))
        if kind(found) == "c" and target.kind not in "bc":
            raise refuse(f"np.{dtype}() of a complex number: take its .real part")
        return pure(mode, (a,), target, target, lambda emit, v: v[0])

    return definition
