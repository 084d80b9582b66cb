"""Calls: of a function by its name or by its address, and of the few that the CUDA runtime provides."""

from __future__ import annotations

from .. import records
from ..errors import EmulatorError, UnsupportedError
from ..globals import size_of
from ..syntax import Function, Group, Instruction, Name, Operand, Prototype, Variable
from .body import CONTEXT, Body
from .control import leave
from .functions import inline, register_type
from .registry import instruction

# What only the CUDA runtime on a device has, and what a kernel can do without it.
RUNTIME = {
    "vprintf": "printf writes through the CUDA runtime; write to an array instead",
    "malloc": "the device's heap is not there; allocate arrays before the launch",
    "free": "the device's heap is not there; allocate arrays before the launch",
    "cudaGetParameterBufferV2": "a kernel cannot launch another here",
    "cudaLaunchDeviceV2": "a kernel cannot launch another here",
}


def _parts(ins: Instruction) -> tuple[tuple[Operand, ...], Name, tuple[Operand, ...], str]:
    """Return the results, the target, the arguments, and the name of a prototype."""
    rest = list(ins.operands)
    first = rest.pop(0) if isinstance(rest[0], Group) else Group(())
    results = first.items if isinstance(first, Group) else ()
    if not rest or not isinstance(rest[0], Name):
        raise EmulatorError(f"{ins.text}: there is no name of a function or register", ins.line)
    target = rest.pop(0)
    arguments = rest.pop(0) if rest and isinstance(rest[0], Group) else Group(())
    prototype = rest[0].name if rest and isinstance(rest[0], Name) else ""
    assert isinstance(target, Name)
    assert isinstance(arguments, Group)
    return results, target, arguments.items, prototype


@instruction("call", "uni")
def call(fn: Body, ins: Instruction) -> None:
    """Call a function: parameters and results are passed by address."""
    results, target, arguments, prototype = _parts(ins)
    function = fn.unit.module.functions.get(target.name)
    if target.name in fn.frame.registers:
        _indirect(fn, ins, target, results, arguments, prototype)
    elif function is None or function.body is None:
        _runtime(fn, ins, target.name)
    else:
        _direct(fn, ins, function, results, arguments)


def _direct(
    fn: Body, ins: Instruction, function: Function, results: tuple[Operand, ...], arguments: tuple[Operand, ...]
) -> None:
    formal = (*function.results, *function.parameters)
    if len(formal) != len(results) + len(arguments):
        raise EmulatorError(
            f"{function.name!r} takes {len(function.parameters)} arguments and gives {len(function.results)} results; "
            f"the call has {len(arguments)} and {len(results)}",
            ins.line,
        )
    pointers = _passed(fn, formal, results, arguments)
    if function.name in fn.unit.inlined:
        line = fn.line
        inline(fn, function, pointers)
        fn.line = line
    else:
        fn.run(f'call void @"func.{function.name}"({", ".join([CONTEXT, *(f"ptr {p}" for p in pointers)])})')
    _received(fn, function.results, results, pointers)


def _passed(
    fn: Body, formal: tuple[Variable, ...], results: tuple[Operand, ...], arguments: tuple[Operand, ...]
) -> list[str]:
    """Return a pointer for each result and argument; a register's value is put into memory of its own."""
    pointers = []
    for i, (variable, operand) in enumerate(zip(formal, (*results, *arguments), strict=True)):
        if isinstance(operand, Name) and operand.name in fn.frame.slots:
            pointers.append(fn.frame.slots[operand.name])
            continue
        pointers.append(fn.alloca(f"[{max(size_of(variable), 8)} x i8]", 16))
        if i >= len(results):
            kind = register_type(variable)
            value = fn.read(operand, kind)
            if kind == "i1":
                value, kind = fn.emit(f"zext i1 {value} to i8"), "i8"
            fn.run(f"store {kind} {value}, ptr {pointers[-1]}")
    return pointers


def _received(fn: Body, formal: tuple[Variable, ...], results: tuple[Operand, ...], pointers: list[str]) -> None:
    """Load the results that go to registers."""
    for variable, operand, pointer in zip(formal, results, pointers, strict=False):
        if isinstance(operand, Name) and operand.name in fn.frame.registers:
            kind = register_type(variable)
            fn.write(operand, fn.emit(f"load {kind}, ptr {pointer}"), kind)


def _indirect(
    fn: Body, ins: Instruction, target: Name, results: tuple[Operand, ...], arguments: tuple[Operand, ...], name: str
) -> None:
    """Call by address: of any function of the module whose address is taken."""
    prototype = fn.frame.prototypes.get(name)
    shape: Prototype | Function | None = prototype
    if shape is None and name in fn.frame.targets:
        shape = fn.unit.module.functions[fn.frame.targets[name].names[0]]
    if shape is None:
        raise EmulatorError(f"{name!r} is no prototype and no list of functions", ins.line)
    pointers = _passed(fn, (*shape.results, *shape.parameters), results, arguments)
    address = fn.emit(f"inttoptr i64 {fn.read(target, 'i64')} to ptr")
    fn.run(f"call void {address}({', '.join([CONTEXT, *(f'ptr {p}' for p in pointers)])})")
    _received(fn, shape.results, results, pointers)


def _runtime(fn: Body, ins: Instruction, name: str) -> None:
    if name == "__assertfail":
        fn.fail(records.Error.ASSERTION)
        leave(fn)
        return
    remedy = RUNTIME.get(name, "its body is not in this module; link it in")
    raise UnsupportedError(f"call of {name!r}: {remedy}", ins.line)
