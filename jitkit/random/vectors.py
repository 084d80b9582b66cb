"""A generator's distributions whose draws are vectors: each row of the result is a draw."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import jitkit as jk
from jitkit.random.continuous import Continuous
from jitkit.random.counts import MOST_OF_A_KIND
from jitkit.random.each import above_0, whole
from jitkit.random.formulas import log_gamma
from jitkit.random.outputs import Size, parameter, shape_of
from jitkit.random.trials import draw_binomial
from jitkit.random.urns import draw_hypergeometric

_ROUNDING = 1e-12  # by how much probabilities may add up to more than 1, as in NumPy


@jk.kernel
def fill_multinomial(row: Any, x: Any, key: Any, step: Any, n: Any, p: Any, varied: Any) -> None:
    """Write a row of counts, a binomial number each, of the trials that those before it left; `p` has one row or as many."""
    kinds, left, chance = x.shape[1], n[row * varied], 1.0
    for kind in range(kinds - 1):
        found, share = 0.0, p[row * varied, kind]
        if left > 0.0 and share > 0.0:
            likely = share / chance if share < chance else 1.0  # rounding leaves too little for the last ones
            found = np.float64(draw_binomial(key, row * kinds + kind, step, (left, likely)))
        x[row, kind] = np.int64(found)
        left -= found
        chance -= share
    x[row, kinds - 1] = np.int64(left)


@jk.kernel
def fill_multivariate_hypergeometric(row: Any, x: Any, key: Any, step: Any, colors: Any, taken: Any) -> None:
    """Write a row of counts, each of the sample that those before it left, among the colours from there on."""
    kinds, left, total = x.shape[1], np.float64(taken), 0.0
    for kind in range(kinds):
        total += colors[kind]
    for kind in range(kinds):
        total -= colors[kind]
        found = np.float64(draw_hypergeometric(key, row * kinds + kind, step, (colors[kind], total, left)))
        x[row, kind] = np.int64(found)
        left -= found


@jk.kernel
def fill_dirichlet(row: Any, x: Any, key: Any, step: Any, alpha: Any) -> None:
    """Write gamma numbers over their sum; by their logarithms, since small shapes give less than float64 holds."""
    kinds, most, total = x.shape[1], -math.inf, 0.0
    for kind in range(kinds):
        x[row, kind] = log_gamma(alpha[kind], key, row * kinds + kind, step)
        most = max(most, x[row, kind])
    for kind in range(kinds):
        x[row, kind] = math.exp(x[row, kind] - most)
        total += x[row, kind]
    for kind in range(kinds):
        x[row, kind] /= total


class Vectors(Continuous):
    """Distributions of vectors under NumPy's names."""

    def multinomial(self, n: ArrayLike, pvals: ArrayLike, size: Size = None) -> NDArray[np.int64]:
        """Return how often each of several outcomes comes in n trials.

        Parameters
        ----------
        n : int or array_like
            The trials, up to 2**53.
        pvals : array_like, shape (..., k)
            The probability of each outcome; the last is taken to be what the others leave.
        size : int or tuple of int, optional
            How many draws; by default those that the parameters give.

        Returns
        -------
        ndarray of int64, shape (..., k)
            The last axis adds up to n. The rounding of `math` functions decides which candidates are taken: one number in
            1e12 may differ between backends.

        Raises
        ------
        TypeError, ValueError
            Where `pvals` are no probabilities, `n` is no number of trials, or `size` does not fit them.

        Notes
        -----
        By binomial numbers one after the other: L. Devroye, Non-Uniform Random Variate Generation, Springer, 1986, chapter 11.

        Examples
        --------
        >>> import jitkit as jk
        >>> jk.random.Generator(7).multinomial(20, [0.2, 0.3, 0.5], 4).sum(axis=1).tolist()
        [20, 20, 20, 20]
        """
        what = "Generator.multinomial"
        trials, p = whole(what, "n", n), _table(what, "pvals", pvals)
        if not np.all(p <= 1) or not np.all(p[..., :-1].sum(axis=-1) <= 1 + _ROUNDING):
            worst = float(p[..., :-1].sum(axis=-1).max(initial=0))
            raise ValueError(
                f"{what}: pvals but the last add up to {worst:g}; give probabilities that add up to 1: pvals / pvals.sum()"
            )
        ours = _shape(what, "n and pvals", np.shape(trials), p.shape[:-1])
        shape = ours if size is None else shape_of(what, size)
        if _shape(what, "size and the parameters", shape, ours) != shape:
            raise ValueError(
                f"{what}: size is {size!r}, and the parameters have the shape {ours}; give a size that ends in it"
            )
        x = np.empty((*shape, p.shape[-1]), np.int64)
        rows, varied = math.prod(shape), ours != ()
        if varied:
            p = np.broadcast_to(p, x.shape)
            trials = np.broadcast_to(trials, shape)
        given = np.ascontiguousarray(trials, np.float64).reshape(-1), np.ascontiguousarray(p).reshape(-1, x.shape[-1])
        step = self._next_step()
        fill_multinomial[rows](x.reshape(rows, x.shape[-1]), self._key, step, *given, int(varied))
        return x

    def multivariate_hypergeometric(
        self, colors: ArrayLike, nsample: int, size: Size = None, method: str = "marginals"
    ) -> NDArray[np.int64]:
        """Return how many of each colour are in a sample without replacement.

        Parameters
        ----------
        colors : array_like of int, shape (k,)
            How many there are of each colour: below 10**9 in all.
        nsample : int
            The size of the sample.
        size : int or tuple of int, optional
            How many draws; one by default.
        method : {"marginals", "count"}
            As in NumPy; here both give the same numbers, colour by colour.

        Returns
        -------
        ndarray of int64, shape (..., k)
            The last axis adds up to `nsample`.

        Raises
        ------
        TypeError, ValueError
            Where `colors` are no counts, or the sample is larger than all of them.

        Notes
        -----
        By hypergeometric numbers one after the other; see `hypergeometric`.

        Examples
        --------
        >>> import jitkit as jk
        >>> jk.random.Generator(7).multivariate_hypergeometric([20, 30, 50], 10, 4).sum(axis=1).tolist()
        [10, 10, 10, 10]
        """
        what = "Generator.multivariate_hypergeometric"
        if method not in ("marginals", "count"):
            raise ValueError(f"{what}: method is {method!r}; give 'marginals' or 'count'")
        counts, taken = np.asarray(whole(what, "colors", colors)), whole(what, "nsample", nsample)
        if counts.ndim != 1 or counts.size == 0 or np.ndim(taken):
            raise ValueError(
                f"{what}: colors is {colors!r} and nsample {nsample!r}; give a sequence of counts and one size"
            )
        if not counts.sum() < MOST_OF_A_KIND:
            raise ValueError(f"{what}: there are {counts.sum():.0f} in colors; give fewer than 10**9")
        if taken > counts.sum():
            raise ValueError(
                f"{what}: nsample is {nsample!r}, of {counts.sum():.0f}; give at most as many as there are"
            )
        x = np.empty((*shape_of(what, size), counts.size), np.int64)
        step, flat = self._next_step(), x.reshape(-1, counts.size)
        fill_multivariate_hypergeometric[flat.shape[0]](flat, self._key, step, counts, int(taken))
        return x

    def dirichlet(self, alpha: ArrayLike, size: Size = None) -> NDArray[np.float64]:
        """Return vectors of parts of a whole.

        Parameters
        ----------
        alpha : array_like, shape (k,)
            The concentrations, above 0; the mean is alpha / alpha.sum().
        size : int or tuple of int, optional
            How many draws; one by default.

        Returns
        -------
        ndarray of float64, shape (..., k)
            The last axis adds up to 1.

        Raises
        ------
        TypeError, ValueError
            Where `alpha` is no sequence of finite numbers above 0, or `size` no shape.

        Notes
        -----
        Gamma numbers over their sum: L. Devroye, Non-Uniform Random Variate Generation, Springer, 1986, chapter 11. The
        rounding of `math` functions decides which candidates are taken: one number in 1e14 may differ between backends.

        Examples
        --------
        >>> import jitkit as jk
        >>> jk.random.Generator(7).dirichlet([1.0, 2.0, 3.0], 4).sum(axis=1).round(12).tolist()
        [1.0, 1.0, 1.0, 1.0]
        """
        what = "Generator.dirichlet"
        shapes = np.asarray(above_0(what, "alpha", alpha))
        if shapes.ndim != 1 or shapes.size == 0:
            raise ValueError(f"{what}: alpha is {alpha!r}; give a sequence of numbers above 0")
        x = np.empty((*shape_of(what, size), shapes.size))
        step, flat = self._next_step(), x.reshape(-1, shapes.size)
        fill_dirichlet[flat.shape[0]](flat, self._key, step, shapes)
        return x

    def multivariate_normal(
        self, mean: ArrayLike, cov: ArrayLike, size: Size = None, check_valid: str = "warn", tol: float = 1e-8, *,
        method: str = "svd",
    ) -> NDArray[np.float64]:  # fmt: skip
        """Return vectors of a normal distribution.

        Parameters
        ----------
        mean : array_like, shape (k,)
            The mean.
        cov : array_like, shape (k, k)
            The covariances: symmetric and positive semidefinite.
        size : int or tuple of int, optional
            How many draws; one by default.
        check_valid : {"warn", "raise", "ignore"}
            What to do where `cov` is not.
        tol : float, default 1e-8
            How far its symmetry and its least singular or eigenvalue may be off.
        method : {"svd", "eigh", "cholesky"}
            How its root is taken. The last is the fastest and asks for a positive definite one; other roots give other vectors.

        Returns
        -------
        ndarray of float64, shape (..., k)
            `standard_normal` numbers times the root: equal everywhere but for rounding, and that of LAPACK.

        Raises
        ------
        TypeError, ValueError
            Where the shapes do not fit, `cov` is refused, or an option is none.
        numpy.linalg.LinAlgError
            Where "cholesky" meets a matrix that is not positive definite.

        Warns
        -----
        RuntimeWarning
            Where `cov` is not positive semidefinite and `check_valid` is "warn".

        Notes
        -----
        L. Devroye, Non-Uniform Random Variate Generation, Springer, 1986, chapter 11.

        Examples
        --------
        >>> import numpy as np, jitkit as jk
        >>> x = jk.random.Generator(7).multivariate_normal([0, 5], [[2, 1], [1, 3]], 200_000)
        >>> np.cov(x.T).round(1).tolist()
        [[2.0, 1.0], [1.0, 3.0]]
        """
        what = "Generator.multivariate_normal"
        for name, given, allowed in (
            ("method", method, tuple(_ROOTS)), ("check_valid", check_valid, ("warn", "raise", "ignore"))
        ):  # fmt: skip
            if given not in allowed:
                raise ValueError(f"{what}: {name} is {given!r}; give one of {', '.join(map(repr, allowed))}")
        centre = np.asarray(parameter(what, "mean", mean, None))
        matrix = np.asarray(parameter(what, "cov", cov, None))
        if centre.ndim != 1 or matrix.shape != centre.shape * 2:
            raise ValueError(
                f"{what}: mean has the shape {centre.shape} and cov {matrix.shape}; give a vector of k and a matrix of k x k"
            )
        root, valid = _ROOTS[method](matrix, tol)
        if check_valid != "ignore" and not (valid and np.allclose(matrix, matrix.T, rtol=tol, atol=tol)):
            sentence = f"{what}: cov is not symmetric positive semidefinite; mend it, or give check_valid='ignore'"
            if check_valid == "raise":
                raise ValueError(sentence)
            warnings.warn(sentence, RuntimeWarning, stacklevel=2)
        x = self.standard_normal((*shape_of(what, size), centre.size)) @ root
        x += centre
        return np.asarray(x)


def _by_svd(matrix: Any, tol: float) -> tuple[Any, bool]:
    _, values, vectors = np.linalg.svd(matrix)
    return np.sqrt(values)[:, None] * vectors, np.allclose((vectors.T * values) @ vectors, matrix, rtol=tol, atol=tol)


def _by_eigenvalues(matrix: Any, tol: float) -> tuple[Any, bool]:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0.0))).T, bool(np.all(values >= -tol))


def _by_cholesky(matrix: Any, _: float) -> tuple[Any, bool]:
    return np.linalg.cholesky(matrix).T, True


_ROOTS = {"svd": _by_svd, "eigh": _by_eigenvalues, "cholesky": _by_cholesky}


def _table(what: str, name: str, value: ArrayLike) -> NDArray[np.float64]:
    found = np.asarray(parameter(what, name, value))
    if found.ndim == 0 or found.shape[-1] == 0:
        raise ValueError(f"{what}: {name} is {value!r}; give a sequence of numbers")
    return found


def _shape(what: str, names: str, *shapes: tuple[int, ...]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise ValueError(f"{what}: {names} of the shapes {' and '.join(map(str, shapes))} do not broadcast") from None
