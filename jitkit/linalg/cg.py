"""cg and bicgstab: systems of linear equations solved by products with the matrix alone."""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.launch.arguments import is_device_array
from jitkit.launch.launcher import Launcher
from jitkit.linalg.dot import of_vectors
from jitkit.linalg.gemv import gemv
from jitkit.linalg.norm import norm
from jitkit.sparse._formats import Csr, Ell, csr_of
from jitkit.sparse.matvec import multiplied

Apply = Callable[[Any], Any]

STRETCH = 4096
"""Elements that one point goes through, and whose squares it sums in the lanes of a vector."""


@jk.kernel(fastmath=True)
def advance(piece, one, alpha, p, q, x, r, parts):
    """Go along a direction: update the solution and the residual, and sum the residual's squares."""
    total = 0.0
    for i in range(piece * STRETCH, min(piece * STRETCH + STRETCH, x.shape[0])):
        x[i] += alpha * p[i]
        rest = r[i] - alpha * q[i]
        r[i] = rest
        total += rest * rest
    parts[piece] = total


@jk.kernel
def combine(i, x, a, y, b, z, out):
    """Write ``x + a y + b z``."""
    out[i] = x[i] + a * y[i] + b * z[i]


_advance, _combine = Launcher(advance), Launcher(combine)


def cg(
    A: Any,
    b: Any,
    x0: Any = None,
    *,
    rtol: float = 1e-5,
    atol: float = 0.0,
    maxiter: int | None = None,
    M: Any = None,
    callback: Callable[[Any], Any] | None = None,
    out: Any = None,
    backend: str | None = None,
) -> tuple[Any, int]:
    """Solve ``A x = b`` for a symmetric positive definite matrix by conjugate gradients.

    Parameters
    ----------
    A : array_like, sparse matrix or callable, shape (n, n)
        The matrix, as for `jk.sparse.matvec` where it is sparse, or a function of a vector that returns its product.
    b : array_like or device array, shape (n,)
        The right-hand side.
    x0 : array_like or device array, shape (n,), optional
        Where to start; zeros by default.
    rtol, atol : float
        The iteration ends where ``norm(b - A x) <= max(rtol * norm(b), atol)``.
    maxiter : int, optional
        The most steps; 10 n by default.
    M : array_like, sparse matrix or callable, optional
        An approximation of the inverse of `A`, symmetric and positive definite: the preconditioner.
    callback : callable, optional
        Called with the solution so far after each step.
    out : array, shape (n,), optional
        Where the solution goes; may be `b` or `x0`.
    backend : {"python", "cpu", "cuda"}, optional
        The backend; chosen as for a launch unless given.

    Returns
    -------
    x : array, shape (n,)
    info : int
        0, or the number of steps where they did not do.

    Raises
    ------
    LaunchError
        For shapes that do not fit, and an `out` of another shape.
    KernelTypeError
        For complex numbers.

    Notes
    -----
    As `scipy.sparse.linalg.cg`. M. R. Hestenes, E. Stiefel, Methods of conjugate gradients for solving linear systems, J.
    Res. NBS 49(6), 1952. One launch updates the solution and the residual, and sums its squares.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> x, info = jk.linalg.cg(np.array([[4.0, 1.0], [1.0, 3.0]]), [1.0, 2.0], rtol=1e-12)
    >>> x.round(6), info
    (array([0.090909, 0.636364]), 0)
    """
    system = _System(A, b, x0, rtol, atol, M, out, backend, "linalg.cg")
    x, info = _conjugate_gradients(system, maxiter, callback)
    return operands.delivered(system.unscaled(x), out, system.name), info


def _conjugate_gradients(
    system: _System, maxiter: int | None, callback: Callable[[Any], Any] | None
) -> tuple[Any, int]:
    x, r = system.x, system.residual()
    if system.tiny:
        return system.nothing(), 0
    squares, p, before = system.dot(r, r), None, 1.0
    steps = 10 * system.n if maxiter is None else operands.integer(maxiter, 0, "maxiter", system.name)
    for _ in range(steps):
        if math.sqrt(squares) <= system.atol:
            return x, 0
        z = system.precondition(r)
        rho = squares if z is r else system.dot(r, z)
        p = system.copy(z) if p is None else system.combined(z, rho / before, p, 0.0, p, p)
        q = system.apply(p)
        angle = system.dot(p, q)
        if not 0 < abs(angle) < math.inf:
            break  # no direction is left, as of a singular matrix, or something is no number
        squares = system.advanced(rho / angle, p, q, x, r)
        before = rho
        if callback is not None:
            callback(system.unscaled(x))
    return x, 0 if math.sqrt(squares) <= system.atol else steps


