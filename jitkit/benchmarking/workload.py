"""What is timed at one size: a case's problem, or a launch of the user's own kernel, with what it moves and computes."""

from __future__ import annotations

import ast
import functools
import inspect
import math
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from jitkit.benchmarking.placing import on_host
from jitkit.cases import Case, Problem
from jitkit.cases.case import Arrays
from jitkit.errors import JitkitError, LaunchError
from jitkit.launch import arguments
from jitkit.launch.kernel import Kernel
from jitkit.launch.space import parse

INTERPRETED = 500
"""Points of a user's kernel that are interpreted, or as many as whole groups and rows need."""
Check = Callable[[Problem, str], None]


class WrongResultError(JitkitError):
    """What was to be timed computes something else than its reference."""


@dataclass(frozen=True)
class Workload:
    """A launch to time.

    Attributes
    ----------
    size : str
        What the size is called.
    kernel : Kernel
        What is launched.
    problem : Problem
        Its space and arguments, which stay untouched.
    points, moved : int
        Points of the space, and bytes that must be read and written.
    flops : int or None
        Floating-point operations, where they are known.
    numpy : callable or None
        Computes the same with NumPy and returns what the written arrays then hold.
    check : callable
        ``check(problem, backend)`` raises `WrongResultError` where a problem after its launch is wrong.
    small : Problem
        The same for the interpreter, small.
    small_size : str
        What its size is called.
    """

    size: str
    kernel: Kernel
    problem: Problem
    points: int
    moved: int
    flops: int | None
    numpy: Callable[[], Any] | None
    check: Check
    small: Problem
    small_size: str = "part"

    def launching(self, problem: Problem, backend: str) -> Callable[[], None]:
        """Return what runs a problem of this workload: the launch alone, whose space is looked at beforehand."""
        return functools.partial(self.kernel.on(backend)[problem.space], *problem.args)


def of_case(case: Case, size: str | int, dtype: str | None) -> Workload:
    """Return the workload of a case at one of its sizes, or at a number."""
    problem = case.problem(size, dtype)
    if not parse(problem.space, case.name).points:
        raise ValueError(f"case {case.name!r} has no points at size {size}; give a larger one")
    cost = case.cost(problem)
    expected: Arrays = {}

    def in_numpy() -> Arrays:
        expected.update(case.reference(problem))
        return expected

    def check(done: Problem, backend: str) -> None:
        is_small = done.space != problem.space
        want = case.reference(small) if is_small else expected or in_numpy()
        try:
            case.check(done, want, backend)
        except AssertionError as error:
            raise WrongResultError(str(error)) from None

    small = case.problem("tiny", dtype)
    costs = cost.points, cost.bytes, cost.flops
    return Workload(str(size), case.kernel, problem, *costs, in_numpy, check, small, "tiny")


def of_launch(
    kernel: Kernel,
    size: str,
    space: Any,
    args: tuple[Any, ...],
    numpy: Callable[..., Any] | None = None,
    moved: int | None = None,
    flops: float | None = None,
) -> Workload:
    """Return the workload of a user's own launch.

    Parameters
    ----------
    kernel : Kernel
    size : str
        What to call the size.
    space : int, slice or tuple
        The launch space.
    args : tuple
        The arguments behind the indices.
    numpy : callable, optional
        ``numpy(*args)`` computes the same and returns what each written array then holds, in the order of the
        parameters; one array instead of a tuple of one.
    moved : int, optional
        Bytes that must be moved; by default each array that is read or written counts once for each of the two.
    flops : float, optional
        Floating-point operations of a point.

    Raises
    ------
    LaunchError
        For arguments that the kernel does not take, and for a space without points.
    """
    parsed = parse(space, kernel.name)
    if not parsed.points:
        raise LaunchError(f"benchmark: {kernel.name} has no points to time at size {size}: give a larger one")
    args = arguments.bind(kernel.func, len(parsed.counts), args, {}, kernel.name)
    names = kernel.parameters[len(parsed.counts) :]
    written = tuple(name for name in names if name in kernel.program.written)
    problem = Problem(space, args, written)
    if moved is None:
        moved = bytes_of(kernel, dict(zip(names, args, strict=True)))
    small = Problem(fewer(space, kernel), args, written)
    total = None if flops is None else round(flops * parsed.points)
    in_numpy = None if numpy is None else _on_copies(numpy, problem)
    check = functools.partial(_check_launch, kernel, in_numpy, problem)
    return Workload(size, kernel, problem, parsed.points, moved, total, in_numpy, check, small)


