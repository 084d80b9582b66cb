"""Launching kernels on a GPU: grids, blocks, streams, and copies of host arrays. The CUDA simulator runs here too."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from jitkit.backends import report
from jitkit.backends.gpu import require, require_compiler, simulated
from jitkit.errors import BackendError
from jitkit.launch.arguments import is_device_array, walk
from jitkit.launch.space import Space

if TYPE_CHECKING:
    from jitkit.launch.kernel import Kernel, Launch

MAX_BLOCKS = (2**31 - 1, 65535, 65535)
_NARROW = 2**31
_ROOM = 4096  # for literal offsets (lowering.weak.MAX_OFFSET) and for the threads past the end of a space


def plan(launch: Launch, values: tuple) -> None:
    """Return None: a GPU launch converts its arguments each time."""


def run(launch: Launch, values: tuple) -> None:
    """Run a launch whose arguments are bound and checked; with device arrays it returns before the GPU is done."""
    require(f"kernel {launch.kernel.name}")
    with Transfers(launch, values) as moved:
        if simulated():
            from jitkit.backends import cuda_simulated as engine
        else:
            from jitkit.backends import cuda_device as engine  # type: ignore[no-redef]
        if launch.space.points:
            for part in parts(launch.space):
                engine.start(launch, part, moved)


def prepare(launch: Launch, values: tuple, cc: tuple[int, int] | None = None) -> Any:
    """Compile to PTX without running; needs no GPU where `cc` is given."""
    if simulated():
        raise BackendError("the CUDA simulator interprets kernels: it has nothing to compile (unset NUMBA_ENABLE_CUDASIM)")
    require_compiler(f"{launch.kernel.name}: generating CUDA code")
    if cc is None:
        require(f"compiling {launch.kernel.name} for the current GPU")
    from jitkit.backends import cuda_device

    try:
        return cuda_device.compiled_ptx(launch, values, cc)
    except Exception as error:
        raise report.explain(launch.kernel, launch.ndim, values, error) from error


class Transfers:
    """Host arrays on their way to the GPU and, those the kernel may write, back; device arrays pass untouched.

    An array given twice is copied once, so that both parameters still name one memory.
    """

    def __init__(self, launch: Launch, values: tuple) -> None:
        self.launch, self.values = launch, values
        self.copies: dict[int, tuple[np.ndarray, Any]] = {}

    def __enter__(self) -> tuple:
        self._refuse_overlap()
        return tuple(self._move(value) for value in self.values)

    def _move(self, value: Any) -> Any:
        from numba import cuda

        if isinstance(value, tuple):
            items = map(self._move, value)
            return type(value)(*items) if hasattr(value, "_fields") else tuple(items)
        if hasattr(value, "__dataclass_fields__"):
            changed: Any = object.__new__(type(value))
            for name in value.__dataclass_fields__:
                object.__setattr__(changed, name, self._move(getattr(value, name)))
            return changed
        if not isinstance(value, np.ndarray):
            return value
        if id(value) not in self.copies:
            self.copies[id(value)] = (value, cuda.to_device(np.ascontiguousarray(value).reshape(value.shape)))
        return self.copies[id(value)][1]

    def _refuse_overlap(self) -> None:
        names, written = self.launch.argument_names, self.launch.kernel.program.written
        pairs = zip(names, self.values, strict=True)
        found = [(path, leaf, name in written) for name, value in pairs for path, leaf in walk(name, value)]
        arrays = [entry for entry in found if isinstance(entry[1], np.ndarray)]
        for (one, x, writes_x), (other, y, writes_y) in itertools.combinations(arrays, 2):
            if (writes_x or writes_y) and x is not y and np.may_share_memory(x, y):
                raise BackendError(
                    f"{self.launch.kernel.name}: {one} and {other} overlap in memory and one is written; copied to the GPU "
                    "they would no longer: use device arrays, or pass copies"
                )

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if kind is not None:
            return
        for name, value in zip(self.launch.argument_names, self.values, strict=True):
            if name in self.launch.kernel.program.written:
                for _, leaf in walk(name, value):
                    if id(leaf) in self.copies:
                        leaf[...] = self.copies[id(leaf)][1].copy_to_host()


def parts(space: Space, block: tuple[int, int, int] = (32, 1, 1)) -> Iterator[Space]:
    """Cut a space into parts that fit a grid: 2**31 - 1 blocks along the last index, 65535 along the others."""
    limits = [MAX_BLOCKS[0] * block[0]] + [MAX_BLOCKS[1]] * 2
    ndim = len(space.counts)
    axes: list[list[tuple[int, int]]] = []
    for axis, count in enumerate(space.counts):
        along = ndim - 1 - axis
        # In four dimensions z holds two axes: the second whole, the first a piece at a time.
        limit = max(1, limits[2] // min(space.counts[1], limits[2])) if along == 3 else limits[along]
        axes.append([(first, min(limit, count - first)) for first in range(0, count, limit)])
    for pieces in itertools.product(*axes):
        starts = tuple(s + first * d for s, d, (first, _) in zip(space.starts, space.steps, pieces, strict=True))
        yield Space(starts, space.steps, tuple(count for _, count in pieces))


def fits_32_bits(space: Space, arrays: list[Any]) -> bool:
    """Tell whether every index, every thread's place in its grid and every place in an array fits a signed 32-bit integer."""
    ends = (s + d * n for s, d, n in zip(*space, strict=True))
    spaces = all(end + 2 * _ROOM < _NARROW for end in ends) and math.prod(space.counts[:-2] or (1,)) < _NARROW
    return spaces and all(max(_span(array), *array.shape) + _ROOM < _NARROW for array in arrays)


def _span(array: Any) -> int:
    """Return the bytes from an array's first element to behind its last."""
    return array.dtype.itemsize + sum((n - 1) * abs(stride) for n, stride in zip(array.shape, array.strides, strict=True))


def grid(space: Space, threads: int) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    """Return (blocks, threads of a block) along x, y and z; the last index runs along x."""
    along = [*space.counts[::-1][:2], math.prod(space.counts[:-2])][: max(1, len(space.counts))]
    along += [1] * (3 - len(along))
    x = min(threads, _power_of_two(along[0])) if len(space.counts) > 1 else threads
    x = min(x, 32) if len(space.counts) > 1 and along[1] > 1 else x
    y = min(threads // x, _power_of_two(along[1]))
    block = (x, y, 1)
    return tuple(-(-n // b) for n, b in zip(along, block, strict=True)), block  # type: ignore[return-value]


def _power_of_two(n: int) -> int:
    return 1 << max(0, (n - 1).bit_length())


def stream_of(values: tuple) -> Any:
    """Return the stream that the arrays' own library is working on (CuPy, torch), or the default stream."""
    from numba import cuda

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


def kept(kernel: Kernel, key: tuple, make: Callable[[], Any]) -> Any:
    """Return what a kernel keeps under a key, making it the first time."""
    if key not in kernel.plans:
        kernel.plans[key] = make()
    return kernel.plans[key]


