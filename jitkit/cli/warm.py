"""`jitkit warm`: compiling kernels before they are needed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any, NamedTuple

from jitkit.cli import targets
from jitkit.cli.console import duration, show_table, table
from jitkit.cli.failures import Refused
from jitkit.launch import arguments, choice
from jitkit.launch.kernel import Kernel

VARIABLE = "JITKIT_WARM"


class Entry(NamedTuple):
    """What to compile: a kernel for the types of some arguments."""

    kernel: Kernel
    space: Any
    args: tuple[Any, ...]


def show(text: str, backend: str | None) -> None:
    """Compile the kernels of a module whose argument types are known, and print a table of them.

    Raises
    ------
    Refused
        Where the module says nothing about types.
    """
    if (backend or choice.requested()) == "python":
        raise Refused(f"{choice.VARIABLE} chooses the interpreter, which compiles nothing: add --backend cpu")
    module = targets.load_module(text)
    found = entries(module, text)
    if not found:
        raise Refused(
            f"{text} does not say for which types to compile: it has no case, and no "
            f"{VARIABLE} = [(kernel, space, args), ...]; {targets.listed(targets.kernels_of(module))}"
        )
    shown = table("kernel", "arguments", "time", numbers=("time",))
    for kernel, space, args in found:
        started = time.perf_counter()
        kernel.compile(*args, space=space, backend=backend)
        taken = duration(time.perf_counter() - started)
        names = kernel.parameters[len(kernel.parameters) - len(args) :]
        shown.add_row(kernel.name, arguments.describe(names, args), taken)
    show_table(shown)


def entries(module: ModuleType, text: str) -> list[Entry]:
    """Return the launches that a module, named `text` by the user, has cases for or lists."""
    return [*_from_cases(module), *_from_variable(module, text)]


def _from_cases(module: ModuleType) -> Iterator[Entry]:
    for case in targets.cases_of(module):
        for dtype in case.dtypes:
            problem = case.problem("tiny", dtype)
            yield Entry(case.kernel, problem.space, problem.args)


def _from_variable(module: ModuleType, text: str) -> Iterator[Entry]:
    listed = getattr(module, VARIABLE, ())
    for entry in listed if isinstance(listed, (list, tuple)) else (listed,):
        kernel, args = (entry[0], entry[2]) if isinstance(entry, tuple) and len(entry) == 3 else (None, None)
        if not (isinstance(kernel, Kernel) and isinstance(args, tuple)):
            raise Refused(f"{text}: an entry of {VARIABLE} is (kernel, space, args) with args a tuple, not {entry!r}")
        yield Entry(*entry)
