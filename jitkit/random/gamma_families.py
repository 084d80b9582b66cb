"""A generator's distributions that are made of gamma numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from jitkit.random import formulas, rejection
from jitkit.random.each import Each, above_0, from_0
from jitkit.random.outputs import Dtype, Size

_LARGEST_SHIFT = 1e15  # of a Poisson number that becomes one of degrees of freedom


class GammaFamilies(Each):
    """Distributions under NumPy's names, as `Families`.

    The rounding of `math` functions decides which candidates are taken: about one number in 1e14 may differ altogether.
    """

    def gamma(
        self, shape: ArrayLike, scale: ArrayLike = 1.0, size: Size = None, dtype: Dtype = None, out: Any = None
    ) -> Any:
        """Return numbers of a gamma distribution.

        Parameters
        ----------
        shape, scale : float or array_like
            The parameters, from 0; the mean is their product.
        size, dtype, out
            As in `random`; without a size, the shape of the parameters.

        Returns
        -------
        float or ndarray

        Raises
        ------
        TypeError, ValueError
            As in `random`, and for parameters outside what is said above.

        Notes
        -----
        G. Marsaglia, W. W. Tsang, "A simple method for generating gamma variables", ACM Trans. Math. Softw. 26(3), 2000.
        The rounding of `math` functions decides which candidates are taken: about one number in 1e14 may differ altogether.

        Examples
        --------
        >>> import jitkit as jk
        >>> x = jk.random.Generator(7).gamma(3.0, 2.0, 100_000)
        >>> round(float(x.mean()))
        6
        """
        what = "Generator.gamma"
        given = from_0(what, "shape", shape), from_0(what, "scale", scale)
        return self._drawn(what, rejection.draw_gamma, size, dtype, out, *given)

    def standard_gamma(self, shape: ArrayLike, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return numbers of the gamma distribution of scale 1.

        Parameters
        ----------
        shape : float or array_like
            The shape, which is the mean.
        size, dtype, out
            As in `random`; without a size, the shape of the parameters.

        Returns
        -------
        float or ndarray

        Raises
        ------
        TypeError, ValueError
            As in `random`, and for parameters outside what is said above.

        Notes
        -----
        G. Marsaglia, W. W. Tsang, "A simple method for generating gamma variables", ACM Trans. Math. Softw. 26(3), 2000.
        The rounding of `math` functions decides which candidates are taken: about one number in 1e14 may differ altogether.

        Examples
        --------
        >>> import jitkit as jk
        >>> jk.random.Generator(7).standard_gamma(2.0, 3).shape
        (3,)
        """
        what = "Generator.standard_gamma"
        return self._drawn(what, rejection.draw_gamma, size, dtype, out, from_0(what, "shape", shape), 1.0)

    def chisquare(self, df: ArrayLike, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return sums of squares of normal numbers.

        Parameters
        ----------
        df : float or array_like
            The degrees of freedom, above 0: how many squares.
        size, dtype, out
            As in `random`; without a size, the shape of the parameters.

        Returns
        -------
        float or ndarray

        Raises
        ------
        TypeError, ValueError
            As in `random`, and for parameters outside what is said above.

        Notes
        -----
        L. Devroye, Non-Uniform Random Variate Generation, Springer, 1986, chapters 2 and 9.

        Examples
        --------
        >>> import jitkit as jk
        >>> jk.random.Generator(7).chisquare(4.0, 3).shape
        (3,)
        """
        what = "Generator.chisquare"
        return self._drawn(what, formulas.draw_chisquare, size, dtype, out, above_0(what, "df", df))

    def standard_t(self, df: ArrayLike, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return numbers of Student's distribution.

        Parameters
        ----------
        df : float or array_like
            The degrees of freedom, above 0.
        size, dtype, out
            As in `random`; without a size, the shape of the parameters.

        Returns
        -------
        float or ndarray

        Raises
        ------
        TypeError, ValueError
            As in `random`, and for parameters outside what is said above.

        Notes
        -----
        L. Devroye, Non-Uniform Random Variate Generation, Springer, 1986, chapters 2 and 9.

        Examples
        --------
        >>> import jitkit as jk
        >>> jk.random.Generator(7).standard_t(4.0, 3).shape
        (3,)
        """
        what = "Generator.standard_t"
        return self._drawn(what, formulas.draw_student, size, dtype, out, above_0(what, "df", df))

    def beta(self, a: ArrayLike, b: ArrayLike, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return numbers of the beta distribution, from 0 to 1.

        Parameters
        ----------
        a, b : float or array_like
            The shapes, above 0; the mean is a / (a + b).
        size, dtype, out
            As in `random`; without a size, the shape of the parameters.

        Returns
        -------
        float or ndarray

        Raises
        ------
        TypeError, ValueError
            As in `random`, and for parameters outside what is said above.

        Notes
        -----
        L. Devroye, Non-Uniform Random Variate Generation, Springer, 1986, chapters 2 and 9.

        Examples
        --------
        >>> import jitkit as jk
        >>> jk.random.Generator(7).beta(2.0, 5.0, 3).shape
        (3,)
        """
        what = "Generator.beta"
        return self._drawn(what, formulas.draw_beta, size, dtype, out, above_0(what, "a", a), above_0(what, "b", b))

    def f(self, dfnum: ArrayLike, dfden: ArrayLike, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return numbers of Fisher's distribution: ratios of two means of squares of normal numbers.

        Parameters
        ----------
        dfnum, dfden : float or array_like
            The degrees of freedom above and below, above 0.
        size, dtype, out
            As in `random`; without a size, the shape of the parameters.

        Returns
        -------
        float or ndarray

        Raises
        ------
        TypeError, ValueError
            As in `random`, and for parameters outside what is said above.

        Notes
        -----
        L. Devroye, Non-Uniform Random Variate Generation, Springer, 1986, chapters 2 and 9.

        Examples
        --------
        >>> import jitkit as jk
        >>> jk.random.Generator(7).f(4.0, 9.0, 3).shape
        (3,)
        """
        what = "Generator.f"
        given = above_0(what, "dfnum", dfnum), above_0(what, "dfden", dfden)
        return self._drawn(what, formulas.draw_f, size, dtype, out, *given)

    def noncentral_chisquare(
        self, df: ArrayLike, nonc: ArrayLike, size: Size = None, dtype: Dtype = None, out: Any = None
    ) -> Any:
        """Return sums of squares of normal numbers whose means are not 0.

        Parameters
        ----------
        df, nonc : float or array_like
            The degrees of freedom, above 0, and the sum of the squared means, up to 1e15.
        size, dtype, out
            As in `random`; without a size, the shape of the parameters.

        Returns
        -------
        float or ndarray

        Raises
        ------
        TypeError, ValueError
            As in `random`, and for parameters outside what is said above.

        Notes
        -----
        L. Devroye, Non-Uniform Random Variate Generation, Springer, 1986, chapters 2 and 9.

        Examples
        --------
        >>> import jitkit as jk
        >>> jk.random.Generator(7).noncentral_chisquare(3.0, 2.0, 3).shape
        (3,)
        """
        what = "Generator.noncentral_chisquare"
        given = above_0(what, "df", df), _shift(what, nonc)
        return self._drawn(what, formulas.draw_noncentral_chisquare, size, dtype, out, *given)

    def noncentral_f(
        self, dfnum: ArrayLike, dfden: ArrayLike, nonc: ArrayLike, size: Size = None, dtype: Dtype = None, out: Any = None
    ) -> Any:  # fmt: skip
        """Return numbers of Fisher's distribution with a numerator that is not central.

        Parameters
        ----------
        dfnum, dfden, nonc : float or array_like
            The degrees of freedom above and below, above 0, and the sum of the squared means above, up to 1e15.
        size, dtype, out
            As in `random`; without a size, the shape of the parameters.

        Returns
        -------
        float or ndarray

        Raises
        ------
        TypeError, ValueError
            As in `random`, and for parameters outside what is said above.

        Notes
        -----
        L. Devroye, Non-Uniform Random Variate Generation, Springer, 1986, chapters 2 and 9.

        Examples
        --------
        >>> import jitkit as jk
        >>> jk.random.Generator(7).noncentral_f(4.0, 9.0, 2.0, 3).shape
        (3,)
        """
        what = "Generator.noncentral_f"
        given = above_0(what, "dfnum", dfnum), above_0(what, "dfden", dfden), _shift(what, nonc)
        return self._drawn(what, formulas.draw_noncentral_f, size, dtype, out, *given)


def _shift(what: str, nonc: ArrayLike) -> Any:
    found = from_0(what, "nonc", nonc)
    if not np.all(found <= _LARGEST_SHIFT):
        raise ValueError(f"{what}: nonc is {nonc!r}; give numbers up to 1e15")
    return found
