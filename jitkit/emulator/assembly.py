"""The emulator's own LLVM code: the ``.ll`` files of this folder, written in terms of the records' fields.

Two lines stand for what LLVM says in four, and names for numbers::

    %x = get Thread.kind %t           ; a getelementptr and a load
    set Thread.kind %t, $Kind.BARRIER ; a getelementptr and a store
    $Error.line, $sizeof.Thread       ; a field's position in its record, a record's size
"""

from __future__ import annotations

import functools
import itertools
import platform
import re
from pathlib import Path

from . import records
from .records import BLOCK, ERROR, THREAD, Record, _fields

# What the pool hands to every range of blocks. `thread` is the coroutine; `strict`: whoever has exited keeps barriers
# closed; `flushing`: the processor takes subnormal numbers for 0.
LAUNCH = Record(
    "%emulator.Launch",
    _fields("ptr params, ptr block, ptr thread, i64 frame_size, i32 strict, i32 races, i32 flushing"),
)

FLUSHES = platform.machine().lower() in ("x86_64", "amd64")
"""Whether the processor can be told to take subnormal numbers for 0."""
_FLUSHING = "flushing" if FLUSHES else "flushing_by_code"
_RECORDS = {record.name.removeprefix("%emulator."): record for record in (THREAD, BLOCK, ERROR, LAUNCH)}
_GET = re.compile(r"^(\s*)%([\w.]+) = get (\w+)\.([\w.]+) (%[\w.]+)", re.MULTILINE)
_SET = re.compile(r"^(\s*)set (\w+)\.([\w.]+) (%[\w.]+), (\S+)", re.MULTILINE)
_NAME = re.compile(r"\$(\w+)\.([\w.]+)")
_COMMENT = re.compile(r";.*$", re.MULTILINE)


def runtime() -> str:
    """Return the LLVM module with the checks, and with what runs blocks of coroutines."""
    return _module("memory", _FLUSHING, "checks", "races", "blocks", "barriers", "warps")


def plain(parameter_size: int) -> str:
    """Return the LLVM module that runs blocks of threads that never wait, of an entry with so many bytes of parameters."""
    return _module("memory", _FLUSHING, "plain").replace("$parameter_size", str(max(parameter_size, 8)))


def _module(*files: str) -> str:
    return "\n".join([*(record.llvm for record in _RECORDS.values()), *map(_expanded, files)])


@functools.cache
def _expanded(stem: str) -> str:
    text = _COMMENT.sub("", Path(__file__).with_name(f"{stem}.ll").read_text(encoding="utf-8"))
    numbers = itertools.count()
    text = _GET.sub(_get, text)
    text = _SET.sub(lambda match: _set(match, next(numbers)), text)
    return _NAME.sub(_number, text)


def _get(match: re.Match[str]) -> str:
    indent, name, record, field, pointer = match.groups()
    where, kind = _place(record, field, pointer)
    return f"{indent}%{name}.at = {where}\n{indent}%{name} = load {kind}, ptr %{name}.at"


def _set(match: re.Match[str], number: int) -> str:
    indent, record, field, pointer, value = match.groups()
    where, kind = _place(record, field, pointer)
    return f"{indent}%set.{number} = {where}\n{indent}store {kind} {value}, ptr %set.{number}"


def _place(record: str, field: str, pointer: str) -> tuple[str, str]:
    found = _RECORDS[record]
    return f"getelementptr {found.name}, ptr {pointer}, i32 0, i32 {found.index(field)}", found.type_of(field)


def _number(match: re.Match[str]) -> str:
    owner, name = match.groups()
    if owner == "sizeof":
        return str(_RECORDS[name].size)
    numbers = getattr(records, owner, {})
    if name in getattr(numbers, "__members__", {}):
        return str(int(numbers[name]))
    return str(_RECORDS[owner].index(name))