def bicgstab(
    A: Any,
    b: Any,
    x0: Any = None,
    *,
    rtol: float = 1e-5,
    atol: float = 0.0,
    maxiter: int | None = None,
    M: Any = None,
    callback: Callable[[Any], Any] | None = None,
    out: Any = None,
    backend: str | None = None,
) -> tuple[Any, int]:
    """Solve ``A x = b`` for any regular matrix by stabilised bi-conjugate gradients.

    Parameters
    ----------
    A : array_like, sparse matrix or callable, shape (n, n)
        As for `cg`, but not necessarily symmetric.
    b, x0, rtol, atol, maxiter, M, callback, out, backend
        As for `cg`.

    Returns
    -------
    x : array, shape (n,)
    info : int
        0, the number of steps where they did not do, or a negative number where the method broke down: -10 where the
        residual became orthogonal to the first one, -11 where a direction vanished.

    Raises
    ------
    LaunchError, KernelTypeError
        As `cg`.

    Notes
    -----
    As `scipy.sparse.linalg.bicgstab`. H. A. van der Vorst, Bi-CGSTAB: a fast and smoothly converging variant of Bi-CG for
    the solution of nonsymmetric linear systems, SIAM J. Sci. Stat. Comput. 13(2), 1992.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> x, info = jk.linalg.bicgstab(np.array([[4.0, 1.0], [0.0, 3.0]]), [1.0, 3.0], rtol=1e-12)
    >>> abs(x.round(6)), info
    (array([0., 1.]), 0)
    """
    system = _System(A, b, x0, rtol, atol, M, out, backend, "linalg.bicgstab")
    x, info = _stabilised_gradients(system, maxiter, callback)
    return operands.delivered(system.unscaled(x), out, system.name), info


def _stabilised_gradients(
    system: _System, maxiter: int | None, callback: Callable[[Any], Any] | None
) -> tuple[Any, int]:
    x, r = system.x, system.residual()
    if system.tiny:
        return system.nothing(), 0
    first, least = system.copy(r), float(np.finfo(system.dtype).eps) ** 2
    p = v = r
    rho, alpha, omega, size = 1.0, 1.0, 1.0, system.length(r)
    start = size
    steps = 10 * system.n if maxiter is None else operands.integer(maxiter, 0, "maxiter", system.name)
    for step in range(steps):
        if size <= system.atol:
            return x, 0
        rho, before = system.dot(first, r), rho
        if not abs(rho) > least * start * size:
            return x, -10
        beta = rho / before * (alpha / omega)
        p = system.copy(r) if step == 0 else system.combined(r, beta, p, -beta * omega, v, p)
        along = system.precondition(p)
        v = system.apply(along)
        angle = system.dot(first, v)
        if not abs(angle) > 0:
            return x, -11
        alpha = rho / angle
        half = system.combined(r, -alpha, v, 0.0, v, r)
        size = system.length(half)
        if size <= system.atol:
            return system.combined(x, alpha, along, 0.0, along, x), 0
        across = system.precondition(half)
        t = system.apply(across)
        squares = system.dot(t, t)
        omega = system.dot(t, half) / squares if squares else 0.0
        x = system.combined(x, alpha, along, omega, across, x)
        r = system.combined(half, -omega, t, 0.0, t, r)
        vanished = not abs(omega) * math.sqrt(squares) > least * size
        size = system.length(r)
        if vanished:
            return x, 0 if size <= system.atol else -11
        if callback is not None:
            callback(system.unscaled(x))
    return x, 0 if size <= system.atol else steps


