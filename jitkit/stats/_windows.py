"""The kernels of rolling sums and variances: a running window for each stretch of a row, begun anew at its first element.

A stretch is short enough that rounding cannot build up, and stretches are computed at the same time. Sums are kept in
float64. Where a stretch holds NaN or infinity, they are counted and kept out of the sums, so that they leave no trace
when they leave the window. What is left of far larger elements that have left is rounding of theirs: a window with less
than `LOST` of the largest since the last beginning is added up anew.

Source: B. P. Welford, Note on a method for calculating corrected sums of squares and products, Technometrics 4, 419-420, 1962.
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
from jitkit.launch.launcher import Launcher
from jitkit.stats._missing_windows import squares_of_numbers, sums_of_numbers

STRETCH = 4096
"""Elements between two beginnings; more where the window is longer, so that beginnings stay cheap."""

LOST = 2.0**-18
"""Part of a sum below which too few of its 52 bits are those of what is in the window."""


def read_row(x, o, k, c):
    """Return an element of a row that begins at element `o`: a vector is taken as it is, and to reshape one takes 0.13 us."""
    return x[o + k]


def write_row(out, o, k, c, value):
    """Write one."""
    out[o + k] = value


def read_strided(x, o, k, c):
    """Return an element of what begins at element `o` and goes on at every `c`-th."""
    return x[o + k * c]


def write_strided(out, o, k, c, value):
    """Write one."""
    out[o + k * c] = value


def read_column(x, o, k, c):
    """Return an element of an array whose middle axis is taken."""
    return x[o, k, c]


def write_column(out, o, k, c, value):
    """Write one."""
    out[o, k, c] = value


def of_sum(total, n, up, down, least, means):
    """Return the sum or mean of a window: of its finite elements, and how many are numbers, infinite and negatively so."""
    if n < least:
        return math.nan
    if up > 0 or down > 0:
        return math.nan if up > 0 and down > 0 else (math.inf if up > 0 else -math.inf)
    return total / n if means else total


def odd_of(read: Callable[..., Any], write: Callable[..., None]) -> Callable[..., Any]:
    """Return ``odd(x, o, c, first, last)``: how many elements are NaN, and how many infinite."""

    def odd(x, o, c, first, last):
        missing, infinite = 0, 0
        for k in range(first, last):
            v = read(x, o, k, c)
            missing += 0 if v == v else 1
            infinite += 0 if v - v == 0 else 1  # NaN and infinity less themselves are NaN
        return missing, infinite - missing

    return odd


def exchange_of(read: Callable[..., Any], write: Callable[..., None]) -> Callable[..., Any]:
    """Return ``exchanged(x, o, k, c, window)``: by how much a sum changes when element k enters."""

    def exchanged(x, o, k, c, window):
        return np.float64(read(x, o, k, c)) - np.float64(read(x, o, k - window, c))

    return exchanged


def holds(least, most):
    """Tell whether sums down to `least` have bits of their own, `most` being the largest before; not if they overflowed."""
    return least > most * LOST or most == 0


def added_of(read: Callable[..., Any], write: Callable[..., None]) -> Callable[..., Any]:
    """Return ``added(x, o, first, last, c)``: the sum of some elements without those that are not finite."""

    def added(x, o, first, last, c):
        total = np.float64(0.0)
        for k in range(first, last):
            v = np.float64(read(x, o, k, c))
            total += v if v - v == 0.0 else 0.0
        return total

    return added


def squared_of(read: Callable[..., Any], write: Callable[..., None]) -> Callable[..., Any]:
    """Return ``squared(x, o, first, last, c, mean)``: the same of the squares of what they differ from their mean by."""

    def squared(x, o, first, last, c, mean):
        total = np.float64(0.0)
        for k in range(first, last):
            v = np.float64(read(x, o, k, c))
            total += (v - mean) * (v - mean) if v - v == 0.0 else 0.0
        return total

    return squared


def sums_of(read: Callable[..., Any], write: Callable[..., None]) -> Callable[..., Any]:
    """Return the function that writes the sums of finite elements."""
    exchanged, added = exchange_of(read, write), added_of(read, write)

    def rolling_sums(x, o, c, first, last, window, least, means, out):
        start = max(first - window, 0)
        total = np.float64(0.0)
        for k in range(start, first):
            total += np.float64(read(x, o, k, c))
        whole = max(first, min(window, last))
        for k in range(first, whole):  # the first windows of a row are short
            total += np.float64(read(x, o, k, c))
            short = total / (k + 1) if means else total
            write(out, o, k, c, short if k + 1 >= least else math.nan)
        scale = 1.0 / window if means else 1.0
        fours = whole + max(last - whole, 0) // 4 * 4
        most = abs(total)
        for k in range(whole, fours, 4):  # one addition in four waits for the one before
            a = exchanged(x, o, k, c, window)
            b = a + exchanged(x, o, k + 1, c, window)
            d = b + exchanged(x, o, k + 2, c, window)
            e = d + exchanged(x, o, k + 3, c, window)
            a, b, d, total = total + a, total + b, total + d, total + e
            low, high = min(abs(a), abs(b)), max(abs(a), abs(b))
            low, high = min(low, min(abs(d), abs(total))), max(high, max(abs(d), abs(total)))
            most = max(most, high)
            if not holds(low, most):
                j = k + 1 - window
                a, b = added(x, o, j, k + 1, c), added(x, o, j + 1, k + 2, c)
                d, total = added(x, o, j + 2, k + 3, c), added(x, o, j + 3, k + 4, c)
                most = abs(total)
            write(out, o, k, c, a * scale)
            write(out, o, k + 1, c, b * scale)
            write(out, o, k + 2, c, d * scale)
            write(out, o, k + 3, c, total * scale)
        for k in range(max(whole, fours), last):
            total += exchanged(x, o, k, c, window)
            most = max(most, abs(total))
            if not holds(abs(total), most):
                total = added(x, o, k + 1 - window, k + 1, c)
                most = abs(total)
            write(out, o, k, c, total * scale)

    return rolling_sums


def sums_of_any(read: Callable[..., Any], write: Callable[..., None]) -> Callable[..., Any]:
    """Return the function that writes the sums of elements some of which are infinite."""
    added = added_of(read, write)

    def rolling_sums_of_any(x, o, c, first, last, window, least, means, out):
        start = max(first - window + 1, 0)
        total = np.float64(0.0)
        most = np.float64(0.0)
        n = 0
        up = 0
        down = 0
        for k in range(start, last):
            v = np.float64(read(x, o, k, c))
            total += v if v - v == 0.0 else 0.0
            n += 1 if v == v else 0
            up += 1 if v == math.inf else 0
            down += 1 if v == -math.inf else 0
            if k - window >= start:
                v = np.float64(read(x, o, k - window, c))
                total -= v if v - v == 0.0 else 0.0
                n -= 1 if v == v else 0
                up -= 1 if v == math.inf else 0
                down -= 1 if v == -math.inf else 0
            most = max(most, abs(total))
            if not holds(abs(total), most):
                total = added(x, o, max(k + 1 - window, start), k + 1, c)
                most = abs(total)
            if k >= first:
                write(out, o, k, c, of_sum(total, n, up, down, least, means))

    return rolling_sums_of_any


def sums(read: Callable[..., Any], write: Callable[..., None]) -> Callable[..., Any]:
    """Return the step of rolling sums (`what` 0) and means (1): it writes the results of a stretch."""
    odd, quick, careful = odd_of(read, write), sums_of(read, write), sums_of_any(read, write)
    numbers = sums_of_numbers(read, write, added_of(read, write), holds)

    def step(x, o, c, first, last, window, least, what, ddof, out):
        missing, infinite = odd(x, o, c, max(first - window, 0), last)
        if missing + infinite == 0:
            quick(x, o, c, first, last, window, least, what == 1, out)
        elif infinite == 0:
            numbers(x, o, c, first, last, window, least, what == 1, out)
        else:
            careful(x, o, c, first, last, window, least, what == 1, out)

    return step


def of_squares(m2, n, least, roots, ddof):
    """Return the variance or deviation of a window; rounding may have left a sum of squares below zero."""
    if n < least or n <= ddof:
        return math.nan
    variance = max(m2, 0.0) / (n - ddof) if n > 1 else 0.0
    return math.sqrt(variance) if roots else variance


def growth_of(read: Callable[..., Any], write: Callable[..., None]) -> Callable[..., Any]:
    """Return ``grown(...)``: by how much a sum of squares changes when element k enters and the means are known."""

    def grown(x, o, k, c, window, change, before, after):
        return change * ((np.float64(read(x, o, k, c)) - after) + (np.float64(read(x, o, k - window, c)) - before))

    return grown


def put_of(read: Callable[..., Any], write: Callable[..., None]) -> Callable[..., Any]:
    """Return ``put(...)``, which writes a variance or its root."""

    def put(out, o, k, c, m2, scale, roots):
        variance = max(m2, 0.0) * scale
        write(out, o, k, c, math.sqrt(variance) if roots else variance)

    return put


def squares_of(read: Callable[..., Any], write: Callable[..., None]) -> Callable[..., Any]:
    """Return the function that writes variances of finite elements: two passes for the first window, then one in, one out."""
    exchanged, grown, put = exchange_of(read, write), growth_of(read, write), put_of(read, write)
    added, squared = added_of(read, write), squared_of(read, write)

    def rolling_squares(x, o, c, first, last, window, least, roots, ddof, out):
        start = max(first - window, 0)
        mean = np.float64(0.0)
        m2 = np.float64(0.0)
        for k in range(start, first):
            mean += np.float64(read(x, o, k, c))
        mean /= max(first - start, 1)
        for k in range(start, first):
            d = np.float64(read(x, o, k, c)) - mean
            m2 += d * d
        whole = max(first, min(window, last))
        for k in range(first, whole):
            d = np.float64(read(x, o, k, c)) - mean
            mean += d / (k + 1)
            m2 += d * (np.float64(read(x, o, k, c)) - mean)
            write(out, o, k, c, of_squares(m2, k + 1, least, roots, ddof))
        inverse = 1.0 / window
        scale = (1.0 / (window - ddof) if window > 1 else 0.0) if window > ddof else math.nan
        fours = whole + max(last - whole, 0) // 4 * 4
        most = m2
        for k in range(whole, fours, 4):  # as in the sums, for means and sums of squares
            a, b, d, e = (
                exchanged(x, o, k, c, window),
                exchanged(x, o, k + 1, c, window),
                exchanged(x, o, k + 2, c, window),
                exchanged(x, o, k + 3, c, window),
            )
            u = a * inverse
            v = (a + b) * inverse
            w = (a + b + d) * inverse
            s = (a + b + (d + e)) * inverse
            f = grown(x, o, k, c, window, a, mean, mean + u)
            g = f + grown(x, o, k + 1, c, window, b, mean + u, mean + v)
            h = g + grown(x, o, k + 2, c, window, d, mean + v, mean + w)
            m = h + grown(x, o, k + 3, c, window, e, mean + w, mean + s)
            mean += s
            f, g, h, m2 = m2 + f, m2 + g, m2 + h, m2 + m
            most = max(most, max(max(f, g), max(h, m2)))
            if not holds(min(min(f, g), min(h, m2)), most):
                j = k + 1 - window
                f = squared(x, o, j, k + 1, c, added(x, o, j, k + 1, c) * inverse)
                g = squared(x, o, j + 1, k + 2, c, added(x, o, j + 1, k + 2, c) * inverse)
                h = squared(x, o, j + 2, k + 3, c, added(x, o, j + 2, k + 3, c) * inverse)
                mean = added(x, o, j + 3, k + 4, c) * inverse
                m2 = squared(x, o, j + 3, k + 4, c, mean)
                most = m2
            put(out, o, k, c, f, scale, roots)
            put(out, o, k + 1, c, g, scale, roots)
            put(out, o, k + 2, c, h, scale, roots)
            put(out, o, k + 3, c, m2, scale, roots)
        for k in range(max(whole, fours), last):
            a = exchanged(x, o, k, c, window)
            m2 += grown(x, o, k, c, window, a, mean, mean + a * inverse)
            mean += a * inverse
            most = max(most, m2)
            if not holds(m2, most):
                mean = added(x, o, k + 1 - window, k + 1, c) * inverse
                m2 = squared(x, o, k + 1 - window, k + 1, c, mean)
                most = m2
            put(out, o, k, c, m2, scale, roots)

    return rolling_squares


def squares_of_any(read: Callable[..., Any], write: Callable[..., None]) -> Callable[..., Any]:
    """Return the function for elements some of which are infinite, which makes the result NaN; NaN do not count."""
    added, squared = added_of(read, write), squared_of(read, write)

    def rolling_squares_of_any(x, o, c, first, last, window, least, roots, ddof, out):
        start = max(first - window + 1, 0)
        mean = np.float64(0.0)
        m2 = np.float64(0.0)
        most = np.float64(0.0)
        n = 0
        endless = 0
        for k in range(start, last):
            if k - window >= start:
                v = np.float64(read(x, o, k - window, c))
                if v - v == 0.0:
                    n -= 1
                    d = v - mean
                    mean = mean - d / n if n > 0 else np.float64(0.0)
                    m2 = m2 - d * (v - mean) if n > 0 else np.float64(0.0)
                elif v == v:
                    endless -= 1
            v = np.float64(read(x, o, k, c))
            if v - v == 0.0:
                n += 1
                d = v - mean
                mean += d / n
                m2 += d * (v - mean)
            elif v == v:
                endless += 1
            most = max(most, m2)
            if not holds(m2, most):
                begin = max(k + 1 - window, start)
                mean = added(x, o, begin, k + 1, c) / max(n, 1)
                m2 = squared(x, o, begin, k + 1, c, mean)
                most = m2
            if k >= first:
                write(out, o, k, c, math.nan if endless > 0 else of_squares(m2, n, least, roots, ddof))

    return rolling_squares_of_any


def squares(read: Callable[..., Any], write: Callable[..., None]) -> Callable[..., Any]:
    """Return the step of rolling variances (`what` 0) and standard deviations (1)."""
    odd, quick, careful = odd_of(read, write), squares_of(read, write), squares_of_any(read, write)
    numbers = squares_of_numbers(read, write, of_squares)

    def step(x, o, c, first, last, window, least, what, ddof, out):
        missing, infinite = odd(x, o, c, max(first - window, 0), last)
        if missing + infinite == 0:
            quick(x, o, c, first, last, window, least, what == 1, ddof, out)
        elif infinite == 0:
            numbers(x, o, c, first, last, window, least, what == 1, ddof, out)
        else:
            careful(x, o, c, first, last, window, least, what == 1, ddof, out)

    return step


@functools.cache
def rows(make: Callable[..., Any]) -> Launcher:
    """Return the kernel that takes a stretch of a row at each point; the last index is unused, so a stretch is a piece."""
    step = make(read_row, write_row)

    @jk.kernel
    def roll_rows(o, s, one, x, n, stretch, window, least, what, ddof, out):
        first = s * stretch
        step(x, o * n, 0, first, min(n, first + stretch), window, least, what, ddof, out)

    return Launcher(roll_rows)


@functools.cache
def single_columns(make: Callable[..., Any]) -> Launcher:
    """Return the same for columns of arrays that have but few of them: each goes by itself."""
    step = make(read_strided, write_strided)

    @jk.kernel
    def roll_single_columns(r, s, one, x, n, inner, stretch, window, least, what, ddof, out):
        first = s * stretch
        at = r // inner * n * inner + r % inner
        step(x, at, inner, first, min(n, first + stretch), window, least, what, ddof, out)

    return Launcher(roll_single_columns)


@functools.cache
def columns(make: Callable[..., Any]) -> Launcher:
    """Return the same for columns on a GPU, a work-item to each."""
    step = make(read_column, write_column)

    @jk.kernel
    def roll_columns(o, s, c, x, n, stretch, window, least, what, ddof, out):
        first = s * stretch
        step(x, o, c, first, min(n, first + stretch), window, least, what, ddof, out)

    return Launcher(roll_columns)
