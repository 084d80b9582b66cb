"""`jk.benchmark`: a kernel or a case, timed on every backend that can run here, beside the interpreter and NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import jitkit as jk
from jitkit import hardware
from jitkit.backends import gpu
from jitkit.benchmarking import asked, roofline, timing, workload
from jitkit.benchmarking.measured import NUMPY, Timing
from jitkit.benchmarking.placing import is_array, is_slow, on_host, placed
from jitkit.benchmarking.result import Benchmark
from jitkit.benchmarking.workload import Workload
from jitkit.cases import Case
from jitkit.errors import KernelTypeError, LaunchError
from jitkit.launch import choice
from jitkit.launch.kernel import Kernel

SIZES = ("small", "large")
Progress = Callable[[int, int, str], None]
"""``progress(done, total, text)`` is called before each step, and once after the last."""


@dataclass(frozen=True)
class Step:
    """One thing to time."""

    work: Workload
    by: str


def benchmark(
    subject: Case | Kernel | str,
    *args: Any,
    space: Any = None,
    make: Callable[[Any], tuple[Any, tuple[Any, ...]]] | None = None,
    sizes: Sequence[str | int] | None = None,
    dtype: str | None = None,
    backends: Sequence[str] | None = None,
    numpy: Callable[..., Any] | None = None,
    moved: int | None = None,
    flops: float | None = None,
    seconds: float = 0.5,
    progress: Progress | None = None,
) -> Benchmark:
    """Time a kernel or a case on each backend, beside the interpreter and NumPy.

    Every side is checked before it is timed: against NumPy where there is a reference, otherwise the beginning of the
    launch against the interpreter. Samples are taken for `seconds`, and for up to three times as long until the median is
    steady to one percent.

    Parameters
    ----------
    subject : Case, Kernel or str
        What to time; a text names a case.
    *args
        The arguments of a kernel behind its indices; they stay untouched.
    space : int, slice or tuple, optional
        The launch space of a kernel.
    make : callable, optional
        ``make(size)`` returns the space and the tuple of arguments of a kernel, for several `sizes`.
    sizes : sequence of str or int, optional
        Sizes of the case, or for `make`; "small" and "large" of a case unless given.
    dtype : str, optional
        One of the case's dtypes.
    backends : sequence of {"python", "cpu", "cuda"}, optional
        By default all that can run here, the interpreter among them.
    numpy : callable, optional
        ``numpy(*args)`` computes the same as the kernel and returns what the written arrays then hold.
    moved : int, optional
        Bytes that a kernel's launch must move; by default its arrays, read and written once.
    flops : float, optional
        Floating-point operations of a kernel's point.
    seconds : float, optional
        How long to time each side at each size.
    progress : callable, optional
        Told of each step.

    Returns
    -------
    Benchmark
        The table; its `timings` hold the numbers.

    Raises
    ------
    WrongResultError
        Where a side disagrees with its reference.
    LaunchError
        Where a kernel comes without a space or with an empty one, a case with one, and for numbers that cannot be.
    KernelTypeError
        For anything else than what is named above.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> @jk.kernel
    ... def double(i, x, y):
    ...     y[i] = 2 * x[i]
    >>> x = np.ones(1000)
    >>> found = jk.benchmark(double, x, np.zeros(1000), space=1000, backends=["cpu"], seconds=0.01)
    >>> [(line.by, line.points) for line in found.timings]
    [('cpu', 1000)]
    """
    subject = _named(subject) if isinstance(subject, str) else subject
    chosen, sizes, seconds = _backends(backends), asked.several(sizes, "sizes"), asked.duration(seconds)
    asked.function(progress, "progress", "progress(done, total, text)")
    if isinstance(subject, Case):
        if args or space is not None or make is not None:
            raise LaunchError(f"benchmark: the case {subject.name!r} brings its own arguments; give sizes and a dtype")
        loads = [workload.of_case(subject, size, dtype) for size in sizes or SIZES]
    elif isinstance(subject, Kernel):
        if dtype is not None:
            raise LaunchError(f"benchmark: dtype is for cases; {subject.name} is timed with the types of its arguments")
        loads = list(_of_kernel(subject, args, space, make, sizes, numpy, moved, flops))
    else:
        raise KernelTypeError(f"benchmark takes a kernel, a case or the name of a case, not {subject!r}")
    return _run(subject.name, loads, chosen, seconds, progress or (lambda done, total, text: None))


def _named(name: str) -> Case:
    from jitkit import cases

    return cases.load(name)


def _backends(backends: Sequence[str] | None) -> list[str]:
    names = asked.several(backends, "backends")
    if names is not None:
        found = list(dict.fromkeys(choice.checked(name, "benchmark") for name in names))
        if "cuda" in found:
            gpu.require("timing a kernel")
        return found
    return ["python", "cpu"] + ["cuda"] * (gpu.missing() is None and not gpu.emulated())


def _of_kernel(
    kernel: Kernel,
    args: tuple[Any, ...],
    space: Any,
    make: Callable[[Any], tuple[Any, tuple[Any, ...]]] | None,
    sizes: Sequence[str | int] | None,
    numpy: Callable[..., Any] | None,
    moved: int | None,
    flops: float | None,
) -> Iterator[Workload]:
    asked.function(make, "make", "make(size)")
    asked.function(numpy, "numpy", f"numpy(*arguments of {kernel.name})")
    moved, flops = asked.cost(moved, "moved"), asked.cost(flops, "flops")
    if make is not None:
        if not sizes or args or space is not None:
            raise LaunchError(
                f"benchmark: with make, {kernel.name} takes sizes=[...] and neither arguments nor a space"
            )
        for size in sizes:
            made, values = asked.made(make, size, kernel.name)
            yield workload.of_launch(kernel, str(size), made, values, numpy, moved, flops)
    elif sizes:
        raise LaunchError(f"benchmark: sizes of {kernel.name} need make=..., a function that makes arguments of a size")
    elif space is None:
        raise LaunchError(
            f"benchmark: {kernel.name} is launched over a space: benchmark({kernel.name}, ..., space=...)"
        )
    else:
        yield workload.of_launch(kernel, _label(space), space, args, numpy, moved, flops)


def _label(space: Any) -> str:
    """Return a launch space as it is written between brackets."""
    if isinstance(space, tuple):
        return ", ".join(map(_label, space))
    if not isinstance(space, slice):
        return str(space)
    ends = [space.start or 0, space.stop, *([space.step] if space.step not in (None, 1) else [])]
    return ":".join(map(str, ends))


def _run(name: str, loads: list[Workload], backends: list[str], seconds: float, progress: Progress) -> Benchmark:
    fast = [backend for backend in backends if not is_slow(backend)]
    slow = [backend for backend in backends if is_slow(backend)]
    steps = [Step(loads[0], backend) for backend in slow]
    for work in loads:
        steps += [Step(work, NUMPY)] * (work.numpy is not None)
        steps += [Step(work, backend) for backend in fast]
    dtype = _dtype(loads[0])
    total = len(steps) + len(fast)
    rooflines = {}
    for done, backend in enumerate(fast):
        progress(done, total, f"the roofline of {backend}")
        rooflines[backend] = roofline.measure(dtype if dtype in ("float32", "float64") else "float32", backend)
    timings = []
    for done, step in enumerate(steps, len(fast)):
        progress(done, total, f"{step.by} at {step.work.size}")
        timings.append(_time(step, seconds))
    progress(total, total, "done")
    return Benchmark(name, dtype, machine(), tuple(timings), rooflines)


def _time(step: Step, seconds: float) -> Timing:
    work = step.work
    if step.by == NUMPY:
        assert work.numpy is not None
        work.numpy()
        found = timing.sample(work.numpy, seconds, least=1)
        return _timing(work.size, NUMPY, work, work.points, found, None)
    if is_slow(step.by):
        return _time_interpreted(step, seconds)
    own = placed(work.problem, step.by)
    launch = _launching(step, own)
    first = timing.seconds_of(launch)
    work.check(on_host(own), step.by)
    found = timing.sample(launch, seconds)
    return _timing(work.size, step.by, work, work.points, found, first)


def _time_interpreted(step: Step, seconds: float) -> Timing:
    from jitkit.launch.space import parse

    work = step.work
    own = work.small.copy()
    launch = _launching(step, own)
    first = timing.seconds_of(launch)
    work.check(on_host(own), step.by)
    found = timing.sample(launch, seconds, least=2)
    points = parse(own.space, work.kernel.name).points
    return _timing(work.small_size, step.by, work, points, found, first)


def _timing(size: str, by: str, work: Workload, points: int, found: timing.Sample, first: float | None) -> Timing:
    """Return a line; the interpreter's costs are those of the whole problem, in proportion."""
    share = points / work.points
    flops = None if work.flops is None else round(work.flops * share)
    return Timing(size, by, points, round(work.moved * share), flops, found.median, found.spread, found.count, first)


def _launching(step: Step, problem: Any) -> Callable[[], None]:
    """Return what runs a problem and waits for it; to ask a CPU whether it is done takes as long as a short launch."""
    launch = step.work.launching(problem, step.by)
    if step.by != "cuda":
        return launch

    def launch_and_wait() -> None:
        launch()
        jk.synchronize()

    return launch_and_wait


def _dtype(work: Workload) -> str:
    arrays = [arg.dtype for arg in work.problem.args if is_array(arg)]
    floats = [dtype for dtype in arrays if np.dtype(dtype).kind in "fc"]
    return str((floats or arrays or [np.dtype(np.float64)])[0])


def machine() -> dict[str, str]:
    """Return what a reader of the figures has to know: the processor, the threads and the versions."""
    import numba

    threads = jk.get_num_threads()
    return {
        "processor": f"{hardware.cpu_name()} ({hardware.core_name()})",
        "threads": f"{threads} thread{'s' * (threads != 1)}",
        "jitkit": f"jitkit {jk.__version__}",
        "numba": f"numba {numba.__version__}",
        "numpy": f"NumPy {np.__version__}",
    }
