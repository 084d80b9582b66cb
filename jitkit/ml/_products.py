"""Products of matrices for the layers: by BLAS on the host, and by kernels elsewhere."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from typing import Any

import numpy as np

import jitkit as jk
from jitkit.launch.choice import requested
from jitkit.launch.launcher import Launcher


@jk.kernel
def _product(i, j, A, B, C):
    total = 0.0
    for k in range(A.shape[1]):
        total += A[i, k] * B[k, j]
    C[i, j] = total


@jk.kernel
def _product_of_columns(i, j, A, B, C):
    total = 0.0
    for k in range(A.shape[0]):
        total += A[k, i] * B[k, j]
    C[i, j] = total


@jk.kernel
def _product_with_rows(i, j, A, B, C):
    total = 0.0
    for k in range(A.shape[1]):
        total += A[i, k] * B[j, k]
    C[i, j] = total


_kernels = {"AB": Launcher(_product), "ATB": Launcher(_product_of_columns), "ABT": Launcher(_product_with_rows)}


def product(form: str, A: Any, B: Any, C: Any, backend: str | None) -> None:
    """Write a product of two matrices: ``C = A @ B`` for "AB", ``A.T @ B`` for "ATB", ``A @ B.T`` for "ABT"."""
    if isinstance(A, np.ndarray) and (backend or requested() or "cpu") == "cpu":
        np.matmul(A.T if form == "ATB" else A, B.T if form == "ABT" else B, out=C)
    else:
        _kernels[form](tuple(C.shape), backend)(A, B, C)
