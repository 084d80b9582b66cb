"""What can be wrong with a random kernel: one function for the tests, the command line and the shrinking."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from . import kernels
from .running import Loaded, difference, load

KINDS = {"plain": kernels.generate, "group": kernels.generate_group}


def source_of(kind: str, seed: int) -> str:
    """Return the source of a kernel."""
    return KINDS[kind](seed)


def unsound(module: Loaded) -> str | None:
    """Return what the sanitizer says against the kernel: then the generator (or the sanitizer) is wrong."""
    report = module.kernel.check[module.space](*module.arguments())
    expected = {"integer-overflow"} if module.wraps else set()
    if "wild0" in module.names:  # expressions over all values, zeros and limits included
        expected |= {"division-by-zero", "nan"}
    findings = [item for item in report.findings if item.kind not in expected]
    return f"check: {findings[0]}" if findings else None


def failure(source: str, path: Path, backends: Iterable[str], *, check: bool = True, ptx: bool = False) -> str | None:
    """Return what fails when a kernel runs on the backends, the interpreter's results being the measure.

    Parameters
    ----------
    source : str
        The module.
    path : Path
        Where to write it.
    backends : iterable of str
        Which backends must agree with the interpreter.
    check : bool
        Also ask the sanitizer, which must find nothing.
    ptx : bool
        Also compile PTX.
    """
    module = load(source, path)
    wanted = module.run("python")
    if check:
        found = unsound(module)
        if found:
            return found
    for backend in backends:
        try:
            wrong = difference(module.run(backend), wanted)
        except Exception as error:  # whatever a backend raises is the finding
            return f"{backend}: {type(error).__name__}: {_cause(error)}"
        if wrong:
            return f"{backend}: {wrong}"
    if ptx:
        try:
            module.ptx()
        except Exception as error:
            return f"ptx: {type(error).__name__}: {_cause(error)}"
    return None


def _cause(error: BaseException) -> str:
    text = str(error).splitlines() or [""]
    cause = str(error.__cause__ or error.__context__ or "").splitlines()
    return " | ".join([text[0], *cause[:2]])


def category(failed: str) -> str:
    """Return what stays the same when a failing kernel is made smaller: the backend, and the kind of error."""
    backend, _, rest = failed.partition(": ")
    if backend in ("crash", "hang", "python", "check", ""):
        return f"{backend}: {rest.partition(':')[0] if backend != 'check' else rest.split(': ')[1]}"
    name = rest.split(":")[0]
    if not name.endswith("Error"):
        return f"{backend}: a different number"
    return (
        f"{backend}: {name}: {rest.rpartition(' error: ')[2][:12] if ' error: ' in rest else rest.split(':')[-1][:60]}"
    )
