"""Reading the syntax tree of a user's function, with the line numbers of the user's own file."""

from __future__ import annotations

import ast
import copy
import inspect
import linecache
import os
import textwrap
import time
from collections.abc import Callable, Iterator
from types import CodeType

from jitkit.errors import KernelSyntaxError

_BEYOND = 1 << 24  # a line past those of any file
_TIMED = "<magic-timeit>"  # the file that IPython says it compiles for %timeit
_BEGAN = time.time()  # before any kernel of this process was made


def read(func: Callable) -> tuple[ast.FunctionDef, str]:
    """Return the definition of a function as a syntax tree, and the file it stands in.

    Raises
    ------
    KernelSyntaxError
        Where the source cannot be read (the interactive prompt, ``exec``), was edited since it was imported, or the function
        is not a plain one.
    """
    filename = func.__code__.co_filename
    try:
        if func.__code__.co_name == "<lambda>":
            return _read_lambda(func), filename
        # Of the code that runs: `functools.wraps` makes a function say that it stands for another.
        whole = _lines(func)
        first = _first_line(func, whole)
        lines = inspect.getblock(whole[first - 1 :])
    except (OSError, TypeError):
        raise KernelSyntaxError(_unreadable(func)) from None
    # A function indented in its file keeps its columns below an `if`; dedenting would move the caret of every error.
    text = "".join(lines)
    nested = text[:1].isspace()
    try:
        tree = ast.parse("if True:\n" + text if nested else text, filename)
    except SyntaxError:  # a continuation line to the left of the def
        tree, nested = ast.parse(textwrap.dedent(text), filename), False
    ast.increment_lineno(tree, first - 1 - nested)
    found = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == func.__code__.co_name
    ]
    if not found:
        raise KernelSyntaxError(
            f"{filename}:{first}: {func.__qualname__!r} is not a plain function: a kernel or a helper is written with `def`"
        )
    return found[0], filename


def _unreadable(func: Callable) -> str:
    filename = func.__code__.co_filename
    start = f"the source of kernel function {func.__qualname__!r} cannot be read"
    if filename == "<dynamic-code>":
        return (
            f"{start} in this process: it came here by value, as cloudpickle (joblib, dask) sends functions of scripts and "
            "notebooks, and without its source; put it in a module that this process can import, or pass a kernel, "
            "which takes its source along"
        )
    if not filename.startswith("<"):
        return f"{start}: {filename!r} is gone, or has fewer lines than it had; put it back, or import it anew"
    if filename == _TIMED:
        return f"{start}: %timeit keeps none; define it in a line or a cell before, and time the call alone"
    return (
        f"{start} (it was defined in {filename!r}, at an interactive prompt or by exec); put it in a .py file or a "
        "notebook cell, and import it from there"
    )


def _edited(func: Callable) -> str:
    return (
        f"{func.__code__.co_filename}:{func.__code__.co_firstlineno}: {func.__qualname__!r} was edited after it was imported, "
        "and is not what runs in this process: import it anew (importlib.reload), or start anew"
    )


def _lines(func: Callable) -> list[str]:
    """Return the lines of the file of a function.

    `inspect.getsourcelines` first looks through all modules for one of that file, which takes the first call 40 ms.

    Raises
    ------
    OSError
        Where there is no such file.
    """
    filename = func.__code__.co_filename
    linecache.checkcache(filename)
    lines = linecache.getlines(filename, func.__globals__)
    if len(lines) < func.__code__.co_firstlineno:
        raise OSError(f"no line {func.__code__.co_firstlineno} in {filename}")
    return lines


def _written_since(filename: str) -> bool:
    """Tell whether a file was written since this process began, so that it may be another than was imported."""
    try:
        return os.stat(filename).st_mtime > _BEGAN
    except (OSError, ValueError):  # no file, as a notebook's cell
        return False


