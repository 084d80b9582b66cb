"""The sides of each comparison: jitkit on its backends, NumPy and C, all at the same work, checked before they are timed.

What there is to compare is read off the other files of this folder: the classes of a case, and the classes of a primitive
whose `setup` leaves the two calls `ours` and `numpys`.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from . import _measure, _primitives, _suite

DTYPE = "float32"
SIDES = ("NumPy", "C", "cpu", "cuda")
NOT_READ = ("speedups",)  # what is made of these comparisons


class Row(NamedTuple):
    """One thing to compute: a line of the table of speedups.

    Attributes
    ----------
    name : str
        Such as `Saxpy`, or `ReduceSums` for the class `Sums` of `reduce`.
    stem : str
        The name of the file.
    cls : type
        The benchmark with the compiled launches.
    """

    name: str
    stem: str
    cls: type

    @property
    def is_case(self) -> bool:
        """Tell a case from a primitive."""
        return issubclass(self.cls, _suite.Launches)


class Sides(NamedTuple):
    """Calls that do the same work, warm, and how many points it has."""

    calls: dict[str, _measure.Call]
    points: int


@functools.cache
def rows() -> tuple[Row, ...]:
    """Return everything that there is to compare, in alphabetical order."""
    found = {row.name: row for stem in _stems() for row in _rows_of(stem)}
    return tuple(found[name] for name in sorted(found))


def compiled(row: Row, wanted: Collection[str] = SIDES, dtype: str = DTYPE) -> Sides:
    """Prepare the compiled sides of a row, each run once and found right; those that cannot run here are left out.

    Parameters
    ----------
    row : Row
        What to compute.
    wanted : collection of str
        Which of `SIDES`.
    dtype : {"float32", "float64"}
        Of the arrays; a primitive without it takes its first type.

    Raises
    ------
    NotImplementedError
        Where the installed jitkit lacks it.
    AssertionError
        Where a side is wrong.
    """
    _suite.keep_caches_apart()
    return _sides_of_case(row, wanted, dtype) if row.is_case else _sides_of_primitive(row, wanted, dtype)


def interpreted(row: Row) -> Sides:
    """Prepare the interpreter, which has a size of its own.

    Raises
    ------
    NotImplementedError
        Where the installed jitkit lacks the case, or the row has none.
    """
    case, size = _small_case(row)
    problem = case.problem(size, DTYPE)
    expected = case.reference(problem)
    launch = functools.partial(case.launch, problem, "python")
    launch()
    case.check(problem, expected, by="the interpreter")
    return Sides({"interpreted": launch}, _points(case, problem) if row.is_case else size)


def _points(case: Any, problem: Any) -> int:
    """Return the points of a problem, which stay the same when a work-item of a group comes to do more of them."""
    if case.kernel.group:
        return max(arg.size for arg in problem.args if hasattr(arg, "shape"))
    return int(case.cost(problem).points)


def _small_case(row: Row) -> tuple[Any, int]:
    """Return what the interpreter computes of a row, and at which size."""
    for cls in _classes(row.stem, _suite.InterpretedLaunches) if row.is_case else ():
        return _suite.load(row.stem), cls().size
    if issubclass(row.cls, _primitives.BesideNumPy):
        case = _primitives.load(row.stem)
        return case, case.sizes["tiny"]
    raise NotImplementedError("nothing to interpret")


def _stems() -> list[str]:
    found = pkgutil.iter_modules([str(Path(__file__).parent)])
    return [entry.name for entry in found if not entry.name.startswith("_") and entry.name not in NOT_READ]


def _rows_of(stem: str) -> Iterator[Row]:
    for cls in _classes(stem, _suite.Launches):
        yield Row(cls.__name__, stem, cls)
    for cls in _classes(stem, object):
        if _is_beside_numpy(cls) and not issubclass(cls, _suite.CaseBenchmark):
            yield Row(f"{stem.title().replace('_', '')}{cls.__name__}", stem, cls)


def _is_beside_numpy(cls: Any) -> bool:
    return hasattr(cls, "track_relative_to_numpy") and "size" in getattr(cls, "param_names", ())


def _classes(stem: str, base: type) -> list[Any]:
    """Return the classes that a file of this folder defines from a base."""
    module = importlib.import_module(f"{__package__}.{stem}")
    own = (cls for cls in vars(module).values() if inspect.isclass(cls) and cls.__module__ == module.__name__)
    return [cls for cls in own if issubclass(cls, base) and not inspect.isabstract(cls)]


def _sides_of_case(row: Row, wanted: Collection[str], dtype: str) -> Sides:
    case = _suite.load(row.stem)
    original = case.problem(row.cls().sizes[0], dtype)
    expected = case.reference(original)
    calls = {}
    for side, bind in {"cpu": _on_cpu, "cuda": _on_cuda, "C": _in_c}.items():
        try:
            problem, call = bind(case, original.copy()) if side in wanted else (None, None)
        except NotImplementedError:
            continue
        if call is not None:
            call()
            case.check(_on_host(problem), expected, by=side)
            calls[side] = call
    for cls in _classes(row.stem, _suite.LaunchesBesideNumPy) if "NumPy" in wanted else ():
        beside = cls()
        beside.prepared = _suite.Prepared(case, original, original, calls["cpu"])
        calls["NumPy"] = beside.in_numpy()
        calls["NumPy"]()
    return Sides(calls, _points(case, original))


def _on_cpu(case: Any, problem: Any) -> tuple[Any, _measure.Call]:
    return problem, functools.partial(case.launch, problem, "cpu")


def _on_cuda(case: Any, problem: Any) -> tuple[Any, _measure.Call]:
    if not _suite.has_gpu():
        raise NotImplementedError("there is no GPU here")
    prepared = _suite.on_gpu(case, problem)
    return prepared.problem, prepared.launch


def _in_c(case: Any, problem: Any) -> tuple[Any, _measure.Call]:
    from .peers import build

    try:
        return problem, build.bind(case, problem)
    except (build.CompilerError, FileNotFoundError) as error:
        raise NotImplementedError(str(error)) from None


def _on_host(problem: Any) -> Any:
    import jitkit as jk

    args = tuple(jk.to_numpy(arg) if hasattr(arg, "shape") else arg for arg in problem.args)
    return type(problem)(problem.space, args, problem.written)


def _sides_of_primitive(row: Row, wanted: Collection[str], dtype: str) -> Sides:
    benchmark = row.cls()
    named = dict(zip(benchmark.param_names, benchmark.params, strict=True))
    chosen = {name: _chosen(name, values, dtype) for name, values in named.items()}
    benchmark.setup(*chosen.values())
    calls = {"cpu": benchmark.ours}
    if "NumPy" in wanted:
        benchmark.numpys()
        calls["NumPy"] = benchmark.numpys
    return Sides(calls, int(chosen["size"]))


def _chosen(name: str, values: list[Any], dtype: str) -> Any:
    if name == "size":
        # The smallest size is for the cost of a launch, and the largest of three takes seconds.
        return values[len(values) // 2]
    return dtype if name == "dtype" and dtype != DTYPE and dtype in values else values[0]
