"""Starting compiled kernels on a real GPU through numba-cuda, and compiling them for one that is not here."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from numba import cuda, types
from numba.cuda.typing.typeof import typeof

from jitkit import streams
from jitkit.backends import cuda as adapter
from jitkit.backends import cuda_kept, report
from jitkit.backends.cuda_grid import fits_32_bits, grid, group_grid, rounded_up
from jitkit.backends.layout import Layout, Leaf, layout_of, leaf_values
from jitkit.errors import JitkitError, LaunchError
from jitkit.launch.arguments import is_device_array, walk
from jitkit.launch.definition import Call
from jitkit.launch.space import Space

_CANDIDATES = (128, 256, 512)


def start(call: Call, part: Space, values: tuple) -> None:
    """Launch one grid on the arrays' stream; returns before it has run."""
    kernel, layouts, leaves = call.kernel, tuple(map(layout_of, values)), cuda_leaves(values)
    variant = variant_for(part, leaves)
    key = ("cuda", layouts, variant)
    function = kernel.kept(key, lambda: _dispatcher(call, layouts, variant))
    flat = [*_space_values(part, variant.narrow), *leaves]
    try:
        threads = kernel.kept((*key, *map(type, flat)), lambda: _best_block(function, flat))
        blocks, block = grid(part, threads)
        function[blocks, block, stream_of(values)](*flat)
    except cuda.cudadrv.driver.CudaAPIError:
        raise
    except Exception as error:
        raise report.explain(kernel, call.ndim, values, error) from error


def start_groups(call: Call, part: Space, first: tuple[int, ...], values: tuple) -> None:
    """Launch one grid of whole groups, of which `first` is the number of the first; returns before it has run."""
    kernel, layouts, leaves = call.kernel, tuple(map(layout_of, values)), cuda_leaves(values)
    assert kernel.group is not None
    variant = variant_for(rounded_up(part, kernel.group), leaves, cut=any(first))
    function = kernel.kept(("cuda", layouts, variant), lambda: _dispatcher(call, layouts, variant))
    flat = [*_space_values(Space(part.starts, part.steps, first), variant.narrow), *leaves]
    blocks, block = group_grid(part, kernel.group)
    shared = kernel.program.dynamic_shared_bytes(dict(zip(call.argument_names, values, strict=True)))
    try:
        if shared:
            _allow_shared(call, function, flat, shared)
        function[blocks, block, stream_of(values), shared](*flat)
    except (cuda.cudadrv.driver.CudaAPIError, JitkitError):
        raise
    except Exception as error:
        raise report.explain(kernel, call.ndim, values, error) from error


def _allow_shared(call: Call, function: Any, flat: list[Any], dynamic: int) -> None:
    """Let a kernel use more shared memory than the 48 KiB that every kernel may; refuse more than the GPU has."""
    handle, device = function.compile(tuple(map(typeof, flat))).library.get_cufunc(), cuda.get_current_device()
    most, total = device.MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, handle.attrs.shared + dynamic
    if total > most:
        raise LaunchError(
            f"{call.kernel.name}: each group needs {total} bytes of shared memory for these arguments, and this GPU has "
            f"{most}: make the arrays of jk.shared smaller"
        )
    driver, attributes = cuda.cudadrv.driver, cuda.cudadrv.driver.binding.CUfunction_attribute
    driver.driver.cuKernelSetAttribute(
        attributes.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, dynamic, handle.handle, device.id
    )


def variant_for(space: Space, leaves: list[Any], cut: bool = False) -> adapter.Variant:
    """Return what the code for a space and these leaves may assume."""
    arrays = [leaf for leaf in leaves if hasattr(leaf, "strides") and leaf.shape]
    return adapter.Variant(len(space.counts), fits_32_bits(space, arrays), all(step == 1 for step in space.steps), cut)


def _dispatcher(call: Call, layouts: tuple[Layout, ...], variant: adapter.Variant) -> Any:
    kernel = call.kernel
    function = adapter.build(kernel.program, kernel.fastmath, layouts, variant)
    return cuda.jit(function, fastmath=kernel.fastmath, launch_bounds=_threads(call))


def _threads(call: Call) -> int | None:
    """Return the threads of a block where the kernel fixes them."""
    return None if call.kernel.group is None else math.prod(call.kernel.group)


