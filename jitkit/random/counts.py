"""A generator's numbers of successes and of trials."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from jitkit.random import formulas
from jitkit.random.each import Each, above_0, from_0
from jitkit.random.outputs import Size

_INTEGER = ("int64",)
_MOST_TRIALS = 2.0**53
_LARGEST_MEAN = 1e15  # of a gamma number that becomes the mean of a Poisson number


class Counts(Each):
    """Distributions of independent trials under NumPy's names.

    Where candidates are taken or not, the rounding of `math` functions decides: about one number in 1e12 may differ between
    backends.
    """

    def binomial(
        self, n: ArrayLike, p: ArrayLike, size: Size = None, dtype: DTypeLike | None = None, out: Any = None
    ) -> Any:
        """Return how many of n trials succeed.

        Parameters
        ----------
        n : int or array_like
            The trials, up to 2**53.
        p : float or array_like
            The probability of each.
        size : int or tuple of int, optional
            The shape; by default that of the parameters.
        dtype : {int64}, optional
            The elements' type.
        out : contiguous array of int64, optional
            A NumPy or device array to fill.

        Returns
        -------
        numpy.int64 or ndarray

        Raises
        ------
        TypeError, ValueError
            As in `random`, and for parameters outside what is said above.

        Notes
        -----
        W. Hörmann, "The generation of binomial random variates", J. Stat. Comput. Simul. 46, 1993; for means below 10 by the
        gaps between successes: L. Devroye, Non-Uniform Random Variate Generation, Springer, 1986, chapter 10.

        Examples
        --------
        >>> import jitkit as jk
        >>> x = jk.random.Generator(7).binomial(20, 0.25, 100_000)
        >>> round(float(x.mean()))
        5
        """
        what = "Generator.binomial"
        trials, probability = from_0(what, "n", n), _probability(what, p)
        if not np.all((trials == np.floor(trials)) & (trials <= _MOST_TRIALS)):
            raise ValueError(f"{what}: n is {n!r}; give integers up to 2**53")
        return self._drawn(what, formulas.draw_binomial, _INTEGER, size, dtype, out, trials, probability)

    def geometric(self, p: ArrayLike, size: Size = None, dtype: DTypeLike | None = None, out: Any = None) -> Any:
        """Return the number of the first trial that succeeds, from 1 on.

        Parameters
        ----------
        p : float or array_like
            The probability of each, above 0.
        size, dtype, out
            As in `binomial`.

        Returns
        -------
        numpy.int64 or ndarray

        Raises
        ------
        TypeError, ValueError
            As in `binomial`.

        Notes
        -----
        By inversion: L. Devroye, Non-Uniform Random Variate Generation, Springer, 1986, chapter 10.

        Examples
        --------
        >>> import jitkit as jk
        >>> int(jk.random.Generator(7).geometric(0.3, 1000).min())
        1
        """
        what = "Generator.geometric"
        probability = _probability(what, p)
        above_0(what, "p", probability)
        with np.errstate(divide="ignore"):  # of what is certain
            rate = -np.log1p(-probability)  # here once, so that no backend rounds it in a way of its own
        rate = float(rate) if type(probability) is float else rate
        return self._drawn(what, formulas.draw_geometric, _INTEGER, size, dtype, out, rate)

    def negative_binomial(
        self, n: ArrayLike, p: ArrayLike, size: Size = None, dtype: DTypeLike | None = None, out: Any = None
    ) -> Any:
        """Return how many trials fail before n have succeeded.

        Parameters
        ----------
        n : float or array_like
            The successes, above 0; any number, not only integers.
        p : float or array_like
            The probability of each, above 0.
        size, dtype, out
            As in `binomial`.

        Returns
        -------
        numpy.int64 or ndarray

        Raises
        ------
        TypeError, ValueError
            As in `binomial`, and where the mean is above 1e15.

        Notes
        -----
        A Poisson number whose mean is a gamma number: L. Devroye, Non-Uniform Random Variate Generation, Springer, 1986,
        chapter 10.

        Examples
        --------
        >>> import jitkit as jk
        >>> x = jk.random.Generator(7).negative_binomial(3, 0.25, 100_000)
        >>> round(float(x.mean()))
        9
        """
        what = "Generator.negative_binomial"
        successes, probability = above_0(what, "n", n), above_0(what, "p", _probability(what, p))
        scale = (1.0 - probability) / probability
        if not np.all(scale * successes <= _LARGEST_MEAN):
            raise ValueError(f"{what}: n is {n!r} and p {p!r}; give numbers of which n (1 - p) / p is at most 1e15")
        return self._drawn(what, formulas.draw_negative_binomial, _INTEGER, size, dtype, out, successes, scale)


def _probability(what: str, value: ArrayLike) -> Any:
    found = from_0(what, "p", value)
    if not np.all(found <= 1):
        raise ValueError(f"{what}: p is {value!r}; give probabilities, from 0 to 1")
    return found
