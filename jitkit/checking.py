"""Looking for mistakes in a kernel."""

from __future__ import annotations

from typing import Any, Literal

from jitkit.errors import BackendError, LaunchError
from jitkit.findings import Report
from jitkit.launch import choice
from jitkit.launch.definition import Call


def check(
    call: Call, values: tuple[Any, ...], *, seed: int | None = None, backend: Literal["python", "cuda"] = "python"
) -> Report:
    """Interpret a launch under the sanitizer, on copies of the arguments: the caller's arrays stay as they are.

    Found are: two work-items that touch one element, at least one of them writing, with no atomic and no barrier of their
    group between (``"race"``; work-items of different groups are never ordered); an index outside an array's extent, or
    negative (a literal such as ``x[-1]`` counts from the end and is fine); a read of memory that nothing has written:
    `jk.shared`, `jk.local`, arrays made by `jk.empty`, and variables that only some branches set; a barrier that only part
    of a group reaches; integers that
    wrap (signed ones, and unsigned ones of 8 and 16 bits: arithmetic of uint32 and uint64 is modular, as hashes and random
    generators need it), conversions out of range and shifts past the width; division by zero; a NaN made from numbers.

    The kernel runs on after a finding: a read outside an array gives 0 and a write is dropped. A work-item that does so a
    thousand times is ended, since it may never end by itself.

    With ``backend="cuda"`` the code for GPUs runs in the emulator instead, on any machine. That sees what was generated and
    not what was written: accesses outside every array (an index past the end of a row that lands in the next row is not
    one), misaligned accesses (``"misaligned"``), races in shared memory, and barriers that only part of a group reaches.

    Parameters
    ----------
    call : Call
        The kernel and its space.
    values : tuple
        One for each parameter behind the indices; device arrays are copied to the host.
    seed : int, optional
        Shuffles the order of a group's work-items; by default ``JITKIT_SHUFFLE``, or the order of the indices. For the
        interpreter alone.
    backend : {"python", "cuda"}, default "python"
        What runs: the interpreter, or the code for GPUs in the emulator.

    Returns
    -------
    Report

    Raises
    ------
    LaunchError
        For spaces of over 33 million work-items in the interpreter, and a seed for the emulator.
    BackendError
        For another backend, and where numba-cuda, which generates the code for GPUs, is not installed.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> @jk.kernel
    ... def shift(i, x):
    ...     x[i] = x[i + 1]
    >>> report = shift.check[4](np.arange(4.0))
    >>> sorted({finding.kind for finding in report.findings})
    ['out-of-bounds', 'race']
    """
    if choice.checked(backend, f"{call.kernel.name}.check") == "cpu":
        raise BackendError(
            f"{call.kernel.name}.check: the code for CPUs has no checks; ask for backend='python' or 'cuda'"
        )
    if backend == "cuda":
        if seed is not None:
            raise LaunchError(
                f"{call.kernel.name}.check: a seed orders the interpreter's work-items, not backend 'cuda'"
            )
        from jitkit.backends import emulated_check

        return emulated_check.check(call, values)
    from jitkit.backends import sanitizer

    return sanitizer.check(call, values, seed)
