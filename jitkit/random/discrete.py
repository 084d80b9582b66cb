"""A generator's integers."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from jitkit.random import rejection
from jitkit.random.bounded import fill_integers, plan_of
from jitkit.random.elements import FEW, draw_each
from jitkit.random.outputs import INTEGERS, Size, beside, dtype_of, output, parameter
from jitkit.random.singles import Single, Singles, single

# As NumPy's: above, a number ten deviations over the mean would not fit 64 bits.
_LARGEST_MEAN = 2.0**63 - 10 * 2.0**31.5


class Discrete(Singles):
    """Equally likely integers, and the Poisson distribution."""

    def integers(
        self, low: int, high: int | None = None, size: Size = None, dtype: DTypeLike | None = None,
        endpoint: bool = False, out: Any = None,
    ) -> Any:  # fmt: skip
        """Return integers of a range, equally likely, without bias.

        Parameters
        ----------
        low, high : int
            The range ``low <= x < high``; given one number, ``0 <= x < low``.
        size : int or tuple of int, optional
            The shape; one integer by default.
        dtype : dtype, optional
            An integer type of 8 to 64 bits; by default int64, or that of `out`.
        endpoint : bool, default False
            Whether `high` belongs to the range.
        out : contiguous array, optional
            A NumPy array to fill.

        Returns
        -------
        numpy integer or ndarray
            The same bits on every backend.

        Raises
        ------
        TypeError
            Where the bounds are no integers, or the dtype none of integers.
        ValueError
            Where the range is empty or reaches beyond the dtype.

        Notes
        -----
        D. Lemire, "Fast random integer generation in an interval", ACM Trans. Model. Comput. Simul. 29(1), 2019.

        Examples
        --------
        >>> import jitkit as jk
        >>> sorted(set(jk.random.Generator(7).integers(1, 6, 100, endpoint=True).tolist()))
        [1, 2, 3, 4, 5, 6]
        """
        what = "Generator.integers"
        try:
            least, most = (0, operator.index(low)) if high is None else (operator.index(low), operator.index(high))
        except TypeError:
            raise TypeError(
                f"{what}: the bounds are {low!r} and {high!r}; give two integers (arrays of bounds are not drawn in one call)"
            ) from None
        chosen = None if size is None and out is None else output(what, size, dtype, out, INTEGERS)
        kind = dtype_of(what, dtype, INTEGERS) if chosen is None else chosen.dtype
        most, (lowest, highest) = most + bool(endpoint), _limits(kind)
        if least >= most:
            raise ValueError(f"{what}: no integer lies in {least} <= x < {most}; give low < high")
        if least < lowest or most > highest + 1:
            raise ValueError(f"{what}: {least} <= x < {most} reaches beyond {kind}; give a wider dtype")
        if chosen is None:
            found = self._one(_alone(kind, least, most - least))
            return found if found.dtype is kind else found.view(kind)
        if 0 < chosen.flat.shape[0] <= FEW:
            few = _alone(kind, least, most - least)
            x = chosen.flat if few.dtype is kind else chosen.flat.view(few.dtype)
            draw_each(few.draw, x, self._key, self._next_step(), few.given)
            return chosen.array
        fill_integers(chosen.flat, self._key, self._next_step(), least, most - least)
        return chosen.array

    def poisson(self, lam: ArrayLike = 1.0, size: Size = None, dtype: DTypeLike | None = None, out: Any = None) -> Any:
        """Return integers of a Poisson distribution.

        Parameters
        ----------
        lam : float or array_like
            The mean.
        size : int or tuple of int, optional
            The shape; by default that of `lam`.
        dtype : {int64}, optional
            The elements' type.
        out : contiguous array of int64, optional
            A NumPy or device array to fill.

        Returns
        -------
        numpy.int64 or ndarray
            For means below 10 the same bits on every backend. Above, the rounding of `math` functions decides which
            candidates are taken: about one number in 1e12 may differ.

        Raises
        ------
        TypeError, ValueError
            As in `random`, and for a mean that is negative or above 9.2e18.

        Notes
        -----
        W. Hörmann, "The transformed rejection method for generating Poisson random variables", Insurance: Mathematics
        and Economics 12(1), 1993; for means below 10, D. E. Knuth, The Art of Computer Programming 2, 3.4.1.

        Examples
        --------
        >>> import jitkit as jk
        >>> x = jk.random.Generator(7).poisson(4.0, 100_000)
        >>> round(float(x.mean())), round(float(x.var()))
        (4, 4)
        """
        what = "Generator.poisson"
        mean = parameter(what, "lam", lam)
        if not (mean <= _LARGEST_MEAN if type(mean) is float else np.all(mean <= _LARGEST_MEAN)):
            raise ValueError(f"{what}: lam is {float(np.max(mean))!r}; give means up to {_LARGEST_MEAN:.3g}")
        # Here once, so that no backend rounds it in a way of its own.
        limit = _limit(mean) if type(mean) is float else np.exp(-mean)
        if size is None and out is None and type(mean) is float:
            kind = dtype_of(what, dtype, ("int64",))
            return self._one(single(rejection.draw_poisson, kind, (mean, limit)))
        chosen, step = output(what, size, dtype, out, ("int64",), mean), self._next_step()
        n = chosen.flat.shape[0]
        if n and type(mean) is float:
            draw_each(rejection.draw_poisson, chosen.flat, self._key, step, (mean, limit))
        elif n:
            rejection.fill_poisson[n](chosen.flat, self._key, step, beside(mean, chosen), beside(limit, chosen))
        return chosen.array


@functools.lru_cache(maxsize=256)
def _alone(dtype: np.dtype[Any], low: int, count: int) -> Single:
    """Return what draws single integers of a range, or their bits where there is no bound."""
    plan = plan_of(dtype, low, count)
    return single(plan.draw, plan.dtype, plan.given)


@functools.lru_cache(maxsize=256)
def _limit(mean: float) -> float:
    return float(np.exp(-mean))  # which takes 0.5 us


@functools.cache
def _limits(dtype: np.dtype[Any]) -> tuple[int, int]:
    limits = np.iinfo(dtype)  # which takes 1 us to make
    return int(limits.min), int(limits.max)
