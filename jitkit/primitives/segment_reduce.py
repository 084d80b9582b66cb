"""segment_reduce: the elements of each segment of a vector combined."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.launch.kernel import Kernel
from jitkit.launch.launcher import Launcher
from jitkit.plans import remember
from jitkit.primitives import _arrays, _operators, _structs, _values
from jitkit.primitives._again import Again
from jitkit.primitives._arrays import PLAIN, given_arrays, length_of, value_of
from jitkit.primitives._in_order import in_order
from jitkit.primitives._operators import Operator
from jitkit.primitives._values import initial_value


class _Plan(NamedTuple):
    """What reduces segments, of few elements in the calling thread.

    `identity` is None where there is none, and `zero` some value of the dtypes. `faults` are arrays to write into, used again.
    """

    launcher: Launcher
    alone: Launcher
    dtypes: tuple[np.dtype[Any], ...]
    identity: Any
    zero: Any
    faults: list[np.ndarray]

    def of_vector(
        self,
        x: np.ndarray,
        offsets: np.ndarray,
        count: int,
        filled: bool,
        start: Any,
        out: Any,
        backend: str | None,
        op: Any = None,
    ) -> Any:
        """Reduce so many segments of a vector of the host, each behind a `start` unless that is None.

        Where they are to be `filled`, an empty one is a fault.

        Returns
        -------
        array or None
            None where such arrays were not met before, `out` is not of the result's dtype and shape, and where offsets are
            faulty, of which the kernel tells when it has written: `out` gets what is right.
        """
        dtype = self.dtypes[0]
        if out is not None and not (
            type(out) is np.ndarray and out.shape == (count,) and out.dtype == dtype and out.flags.writeable
        ):
            return None
        result = np.empty(count, dtype)
        try:
            faults = self.faults.pop()
        except IndexError:
            faults = np.empty(1, INT64)
        started, begin = start is not None, self.identity if start is None else start
        zero, must = self.zero if begin is None else begin, filled or begin is None
        arguments = (x, offsets, x.size, zero, started, must, count, result, faults)
        launcher = self.alone if x.size < FEW else self.launcher
        done = count > 0 and launcher.enter((count + 1, 1), backend, arguments) and not faults.item()
        if done and op is not None and launcher is self.alone and start is None and out is None:
            functions, given, asked = (op, None), (x, offsets), (filled,)
            key = _again.key_of(functions, given, asked)
            if key is not None:
                launch = launcher((count + 1, 1), backend)
                _again.keep_call(key, functions, given, asked, launch, arguments, (result,), (count,), True, faults)
        self.faults.append(faults)
        if not done or out is None:
            return result if done else None
        out[...] = result
        return out


INT64 = np.dtype(np.int64)
FEW = 1 << 14
"""Elements that several threads would share, where their segments are few: for a thousand, to wake one takes 5 us of 3."""
_plans: dict[Hashable, _Plan] = {}
_again = Again("call")


def segments_kernel(read: Callable, join: Callable, write: Callable) -> Kernel:
    """Return the kernel that combines each segment, behind an initial value where there is one.

    Segments lie along the first of two axes: as lanes of a vector their loops would go on as long as the longest's. A point
    behind all segments counts the faulty ones among them: for ten of them that takes NumPy 2 us.
    """
    stretch = in_order(read, join)

    def bound(offsets, k, n):
        return np.int64(offsets[k]) if k < offsets.shape[0] else np.int64(n)  # the last may be left out

    def faults_among(offsets, n, filled, count):
        found = 0
        if np.int64(offsets[0]) < 0 or bound(offsets, count, n) > n:
            found = 1
        for k in range(count):
            a, b = np.int64(offsets[k]), bound(offsets, k + 1, n)
            if b < a or (filled and b == a):
                found += 1
        return found

    @jk.kernel
    def reduce_segment(s, _, x, offsets, n, initial, started, filled, count, out, faults):
        if s == count:
            faults[0] = faults_among(offsets, n, filled, count)
        else:
            first, last = np.int64(offsets[s]), bound(offsets, s + 1, n)
            total = initial
            if 0 <= first < last <= n:
                total = stretch(x, first, last)
                if started:
                    total = join(initial, total)
            write(out, (s,), total)

    return reduce_segment


def segment_reduce(
    op: Any, x: Any, offsets: Any, *, initial: Any = None, out: Any = None, backend: str | None = None
) -> Any:
    """Combine the elements ``x[offsets[s]:offsets[s + 1]]`` of each segment with an associative operator.

    Parameters
    ----------
    op : callable or str
        An associative operator of two values, as for `reduce`; operands stay in order.
    x : array_like, device array, or tuple or struct of up to 6, 1-D
        The elements, as for `reduce`.
    offsets : array_like of int, 1-D
        Where segments begin and end: one more than there are segments, none less than the one before.
    initial : number or tuple, optional
        Combined with each result, from the left; the result of an empty segment.
    out : array or tuple of arrays, optional
        Where the results go.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array, or tuple or struct of arrays
        One result for each segment; the dtype as for `reduce`.

    Raises
    ------
    LaunchError
        For offsets that decrease or lie outside `x`, and an empty segment where there is neither an identity nor `initial`.

    Notes
    -----
    One point of a launch takes a segment, in runs of 16 elements, four at a time; equal inputs give equal bits.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.segment_reduce("add", np.array([1.0, 2.0, 4.0]), np.array([0, 2, 2, 3]))
    array([3., 0., 4.])
    """
    known = _again.enter(op, None, (x, offsets), backend, False, initial, out)
    if known is not None:
        return known
    kind = None if type(x) is np.ndarray else _structs.kind_of(x)
    if kind is not None:
        of_tuples, begin, target = (
            _structs.of_parts(op, kind, "segment_reduce"),
            *map(_structs.parts_of, (initial, out)),
        )
        found = segment_reduce(of_tuples, _structs.parts_of(x), offsets, initial=begin, out=target, backend=backend)
        return _structs.put_together(kind, found)
    operator = _operators.resolve(op)
    if type(offsets) in PLAIN:
        offsets = operands.as_numpy(offsets, "segment_reduce")
    if length_of((x,)) and length_of((offsets,)):
        plan = _plans.get((operator, (x.dtype,)))
        if plan is not None:
            start = None if initial is None else initial_value(initial, plan.dtypes, "segment_reduce")
            found = plan.of_vector(x, offsets, offsets.size - 1, False, start, out, backend, op)
            if found is not None:
                return found
    arrays = given_arrays(x, "segment_reduce")
    bounds = _arrays.array(offsets, "segment_reduce")
    if len(arrays[0].shape) != 1:
        raise LaunchError(
            f"jk.segment_reduce: segments are those of a vector, not of {len(arrays[0].shape)} dimensions"
        )
    return reduce_segments(operator, arrays, bounds, initial, out, backend, "segment_reduce", check=True)


def filled_segments(op: Any, x: np.ndarray, begins: np.ndarray, backend: str | None) -> Any:
    """Reduce what lies between neighbouring places in a vector of the host, and behind the last of them.

    Returns
    -------
    array or None
        None where a segment is empty or faulty, or such arrays were not met before.
    """
    found = _again.enter(op, None, (x, begins), backend, True)
    if found is None:
        plan = _plans.get((_operators.resolve(op), (x.dtype,)))
        if plan is not None:
            found = plan.of_vector(x, begins, begins.size, True, None, None, backend, op)
    return found


def reduce_segments(
    operator: Operator,
    arrays: list[Any],
    offsets: Any,
    initial: Any,
    out: Any,
    backend: str | None,
    name: str,
    check: bool,
) -> Any:
    """Do what `segment_reduce` does, under another name in messages; offsets that jitkit made need no check."""
    given = tuple(map(operands.dtype_of, arrays))
    key = (operator, given)
    plan = _plans.get(key) or remember(_plans, key, _plan(operator, given))
    dtypes = plan.dtypes
    start = plan.identity if initial is None else initial_value(initial, dtypes, name)
    if check:
        _check(offsets, arrays[0].shape[0], start is None, name)
    count, n, device = offsets.shape[0] - 1, arrays[0].shape[0], _arrays.device_of(arrays[0])
    result = _arrays.room(out, (count,), dtypes, (*arrays, offsets), device, name)
    if count:
        begin = start if start is not None else plan.zero
        faults = operands.made((1,), (INT64,), device)
        arguments = (value_of(arrays), offsets, n, begin, initial is not None, start is None, count, result, faults)
        plan.launcher.run((count, 1), backend, arguments)
    return operands.delivered(result, out, name)


def _plan(operator: Operator, given: tuple[np.dtype[Any], ...]) -> _Plan:
    dtypes = combined_in(operator, given)
    read, convert, op = _values.reader(len(given)), _values.converter(dtypes), operator.func

    def converted(x, at):
        return convert(read(x, at))

    def join(a, b):
        return convert(op(a, b))

    kernel = segments_kernel(converted, join, _values.writer(len(dtypes)))
    identity = operator.identity(dtypes[0]) if len(dtypes) == 1 else None
    zero = value_of([dtype.type(0) for dtype in dtypes])
    return _Plan(Launcher(kernel), Launcher(kernel, alone=FEW), dtypes, identity, zero, [])


def combined_in(operator: Operator, given: tuple[np.dtype[Any], ...]) -> tuple[np.dtype[Any], ...]:
    """Return the dtypes in which elements of some are combined."""
    return given if len(given) > 1 else (operator.dtype(given[0]),)


def _check(offsets: Any, n: int, no_empty: bool, name: str) -> None:
    if len(offsets.shape) != 1 or offsets.shape[0] < 1 or operands.dtype_of(offsets).kind not in "iu":
        raise KernelTypeError(f"jk.{name}: offsets= is a vector of integers, one more than there are segments")
    host = to_numpy(offsets)
    # Counting is a tenth of the time of `any` for a hundred segments.
    if int(host[0]) < 0 or int(host[-1]) > n or np.count_nonzero(host[1:] < host[:-1]):
        raise LaunchError(f"jk.{name}: offsets ascend from 0 or more to at most {n}, the number of elements")
    if no_empty and (host[1:] == host[:-1]).any():
        empty = int(np.argmax(host[1:] == host[:-1]))
        raise LaunchError(f"jk.{name}: segment {empty} is empty, and the operator has no identity: pass initial=")
