"""Helpers that the kernels of `test_groups_frontend` call from another module."""

from __future__ import annotations

import numpy as np

import jitkit as jk


def wait():
    jk.barrier()


def count(array, i):
    jk.atomic.add(array, i, 1)


def scratch(n):
    return jk.shared(n, np.float32)
