"""The CPU that code is generated for: this one, but for what Numba's settings NUMBA_CPU_NAME and NUMBA_CPU_FEATURES say."""

from __future__ import annotations

import functools

import llvmlite.binding as llvm
from numba.core import config

_IMPLIED = {"avx512f": "avx2", "avx2": "sse4.2"}


def name() -> str:
    """Return LLVM's name of the CPU."""
    return config.CPU_NAME or llvm.get_host_cpu_name()


def features() -> frozenset[str]:
    """Return those of this CPU's features that code may use: all, unless Numba's setting names some."""
    return _features(config.CPU_FEATURES)


@functools.cache
def _features(setting: str | None) -> frozenset[str]:
    here = {feature for feature, present in llvm.get_host_cpu_features().items() if present}
    if setting is None:
        return frozenset(here)
    named = {feature.strip()[1:] for feature in setting.split(",") if feature.strip().startswith("+")}
    for more, less in _IMPLIED.items():
        named |= {less} & here if more in named else set()
    return frozenset(named & here)
