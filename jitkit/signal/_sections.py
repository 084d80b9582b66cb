"""Recursive filters as sections of second order, over many signals and many stretches of each at once.

The state behind a stretch is linear in the state before it: stretches are run from rest, the states are carried on from one
to the next by a power of the filter's matrix, and then all are run from where they begin, each for itself.

Reference: W. Sung, S. K. Mitra, "Efficient multi-processor implementation of recursive digital filters", ICASSP 1986.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.launch.launcher import Launcher

_ENOUGH, _GPU_ENOUGH = 1024, 1 << 14
"""Signals and stretches together that keep every lane at work."""
_SHORTEST = 256
"""Elements of a stretch, of which each is filtered twice."""


def _stretch(sections: int, writing: bool) -> Callable[..., None]:
    def run(o, b, c, x, length, reverse, sos, states, out):
        """Filter one stretch of a signal, and leave the state behind it.

        The form is the second direct one, transposed.
        """
        n = x.shape[1]
        z = jk.local(2 * sections, x.dtype)
        for k in range(2 * sections):
            z[k] = states[k, o, b, c]
        for t in range(b * length, min((b + 1) * length, n)):
            at = n - 1 - t if reverse else t
            value = x[o, at, c]
            for s in range(sections):
                last = value
                value = sos[s, 0] * last + z[2 * s]
                z[2 * s] = sos[s, 1] * last - sos[s, 4] * value + z[2 * s + 1]
                z[2 * s + 1] = sos[s, 2] * last - sos[s, 5] * value
            if writing:
                out[o, at, c] = value
        for k in range(2 * sections):
            states[k, o, b, c] = z[k]

    return run


@functools.cache
def _launchers(sections: int, writing: bool) -> tuple[Launcher, Launcher]:
    """Return the launchers for signals side by side, and for signals one after another."""
    run = _stretch(sections, writing)

    @jk.kernel(name="sections_beside")
    def beside(o, b, c, x, length, reverse, sos, states, out):
        run(o, b, c, x, length, reverse, sos, states, out)

    @jk.kernel(name="sections_apart")
    def apart(r, x, length, reverse, sos, states, out):
        stretches = states.shape[2]
        run(r // stretches, r % stretches, 0, x, length, reverse, sos, states, out)

    return Launcher(beside), Launcher(apart)


@jk.kernel
def carry(o, c, states, power, starts):
    """Carry states on from each stretch, which was run from rest, to the beginning of the next."""
    size = power.shape[0]
    for b in range(starts.shape[2] - 1):
        for k in range(size):
            total = states[k, o, b, c]
            for m in range(size):
                total += power[k, m] * starts[m, o, b, c]
            starts[k, o, b + 1, c] = total


_carry = Launcher(carry)


def matrix_of(sos: np.ndarray) -> np.ndarray:
    """Return what a step without input makes of the states of all sections."""
    size = 2 * len(sos)
    matrix = np.zeros((size, size))
    value = np.zeros(size)  # what a section is given, as a combination of the states
    for s, (b0, b1, b2, _, a1, a2) in enumerate(sos):
        last, value = value, b0 * value
        value[2 * s] += 1
        matrix[2 * s] = b1 * last - a1 * value
        matrix[2 * s, 2 * s + 1] += 1
        matrix[2 * s + 1] = b2 * last - a2 * value
    return matrix


@functools.lru_cache(maxsize=64)
def _stable(shape: tuple[int, ...], sos: bytes) -> bool:
    return bool(np.abs(np.linalg.eigvals(matrix_of(np.frombuffer(sos).reshape(shape)))).max() < 1)


@functools.lru_cache(maxsize=64)
def _power(shape: tuple[int, ...], sos: bytes, length: int) -> np.ndarray:
    """Return what a stretch without input makes of the states: found once, as is whether a filter is stable, in 30 us each."""
    return np.linalg.matrix_power(matrix_of(np.frombuffer(sos).reshape(shape)), length)


def _stretches(sos: np.ndarray, signals: int, n: int, device: str | None) -> tuple[int, int]:
    """Return how many stretches signals are cut into, and the elements of each; 1 where a filter is not stable."""
    wanted = min((_ENOUGH if device is None else _GPU_ENOUGH) // max(signals, 1), n // _SHORTEST)
    if wanted < 2 or not _stable(sos.shape, sos.tobytes()):
        return 1, n
    # Not a multiple of a page, so that the lanes of a vector do not meet in one set of a cache.
    length = -(-n // wanted) // 32 * 32 + 48
    return -(-n // length), length


def filtered(sos: np.ndarray, x: Any, axis: int, states: Any, out: Any, reverse: bool, backend: str | None) -> None:
    """Write a C-contiguous array, filtered along an axis, into another one, and the states behind into `states`.

    Parameters
    ----------
    sos : numpy.ndarray, shape (sections, 6)
        The coefficients.
    x, out : array
        Of one shape and dtype, that do not overlap.
    axis : int
        The axis of time.
    states : array, shape (2 * sections, outer, inner)
        What the filters begin with.
    reverse : bool
        Whether time runs back.
    backend : str or None
        The backend.
    """
    shape, n, device, dtype = tuple(x.shape), x.shape[axis], operands.device_of(x), operands.dtype_of(x)
    outer, inner = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
    sections = len(sos)
    x, out = x.reshape((outer, n, inner)), out.reshape((outer, n, inner))
    given = states.reshape((2 * sections, outer, 1, inner))
    coefficients = operands.constant(sos.astype(dtype), device)
    stretches, length = _stretches(sos, outer * inner, n, device)

    def run(begins: Any, writing: bool) -> None:
        beside, apart = _launchers(sections, writing)
        count = begins.shape[2]
        args = (x, length, int(reverse), coefficients, begins, out)
        if inner > 1:
            beside((outer, count, inner), backend)(*args)
        else:
            apart(outer * count, backend)(*args)

    if stretches == 1:
        run(given, True)
        return
    # From rest, all stretches but the last, behind which none begins.
    ends = jk.zeros((2 * sections, outer, stretches - 1, inner), dtype, device=device)
    starts = operands.made((2 * sections, outer, stretches, inner), (dtype,), device)
    operands.assign(starts[:, :, :1], given)
    run(ends, False)
    power = _power(sos.shape, sos.tobytes(), length).astype(dtype)
    _carry((outer, inner), backend)(ends, operands.constant(power, device), starts)
    run(starts, True)
    operands.assign(given, starts[:, :, stretches - 1 :])
