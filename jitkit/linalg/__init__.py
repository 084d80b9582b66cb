"""Linear algebra: products of vectors and matrices, and solvers, written in kernels."""

from jitkit.linalg.axpy import axpy as axpy
from jitkit.linalg.axpy import outer as outer
from jitkit.linalg.cg import bicgstab as bicgstab
from jitkit.linalg.cg import cg as cg
from jitkit.linalg.cholesky import cho_solve as cho_solve
from jitkit.linalg.cholesky import cholesky as cholesky
from jitkit.linalg.det import det as det
from jitkit.linalg.det import slogdet as slogdet
from jitkit.linalg.dot import dot as dot
from jitkit.linalg.dot import vdot as vdot
from jitkit.linalg.eigh import eigh as eigh
from jitkit.linalg.eigh import eigvalsh as eigvalsh
from jitkit.linalg.gemv import gemv as gemv
from jitkit.linalg.inv import inv as inv
from jitkit.linalg.lstsq import lstsq as lstsq
from jitkit.linalg.matmul import matmul as matmul
from jitkit.linalg.matmul import semiring_matmul as semiring_matmul
from jitkit.linalg.norm import norm as norm
from jitkit.linalg.qr import qr as qr
from jitkit.linalg.solve import solve as solve
from jitkit.linalg.solve_triangular import solve_triangular as solve_triangular
from jitkit.linalg.solve_tridiagonal import solve_tridiagonal as solve_tridiagonal

__all__ = [
    "axpy", "bicgstab", "cg", "cho_solve", "cholesky", "det", "dot", "eigh", "eigvalsh", "gemv", "inv", "lstsq", "matmul",
    "norm", "outer", "qr", "semiring_matmul", "slogdet", "solve", "solve_triangular", "solve_tridiagonal", "vdot",
]  # fmt: skip
