"""A kernel's arguments as bytes, where PTX looks for its parameters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import EmulatorError

if TYPE_CHECKING:
    from .translated import Parameter, Translation

_FLOATS = {2: np.float16, 4: np.float32, 8: np.float64}


def packed(name: str, translation: Translation, args: Sequence[Any]) -> bytes:
    """Return the parameters of a kernel, each at its offset.

    Raises
    ------
    EmulatorError
        For a wrong number of arguments, or one that does not fit its parameter.
    """
    parameters = translation.parameters
    if len(args) != len(parameters):
        takes = ", ".join(f".{p.type} {p.name}" for p in parameters)
        raise EmulatorError(f"{name} takes {len(parameters)} arguments ({takes}), got {len(args)}")
    buffer = bytearray(translation.parameter_size)
    for place, (parameter, value) in enumerate(zip(parameters, args, strict=True)):
        data = _data(parameter, value, f"{name}: argument {place} ({parameter.name}, .{parameter.type})")
        buffer[parameter.offset : parameter.offset + parameter.size] = data
    return bytes(buffer)


def _data(parameter: Parameter, value: Any, what: str) -> bytes:
    if isinstance(value, np.ndarray) and value.shape:
        value = np.uint64(value.ctypes.data)
    data: bytes
    if isinstance(value, np.void) or (isinstance(value, np.ndarray) and value.dtype.names):
        data = value.tobytes()
    elif isinstance(value, (bytes, bytearray)):
        data = bytes(value)
    else:
        data = _number(parameter, value, what)
    if len(data) != parameter.size:
        raise EmulatorError(f"{what} has {parameter.size} bytes, got {len(data)} ({value!r})")
    return data


def _number(parameter: Parameter, value: Any, what: str) -> bytes:
    if isinstance(value, (np.generic, np.ndarray)):
        return bytes(np.asarray(value).tobytes())
    if isinstance(value, float) or (parameter.type.startswith("f") and isinstance(value, int)):
        if parameter.size not in _FLOATS:
            raise EmulatorError(f"{what} has {parameter.size} bytes: pass its bytes, not {value!r}")
        return bytes(np.asarray(value, _FLOATS[parameter.size]).tobytes())
    if isinstance(value, int):
        bits = 8 * parameter.size
        if not -(2 ** (bits - 1)) <= value < 2**bits:
            raise EmulatorError(f"{what} has {parameter.size} bytes, and {value} does not fit")
        return (int(value) % (1 << bits)).to_bytes(parameter.size, "little")
    raise EmulatorError(f"{what}: pass a NumPy array, a number or bytes, not a {type(value).__name__}")


def byte_ranges(arrays: Iterable[Any]) -> list[tuple[int, int]]:
    """Return the first byte of each array and the one past its last, sorted; those that overlap are joined."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(np.lib.array_utils.byte_bounds(array) for array in arrays if array.size):
        if found and low < found[-1][1]:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return found
