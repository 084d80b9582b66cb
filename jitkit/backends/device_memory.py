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
    from numba import cuda

    with _room_for(x.nbytes):
        return cuda.to_device(x)


def empty(shape: int | tuple[int, ...], dtype: DTypeLike) -> Any:
    """Return an array on the device whose elements have no defined value."""
    if gpu.emulated():
        return emulated_arrays.empty(shape, dtype, _margin())
    from numba import cuda

    with _room_for(math.prod(np.empty(shape, np.void).shape) * np.dtype(dtype).itemsize):
        return cuda.device_array(shape, dtype)


@contextlib.contextmanager
def _room_for(size: int) -> Iterator[None]:
    """Say what did not fit where the GPU's memory is full: numba-cuda has then freed all that it could and tried again."""
    try:
        yield
    except Exception as error:
        if getattr(getattr(error, "code", None), "name", "") != "CUDA_ERROR_OUT_OF_MEMORY":
            raise
        raise MemoryError(f"{size} bytes do not fit the GPU's memory: free arrays there, or work in parts") from error


def to_host(x: Any) -> NDArray[Any]:
    """Return a copy of another library's device array, behind what is in the stream that it works on."""
    from numba import cuda

    from jitkit.backends.cuda_device import stream_of

    stream = cuda.external_stream(stream_of((x,)))
    found: NDArray[Any] = cuda.as_cuda_array(x, sync=False).copy_to_host(stream=stream)
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
