"""Device arrays of the emulator: memory of their own that the host does not touch, as on a GPU."""

from __future__ import annotations

import math
from typing import Any, NoReturn

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from jitkit.backends import emulated_streams

_ALIGNMENT = 256  # of what cudaMalloc returns


class EmulatedArray:
    """An array in the memory of the emulated GPU.

    It goes into kernels on the ``cuda`` backend under the emulator, and comes back by `copy_to_host` or
    ``jk.to_numpy``. Slices are views.

    Parameters
    ----------
    memory : numpy.ndarray
        Where the elements lie.
    """

    def __init__(self, memory: NDArray[Any]) -> None:
        self._memory = memory

    @property
    def shape(self) -> tuple[int, ...]:
        """The extents."""
        return self._memory.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The elements' type."""
        return self._memory.dtype

    @property
    def strides(self) -> tuple[int, ...]:
        """Bytes from one element to the next along each dimension."""
        return self._memory.strides

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._memory.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._memory.size

    @property
    def nbytes(self) -> int:
        """The bytes of all elements."""
        return self._memory.nbytes

    @property
    def address(self) -> int:
        """The address of the first element, for the emulator."""
        return self._memory.ctypes.data

    @property
    def memory(self) -> NDArray[Any]:
        """The elements as the emulator reaches them; the host goes by `copy_to_host`."""
        return self._memory

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        """How other libraries see a device array; here only the emulator may follow the address."""
        interface = dict(self._memory.__array_interface__)
        return {**interface, "version": 3, "strides": None if self._memory.flags.c_contiguous else self.strides}

    def copy_to_host(self, ary: NDArray[Any] | None = None) -> NDArray[Any]:
        """Return the elements as a NumPy array, or write them to one, behind all streams."""
        emulated_streams.synchronize()
        if ary is None:
            return self._memory.copy()
        ary[...] = self._memory
        return ary

    def copy_to_device(self, ary: ArrayLike | EmulatedArray) -> None:
        """Write elements from the host, or from another such array, here, behind all streams."""
        emulated_streams.synchronize()
        self._memory[...] = ary._memory if isinstance(ary, EmulatedArray) else ary

    def reshape(self, *shape: int) -> EmulatedArray:
        """Return the elements in another shape, as a view where that is possible."""
        return EmulatedArray(self._memory.reshape(*shape))

    def __getitem__(self, index: Any) -> Any:
        found = self._memory[index]
        if isinstance(found, np.ndarray):
            return EmulatedArray(found)
        emulated_streams.synchronize()
        return self._memory[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        emulated_streams.synchronize()
        self._memory[index] = value._memory if isinstance(value, EmulatedArray) else value

    def __len__(self) -> int:
        return len(self._memory)

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("this array is on the (emulated) GPU: bring it over with jk.to_numpy(x)")

    def __repr__(self) -> str:
        return f"<emulated device array {self.shape} of {self.dtype}>"


def empty(shape: int | tuple[int, ...], dtype: DTypeLike, margin: int = 0) -> EmulatedArray:
    """Return an array whose elements have no defined value, with at least `margin` bytes of its own around it."""
    kind, extents = np.dtype(dtype), np.empty(shape, np.void).shape
    size = math.prod(extents) * kind.itemsize
    buffer = np.empty(size + _ALIGNMENT + 2 * margin, np.uint8)
    start = margin + -(buffer.ctypes.data + margin) % _ALIGNMENT
    return EmulatedArray(buffer[start : start + size].view(kind).reshape(extents))


def to_device(x: NDArray[Any], margin: int = 0) -> EmulatedArray:
    """Return a copy of a NumPy array in the emulator's memory, C-contiguous; `margin` as in `empty`."""
    array = empty(x.shape, x.dtype, margin)
    array.copy_to_device(x)
    return array
