"""Whether the cuda backend can run here, and what is missing when it cannot."""

from __future__ import annotations

import functools
import importlib.util
import os

from jitkit.backends import emulation
from jitkit.errors import BackendError

EXTRA = "pip install 'jitkit[cuda]'"
EMULATED_CC = (9, 0)
"""The compute capability of the emulated GPU."""


def simulated() -> bool:
    """Tell whether Numba's CUDA simulator stands in for a GPU (``NUMBA_ENABLE_CUDASIM=1``, read when numba is imported)."""
    return os.environ.get("NUMBA_ENABLE_CUDASIM", "0") not in ("", "0")


def emulated() -> bool:
    """Tell whether the emulator stands in for a GPU: asked for, and no GPU here or asked for all the same."""
    asked = emulation.requested()
    return asked is not None and not simulated() and (asked.always or _without_gpu() is not None)


def stand_in() -> str | None:
    """Return what runs in place of a GPU: "simulated" or "emulated"; None for a GPU itself."""
    if simulated():
        return "simulated"
    return "emulated" if emulated() else None


def missing() -> str | None:
    """Return what keeps the cuda backend from running here, with the remedy; None where it runs."""
    if simulated() or (emulated() and importlib.util.find_spec("numba_cuda") is not None):
        return None
    return _without_gpu()


@functools.cache
def _without_gpu() -> str | None:
    """Return what keeps kernels from running on a GPU of this machine; None where they do."""
    if importlib.util.find_spec("numba_cuda") is None:
        return f"numba-cuda is not installed: {EXTRA}"
    from numba import cuda

    if cuda.is_available():
        return None
    reason = cuda.cuda_error()
    text = str(reason).strip() if reason is not None else ""
    detail = f" ({text.splitlines()[0]})" if text else ""
    return f"no CUDA driver or GPU was found{detail}: install NVIDIA's driver on a machine with a GPU"


def require_compiler(what: str) -> None:
    """Raise where not even PTX can be generated.

    Raises
    ------
    BackendError
        The message names the extra to install.
    """
    if importlib.util.find_spec("numba_cuda") is None:
        raise BackendError(
            f"{what} needs numba-cuda, which is not installed: {EXTRA} (no GPU and no driver are needed)"
        )


def require(what: str) -> None:
    """Raise where the cuda backend cannot run.

    Raises
    ------
    BackendError
        The message names what is missing and how to check a kernel without a GPU.
    """
    reason = missing()
    if reason is not None:
        raise BackendError(
            f"{what}: the cuda backend cannot run here: {reason}. Without a GPU, jk.emulate_cuda() or "
            f"{emulation.VARIABLE}=1 executes the code for GPUs on the CPU, as a test (it takes {EXTRA}), "
            "NUMBA_ENABLE_CUDASIM=1 runs Numba's simulator, and kernel.inspect(..., backend='cuda') shows the code"
        )
