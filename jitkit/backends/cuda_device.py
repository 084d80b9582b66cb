"""Starting compiled kernels on a real GPU, and compiling them for one that is not here."""

from __future__ import annotations

import functools
import itertools
import math
import struct
from collections.abc import Iterable, Sequence
from typing import Any

from numba import types

from jitkit.backends import cuda as adapter
from jitkit.backends import cuda_kept, emulation, report
from jitkit.backends.cuda_grid import fits_32_bits, grid, group_grid, group_parts, parts, rounded_up
from jitkit.backends.cuda_launch_stream import stream_of
from jitkit.backends.cuda_parameters import DeviceArray, Packer, device_array, types_of
from jitkit.backends.layout import Layout, layout_of, leaf_values, take_apart
from jitkit.errors import LaunchError
from jitkit.launch.definition import Call, Definition
from jitkit.launch.space import Space

Kinds = Sequence[tuple[types.Type, ...]]


def start(call: Call, part: Space, values: tuple) -> None:
    """Launch one grid on the arrays' stream; returns before it has run."""
    flat = list(leaf_values(values))
    launches_for(call, values).start(call, part, leaves_of(flat), stream_of(flat), values)


def start_groups(call: Call, part: Space, first: tuple[int, ...], values: tuple) -> None:
    """Launch one grid of whole groups, of which `first` is the number of the first; returns before it has run."""
    flat = list(leaf_values(values))
    shared = call.kernel.program.dynamic_shared_bytes(dict(zip(call.argument_names, values, strict=True)))
    launches_for(call, values).start_groups(call, part, first, leaves_of(flat), stream_of(flat), values, shared)


class Way:
    """The short way for device arrays of Python types that a kernel has met before."""

    def __init__(self) -> None:
        self._known: dict[tuple, Launches] = {}

    def __call__(self, call: Any, prefix: tuple[int, ...], args: tuple) -> None:
        """Launch."""
        kinds: list[Any] = []
        flat: list[Any] = []
        take_apart(args, kinds, flat)
        launches = self._known.get(key := tuple(kinds))
        if launches is None or emulation.requested() is not None or not _plain(leaves := leaves_of(flat)):
            call.first(args, {})
            self._known[key] = launches_for(call, args)
            return
        try:
            launches.run(call, leaves, stream_of(flat), args)
        except struct.error:  # an integer beyond 64 bits, which is refused by name
            call.first(args, {})


def _plain(leaves: list[Any]) -> bool:
    """Tell whether all arrays are on a GPU, and none is to be looked at each time."""
    return not any(hasattr(leaf, "dtype") and getattr(leaf, "odd", leaf.shape) for leaf in leaves)


def launches_for(call: Call, values: tuple) -> Launches:
    """Return the launches of a kernel with arguments of this layout; the kernel keeps them."""
    layouts = layouts_of(values)
    found: Launches = call.kernel.kept(("cuda", layouts), lambda: Launches(call.kernel, layouts))
    return found


