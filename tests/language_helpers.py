"""Helpers that the kernels of `test_language` call from another module."""

from __future__ import annotations

import math

FACTOR = 2.5


def scaled(x, by=FACTOR):
    return x * by


def norm(x, y):
    return math.sqrt(square(x) + square(y))


def square(x):
    return x * x


def written(row, k, value):
    row[k] = value
