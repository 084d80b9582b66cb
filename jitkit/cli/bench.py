"""`jitkit bench`: a case or the user's own kernel, timed beside the interpreter and NumPy."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from jitkit.benchmarking.result import Benchmark
from jitkit.benchmarking.run import Progress as Listener
from jitkit.benchmarking.run import benchmark
from jitkit.benchmarking.workload import WrongResultError
from jitkit.cases import Case
from jitkit.cli import measure, plot, targets, warm
from jitkit.cli.console import console, show_table
from jitkit.cli.failures import Failed, Refused, of_the_users
from jitkit.launch.kernel import Kernel

VARIABLE = "JITKIT_BENCH"
NARROW = 100
_WORDS = frozenset(("make", "sizes", "numpy", "moved", "flops", "space", "args"))


@dataclass(frozen=True)
class Options:
    """The options of the command; None, or empty, where one was left out."""

    backends: tuple[str, ...]
    sizes: tuple[str | int, ...]
    dtype: str | None
    seconds: float
    threads: int | None
    as_json: bool
    plot: Path | None


def show(target: str, options: Options) -> None:
    """Time what was named, print the table or the JSON, and draw it where a file is given.

    Raises
    ------
    Refused
        For an unknown case or kernel, and for a size or dtype that cannot be.
    Failed
        Where a side disagrees with its reference.
    """
    if options.plot is not None:
        plot.check(options.plot)
    subject, args, words = subject_of(target, options)
    with measure.threads(options.threads), _progress() as listener:
        found = _measured(subject, args, words, options, listener)
    if options.as_json:
        click.echo(json.dumps(found.as_dict(), indent=2))
    else:
        screen = console()
        show_table(found.table(narrow=screen.width < NARROW))
        screen.print(found.notes(), soft_wrap=True)
    if options.plot is not None:
        _draw(found, options.plot)
        click.echo(f"drawn: {options.plot}", err=options.as_json)


def _measured(
    subject: Case | Kernel, args: tuple[Any, ...], words: dict[str, Any], options: Options, listener: Listener
) -> Benchmark:
    backends = options.backends or None
    try:
        with of_the_users(subject.name) if isinstance(subject, Kernel) else contextlib.nullcontext():
            return benchmark(subject, *args, **words, backends=backends, seconds=options.seconds, progress=listener)
    except WrongResultError as error:
        raise Failed(str(error)) from None


def subject_of(target: str, options: Options) -> tuple[Case | Kernel, tuple[Any, ...], dict[str, Any]]:
    """Return what the user named, its arguments, and the keywords for `benchmark`.

    Raises
    ------
    Refused
        Where there is no such thing, or its module does not say with which arguments to launch it.
    """
    found = targets.find_kernel(target)
    kernel, case = found.kernel, found.case
    if case is not None:
        sizes = options.sizes or ("small", "large")
        for size in sizes:  # refuse a wrong one before anything is timed
            measure.check_size(case, size, options.dtype)
        return case, (), {"sizes": sizes, "dtype": options.dtype}
    if options.dtype is not None:
        raise Refused(f"--dtype is for cases; the arguments of {kernel.name} have the types that its module gives them")
    text, _ = targets.split(target)
    args, words = _of_module(found, text)
    if options.sizes and "make" not in words:
        raise Refused(f"--size needs a function that makes arguments of that size: {VARIABLE} in {text} has none")
    return kernel, args, words | ({"sizes": options.sizes} if options.sizes else {})


def _of_module(found: targets.Found, text: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    module, name, kernel, _ = found
    listed = getattr(module, VARIABLE, {})
    entry = listed.get(name, {}) if isinstance(listed, dict) else listed
    if not isinstance(entry, dict):
        raise Refused(
            f"{text}: {VARIABLE} = {{{name!r}: {{'make': function, 'sizes': [...]}}}} says how to launch {name}; "
            f"there is {entry!r}"
        )
    if name in listed:
        words = dict(entry)
        unknown = sorted(set(words) - _WORDS)
        if unknown:
            raise Refused(
                f"{VARIABLE}[{name!r}] in {text}: unknown {', '.join(unknown)}; known: {', '.join(sorted(_WORDS))}"
            )
        return tuple(words.pop("args", ())), words
    entries = [entry for entry in warm.entries(module, text) if entry.kernel is kernel]
    if not entries:
        raise Refused(
            f"{text} does not say with which arguments to launch {name}: it has no case, no {VARIABLE} = "
            f"{{{name!r}: {{'make': function, 'sizes': [...]}}}} and no {warm.VARIABLE} = [(kernel, space, args), ...]"
        )
    return entries[0].args, {"space": entries[0].space}


@contextlib.contextmanager
def _progress() -> Iterator[Listener]:
    """Show a bar to somebody who watches. Nothing moves between steps: a thread that draws would disturb the timing."""
    watched = Console(stderr=True)
    # A disabled bar still ends in an empty line in rich before 14.3, and so does one in a terminal that cannot move back.
    if not watched.is_terminal or watched.is_dumb_terminal:
        yield lambda done, total, text: None
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=watched,
        auto_refresh=False,
        transient=True,
    )
    task = bar.add_task("", visible=False)

    def listener(done: int, total: int, text: str) -> None:
        bar.update(task, completed=done, total=total, description=text, visible=True, refresh=True)

    with bar:
        yield listener


def _draw(found: Benchmark, path: Path) -> None:
    try:
        found.plot(path)
    except OSError as error:
        raise Refused(f"--plot {path}: {error.strerror or error}") from None
