"""A generator's permutations and samples; on the host, whatever backend draws the numbers."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index
from numpy.typing import ArrayLike, NDArray

from jitkit.random.counts import Counts
from jitkit.random.discrete import Discrete
from jitkit.random.families import Families
from jitkit.random.gamma_families import GammaFamilies
from jitkit.random.outputs import Size, shape_of
from jitkit.random.shuffling import permuted, permuted_rows
from jitkit.random.vectors import Vectors


class Arrangements(Vectors, Families, GammaFamilies, Discrete, Counts):
    """Orders and samples of given elements."""

    def permutation(self, x: int | ArrayLike, axis: int = 0) -> Any:
        """Return the elements of an array in random order, every order equally likely.

        Parameters
        ----------
        x : int or array_like
            The elements; of an integer, those of ``arange(x)``.
        axis : int, default 0
            The axis along which whole slices change places.

        Returns
        -------
        ndarray
            A new array; the same order on every backend.

        Raises
        ------
        ValueError
            For a negative integer.
        numpy.exceptions.AxisError
            Where there is no such axis.

        Notes
        -----
        In parallel through random buckets: C. R. Rao, Sankhya A 23, 1961; M. Sandelius, J. Royal Stat. Soc. B 24(2),
        1962. Each bucket by R. Durstenfeld, "Algorithm 235: random permutation", Comm. ACM 7(7), 1964.

        Examples
        --------
        >>> import jitkit as jk
        >>> sorted(jk.random.Generator(7).permutation(4).tolist())
        [0, 1, 2, 3]
        """
        if np.ndim(x) == 0:
            return self._order(_population("Generator.permutation", x))
        elements = np.asarray(x)
        axis = _axis("Generator.permutation", axis, elements)
        return np.take(elements, self._order(elements.shape[axis]), axis=axis)

    def shuffle(self, x: Any, axis: int = 0) -> None:
        """Put the elements of an array into random order, in place.

        Parameters
        ----------
        x : numpy.ndarray
            The array.
        axis : int, default 0
            The axis along which whole slices change places.

        Raises
        ------
        TypeError
            Where `x` is no NumPy array.
        ValueError
            Where it is read-only or has no dimension.
        numpy.exceptions.AxisError
            Where there is no such axis.

        Notes
        -----
        The order is that of `permutation`.

        Examples
        --------
        >>> import numpy as np, jitkit as jk
        >>> x = np.arange(4)
        >>> jk.random.Generator(7).shuffle(x)
        >>> sorted(x.tolist())
        [0, 1, 2, 3]
        """
        what = "Generator.shuffle"
        if not isinstance(x, np.ndarray):
            raise TypeError(f"{what}: x is a {type(x).__name__}; give a NumPy array, or use permutation")
        if x.ndim == 0 or not x.flags.writeable:
            raise ValueError(f"{what}: x {'has no dimension' if x.ndim == 0 else 'is read-only'}; use permutation")
        axis = _axis(what, axis, x)
        x[...] = np.take(x, self._order(x.shape[axis]), axis=axis)

    def permuted(self, x: ArrayLike, *, axis: int | None = None, out: Any = None) -> Any:
        """Return an array whose elements change places along an axis, those of each row in an order of their own.

        Parameters
        ----------
        x : array_like
            The elements; a NumPy array stays as it is unless it is `out`.
        axis : int, optional
            The axis; by default all elements change places with one another.
        out : numpy.ndarray, optional
            An array of the same shape and type for the result, such as `x` itself.

        Returns
        -------
        ndarray
            A new array, or `out`; the same order on every backend.

        Raises
        ------
        TypeError
            Where `out` is no NumPy array, or `x` has no dimension.
        ValueError
            Where `out` is read-only or of another shape or type.
        numpy.exceptions.AxisError
            Where there is no such axis.

        Notes
        -----
        Each row by R. Durstenfeld, "Algorithm 235: random permutation", Comm. ACM 7(7), 1964.

        Examples
        --------
        >>> import numpy as np, jitkit as jk
        >>> x = np.arange(12).reshape(3, 4)
        >>> np.sort(jk.random.Generator(7).permuted(x, axis=1), axis=1).tolist() == x.tolist()
        True
        """
        what, elements = "Generator.permuted", np.asarray(x)
        if elements.ndim == 0:
            raise TypeError(f"{what}: x is {x!r}; give an array, or use permutation for the integers below a number")
        if out is not None:
            if not isinstance(out, np.ndarray):
                raise TypeError(f"{what}: out is a {type(out).__name__}; give a NumPy array")
            if (out.shape, out.dtype) != (elements.shape, elements.dtype) or not out.flags.writeable:
                raise ValueError(
                    f"{what}: out is {'' if out.flags.writeable else 'read-only, '}of {out.dtype} and the shape {out.shape}; "
                    f"give one that can be written, of {elements.dtype} and {elements.shape}"
                )
        if axis is None:
            result = elements.reshape(-1)[self._order(elements.size)].reshape(elements.shape)
        else:
            axis = _axis(what, axis, elements)
            last = np.moveaxis(elements, axis, -1)
            rows = last.reshape(math.prod(last.shape[:-1]), last.shape[-1])
            order = permuted_rows(*rows.shape, self._key, self._next_step())
            moved = np.take_along_axis(rows, order, axis=1).reshape(last.shape)
            result = np.ascontiguousarray(np.moveaxis(moved, -1, axis))
        if out is None:
            return result
        out[...] = result
        return out

    def choice(
        self, a: int | ArrayLike, size: Size = None, replace: bool = True, p: ArrayLike | None = None, axis: int = 0,
        shuffle: bool = True,
    ) -> Any:  # fmt: skip
        """Return a random sample of given elements.

        Parameters
        ----------
        a : int or array_like
            The elements; of an integer, those of ``arange(a)``.
        size : int or tuple of int, optional
            The shape of the sample; one element by default.
        replace : bool, default True
            Whether an element can be drawn more than once.
        p : array_like, optional
            The probability of each element, 1 in all; by default they are equal.
        axis : int, default 0
            The axis of `a` that is drawn from.
        shuffle : bool, default True
            As in NumPy; here a sample without replacement is in random order in any case.

        Returns
        -------
        element or ndarray
            The same on every backend.

        Raises
        ------
        ValueError
            Where the sample is larger than there are elements, or `p` are no probabilities of the elements.
        numpy.exceptions.AxisError
            Where there is no such axis.

        Notes
        -----
        With `p` and without replacement by the keys of P. S. Efraimidis, P. G. Spirakis, "Weighted random sampling with a
        reservoir", Information Processing Letters 97(5), 2006: as drawing one after the other.

        Examples
        --------
        >>> import jitkit as jk
        >>> sorted(jk.random.Generator(7).choice(["a", "b"], 2, replace=False).tolist())
        ['a', 'b']
        """
        what, whole = "Generator.choice", np.ndim(a) == 0
        elements = None if whole else np.asarray(a)
        axis = axis if elements is None else _axis(what, axis, elements)
        n = _population(what, a) if elements is None else elements.shape[axis]
        shape = shape_of(what, size)
        count = math.prod(shape)
        chances = None if p is None else _probabilities(what, p, n)
        if count and (n == 0 or (not replace and count > n)):
            raise ValueError(
                f"{what}: {count} of {n} elements{'' if replace else ' without replacement'}; give more of them"
            )
        picked = (self._with_replacement if replace else self._without)(n, count, chances).reshape(shape)
        if size is None:
            picked = picked[()]
        return picked if elements is None else np.take(elements, picked, axis=axis)

    def _with_replacement(self, n: int, count: int, chances: Any) -> Any:
        if chances is None:
            return self.integers(0, max(n, 1), count)
        cumulated = np.cumsum(chances)
        return np.searchsorted(cumulated / cumulated[-1], self.random(count), side="right") if count else _none()

    def _without(self, n: int, count: int, chances: Any) -> Any:
        if chances is None:
            return self._order(n)[:count]
        if count > np.count_nonzero(chances):
            raise ValueError(
                f"Generator.choice: {count} elements without replacement, and {np.count_nonzero(chances)} have a probability"
            )
        with np.errstate(divide="ignore"):  # an element of probability 0 comes last
            waiting = -np.log1p(-self.random(n)) / chances
        first = np.argpartition(waiting, count - 1)[:count] if count else _none()
        return first[np.argsort(waiting[first], kind="stable")]

    def _order(self, n: int) -> Any:
        return permuted(n, self._key, self._next_step())


def _none() -> Any:
    return np.empty(0, np.int64)


def _population(what: str, n: Any) -> int:
    try:
        found = operator.index(n)
    except TypeError:
        raise TypeError(f"{what}: {n!r} is neither an array nor the number of elements") from None
    if found < 0:
        raise ValueError(f"{what}: there are no {found} elements; give an integer from 0")
    return found


def _axis(what: str, axis: int, elements: NDArray[Any]) -> int:
    """Return an axis counted from the first; AxisError names the method."""
    try:
        return normalize_axis_index(axis, elements.ndim, what)
    except TypeError:
        raise TypeError(f"{what}: axis is {axis!r}; give an integer") from None


def _probabilities(what: str, p: ArrayLike, n: int) -> Any:
    given = np.asarray(p)
    chances = given.astype(np.float64)
    if chances.shape != (n,):
        raise ValueError(f"{what}: p has the shape {chances.shape}; give one probability for each of the {n} elements")
    # As in NumPy: what was divided by its sum in float32 adds up to 1 as float32 does.
    rounding = math.sqrt(np.finfo(given.dtype if given.dtype.kind == "f" else np.float64).eps)
    if not np.all(chances >= 0) or abs(chances.sum() - 1) > rounding:
        raise ValueError(f"{what}: p adds up to {chances.sum():g}, its least is {chances.min(initial=0):g}; "
                         "give numbers from 0 that add up to 1: p / p.sum()")  # fmt: skip
    return chances