class Launches:
    """A kernel's launches with arguments of one layout, and the code for them by GPU, space and types.

    Parameters
    ----------
    kernel : Definition
    layouts : tuple of Layout
        How the arguments arrive.
    """

    def __init__(self, kernel: Definition, layouts: tuple[Layout, ...]) -> None:
        self._kernel, self._layouts = kernel, layouts
        self._codes: dict[tuple, Any] = {}

    def run(self, call: Call, leaves: list[Any], stream: int, values: tuple) -> None:
        """Launch over a whole space."""
        if self._kernel.group is None:
            for part in _parts(call.space):
                self.start(call, part, leaves, stream, values)
        else:
            for part, first in _group_parts(call.space, self._kernel.group):
                self.start_groups(call, part, first, leaves, stream, values)

    def start(self, call: Call, part: Space, leaves: list[Any], stream: int, values: tuple) -> None:
        """Launch one grid."""
        code = self._code(call, variant_for(part, leaves), leaves, values)
        blocks, threads = _grid(part, code.threads)
        code.launch(blocks, threads, 0, stream, code.packer(itertools.chain(*part), leaves))

    def start_groups(
        self, call: Call, part: Space, first: tuple[int, ...], leaves: list[Any], stream: int, values: tuple, shared: int = 0,
    ) -> None:  # fmt: skip
        """Launch one grid of whole groups."""
        group = self._kernel.group
        assert group is not None
        code = self._code(call, variant_for(_rounded_up(part, group), leaves, any(first)), leaves, values)
        if shared:
            self._allow_shared(code, shared)
        blocks, threads = _group_grid(part, group)
        numbers = itertools.chain(part.starts, part.steps, first)
        code.launch(blocks, threads, shared, stream, code.packer(numbers, leaves))

    def _code(self, call: Call, variant: adapter.Variant, leaves: list[Any], values: tuple) -> Any:
        from jitkit.backends import cuda_module

        device = cuda_module.current_device()
        kinds = [leaf.kind if type(leaf) is DeviceArray else type(leaf) for leaf in leaves]
        found = self._codes.get(key := (device, variant, *kinds))
        if found is None:
            found = self._codes[key] = self._loaded(call, variant, leaves, values, device)
        cuda_module.refuse_elsewhere(self._kernel.name, leaves, device)
        return found

    def _loaded(self, call: Call, variant: adapter.Variant, leaves: list[Any], values: tuple, device: int) -> Any:
        from jitkit.backends import cuda_module

        kinds = list(map(types_of, leaves))
        try:
            ptx = ptx_for(call, values, variant, kinds, cuda_module.capability(device))
        except Exception as error:
            report.explain(self._kernel, call.ndim, values, error)
        return cuda_module.Loaded(ptx, device, Packer(3 * call.ndim, variant.narrow, kinds))

    def _allow_shared(self, code: Any, dynamic: int) -> None:
        """Let a kernel use more shared memory than the 48 KiB that every kernel may; refuse more than the GPU has."""
        total, most = code.shared_needed(dynamic)
        if total > most:
            raise LaunchError(
                f"{self._kernel.name}: each group needs {total} bytes of shared memory for these arguments, and this GPU "
                f"has {most}: make the arrays of jk.shared smaller"
            )
        code.allow_shared(dynamic)


_remember = functools.lru_cache(maxsize=1024)
_parts, _group_parts = (
    _remember(lambda space: tuple(parts(space))),
    _remember(lambda *given: tuple(group_parts(*given))),
)
_variant = _remember(adapter.Variant)
_grid, _group_grid, _rounded_up = _remember(grid), _remember(group_grid), _remember(rounded_up)


def variant_for(space: Space, leaves: Iterable[Any], cut: bool = False) -> adapter.Variant:
    """Return what the code for a space and these leaves may assume."""
    arrays = [leaf for leaf in leaves if hasattr(leaf, "strides") and leaf.shape]
    return _variant(len(space.counts), fits_32_bits(space, arrays), max(space.steps) == 1, cut)


def leaves_of(flat: Iterable[Any]) -> list[Any]:
    """Return the leaves of a launch's arguments with each array on a GPU as code sees it."""
    interfaces = ((leaf, getattr(leaf, "__cuda_array_interface__", None)) for leaf in flat)
    return [leaf if interface is None else device_array(leaf, interface) for leaf, interface in interfaces]


def compiled_ptx(call: Call, values: tuple, cc: tuple[int, int] | None) -> str:
    """Return the PTX for arguments of these types, for the current GPU or a named compute capability."""
    from jitkit.backends import cuda_module

    space = call.space if call.kernel.group is None else rounded_up(call.space, call.kernel.group)
    leaves = leaves_of(leaf_values(values))
    cc = cc or cuda_module.capability(cuda_module.current_device())
    return ptx_for(call, values, variant_for(space, leaves), list(map(types_of, leaves)), cc)


def ptx_for(
    call: Call, values: tuple, variant: adapter.Variant, kinds: Kinds, cc: tuple[int, int], lines: bool = False
) -> str:
    """Return the PTX of a variant for leaves of these types; with `lines` it names the lines of the source."""
    program, fastmath, layouts = call.kernel.program, call.kernel.fastmath, layouts_of(values)
    flat, threads = [kind for group in kinds for kind in group], call.kernel.group and math.prod(call.kernel.group)

    def make() -> str:
        function = adapter.build(program, fastmath, layouts, variant, lines)
        index = types.int32 if variant.narrow else types.int64
        return adapter.ptx(function, (*[index] * (3 * call.ndim), *flat), fastmath, cc, threads, lines)

    return cuda_kept.ptx(program, lines, make, fastmath, layouts, variant, tuple(map(str, flat)), cc, threads)


def layouts_of(values: tuple) -> tuple[Layout, ...]:
    """Return the layout of each argument."""
    return tuple(map(layout_of, values))
