"""The catalogue of cases: `load(name)` gives one.

`names()` lists those of kernels, `primitives()` those of primitives, `toolkit()` those of linalg, stats and so on.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from .case import Case as Case
from .case import Cost as Cost
from .case import Primitive as Primitive
from .case import Problem as Problem
from .case import Tolerance as Tolerance

TOOLKIT = ("linalg", "ml", "ode", "signal", "sparse", "spatial", "stats")
"""The packages of the toolkit. The case of an operation has the package in its name: ``signal_fft``."""


def names() -> tuple[str, ...]:
    """Return the names of the cases of kernels, in alphabetical order.

    Returns
    -------
    tuple of str
        One name for each file of this folder that defines a case of a kernel.

    Examples
    --------
    >>> from jitkit import cases
    >>> "heat" in cases.names()
    True
    """
    return tuple(name for name in _files() if not _is_of_primitive(name) and not _is_of_toolkit(name))


def primitives() -> tuple[str, ...]:
    """Return the names of the cases of primitives and of random numbers, in alphabetical order.

    Returns
    -------
    tuple of str
        One name for each file of this folder that has its namesake among the primitives, or begins with ``random_``.

    Examples
    --------
    >>> from jitkit import cases
    >>> "scan" in cases.primitives()
    True
    """
    return tuple(name for name in _files() if _is_of_primitive(name))


def toolkit() -> tuple[str, ...]:
    """Return the names of the cases of the toolkit, in alphabetical order.

    Returns
    -------
    tuple of str
        One name for each file of this folder that begins with a package of the toolkit.

    Examples
    --------
    >>> from jitkit import cases
    >>> "signal_fft" in cases.toolkit()
    True
    """
    return tuple(name for name in _files() if _is_of_toolkit(name))


def _files() -> list[str]:
    return sorted(found.name for found in pkgutil.iter_modules(__path__) if found.name != "case")


def _is_of_primitive(name: str) -> bool:
    # By the files: importing every case to look at its kernel would take a while.
    return name.startswith("random_") or (Path(__file__).parents[1] / "primitives" / f"{name}.py").exists()


def _is_of_toolkit(name: str) -> bool:
    return name.partition("_")[0] in TOOLKIT and "_" in name


def load(name: str) -> Case:
    """Import one case and return it.

    Parameters
    ----------
    name : str
        A name out of `names()`, `primitives()` or `toolkit()`.

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
    if name not in _files():
        raise ValueError(f"there is no case {name!r}; the cases are {', '.join(_files())}")
    case: Case = importlib.import_module(f"{__name__}.{name}").CASE
    return case
