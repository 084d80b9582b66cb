"""A generator's distributions that are made of gamma numbers."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from jitkit.random import formulas, rejection
from jitkit.random.documented import FAMILIES, MARSAGLIA_TSANG, documented
from jitkit.random.each import Each, above_0, from_0
from jitkit.random.outputs import Dtype, Size


class GammaFamilies(Each):
    """Distributions under NumPy's names, as `Families`.

    The rounding of `math` functions decides which candidates are taken: about one number in 1e14 may differ altogether.
    """

    @documented(MARSAGLIA_TSANG)
    def gamma(
        self, shape: ArrayLike, scale: ArrayLike = 1.0, size: Size = None, dtype: Dtype = None, out: Any = None
    ) -> Any:
        """Return numbers of a gamma distribution.

        Parameters
        ----------
        shape, scale : float or array_like
            The parameters, from 0; the mean is their product.
        {shared}

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

    @documented(MARSAGLIA_TSANG)
    def standard_gamma(self, shape: ArrayLike, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return numbers of the gamma distribution of scale 1.

        Parameters
        ----------
        shape : float or array_like
            The shape, which is the mean.
        {shared}

        Examples
        --------
        >>> import jitkit as jk
        >>> jk.random.Generator(7).standard_gamma(2.0, 3).shape
        (3,)
        """
        what = "Generator.standard_gamma"
        return self._drawn(what, rejection.draw_gamma, size, dtype, out, from_0(what, "shape", shape), 1.0)

    @documented(FAMILIES)
    def chisquare(self, df: ArrayLike, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return sums of squares of normal numbers.

        Parameters
        ----------
        df : float or array_like
            The degrees of freedom, above 0: how many squares.
        {shared}

        Examples
        --------
        >>> import jitkit as jk
        >>> jk.random.Generator(7).chisquare(4.0, 3).shape
        (3,)
        """
        what = "Generator.chisquare"
        return self._drawn(what, formulas.draw_chisquare, size, dtype, out, above_0(what, "df", df))

    @documented(FAMILIES)
    def standard_t(self, df: ArrayLike, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return numbers of Student's distribution.

        Parameters
        ----------
        df : float or array_like
            The degrees of freedom, above 0.
        {shared}

        Examples
        --------
        >>> import jitkit as jk
        >>> jk.random.Generator(7).standard_t(4.0, 3).shape
        (3,)
        """
        what = "Generator.standard_t"
        return self._drawn(what, formulas.draw_student, size, dtype, out, above_0(what, "df", df))

    @documented(FAMILIES)
    def beta(self, a: ArrayLike, b: ArrayLike, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return numbers of the beta distribution, from 0 to 1.

        Parameters
        ----------
        a, b : float or array_like
            The shapes, above 0; the mean is a / (a + b).
        {shared}

        Examples
        --------
        >>> import jitkit as jk
        >>> jk.random.Generator(7).beta(2.0, 5.0, 3).shape
        (3,)
        """
        what = "Generator.beta"
        return self._drawn(what, formulas.draw_beta, size, dtype, out, above_0(what, "a", a), above_0(what, "b", b))
