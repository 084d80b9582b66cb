"""A generator's further floating-point distributions: a formula of a uniform, normal or exponential number each."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from jitkit.random import formulas
from jitkit.random.each import Each, above_0, from_0, number
from jitkit.random.outputs import Dtype, Size


class Families(Each):
    """Distributions under NumPy's names.

    Each method takes `size`, `dtype` and `out` as `Generator.random` does; without a size, the numbers have the shape of the
    parameters. All are computed in float64, and equal on every backend but for the rounding of `math` functions.
    """

    def lognormal(
        self, mean: ArrayLike = 0.0, sigma: ArrayLike = 1.0, size: Size = None, dtype: Dtype = None, out: Any = None
    ) -> Any:
        """Return numbers whose logarithms are normal.

        Parameters
        ----------
        mean, sigma : float or array_like
            Mean and standard deviation of the logarithms.
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
        >>> jk.random.Generator(7).lognormal(0.0, 0.5, 3).shape
        (3,)
        """
        what = "Generator.lognormal"
        return self._drawn(
            what, formulas.draw_lognormal, size, dtype, out, number(what, "mean", mean), from_0(what, "sigma", sigma)
        )

    def laplace(
        self, loc: ArrayLike = 0.0, scale: ArrayLike = 1.0, size: Size = None, dtype: Dtype = None, out: Any = None
    ) -> Any:
        """Return numbers of the Laplace distribution, an exponential one to either side.

        Parameters
        ----------
        loc, scale : float or array_like
            The mean, and the mean distance from it.
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
        >>> jk.random.Generator(7).laplace(0.0, 2.0, 3).shape
        (3,)
        """
        what = "Generator.laplace"
        return self._drawn(
            what, formulas.draw_laplace, size, dtype, out, number(what, "loc", loc), from_0(what, "scale", scale)
        )

    def logistic(
        self, loc: ArrayLike = 0.0, scale: ArrayLike = 1.0, size: Size = None, dtype: Dtype = None, out: Any = None
    ) -> Any:
        """Return numbers of the logistic distribution.

        Parameters
        ----------
        loc, scale : float or array_like
            The mean and the width.
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
        >>> jk.random.Generator(7).logistic(0.0, 2.0, 3).shape
        (3,)
        """
        what = "Generator.logistic"
        return self._drawn(
            what, formulas.draw_logistic, size, dtype, out, number(what, "loc", loc), from_0(what, "scale", scale)
        )

    def gumbel(
        self, loc: ArrayLike = 0.0, scale: ArrayLike = 1.0, size: Size = None, dtype: Dtype = None, out: Any = None
    ) -> Any:
        """Return numbers of the Gumbel distribution, that of largest values.

        Parameters
        ----------
        loc, scale : float or array_like
            The most likely value and the width.
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
        >>> jk.random.Generator(7).gumbel(0.0, 2.0, 3).shape
        (3,)
        """
        what = "Generator.gumbel"
        return self._drawn(
            what, formulas.draw_gumbel, size, dtype, out, number(what, "loc", loc), from_0(what, "scale", scale)
        )

    def rayleigh(self, scale: ArrayLike = 1.0, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return lengths of vectors of two normal numbers.

        Parameters
        ----------
        scale : float or array_like
            The standard deviation of these.
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
        >>> jk.random.Generator(7).rayleigh(2.0, 3).shape
        (3,)
        """
        what = "Generator.rayleigh"
        return self._drawn(what, formulas.draw_rayleigh, size, dtype, out, from_0(what, "scale", scale))

    def weibull(self, a: ArrayLike, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return numbers of the Weibull distribution of scale 1.

        Parameters
        ----------
        a : float or array_like
            The shape, above 0.
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
        >>> jk.random.Generator(7).weibull(1.5, 3).shape
        (3,)
        """
        what = "Generator.weibull"
        return self._drawn(what, formulas.draw_weibull, size, dtype, out, above_0(what, "a", a))

    def pareto(self, a: ArrayLike, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return numbers of the Pareto distribution of the second kind (Lomax), from 0 on, as NumPy's.

        Parameters
        ----------
        a : float or array_like
            The exponent of the tail, above 0.
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
        >>> jk.random.Generator(7).pareto(3.0, 3).shape
        (3,)
        """
        what = "Generator.pareto"
        return self._drawn(what, formulas.draw_pareto, size, dtype, out, above_0(what, "a", a))

    def power(self, a: ArrayLike, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return numbers from 0 to 1 whose density is a power.

        Parameters
        ----------
        a : float or array_like
            The power, and 1 more; above 0.
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
        >>> jk.random.Generator(7).power(3.0, 3).shape
        (3,)
        """
        what = "Generator.power"
        return self._drawn(what, formulas.draw_power, size, dtype, out, above_0(what, "a", a))

    def vonmises(self, mu: ArrayLike, kappa: ArrayLike, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return angles from -pi to pi of the von Mises distribution, the normal one on a circle.

        Parameters
        ----------
        mu, kappa : float or array_like
            The mean angle, and the concentration around it, from 0.
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
        D. J. Best, N. I. Fisher, "Efficient simulation of the von Mises distribution", J. Royal Stat. Soc. C 28(2), 1979.

        Examples
        --------
        >>> import jitkit as jk
        >>> jk.random.Generator(7).vonmises(0.0, 4.0, 3).shape
        (3,)
        """
        what = "Generator.vonmises"
        given = number(what, "mu", mu), from_0(what, "kappa", kappa)
        return self._drawn(what, formulas.draw_vonmises, size, dtype, out, *given)

    def wald(self, mean: ArrayLike, scale: ArrayLike, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return numbers of the Wald (inverse Gaussian) distribution: when Brownian motion with drift reaches a level.

        Parameters
        ----------
        mean, scale : float or array_like
            The parameters, above 0; the variance is mean**3 / scale.
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
        J. R. Michael, W. R. Schucany, R. W. Haas, "Generating random variates using transformations with multiple
        roots", American Statistician 30(2), 1976.

        Examples
        --------
        >>> import jitkit as jk
        >>> jk.random.Generator(7).wald(3.0, 2.0, 3).shape
        (3,)
        """
        what = "Generator.wald"
        given = above_0(what, "mean", mean), above_0(what, "scale", scale)
        return self._drawn(what, formulas.draw_wald, size, dtype, out, *given)

    def standard_cauchy(self, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return numbers of the Cauchy distribution, which has no mean.

        Parameters
        ----------
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
        >>> jk.random.Generator(7).standard_cauchy(3).shape
        (3,)
        """
        what = "Generator.standard_cauchy"
        return self._drawn(what, formulas.draw_cauchy, size, dtype, out)

    def triangular(
        self,
        left: ArrayLike, mode: ArrayLike, right: ArrayLike, size: Size = None, dtype: Dtype = None, out: Any = None,
    ) -> Any:  # fmt: skip
        """Return numbers whose density is a triangle.

        Parameters
        ----------
        left, mode, right : float or array_like
            Where it begins, has its top, and ends.
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
        >>> jk.random.Generator(7).triangular(-1.0, 0.0, 3.0, 3).shape
        (3,)
        """
        what = "Generator.triangular"
        given = tuple(number(what, name, x) for name, x in (("left", left), ("mode", mode), ("right", right)))
        if not np.all((given[0] <= given[1]) & (given[1] <= given[2]) & (given[0] < given[2])):
            raise ValueError(
                f"{what}: left is {left!r}, mode {mode!r} and right {right!r}; give left <= mode <= right, and left < right"
            )
        return self._drawn(what, formulas.draw_triangular, size, dtype, out, *given)
