"""Finding the module and the kernel that the user named: a case, a dotted module, or a path to a Python file."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from jitkit import cases
from jitkit.cases import Case
from jitkit.cli.failures import Refused
from jitkit.errors import JitkitError
from jitkit.launch.kernel import Kernel


class Found(NamedTuple):
    """A kernel that the user named: where it is, what it is called there, and its case where it has one."""

    module: ModuleType
    name: str
    kernel: Kernel
    case: Case | None


def find_kernel(target: str) -> Found:
    """Return the kernel that `MODULE_OR_FILE:KERNEL` names.

    Parameters
    ----------
    target : str
        As typed. The kernel's name may be left out where the module has only one.

    Raises
    ------
    Refused
        Where there is no such module, file or kernel; the message lists the kernels that the module has.
    """
    text, name = split(target)
    module = load_module(text)
    kernels = kernels_of(module)
    if name is None and len(kernels) == 1:
        name = next(iter(kernels))
    if name is None or name not in kernels:
        problem = f"{text} has no kernel {name!r}" if name else f"name a kernel of {text} as {text}:KERNEL"
        raise Refused(f"{problem}; {listed(kernels)}")
    kernel = kernels[name]
    return Found(module, name, kernel, next((case for case in cases_of(module) if case.kernel is kernel), None))


def split(target: str) -> tuple[str, str | None]:
    r"""Split `MODULE_OR_FILE:KERNEL`; the colon of a Windows drive splits nothing.

    Examples
    --------
    >>> split("heat.py:heat"), split("heat"), split(r"C:\heat.py")
    (('heat.py', 'heat'), ('heat', None), ('C:\\heat.py', None))
    """
    text, _, name = target.rpartition(":")
    return (text, name) if text and name.isidentifier() else (target, None)


def kernels_of(module: ModuleType) -> dict[str, Kernel]:
    """Return the kernels of a module, by the name that they have in it."""
    return {name: value for name, value in vars(module).items() if isinstance(value, Kernel)}


def listed(kernels: dict[str, Kernel]) -> str:
    """Say which kernels a module has."""
    if not kernels:
        return "it has no kernels (functions under @jk.kernel)"
    return f"its kernels are {', '.join(sorted(kernels))}"


def cases_of(module: ModuleType) -> list[Case]:
    """Return the cases of a module; those of `jitkit.cases` are the whole catalogue."""
    if module is cases:
        return [cases.load(name) for name in cases.names()]
    return [value for value in vars(module).values() if isinstance(value, Case)]


def load_case(name: str) -> Case:
    """Return a case of the catalogue.

    Raises
    ------
    Refused
        Where there is none of that name.
    """
    try:
        return cases.load(name)
    except ValueError as error:
        raise Refused(str(error)) from None


def load_module(text: str) -> ModuleType:
    """Import what the user named: a case's module, a `.py` file, or a module that the current directory may hold.

    Raises
    ------
    Refused
        Where there is no such thing, or importing it fails.
    """
    if text in cases.names():
        return importlib.import_module(f"{cases.__name__}.{text}")
    if text.endswith(".py") or any(separator in text for separator in (os.sep, "/")):
        return _load_file(Path(text))
    if not all(part.isidentifier() for part in text.split(".")):
        raise Refused(f"{text!r} is neither a case ({', '.join(cases.names())}), nor a dotted module, nor a .py file")
    _search_first(Path.cwd())
    _importing(text, lambda: importlib.import_module(text))
    return sys.modules[text]


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise Refused(f"{path} is a directory; name a .py file in it" if path.is_dir() else f"there is no file {path}")
    # Not the bare stem: a user's random.py must not take the place of the standard library's.
    name = f"jitkit_file_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        raise Refused(f"{path} is not a Python file: its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up there
    _search_first(path.resolve().parent)
    execute = spec.loader.exec_module
    _importing(str(path), lambda: execute(module))
    return module


def _search_first(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _importing(text: str, load: Callable[[], object]) -> None:
    """Run an import; what goes wrong in it is the user's to mend, so it is said in one sentence."""
    try:
        load()
    except JitkitError:
        raise
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and error.name and f"{text}.".startswith(f"{error.name}."):
            raise Refused(
                f"there is no module {text!r} in {Path.cwd()} or among the installed packages, and no such case; "
                f"{_meant(text)}the cases are {', '.join(cases.names())}"
            ) from None
        raise Refused(f"cannot import {text}: {_why(error)}") from error


def _meant(text: str) -> str:
    """Ask for the case whose name is nearest to what was typed, if one is near."""
    near = difflib.get_close_matches(text, cases.names(), n=1)
    return f"did you mean {near[0]}? " if near else ""


def _why(error: BaseException) -> str:
    """Say what was raised, and by which line."""
    if isinstance(error, SyntaxError):
        return f"{error.msg} ({error.filename}, line {error.lineno})"
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({last.filename}, line {last.lineno})"
