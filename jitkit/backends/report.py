"""Turning a compiler's complaint into one sentence at the user's own line."""

from __future__ import annotations

import ast
import os
import re
from typing import NoReturn

from jitkit.backends.lowering.typing import refusal_in
from jitkit.errors import JitkitError, KernelSyntaxError, KernelTypeError, at_source
from jitkit.frontend import collectives
from jitkit.launch import arguments
from jitkit.launch.definition import Definition

_PLACE = re.compile(r'File "([^"]+)", line (\d+)')
_DIVERGENT = re.compile(r"jk\.barrier at (\d+) stands")


def explain(kernel: Definition, ndim: int, args: tuple, error: Exception) -> NoReturn:
    """Raise the error for a launch that the compiler refused, while its own is handled.

    A traceback shows the compiler's, a hundred lines of Numba's frames, only where it is not understood. It is kept as the
    error's context.
    """
    found, understood = _explained(kernel, ndim, args, error)
    raise found from None if understood else error


def _explained(kernel: Definition, ndim: int, args: tuple, error: Exception) -> tuple[JitkitError, bool]:
    names = kernel.parameters[ndim:]
    try:
        bound = arguments.bind(kernel.func, ndim, args, {}, kernel.name)
        arguments.check(names, bound, kernel.program.written, kernel.name)
    except JitkitError as better:
        return better, True
    text = str(error)
    parted = _DIVERGENT.search(text)
    if parted is not None:
        message = (
            f"{kernel.name}: jk.barrier() stands in a branch or a loop whose condition differs between the work-items of "
            "a group, so that some would wait for ever: move the barrier out, or make the condition the same for all"
        )
        return KernelSyntaxError(at_source(message, *kernel.program.place(int(parted[1])))), True
    refusal = refusal_in(text)
    given = f"arguments: {arguments.describe(names, bound)}"
    if refusal is None:
        first = next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
        place = _naming(kernel, text) if isinstance(error, KeyError) else _place(kernel, text)
        plain = _plain(text)
        return KernelTypeError(at_source(f"{kernel.name}: {plain or first}", *place) + f"\n{given}"), plain is not None
    place = _place(kernel, text[text.index("\x03") :])
    return KernelTypeError(at_source(f"{kernel.name}: {refusal}", *place) + f"\n{given}"), True


def _plain(text: str) -> str | None:
    """Return what is wrong for the complaints that newcomers meet, or None."""
    unify = re.search(r"Cannot unify (.+?) and (.+?) for '([^'.]+)", text)
    if unify:
        one, other, name = unify.groups()
        if name.startswith("$"):
            return f"an expression is {_short(one)} or {_short(other)}, as a condition says; give both one type"
        return f"variable {name!r} is {_short(one)} in one place and {_short(other)} in another; give each its own name"
    attribute = re.search(r"Unknown attribute '(\w+)' of type (.+)", text)
    if attribute:
        return f"{_short(attribute[2])} has no .{attribute[1]} in a kernel; arrays have shape, size and ndim"
    field = re.search(
        r"^'(\w+)'$|^Field '(\w+)' was not found|>>> getitem\(.*\(Record\(.*Literal\[str\]\((\w+)\)", text, re.MULTILINE
    )
    if field:
        return f"the records have no field {next(filter(None, field.groups()))!r}"
    undefined = re.search(r"[Vv]ariable '?([\w.$]+)'? (?:referenced before assignment|is not defined)", text)
    return f"variable {undefined[1]!r} is read before anything is assigned to it" if undefined else None


def _short(type_text: str) -> str:
    array = re.fullmatch(r"\w*[Aa]rray\((\w+), (\d)d, .*\)", type_text.strip())
    if array:
        return f"a {array[2]}-D array of {array[1]}"
    return (
        re.sub(r"Literal\[\w+\]\((.+?)\)", r"\1", type_text)
        .replace("weak_float64", "a float")
        .replace("weak_int64", "an int")
        .replace("weak_int32", "an int")
    )


def _naming(kernel: Definition, text: str) -> tuple[str, int]:
    """Return the first place that names a field of records, where Numba says which is missing and not where it is read."""
    for program in kernel.program.reachable():
        for node in ast.walk(program.tree):
            if text in (repr(getattr(node, "attr", None)), repr(getattr(node, "value", None))):
                return program.filename, node.lineno  # type: ignore[attr-defined]
    return _place(kernel, text)


def _place(kernel: Definition, text: str) -> tuple[str, int]:
    """Return the innermost place in the user's files that the compiler's report names."""
    files = {program.filename for program in kernel.program.reachable()} - {collectives.__file__}
    for filename, lineno in _PLACE.findall(text):
        for known in files:  # Numba prints paths relative to the working directory
            if os.path.abspath(filename) == os.path.abspath(known):
                return known, int(lineno)
    return kernel.program.filename, kernel.program.lineno
