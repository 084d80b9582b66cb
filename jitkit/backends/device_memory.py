"""Arrays in the memory of whatever runs CUDA code here: a GPU, Numba's simulator, or the emulator."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from jitkit.backends import emulated_arrays, emulation, gpu
from jitkit.backends.emulated_arrays import EmulatedArray
from jitkit.errors import BackendError

_MARGIN = 1 << 16  # so that what lies past the end of one array lies in no other


def to_device(x: NDArray[Any]) -> Any:
    """Return a copy of a C-contiguous NumPy array on the device."""
    if gpu.emulated():
        return emulated_arrays.to_device(x, _margin())
    with _room_for(x.nbytes):
        if gpu.simulated():
            return _simulator().to_device(x)
        from jitkit.backends import cuda_memory

        return cuda_memory.to_device(x)


def empty(shape: int | tuple[int, ...], dtype: DTypeLike) -> Any:
    """Return an array on the device whose elements have no defined value."""
    if gpu.emulated():
        return emulated_arrays.empty(shape, dtype, _margin())
    extents, kind = np.empty(shape, np.void).shape, np.dtype(dtype)
    with _room_for(math.prod(extents) * kind.itemsize):
        if gpu.simulated():
            return _simulator().device_array(extents, kind)
        from jitkit.backends import cuda_memory

        return cuda_memory.empty(extents, kind)


def constant(x: NDArray[Any], stays: bool = False) -> Any:
    """Return a C-contiguous NumPy array on the device, where it may have been before; nobody may write to it.

    One that `stays` is never written to on the host, either, and is recognised without a look at its elements.
    """
    if gpu.stand_in() is not None:
        return to_device(x)
    from jitkit.backends import cuda_constants

    with _room_for(x.nbytes):
        return cuda_constants.table(x) if stays else cuda_constants.constant(x)


def zeros(shape: int | tuple[int, ...], dtype: DTypeLike) -> Any:
    """Return an array on the device whose bytes are all zero."""
    if gpu.stand_in() is not None:
        return to_device(np.zeros(shape, dtype))
    out = empty(shape, dtype)
    from jitkit.backends import cuda_memory

    cuda_memory.clear(out)
    return out


def _simulator() -> Any:
    from numba import cuda

    return cuda


@contextlib.contextmanager
def _room_for(size: int) -> Iterator[None]:
    """Say what did not fit where the GPU's memory is full: all that could be freed has then been, and it was tried again."""
    try:
        yield
    except Exception as error:
        if getattr(getattr(error, "code", None), "name", "") != "CUDA_ERROR_OUT_OF_MEMORY":
            raise
        raise MemoryError(f"{size} bytes do not fit the GPU's memory: free arrays there, or work in parts") from error


def to_host(x: Any) -> NDArray[Any]:
    """Return a copy of an array on a GPU, behind what is in the stream that its library works on."""
    from numba import cuda

    if gpu.simulated():
        own: NDArray[Any] = x.copy_to_host()
        return own
    from jitkit.backends import cuda_launch_stream

    if hasattr(x, "__cuda_ndarray__"):  # the default stream, in which it is copied else, waits for those of jitkit
        borrowed = cuda_launch_stream.borrowed()
        stream = x.stream if borrowed is None else cuda_launch_stream.external(borrowed)
    else:
        stream = cuda.external_stream(cuda_launch_stream.stream_of((x,)))
    found: NDArray[Any] = cuda.as_cuda_array(x, sync=False).copy_to_host(stream=stream)
    if stream:
        stream.synchronize()
    return found


def _margin() -> int:
    asked = emulation.requested()
    return _MARGIN if asked is not None and asked.check else 0


def refuse_foreign(what: str, array: Any) -> None:
    """Refuse an array that lies in the memory of another device than the one that would use it.

    Raises
    ------
    BackendError
        For an array of the emulator where a GPU would run, and a GPU's where the emulator would.
    """
    emulated, here = isinstance(array, EmulatedArray), gpu.emulated()
    if emulated and not here:
        raise BackendError(
            f"{what} is an array of the emulator's: use it inside jk.emulate_cuda(), or bring it over with jk.to_numpy(x)"
        )
    if here and not emulated:
        raise BackendError(
            f"{what} is a {type(array).__name__} in a GPU's memory, which the emulator cannot read: bring it over with "
            "jk.to_numpy(x) outside jk.emulate_cuda()"
        )
