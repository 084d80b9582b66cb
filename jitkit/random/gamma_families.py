"""A generator's distributions that are made of gamma numbers."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike, DTypeLike

from jitkit.random import formulas, rejection
from jitkit.random.each import Each, above_0, from_0
from jitkit.random.outputs import FLOATS, Size


class GammaFamilies(Each):
    """Distributions under NumPy's names, as `Families`.

    The rounding of `math` functions decides which candidates are taken: about one number in 1e14 may differ altogether.
    """

    def standard_gamma(
        self, shape: ArrayLike, size: Size = None, dtype: DTypeLike | None = None, out: Any = None
    ) -> Any:
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

        Examples
        --------
        >>> import jitkit as jk
        >>> jk.random.Generator(7).standard_gamma(2.0, 3).shape
        (3,)
        """
        what = "Generator.standard_gamma"
        return self._drawn(
            what,
            rejection.draw_gamma,
            FLOATS,
            size,
            dtype,
            out,
            from_0(what, "shape", shape),
            1.0,
        )

    def chisquare(self, df: ArrayLike, size: Size = None, dtype: DTypeLike | None = None, out: Any = None) -> Any:
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
        return self._drawn(what, formulas.draw_chisquare, FLOATS, size, dtype, out, above_0(what, "df", df))

    def standard_t(self, df: ArrayLike, size: Size = None, dtype: DTypeLike | None = None, out: Any = None) -> Any:
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
        return self._drawn(what, formulas.draw_student, FLOATS, size, dtype, out, above_0(what, "df", df))

    def beta(
        self, a: ArrayLike, b: ArrayLike, size: Size = None, dtype: DTypeLike | None = None, out: Any = None
    ) -> Any:
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
        return self._drawn(
            what, formulas.draw_beta, FLOATS, size, dtype, out, above_0(what, "a", a), above_0(what, "b", b)
        )
