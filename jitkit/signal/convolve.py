"""convolve and correlate: of two arrays of one to three dimensions, summed up directly or by Fourier transforms."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import functools
import math
from typing import Any, Literal

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import LaunchError
from jitkit.launch.launcher import Launcher
from jitkit.primitives._arrays import apart, on_host
from jitkit.signal._fft_plan import real
from jitkit.signal.fft import fft, ifft, numbers
from jitkit.signal.rfft import irfft, rfft

Mode = Literal["full", "same", "valid"]
Method = Literal["auto", "direct", "fft"]


@jk.kernel
def inside(i, j, p, x, w, out, start, left_0, left_1, left_2):
    """Sum up a window whose columns are all inside; of its planes and rows those that are. Four sums hide latency."""
    c = start + p
    first, taps = c - left_2, w.shape[2]
    a, b, d, e = 0.0, 0.0, 0.0, 0.0
    for f in range(max(0, left_0 - i), min(w.shape[0], x.shape[0] + left_0 - i)):
        for g in range(max(0, left_1 - j), min(w.shape[1], x.shape[1] + left_1 - j)):
            plane, row = i + f - left_0, j + g - left_1
            for k in range(0, taps - 3, 4):
                a += w[f, g, k] * x[plane, row, first + k]
                b += w[f, g, k + 1] * x[plane, row, first + k + 1]
                d += w[f, g, k + 2] * x[plane, row, first + k + 2]
                e += w[f, g, k + 3] * x[plane, row, first + k + 3]
            for k in range(taps - taps % 4, taps):
                a += w[f, g, k] * x[plane, row, first + k]
    out[i, j, c] = (a + b) + (d + e)


@jk.kernel
def at_rim(i, j, p, x, w, out, start, left_0, left_1, left_2):
    """Sum up what is inside of a window."""
    c, last = start + p, x.shape[2] - 1
    total = 0.0
    for f in range(max(0, left_0 - i), min(w.shape[0], x.shape[0] + left_0 - i)):
        for g in range(max(0, left_1 - j), min(w.shape[1], x.shape[1] + left_1 - j)):
            plane, row = i + f - left_0, j + g - left_1
            for k in range(w.shape[2]):
                place = c - left_2 + k
                term = w[f, g, k] * x[plane, row, min(max(place, 0), last)]
                total += term if 0 <= place <= last else 0.0
    out[i, j, c] = total


@jk.kernel
def short_sums(_, __, x, w, start, out):
    """Add what each tap gives to all of a short vector: in a first-level cache, vector by vector, at no rim a test."""
    n, length = x.shape[0], out.shape[0]
    for c in range(length):
        out[c] = 0.0
    for k in range(w.shape[0]):
        tap, first, to = w[k], max(0, start - k), max(0, k - start)
        for j in range(min(n - first, length - to)):
            out[to + j] += tap * x[first + j]


@jk.kernel
def multiply(k, x, y):
    """Multiply complex numbers into `x`, both as parts."""
    re, im = x[2 * k], x[2 * k + 1]
    x[2 * k] = re * y[2 * k] - im * y[2 * k + 1]
    x[2 * k + 1] = re * y[2 * k + 1] + im * y[2 * k]


@jk.kernel
def lay(p, j, x, begin, step, rows):
    """Lay out pieces of a vector that overlap; beyond its ends there are zeros."""
    place = begin + p * step + j
    if 0 <= place < x.shape[0]:
        rows[p, j] = x[place]
    else:
        rows[p, j] = 0.0


@jk.kernel
def multiply_rows(p, k, x, y):
    """Multiply each row of complex numbers by a vector of them, all as parts."""
    re, im = x[p, 2 * k], x[p, 2 * k + 1]
    x[p, 2 * k] = re * y[2 * k] - im * y[2 * k + 1]
    x[p, 2 * k + 1] = re * y[2 * k + 1] + im * y[2 * k]


_lay, _multiply_rows = Launcher(lay), Launcher(multiply_rows)
_inside, _at_rim, _short, _multiply = Launcher(inside), Launcher(at_rim), Launcher(short_sums), Launcher(multiply)
_ALONE = (1, 1)
CACHE = 1 << 19
"""Bytes of the pieces that are transformed together."""
MANY, LONG = 4, 1 << 16
"""Pieces from which transforms go piece by piece, and elements from which this is worth some 0.1 ms of launches."""
SHORT = 1 << 16
"""Terms of vectors that one thread adds up in 4 to 8 us; `inside` and `at_rim`, with all that they need, take 11 to 37."""


def convolve(
    in1: Any,
    in2: Any,
    mode: Mode = "full",
    method: Method = "auto",
    *,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Convolve two arrays of one to three dimensions.

    Parameters
    ----------
    in1, in2 : array_like or device array, 1-D to 3-D
        Real or complex numbers; on a GPU real ones.
    mode : {"full", "same", "valid"}
        The whole convolution, its middle in the shape of `in1`, or where one array lies in the other.
    method : {"auto", "direct", "fft"}
        Sum up directly, or multiply Fourier transforms (of arrays on the host); by the number of terms unless said.
    out : array, optional
        Where the result goes.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    array
        Of the larger of the two types, integers as float64.

    Raises
    ------
    LaunchError
        For other dimensions, and an `out` of another shape.
    ValueError
        For a mode or method that there is not, and for "valid" where neither array lies in the other.

    Notes
    -----
    The definition is that of `scipy.signal.convolve`. Direct sums know no error beyond their own rounding, and keep NaN and
    infinity where they are. A long vector with a short one is transformed in pieces that overlap: a NaN spoils its pieces.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.convolve(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0]))
    array([1., 3., 5., 3.])
    """
    x, w = _two(in1, in2, "signal.convolve")
    return _convolved(x, w, mode, method, out, backend, "signal.convolve")


