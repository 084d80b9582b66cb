"""How a command ends when it cannot do what was asked: one sentence on stderr and an exit code, never a traceback."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import click

from jitkit.errors import JitkitError, JitkitWarning


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
