"""Sparse matrices: eight elements in a row on average."""

from __future__ import annotations

from jitkit import cases

from .row import Row

ROWS = (
    Row("sparse_matvec", "`sparse.matvec`, 2 million rows of 8", cases.load("sparse_matvec"), ("SciPy", "PyTorch")),
    Row(
        "sparse_matmul",
        "`sparse.matmul`, 262,144 rows of 8, 16 columns",
        cases.load("sparse_matmul"),
        ("SciPy", "PyTorch"),
    ),
    Row("sparse_pagerank", "`sparse.pagerank`, 30,000 pages", cases.load("sparse_pagerank"), ("SciPy",), "small"),
)
