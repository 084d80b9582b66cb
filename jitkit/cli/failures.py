"""How a command ends when it cannot do what was asked: one sentence on stderr and an exit code, never a traceback."""

from __future__ import annotations

import contextlib
import errno
import warnings
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import click

from jitkit.errors import JitkitError, JitkitWarning

# What calls the user's code here; a traceback that has no other frames is a mistake of jitkit's.
_NOT_THE_USERS = frozenset(("jitkit", "numba", "numba_cuda", "llvmlite", "numpy", "click", "runpy", "contextlib"))
_NO_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))


class Refused(click.ClickException):
    """What was asked cannot be done: an unknown name, a bad size, a missing file."""

    exit_code = 2


class Failed(click.ClickException):
    """What was asked was done, and the result is wrong."""

    exit_code = 1


@contextlib.contextmanager
def in_one_sentence() -> Iterator[None]:
    """Turn what jitkit raises, and a lack of memory, into `Refused`, and what jitkit warns of into a line on stderr."""
    with warnings.catch_warnings():
        show = warnings.showwarning

        def say(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
            if issubclass(category, JitkitWarning):
                click.echo(f"Warning: {message}", err=True)
            else:
                show(message, category, *place, **more)

        warnings.showwarning = say
        try:
            yield
        except JitkitError as error:
            raise Refused(str(error)) from error
        except MemoryError as error:
            raise Refused(f"there is not enough memory for this: {str(error) or 'ask for a smaller size'}") from error
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            raise Refused(f"the output cannot be written: {error.strerror}") from error


@contextlib.contextmanager
def of_the_users(what: str) -> Iterator[None]:
    """Turn what the user's own code raises into `Refused`, with its place; what jitkit raises stays as it is."""
    try:
        yield
    except (JitkitError, click.ClickException, MemoryError):
        raise
    except Exception as error:
        where = place(error)
        if not where:
            raise
        raise Refused(f"{what}: {described(error)} {where}") from error


def described(error: BaseException) -> str:
    """Return what was raised, with its notes, in one line.

    Examples
    --------
    >>> described(ValueError("not so"))
    'ValueError: not so'
    """
    return ", ".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())])


def place(error: BaseException) -> str:
    """Return the file and the line of the user's code that an error comes from: not the library's that it called.

    Empty where there is none: all frames are those of jitkit and what it stands on.
    """
    file, line = "", 0
    step: TracebackType | None = error.__traceback__
    while step is not None:
        frame = step.tb_frame
        is_own = frame.f_globals.get("__name__", "").partition(".")[0] not in _NOT_THE_USERS
        if (not file and is_own) or frame.f_code.co_filename == file:
            file, line = frame.f_code.co_filename, step.tb_lineno
        step = step.tb_next
    return f"({file}, line {line})" if file else ""
