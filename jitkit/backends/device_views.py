"""Arrays on a GPU seen with another element type: the bits of numbers, where kernels know only their values."""

from __future__ import annotations

from typing import Any

from numpy.typing import DTypeLike

from jitkit.backends.emulated_arrays import EmulatedArray


def reinterpreted(x: Any, dtype: DTypeLike) -> Any:
    """Return a view of a C-contiguous device array as elements of another dtype of the same size."""
    if isinstance(x, EmulatedArray):
        return EmulatedArray(x.memory.view(dtype))
    if hasattr(x, "__cuda_ndarray__"):
        return x.view(dtype)
    from numba import cuda

    return cuda.as_cuda_array(x).view(dtype)
