"""Reading the syntax tree of a user's function, with the line numbers of the user's own file."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable

from jitkit.errors import KernelSyntaxError


def read(func: Callable) -> tuple[ast.FunctionDef, str]:
    """Return the definition of a function as a syntax tree, and the file it stands in.

    Raises
    ------
    KernelSyntaxError
        Where the source cannot be read (the interactive prompt, ``exec``), or the function is not a plain ``def``.
    """
    filename = func.__code__.co_filename
    if func.__name__ == "<lambda>":
        raise KernelSyntaxError(
            f"{filename}:{func.__code__.co_firstlineno}: a lambda is no kernel: write it with `def`"
        )
    try:
        lines, first = inspect.getsourcelines(func)
    except (OSError, TypeError):
        raise KernelSyntaxError(
            f"the source of kernel function {func.__qualname__!r} cannot be read (it was defined in {filename!r}, at an "
            "interactive prompt or by exec); put it in a .py file or a notebook cell, and import it from there"
        ) from None
    # A function indented in its file keeps its columns below an `if`; dedenting would move the caret of every error.
    text = "".join(lines)
    nested = text[:1].isspace()
    try:
        tree = ast.parse("if True:\n" + text if nested else text, filename)
    except SyntaxError:  # a continuation line to the left of the def
        tree, nested = ast.parse(textwrap.dedent(text), filename), False
    ast.increment_lineno(tree, first - 1 - nested)
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == func.__name__]
    if not found:
        raise KernelSyntaxError(
            f"{filename}:{first}: {func.__qualname__!r} is not a plain function: a kernel or a helper is written with `def`"
        )
    return found[0], filename
