"""A generator's numbers of successes, of trials and of events."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from jitkit.random import rejection, trials, urns
from jitkit.random.each import Each, above_0, from_0, number, whole
from jitkit.random.outputs import COUNTS, Dtype, Size, parameter

_MOST_EVENTS = 2.0**63 - 10 * 2.0**31.5  # as NumPy's: above, what is ten deviations over the mean would not fit 64 bits
MOST_OF_A_KIND = 1e9
"""As in NumPy: logarithms of factorials beyond differ by more than the probabilities that are made of them."""
_LARGEST_MEAN = 1e15  # of a gamma number that becomes the mean of a Poisson number


class Counts(Each):
    """Distributions of independent trials and events under NumPy's names.

    Where candidates are taken or not, the rounding of `math` functions decides: about one number in 1e12 may differ between
    backends.
    """

    def binomial(self, n: ArrayLike, p: ArrayLike, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return how many of n trials succeed.

        Parameters
        ----------
        n : int or array_like
            The trials, up to 2**53.
        p : float or array_like
            The probability of each.
        size, dtype, out
            As in `random`, and of int64 alone; without a size, the shape of the parameters.

        Returns
        -------
        numpy.int64 or ndarray

        Raises
        ------
        TypeError, ValueError
            As in `random`, and for parameters outside what is said above.

        Notes
        -----
        W. Hörmann, "The generation of binomial random variates", J. Stat. Comput. Simul. 46, 1993; for means below 10 by
        the gaps between successes: L. Devroye, Non-Uniform Random Variate Generation, Springer, 1986, chapter 10.

        Examples
        --------
        >>> import jitkit as jk
        >>> x = jk.random.Generator(7).binomial(20, 0.25, 100_000)
        >>> round(float(x.mean()))
        5
        """
        what = "Generator.binomial"
        given = whole(what, "n", n), _probability(what, p)
        return self._drawn(what, trials.draw_binomial, size, dtype, out, *given, allowed=COUNTS)

    def geometric(self, p: ArrayLike, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return the number of the first trial that succeeds, from 1 on.

        Parameters
        ----------
        p : float or array_like
            The probability of each, above 0.
        size, dtype, out
            As in `random`, and of int64 alone; without a size, the shape of the parameters.

        Returns
        -------
        numpy.int64 or ndarray

        Raises
        ------
        TypeError, ValueError
            As in `random`, and for parameters outside what is said above.

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
        return self._drawn(what, trials.draw_geometric, size, dtype, out, rate, allowed=COUNTS)

    def negative_binomial(
        self, n: ArrayLike, p: ArrayLike, size: Size = None, dtype: Dtype = None, out: Any = None
    ) -> Any:
        """Return how many trials fail before n have succeeded.

        Parameters
        ----------
        n : float or array_like
            The successes, above 0; any number, not only integers.
        p : float or array_like
            The probability of each, above 0, and such that the mean, n (1 - p) / p, is at most 1e15.
        size, dtype, out
            As in `random`, and of int64 alone; without a size, the shape of the parameters.

        Returns
        -------
        numpy.int64 or ndarray

        Raises
        ------
        TypeError, ValueError
            As in `random`, and for parameters outside what is said above.

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
        return self._drawn(what, trials.draw_negative_binomial, size, dtype, out, successes, scale, allowed=COUNTS)

    def poisson(self, lam: ArrayLike = 1.0, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return integers of a Poisson distribution.

        Parameters
        ----------
        lam : float or array_like
            The mean, up to 9.2e18.
        size, dtype, out
            As in `random`, and of int64 alone; without a size, the shape of the parameters.

        Returns
        -------
        numpy.int64 or ndarray

        Raises
        ------
        TypeError, ValueError
            As in `random`, and for parameters outside what is said above.

        Notes
        -----
        W. Hörmann, "The transformed rejection method for generating Poisson random variables", Insurance: Mathematics
        and Economics 12(1), 1993; for means below 10, the same bits on every backend, by products: D. E. Knuth, The
        Art of Computer Programming 2, 3.4.1. Above, one number in 1e12 may differ.

        Examples
        --------
        >>> import jitkit as jk
        >>> x = jk.random.Generator(7).poisson(4.0, 100_000)
        >>> round(float(x.mean())), round(float(x.var()))
        (4, 4)
        """
        what = "Generator.poisson"
        mean = parameter(what, "lam", lam)
        if not (mean <= _MOST_EVENTS if type(mean) is float else np.all(mean <= _MOST_EVENTS)):
            raise ValueError(f"{what}: lam is {float(np.max(mean))!r}; give means up to {_MOST_EVENTS:.3g}")
        # Here once, so that no backend rounds it in a way of its own.
        limit = _limit(mean) if type(mean) is float else np.exp(-mean)
        return self._drawn(what, rejection.draw_poisson, size, dtype, out, mean, limit, allowed=COUNTS)

    def zipf(self, a: ArrayLike, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return integers from 1 on whose probability falls by a power.

        Parameters
        ----------
        a : float or array_like
            The exponent, above 1. What int64 does not hold is drawn again, as in NumPy.
        size, dtype, out
            As in `random`, and of int64 alone; without a size, the shape of the parameters.

        Returns
        -------
        numpy.int64 or ndarray

        Raises
        ------
        TypeError, ValueError
            As in `random`, and for parameters outside what is said above.

        Notes
        -----
        By rejection: L. Devroye, Non-Uniform Random Variate Generation, Springer, 1986, chapter 10.

        Examples
        --------
        >>> import jitkit as jk
        >>> int(jk.random.Generator(7).zipf(2.5, 1000).min())
        1
        """
        what = "Generator.zipf"
        exponent = number(what, "a", a)
        if not np.all(exponent > 1):
            raise ValueError(f"{what}: a is {a!r}; give numbers above 1")
        return self._drawn(what, trials.draw_zipf, size, dtype, out, exponent, allowed=COUNTS)

    def logseries(self, p: ArrayLike, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return integers from 1 on whose probabilities are the terms of a logarithm's series.

        Parameters
        ----------
        p : float or array_like
            From 0 to below 1.
        size, dtype, out
            As in `random`, and of int64 alone; without a size, the shape of the parameters.

        Returns
        -------
        numpy.int64 or ndarray

        Raises
        ------
        TypeError, ValueError
            As in `random`, and for parameters outside what is said above.

        Notes
        -----
        A. W. Kemp, "Efficient generation of logarithmically distributed pseudo-random variables", J. Royal Stat. Soc. C
        30(3), 1981.

        Examples
        --------
        >>> import jitkit as jk
        >>> int(jk.random.Generator(7).logseries(0.6, 1000).min())
        1
        """
        what = "Generator.logseries"
        probability = _probability(what, p)
        if not np.all(probability < 1):
            raise ValueError(f"{what}: p is {p!r}; give numbers below 1")
        return self._drawn(what, trials.draw_logseries, size, dtype, out, probability, allowed=COUNTS)

    def hypergeometric(
        self, ngood: ArrayLike, nbad: ArrayLike, nsample: ArrayLike, size: Size = None, dtype: Dtype = None,
        out: Any = None,
    ) -> Any:  # fmt: skip
        """Return how many of a sample without replacement are good.

        Parameters
        ----------
        ngood, nbad : int or array_like
            How many are good and how many bad: below 10**9, as in NumPy.
        nsample : int or array_like
            The size of the sample.
        size, dtype, out
            As in `random`, and of int64 alone; without a size, the shape of the parameters.

        Returns
        -------
        numpy.int64 or ndarray

        Raises
        ------
        TypeError, ValueError
            As in `random`, and for parameters outside what is said above.

        Notes
        -----
        E. Stadlober, "The ratio of uniforms approach for generating discrete random variates", J. Comput. Appl. Math.
        31(1), 1990; samples of up to ten one by one.

        Examples
        --------
        >>> import jitkit as jk
        >>> x = jk.random.Generator(7).hypergeometric(30, 70, 20, 100_000)
        >>> round(float(x.mean()))
        6
        """
        what = "Generator.hypergeometric"
        good, bad, sample = whole(what, "ngood", ngood), whole(what, "nbad", nbad), whole(what, "nsample", nsample)
        if not np.all((good < MOST_OF_A_KIND) & (bad < MOST_OF_A_KIND)):
            raise ValueError(f"{what}: ngood is {ngood!r} and nbad {nbad!r}; give numbers below 10**9")
        if not np.all(sample <= good + bad):
            raise ValueError(f"{what}: nsample is {nsample!r}, of {ngood!r} and {nbad!r}; give at most their sum")
        return self._drawn(what, urns.draw_hypergeometric, size, dtype, out, good, bad, sample, allowed=COUNTS)


@functools.lru_cache(maxsize=256)
def _limit(mean: float) -> float:
    return float(np.exp(-mean))  # which takes 0.5 us


def _probability(what: str, value: ArrayLike) -> Any:
    found = from_0(what, "p", value)
    if not np.all(found <= 1):
        raise ValueError(f"{what}: p is {value!r}; give probabilities, from 0 to 1")
    return found
