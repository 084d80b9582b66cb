"""NumPy arrays as tensors, for functions that take and return tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from .._kept import kept


def tensors(*arrays: Any) -> list[Any]:
    """Return tensors that share the arrays' memory."""
    return [torch.from_numpy(array) for array in arrays]


def keeping(function: Callable[..., Any], arrays: int) -> Callable[..., Any]:
    """Return what binds a function of the first so many arguments, whose results go into the others."""

    def bind(*args: Any) -> Any:
        given = tensors(*args[:arrays])
        return kept(lambda: function(*given), *args[arrays:])

    return bind
