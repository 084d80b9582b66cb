"""The processors that kernels can run on here."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

from jitkit.backends import gpu, pool
from jitkit.launch.choice import checked


@dataclass(frozen=True)
class Device:
    """A processor.

    Attributes
    ----------
    kind : {"cpu", "cuda"}
        The backend that runs on it.
    name : str
        The manufacturer's name.
    threads : int
        Threads a launch uses (CPU), or multiprocessors (GPU).
    compute_capability : tuple of int or None
        Of a GPU.
    memory : int or None
        Bytes of a GPU's memory.
    """

    kind: str
    name: str
    threads: int
    compute_capability: tuple[int, int] | None = None
    memory: int | None = None


def devices() -> list[Device]:
    """Return the processors that kernels can run on in this process: the CPU first, then each GPU.

    Returns
    -------
    list of Device

    Examples
    --------
    >>> import jitkit as jk
    >>> jk.devices()[0].kind
    'cpu'
    """
    return [Device("cpu", cpu_name(), pool.get_num_threads()), *_gpus()]


def available(backend: str) -> bool:
    """Tell whether a backend can run kernels in this process.

    Parameters
    ----------
    backend : {"python", "cpu", "cuda"}
        The backend.

    Returns
    -------
    bool

    Raises
    ------
    BackendError
        Where there is no such backend.

    Examples
    --------
    >>> import jitkit as jk
    >>> jk.available("python")
    True
    """
    if checked(backend, "jk.available") != "cuda":
        return True
    try:
        return gpu.missing() is None
    except (ImportError, OSError):  # a broken installation of numba-cuda or of the driver
        return False


def cpu_name() -> str:
    """Return the CPU's name as the operating system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def core_name() -> str:
    """Return the name that LLVM has for the CPU's kind of core: virtual machines tell the manufacturer's name alone."""
    import llvmlite.binding as llvm

    return str(llvm.get_host_cpu_name())


def _gpus() -> list[Device]:
    if gpu.missing() is not None:
        return []
    if gpu.simulated():
        return [Device("cuda", "CUDA simulator", 1)]
    if gpu.emulated():
        return [Device("cuda", f"emulated on {cpu_name()}", pool.get_num_threads(), gpu.EMULATED_CC)]
    from numba import cuda

    found = []
    for device in cuda.gpus:
        with device:
            memory = cuda.current_context().get_memory_info().total
            name = device.name.decode() if isinstance(device.name, bytes) else device.name
            found.append(Device("cuda", name, device.MULTIPROCESSOR_COUNT, device.compute_capability, memory))
    return found
