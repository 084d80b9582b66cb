"""PTX as kernels loaded on the GPUs here, by way of the driver that numba-cuda speaks to.

numba-cuda's own dispatcher types and converts every argument at each launch, warns of small grids, and compiles anew in
every process. A launch with two arrays and a number took 490 us of Python that way, and takes 38.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.metadata
import re
import threading
from collections.abc import Iterable
from typing import Any

from numba import cuda
from numba.cuda.cudadrv import driver

from jitkit.backends.cuda_grid import Extents
from jitkit.backends.cuda_parameters import DeviceArray, Packer
from jitkit.backends.kept import kept
from jitkit.errors import LaunchError

_CANDIDATES = (128, 256, 512)
_bindings, _driver = driver.binding, driver.driver


def current_device() -> int:
    """Return the number of the calling thread's GPU, whose context is current from here on."""
    error, found = _bindings.cuCtxGetDevice()
    return int(found) if not error else int(cuda.current_context().device.id)


@functools.cache
def _several() -> bool:
    return len(cuda.gpus) > 1


def refuse_elsewhere(kernel: str, leaves: Iterable[Any], device: int) -> None:
    """Refuse arrays in the memory of another GPU than the current one, which would run on them.

    Raises
    ------
    LaunchError
    """
    if not _several():
        return
    ordinal = _bindings.CUpointer_attribute.CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL
    for leaf in leaves:
        if type(leaf) is DeviceArray and leaf.address:
            error, found = _bindings.cuPointerGetAttribute(ordinal, leaf.address)
            if not error and 0 <= found != device:
                raise LaunchError(
                    f"{kernel}: an array of shape {leaf.shape} lies on GPU {found}, and GPU {device} is the current one: "
                    f"launch inside `with numba.cuda.gpus[{found}]:` or your library's own way to choose a GPU"
                )


@functools.cache
def capability(device: int) -> tuple[int, int]:
    """Return the compute capability of a GPU."""
    found: tuple[int, int] = tuple(cuda.gpus[device].compute_capability)[:2]
    return found


def _cubin(ptx: str, cc: tuple[int, int]) -> bytes:
    """Return the machine code of PTX, from another process or by nvJitLink, which reads newer PTX than an older driver."""

    def make() -> bytes:
        linker = driver._Linker(cc=cc, lto=False)
        linker.add_ptx(ptx.encode())
        return bytes(linker.complete().code)

    version = [importlib.metadata.version(name) for name in ("numba-cuda", "cuda-core", "cuda-bindings")]
    return kept({"kernel": _entry(ptx), "backend": "cuda", "kind": "cubin"}, make, ptx, cc, version, _linker())


@functools.cache
def _linker() -> tuple[int, ...]:
    from cuda.bindings import nvjitlink

    return tuple(nvjitlink.version())


def _entry(ptx: str) -> str:
    found = re.search(r"\.entry\s+(\w+)", ptx)
    assert found is not None
    return found[1]


class Loaded:
    """A kernel on one GPU.

    Parameters
    ----------
    ptx : str
        Its code.
    device : int
        The GPU, which is current.
    packer : Packer
        What makes its parameters' bytes.
    """

    def __init__(self, ptx: str, device: int, packer: Packer) -> None:
        self.device, self.packer = device, packer
        code = driver.ObjectCode.from_cubin(_cubin(ptx, capability(device)))
        self._module = cuda.current_context().create_module_image(code)
        self.function = self._module.get_function(_entry(ptx))
        self._handle = _bindings.CUfunction(int(self.function.handle))
        self._bytes = ctypes.create_string_buffer(packer.size)
        start = ctypes.addressof(self._bytes)
        self._parameters = (ctypes.c_void_p * len(packer.offsets))(*(start + offset for offset in packer.offsets))
        self._address = ctypes.addressof(self._parameters)
        self._lock = threading.Lock()
        self._dynamic = 0

    @functools.cached_property
    def threads(self) -> int:
        """The smallest block with which most threads fit on a multiprocessor: small blocks waste least at the edges."""
        context = cuda.current_context()

        def resident(block: int) -> int:
            return block * int(context.get_active_blocks_per_multiprocessor(self.function, block, 0))

        return max(_CANDIDATES, key=lambda block: (resident(block), -block))

    def shared_needed(self, dynamic: int) -> tuple[int, int]:
        """Return the bytes of shared memory of a group, and how many this GPU has."""
        most: int = cuda.current_context().device.MAX_SHARED_MEMORY_PER_BLOCK_OPTIN
        return self.function.attrs.shared + dynamic, most

    def allow_shared(self, dynamic: int) -> None:
        """Let launches use more than the 48 KiB of shared memory that every kernel may."""
        if dynamic > self._dynamic:
            attribute = _bindings.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES
            _driver.cuKernelSetAttribute(attribute, dynamic, self.function.handle, self.device)
            self._dynamic = dynamic

    def launch(self, blocks: Extents, threads: Extents, shared: int, stream: int, parameters: bytes) -> None:
        """Put one grid into a stream; returns before it has run.

        Raises
        ------
        CudaAPIError
            Where the driver refuses.
        """
        with self._lock:  # the driver has copied the parameters when it returns
            ctypes.memmove(self._bytes, parameters, len(parameters))
            _driver.cuLaunchKernel(self._handle, *blocks, *threads, shared, stream, self._address, 0)