def _first_line(func: Callable, lines: list[str]) -> int:
    """Return the line from which on a function stands in its file now.

    Raises
    ------
    KernelSyntaxError
        Where it does not stand there any more. Another function's source would give wrong results, and go into the cache
        under the code of this one.
    """
    code = func.__code__
    if not _written_since(code.co_filename):
        return code.co_firstlineno
    meant = _instructions(code)
    try:
        whole = compile("".join(lines), code.co_filename, "exec", dont_inherit=True)
    except SyntaxError:  # the editing goes on
        raise KernelSyntaxError(_edited(func)) from None
    found = [
        each.co_firstlineno
        for each in _codes_in(whole)
        if each.co_name == code.co_name and _instructions(each) == meant
    ]
    if not found:
        raise KernelSyntaxError(_edited(func))
    return min(found, key=lambda line: abs(line - code.co_firstlineno))


def _codes_in(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes_in(constant)


def _read_lambda(func: Callable) -> ast.FunctionDef:
    """Return a lambda as the ``def`` that it could have been."""
    lines = _lines(func)
    code = func.__code__.replace(co_firstlineno=_first_line(func, lines))
    tree = ast.parse("".join(lines), code.co_filename)
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Lambda) and is_code_of(code, node)]
    if _written_since(code.co_filename):  # another one may be at its place
        found = []
    # The places of a lambda's instructions lie in those around it, too: the innermost is meant.
    found = [node for node in found if not any(inner is not node and inner in ast.walk(node) for inner in found)]
    if len(found) != 1:
        found = _lambda_like(code, tree)
    if len(found) != 1:
        raise KernelSyntaxError(
            f"{code.co_filename}:{code.co_firstlineno}: this lambda cannot be told from others on its line: "
            "write it with `def`"
        )
    node = found[0]
    result = ast.copy_location(ast.Return(node.body), node.body)
    definition = ast.FunctionDef(name="lambda", args=node.args, body=[result], decorator_list=[], returns=None)
    if "type_params" in ast.FunctionDef._fields:  # Python 3.12
        definition.type_params = []
    return ast.copy_location(definition, node)


def _lambda_like(code: CodeType, tree: ast.Module) -> list[ast.Lambda]:
    """Return a lambda of its line, if there is one, that compiles to the same instructions: it means the same.

    For code without places of its own: what pytest up to 8.3.0 makes of an ``assert``, ``python -X no_debug_ranges``.
    """
    marked = copy.deepcopy(tree)
    lambdas: dict[int, ast.Lambda] = {}  # by the line from which the code of each starts in the copy
    for node, twin in zip(ast.walk(tree), ast.walk(marked), strict=True):
        if isinstance(node, ast.Lambda) and isinstance(twin, ast.Lambda) and node.lineno == code.co_firstlineno:
            twin.lineno = twin.end_lineno = _BEYOND + len(lambdas)
            twin.col_offset = twin.end_col_offset = 0
            lambdas[twin.lineno] = node
    inside = _codes_in(compile(marked, code.co_filename, "exec", dont_inherit=True))
    alike = [each.co_firstlineno for each in inside if _instructions(each) == _instructions(code)]
    return [lambdas[line] for line in alike if line in lambdas][:1]


def _instructions(code: CodeType) -> tuple:
    """Return what code does, without where it stands."""
    constants = [_instructions(value) if isinstance(value, CodeType) else repr(value) for value in code.co_consts]
    stars = code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)
    counts = code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, stars
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars, counts


def is_code_of(code: CodeType, node: ast.Lambda) -> bool:
    """Tell whether a code object is that of a lambda, by the places of its instructions.

    Nothing but the line is compared where the interpreter keeps no columns (``python -X no_debug_ranges``).
    """
    if code.co_name != "<lambda>" or code.co_firstlineno != node.lineno:
        return False
    body = node.body
    first, last = (body.lineno, body.col_offset), (body.end_lineno, body.end_col_offset)
    spans = [((a, c), (b, d)) for a, b, c, d in code.co_positions() if None not in (a, b, c, d) and (a, c) != (b, d)]
    # An instruction of a lambda around this one, or beside it, lies outside this one's body; one with no width is a header.
    return all(first <= begin and end <= last for begin, end in spans)
