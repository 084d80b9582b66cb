"""Elements of lazy arrays: the function that computes one, compiled for the leaves and inlined where it is read."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba.core import types

from jitkit.backends import direct
from jitkit.backends.lowering.emit import Mode
from jitkit.backends.lowering.indexing import integers_of
from jitkit.backends.lowering.typing import name_of, refuse
from jitkit.frontend import rewrite
from jitkit.frontend.program import Program

_compilers: dict[str, Callable[[Program, Mode], Any]] = {}


def compile_elements_by(target: str, compile_body: Callable[[Program, Mode], Any]) -> None:
    """Say how a target compiles the function of an element; the operations that read elements cannot know the target."""
    _compilers[target] = compile_body


def is_lazy(group: types.BaseTuple) -> bool:
    """Tell whether a tuple stands for a lazy array; see `jitkit.frontend.structs`."""
    return hasattr(getattr(group, "instance_class", None), "element")


@functools.cache
def reader(cls: type, mode: Mode, leaves: types.Type, at: types.Type) -> Any:
    """Return the dispatcher of the function ``element(leaves, at)`` of a class of lazy arrays, for one kind of leaves.

    It is compiled while a kernel is, which may compute by the same functions, and while another lazy array of its class is
    whose leaf it reads. What is being compiled already Numba takes for a recursion: each has dispatchers of its own.
    """
    program = rewrite.build(cls.element)  # type: ignore[attr-defined]
    return _compilers[mode.target](program, mode)


def element(mode: Mode, array: Any, index: types.Type) -> Any:
    """Return the signature and code of the read of an element."""
    items = integers_of(index)
    if items is None:
        raise refuse(f"an index is an integer or a tuple of integers, not {name_of(index)}")
    leaves, at = array[0], _tuple_of([types.unliteral(item) for item in items])
    body = reader(array.instance_class, mode, leaves, at)
    if mode.target == "cpu":
        body.get_call_template((leaves, at), {})  # compiles
        compiled = body.overloads[leaves, at]
        call = direct.call
    else:
        compiled = body.compile_device((leaves, at))
        call = _call_on_gpu

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: list[ir.Value]) -> ir.Value:
        whole = args[1] if isinstance(index, types.BaseTuple) else context.make_tuple(builder, at, [args[1]])
        context.active_code_library.add_linking_library(compiled.library)
        values = [builder.extract_value(args[0], 0), whole]
        return call(context, builder, compiled, values)

    return compiled.signature.return_type(array, index), generate


def _call_on_gpu(context: Any, builder: ir.IRBuilder, compiled: Any, args: Sequence[ir.Value]) -> ir.Value:
    return context.call_internal_no_propagate(builder, compiled.fndesc, compiled.signature, list(args))[1]


def _tuple_of(items: list[types.Type]) -> types.BaseTuple:
    same = all(item == items[0] for item in items)
    return types.UniTuple(items[0], len(items)) if items and same else types.Tuple(items)
