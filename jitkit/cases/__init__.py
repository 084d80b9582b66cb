"""The catalogue of cases: `names()` lists them, `load(name)` gives one."""

from __future__ import annotations

import importlib
import pkgutil

from .case import Case as Case
from .case import Cost as Cost
from .case import Problem as Problem
from .case import Tolerance as Tolerance


def names() -> tuple[str, ...]:
    """Return the names of all cases, in alphabetical order.

    Returns
    -------
    tuple of str
        One name for each file of this folder that defines a case.

    Examples
    --------
    >>> from jitkit import cases
    >>> "heat" in cases.names()
    True
    """
    return tuple(sorted(found.name for found in pkgutil.iter_modules(__path__) if found.name != "case"))


def load(name: str) -> Case:
    """Import one case and return it.

    Parameters
    ----------
    name : str
        A name out of `names()`.

    Returns
    -------
    Case
        The case that the file of that name defines.

    Raises
    ------
    ValueError
        If there is no case of that name.

    Examples
    --------
    >>> from jitkit import cases
    >>> cases.load("saxpy").name
    'saxpy'
    """
    if name not in names():
        raise ValueError(f"there is no case {name!r}; the cases are {', '.join(names())}")
    case: Case = importlib.import_module(f"{__name__}.{name}").CASE
    return case
