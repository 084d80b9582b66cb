"""Arrays on the host and on the GPU, and the way between."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from jitkit.backends import device_memory, gpu, unwritten
from jitkit.backends.emulated_arrays import EmulatedArray
from jitkit.errors import BackendError, KernelError, KernelTypeError, LaunchError

_USES = {
    "asarray": "it takes an array or equally long lists of numbers, and a dtype: jk.asarray([1, 2], np.float32)",
    "empty": "it takes a shape and a dtype: jk.empty((2, 3), np.float32)",
    "zeros": "it takes a shape and a dtype: jk.zeros((2, 3), np.float32)",
    "full": "it takes a shape, a value and a dtype: jk.full((2, 3), 1.5, np.float32)",
}
_DEVICES = (None, "cpu", "cuda")


def _on_gpu(device: str | None, what: str) -> bool:
    if device not in _DEVICES:
        raise BackendError(f"jk.{what}: there is no device {device!r}; there are None, 'cpu' and 'cuda'")
    if device == "cuda":
        gpu.require(f"jk.{what}(device='cuda')")
    return device == "cuda"


def _refused(what: str, error: Exception) -> KernelError:
    """Return the error for what NumPy refused, in the name of the function that was called."""
    kind = KernelTypeError if isinstance(error, TypeError) else LaunchError
    return kind(f"jk.{what}: {error}; {_USES[what]}")


def asarray(x: Any, dtype: DTypeLike | None = None, device: str | None = None) -> Any:
    """Return `x` as an array on a device, without a copy where it is there already.

    Parameters
    ----------
    x : array_like or device array
        The values.
    dtype : dtype, optional
        The elements' type; by default that of `x`.
    device : {None, "cpu", "cuda"}
        Where the array shall be; None leaves a device array where it is, and makes anything else a NumPy array. On a GPU
        bytes are in its order.

    Returns
    -------
    numpy.ndarray or device array

    Raises
    ------
    BackendError
        For ``"cuda"`` where there is no GPU.

    Examples
    --------
    >>> import jitkit as jk
    >>> jk.asarray([1, 2], dtype="float32")
    array([1., 2.], dtype=float32)
    """
    there = hasattr(x, "__cuda_array_interface__")
    if _on_gpu(device, "asarray") or (device is None and there):
        if there and (dtype is None or np.dtype(dtype) == np.dtype(x.__cuda_array_interface__["typestr"])):
            return x
        values = np.asarray(to_numpy(x), dtype=dtype, order="C")
        if not values.dtype.isnative:
            values = values.astype(values.dtype.newbyteorder("="))
        return device_memory.to_device(values)
    try:
        return np.asarray(to_numpy(x), dtype=dtype)
    except (TypeError, ValueError) as error:
        raise _refused("asarray", error) from None


def to_numpy(x: Any) -> np.ndarray:
    """Return an array as a NumPy array on the host; waits for the GPU where `x` lives there.

    Parameters
    ----------
    x : array_like or device array
        The values.

    Returns
    -------
    numpy.ndarray
        `x` itself where it is a NumPy array already.

    Examples
    --------
    >>> import jitkit as jk
    >>> jk.to_numpy([1.0, 2.0])
    array([1., 2.])
    """
    if type(x) is np.ndarray:
        return x
    if isinstance(x, EmulatedArray):
        return x.copy_to_host()
    if hasattr(x, "__cuda_array_interface__"):
        return device_memory.to_host(x)
    return np.asarray(x)


def empty(shape: int | tuple[int, ...], dtype: DTypeLike = np.float64, device: str | None = None) -> Any:
    """Return an array whose elements have no defined value; ``kernel.check`` finds reads of those never written.

    Up to 1 MiB they hold a pattern by which the check knows them (a NaN in every floating-point type).

    Parameters
    ----------
    shape : int or tuple of int
    dtype : dtype, default float64
    device : {None, "cpu", "cuda"}

    Returns
    -------
    numpy.ndarray or device array

    Raises
    ------
    BackendError
        For ``"cuda"`` where there is no GPU.

    Examples
    --------
    >>> import jitkit as jk
    >>> jk.empty((2, 3), dtype="float32").shape
    (2, 3)
    """
    if _on_gpu(device, "empty"):
        return device_memory.empty(shape, dtype)
    try:
        return unwritten.mark(np.empty(shape, dtype))
    except (TypeError, ValueError) as error:
        raise _refused("empty", error) from None


def zeros(shape: int | tuple[int, ...], dtype: DTypeLike = np.float64, device: str | None = None) -> Any:
    """Return an array of zeros; parameters as in `empty`.

    Examples
    --------
    >>> import jitkit as jk
    >>> jk.zeros(2)
    array([0., 0.])
    """
    if _on_gpu(device, "zeros"):
        return device_memory.zeros(shape, dtype)
    try:
        return np.zeros(shape, dtype)
    except (TypeError, ValueError) as error:
        raise _refused("zeros", error) from None


def full(
    shape: int | tuple[int, ...], fill_value: ArrayLike, dtype: DTypeLike | None = None, device: str | None = None
) -> Any:
    """Return an array of one value; parameters as in `empty`, the dtype by default that of the value.

    Examples
    --------
    >>> import jitkit as jk
    >>> jk.full(2, 7)
    array([7, 7])
    """
    if not _on_gpu(device, "full"):
        try:
            return np.full(shape, fill_value, dtype)
        except (TypeError, ValueError) as error:
            raise _refused("full", error) from None
    if np.ndim(fill_value) or gpu.stand_in() is not None:
        return device_memory.to_device(np.full(shape, fill_value, dtype))
    value = np.full((), fill_value, dtype)
    if not value.tobytes().strip(b"\0"):
        return device_memory.zeros(shape, value.dtype)
    from jitkit.assigning import assign

    out = device_memory.empty(shape, value.dtype)
    assign(out, value)
    return out


def synchronize() -> None:
    """Wait until every launch on the GPU has finished; on the CPU a launch has finished when it returns.

    Examples
    --------
    >>> import jitkit as jk
    >>> jk.synchronize()
    """
    import sys

    if "jitkit.backends.emulated_streams" in sys.modules:
        sys.modules["jitkit.backends.emulated_streams"].synchronize()
    # A process that never imported numba.cuda has launched nothing there.
    if "numba.cuda" in sys.modules and gpu.missing() is None and not gpu.emulated():
        from numba import cuda

        cuda.synchronize()
