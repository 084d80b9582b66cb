"""Translate one entry of a module into an LLVM module."""

from __future__ import annotations

from .. import globals as module_globals
from .. import records
from ..syntax import Function, Module, Variable
from ..translated import Parameter, Translation
from . import families as families
from . import statements
from .body import CONTEXT, Body, Frame
from .flushing import by_hardware
from .functions import function_text, open_frame
from .reach import call_graph, suspending
from .unit import Options, Unit


def translate(module: Module, entry: str, options: Options | None = None) -> Translation:
    """Translate an entry and the functions that it reaches.

    Parameters
    ----------
    module : Module
        What `reader.read` gave.
    entry : str
        The kernel's name.
    options : Options, optional
        Which accesses are checked.

    Returns
    -------
    Translation
        The LLVM IR and what a launch must know.

    Raises
    ------
    EmulatorError
        If something is wrong or not emulated, by name and line.

    Examples
    --------
    >>> from jitkit.emulator.reader import read
    >>> module = read(".version 8.0 .target sm_90 .address_size 64 .visible .entry nothing() { ret; }")
    >>> translate(module, "nothing").suspends
    False
    """
    function = module.entry(entry)
    reached = call_graph(module, function)
    options = options or Options()
    shared, static, dynamic = shared_layout(module, reached, options.agreed)
    waits = suspending(reached)
    flushing = by_hardware(reached.values())
    unit = Unit(module, options, module_globals.layout(module), shared, waits.inlined, flushing)
    suspends = entry in waits.waiting
    for name, other in reached.items():
        if name != entry and name not in waits.inlined:
            unit.functions.append(function_text(unit, other))
    parameters, size = parameter_layout(function)
    unit.functions.append(thread_text(unit, function, parameters, suspends=suspends))
    return Translation(unit.llvm, entry, suspends, parameters, size, static, dynamic, function.directives, flushing)


def parameter_layout(function: Function) -> tuple[tuple[Parameter, ...], int]:
    """Return where each parameter lies, by natural alignment, and the size of all."""
    found, end = [], 0
    for p in function.parameters:
        align = module_globals.alignment_of(p)
        end = -(-end // align) * align
        size = module_globals.size_of(p)
        found.append(Parameter(p.name, p.type, size, align, end))
        end += size
    return tuple(found), end


def shared_layout(
    module: Module, reached: dict[str, Function], agreed: tuple[str, ...] = ()
) -> tuple[dict[str, int], int, bool]:
    """Return the offset of each shared variable, the size of those of fixed size, and whether others are.

    Those of `agreed`, which are not the user's, come last: the offsets that findings give are of the user's alone.
    """
    names = {name for f in reached.values() for name in names_in(f)}
    inner = [s for f in reached.values() for s in f.body or () if isinstance(s, Variable) and s.space == "shared"]
    chosen = [v for v in module.variables.values() if v.space == "shared" and v.name in names] + inner
    fixed = [v for v in chosen if v.count]
    offsets, end = {}, 0
    for v in sorted(fixed, key=lambda v: (v.name not in agreed, module_globals.alignment_of(v)), reverse=True):
        align = module_globals.alignment_of(v)
        offsets[v.name] = -(-end // align) * align
        end = offsets[v.name] + module_globals.size_of(v)
    static = -(-end // 16) * 16 if len(fixed) < len(chosen) else end
    offsets |= {v.name: static for v in chosen if not v.count}
    return offsets, static, len(fixed) < len(chosen)


def names_in(function: Function) -> set[str]:
    """Return every name that the operands of a function hold."""
    return {name for s in function.body or () for name in statements.names(s)}


def thread_text(unit: Unit, function: Function, parameters: tuple[Parameter, ...], *, suspends: bool) -> str:
    """Return the definition of ``@emulator.thread``."""
    frame = Frame(function, "", "thread.exit")
    fn = Body(unit, frame, coroutine=suspends)
    for p in parameters:
        frame.slots[p.name] = fn.emit(f"getelementptr i8, ptr %params, i64 {p.offset}")
    open_frame(fn, frame)
    statements.translate(fn)
    fn.label("thread.exit")
    if not suspends:
        fn.end("ret void")
        return "\n".join([f"define void @emulator.thread({CONTEXT}) #1 {{", *fn.allocas, *fn.lines, "}", ATTRIBUTES])
    return coroutine_text(unit, fn)


ATTRIBUTES = 'attributes #0 = { "no-trapping-math"="true" }\nattributes #1 = { "no-trapping-math"="true" }'


def coroutine_text(unit: Unit, fn: Body) -> str:
    """Return the definition of a thread that can suspend."""
    for line in COROUTINE.splitlines():
        unit.declare(line)
    body = Body(unit, fn.frame, coroutine=True)
    body.count = 10**6
    memory, size = body.thread_field("frame"), body.call("i64", "llvm.coro.size.i64")
    body.set_thread("frame_size", size)
    body.branch(body.emit(f"icmp eq ptr {memory}, null"), "coroutine.measure", "coroutine.start")
    body.lines += ['"coroutine.measure":', "  ret ptr null", '"coroutine.start":']
    body.run(f"%handle = call ptr @llvm.coro.begin(token %id, ptr {memory})")
    body.run('br label %"thread.start"')
    fn.set_thread("kind", int(records.Kind.EXITED))
    last = fn.emit("call i8 @llvm.coro.suspend(token none, i1 true)")
    fn.end(
        f'switch i8 {last}, label %"coroutine.suspend" [i8 0, label %"coroutine.never" i8 1, label %"coroutine.suspend"]'
    )
    fn.lines += ['"coroutine.never":', "  unreachable", '"coroutine.suspend":']
    fn.lines += ["  call void @llvm.coro.end(ptr %handle, i1 false, token none)", "  ret ptr %handle", "}", ATTRIBUTES]
    head = [
        f"define ptr @emulator.thread({CONTEXT}) presplitcoroutine #0 {{",
        *fn.allocas,
        "  %id = call token @llvm.coro.id(i32 16, ptr null, ptr null, ptr null)",
    ]
    return "\n".join([*head, *body.lines, '"thread.start":', *fn.lines])


COROUTINE = """\
declare token @llvm.coro.id(i32, ptr, ptr, ptr)
declare i64 @llvm.coro.size.i64()
declare ptr @llvm.coro.begin(token, ptr)
declare i8 @llvm.coro.suspend(token, i1)
declare void @llvm.coro.end(ptr, i1, token)"""
