"""Loops whose turns LLVM may take to be independent, as the points of a kernel are: none waits for what another has stored.

LLVM knows only the arrays, which may overlap, and would compare their ends before each row: a hundred instructions, more than
a short row takes.
"""

from __future__ import annotations

from llvmlite import ir
from llvmlite.ir.values import MDValue


class _Distinct(MDValue):
    """A node of metadata that equals no other; llvmlite makes none."""

    def descr(self, buf: list[str]) -> None:
        """Append the node's text."""
        operands = ", ".join(item.get_reference() for item in self.operands)
        buf += (f"distinct !{{ {operands} }}", "\n")


def mark(module: ir.Module, call: ir.Instruction, branch: ir.Instruction) -> None:
    """Mark a call, which is to be inlined, and the branch back to it: what the call loads and stores is its turn's own."""
    group = _distinct(module)
    parallel = module.add_metadata([ir.MetaDataString(module, "llvm.loop.parallel_accesses"), group])
    loop = _distinct(module)
    loop.operands = (loop, parallel)  # a loop's node names itself first
    call.set_metadata("llvm.access.group", group)
    branch.set_metadata("llvm.loop", loop)


def _distinct(module: ir.Module) -> _Distinct:
    return _Distinct(module, (), str(len(module.metadata)))