def correlate(
    in1: Any,
    in2: Any,
    mode: Mode = "full",
    method: Method = "auto",
    *,
    out: Any = None,
    backend: str | None = None,
) -> Any:
    """Correlate two arrays of one to three dimensions: convolve the first with the second reversed and conjugate.

    Parameters
    ----------
    in1, in2, mode, method, out, backend
        As for `convolve`.

    Returns
    -------
    array
        Of the larger of the two types, integers as float64.

    Raises
    ------
    LaunchError, ValueError
        As for `convolve`.

    Notes
    -----
    The definition is that of `scipy.signal.correlate`.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> jk.signal.correlate(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0]), mode="same")
    array([1., 2., 3.])
    """
    name = "signal.correlate"
    x, w = _two(in1, in2, name)
    w = jk.to_numpy(w)[(slice(None, None, -1),) * len(w.shape)]
    w = w.conj() if w.dtype.kind == "c" else w
    w = w if operands.device_of(x) is None else jk.asarray(w, device="cuda")
    return _convolved(x, w, mode, method, out, backend, name)


def _two(in1: Any, in2: Any, name: str) -> tuple[Any, Any]:
    same = operands.are_alike((in1, in2))  # with nothing to be done to them
    x, w = (in1, in2) if same else (numbers(in1, name), numbers(in2, name))
    if len(x.shape) != len(w.shape) or not 1 <= len(x.shape) <= 3:
        raise LaunchError(
            f"jk.{name}: takes two arrays of as many dimensions, 1 to 3; given {len(x.shape)} and {len(w.shape)}"
        )
    if same:
        return x, w
    if operands.device_of(x) is None and operands.device_of(w) is None:
        dtype = np.result_type(x, w)
        return np.asarray(x, dtype), np.asarray(w, dtype)
    x, w = operands.alike([x, w], name)
    return x, w