def _on_copies(numpy: Callable[..., Any], problem: Problem) -> Callable[[], tuple[Any, ...]]:
    own = problem.copy()

    def call() -> tuple[Any, ...]:
        found = numpy(*own.args)
        return found if isinstance(found, tuple) else (found,)

    return call


def _check_launch(kernel: Kernel, numpy: Callable[[], Any] | None, problem: Problem, done: Problem, by: str) -> None:
    """Compare a launch with NumPy where there is such a function; otherwise a small part of it with the interpreter."""
    if numpy is None or done.space != problem.space:
        if by == "python":
            return  # what the others are compared with
        small = fewer(problem.space, kernel)
        report = kernel.verify(backends=(by,))[small](*on_host(problem).args)
        if not report.ok:
            raise WrongResultError(str(report))
        return
    names = kernel.parameters[-len(done.args) :] if done.args else ()
    got = [array for name, array in zip(names, done.args, strict=True) if name in done.written]
    want = numpy()
    if len(want) != len(got):
        raise WrongResultError(
            f"numpy returned {len(want)} arrays, and {kernel.name} writes {len(got)}: {', '.join(done.written)}"
        )
    for name, one, other in zip(done.written, got, want, strict=True):
        _compare(f"{kernel.name} on {by}: {name}", one, np.asarray(other))


def _compare(what: str, got: Any, want: Any) -> None:
    if got.shape != want.shape:
        raise WrongResultError(f"{what} has shape {got.shape}, and numpy returned {want.shape}")
    allowed = math.sqrt(np.finfo(got.dtype).eps) if got.dtype.kind in "fc" else 0.0
    wrong = ~np.isclose(got, want, rtol=allowed, atol=allowed * float(np.max(np.abs(want), initial=0)), equal_nan=True)
    if wrong.any():
        at = tuple(int(k) for k in np.argwhere(wrong)[0])
        count = int(np.count_nonzero(wrong))
        raise WrongResultError(f"{what}{list(at)} is {got[at]!r}, and numpy has {want[at]!r}; {count} elements differ")


def fewer(space: Any, kernel: Kernel, most: int = INTERPRETED) -> Any:
    """Return the beginning of a launch space with about so many points, in whole groups.

    Examples
    --------
    >>> import jitkit as jk
    >>> fewer((slice(1, 1000), 100), jk.kernel(lambda i, j, x: None), most=300)
    (slice(1, 4, 1), slice(0, 100, 1))
    """
    starts, steps, counts = parse(space, kernel.name)
    kept = list(counts)
    for axis in range(len(kept)):
        unit = kernel.group[axis] if kernel.group else 1
        others = math.prod(kept) // max(kept[axis], 1)
        room = max(unit, most // max(others, 1) // unit * unit)
        kept[axis] = min(kept[axis], room)
    axes = tuple(slice(a, a + p * n, p) for a, p, n in zip(starts, steps, kept, strict=True))
    return axes if isinstance(space, tuple) else axes[0]


def bytes_of(kernel: Kernel, arguments: dict[str, Any]) -> int:
    """Return the least traffic of a launch over its whole arrays: each is read once, written once, or both."""
    read = read_arrays(kernel)
    arrays = {name: value for name, value in arguments.items() if hasattr(value, "nbytes")}
    times = {
        name: (name in kernel.program.written) + (name in read or name not in kernel.program.written) for name in arrays
    }
    return sum(int(arrays[name].nbytes) * times[name] for name in arrays)


def read_arrays(kernel: Kernel) -> set[str]:
    """Return the names whose elements the kernel's own source reads."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(kernel.func)))
    found = set()
    for node in ast.walk(tree):
        target = node.target if isinstance(node, ast.AugAssign) else node
        is_read = isinstance(node, ast.AugAssign) or isinstance(getattr(node, "ctx", None), ast.Load)
        if is_read and isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            found.add(target.value.id)
    return found
