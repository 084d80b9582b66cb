"""A generator's floating-point distributions."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from jitkit.random import fills, rejection
from jitkit.random.elements import FEW, draw_each, first_of
from jitkit.random.outputs import FLOATS, Dtype, Size, beside, dtype_of, output, parameter
from jitkit.random.singles import Single, Singles, single

_ndarray = np.ndarray
_FLOAT, _FLOAT64, _FLOAT32 = frozenset((float,)), np.dtype(np.float64), np.dtype(np.float32)
_KERNELS = {
    ("uniform", _FLOAT64): (fills.fill_uniform, 2), ("uniform", _FLOAT32): (fills.fill_uniform32, 4),
    ("normal", _FLOAT64): (fills.fill_normal, 2), ("normal", _FLOAT32): (fills.fill_normal32, 4),
    ("exponential", _FLOAT64): (fills.fill_exponential, 2), ("exponential", _FLOAT32): (fills.fill_exponential32, 4),
}  # fmt: skip
_DRAWS = {
    ("uniform", _FLOAT64): first_of(fills.uniform), ("uniform", _FLOAT32): first_of(fills.uniform32),
    ("normal", _FLOAT64): first_of(fills.normal), ("normal", _FLOAT32): first_of(fills.normal32),
    ("exponential", _FLOAT64): first_of(fills.exponential), ("exponential", _FLOAT32): first_of(fills.exponential32),
}  # fmt: skip
_STANDARD = {"uniform": (0.0, 1.0), "normal": (0.0, 1.0), "exponential": (1.0,)}


class Continuous(Singles):
    """Uniform, normal and exponential distributions."""

    def random(self, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return numbers from 0 to below 1, equally likely.

        Parameters
        ----------
        size : int or tuple of int, optional
            The shape; one number by default.
        dtype : {float64, float32}, optional
            By default float64, or that of `out`.
        out : contiguous array, optional
            A NumPy or device array to fill.

        Returns
        -------
        float or ndarray
            Multiples of 2**-53, or 2**-24 in float32; the same bits on every backend.

        Raises
        ------
        TypeError, ValueError
            Where `size`, `dtype` and `out` do not fit together.

        Notes
        -----
        Philox4x32-10 of J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

        Examples
        --------
        >>> import jitkit as jk
        >>> jk.random.Generator(7).random((2, 3), dtype="float32").shape
        (2, 3)
        """
        return self._fill("Generator.random", "uniform", size, dtype, out, 0.0, 1.0)

    def uniform(
        self, low: ArrayLike = 0.0, high: ArrayLike = 1.0, size: Size = None, dtype: Dtype = None, out: Any = None
    ) -> Any:
        """Return numbers between two bounds, equally likely; rounding can give the upper bound itself.

        Parameters
        ----------
        low, high : float or array_like
            The bounds.
        size, dtype, out
            As in `random`; without a size, the shape of the bounds.

        Returns
        -------
        float or ndarray
            Within 1 ULP of the larger bound on every backend: some multiply and add in one step.

        Raises
        ------
        TypeError, ValueError
            As in `random`, and where the bounds are no finite numbers.

        Notes
        -----
        Philox4x32-10 of J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

        Examples
        --------
        >>> import jitkit as jk
        >>> x = jk.random.Generator(7).uniform(-1, 1, 1000)
        >>> bool((abs(x) <= 1).all())
        True
        """
        what = "Generator.uniform"
        least, most = parameter(what, "low", low, None), parameter(what, "high", high, None)
        if type(least) is type(most) is float:
            width = most - least  # without NumPy's warning of an infinite one
            finite = math.isfinite(width)
        else:
            with np.errstate(over="ignore", invalid="ignore"):
                width = most - least
            finite = bool(np.all(np.isfinite(width)))
        if not finite:
            raise ValueError(f"{what}: low is {low!r} and high {high!r}; give finite bounds with a finite difference")
        return self._fill(what, "uniform", size, dtype, out, least, width)

    def normal(
        self, loc: ArrayLike = 0.0, scale: ArrayLike = 1.0, size: Size = None, dtype: Dtype = None, out: Any = None
    ) -> Any:
        """Return numbers of a normal distribution.

        Parameters
        ----------
        loc, scale : float or array_like
            Mean and standard deviation.
        size, dtype, out
            As in `random`; without a size, the shape of the parameters.

        Returns
        -------
        float or ndarray
            Equal on every backend but for the rounding of logarithm, sine and cosine: 4 ULP each.

        Raises
        ------
        TypeError, ValueError
            As in `random`, and for a negative `scale`.

        Notes
        -----
        G. E. P. Box, M. E. Muller, "A note on the generation of random normal deviates", Ann. Math. Stat. 29(2), 1958.

        Examples
        --------
        >>> import jitkit as jk
        >>> x = jk.random.Generator(7).normal(10, 2, 100_000)
        >>> round(float(x.mean())), round(float(x.std()))
        (10, 2)
        """
        what = "Generator.normal"
        mean, deviation = parameter(what, "loc", loc, None), parameter(what, "scale", scale)
        return self._fill(what, "normal", size, dtype, out, mean, deviation)

    def standard_normal(self, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return numbers of the normal distribution of mean 0 and deviation 1; all else as in `normal` and `random`.

        Parameters
        ----------
        size, dtype, out
            As in `random`.

        Returns
        -------
        float or ndarray

        Raises
        ------
        TypeError, ValueError
            As in `random`.

        Notes
        -----
        G. E. P. Box, M. E. Muller, "A note on the generation of random normal deviates", Ann. Math. Stat. 29(2), 1958.

        Examples
        --------
        >>> import jitkit as jk
        >>> jk.random.Generator(7).standard_normal(3, dtype="float32").dtype
        dtype('float32')
        """
        return self._fill("Generator.standard_normal", "normal", size, dtype, out, 0.0, 1.0)

    def exponential(self, scale: ArrayLike = 1.0, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return numbers of an exponential distribution.

        Parameters
        ----------
        scale : float or array_like
            The mean.
        size, dtype, out
            As in `random`; without a size, the shape of `scale`.

        Returns
        -------
        float or ndarray
            Equal on every backend but for the rounding of the logarithm, 4 ULP.

        Raises
        ------
        TypeError, ValueError
            As in `random`, and for a negative `scale`.

        Notes
        -----
        By inversion: L. Devroye, Non-Uniform Random Variate Generation, Springer, 1986, chapter 2.

        Examples
        --------
        >>> import jitkit as jk
        >>> bool(jk.random.Generator(7).exponential(2.0, 1000).min() >= 0)
        True
        """
        what = "Generator.exponential"
        mean = parameter(what, "scale", scale)
        return self._fill(what, "exponential", size, dtype, out, mean)

    def standard_exponential(self, size: Size = None, dtype: Dtype = None, out: Any = None) -> Any:
        """Return numbers of the exponential distribution of mean 1; all else as in `exponential` and `random`.

        Parameters
        ----------
        size, dtype, out
            As in `random`.

        Returns
        -------
        float or ndarray

        Raises
        ------
        TypeError, ValueError
            As in `random`.

        Notes
        -----
        By inversion: L. Devroye, Non-Uniform Random Variate Generation, Springer, 1986, chapter 2.

        Examples
        --------
        >>> import jitkit as jk
        >>> jk.random.Generator(7).standard_exponential(3).shape
        (3,)
        """
        return self._fill("Generator.standard_exponential", "exponential", size, dtype, out, 1.0)

    def _fill(self, what: str, distribution: str, size: Size, dtype: Any, out: Any, *parameters: Any) -> Any:
        """Draw the numbers of a method; numbers as parameters go into the kernel, arrays over its result."""
        numbers = _FLOAT.issuperset(map(type, parameters))
        if out is None and numbers:
            kind = _FLOAT64 if dtype is None else dtype_of(what, dtype, FLOATS)
            if size is None:
                return self._one(_single(distribution, kind, parameters))
            if type(size) is int and 0 < size <= FEW:
                x = np.empty(size, kind)
                draw_each(_DRAWS[distribution, kind], x, self._key, self._next_step(), parameters)
                return x
        elif numbers and size is dtype is None and type(out) is _ndarray and 0 < out.size <= FEW and out.flags.carray:
            draw = _DRAWS.get((distribution, out.dtype))
            if draw is not None:  # without what others are asked, in half the time
                draw_each(draw, out if out.ndim == 1 else out.reshape(-1), self._key, self._next_step(), parameters)
                return out
        chosen = output(what, size, dtype, out, FLOATS, *parameters)
        which = distribution, chosen.dtype
        if numbers and 0 < chosen.flat.shape[0] <= FEW:
            draw_each(_DRAWS[which], chosen.flat, self._key, self._next_step(), parameters)
            return chosen.array
        kernel, rows = _KERNELS[which]
        fills.fill(
            kernel,
            rows,
            chosen.flat,
            self._key,
            self._next_step(),
            *(parameters if numbers else _STANDARD[distribution]),
        )
        n = chosen.flat.shape[0]
        if not numbers and n:
            offset, factor = parameters if len(parameters) == 2 else (0.0, *parameters)
            rejection.rescale[n](chosen.flat, beside(offset, chosen), beside(factor, chosen))
        return chosen.array


@functools.lru_cache(maxsize=256)
def _single(distribution: str, dtype: np.dtype[Any], given: tuple[float, ...]) -> Single:
    given = tuple([p + 0.0 for p in given])  # 0.0 is meant where -0.0 is given: the two are equal, and kept as one
    return single(_DRAWS[distribution, dtype], dtype, given)
