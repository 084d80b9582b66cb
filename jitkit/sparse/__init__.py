"""Sparse matrices: products with vectors and matrices, in kernels."""

from jitkit.sparse._formats import Csr as Csr
from jitkit.sparse._formats import Ell as Ell
from jitkit.sparse.matmul import matmul as matmul
from jitkit.sparse.matvec import ell as ell
from jitkit.sparse.matvec import matvec as matvec
from jitkit.sparse.pagerank import pagerank as pagerank

__all__ = ["Csr", "Ell", "ell", "matmul", "matvec", "pagerank"]
