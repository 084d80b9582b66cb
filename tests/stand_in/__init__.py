"""A stand-in for NVIDIA's driver, so that all of jitkit up to the driver's calls runs as on a GPU, without one.

`libcuda.c` is built as libcuda.so.1 and found before any other; the grids that it is given run in the emulator. A process
that has it keeps it: tests of it run in a second process, see `tests/test_cuda_driver.py`.
"""

from __future__ import annotations

import ctypes
import functools
import os
import subprocess
import traceback
from pathlib import Path

VARIABLE = "JITKIT_TESTS_STAND_IN"
"""Set in the second process."""
_NUMBERS = ctypes.POINTER(ctypes.c_uint)
_RUN = ctypes.CFUNCTYPE(
    None, ctypes.c_char_p, _NUMBERS, _NUMBERS, ctypes.c_uint, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p)
)


def build(folder: Path) -> dict[str, str]:
    """Return what the environment of the second process has besides."""
    source = Path(__file__).with_name("libcuda.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", folder / "libcuda.so.1", source, "-ldl"], check=True)
    return {VARIABLE: "1", "LD_LIBRARY_PATH": str(folder)}


class Driver:
    """The stand-in, and what it has seen."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libcuda.so.1")
        self._library.stand_in_calls.restype = ctypes.c_long
        self._library.stand_in_used.restype = self._library.stand_in_threshold.restype = ctypes.c_size_t
        self._library.stand_in_busy.argtypes = (ctypes.c_size_t,)
        self._library.stand_in_machine.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_size_t)
        self._run = _RUN(_run)
        self._library.stand_in_runs(self._run)

    def calls(self, *names: str) -> list[int]:
        """Return how often functions were called since `forget`."""
        return [self._library.stand_in_calls(name.encode()) for name in names]

    def forget(self) -> None:
        """Count from zero."""
        self._library.stand_in_forget()

    def machine(self, gpus: int = 1, pools: bool = True, memory: int = 1 << 30) -> None:
        """Say what there is, before anything asks."""
        self._library.stand_in_machine(gpus, pools, memory)

    def busy(self, stream: int) -> None:
        """Say which stream has not finished."""
        self._library.stand_in_busy(stream)

    @property
    def used(self) -> int:
        """Bytes that are taken and not given back."""
        return int(self._library.stand_in_used())

    @property
    def threshold(self) -> int:
        """Bytes that the pool may keep."""
        return int(self._library.stand_in_threshold())


@functools.cache
def driver() -> Driver:
    """Return the stand-in, to which PTX is machine code."""
    from jitkit.backends import cuda_module

    cuda_module._cubin = lambda ptx, cc: ptx.encode() + b"\0"  # type: ignore[assignment]
    return Driver()


@functools.cache
def _module(code: bytes):
    from jitkit.emulator import Module

    return Module(code.decode())


def _run(code, grid, block, shared, stream, parameters):
    try:
        module = _module(code)
        name = module.entries[0]
        program = module.program(name)
        data = bytearray(program.translation.parameter_size)
        for address, place in zip(parameters, program.translation.parameters, strict=False):
            data[place.offset : place.offset + place.size] = ctypes.string_at(address, place.size)
        module.start(name, program, tuple(grid[:3]), tuple(block[:3]), bytes(data), shared)
    except BaseException:  # which ctypes would print and forget
        traceback.print_exc()
        os._exit(1)
