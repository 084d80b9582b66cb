"""Launching kernels on the CPU: from Python values to the arguments of the compiled driver."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from jitkit.backends import cpu, pool, report
from jitkit.backends.layout import Layout, layout_of, leaf_values

if TYPE_CHECKING:
    from jitkit.launch.kernel import Kernel, Launch

_DIRECT = (np.ndarray, bool, int, float, complex)


def host_array(value: Any) -> Any:
    """Return a NumPy view of any array on the host (a torch tensor, say); numbers stay."""
    if isinstance(value, np.ndarray):
        return value if type(value) is np.ndarray else value.view(np.ndarray)
    if hasattr(value, "__dlpack__") and not isinstance(value, np.generic):
        return np.from_dlpack(value)
    return value


def runner(kernel: Kernel, layouts: tuple[Layout, ...], ndim: int, unit_step: bool) -> Any:
    """Return the compiled driver of a kernel for arguments of one layout; kept on the kernel."""
    key = ("cpu", layouts, ndim, unit_step)
    found = kernel.plans.get(key)
    if found is None:
        found = cpu.build(kernel.program, kernel.fastmath, layouts, ndim, unit_step)
        kernel.plans[key] = found
    return found


def plan(launch: Launch, values: tuple) -> Callable[[Launch, tuple[int, ...], tuple], None] | None:
    """Return the short way for arguments of these Python types, or None where they need converting each time."""
    if not all(type(value) in _DIRECT or isinstance(value, np.generic) for value in values):
        return None
    run = runner(launch.kernel, tuple(map(layout_of, values)), launch.ndim, launch.space.steps[-1] == 1)

    def short(launch: Launch, prefix: tuple[int, ...], args: tuple) -> None:
        try:
            run(pool.ready(), *prefix, *args)
        except Exception as error:  # compiled code raises nothing: this is a compilation for new dtypes
            raise report.explain(launch.kernel, launch.ndim, args, error) from error

    return short


def run(launch: Launch, values: tuple) -> None:
    """Run a launch whose arguments are bound and checked."""
    kernel, space = launch.kernel, launch.space
    compiled = runner(kernel, tuple(map(layout_of, values)), launch.ndim, space.steps[-1] == 1)
    flat = [host_array(leaf) for leaf in leaf_values(values)]
    try:
        compiled(pool.ready(), *space.starts, *space.steps, *space.counts, *flat)
    except Exception as error:
        raise report.explain(kernel, launch.ndim, values, error) from error


def prepare(launch: Launch, values: tuple, fresh: bool = False) -> Any:
    """Compile for arguments of these types without running; return the driver.

    `fresh` compiles even what is compiled or cached already: only then is there LLVM IR to look at.
    """
    kernel, unit_step = launch.kernel, launch.space.steps[-1] == 1
    layouts = tuple(map(layout_of, values))
    if fresh:
        compiled = cpu.build(kernel.program, kernel.fastmath, layouts, launch.ndim, unit_step, cached=False)
    else:
        compiled = runner(kernel, layouts, launch.ndim, unit_step)
    flat = [host_array(leaf) for leaf in leaf_values(values)]
    try:
        signature = tuple(map(compiled.typeof_pyval, [1, *(0,) * (3 * launch.ndim), *flat]))
        compiled.compile(signature)
    except Exception as error:
        raise report.explain(kernel, launch.ndim, values, error) from error
    return compiled
