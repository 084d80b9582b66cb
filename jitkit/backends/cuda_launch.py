"""Launching kernels on a GPU: grids, blocks, streams, and copies of host arrays. The CUDA simulator runs here too."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from jitkit.backends import cuda_limits, device_memory, report
from jitkit.backends.cuda_grid import group_parts, parts
from jitkit.backends.gpu import EMULATED_CC, EXTRA, emulated, require, require_compiler, simulated, stand_in
from jitkit.errors import BackendError
from jitkit.launch.arguments import walk
from jitkit.launch.definition import Call

_MISSING = ("SupportError", "NotFoundError")  # how numba-cuda's and CUDA's errors for absent libraries end


def plan(call: Call, values: tuple) -> Any:
    """Return the short way for arrays on a GPU of these Python types; None for those of the host, which are copied."""
    leaves = [leaf for pair in zip(call.argument_names, values, strict=True) for _, leaf in walk(*pair)]
    if stand_in() is not None or call.kernel.facts.dynamic or any(isinstance(leaf, np.ndarray) for leaf in leaves):
        return None
    require(f"kernel {call.kernel.name}")
    from jitkit.backends import cuda_device

    return cuda_device.Way()


def run(call: Call, values: tuple) -> None:
    """Run a launch whose arguments are bound and checked; with device arrays it returns before the GPU is done."""
    require(f"kernel {call.kernel.name}")
    if not simulated():
        cuda_limits.refuse(call, values)
    with Transfers(call, values) as moved:
        engine = _engine()
        if not call.space.points:
            return
        if call.kernel.group is None:
            for part in parts(call.space):
                engine.start(call, part, moved)
        else:
            for part, first in group_parts(call.space, call.kernel.group):
                engine.start_groups(call, part, first, moved)


def _engine() -> Any:
    """Return the module that starts grids: on a GPU, in Numba's simulator, or in the emulator."""
    if simulated():
        from jitkit.backends import cuda_simulated

        return cuda_simulated
    if emulated():
        from jitkit.backends import cuda_emulated

        return cuda_emulated
    from jitkit.backends import cuda_device

    return cuda_device


def prepare(call: Call, values: tuple, cc: tuple[int, int] | None = None) -> Any:
    """Compile to PTX without running; needs no GPU where `cc` is given."""
    if simulated():
        raise BackendError(
            "the CUDA simulator interprets kernels: it has nothing to compile (unset NUMBA_ENABLE_CUDASIM)"
        )
    require_compiler(f"{call.kernel.name}: generating CUDA code")
    cuda_limits.refuse(call, values)
    if cc is None:
        require(f"compiling {call.kernel.name} for the current GPU")
        cc = EMULATED_CC if emulated() else None
    from jitkit.backends import cuda_device

    try:
        return cuda_device.compiled_ptx(call, values, cc)
    except Exception as error:
        if isinstance(error, (ImportError, OSError)) or type(error).__name__.endswith(_MISSING):
            raise BackendError(
                f"{call.kernel.name}: generating CUDA code needs NVVM and NVRTC: {error}. Install them with {EXTRA}"
            ) from error
        report.explain(call.kernel, call.ndim, values, error)


class Transfers:
    """Host arrays on their way to the GPU and, those the kernel may write, back; device arrays pass untouched.

    An array given twice is copied once, so that both parameters still name one memory.
    """

    def __init__(self, call: Call, values: tuple) -> None:
        self.call, self.values = call, values
        self.copies: dict[int, tuple[np.ndarray, Any]] = {}

    def __enter__(self) -> tuple:
        self._refuse_overlap()
        self._refuse_foreign()
        return tuple(self._move(value) for value in self.values)

    def _move(self, value: Any) -> Any:
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
            self.copies[id(value)] = (value, device_memory.to_device(np.ascontiguousarray(value).reshape(value.shape)))
        return self.copies[id(value)][1]

    def _refuse_overlap(self) -> None:
        names, written = self.call.argument_names, self.call.kernel.program.written
        pairs = zip(names, self.values, strict=True)
        found = [(path, leaf, name in written) for name, value in pairs for path, leaf in walk(name, value)]
        arrays = [entry for entry in found if isinstance(entry[1], np.ndarray)]
        for (one, x, writes_x), (other, y, writes_y) in itertools.combinations(arrays, 2):
            if (writes_x or writes_y) and x is not y and np.may_share_memory(x, y):
                raise BackendError(
                    f"{self.call.kernel.name}: {one} and {other} overlap in memory and one is written; copied to the GPU "
                    "they would no longer: use device arrays, or pass copies"
                )

    def _refuse_foreign(self) -> None:
        for name, value in zip(self.call.argument_names, self.values, strict=True):
            for path, leaf in walk(name, value):
                if hasattr(leaf, "__cuda_array_interface__"):
                    device_memory.refuse_foreign(f"{self.call.kernel.name}: argument {path}", leaf)

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if kind is not None:
            return
        for name, value in zip(self.call.argument_names, self.values, strict=True):
            if name in self.call.kernel.program.written:
                for _, leaf in walk(name, value):
                    if id(leaf) in self.copies:
                        leaf[...] = self.copies[id(leaf)][1].copy_to_host()
