"""Tiles of neighbouring vectors copied in and out: complex numbers or real ones, of rows or of columns.

What does not fill the lanes one work-item copies, number by number: under masks it would be scattered all the same, and its
code was nine tenths of the time to compile the kernel.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations


def load(s, p, x, rows, o, first, n, across, lane, width, step, re, im, member, team):
    """Copy a tile in: vectors that are rows with the lanes along them, in squares; others with the lanes across them."""
    last = min(width, across - first)
    start, whole = (o * across + first) * n, n // width * width
    if rows:
        for block in range(member, n // width, team):
            j = block * width + lane
            for r in range(last):
                s[p, re + j * step + r] = x[2 * (start + r * n + j)]
                s[p, im + j * step + r] = x[2 * (start + r * n + j) + 1]
        if lane == 0:
            for j in range(whole + member, n, team):
                for r in range(last):
                    s[p, re + j * step + r] = x[2 * (start + r * n + j)]
                    s[p, im + j * step + r] = x[2 * (start + r * n + j) + 1]
    elif last == width:
        for j in range(member, n, team):
            s[p, re + j * step + lane] = x[2 * ((o * n + j) * across + first + lane)]
            s[p, im + j * step + lane] = x[2 * ((o * n + j) * across + first + lane) + 1]
    elif lane == 0:
        for j in range(member, n, team):
            for r in range(last):
                s[p, re + j * step + r] = x[2 * ((o * n + j) * across + first + r)]
                s[p, im + j * step + r] = x[2 * ((o * n + j) * across + first + r) + 1]


def store(s, p, out, rows, o, first, n, across, lane, width, step, re, im, scale, member, team):
    """Copy a tile out, as `load` copies it in."""
    last = min(width, across - first)
    start, whole = (o * across + first) * n, n // width * width
    if rows:
        for block in range(member, n // width, team):
            j = block * width + lane
            for r in range(last):
                put(out, start + r * n + j, scale * s[p, re + j * step + r], scale * s[p, im + j * step + r])
        if lane == 0:
            for j in range(whole + member, n, team):
                for r in range(last):
                    put(out, start + r * n + j, scale * s[p, re + j * step + r], scale * s[p, im + j * step + r])
    elif last == width:
        for j in range(member, n, team):
            put(
                out,
                (o * n + j) * across + first + lane,
                scale * s[p, re + j * step + lane],
                scale * s[p, im + j * step + lane],
            )
    elif lane == 0:
        for j in range(member, n, team):
            for r in range(last):
                put(
                    out,
                    (o * n + j) * across + first + r,
                    scale * s[p, re + j * step + r],
                    scale * s[p, im + j * step + r],
                )


def put(out, place, re, im):
    """Store a complex number; nothing stands between its parts, so that those of lanes side by side are stored together."""
    out[2 * place], out[2 * place + 1] = re, im


def load_columns(s, p, x, o, first, n, across, lane, width, step, at, every, which, member, team):
    """Copy real columns in, lanes across them: of `every` so many rows number `which`, as parts `at`."""
    last = min(width, across - first)
    if last == width:
        for j in range(member, n, team):
            s[p, at + j * step + lane] = x[((o * n + j) * every + which) * across + first + lane]
    elif lane == 0:
        for j in range(member, n, team):
            for r in range(last):
                s[p, at + j * step + r] = x[((o * n + j) * every + which) * across + first + r]


def store_columns(s, p, out, o, first, n, across, lane, width, step, at, every, which, scale, member, team):
    """Copy real columns out, as `load_columns` copies them in."""
    last = min(width, across - first)
    if last == width:
        for j in range(member, n, team):
            out[((o * n + j) * every + which) * across + first + lane] = scale * s[p, at + j * step + lane]
    elif lane == 0:
        for j in range(member, n, team):
            for r in range(last):
                out[((o * n + j) * every + which) * across + first + r] = scale * s[p, at + j * step + r]


def load_rows(s, p, x, first, n, rows, lane, width, step, member, team):
    """Copy rows of real numbers in, with the lanes along them."""
    last, start, whole = min(width, rows - first), first * n, n // width * width
    for block in range(member, n // width, team):
        j = block * width + lane
        for r in range(last):
            s[p, j * step + r] = x[start + r * n + j]
    if lane == 0:
        for j in range(whole + member, n, team):
            for r in range(last):
                s[p, j * step + r] = x[start + r * n + j]


def store_rows(s, p, out, first, n, rows, lane, width, step, at, scale, member, team):
    """Copy rows of real numbers out, as `load_rows` copies them in."""
    last, start, whole = min(width, rows - first), first * n, n // width * width
    for block in range(member, n // width, team):
        j = block * width + lane
        for r in range(last):
            out[start + r * n + j] = scale * s[p, at + j * step + r]
    if lane == 0:
        for j in range(whole + member, n, team):
            for r in range(last):
                out[start + r * n + j] = scale * s[p, at + j * step + r]
