"""PTX as something to launch: ``Module(text).launch(name, grid, block, args)`` with NumPy arrays and numbers."""

from __future__ import annotations

import dataclasses
import functools
import math
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import executor, reader, syntax
from .arguments import byte_ranges, packed
from .errors import EmulatorError
from .findings import raise_for
from .globals import Layout, layout
from .kept import kept
from .translated import Translation

MAX_THREADS = 1024
MAX_GRID = (2**31 - 1, 65535, 65535)
_ALIGNMENT = 128


class Module:
    """The kernels of a PTX text, executed on the CPU.

    The variables of the module (``.global`` and ``.const``) live as long as it does, as those of a module loaded on a
    GPU do.

    Parameters
    ----------
    text : str
        PTX as a compiler writes it: nvcc, NVVM, Triton.
    agreed : tuple of str, optional
        Variables in shared memory into which all threads of a block write the same: none of them races with another there.

    Attributes
    ----------
    entries : tuple of str
        The names of the kernels.

    Raises
    ------
    EmulatorError
        Where the text cannot be read; the message names the line.

    Examples
    --------
    >>> import numpy as np
    >>> text = '''
    ... .version 8.0
    ... .target sm_80
    ... .address_size 64
    ... .visible .entry number(.param .u64 x) {
    ...     .reg .b32 %r<2>;
    ...     .reg .b64 %rd<4>;
    ...     ld.param.u64 %rd1, [x];
    ...     mov.u32 %r1, %tid.x;
    ...     mul.wide.u32 %rd2, %r1, 4;
    ...     add.s64 %rd3, %rd1, %rd2;
    ...     st.global.u32 [%rd3], %r1;
    ...     ret;
    ... }'''
    >>> x = np.zeros(4, dtype=np.int32)
    >>> Module(text).launch("number", 1, 4, [x])
    >>> x
    array([0, 1, 2, 3], dtype=int32)
    """

    def __init__(self, text: str, agreed: tuple[str, ...] = ()) -> None:
        self.text, self.agreed = text, agreed
        self._programs: dict[tuple[str, bool, bool], executor.Program] = {}
        self._lock = threading.Lock()
        self.entries: tuple[str, ...]
        self.entries, self._layout = kept("module", "", self._head, text)

    @functools.cached_property
    def syntax(self) -> syntax.Module:
        """What was read; a text that another process has read and compiled is read again where something is found."""
        return reader.read(self.text)

    def _head(self) -> tuple[tuple[str, ...], Layout]:
        return self.syntax.entries, layout(self.syntax)

    def launch(
        self,
        name: str,
        grid: int | Sequence[int],
        block: int | Sequence[int],
        args: Sequence[Any],
        shared: int = 0,
        *,
        bounds: bool = False,
        races: bool = False,
        strict_barriers: bool = True,
        memory: Sequence[Any] = (),
    ) -> None:
        """Run a kernel; returns when it has run.

        Parameters
        ----------
        name : str
            The entry's name.
        grid, block : int or up to 3 ints
            Blocks, and threads of a block, along x, y and z.
        args : sequence
            One for each parameter: a NumPy array (its address is passed), a NumPy or Python number (converted to the
            parameter's type), or bytes (a struct passed by value).
        shared : int, default 0
            Bytes of dynamic shared memory.
        bounds : bool, default False
            Report accesses outside every array of `args` and `memory`, outside shared and local memory, and misaligned.
        races : bool, default False
            Report races in shared memory.
        strict_barriers : bool, default True
            Report barriers that a thread has left out by exiting, or that threads of a block reach at different places.
            GPUs since compute capability 7.0 tolerate the former: False does too.
        memory : sequence of arrays, optional
            Arrays that the kernel reaches through addresses inside others.

        Raises
        ------
        EmulatorError
            For an unknown entry, arguments that do not fit, PTX that is not emulated, and what the checks find: the
            message names the PTX line and, where the text says, the line of the source.
        """
        program = self.program(name, bounds=bounds, races=races)
        blocks, threads = _extent(grid, "grid", MAX_GRID), _extent(block, "block", (1024, 1024, 64))
        _check_block(name, program, threads)
        arrays = [value for value in (*args, *memory) if isinstance(value, np.ndarray)]
        self.start(
            name, program, blocks, threads, packed(name, program.translation, args), shared,
            ranges=byte_ranges(arrays), strict=strict_barriers, races=races,
        )  # fmt: skip

    def program(self, name: str, *, bounds: bool = False, races: bool = False) -> executor.Program:
        """Return a kernel compiled for this machine, compiling it the first time."""
        key, identity = (name, bounds, races), (self.text, bounds, races, self.agreed)
        with self._lock:
            if key not in self._programs:
                made = kept("entry", name, lambda: self._compile(name, bounds, races), *identity)
                self._programs[key] = executor.load(*made)
            return self._programs[key]

    def _compile(self, name: str, bounds: bool, races: bool) -> tuple[Translation, bytes]:
        from .translation import Options, translate

        translation = translate(self.syntax, name, Options(bounds=bounds, races=races, agreed=self.agreed))
        return dataclasses.replace(translation, llvm=""), executor.compile_entry(translation)

    def start(
        self,
        name: str,
        program: executor.Program,
        blocks: executor.Extent,
        threads: executor.Extent,
        params: bytes,
        shared: int,
        *,
        ranges: Sequence[tuple[int, int]] = (),
        strict: bool = True,
        races: bool = False,
        ignored: Sequence[tuple[int, int]] = (),
    ) -> None:
        """Run a compiled kernel whose parameters are packed already; as `launch` otherwise."""
        buffer = self._variables
        variables = (buffer.ctypes.data, buffer.nbytes)
        grid = executor.Grid(blocks, threads, params, shared, ranges, variables, strict, races, ignored)
        found = executor.execute(program, grid)
        if found is not None:
            raise_for(self.syntax, name, grid, found)

    @functools.cached_property
    def _variables(self) -> NDArray[np.uint8]:
        """The module's variables in memory, as they are before the first launch."""
        own = self._layout
        buffer = np.zeros(own.size + _ALIGNMENT, np.uint8)
        aligned = buffer[-buffer.ctypes.data % _ALIGNMENT :][: own.size]
        aligned[:] = np.frombuffer(bytes(own.image), np.uint8)
        for item in own.relocations:
            address = aligned.ctypes.data + own.offsets[item.name] + item.addend
            aligned[item.offset : item.offset + 8] = np.frombuffer(address.to_bytes(8, "little"), np.uint8)
        return aligned


def _extent(value: int | Sequence[int], what: str, limits: tuple[int, int, int]) -> executor.Extent:
    given = (value,) if isinstance(value, (int, np.integer)) else tuple(value)
    if not 1 <= len(given) <= 3 or any(not 1 <= n <= most for n, most in zip(given, limits, strict=False)):
        raise EmulatorError(f"the {what} is {value!r}: 1 to 3 numbers from 1 to {limits}")
    x, y, z = (*map(int, given), 1, 1)[:3]
    return x, y, z


def _check_block(name: str, program: executor.Program, threads: executor.Extent) -> None:
    count, most = math.prod(threads), program.translation.directives.get("maxntid")
    limit = math.prod(most) if most else MAX_THREADS
    if count > limit:
        raise EmulatorError(f"{name}: a block of {count} threads; this kernel takes at most {limit}")
    wanted = program.translation.directives.get("reqntid")
    if wanted and (*wanted, 1, 1)[:3] != threads:
        raise EmulatorError(f"{name}: a block of {threads} threads; this kernel requires {wanted}")