class _System:
    """A system of equations with the operations on vectors that solvers are made of.

    Parameters
    ----------
    given, b, x0, rtol, atol, preconditioner, out, backend, name
        What `cg` takes, and who asks.
    """

    def __init__(
        self,
        given: Any,
        b: Any,
        x0: Any,
        rtol: float,
        atol: float,
        preconditioner: Any,
        out: Any,
        backend: Any,
        name: str,
    ) -> None:
        vectors = [operands.array(v, name) for v in ((b,) if x0 is None else (b, x0))]
        vectors = operands.alike([*vectors, *_elements(given, name)], name)[: len(vectors)]
        self.b, self.backend, self.name = vectors[0], backend, name
        if len(self.b.shape) != 1 or any(tuple(v.shape) != tuple(self.b.shape) for v in vectors):
            shapes = " and ".join(str(tuple(v.shape)) for v in vectors)
            raise LaunchError(f"jk.{name}: b= and x0= are vectors of one length, not of the shapes {shapes}")
        self.n, self.dtype = self.b.shape[0], operands.dtype_of(self.b)
        self.device = operands.device_of(self.b)
        if out is not None:
            operands.check_out(out, (self.n,), self.dtype, name)
        self.apply = self._operator(given)
        self.precondition = (lambda v: v) if preconditioner is None else self._operator(preconditioner)
        self.x = self.nothing() if x0 is None else self.copy(vectors[1])
        self.scale, self.tiny, length = 1.0, not self.n, self.length(self.b)
        eps, least, most = (float(getattr(np.finfo(self.dtype), limit)) for limit in ("eps", "tiny", "max"))
        if self.n and not math.sqrt(least) / eps < length < math.sqrt(most * eps):
            length = self._rescaled(least)
        self.atol = max(operands.number(atol, "atol", name) / self.scale, operands.number(rtol, "rtol", name) * length)

    def nothing(self) -> Any:
        """Return a vector of zeros."""
        return jk.zeros(self.n, self.dtype, device=self.device)

    def copy(self, v: Any) -> Any:
        """Return a copy of a vector."""
        made = operands.made((self.n,), (self.dtype,), self.device)
        operands.assign(made, v)
        return made

    def residual(self) -> Any:
        """Return what is left of the right-hand side."""
        r = operands.made((self.n,), (self.dtype,), self.device)
        product = self.apply(self.x)
        return self.combined(self.b, -1.0, product, 0.0, product, r)

    def dot(self, v: Any, w: Any) -> float:
        """Return the dot product of two vectors."""
        return float(of_vectors(v, w, self.backend, self.name))

    def length(self, r: Any) -> float:
        """Return the Euclidean norm of a vector."""
        return math.sqrt(self.dot(r, r))

    def _rescaled(self, least: float) -> float:
        """Divide the system by a power of two like its elements, whose squares overflow or vanish; return the new length."""
        right, start = (float(norm(v, math.inf, backend=self.backend)) for v in (self.b, self.x))
        self.tiny, largest = right == 0, max(right, start)
        if self.tiny or not largest < math.inf:
            return 0.0 if self.tiny else math.nan
        self.scale = max(2.0 ** (math.frexp(largest)[1] - 1), least)
        self.b, self.x = (self._times(1 / self.scale, v) for v in (self.b, self.x))
        return self.length(self.b)

    def unscaled(self, x: Any) -> Any:
        """Return a solution of the system as it was given."""
        return x if self.scale == 1 else self._times(self.scale, x)

    def _times(self, a: float, v: Any) -> Any:
        return self.combined(self.nothing(), a, v, 0.0, v, self.nothing())

    def combined(self, x: Any, a: float, y: Any, b: float, z: Any, out: Any) -> Any:
        """Write ``x + a y + b z``, and return it."""
        if self.n:
            _combine(self.n, self.backend)(x, a, y, b, z, out)
        return out

    def advanced(self, alpha: float, p: Any, q: Any, x: Any, r: Any) -> float:
        """Update the solution and the residual along a direction, and return the sum of the residual's squares."""
        pieces = -(-self.n // STRETCH)
        parts = operands.made((pieces,), (self.dtype,), self.device)
        _advance((pieces, 1), self.backend)(alpha, p, q, x, r, parts)
        return float(jk.to_numpy(parts).sum(dtype=np.float64))

    def _operator(self, given: Any) -> Apply:
        """Return the function that multiplies a matrix and a vector."""
        if _is_function(given):
            return self._called(getattr(given, "matvec", given))
        if _is_sparse(given):
            matrix = given if isinstance(given, Ell) else csr_of(given, self.name)
            self._check(matrix.shape)
            data = matrix.data if operands.device_of(matrix.data) else np.asarray(matrix.data, self.dtype)
            return self._sparse(matrix._replace(data=data))
        a = operands.floating(given, self.name)
        self._check(tuple(a.shape))
        a = a if operands.device_of(a) else np.asarray(a, self.dtype)
        return lambda v: gemv(1.0, a, v, backend=self.backend)

    def _check(self, shape: tuple[int, ...]) -> None:
        if shape != (self.n, self.n):
            raise LaunchError(
                f"jk.{self.name}: a vector of {self.n} goes with a matrix of the shape {(self.n, self.n)}, not {shape}"
            )

    def _sparse(self, matrix: Csr | Ell) -> Apply:
        def apply(v: Any) -> Any:
            out = operands.made((self.n,), (self.dtype,), self.device)
            multiplied(matrix, v, out, self.backend)
            return out

        return apply

    def _called(self, function: Apply) -> Apply:
        def apply(v: Any) -> Any:
            product = function(v)
            if operands.device_of(v) is None:
                product = np.asarray(product, self.dtype)
            if tuple(product.shape) != (self.n,):
                raise LaunchError(
                    f"jk.{self.name}: the function returned the shape {tuple(product.shape)} for a vector of {self.n}"
                )
            return product

        return apply


def _is_sparse(given: Any) -> bool:
    return isinstance(given, (Csr, Ell, tuple)) or hasattr(given, "indptr") or hasattr(given, "tocsr")


def _is_function(given: Any) -> bool:
    return not _is_sparse(given) and (callable(given) or (hasattr(given, "matvec") and not hasattr(given, "strides")))


def _elements(given: Any, name: str) -> list[Any]:
    """Return an array in whose dtype a matrix has its say in that of the solution; none for a function."""
    if _is_function(given):
        return []
    if isinstance(given, tuple) and not given:
        raise KernelTypeError(
            f"jk.{name}: the matrix is an empty tuple; pass a matrix, or (data, indices, indptr, shape)"
        )
    elements = given[0] if isinstance(given, tuple) else given
    if not hasattr(elements, "dtype"):
        elements = operands.as_numpy(elements, name)
    if operands.dtype_of(elements).kind == "c":
        raise KernelTypeError(f"jk.{name}: takes real matrices")
    return [elements] if is_device_array(elements) else [np.empty(0, operands.dtype_of(elements))]
