"""Comparing the backends with one another: the same launch on copies of its arguments, element by element."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jitkit.backends import copies, gpu
from jitkit.errors import JitkitError
from jitkit.language import Position
from jitkit.launch import choice

if TYPE_CHECKING:
    from jitkit.launch.definition import Call

MAX_ULP = 16
"""Each math function may be 4 ULP off on each backend; four of them in a row reach this."""
_FLOOR = 4.0
"""Differences up to this many ULP of the largest magnitude in an array pass: what is left where a sum cancels."""
_UNSIGNED = {2: np.uint16, 4: np.uint32, 8: np.uint64}


class DifferenceError(JitkitError):
    """Two backends gave different results; the message shows the first."""


@dataclass(frozen=True)
class Difference:
    """The first element of an array in which a backend differs from the interpreter.

    Attributes
    ----------
    backend : str
        The backend that differs.
    array : str
        The parameter.
    index : int or tuple of int
        The element.
    expected, got : number
        The interpreter's value and the backend's.
    ulp : int or None
        How many floating-point numbers lie between the two, None for integers, and where one of them is NaN.
    count : int
        How many elements of the array differ.
    """

    backend: str
    array: str
    index: Position
    expected: Any
    got: Any
    ulp: int | None
    count: int

    def __str__(self) -> str:
        where = f"{self.array}[{', '.join(map(str, np.atleast_1d(self.index)))}]"
        apart = "" if self.ulp is None else f", {self.ulp:,} ULP apart"
        elements = "1 element differs" if self.count == 1 else f"{self.count:,} elements differ"
        return f"{where} is {self.got!r} on {self.backend} and {self.expected!r} interpreted{apart}; {elements}"


@dataclass(frozen=True)
class VerifyReport:
    """What a comparison found.

    Attributes
    ----------
    kernel : str
        The kernel's name.
    backends : tuple of str
        The backends that ran, the interpreter first.
    differences : tuple of Difference
        The first for each backend and array.
    stand_in : str or None
        What ran in place of a GPU for ``"cuda"``: ``"emulated"`` or ``"simulated"``.
    """

    kernel: str
    backends: tuple[str, ...]
    differences: tuple[Difference, ...]
    stand_in: str | None = None

    @property
    def ok(self) -> bool:
        """Whether all backends agree."""
        return not self.differences

    def __repr__(self) -> str:
        names = [f"cuda ({self.stand_in})" if name == "cuda" and self.stand_in else name for name in self.backends]
        ran = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
        if self.ok:
            return f"{self.kernel}: {ran} agree" if len(self.backends) > 1 else f"{self.kernel}: only {ran} runs here"
        return "\n".join([f"{self.kernel}: {ran} disagree", *(f"  {found}" for found in self.differences)])

    def raise_if_any(self) -> None:
        """Raise `DifferenceError` with the report as its message, unless all backends agree.

        Raises
        ------
        DifferenceError
        """
        if not self.ok:
            raise DifferenceError(str(self))


def verify(
    call: Call, values: tuple[Any, ...], *, max_ulp: int = MAX_ULP, backends: tuple[str, ...] | None = None
) -> VerifyReport:
    """Run a launch on every backend that can run here, on copies of the arguments, and compare what was written.

    Integers and booleans must be equal. Floating-point numbers may differ by `max_ulp` units in the last place, or by 4
    such units of the array's largest magnitude: math functions may be 4 ULP off, and a contracted multiply-add rounds
    once where the interpreter rounds twice. NaN agrees with NaN.

    Parameters
    ----------
    call : Call
        The kernel and its space.
    values : tuple
        One for each parameter behind the indices.
    max_ulp : int, default 16
    backends : tuple of str, optional
        Which to compare with the interpreter; by default all that can run here.

    Returns
    -------
    VerifyReport

    Raises
    ------
    BackendError
        Where one of `backends` cannot run here.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> @jk.kernel
    ... def double(i, x):
    ...     x[i] = 2 * x[i]
    >>> double.verify[3](np.arange(3.0)).ok
    True
    """
    others = _available() if backends is None else tuple(choice.checked(name, "verify") for name in backends)
    others = tuple(name for name in others if name != "python")
    expected = _results(call, values, "python")
    found = [
        difference
        for backend in others
        for path, got in _results(call, values, backend).items()
        if (difference := _first(backend, path, expected[path], got, max_ulp)) is not None
    ]
    return VerifyReport(call.kernel.name, ("python", *others), tuple(found), gpu.stand_in())


def _available() -> tuple[str, ...]:
    from jitkit.hardware import available

    return tuple(name for name in choice.BACKENDS if available(name))


def _results(call: Call, values: tuple[Any, ...], backend: str) -> dict[str, NDArray[Any]]:
    """Return the arrays that the kernel writes, by path, after a launch on one backend."""
    from jitkit.launch.kernel import Launch

    given = copies.duplicate(call.argument_names, values)
    parameters = inspect.signature(call.kernel.func, follow_wrapped=False).parameters
    named = dict(zip(call.argument_names, given, strict=True))
    keywords = {
        name: named.pop(name) for name in list(named) if parameters[name].kind is inspect.Parameter.KEYWORD_ONLY
    }
    Launch(call.kernel, call.space, backend)(*named.values(), **keywords)
    arrays = copies.host_arrays(call.argument_names, given)
    return {path: array for path, array in arrays if copies.root(path) in call.kernel.program.written}


def _first(backend: str, path: str, expected: NDArray[Any], got: NDArray[Any], max_ulp: int) -> Difference | None:
    """Return the first element that differs, None where none does."""
    if expected.dtype.names is not None:
        fields = (
            _first(backend, f"{path}[{name!r}]", expected[name], got[name], max_ulp) for name in expected.dtype.names
        )
        return next(filter(None, fields), None)
    wrong = differing(expected, got, max_ulp)
    if not wrong.any():
        return None
    index = tuple(map(int, np.unravel_index(np.argmax(wrong), wrong.shape)))
    ulp = ulps(expected[index], got[index])
    position = index[0] if len(index) == 1 else index
    return Difference(backend, path, position, expected[index], got[index], ulp, int(np.count_nonzero(wrong)))


def differing(expected: NDArray[Any], got: NDArray[Any], max_ulp: int) -> NDArray[np.bool_]:
    """Return where two arrays of one dtype differ by more than is allowed."""
    if expected.dtype.kind == "c":
        parts = differing(expected.real, got.real, max_ulp) | differing(expected.imag, got.imag, max_ulp)
        parts[np.isnan(expected) & np.isnan(got)] = False
        return parts
    same: NDArray[np.bool_] = expected == got
    if expected.dtype.kind != "f":
        return ~same
    same |= np.isnan(expected) & np.isnan(got)
    finite = np.isfinite(expected) & np.isfinite(got)
    with np.errstate(all="ignore"):
        scale = np.max(np.abs(expected), where=finite, initial=0)
        near = np.abs(expected - got) <= _FLOOR * np.spacing(scale)
    close = _distance(expected, got) <= max_ulp
    same |= finite & (near | close)
    return ~same


def ulps(expected: Any, got: Any) -> int | None:
    """Return how many floating-point numbers lie between two; for complex numbers the larger of both parts.

    Examples
    --------
    >>> ulps(np.float32(1), np.nextafter(np.float32(1), np.float32(2)))
    1
    """
    if expected.dtype.kind == "c":
        return max(filter(None, (ulps(expected.real, got.real), ulps(expected.imag, got.imag))), default=None)
    if expected.dtype.kind != "f" or np.isnan(expected) or np.isnan(got):
        return None
    return int(_distance(np.atleast_1d(expected), np.atleast_1d(got))[0])


def _distance(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """Return how far apart floats are when all of them are counted; both zeros are one number."""
    first, second = _rank(a), _rank(b)
    apart: NDArray[Any] = np.maximum(first, second) - np.minimum(first, second)
    return apart


def _rank(values: NDArray[Any]) -> NDArray[Any]:
    kind: Any = _UNSIGNED[values.dtype.itemsize]
    bits = np.ascontiguousarray(values).view(kind)
    sign = kind(1) << kind(8 * values.dtype.itemsize - 1)
    rank: NDArray[Any] = np.where(bits & sign, sign - (bits & ~sign), bits | sign)
    return rank
