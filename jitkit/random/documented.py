"""What the documentation of a generator's distributions has in common: written once, and shown by `help` in each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])
DEVROYE = "L. Devroye, Non-Uniform Random Variate Generation, Springer, 1986"
FAMILIES = f"{DEVROYE}, chapters 2 and 9."
MARSAGLIA_TSANG = (
    'G. Marsaglia, W. W. Tsang, "A simple method for generating gamma variables", ACM Trans. Math. Softw. 26(3), 2000.\n'
    "        The rounding of `math` functions decides which candidates are taken: about one number in 1e14 may differ altogether."
)
_MARK = "        {shared}\n"
_SHARED = """\
        size, dtype, out
            As in `random`{types}; without a size, the shape of the parameters.

        Returns
        -------
        {returns}

        Raises
        ------
        TypeError, ValueError
            As in `random`, and for parameters outside what is said above.

        Notes
        -----
        {reference}
"""


def documented(reference: str, counts: bool = False) -> Callable[[Method], Method]:
    """Return a decorator that writes the shared sections where a docstring says ``{shared}``.

    Parameters
    ----------
    reference : str
        What the notes say.
    counts : bool, default False
        Whether the method gives integers.
    """
    types, returns = (", and of int64 alone", "numpy.int64 or ndarray") if counts else ("", "float or ndarray")

    def fill_in(method: Method) -> Method:
        if method.__doc__ is not None:  # python -OO keeps none
            text = _SHARED.format(types=types, returns=returns, reference=reference)
            method.__doc__ = method.__doc__.replace(_MARK, text)
        return method

    return fill_in
