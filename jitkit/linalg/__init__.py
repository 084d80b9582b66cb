"""Linear algebra: products of vectors and matrices, and solvers, written in kernels."""

from jitkit.linalg.axpy import axpy as axpy
from jitkit.linalg.axpy import outer as outer
from jitkit.linalg.dot import dot as dot
from jitkit.linalg.dot import vdot as vdot
from jitkit.linalg.gemv import gemv as gemv
from jitkit.linalg.matmul import matmul as matmul
from jitkit.linalg.matmul import semiring_matmul as semiring_matmul
from jitkit.linalg.norm import norm as norm

__all__ = ["axpy", "dot", "gemv", "matmul", "norm", "outer", "semiring_matmul", "vdot"]
