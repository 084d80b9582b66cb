"""jitkit: numerical kernels written once in Python, run interpreted, on all CPU cores, and on the GPU."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jitkit import atomic as atomic
    from jitkit import linalg as linalg
    from jitkit import ml as ml
    from jitkit import ode as ode
    from jitkit import random as random
    from jitkit import signal as signal
    from jitkit import sparse as sparse
    from jitkit import spatial as spatial
    from jitkit import stats as stats
    from jitkit.arrays import asarray as asarray
    from jitkit.arrays import empty as empty
    from jitkit.arrays import full as full
    from jitkit.arrays import synchronize as synchronize
    from jitkit.arrays import to_numpy as to_numpy
    from jitkit.arrays import zeros as zeros
    from jitkit.backends.emulation import emulate_cuda as emulate_cuda
    from jitkit.backends.pool import get_num_threads as get_num_threads
    from jitkit.backends.pool import set_num_threads as set_num_threads
    from jitkit.benchmarking.run import benchmark as benchmark
    from jitkit.errors import BackendError as BackendError
    from jitkit.errors import JitkitError as JitkitError
    from jitkit.errors import JitkitWarning as JitkitWarning
    from jitkit.errors import KernelError as KernelError
    from jitkit.errors import KernelSyntaxError as KernelSyntaxError
    from jitkit.errors import KernelTypeError as KernelTypeError
    from jitkit.errors import LaunchError as LaunchError
    from jitkit.findings import Finding as Finding
    from jitkit.findings import Report as Report
    from jitkit.hardware import available as available
    from jitkit.hardware import devices as devices
    from jitkit.language import barrier as barrier
    from jitkit.language import broadcast as broadcast
    from jitkit.language import group_index as group_index
    from jitkit.language import group_reduce as group_reduce
    from jitkit.language import group_scan as group_scan
    from jitkit.language import group_size as group_size
    from jitkit.language import local as local
    from jitkit.language import local_index as local_index
    from jitkit.language import shared as shared
    from jitkit.launch.choice import backend as backend
    from jitkit.launch.kernel import Kernel as Kernel
    from jitkit.launch.kernel import kernel as kernel
    from jitkit.primitives.all import all as all
    from jitkit.primitives.any import any as any
    from jitkit.primitives.argmax import argmax as argmax
    from jitkit.primitives.argmin import argmin as argmin
    from jitkit.primitives.argsort import argsort as argsort
    from jitkit.primitives.bincount import bincount as bincount
    from jitkit.primitives.count import count as count
    from jitkit.primitives.histogram import histogram as histogram
    from jitkit.primitives.histogram2d import histogram2d as histogram2d
    from jitkit.primitives.histogramdd import histogramdd as histogramdd
    from jitkit.primitives.lazy import constant as constant
    from jitkit.primitives.lazy import counting as counting
    from jitkit.primitives.lazy import permuted as permuted
    from jitkit.primitives.lazy import transformed as transformed
    from jitkit.primitives.lazy import zipped as zipped
    from jitkit.primitives.map import map as map
    from jitkit.primitives.map_reduce import map_reduce as map_reduce
    from jitkit.primitives.minmax import minmax as minmax
    from jitkit.primitives.partition import partition as partition
    from jitkit.primitives.reduce import reduce as reduce
    from jitkit.primitives.reduce_by_key import reduce_by_key as reduce_by_key
    from jitkit.primitives.run_length_encode import run_length_encode as run_length_encode
    from jitkit.primitives.scan import scan as scan
    from jitkit.primitives.scan_by_key import scan_by_key as scan_by_key
    from jitkit.primitives.searchsorted import searchsorted as searchsorted
    from jitkit.primitives.segment_reduce import segment_reduce as segment_reduce
    from jitkit.primitives.select import select as select
    from jitkit.primitives.sort import sort as sort
    from jitkit.primitives.sort_by_key import sort_by_key as sort_by_key
    from jitkit.primitives.unique import unique as unique
    from jitkit.primitives.vectorize import vectorize as vectorize
    from jitkit.streams import Event as Event
    from jitkit.streams import Stream as Stream

__version__ = "0.1.0"

_HOMES = {
    "arrays": "asarray empty full synchronize to_numpy zeros",
    "backends.emulation": "emulate_cuda",
    "backends.pool": "get_num_threads set_num_threads",
    "benchmarking.run": "benchmark",
    "errors": "BackendError JitkitError JitkitWarning KernelError KernelSyntaxError KernelTypeError LaunchError",
    "findings": "Finding Report",
    "hardware": "available devices",
    "language": "barrier broadcast group_index group_reduce group_scan group_size local local_index shared",
    "launch.kernel": "Kernel kernel",
    "launch.choice": "backend",
    "streams": "Event Stream",
    "primitives.lazy": "constant counting permuted transformed zipped",
}
# each in a file of its name
_PRIMITIVES = (
    "all any argmax argmin argsort bincount count histogram histogram2d histogramdd map map_reduce minmax partition "
    "reduce reduce_by_key run_length_encode scan scan_by_key searchsorted segment_reduce select sort "
    "sort_by_key unique vectorize"
)
_SUBMODULES = tuple("atomic linalg ml ode random signal sparse spatial stats".split())
_PUBLIC = {name: home for home, names in _HOMES.items() for name in names.split()}
_PUBLIC |= {name: f"primitives.{name}" for name in _PRIMITIVES.split()}
__all__ = [*_PUBLIC, *_SUBMODULES, "__version__"]


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return importlib.import_module(f"jitkit.{name}")
    if name not in _PUBLIC:
        raise AttributeError(f"module 'jitkit' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"jitkit.{_PUBLIC[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
