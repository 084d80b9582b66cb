"""What a case is: one kernel or primitive with its inputs, its reference and its cost."""

from __future__ import annotations

import inspect
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Extent = int | slice
Space = Extent | tuple[Extent, ...]
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Problem:
    """One launch, ready to run.

    Parameters
    ----------
    space : int, slice or tuple of them
        The launch space, as it stands in ``kernel[space]``.
    args : tuple
        The arguments of the launch: arrays and Python scalars.
    written : tuple of str
        The parameters of the kernel that it writes.
    """

    space: Space
    args: tuple[Any, ...]
    written: tuple[str, ...]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The floating-point type of the arrays, in which the case is stated."""
        return next(a.dtype for a in self.args if isinstance(a, np.ndarray) and a.dtype.kind in "fc")

    def copy(self) -> Problem:
        """Return the same problem on arrays of its own."""
        args = tuple(arg.copy() if isinstance(arg, np.ndarray) else arg for arg in self.args)
        return Problem(self.space, args, self.written)


@dataclass(frozen=True)
class Cost:
    """The least work that any implementation of a problem must do.

    Parameters
    ----------
    points : int
        Points of the launch space.
    bytes : int
        Memory traffic: each input read once, each output written once.
    flops : int
        Floating-point operations; a call of a math function counts as one.
    """

    points: int
    bytes: int
    flops: int


@dataclass(frozen=True)
class Tolerance:
    """How far a result may lie from its reference.

    An element agrees when ``|got - want| <= atol + rtol * |want|``.

    Parameters
    ----------
    rtol : float
        Relative part.
    atol : float, optional
        Absolute part, for results that arise from cancellation.
    mismatched : float, optional
        Fraction of the elements that may disagree altogether, for results that are discontinuous in their input.
    """

    rtol: float
    atol: float = 0.0
    mismatched: float = 0.0


def few_ulp(dtype: DTypeLike) -> Tolerance:
    """Return a tolerance of four units in the last place."""
    return Tolerance(rtol=4 * float(np.finfo(dtype).eps))


def sum_tolerance(dtype: DTypeLike) -> Tolerance:
    """Return a tolerance for sums of many positive numbers, which no order of additions gets exactly."""
    return Tolerance(rtol=256 * float(np.finfo(dtype).eps), atol=256 * float(np.finfo(dtype).eps))


class Primitive:
    """A primitive in the place of a case's kernel: a call of it on arrays, over a space that only says how many.

    Parameters
    ----------
    func : callable
        ``func(backend, *args)`` runs it; the backend stands where a kernel has its index.
    name : str
        The stem of the primitive.
    backend : str, optional
        The backend; chosen as for any launch unless given.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> from jitkit.cases.case import Primitive
    >>> doubled = Primitive(lambda backend, x: jk.map(lambda v: 2 * v, x, out=x, backend=backend), "doubled")
    >>> x = np.arange(3)
    >>> doubled.on("cpu")[3](x)
    >>> x
    array([0, 2, 4])
    """

    group = None

    def __init__(self, func: Callable[..., Any], name: str, backend: str | None = None) -> None:
        self.func, self.name, self.backend = func, name, backend

    def on(self, backend: str) -> Primitive:
        """Return the primitive pinned to a backend."""
        return Primitive(self.func, self.name, backend)

    def __getitem__(self, space: Space) -> Callable[..., None]:
        def call(*args: Any) -> None:
            self.func(self.backend, *args)

        return call


@dataclass(frozen=True)
class Case:
    """One kernel or primitive with all that tests, benchmarks, the command line and the documentation ask of it.

    Parameters
    ----------
    name : str
        The stem of the file that defines the case.
    summary : str
        One line on what it computes.
    kernel : Kernel or Primitive
        The kernel itself, or the primitive.
    sizes : mapping of str to int
        ``"tiny"``: a second in the interpreter. ``"small"``: about a millisecond compiled. ``"large"``: tens of
        milliseconds on two cores.
    dtypes : tuple of str
        The types in which the case is stated, the default first.
    make : callable
        ``make(size, dtype, rng)`` returns the `Problem` of that size.
    reference : callable
        ``reference(problem)`` returns what each written parameter holds after the launch, computed by NumPy and without
        touching the problem.
    cost : callable
        ``cost(problem)`` returns the `Cost`.
    source : str
        Where the method is described.
    tolerance : callable, optional
        ``tolerance(dtype)`` returns the `Tolerance`; four ULP unless given.
    """

    name: str
    summary: str
    kernel: Any  # the tools that need a kernel find none in the module of a primitive's case
    sizes: Mapping[str, int]
    dtypes: tuple[str, ...]
    make: Callable[[int, np.dtype[Any], np.random.Generator], Problem]
    reference: Callable[[Problem], Arrays]
    cost: Callable[[Problem], Cost]
    source: str
    tolerance: Callable[[DTypeLike], Tolerance] = few_ulp

    def problem(self, size: str | int, dtype: DTypeLike | None = None, seed: int = 0) -> Problem:
        """Make a problem; equal arguments give equal arrays.

        Parameters
        ----------
        size : str or int
            A key of `sizes`, or a size of your own.
        dtype : dtype, optional
            One of `dtypes`; the first of them unless given.
        seed : int, optional
            Seed of the random inputs.

        Returns
        -------
        Problem
            A problem that shares no array with any other.

        Raises
        ------
        ValueError
            If the case has no such size or dtype.

        Examples
        --------
        >>> from jitkit import cases
        >>> cases.load("saxpy").problem("tiny", dtype="float64").args[1].dtype
        dtype('float64')
        """
        if isinstance(size, str) and size not in self.sizes:
            raise ValueError(f"case {self.name!r} has no size {size!r}; give one of {', '.join(self.sizes)}, or an int")
        if not isinstance(size, str) and not _is_count(size):
            raise ValueError(f"case {self.name!r}: a size is an int of at least 1, or a name, not {size!r}")
        kind = np.dtype(self.dtypes[0] if dtype is None else dtype)
        if kind.name not in self.dtypes:
            raise ValueError(f"case {self.name!r} has no dtype {kind.name!r}; give one of {', '.join(self.dtypes)}")
        return self.make(self.sizes[size] if isinstance(size, str) else size, kind, np.random.default_rng(seed))

    def launch(self, problem: Problem, backend: str | None = None) -> None:
        """Run the kernel on a problem, which then holds the results.

        Parameters
        ----------
        problem : Problem
            The problem; its written arrays change.
        backend : str, optional
            ``"python"``, ``"cpu"`` or ``"cuda"``; chosen as for any launch unless given.
        """
        kernel = self.kernel if backend is None else self.kernel.on(backend)
        kernel[problem.space](*problem.args)

    def results(self, problem: Problem) -> Arrays:
        """Return the written arrays of a problem, by the name of their parameter."""
        return {name: array for name, array in self.arguments(problem).items() if name in problem.written}

    def arguments(self, problem: Problem) -> dict[str, Any]:
        """Return the arguments of a problem, by the name of their parameter."""
        indices = len(problem.space) if isinstance(problem.space, tuple) else 1
        parameters = list(inspect.signature(self.kernel.func).parameters)[indices:]
        return dict(zip(parameters, problem.args, strict=True))

    def check(self, problem: Problem, expected: Arrays, by: str = "the launch") -> None:
        """Compare the results of a problem with its reference.

        Parameters
        ----------
        problem : Problem
            A problem after its launch.
        expected : dict of str to ndarray
            What `reference` returned before the launch.
        by : str, optional
            Who computed the results, for the message.

        Raises
        ------
        AssertionError
            If a result lies further from the reference than the case tolerates; it names the first such element.
        """
        allowed = self.tolerance(problem.dtype)
        for name, got in self.results(problem).items():
            want = expected[name]
            wrong = ~((got == want) | (np.abs(got - want) <= allowed.atol + allowed.rtol * np.abs(want)))
            count = np.count_nonzero(wrong)
            if count > allowed.mismatched * wrong.size:
                at = tuple(int(k) for k in np.argwhere(wrong)[0])
                raise AssertionError(
                    f"case {self.name!r}: {by} gave {name}{list(at)} = {got[at]!r}, the reference {want[at]!r}; "
                    f"{count} of {wrong.size} elements lie outside {allowed}"
                )


def _is_count(size: Any) -> bool:
    return isinstance(size, numbers.Integral) and int(size) >= 1
