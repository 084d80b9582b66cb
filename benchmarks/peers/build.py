"""The C peers: compile them, load them, call them on a problem.

Each file of `c/` defines one function of its own name. It takes the arguments of the case in their order, an array as a
pointer, an integer as `int64_t`, a float as `REAL`, and after them the extents of the first written array and of the
arrays in `INPUTS`. `c/` holds the same loops as the kernels, or what solves the problem of a group kernel without groups;
`c/blocked/` holds, for some cases, what a C programmer can do by rewriting them.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from jitkit.cases import Case, Problem

BLOCKED = "C, blocked"
"""What the second C peer of a case is called."""
SOURCES = Path(__file__).parent / "c"
COMPILE = ("-O3", "-march=native", "-ffast-math", "-fopenmp", "-fPIC")
# Without -ffast-math: gcc would link a start-up routine that flushes subnormals to zero in the whole process.
LINK = ("-shared", "-fopenmp")
# Arrays whose extents do not follow from those of the first written one.
INPUTS = {"matmul_tiled": ("A",), "block_sum": ("x",), "group_histogram": ("x",)}
REAL = {"float32": ("float", ctypes.c_float), "float64": ("double", ctypes.c_double)}


class CompilerError(RuntimeError):
    """The C peers cannot be built here."""


def has_blocked(case: Case) -> bool:
    """Tell whether a case has a second C peer, rewritten so that gcc vectorises across points."""
    return (SOURCES / "blocked" / f"{case.name}.c").exists()


def bind(case: Case, problem: Problem, folder: str = "") -> Callable[[], None]:
    """Prepare the C peer of a case for one problem.

    Parameters
    ----------
    case : Case
        The case; `c/` holds a file of its name.
    problem : Problem
        A problem of that case, on C-contiguous arrays; the call writes its results there.
    folder : {"", "blocked"}
        Which of the C peers.

    Returns
    -------
    callable
        Runs the peer, without arguments.

    Raises
    ------
    CompilerError
        If there is no gcc, or it rejects the source.
    ValueError
        If an array of the problem is not C-contiguous.

    Examples
    --------
    >>> from jitkit import cases
    >>> case = cases.load("saxpy")
    >>> problem = case.problem("tiny")
    >>> expected = case.reference(problem)
    >>> bind(case, problem)()
    >>> case.check(problem, expected)
    """
    real = REAL[problem.dtype.name][1]
    named = case.arguments(problem)
    extents = [extent for name in (problem.written[0], *INPUTS.get(case.name, ())) for extent in named[name].shape]
    arguments = [_to_c(arg, real) for arg in problem.args] + [ctypes.c_int64(extent) for extent in extents]
    return functools.partial(load(case.name, problem.dtype, folder), *arguments)


def load(stem: str, dtype: DTypeLike, folder: str = "") -> Callable[..., None]:
    """Compile one C peer, unless the cache holds it, and return its function.

    Parameters
    ----------
    stem : str
        The stem of a file in `c/`.
    dtype : dtype
        float32 or float64: what `REAL` stands for.
    folder : str
        The folder below `c/`.

    Returns
    -------
    callable
        The function of that name, through ctypes.
    """
    function = getattr(ctypes.CDLL(str(library(stem, dtype, folder))), stem)
    function.restype = None
    return function  # type: ignore[no-any-return]


def library(stem: str, dtype: DTypeLike, folder: str = "") -> Path:
    """Return the shared library of one C peer, compiled now if the cache does not hold it."""
    source, flags = SOURCES / folder / f"{stem}.c", (*COMPILE, f"-DREAL={REAL[np.dtype(dtype).name][0]}")
    path = cache_folder() / f"{stem}-{np.dtype(dtype).name}-{_key(source, flags)}.so"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            compiled, linked = Path(folder, "peer.o"), Path(folder, "peer.so")
            _gcc(*flags, "-c", str(source), "-o", str(compiled))
            _gcc(*LINK, str(compiled), "-lm", "-o", str(linked))
            # A rename is atomic: another process never loads half a file.
            linked.replace(path)
    return path


def cache_folder() -> Path:
    """Return where the compiled peers are kept between runs: a folder that only the user writes."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jitkit" / "peers"


def compiler() -> str:
    """Return the path of gcc, or raise `CompilerError`."""
    path = shutil.which("gcc")
    if path is None:
        raise CompilerError("the C peers need gcc, and there is none on PATH: install it (on Debian: apt install gcc)")
    return path


@functools.cache
def _target() -> str:
    """Return what `-march=native` means here, and gcc's version: a shared cache may serve several machines."""
    return _gcc("-march=native", "-Q", "--help=target") + _gcc("--version")


def _key(source: Path, flags: tuple[str, ...]) -> str:
    parts = (source.read_text(), *flags, *LINK, _target())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _gcc(*arguments: str) -> str:
    command = [compiler(), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CompilerError(f"`{' '.join(command)}` failed:\n{done.stderr}")
    return done.stdout


def _to_c(arg: Any, real: Any) -> Any:
    if isinstance(arg, np.ndarray):
        if not arg.flags.c_contiguous:
            raise ValueError(f"the C peers take C-contiguous arrays; one has strides {arg.strides}: copy it first")
        return arg.ctypes.data_as(ctypes.c_void_p)
    return ctypes.c_int64(arg) if isinstance(arg, int) else real(arg)
