"""What jitkit raises and warns with: every message names the kernel, the value, what was expected and the remedy."""

from __future__ import annotations

import linecache
import sys
import warnings

# Numba calls back into jitkit while it compiles, through functions decorated with its lock, a context manager.
_BELOW_THE_USER = frozenset(("jitkit", "numba", "numba_cuda", "contextlib"))


class JitkitError(Exception):
    """Base class of every error that jitkit raises."""


class KernelError(JitkitError):
    """A kernel, or a call of one, is wrong."""


class KernelSyntaxError(KernelError):
    """A kernel's body uses something that kernels cannot."""


class KernelTypeError(KernelError, TypeError):
    """The types met in a kernel's body, or given to a launch, do not fit."""


class LaunchError(KernelError, ValueError):
    """A launch space or an argument's value is wrong."""


class BackendError(JitkitError, RuntimeError):
    """A backend is unknown, cannot run here, or failed."""


class JitkitWarning(UserWarning):
    """Something works, but not as well as it should; the message says how to mend it."""


def warn(message: str, category: type[Warning] = JitkitWarning) -> None:
    """Warn at the line of the user's that led here, whatever number of jitkit's own calls lie between."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _BELOW_THE_USER:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def at_source(message: str, filename: str, lineno: int, column: int | None = None) -> str:
    """Put a message under its place in the user's file, as compilers do, with the source line when it can be read."""
    line = linecache.getline(filename, lineno).rstrip()
    text = f"{filename}:{lineno}: {message}"
    if not line:
        return text
    text += f"\n{lineno:>6} | {line}"
    if column is not None:
        text += f"\n       | {' ' * column}^"
    return text
