"""Arrays in the memory of a GPU, taken from a pool of the driver's in the order of a stream.

numba-cuda takes memory by cuMemAlloc and gives it back by cuMemFree, either of which waits until the GPU has done all that
it was asked to. A reduction takes four arrays and a sort eleven, so that the GPU stood still between their launches. What
a pool gives is the next launch's to use at once, and what it is given back serves what is launched after that.

An array is given back in the default stream, which waits for all of jitkit's, so that no launch in one of those can still
be at work on it. A stream of CuPy's or torch's does not wait for the default stream: what was made there is given back
there, as these libraries do with their own arrays.

Reference: V. Jain and J. Hemstad, Using the NVIDIA CUDA stream-ordered memory allocator, NVIDIA, 2021.
"""

from __future__ import annotations

import functools
import gc
import math
import os
import weakref
from typing import Any

import numpy as np
from numba import cuda
from numba.cuda.cudadrv import devicearray, driver
from numpy.typing import NDArray

from jitkit import streams
from jitkit.backends import cuda_launch_stream

_KEPT = 8
"""The pool keeps up to an eighth of the GPU's memory for later; the driver takes back what is more at the next wait."""
_bindings, _driver = driver.binding, driver.driver


def empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """Return an array in C order whose elements have no defined value."""
    size = math.prod(shape) * dtype.itemsize
    pool = pool_of(cuda.current_context()) if size else None
    if pool is None:
        return cuda.device_array(shape, dtype)
    memory, stream = pool.take(size)
    strides = [dtype.itemsize]
    for extent in shape[:0:-1]:
        strides.append(strides[-1] * extent)
    return devicearray.DeviceNDArray(shape, strides[::-1] if shape else (), dtype, stream, memory)


def to_device(x: NDArray[Any]) -> Any:
    """Return a copy of a C-contiguous array of the host's; `x` may change when this returns."""
    out = empty(x.shape, x.dtype)
    out.copy_to_device(x)
    if out.stream:
        out.stream.synchronize()
    return out


def clear(x: Any) -> None:
    """Set all bytes of a new array to zero."""
    if x.nbytes:
        _driver.cuMemsetD8Async(x.gpu_data.device_pointer, 0, x.nbytes, int(x.stream) if x.stream else _chosen())


def pool_of(context: Any) -> Pool | None:
    """Return the pool of a GPU, or None where it has none, or where numba-cuda was told to take memory from elsewhere."""
    found = context.extras.get(Pool, Pool)
    if found is Pool:
        usable = type(context.memory_manager) is driver.NumbaCUDAMemoryManager and context.device.MEMORY_POOLS_SUPPORTED
        found = context.extras[Pool] = Pool(context) if usable else None
    pool: Pool | None = found
    return pool


class Pool:
    """Memory of one GPU.

    Parameters
    ----------
    context : Context
        The GPU's, as numba-cuda knows it; it is current.
    """

    def __init__(self, context: Any) -> None:
        self._context = weakref.proxy(context)
        self._held: dict[int, Any] = {}
        properties = _bindings.CUmemPoolProps()
        properties.allocType = _bindings.CUmemAllocationType.CU_MEM_ALLOCATION_TYPE_PINNED
        properties.location.type = _bindings.CUmemLocationType.CU_MEM_LOCATION_TYPE_DEVICE
        properties.location.id = context.device.id
        self._handle = _driver.cuMemPoolCreate(properties)
        threshold = _bindings.CUmemPool_attribute.CU_MEMPOOL_ATTR_RELEASE_THRESHOLD
        kept = _bindings.cuuint64_t(context.get_memory_info().total // _KEPT)
        _driver.cuMemPoolSetAttribute(self._handle, threshold, kept)
        self._give = functools.partial(_give, self._held, os.getpid(), int(context.handle), context.device.id)

    def take(self, size: int) -> tuple[Any, Any]:
        """Return memory for what is launched from now on, and the stream that an array in it belongs to, 0 for the default.

        Raises
        ------
        CudaAPIError
            Where the GPU's memory is full.
        """
        stream: Any = 0
        borrowed = cuda_launch_stream.borrowed() if streams.current() is None else None
        if borrowed is not None:
            stream = cuda_launch_stream.external(borrowed)
        at = int(stream) or _chosen()
        try:
            address = _driver.cuMemAllocFromPoolAsync(size, self._handle, at)
        except driver.CudaAPIError as error:
            if error.code != _bindings.CUresult.CUDA_ERROR_OUT_OF_MEMORY:
                raise
            self._make_room()
            address = _driver.cuMemAllocFromPoolAsync(size, self._handle, at)
        finalizer = functools.partial(self._give, int(address), stream)
        memory = self._held[int(address)] = driver.AutoFreePointer(self._context, address, size, finalizer=finalizer)
        return memory.own(), stream

    def _make_room(self) -> None:
        """Give the driver all back that nobody needs."""
        gc.collect()
        self._context.memory_manager.deallocations.clear()
        _driver.cuCtxSynchronize()
        _driver.cuMemPoolTrimTo(self._handle, 0)


def _chosen() -> int:
    """Return the stream of a ``with`` block, or 0."""
    chosen = streams.current()
    return 0 if chosen is None else int(chosen.queue.handle)


def _give(held: dict[int, Any], process: int, context: int, device: int, address: int, stream: Any) -> None:
    """Give memory back, in whichever thread an array is last heard of.

    The driver's answer is not looked at: it refuses when the process ends, and where the GPU was reset meanwhile.
    """
    held.pop(address, None)
    if os.getpid() != process:  # a fork has the arrays, but not the GPU
        return
    error, current = _bindings.cuCtxGetDevice()
    elsewhere = error or int(current) != device
    if elsewhere:
        _bindings.cuCtxPushCurrent(context)
    _bindings.cuMemFreeAsync(address, int(stream))
    if elsewhere:
        _bindings.cuCtxPopCurrent()
