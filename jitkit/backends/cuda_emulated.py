"""Starting compiled kernels in the emulator: the PTX that a GPU's driver would be given, executed on the CPU."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from jitkit import streams
from jitkit.backends import cuda_device, emulated_streams, emulation, report
from jitkit.backends.cuda import Variant
from jitkit.backends.cuda_grid import grid, group_grid, rounded_up
from jitkit.backends.cuda_parameters import Packer, types_of
from jitkit.backends.emulated_arrays import EmulatedArray
from jitkit.backends.gpu import EMULATED_CC
from jitkit.backends.layout import leaf_values
from jitkit.backends.lowering.cuda_groups import FIRST_GROUP
from jitkit.emulator.arguments import byte_ranges
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
    kinds = tuple(map(types_of, leaves))
    module = _module(call, values, kinds, variant, check)
    entry = module.entries[0]
    program = module.program(entry, bounds=check, races=check)
    numbers = itertools.chain(*(part if first is None else (*part[:2], first)))
    params = Packer(3 * call.ndim, variant.narrow, kinds)(numbers, leaves)
    ranges = byte_ranges([leaf.memory for leaf in leaf_values(values) if isinstance(leaf, EmulatedArray)])
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
    return cuda_device.leaves_of(leaf_values(values))


def _module(call: Call, values: tuple, kinds: cuda_device.Kinds, variant: Variant, check: bool) -> Module:
    key = ("emulated", cuda_device.layouts_of(values), variant, kinds, check)
    try:
        return call.kernel.kept(
            key,
            lambda: Module(
                cuda_device.ptx_for(call, values, variant, kinds, EMULATED_CC, lines=check), agreed=(FIRST_GROUP,)
            ),
        )
    except JitkitError:
        raise
    except Exception as error:
        report.explain(call.kernel, call.ndim, values, error)
