"""`jitkit check`: a script, a function or a case with every kernel launch under the sanitizer."""

from __future__ import annotations

import contextlib
import dataclasses
import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from jitkit.backends import sanitizer
from jitkit.backends.unwritten import fill_all
from jitkit.cli import targets, warm
from jitkit.cli.console import console, counted
from jitkit.cli.failures import Failed, Refused, described, place
from jitkit.errors import JitkitError
from jitkit.findings import Finding
from jitkit.launch.definition import Call
from jitkit.launch.kernel import Kernel
from jitkit.launch.watching import watched_by


class Findings:
    """What all launches of a run gave, each mistake once.

    Attributes
    ----------
    launches : int
        How many launches were checked.
    found : dict
        The findings by kernel, kind, line and array.
    """

    def __init__(self, seed: int | None) -> None:
        self.launches, self.work_items, self._seed = 0, 0, seed
        self.found: dict[Any, tuple[str, Finding]] = {}

    def launch(self, call: Call, values: tuple[Any, ...]) -> None:
        """Check a launch and hand its results on; print what is new."""
        report = sanitizer.check(call, values, self._seed, keep=True)
        self.launches += 1
        self.work_items += report.work_items
        for finding in report.findings:
            key = report.kernel, finding.kind, finding.filename, finding.lineno, finding.array
            if key in self.found:
                before = self.found[key][1]
                finding = dataclasses.replace(before, count=before.count + finding.count)
            else:
                console().print(f"{report.kernel}: {finding}\n", soft_wrap=True)
            self.found[key] = report.kernel, finding


def show(target: str, arguments: tuple[str, ...], seed: int | None) -> None:
    """Run what the user named with every launch checked, and print what is found.

    Raises
    ------
    Refused
        Where there is nothing to run, or it fails.
    Failed
        Where something is found.
    """
    run = _runner(target, arguments)
    findings = Findings(seed)
    with watched_by(findings.launch), fill_all():
        run()
    if not findings.launches:
        raise Refused(f"{target} ran and launched no kernel, so nothing was checked")
    launches = f"{counted(findings.launches, 'launch', 'launches')}, {counted(findings.work_items, 'work-item')}"
    if findings.found:
        raise Failed(f"{counted(len(findings.found), 'finding')} in {launches}")
    console().print(f"nothing found in {launches}", soft_wrap=True)


def _runner(target: str, arguments: tuple[str, ...]) -> Callable[[], None]:
    text, name = targets.split(target)
    if name is None and text.endswith(".py") and Path(text).is_file():
        return lambda: _script(text, arguments)
    if arguments:
        raise Refused(f"{target} is called without arguments; {' '.join(arguments)!r} is for scripts")
    module = targets.load_module(text)
    found = getattr(module, name, None) if name is not None else None
    if name is not None and not isinstance(found, Kernel):
        if not callable(found):
            raise Refused(f"{text} has no function {name!r}; {targets.listed(targets.kernels_of(module))}")
        return lambda: _call(target, found)
    entries = [entry for entry in warm.entries(module, text) if found is None or entry.kernel is found]
    if not entries:
        raise Refused(
            f"{target} does not say with which arguments to launch: it has no case, and no "
            f"{warm.VARIABLE} = [(kernel, space, args), ...]; name a script, or a function that launches the kernel"
        )
    return lambda: _launch_all(entries)


def _launch_all(entries: list[warm.Entry]) -> None:
    for kernel, space, args in entries:
        kernel[space](*args)


def _call(what: str, function: Callable[..., Any]) -> None:
    with _failures(what):
        function()


def _script(path: str, arguments: tuple[str, ...]) -> None:
    """Run a file as Python itself would."""
    before = sys.argv
    sys.argv = [path, *arguments]
    sys.path.insert(0, str(Path(path).resolve().parent))
    try:
        with _failures(path):
            runpy.run_path(path, run_name="__main__")
    finally:
        sys.argv = before


@contextlib.contextmanager
def _failures(what: str) -> Iterator[None]:
    """Say in one sentence what went wrong in the user's code; leaving with exit code 0 is not wrong."""
    try:
        yield
    except JitkitError:
        raise
    except SystemExit as error:
        if error.code not in (None, 0):
            raise Refused(f"{what} ended with {error.code}") from error
    except Exception as error:
        where = "" if isinstance(error, SyntaxError) else place(error)  # those say it
        raise Refused(f"{what}: {described(error)} {where}".rstrip()) from error
