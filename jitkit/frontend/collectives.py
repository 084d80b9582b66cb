"""What `group_reduce`, `group_scan` and `broadcast` compute: plain functions in the kernel language, made for an operator.

Each is a helper that the frontend calls in the kernel's stead, and that an interpreter can run as it stands, so all
backends combine the same values in the same order. Two levels: of the n values of a reduction, up to 32 work-items combine
their shares, and their results are combined in pairs; in a scan about sqrt(n) work-items combine as many values each, then
all of them combine those partial results. A tree over all work-items needs log2(n) barriers, these need two or three.
The first barrier of the next call keeps apart the reads after the last one and the writes of that call, so
calling them in a loop needs no further barrier.

On a CUDA device the work-items of a reduction's second level are one warp, whose threads read one another's registers: in
groups of 256 a thread waits for 8 loads of shared memory and 5 shuffles one after another, where the two levels of a scan
are 32 loads. Operands meet in the same pairs either way, so results are equal to the bit.

Reference: Harris, "Optimizing Parallel Reduction in CUDA" (2007), for the reduction in levels; Blelloch, "Prefix Sums and
Their Applications" (1990), for the scan.
"""

from __future__ import annotations

import functools
import inspect
import math
import operator
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from jitkit.errors import KernelError
from jitkit.frontend import operations
from jitkit.frontend.meanings import compiled_form
from jitkit.language import group_size, local_index

_COMMUTATIVE = frozenset(
    [operator.add, operator.mul, operator.and_, operator.or_, operator.xor, min, max]
    + [getattr(np, name) for name in operations.NUMPY if name in
       "add multiply minimum maximum fmin fmax bitwise_and bitwise_or bitwise_xor logical_and logical_or logical_xor".split()]
)  # fmt: skip


_WARP = 32  # threads that share registers on every CUDA device


def operator_of(op: Any) -> Callable[[Any, Any], Any]:
    """Return the function of two numbers that an operator stands for.

    Parameters
    ----------
    op : callable or str
        A plain function or lambda, `min`, `max`, a function of `operator` or `math`, a NumPy ufunc, or its name.

    Raises
    ------
    KernelError
        For anything else.
    """
    found: Any = operations.named(op) if isinstance(op, str) else getattr(op, "py_func", op)
    known = operations.lookup(found)
    if known is not None and operations.arity(known) == 2:
        return found
    if known is None and inspect.isfunction(helper := compiled_form(found)) and _takes_two(helper):
        return found
    raise KernelError(
        f"{operations.described(op)} is no operator of two numbers: give a function of two parameters, min, max, a "
        "function of the operator module, a NumPy ufunc such as np.add, or its name, 'add'"
    )


def _takes_two(func: Callable) -> bool:
    try:
        inspect.signature(func).bind(0, 0)
    except TypeError:
        return False
    return True


def shared_of(shape: int, value: Any) -> Any:
    """Stand for an array in shared memory with the dtype of a number; a Python number has NumPy's default for it."""
    raise KernelError("shared_of is for the helpers of this module alone")


def barrier_at(line: int) -> NoReturn:
    """Stand for a barrier of which the line in the user's file is known only to the caller."""
    raise KernelError("barrier_at is for the helpers of this module alone")


def has_shuffles() -> bool:
    """Tell whether the threads of a warp read one another's registers: a constant of compiled code."""
    return False


def shuffled(number: Any, distance: int, count: int) -> NoReturn:
    """Stand for the number that the thread `distance` further on in the warp has, of `count` that take part."""
    raise KernelError("shuffled is for the helpers of this module alone")


def as_element(array: Any, number: Any) -> NoReturn:
    """Stand for a number as an array would hold it."""
    raise KernelError("as_element is for the helpers of this module alone")


@functools.lru_cache(maxsize=256)
def reduction(op: Callable[[Any, Any], Any], group: tuple[int, ...]) -> Callable[..., Any]:
    """Return ``group_reduce(value, line)`` for an operator and a shape of groups.

    Where the order of the operands does not matter, work-items read neighbouring values at the same time.
    """
    linear, size, ordered = _LINEAR[len(group)], math.prod(group), op not in _COMMUTATIVE
    share = -(-size // min(size, _WARP))
    parts = -(-size // share) if ordered else min(size, _WARP)
    apart = 1 if ordered else parts

    def group_reduce(value, line):  # type: ignore[no-untyped-def]
        values = shared_of(size, value)
        partials = shared_of(parts, value)
        me = linear()
        values[me] = value
        barrier_at(line)
        if me < parts:
            first = me * share if ordered else me
            last = min(first + share, size) if ordered else size
            total = values[first]
            for k in range(first + apart, last, apart):
                total = op(total, values[k])
            partials[me] = total
            if has_shuffles():
                held = as_element(partials, total)
                distance = 1
                while distance < parts:
                    other = shuffled(held, distance, parts)
                    if me + distance < parts:
                        held = as_element(partials, op(held, other))
                    distance *= 2
                if me == 0:
                    partials[0] = held
        if not has_shuffles():
            barrier_at(line)
            if me == 0:
                distance = 1
                while distance < parts:
                    for k in range(0, parts - distance, 2 * distance):
                        partials[k] = op(partials[k], partials[k + distance])
                    distance *= 2
        barrier_at(line)
        values[me] = partials[0]  # nobody else's element: this gives the result the type of the values
        return values[me]

    return group_reduce


@functools.lru_cache(maxsize=256)
def scan(op: Callable[[Any, Any], Any], group: tuple[int, ...]) -> Callable[..., Any]:
    """Return ``group_scan(value, line)`` for an operator and a shape of groups: operands stay in order."""
    linear, size = _LINEAR[len(group)], math.prod(group)
    chunk, parts = _chunks(size)

    def group_scan(value, line):  # type: ignore[no-untyped-def]
        values = shared_of(size, value)
        partials = shared_of(parts, value)
        me = linear()
        values[me] = value
        barrier_at(line)
        if me < parts:
            first = me * chunk
            total = values[first]
            for k in range(first + 1, min(first + chunk, size)):
                total = op(total, values[k])
                values[k] = total
            partials[me] = total
        barrier_at(line)
        part = me // chunk
        if part > 0:
            before = partials[0]
            for k in range(1, part):
                before = op(before, partials[k])
            values[me] = op(before, values[me])
        return values[me]

    return group_scan


@functools.lru_cache(maxsize=256)
def broadcasting(group: tuple[int, ...]) -> Callable[..., Any]:
    """Return ``broadcast(value, index, line)`` for a shape of groups."""
    linear = _LINEAR[len(group)]

    def broadcast(value, index, line):  # type: ignore[no-untyped-def]
        held = shared_of(1, value)
        if linear() == index:
            held[0] = value
        barrier_at(line)
        result = held[0]
        barrier_at(line)  # the next call may write at once
        return result

    return broadcast


def _chunks(size: int) -> tuple[int, int]:
    """Return how many values one work-item combines, and how many do so; no part is empty."""
    chunk = math.isqrt(size - 1) + 1
    return chunk, -(-size // chunk)


def _linear_in_two() -> Any:
    row, column = local_index()
    return row * group_size()[1] + column


def _linear_in_three() -> Any:
    plane, row, column = local_index()
    return (plane * group_size()[1] + row) * group_size()[2] + column


_LINEAR: dict[int, Callable[[], Any]] = {1: local_index, 2: _linear_in_two, 3: _linear_in_three}
