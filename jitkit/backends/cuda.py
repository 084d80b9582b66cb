"""Compiling kernels for CUDA through numba-cuda: a thin adapter, since numba-cuda is in maintenance and has a successor.

Importing this module imports numba.cuda. Producing PTX needs no GPU and no driver.
"""

from __future__ import annotations

import contextlib
import functools
import traceback
import unittest.mock
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from llvmlite import ir
from numba import cuda
from numba.core import types
from numba.core.errors import NumbaError

from jitkit.backends.layout import Layout
from jitkit.backends.lowering import cuda_groups, lazy
from jitkit.backends.lowering.arguments import Arguments
from jitkit.backends.lowering.emit import I32, I64, Emitter, Mode
from jitkit.backends.lowering.indexing import unpack
from jitkit.backends.lowering.install import Target
from jitkit.backends.lowering.weak import weak_index, weak_int
from jitkit.frontend.program import Program


@functools.cache
def target() -> Target:
    """Return Numba's CUDA target with the language installed."""
    from numba.cuda import extending
    from numba.cuda.core.imputils import lower_constant

    lazy.compile_elements_by("cuda", functools.partial(compile_body, shared=False))
    return Target(
        "cuda",
        extending._intrinsic(target="cuda", prefer_literal=True),
        extending.register_model,
        extending.lower_cast,
        lower_constant,
        extending.core_models,
    )


@dataclass(frozen=True)
class Variant:
    """What a launch space lets the generated code assume.

    Attributes
    ----------
    ndim : int
        Dimensions of the space.
    narrow : bool
        Every index fits 32 bits, and every array spans less than 2 GiB.
    unit_steps : bool
        Every step is 1.
    cut : bool
        The grid holds part of a group kernel's groups, and not the first.
    """

    ndim: int
    narrow: bool
    unit_steps: bool
    cut: bool = False


def compile_body(program: Program, mode: Mode, lines: bool = False, shared: bool = True) -> Any:
    """Return the dispatcher of the rewritten function; `shared` tells whether its helpers may be other programs', too."""
    device = functools.partial(cuda.jit, device=True, fastmath=mode.fastmath, lineinfo=lines)
    return target().compile(program, mode, lambda f: device(f, forceinline=True), device, shared)


def build(
    program: Program, fastmath: bool, layouts: tuple[Layout, ...], variant: Variant, lines: bool = False
) -> Callable[..., None]:
    """Return the Python function of the CUDA kernel ``(*starts, *steps, *counts, *leaves)``, for `cuda.jit` or `cuda.compile`.

    A group kernel takes the numbers of the grid's first group in place of the counts: it runs whole groups. With `lines`
    the code says which line of the source each instruction belongs to.
    """
    ndim = variant.ndim
    body = compile_body(program, Mode("cuda", fastmath, variant.narrow, program.group, variant.cut), lines)
    launch = target().define(_launcher(body, layouts, variant, program.group))
    count = sum(2 if leaf is float else 1 for layout in layouts for leaf in _weak_leaves(layout))
    groups = [[f"{letter}{k}" for k in range(ndim)] for letter in "spn"] + [[f"a{k}" for k in range(count)]]
    tuples = ", ".join(f"({''.join(f'{name}, ' for name in group)})" for group in groups)
    scope: dict[str, Any] = {"launch": launch, "__name__": __name__}
    exec(f"def driver({', '.join(name for group in groups for name in group)}):\n    launch({tuples})\n", scope)
    scope["driver"].__name__ = scope["driver"].__qualname__ = program.name
    return scope["driver"]


def _weak_leaves(layout: Layout) -> list[type | None]:
    if hasattr(layout, "weak"):
        return [layout.weak]
    return [leaf for item in layout.items for leaf in _weak_leaves(item)]


def _launcher(
    body: Any, layouts: tuple[Layout, ...], variant: Variant, group: tuple[int, ...] | None
) -> Callable[..., Any]:
    """Return the definition of the intrinsic that runs one point of the space in each thread."""

    def launch(typingctx: Any, starts: Any, steps: Any, counts: Any, given: Any) -> Any:
        arguments = Arguments(layouts, list(given), split_floats=True)
        index = weak_index if variant.narrow else weak_int
        with _placing_refusals():
            compiled = body.compile_device((*[index] * variant.ndim, *arguments.types))
        signature = types.void(starts, steps, counts, given)

        def generate(context: Any, builder: ir.IRBuilder, _: Any, args: list[ir.Value]) -> ir.Value:
            context.active_code_library.add_linking_library(compiled.library)
            space = [unpack(builder, group) for group in args[:3]]
            values = arguments.values(context, Emitter(builder, Mode("cuda")), unpack(builder, args[3]))
            if group is not None and variant.cut:
                cuda_groups.define_first_group(builder, space[2])
            positions = _positions(builder, space[2]) if group is None else _group_positions(builder, group, variant)
            with contextlib.nullcontext() if group is not None else _inside(builder, positions, space[2]):
                indices = [_index(builder, s, d, p, variant) for s, d, p in zip(*space[:2], positions, strict=True)]
                context.call_internal_no_propagate(builder, compiled.fndesc, compiled.signature, [*indices, *values])
            return context.get_dummy_value()

        return signature, generate

    return launch


