"""Rolling sums and variances of stretches in which elements are missing: NaN add nothing, and are counted.

What enters and leaves four windows is found first, so that one addition in four waits for the one before. Variances come
from sums of differences to a number near the windows, and of their squares; where too little of these is left when the
mean is taken off, the window is added up anew about its newest number, from which the next ones go on.

Source: T. F. Chan, G. H. Golub, R. J. LeVeque, Algorithms for computing the sample variance, Am. Stat. 37, 242-247, 1983, of
the shift.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

LEFT = 2.0**-12
"""Part of a sum of squares that is to be left when the mean is taken off: 40 of its 52 bits are then its own."""


def difference_of(read: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``difference(x, o, k, c, centre)``: how far element k lies from a number, and whether it is one."""

    def difference(x, o, k, c, centre):
        v = np.float64(read(x, o, k, c))
        return (v - centre if v == v else np.float64(0.0)), (1 if v == v else 0)

    return difference


def moved_of(read: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``moved(x, o, k, c, window, centre)``: what element k changes in sum, squares and count of a window."""
    difference = difference_of(read)

    def moved(x, o, k, c, window, centre):
        new, more = difference(x, o, k, c, centre)
        old, less = difference(x, o, k - window, c, centre)
        return new - old, new * new - old * old, more - less

    return moved


def sums_of_numbers(
    read: Callable[..., Any], write: Callable[..., None], added: Callable[..., Any], holds: Callable[..., Any]
) -> Callable[..., Any]:
    """Return the function that writes the sums or means of the numbers in each window of a stretch."""
    difference, moved = difference_of(read), moved_of(read)

    def put(out, o, k, c, total, n, least, means):
        value = total / max(n, 1) if means else total
        write(out, o, k, c, value if n >= least else math.nan)

    def rolling_sums_of_numbers(x, o, c, first, last, window, least, means, out):
        total, n = np.float64(0.0), 0
        for k in range(max(first - window, 0), first):
            v, there = difference(x, o, k, c, 0.0)
            total += v
            n += there
        whole = max(first, min(window, last))
        for k in range(first, whole):  # the first windows of a row are short
            v, there = difference(x, o, k, c, 0.0)
            total += v
            n += there
            put(out, o, k, c, total, n, least, means)
        fours = whole + max(last - whole, 0) // 4 * 4
        most = abs(total)
        for k in range(whole, fours, 4):
            a, _, i = moved(x, o, k, c, window, 0.0)
            b, _, j = moved(x, o, k + 1, c, window, 0.0)
            d, _, p = moved(x, o, k + 2, c, window, 0.0)
            e, _, m = moved(x, o, k + 3, c, window, 0.0)
            b, j = a + b, i + j
            d, p = b + d, j + p
            e, m = d + e, p + m
            a, b, d, total = total + a, total + b, total + d, total + e
            low, high = min(abs(a), abs(b)), max(abs(a), abs(b))
            low, high = min(low, min(abs(d), abs(total))), max(high, max(abs(d), abs(total)))
            most = max(most, high)
            if not holds(low, most):
                first_of = k + 1 - window
                a, b = added(x, o, first_of, k + 1, c), added(x, o, first_of + 1, k + 2, c)
                d, total = added(x, o, first_of + 2, k + 3, c), added(x, o, first_of + 3, k + 4, c)
                most = abs(total)
            put(out, o, k, c, a, n + i, least, means)
            put(out, o, k + 1, c, b, n + j, least, means)
            put(out, o, k + 2, c, d, n + p, least, means)
            n += m
            put(out, o, k + 3, c, total, n, least, means)
        for k in range(max(whole, fours), last):
            a, _, i = moved(x, o, k, c, window, 0.0)
            total += a
            n += i
            most = max(most, abs(total))
            if not holds(abs(total), most):
                total = added(x, o, k + 1 - window, k + 1, c)
                most = abs(total)
            put(out, o, k, c, total, n, least, means)

    return rolling_sums_of_numbers


def anew_of(read: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``anew(x, o, first, last, c, centre)``: sum and squares of differences to a number, and how many there are."""
    difference = difference_of(read)

    def anew(x, o, first, last, c, centre):
        total, squares, n = np.float64(0.0), np.float64(0.0), 0
        for k in range(first, last):
            d, there = difference(x, o, k, c, centre)
            total += d
            squares += d * d
            n += there
        return total, squares, n

    return anew


def settled_of(read: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``settled(x, o, first, last, c, centre)``: the mean of some elements, and sum and squares of differences to it."""
    anew = anew_of(read)

    def settled(x, o, first, last, c, centre):
        for _ in range(2):  # the mean of what lies far from the first centre is rounded like that
            total, _, n = anew(x, o, first, last, c, centre)
            centre += total / max(n, 1)
        total, squares, _ = anew(x, o, first, last, c, centre)
        return centre, total, squares

    return settled


def squares_of_numbers(
    read: Callable[..., Any], write: Callable[..., None], of_squares: Callable[..., Any]
) -> Callable[..., Any]:
    """Return the function that writes the variances or deviations of the numbers in each window of a stretch."""
    difference, moved, anew, settled = difference_of(read), moved_of(read), anew_of(read), settled_of(read)

    def about_mean(total, squares, n):
        return squares - total * total / max(n, 1)

    def surely(total, squares, n):
        return squares if squares == math.inf else about_mean(total, squares, n)

    def enough(m2, most, n):
        return m2 > most * LEFT or most == 0.0 or n < 2

    def rolling_squares_of_numbers(x, o, c, first, last, window, least, roots, ddof, out):
        start = max(first - window, 0)
        centre, total, squares = settled(x, o, start, min(start + window, last), c, np.float64(0.0))
        total, squares, n = anew(x, o, start, first, c, centre)
        most = squares
        whole = max(first, min(window, last))
        fours = whole + max(last - whole, 0) // 4 * 4
        for part in range(2):
            for k in range(fours if part else first, last if part else whole):
                old, less = difference(x, o, max(k - window, 0), c, centre)
                gone = k >= window  # the first windows of a row are short
                old, less = (old if gone else 0.0), (less if gone else 0)
                d, there = difference(x, o, k, c, centre)
                total += d - old
                squares += d * d - old * old
                n += there - less
                most = max(most, squares)
                if not enough(about_mean(total, squares, n), most, n):
                    centre, total, squares = settled(x, o, max(k + 1 - window, 0), k + 1, c, centre)
                    most = squares
                write(out, o, k, c, of_squares(surely(total, squares, n), n, least, roots, ddof))
            for k in range(whole, whole if part else fours, 4):
                a, e, i = moved(x, o, k, c, window, centre)
                b, f, j = moved(x, o, k + 1, c, window, centre)
                d, g, p = moved(x, o, k + 2, c, window, centre)
                s, h, m = moved(x, o, k + 3, c, window, centre)
                b, f, j = a + b, e + f, n + i + j
                d, g, p = b + d, f + g, j + p
                s, h, m = d + s, g + h, p + m
                i += n
                n = m
                most = max(max(max(most, squares + e), max(squares + f, squares + g)), squares + h)
                a = about_mean(total + a, squares + e, i)
                b = about_mean(total + b, squares + f, j)
                d = about_mean(total + d, squares + g, p)
                total, squares = total + s, squares + h
                s = about_mean(total, squares, m)
                write(out, o, k, c, of_squares(a, i, least, roots, ddof))
                write(out, o, k + 1, c, of_squares(b, j, least, roots, ddof))
                write(out, o, k + 2, c, of_squares(d, p, least, roots, ddof))
                write(out, o, k + 3, c, of_squares(s, m, least, roots, ddof))
                if not (enough(a, most, i) and enough(b, most, j) and enough(d, most, p) and enough(s, most, m)):
                    for q in range(k, k + 4):
                        centre, total, squares = settled(x, o, q + 1 - window, q + 1, c, centre)
                        n = i if q == k else j if q == k + 1 else p if q == k + 2 else m
                        write(out, o, q, c, of_squares(surely(total, squares, n), n, least, roots, ddof))
                    most = squares

    return rolling_squares_of_numbers
