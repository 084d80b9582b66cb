"""What is generated for a kernel: types, LLVM IR, assembly, PTX, SASS, and the figures that matter in them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from jitkit.launch import arguments
from jitkit.launch.definition import Call

_ON_VECTORS = re.compile(r"= (?:load|f?add|f?sub|f?mul|fdiv|[if]cmp|select)\b[^\n%]*<\d+ x (?!ptr)")


@dataclass(frozen=True)
class Inspection:
    """What was generated for a kernel and arguments of certain types; `None` stands where a figure does not apply.

    Attributes
    ----------
    kernel, backend : str
        What was inspected.
    types : dict of str to str
        The arguments' types.
    llvm : str or None
        The optimised LLVM IR (CPU).
    asm : str or None
        The machine code (CPU).
    vectorized : bool or None
        Whether the code computes with vectors: of points, or of the terms of an inner loop (CPU).
    ptx : str or None
        CUDA's intermediate code.
    sass : str or None
        The GPU's machine code, where ptxas and nvdisasm are installed.
    registers, spills, occupancy : int, int, float, or None
        Registers of a thread, bytes spilled to memory, and the fraction of a multiprocessor's threads that can be
        resident at once with blocks of 256, or the kernel's own groups, where ptxas is installed.
    shared : int or None
        Bytes of shared memory of a group, those included whose number depends on the arguments, where ptxas is installed.
    """

    kernel: str
    backend: str
    types: dict[str, str]
    llvm: str | None = None
    asm: str | None = None
    vectorized: bool | None = None
    ptx: str | None = None
    sass: str | None = None
    registers: int | None = None
    spills: int | None = None
    occupancy: float | None = None
    shared: int | None = None

    def __repr__(self) -> str:
        facts = {
            "vectorised": None if self.vectorized is None else "yes" if self.vectorized else "no",
            "vector widths": ", ".join(self.vector_types) if self.llvm else None,
            "PTX lines": self.ptx and len(self.ptx.splitlines()),
            "SASS instructions": self.sass and len(instructions(self.sass)),
            "registers": self.registers,
            "spilled bytes": self.spills,
            "shared bytes": self.shared or None,
            "occupancy": None if self.occupancy is None else f"{self.occupancy:.0%}",
        }
        lines = [f"{self.kernel} on {self.backend}", *(f"  {name}: {text}" for name, text in self.types.items())]
        return "\n".join([*lines, *(f"{name}: {value}" for name, value in facts.items() if value is not None)])

    @property
    def vector_types(self) -> list[str]:
        """The LLVM vector types in the generated code, such as ``<8 x float>``."""
        return sorted(set(re.findall(r"<\d+ x (?:float|double|half|i\d+)>", self.llvm or "")))


def instructions(sass: str) -> list[str]:
    """Return the instructions in a disassembly, without the padding behind the last exit."""
    found = re.findall(r"^\s*/\*[0-9a-f]{4,}\*/\s+(.*?;)", sass, re.MULTILINE)
    padding = ("NOP", "BRA `(.L_x_", "BRA 0x")
    while found and found[-1].startswith(padding):
        found.pop()
    return found


def inspect(call: Call, backend: str, engine: Any, values: tuple, cc: tuple[int, int]) -> Inspection:
    """Generate code for a prospective launch and describe it; the public face is `Kernel.inspect`."""
    name = call.kernel.name
    types = dict(entry.split(": ") for entry in arguments.describe(call.argument_names, values).split(", ") if entry)
    if backend == "cpu":
        return _cpu(name, types, engine.library(call, values))
    return _cuda(call, types, engine.prepare(call, values, cc), values, cc)


def _cpu(name: str, types: dict[str, str], library: Any) -> Inspection:
    llvm, asm = library.get_llvm_str(), library.get_asm_str()
    return Inspection(name, "cpu", types, llvm=llvm, asm=asm, vectorized=bool(_ON_VECTORS.search(llvm)))


def _cuda(call: Call, types: dict[str, str], ptx: str, values: tuple, cc: tuple[int, int]) -> Inspection:
    from jitkit.backends import sass

    name, found = call.kernel.name, sass.assemble(ptx, cc)
    if found is None:
        return Inspection(name, "cuda", types, ptx=ptx)
    block = 256 if call.kernel.group is None else math.prod(call.kernel.group)
    dynamic = call.kernel.program.dynamic_shared_bytes(dict(zip(call.argument_names, values, strict=True)))
    return Inspection(
        name, "cuda", types, ptx=ptx, sass=found.text, registers=found.registers, spills=found.spills,
        occupancy=sass.occupancy(found.registers, found.shared + dynamic, cc, block), shared=found.shared + dynamic,
    )  # fmt: skip
