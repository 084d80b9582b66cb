"""Whether the cuda backend can run here, and what is missing when it cannot."""

from __future__ import annotations

import functools
import importlib.util
import os

from jitkit.errors import BackendError

EXTRA = "pip install 'jitkit[cuda]'"


def simulated() -> bool:
    """Tell whether Numba's CUDA simulator stands in for a GPU (``NUMBA_ENABLE_CUDASIM=1``, read when numba is imported)."""
    return os.environ.get("NUMBA_ENABLE_CUDASIM", "0") not in ("", "0")


@functools.cache
def missing() -> str | None:
    """Return what keeps the cuda backend from running here, with the remedy; None where it runs."""
    if simulated():
        return None
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
            f"{what}: the cuda backend cannot run here: {reason}. Without a GPU, NUMBA_ENABLE_CUDASIM=1 runs it in Numba's "
            f"simulator, and with {EXTRA} kernel.inspect(..., backend='cuda') shows the code generated for one"
        )