def _best_block(function: Any, flat: list[Any]) -> int:
    """Return the smallest block with which most threads fit on a multiprocessor: small blocks waste least at the edges."""
    compiled = function.compile(tuple(typeof(value) for value in flat))
    handle, context = compiled.library.get_cufunc(), cuda.current_context()

    def resident(block: int) -> int:
        return block * context.get_active_blocks_per_multiprocessor(handle, block, 0)

    return max(_CANDIDATES, key=lambda block: (resident(block), -block))


def cuda_leaves(values: tuple) -> list[Any]:
    """Return the leaves as compiled CUDA code takes them: a Python float twice, as float32 and as float64's bits."""
    result: list[Any] = []
    for leaf in leaf_values(values):
        if isinstance(leaf, float) and not isinstance(leaf, np.generic):
            with np.errstate(over="ignore"):
                result += [np.float32(leaf), np.float64(leaf).view(np.int64)]
        elif hasattr(leaf, "__cuda_array_interface__"):
            result.append(cuda.as_cuda_array(leaf, sync=False))
        else:
            result.append(leaf)
    return result


def _space_values(space: Space, narrow: bool) -> list[Any]:
    kind = np.int32 if narrow else np.int64
    return [kind(value) for group in space for value in group]


def compiled_ptx(call: Call, values: tuple, cc: tuple[int, int] | None) -> str:
    """Return the PTX for arguments of these types, for the current GPU or a named compute capability."""
    space = call.space if call.kernel.group is None else rounded_up(call.space, call.kernel.group)
    variant = variant_for(space, list(leaf_values(values)))
    kinds = [leaf_type(*pair) for pair in zip(_leaves(layouts_of(values)), leaf_values(values), strict=True)]
    flat = [item for group in kinds for item in group]
    return ptx_for(call, values, variant, flat, cc or cuda.get_current_device().compute_capability)


def ptx_for(
    call: Call,
    values: tuple,
    variant: adapter.Variant,
    kinds: list[types.Type],
    cc: tuple[int, int],
    lines: bool = False,
) -> str:
    """Return the PTX of a variant for leaves of these types; with `lines` it names the lines of the source."""
    program, fastmath, layouts, threads = call.kernel.program, call.kernel.fastmath, layouts_of(values), _threads(call)

    def make() -> str:
        function = adapter.build(program, fastmath, layouts, variant, lines)
        index = types.int32 if variant.narrow else types.int64
        return adapter.ptx(function, (*[index] * (3 * call.ndim), *kinds), fastmath, cc, threads, lines)

    return cuda_kept.ptx(program, lines, make, fastmath, layouts, variant, tuple(map(str, kinds)), cc, threads)


def layouts_of(values: tuple) -> tuple[Layout, ...]:
    """Return the layout of each argument."""
    return tuple(map(layout_of, values))


def _leaves(layouts: tuple[Layout, ...]) -> list[Leaf]:
    return [leaf for item in layouts for leaf in ([item] if isinstance(item, Leaf) else _leaves(item.items))]


def leaf_type(leaf: Leaf, value: Any) -> list[types.Type]:
    """Return the Numba types in which a leaf reaches CUDA code."""
    if leaf.weak is float:
        return [types.float32, types.int64]
    kind = typeof(value)
    # A host array is copied in C order; the device array is writeable, as the copy is.
    return [types.Array(kind.dtype, kind.ndim, "C")] if isinstance(value, np.ndarray) else [kind]


def stream_of(values: tuple) -> Any:
    """Return the stream of a ``with`` block, else that of the arrays' own library (CuPy, torch), or the default stream."""
    chosen = streams.current()
    if chosen is not None:
        return chosen.queue.stream
    for _, leaf in itertools.chain.from_iterable(walk("", value) for value in values):
        library = type(leaf).__module__.split(".")[0]
        if is_device_array(leaf) and library in ("cupy", "torch"):
            return cuda.external_stream(_current_stream(library))
    return cuda.default_stream()


def _current_stream(library: str) -> int:
    if library == "cupy":
        import cupy

        return cupy.cuda.get_current_stream().ptr
    import torch

    return torch.cuda.current_stream().cuda_stream
