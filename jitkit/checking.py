"""Looking for mistakes in a kernel."""

from __future__ import annotations

from typing import Any

from jitkit.findings import Report
from jitkit.launch.definition import Call


def check(call: Call, values: tuple[Any, ...], *, seed: int | None = None) -> Report:
    """Interpret a launch under the sanitizer, on copies of the arguments: the caller's arrays stay as they are.

    Found are: two work-items that touch one element, at least one of them writing, with no atomic and no barrier of their
    group between (``"race"``; work-items of different groups are never ordered); an index outside an array's extent, or
    negative (a literal such as ``x[-1]`` counts from the end and is fine); a read of memory that nothing has written:
    `jk.shared`, `jk.local`, and arrays made by `jk.empty`; a barrier that only part of a group reaches; integers that
    wrap (signed ones, and unsigned ones of 8 and 16 bits: arithmetic of uint32 and uint64 is modular, as hashes and random
    generators need it), conversions out of range and shifts past the width; division by zero; a NaN made from numbers.

    The kernel runs on after a finding: a read outside an array gives 0 and a write is dropped. A work-item that does so a
    thousand times is ended, since it may never end by itself.

    Parameters
    ----------
    call : Call
        The kernel and its space.
    values : tuple
        One for each parameter behind the indices; device arrays are copied to the host.
    seed : int, optional
        Shuffles the order of a group's work-items; by default ``JITKIT_SHUFFLE``, or the order of the indices.

    Returns
    -------
    Report

    Raises
    ------
    LaunchError
        For spaces of over 33 million work-items.

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
    from jitkit.backends import sanitizer

    return sanitizer.check(call, values, seed)
