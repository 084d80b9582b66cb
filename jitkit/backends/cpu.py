"""Running kernels on the CPU: Numba compiles the rewritten function, `driver` gives it its loops, `pool` its threads."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from typing import Any

import numba
import numba.extending
from numba.core import datamodel
from numba.core.imputils import lower_constant

from jitkit.backends import cache, driver, pool
from jitkit.backends.layout import Layout, leaves
from jitkit.backends.lowering import lazy, vectormath
from jitkit.backends.lowering.emit import Mode
from jitkit.backends.lowering.install import Target
from jitkit.backends.passes import KernelCompiler
from jitkit.frontend.program import Program

# NumPy's error model: a division by zero gives infinity or 0 and never raises, which is what lets loops vectorise.
# No reference counts: kernels own no memory. No Python wrappers: only the driver is called from Python.
_BODY = {
    "error_model": "numpy", "_nrt": False, "forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True,
    "pipeline_class": KernelCompiler,
}  # fmt: skip
_DRIVER = {
    "error_model": "numpy", "_nrt": False, "nogil": True, "no_cfunc_wrapper": True, "pipeline_class": KernelCompiler
}  # fmt: skip


@functools.cache
def target() -> Target:
    """Return Numba's CPU target with the language installed, ready to load compiled code."""
    vectormath.register_symbols()
    pool.register_symbols()
    lazy.compile_elements_by("cpu", lambda program, mode: compile_body(program, mode.fastmath, mode.group))
    return Target(
        "cpu", numba.extending.intrinsic, numba.extending.register_model, numba.extending.lower_cast, lower_constant,
        datamodel.models,
    )  # fmt: skip


def compile_body(program: Program, fastmath: bool, group: tuple[int, ...] | None = None) -> Any:
    """Return the dispatcher of the rewritten function."""
    body = numba.njit(**_BODY)
    # A helper that calls itself cannot be inlined by force.
    helper = numba.njit(**{**_BODY, "forceinline": False})
    return target().compile(program, Mode("cpu", fastmath, group=group), body, helper)


def build(
    program: Program,
    fastmath: bool,
    layouts: tuple[Layout, ...],
    ndim: int,
    unit_step: bool,
    group: tuple[int, ...] | None = None,
    cached: bool = True,
) -> Any:
    """Return a Numba dispatcher that runs a kernel over a space.

    It is called as ``run(threads, *starts, *steps, *counts, *leaves)`` and compiles for the types of the leaves when it
    first meets them.
    """
    # Symbols carry the digest: objects from other processes are linked by name, and two kernels may share a name.
    identity = hashlib.blake2b(
        repr((program.fingerprint, fastmath, layouts, ndim, unit_step, group, driver.BLOCK)).encode(), digest_size=10
    ).hexdigest()
    body = compile_body(program, fastmath, group)
    launch = target().define(
        driver.launcher(body, layouts, ndim, unit_step, fastmath, group, program.recursive, pool.SYMBOL)
    )
    function = _driver_function(f"jitkit_{program.name}_{identity}", launch, ndim, sum(map(leaves, layouts)))
    dispatcher = numba.njit(**_DRIVER)(function)
    if cached:
        dispatcher._cache = cache.DriverCache(program.name, identity)
    return dispatcher


def _driver_function(name: str, launch: Any, ndim: int, count: int) -> Callable[..., None]:
    """Return ``def driver(threads, starts..., steps..., counts..., leaves...)``; Numba needs each parameter named."""
    groups = [_names(letter, ndim) for letter in "spn"] + [_names("a", count)]
    parameters = ", ".join(["threads", *(name for group in groups for name in group)])
    tuples = ", ".join(f"({''.join(f'{name}, ' for name in group)})" for group in groups)
    scope: dict[str, Any] = {"launch": launch, "__name__": __name__}
    exec(f"def driver({parameters}):\n    launch(threads, {tuples})\n", scope)
    scope["driver"].__name__ = scope["driver"].__qualname__ = name
    return scope["driver"]


def _names(letter: str, count: int) -> list[str]:
    return [f"{letter}{k}" for k in range(count)]
