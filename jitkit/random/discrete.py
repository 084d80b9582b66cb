"""A generator's integers."""

from __future__ import annotations

import builtins
import functools
import operator
from typing import Any

import numpy as np

from jitkit.random.bounded import fill_integers, plan_of
from jitkit.random.elements import FEW, draw_each
from jitkit.random.outputs import INTEGERS, Dtype, Size, dtype_of, output
from jitkit.random.singles import Single, Singles, single


class Discrete(Singles):
    """Equally likely integers."""

    def integers(
        self,
        low: int,
        high: int | None = None,
        size: Size = None,
        dtype: Dtype = None,
        endpoint: bool = False,
        out: Any = None,
    ) -> Any:
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

    def bytes(self, length: int) -> builtins.bytes:
        """Return random bytes.

        Parameters
        ----------
        length : int
            How many.

        Returns
        -------
        bytes
            The same on every backend.

        Raises
        ------
        TypeError, ValueError
            Where the length is no integer, or negative.

        Notes
        -----
        Philox4x32-10 of J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.

        Examples
        --------
        >>> import jitkit as jk
        >>> len(jk.random.Generator(7).bytes(10))
        10
        """
        try:
            count = operator.index(length)
        except TypeError:
            raise TypeError(f"Generator.bytes: length is {length!r}; give an integer from 0") from None
        if count < 0:
            raise ValueError(f"Generator.bytes: length is {length!r}; give an integer from 0")
        return np.asarray(self.integers(0, 256, count, dtype=np.uint8)).tobytes()


@functools.lru_cache(maxsize=256)
def _alone(dtype: np.dtype[Any], low: int, count: int) -> Single:
    """Return what draws single integers of a range, or their bits where there is no bound."""
    plan = plan_of(dtype, low, count)
    return single(plan.draw, plan.dtype, plan.given)


@functools.cache
def _limits(dtype: np.dtype[Any]) -> tuple[int, int]:
    limits = np.iinfo(dtype)  # which takes 1 us to make
    return int(limits.min), int(limits.max)
