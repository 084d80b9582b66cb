"""Functions of a module: their registers and variables, called or inlined."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import UnsupportedError
from ..globals import alignment_of, size_of
from ..syntax import Function, Label, Prototype, Targets, Variable
from ..types import TYPES
from . import statements
from .body import CONTEXT, Body, Frame
from .unit import Unit


def open_frame(fn: Body, frame: Frame) -> None:
    """Reserve the registers and the local memory of a function, and note its lists of targets."""
    for statement in frame.function.body or ():
        if isinstance(statement, Variable):
            declare(fn, frame, statement)
        elif isinstance(statement, Label):
            frame.labels.add(statement.name)
        elif isinstance(statement, Targets):
            frame.targets[statement.name] = statement
        elif isinstance(statement, Prototype):
            frame.prototypes[statement.name] = statement


def declare(fn: Body, frame: Frame, variable: Variable) -> None:
    """Reserve what one declaration asks for; shared variables have their place already."""
    if variable.space == "reg":
        frame.registers[variable.name] = (fn.alloca(register_type(variable)), register_type(variable))
    elif variable.space == "param":
        frame.slots[variable.name] = fn.alloca(f"[{size_of(variable)} x i8]", 16)
    elif variable.space == "local":
        align = max(alignment_of(variable), 8)
        frame.locals[variable.name] = fn.alloca(f"[{size_of(variable)} x i8]", align)
        if fn.unit.options.bounds:
            note_local(fn, frame.locals[variable.name], size_of(variable))
    elif variable.space != "shared":
        raise UnsupportedError(f"a .{variable.space} variable inside a function", variable.line)


def note_local(fn: Body, pointer: str, size: int) -> None:
    """Widen the hull of the thread's local memory, for checks of generic addresses."""
    low = fn.emit(f"ptrtoint ptr {pointer} to i64")
    high = fn.emit(f"add i64 {low}, {size}")
    fn.set_thread("local_low", fn.call("i64", "llvm.umin.i64", f"i64 {low}", f"i64 {fn.thread_field('local_low')}"))
    fn.set_thread("local_high", fn.call("i64", "llvm.umax.i64", f"i64 {high}", f"i64 {fn.thread_field('local_high')}"))


def register_type(variable: Variable) -> str:
    """Return the LLVM type that holds a register."""
    if variable.type not in TYPES or variable.vector != 1:
        shape = f".v{variable.vector} " if variable.vector != 1 else ""
        raise UnsupportedError(f"a register of type {shape}.{variable.type} is not emulated", variable.line)
    return TYPES[variable.type].llvm


def function_text(unit: Unit, function: Function) -> str:
    """Return the definition of a function that is called; parameters and results are passed by their addresses."""
    frame = Frame(function, "", "function.exit")
    fn = Body(unit, frame, coroutine=False)
    formal = (*function.results, *function.parameters)
    pointers = [f"%formal{i}" for i in range(len(formal))]
    bind(fn, frame, formal, pointers)
    open_frame(fn, frame)
    statements.translate(fn)
    fn.label("function.exit")
    give_back(fn, frame, pointers)
    fn.end("ret void")
    head = ", ".join([CONTEXT, *(f"ptr {p}" for p in pointers)])
    return "\n".join([f'define internal void @"func.{function.name}"({head}) #0 {{', *fn.allocas, *fn.lines, "}"])


def bind(fn: Body, frame: Frame, formal: Sequence[Variable], pointers: Sequence[str]) -> None:
    """Give a function's parameters their memory; one that is a register is copied in."""
    for variable, pointer in zip(formal, pointers, strict=True):
        if variable.space == "reg":
            declare(fn, frame, variable)
            register, kind = frame.registers[variable.name]
            stored = "i8" if kind == "i1" else kind
            value = fn.emit(f"load {stored}, ptr {pointer}")
            value = fn.emit(f"trunc i8 {value} to i1") if kind == "i1" else value
            fn.run(f"store {kind} {value}, ptr {register}")
        else:
            frame.slots[variable.name] = pointer


def give_back(fn: Body, frame: Frame, pointers: Sequence[str]) -> None:
    """Copy results that are registers out."""
    for variable, pointer in zip(frame.function.results, pointers, strict=False):
        if variable.space == "reg":
            register, kind = frame.registers[variable.name]
            value = fn.emit(f"load {kind}, ptr {register}")
            fn.run(f"store {kind} {value}, ptr {pointer}")


def inline(fn: Body, function: Function, pointers: Sequence[str]) -> None:
    """Translate a function in place of its call."""
    outer, prefix = fn.frame, fn.fresh(function.name + ".") + "."
    frame = Frame(function, prefix, prefix + "leave")
    fn.frame = frame
    bind(fn, frame, (*function.results, *function.parameters), pointers)
    open_frame(fn, frame)
    statements.translate(fn)
    fn.label(frame.leave)
    give_back(fn, frame, pointers)
    fn.frame = outer
