"""Starting compiled kernels in the emulator: the PTX that a GPU's driver would be given, executed on the CPU."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import types
from numba.cuda.typing.typeof import typeof

from jitkit import streams
from jitkit.backends import cuda_device, emulated_streams, emulation, report
from jitkit.backends.cuda import Variant
from jitkit.backends.cuda_grid import grid, group_grid, rounded_up
from jitkit.backends.emulated_arrays import EmulatedArray
from jitkit.backends.gpu import EMULATED_CC
from jitkit.backends.layout import leaf_values
from jitkit.emulator.arguments import byte_ranges, packed
from jitkit.emulator.findings import ExecutionError
from jitkit.emulator.module import Module
from jitkit.errors import JitkitError
from jitkit.launch.definition import Call
from jitkit.launch.space import Space

THREADS = 128
"""Threads of a block of a kernel without groups."""

Extents = tuple[int, ...]


@dataclass(frozen=True)
class Grid:
    """Where an error was found.

    Attributes
    ----------
    module : Module
        What ran.
    part : Space
        The part of the launch space that the grid covers.
    threads : tuple of int
        Threads of a block along x, y and z.
    values : tuple
        The launch's arguments, arrays in the emulator's memory.
    """

    module: Module
    part: Space
    threads: Extents
    values: tuple[Any, ...]

    def work_item(self, block: Extents, thread: Extents) -> Extents:
        """Return the global index of a thread."""
        along = [b * n + t for b, n, t in zip(block, self.threads, thread, strict=True)]
        counts = self.part.counts
        if len(counts) == 4:
            along[2:] = [along[2] % counts[1], along[2] // counts[1]]
        positions = along[: len(counts)][::-1]
        return tuple(s + d * p for s, d, p in zip(*self.part[:2], positions, strict=True))


def start(call: Call, part: Space, values: tuple) -> None:
    """Run one grid, or put it into the current stream."""
    blocks, threads = grid(part, THREADS)
    variant = cuda_device.variant_for(part, _leaves(values))
    _run(call, values, variant, part, blocks, threads, 0)


def start_groups(call: Call, part: Space, first: tuple[int, ...], values: tuple) -> None:
    """Run one grid of whole groups, of which `first` is the number of the first, or put it into the current stream."""
    kernel = call.kernel
    assert kernel.group is not None
    blocks, threads = group_grid(part, kernel.group)
    variant = cuda_device.variant_for(rounded_up(part, kernel.group), _leaves(values), cut=any(first))
    shared = kernel.program.dynamic_shared_bytes(dict(zip(call.argument_names, values, strict=True)))
    _run(call, values, variant, part, blocks, threads, shared, first)


def _run(
    call: Call, values: tuple, variant: Variant, part: Space, blocks: Extents, threads: Extents, shared: int,
    first: Extents | None = None,
) -> None:  # fmt: skip
    asked = emulation.requested() or emulation.Request(True)
    check = asked.check
    leaves = _leaves(values)
    module = _module(call, values, leaves, variant, check)
    entry = module.entries[0]
    program = module.program(entry, bounds=check, races=check)
    index = np.int32 if variant.narrow else np.int64
    numbers = [index(value) for group in (part if first is None else (*part[:2], first)) for value in group]
    args = [*numbers, *(item for leaf in leaves for item in _flat(leaf))]
    params, ranges = packed(call.kernel.name, program.translation, args), _ranges(leaves)
    grid = Grid(module, part, threads, values)

    def step() -> None:
        try:
            module.start(
                call.kernel.name, program, blocks, threads, params, shared,
                ranges=ranges, races=check, ignored=asked.ignored,
            )  # fmt: skip
        except ExecutionError as error:
            error.grid = grid
            raise

    stream = streams.current()
    emulated_streams.launch(step, None if stream is None else stream.queue)


def _leaves(values: tuple) -> list[Any]:
    return list(leaf_values(values))


def _module(call: Call, values: tuple, leaves: list[Any], variant: Variant, check: bool) -> Module:
    kinds = tuple(map(leaf_kinds, leaves))
    key = ("emulated", cuda_device.layouts_of(values), variant, kinds, check)
    try:
        return call.kernel.kept(key, lambda: Module(_ptx(call, values, variant, kinds, check)))
    except JitkitError:
        raise
    except Exception as error:
        raise report.explain(call.kernel, call.ndim, values, error) from error


def _ptx(call: Call, values: tuple, variant: Variant, kinds: tuple[Any, ...], check: bool) -> str:
    leaf_types = [kind for group in kinds for kind in group]
    return cuda_device.ptx_for(call, values, variant, leaf_types, EMULATED_CC, lines=check)


def leaf_kinds(leaf: Any) -> tuple[types.Type, ...]:
    """Return the Numba types in which a leaf reaches the code."""
    if isinstance(leaf, EmulatedArray):
        kind = typeof(leaf.memory)
        return (types.Array(kind.dtype, kind.ndim, kind.layout),)
    if isinstance(leaf, float) and not isinstance(leaf, np.generic):
        return types.float32, types.int64
    return (typeof(leaf),)


def _flat(leaf: Any) -> Iterator[Any]:
    """Yield the parameters that numba-cuda makes of a leaf, each of the size that PTX has for it."""
    if isinstance(leaf, EmulatedArray):
        yield from map(np.int64, (0, 0, leaf.size, leaf.dtype.itemsize, leaf.address, *leaf.shape, *leaf.strides))
    elif isinstance(leaf, (bool, np.bool_)):
        yield np.uint8(leaf)
    elif isinstance(leaf, float) and not isinstance(leaf, np.generic):
        with np.errstate(over="ignore"):
            yield from (np.float32(leaf), np.float64(leaf).view(np.int64))
    elif isinstance(leaf, (complex, np.complexfloating)):
        number = np.asarray(leaf)
        yield from (number.real[()], number.imag[()])
    else:
        yield np.asarray(leaf)[()]


def _ranges(leaves: list[Any]) -> list[tuple[int, int]]:
    return byte_ranges([leaf.memory for leaf in leaves if isinstance(leaf, EmulatedArray)])
