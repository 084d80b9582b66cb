"""The shape of a kernel's groups: the work-items that share memory and barriers (a CUDA block)."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import Any

from jitkit.errors import KernelTypeError, LaunchError
from jitkit.frontend.program import Program
from jitkit.launch.space import Space

MAX_DIMENSIONS = 3
MAX_WORK_ITEMS = 1024


def parse(group: Any, kernel: str) -> tuple[int, ...]:
    """Return the shape that the user wrote as ``group=``.

    Parameters
    ----------
    group : int or tuple of up to 3 ints
        Work-items along each dimension, at most 1024 in all.
    kernel : str
        The kernel's name, for messages.

    Raises
    ------
    KernelTypeError
        For anything else.

    Examples
    --------
    >>> parse(256, "k"), parse((16, 16), "k")
    ((256,), (16, 16))
    """
    axes = group if isinstance(group, tuple) else (group,)
    if not 1 <= len(axes) <= MAX_DIMENSIONS:
        raise KernelTypeError(
            f"{kernel}: a group has 1 to {MAX_DIMENSIONS} dimensions, and group={group!r} has {len(axes)}"
        )
    try:
        shape = tuple(operator.index(axis) for axis in axes if not isinstance(axis, bool))
    except TypeError:
        shape = ()
    if len(shape) < len(axes) or min(shape) < 1:
        raise KernelTypeError(
            f"{kernel}: group={group!r} is no shape of a group: write a positive integer or a tuple of them, "
            "such as group=256 or group=(16, 16)"
        )
    if math.prod(shape) > MAX_WORK_ITEMS:
        raise KernelTypeError(
            f"{kernel}: group={group!r} has {math.prod(shape)} work-items; a group has at most {MAX_WORK_ITEMS}"
        )
    return shape


def check_space(group: tuple[int, ...], space: Space, kernel: str) -> None:
    """Refuse a launch space whose dimensions are not those of the groups.

    Raises
    ------
    LaunchError
        The message names both numbers.
    """
    ndim = len(space.counts)
    if ndim != len(group):
        raise LaunchError(
            f"{kernel}[...]: the launch space has {ndim} dimension{'s' * (ndim != 1)} and the kernel's group {group} has "
            f"{len(group)}: give both the same"
        )


def check_shared(program: Program, names: Iterable[str], values: Iterable[Any]) -> None:
    """Refuse arguments that give an array in shared memory no size.

    Raises
    ------
    LaunchError
        The message names the line, the extent and its value.
    """
    arguments = dict(zip(names, values, strict=True))
    for site in program.shared_sites:
        if site.dynamic:
            site.extents(arguments)
