"""The GPU's machine code for PTX, by NVIDIA's ptxas and nvdisasm where they are installed; no GPU is needed."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from typing import NamedTuple

from jitkit.errors import BackendError

# CUDA C++ Programming Guide, "Compute Capabilities": resident threads and blocks of a multiprocessor; all have 64 Ki
# registers.
_THREADS = {(7, 5): 1024, (8, 6): 1536, (8, 7): 1536, (8, 9): 1536, (12, 0): 1536, (12, 1): 1536}
_REGISTERS = 65536
_BLOCKS = {(7, 5): 16, (8, 6): 16, (8, 7): 16, (8, 9): 24, (12, 0): 24, (12, 1): 24}
_SHARED = {(8, 0): 164, (8, 6): 100, (8, 9): 100, (9, 0): 228, (10, 0): 228, (12, 0): 100}


class Sass(NamedTuple):
    """An assembled kernel: its disassembly (None without nvdisasm), registers of a thread, bytes spilled and shared."""

    text: str | None
    registers: int
    spills: int
    shared: int


@functools.cache
def tool(name: str) -> str | None:
    """Return the path of one of NVIDIA's tools, from a pip package or the PATH, or None."""
    for folder in Path(sysconfig.get_paths()["purelib"]).glob("nvidia/*/bin"):
        if (folder / name).exists():
            return str(folder / name)
    return shutil.which(name)


def assemble(ptx: str, cc: tuple[int, int]) -> Sass | None:
    """Return the machine code of PTX for a compute capability, or None where ptxas is not installed.

    Raises
    ------
    BackendError
        Where ptxas refuses the PTX.
    """
    ptxas, nvdisasm = tool("ptxas"), tool("nvdisasm")
    if ptxas is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        source, cubin = Path(folder, "kernel.ptx"), Path(folder, "kernel.cubin")
        source.write_text(_readable(ptx, ptxas))
        command = [ptxas, f"-arch=sm_{cc[0]}{cc[1]}", "-O3", "-v", str(source), "-o", str(cubin)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BackendError(f"ptxas refused the kernel for sm_{cc[0]}{cc[1]}: {done.stderr.strip()}")
        text = nvdisasm and subprocess.run([nvdisasm, str(cubin)], capture_output=True, text=True, check=True).stdout
    figures = {name: sum(map(int, re.findall(pattern, done.stderr))) for name, pattern in _FIGURES.items()}
    return Sass(text or None, figures["registers"], figures["spills"], figures["shared"])


_FIGURES = {
    "registers": r"Used (\d+) registers",
    "spills": r"(\d+) bytes spill (?:stores|loads)",
    "shared": r"(\d+) bytes smem",
}


def _readable(ptx: str, ptxas: str) -> str:
    """Lower the PTX version to the newest that an older ptxas reads; the instructions used here are older than both."""
    release = re.search(
        r"release (\d+)\.(\d+)", subprocess.run([ptxas, "--version"], capture_output=True, text=True).stdout
    )
    own = re.search(r"^\.version (\d+)\.(\d+)", ptx, re.MULTILINE)
    if release is None or own is None:
        return ptx
    # CUDA 12.x reads PTX 8.x and CUDA 13.x reads 9.x (PTX ISA, "Release notes").
    newest = (int(release[1]) - 4, int(release[2]))
    if (int(own[1]), int(own[2])) <= newest:
        return ptx
    return ptx.replace(own[0], f".version {newest[0]}.{newest[1]}", 1)


def occupancy(registers: int, shared: int, cc: tuple[int, int], block: int = 256) -> float:
    """Return the fraction of a multiprocessor's threads that can be resident at once.

    Parameters
    ----------
    registers : int
        Of a thread; allocated in units of 8, and for a warp at a time.
    shared : int
        Bytes of shared memory of a block; each block also takes 1 KiB for the system.
    cc : tuple of int
    block : int
        Threads of a block; whole warps are resident.
    """
    most, warps = _THREADS.get(cc, 2048) // 32, -(-block // 32)
    by_registers = _REGISTERS // (-(-registers // 8) * 8 * 32 * warps)
    by_shared = _SHARED.get(cc, 164) * 1024 // (shared + 1024)
    return min(most // warps, by_registers, by_shared, _BLOCKS.get(cc, 32)) * warps / most
