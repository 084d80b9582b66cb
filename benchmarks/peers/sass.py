"""GPU code without a GPU: jitkit's instructions, registers and spills beside those of the same kernel in CUDA C by nvcc.

Run as ``python -m benchmarks.peers.sass``. Both sides are assembled by the same ptxas and disassembled by nvdisasm.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from jitkit import cases
from jitkit.backends import sass
from jitkit.inspection import Inspection, instructions

FOLDER = Path(__file__).parent / "cuda"
CAPABILITIES = ((8, 0), (9, 0), (10, 0))


class Comparison(NamedTuple):
    """One kernel for one compute capability, on both sides."""

    name: str
    cc: tuple[int, int]
    ours: Inspection
    theirs: sass.Sass

    @property
    def ratio(self) -> float:
        """Our instructions over nvcc's."""
        return len(instructions(self.ours.sass or "")) / len(instructions(self.theirs.text or ""))


def by_nvcc(source: Path, cc: tuple[int, int]) -> sass.Sass:
    """Return the machine code that nvcc makes of a CUDA C file."""
    nvcc = sass.tool("nvcc")
    if nvcc is None:
        raise SystemExit("nvcc was not found: install the CUDA toolkit to compare with it")
    fast = ["--use_fast_math"] if "--use_fast_math" in source.read_text() else []
    with tempfile.TemporaryDirectory() as folder:
        ptx = Path(folder, "kernel.ptx")
        command = [nvcc, "-O3", *fast, f"-arch=compute_{cc[0]}{cc[1]}", "-ptx", str(source), "-o", str(ptx)]
        subprocess.run(command, check=True)
        found = sass.assemble(ptx.read_text(), cc)
    assert found is not None
    return found


def compare(name: str, cc: tuple[int, int]) -> Comparison:
    """Return both sides of one kernel in float32."""
    case = cases.load(name)
    problem = case.problem("small", dtype="float32")
    ours = case.kernel.inspect(*problem.args, space=problem.space, backend="cuda", cc=cc)
    return Comparison(name, cc, ours, by_nvcc(FOLDER / f"{name}.cu", cc))


def main() -> None:
    """Print the table."""
    columns = ("kernel", "sm", "jitkit", "nvcc", "ratio", "registers", "nvcc's", "spilled bytes")
    table = Table(*columns, title="SASS instructions of float32 kernels")
    for source in sorted(FOLDER.glob("*.cu")):
        for cc in CAPABILITIES:
            row = compare(source.stem, cc)
            counts = [len(instructions(text or "")) for text in (row.ours.sass, row.theirs.text)]
            numbers = (*counts, f"{row.ratio:.2f}", row.ours.registers, row.theirs.registers, row.ours.spills)
            table.add_row(row.name, f"{cc[0]}{cc[1]}", *map(str, numbers))
    Console().print(table)


if __name__ == "__main__":
    main()