@contextlib.contextmanager
def _placing_refusals() -> Iterator[None]:
    """Say in an error at which line of the user's the compiler was: numba-cuda adds that to its own errors, not to Numba's."""
    try:
        yield
    except NumbaError as error:
        places = [
            getattr(frame.f_locals.get("self"), "loc", None) for frame, _ in traceback.walk_tb(error.__traceback__)
        ]
        known = [place for place in places if isinstance(getattr(place, "filename", None), str)]
        if known:  # the innermost
            error.add_context(f'File "{known[-1].filename}", line {known[-1].line}')
        raise


def _inside(builder: ir.IRBuilder, positions: list[ir.Value], counts: list[ir.Value]) -> Any:
    """Return the context in which code runs only in threads whose place is in the space."""
    tests = [builder.icmp_unsigned("<", p, n) for p, n in zip(positions, counts, strict=True)]
    return builder.if_then(functools.reduce(builder.and_, tests))


def _group_positions(builder: ir.IRBuilder, group: tuple[int, ...], variant: Variant) -> list[ir.Value]:
    """Return this thread's place along each dimension of a grid of whole groups."""
    width, flags, places = I32 if variant.narrow else I64, ("nuw", "nsw"), []
    for axis, size in enumerate(group):
        block = cuda_groups.register(builder, f"ctaid.{cuda_groups.along(len(group), axis)}")
        local = cuda_groups.local_index(builder, group, axis, width)
        block = block if variant.narrow else builder.zext(block, I64)
        places.append(builder.add(builder.mul(block, ir.Constant(width, size), flags=flags), local, flags=flags))
    return places


def _positions(builder: ir.IRBuilder, counts: list[ir.Value]) -> list[ir.Value]:
    """Return this thread's place along each dimension: the last runs along x, so that neighbours touch neighbours."""
    kind = counts[0].type
    along = [_global_position(builder, axis, kind) for axis in "xyz"[: min(3, len(counts))]]
    if len(counts) == 4:  # z holds the first two dimensions
        z = along.pop()
        along += [builder.urem(z, counts[1]), builder.udiv(z, counts[1])]
    return along[::-1]


def _global_position(builder: ir.IRBuilder, axis: str, kind: ir.Type) -> ir.Value:
    block, size, thread = (cuda_groups.register(builder, f"{name}.{axis}") for name in ("ctaid", "ntid", "tid"))
    if kind == I32:
        return builder.add(builder.mul(block, size), thread)
    wide = [builder.zext(value, I64) for value in (block, size, thread)]
    return builder.add(builder.mul(wide[0], wide[1], flags=("nuw", "nsw")), wide[2], flags=("nuw", "nsw"))


def _index(builder: ir.IRBuilder, start: ir.Value, step: ir.Value, position: ir.Value, variant: Variant) -> ir.Value:
    flags = ("nuw", "nsw")
    return builder.add(start, position if variant.unit_steps else builder.mul(position, step, flags=flags), flags=flags)


def ptx(
    function: Callable[..., None],
    signature: tuple[types.Type, ...],
    fastmath: bool,
    cc: tuple[int, int],
    threads: int | None = None,
    lines: bool = False,
) -> str:
    """Return the PTX of a kernel for a compute capability, with blocks of at most `threads`; needs no GPU.

    With `lines` it says which line of the source each instruction belongs to.

    Raises
    ------
    ImportError, OSError
        Where NVVM is not installed.
    """
    with _compute_capability(cc), _first_lines():
        text, _ = cuda.compile(
            function,
            signature,
            device=False,
            abi="numba",
            fastmath=fastmath,
            cc=cc,
            launch_bounds=threads,
            lineinfo=lines,
        )
    return text


@contextlib.contextmanager
def _compute_capability(cc: tuple[int, int]) -> Iterator[None]:
    """Answer for the current device while device functions are compiled: numba-cuda asks for its compute capability."""
    device = SimpleNamespace(compute_capability=cc)
    with unittest.mock.patch("numba.cuda.dispatcher.get_current_device", return_value=device):
        yield


def _first_lines() -> Any:
    """Answer where functions begin: numba-cuda 0.30 parses their source anew for it.

    It fails at functions with nothing behind their documentation, and at lambdas whose line is no statement of its own.
    """
    return unittest.mock.patch("numba.cuda.lowering.get_func_def_lineno", lambda func: func.__code__.co_firstlineno)