def _convolved(x: Any, w: Any, mode: str, method: str, out: Any, backend: str | None, name: str) -> Any:
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"jk.{name}: mode={mode!r}; there are 'full', 'same' and 'valid'")
    if method not in ("auto", "direct", "fft"):
        raise ValueError(f"jk.{name}: method={method!r}; there are 'auto', 'direct' and 'fft'")
    starts, shape = _extent(tuple(x.shape), tuple(w.shape), mode, name)
    plain = out is None and method != "fft" and len(shape) == 1
    if plain and 0 < x.shape[0] * w.shape[0] <= SHORT and x.dtype.kind == "f" and on_host((x, w), backend):
        return _of_short(x, w, starts[0], shape[0], backend)
    device, dtype = operands.device_of(x), operands.dtype_of(x)
    if 0 in x.shape or 0 in w.shape:
        found = operands.made(shape if mode == "same" else (0,) * len(shape), (dtype,), device)
        operands.assign(found, 0)
    elif device is None and (method == "fft" or (method == "auto" and _far(x.shape, w.shape, dtype.itemsize))):
        found = _by_transforms(x, w, starts, shape, backend)
    elif dtype.kind == "c":
        parts = [(x.real, w.real), (x.imag, w.imag), (x.real, w.imag), (x.imag, w.real)]
        rr, ii, ri, ir = (_direct(a, b, starts, shape, None, backend, name) for a, b in parts)
        found = (rr - ii + 1j * (ri + ir)).astype(dtype)
    else:
        return _direct(x, w, starts, shape, out, backend, name)
    return found if out is None else operands.store(found, out, tuple(found.shape), name)


