"""PTX executed on the CPU, for tests without a GPU: ``Module(text).launch(name, grid, block, args)``."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import EmulatorError as EmulatorError
    from .errors import UnsupportedError as UnsupportedError
    from .findings import ExecutionError as ExecutionError
    from .module import Module as Module

_HOMES = {"EmulatorError": "errors", "UnsupportedError": "errors", "ExecutionError": "findings", "Module": "module"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'jitkit.emulator' has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
