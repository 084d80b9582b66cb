"""`jitkit doctor`: what jitkit finds on this machine, what is missing, and how to get it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from rich.text import Text

import jitkit as jk
from jitkit.cli.console import counted, duration, memory, show_table, table
from jitkit.cli.failures import Failed
from jitkit.cli.inspection import PACKAGES

OK, ABSENT, BROKEN = "ok", "absent", "broken"
_STYLES = {OK: "green", ABSENT: "yellow", BROKEN: "bold red"}
_FEATURES = {"x86": ("sse4.2", "avx2", "fma", "avx512f"), "arm": ("neon", "sve", "sve2")}


@dataclass(frozen=True)
class Finding:
    """One line of the report; `BROKEN` is what should work and does not."""

    name: str
    text: str
    state: str = OK


@jk.kernel
def double(i, x):  # type: ignore[no-untyped-def]
    """Double an element: the kernel that is tried."""
    x[i] = 2 * x[i]


def show() -> None:
    """Print the report.

    Raises
    ------
    Failed
        Where something is broken.
    """
    findings = examine()
    shown = table("", "", "found")
    shown.show_header = False
    for finding in findings:
        shown.add_row(finding.name, Text(finding.state, style=_STYLES[finding.state]), finding.text)
    show_table(shown)
    broken = [finding.name for finding in findings if finding.state == BROKEN]
    if broken:
        raise Failed(f"broken: {', '.join(broken)}")


def examine() -> list[Finding]:
    """Return all findings; a probe that raises is itself one."""
    findings: list[Finding] = []
    for name, probe in PROBES.items():
        try:
            findings += probe()
        except Exception as error:  # whatever is wrong with an installation is what this command is for
            findings.append(Finding(name, f"{type(error).__name__}: {error}", BROKEN))
    return findings


def _python() -> Iterator[Finding]:
    yield Finding("Python", f"{platform.python_version()} ({platform.python_implementation()}), {sys.executable}")
    yield Finding("platform", platform.platform())


def _packages() -> Iterator[Finding]:
    yield Finding("jitkit", jk.__version__)
    for name in ("numpy", "numba", "llvmlite"):
        yield _package(name, BROKEN, f"not installed: pip install {name}")
    yield _package("numba-cuda", ABSENT, "not installed; GPUs need it: pip install 'jitkit[cuda]'")
    yield _package("matplotlib", ABSENT, "not installed; plots need it: pip install 'jitkit[plot]'")


def _package(name: str, state: str, otherwise: str) -> Finding:
    try:
        return Finding(name, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, otherwise, state)


def _settings() -> Iterator[Finding]:
    from jitkit.launch import choice

    found = sorted(name for name in os.environ if name.startswith(("JITKIT_", "NUMBA_")))
    yield Finding("settings", ", ".join(f"{name}={os.environ[name]}" for name in found) or "none in the environment")
    choice.requested()  # refuses an unknown JITKIT_BACKEND


def _cpu() -> Iterator[Finding]:
    import llvmlite.binding as llvm

    from jitkit import hardware

    yield Finding("CPU", f"{hardware.cpu_name()} ({hardware.core_name()})")
    features = llvm.get_host_cpu_features()
    family = "arm" if platform.machine().lower() in ("aarch64", "arm64") else "x86"
    has, lacks = ([n for n in _FEATURES[family] if bool(features.get(n)) == there] for there in (True, False))
    yield Finding("features", ", ".join(has) + (f"; without {', '.join(lacks)}" if lacks else ""))


def _threads() -> Iterator[Finding]:
    from jitkit.backends import pool

    threads, from_variable = pool.get_num_threads(), "NUMBA_NUM_THREADS" in os.environ
    origin = "from NUMBA_NUM_THREADS" if from_variable else "the processors that this process may use"
    yield Finding("threads", f"{threads}, {origin}")
    reason = pool.unavailable_reason()
    yield Finding("scheduler", reason or "available", BROKEN if reason else OK)


def _vector_math() -> Iterator[Finding]:
    from jitkit.backends import symbols
    from jitkit.backends.lowering import vectormath

    if symbols.vector_library() is None:
        text = "no libmvec (glibc has it on x86-64, and on aarch64 from 2.38): loops over exp, sin ... stay scalar"
        yield Finding("vector math", text, ABSENT)
        return
    widths = ", ".join(f"{bits}-bit" for _, bits in vectormath.instruction_sets()) or "no usable vectors"
    names = symbols.SCALAR
    found = [name for name in names if any(vectormath.vector_names(name, arity) for arity in (1, 2))]
    yield Finding("vector math", f"libmvec, {widths}: {len(found)} of {len(names)} functions have vector versions")


def _cpu_backend() -> Iterator[Finding]:
    started = time.perf_counter()
    double.inspect(np.ones(2, np.float32), backend="cpu")  # compiles, whatever the cache holds
    _try("cpu")
    taken = duration(time.perf_counter() - started)
    yield Finding("cpu backend", f"compiled and ran a kernel in {taken}, loading the compiler included")


def _try(backend: str) -> None:
    x = np.arange(1000, dtype=np.float32)
    double.on(backend)[x.size](x)
    if not np.array_equal(x, 2 * np.arange(1000, dtype=np.float32)):
        raise ArithmeticError(f"the {backend} backend doubled an array wrongly")


def _cache() -> Iterator[Finding]:
    from jitkit.backends.store import default_store

    info = default_store().info()
    size = f"{memory(info.bytes)} of at most {memory(info.limit)}"
    holds = f"{info.path}: {counted(info.entries, 'entry', 'entries')}, {size}"
    yield Finding("cache", holds if info.enabled else f"keeps nothing: {info.reason}", OK if info.enabled else ABSENT)


def _gpu() -> Iterator[Finding]:
    from jitkit import hardware
    from jitkit.backends import gpu

    reason = gpu.missing()
    if reason is not None:
        yield Finding("cuda backend", reason, ABSENT)
        return
    for device in hardware.devices()[1:]:
        size = f", {memory(device.memory)}" if device.memory else ""
        cc = ".".join(map(str, device.compute_capability or ()))
        yield Finding("GPU", f"{device.name}{f', compute capability {cc}' if cc else ''}{size}")
    _try("cuda")
    yield Finding("cuda backend", "ran a kernel")


def _ptx() -> Iterator[Finding]:
    from jitkit.backends import gpu

    if gpu.simulated():
        yield Finding("PTX", "the CUDA simulator generates none", ABSENT)
    elif importlib.util.find_spec("numba_cuda") is None:
        yield Finding("PTX", f"compiling for GPUs needs numba-cuda: {gpu.EXTRA}", ABSENT)
    else:
        yield _tried_for_ptx()


def _tried_for_ptx() -> Finding:
    from jitkit.backends import gpu

    try:
        double.inspect(np.ones(2, np.float32), backend="cuda")
    except Exception as error:  # NVVM is missing, or does not fit: what that raises depends on the version
        return Finding("PTX", f"kernels do not compile for GPUs ({' '.join(str(error).split())}): {gpu.EXTRA}", ABSENT)
    return Finding("PTX", "kernels compile for GPUs, with or without one here")


def _tools() -> Iterator[Finding]:
    from jitkit.backends import sass

    for name, package in PACKAGES.items():
        path = sass.tool(name)
        yield Finding(name, path or f"not found; jitkit inspect uses it: pip install {package}", OK if path else ABSENT)


PROBES: dict[str, Callable[[], Iterator[Finding]]] = {
    "Python": _python,
    "packages": _packages,
    "settings": _settings,
    "CPU": _cpu,
    "threads": _threads,
    "vector math": _vector_math,
    "cpu backend": _cpu_backend,
    "cache": _cache,
    "cuda backend": _gpu,
    "PTX": _ptx,
    "tools": _tools,
}
"""What is looked at, in the order of the report."""