@functools.lru_cache(maxsize=256)
def _extent(x: tuple[int, ...], w: tuple[int, ...], mode: str, name: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return where a result begins in the whole convolution, and its shape."""
    if mode == "full":
        return (0,) * len(x), tuple(n + m - 1 for n, m in zip(x, w, strict=True))
    if mode == "same":
        return tuple((m - 1) // 2 for m in w), x
    if not (all(n >= m for n, m in zip(x, w, strict=True)) or all(n <= m for n, m in zip(x, w, strict=True))):
        raise ValueError(f"jk.{name}: for mode='valid' one array lies in the other along each axis; given {x} and {w}")
    starts = tuple(min(n, m) - 1 for n, m in zip(x, w, strict=True))
    return starts, tuple(abs(n - m) + 1 for n, m in zip(x, w, strict=True))


@functools.lru_cache(maxsize=256)
def _far(x: tuple[int, ...], w: tuple[int, ...], itemsize: int) -> bool:
    """Tell whether transforms are faster: a sum takes a sixteenth of a nanosecond a term, a transform some for each bit.

    Those of pieces have few bits: a million float32 elements took 5 ms with 280 taps either way, float64 with 140.
    """
    least, most = sorted((math.prod(x), math.prod(w)))
    if len(x) == 1 and most >= max(LONG, MANY * _piece(least)):
        return least * itemsize > 1152
    whole = math.prod(n + m - 1 for n, m in zip(x, w, strict=True))
    return least > 24 * max(8, whole.bit_length())


def _of_short(x: np.ndarray, w: np.ndarray, start: int, length: int, backend: str | None) -> np.ndarray:
    if w.shape[0] > x.shape[0]:
        x, w = w, x
    out = np.empty(length, x.dtype)
    _short.run(_ALONE, backend, (x, w, start, out))
    return out


def _direct(
    x: Any, w: Any, starts: tuple[int, ...], shape: tuple[int, ...], out: Any, backend: str | None, name: str
) -> Any:
    if math.prod(w.shape) > math.prod(x.shape):
        x, w = w, x
    device, dtype = operands.device_of(x), operands.dtype_of(x)
    result = operands.result(out, shape, dtype, device, name)
    fresh = result
    if isinstance(x, np.ndarray):
        x = np.ascontiguousarray(x)
        if out is not None and not (result.flags.c_contiguous and apart(result, (x, w))):
            fresh = np.empty(shape, dtype)
    ones: tuple[int, ...] = (1,) * (3 - len(shape))
    flipped = jk.to_numpy(w)[(slice(None, None, -1),) * len(shape)].copy()
    taps = operands.constant(flipped.reshape(ones + flipped.shape), device)
    wide, target = x.reshape((*ones, *x.shape)), fresh.reshape((*ones, *shape))
    lefts = [m - 1 - s for m, s in zip(taps.shape, (0,) * len(ones) + starts, strict=True)]
    n, columns = wide.shape[2], target.shape[2]
    begin = min(max(lefts[2], 0), columns)
    end = max(begin, min(columns, n - (taps.shape[2] - 1 - lefts[2])))
    for launch, start, stop in ((_inside, begin, end), (_at_rim, 0, begin), (_at_rim, end, columns)):
        if stop > start:
            launch.run((*target.shape[:2], stop - start), backend, (wide, taps, target, start, *lefts))
    if fresh is not result:
        result[...] = fresh
    return operands.delivered(result, out, name)


def _in_pieces(x: np.ndarray, w: np.ndarray, start: int, length: int, backend: str | None) -> np.ndarray:
    """Return a stretch of the whole convolution from transforms of pieces that overlap by what the filter reaches.

    Some pieces at a time, which stay in the cache.
    """
    x, reach, size = np.ascontiguousarray(x), w.shape[0] - 1, _piece(w.shape[0])
    step, parts = size - reach, 2 if x.dtype.kind == "c" else 1
    there, back = (fft, ifft) if parts == 2 else (rfft, irfft)
    spectrum = real(there(w, size, backend=backend))
    out = np.empty(length, x.dtype)
    count = max(1, CACHE // (size * x.dtype.itemsize))
    for first in range(0, -(-length // step), count):
        begin = first * step
        rows = np.empty((min(count, -(-(length - begin) // step)), size), x.dtype)
        _lay.run(
            (rows.shape[0], size * parts),
            backend,
            (_parts(x), (start + begin - reach) * parts, step * parts, _parts(rows)),
        )
        product = there(rows, backend=backend)
        seen = real(product).reshape(rows.shape[0], -1)
        _multiply_rows.run((rows.shape[0], spectrum.shape[0] // 2), backend, (seen, spectrum))
        found = back(product, size, backend=backend)[:, reach:]
        whole = (rows.shape[0] - 1) * step
        end = min(begin + whole + step, length)
        out[begin : begin + whole].reshape(-1, step)[...] = found[:-1]
        out[begin + whole : end] = found[-1, : end - begin - whole]
    return out


def _parts(x: np.ndarray) -> np.ndarray:
    """Return complex numbers as their parts along the last axis, others as they are."""
    return x.view(x.real.dtype)


def _piece(taps: int) -> int:
    """Return how long pieces are: an eighth of each, at most, gives no result."""
    return max(1 << 12, 1 << (8 * taps - 1).bit_length())


def _by_transforms(x: Any, w: Any, starts: tuple[int, ...], shape: tuple[int, ...], backend: str | None) -> Any:
    if len(shape) == 1:
        long, taps = (x, w) if x.shape[0] >= w.shape[0] else (w, x)
        if long.shape[0] >= MANY * _piece(taps.shape[0]):
            return _in_pieces(long, taps, starts[0], shape[0], backend)
    lengths = [_good(n + m - 1) for n, m in zip(x.shape, w.shape, strict=True)]
    is_real = x.dtype.kind != "c"
    spectra = []
    for a in (x, w):
        there = (rfft if is_real else fft)(a, lengths[-1], backend=backend)
        for axis in range(len(shape) - 1):
            there = fft(there, lengths[axis], axis, backend=backend)
        spectra.append(there)
    product, other = spectra
    _multiply(product.size, backend)(real(product), real(other))
    for axis in range(len(shape) - 1):
        product = ifft(product, axis=axis, backend=backend)
    whole = irfft(product, lengths[-1], backend=backend) if is_real else ifft(product, backend=backend)
    return whole[tuple(slice(s, s + n) for s, n in zip(starts, shape, strict=True))].copy()


def _good(n: int) -> int:
    """Return the least even length from n whose transform is fast: a power of two, times 1, 3, 5, 9 or 15."""
    return min(k << max(1, (-(-n // k) - 1).bit_length()) for k in (1, 3, 5, 9, 15))
