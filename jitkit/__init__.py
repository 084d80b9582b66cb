"""jitkit: numerical kernels written once in Python, run interpreted, on all CPU cores, and on the GPU."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jitkit.arrays import asarray as asarray
    from jitkit.arrays import empty as empty
    from jitkit.arrays import full as full
    from jitkit.arrays import synchronize as synchronize
    from jitkit.arrays import to_numpy as to_numpy
    from jitkit.arrays import zeros as zeros
    from jitkit.backends.pool import get_num_threads as get_num_threads
    from jitkit.backends.pool import set_num_threads as set_num_threads
    from jitkit.errors import BackendError as BackendError
    from jitkit.errors import JitkitError as JitkitError
    from jitkit.errors import JitkitWarning as JitkitWarning
    from jitkit.errors import KernelError as KernelError
    from jitkit.errors import KernelSyntaxError as KernelSyntaxError
    from jitkit.errors import KernelTypeError as KernelTypeError
    from jitkit.errors import LaunchError as LaunchError
    from jitkit.hardware import devices as devices
    from jitkit.launch.choice import backend as backend
    from jitkit.launch.kernel import Kernel as Kernel
    from jitkit.launch.kernel import kernel as kernel

__version__ = "0.1.0"

_HOMES = {
    "arrays": "asarray empty full synchronize to_numpy zeros",
    "backends.pool": "get_num_threads set_num_threads",
    "errors": "BackendError JitkitError JitkitWarning KernelError KernelSyntaxError KernelTypeError LaunchError",
    "hardware": "devices",
    "launch.kernel": "Kernel kernel",
    "launch.choice": "backend",
}
_PUBLIC = {name: home for home, names in _HOMES.items() for name in names.split()}
__all__ = [*_PUBLIC, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'jitkit' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"jitkit.{_PUBLIC[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
