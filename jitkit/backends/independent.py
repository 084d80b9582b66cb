"""Loops whose turns LLVM may take to be independent, as the points of a kernel are: none waits for what another has stored.

LLVM knows only the arrays, which may overlap, and would compare their ends before each row: a hundred instructions, more than
a short row takes.
"""

from __future__ import annotations

from llvmlite import ir

from jitkit.backends.loops import distinct, tell


def mark(module: ir.Module, call: ir.Instruction, branch: ir.Instruction) -> None:
    """Mark a call, which is to be inlined, and the branch back to it: what the call loads and stores is its turn's own."""
    group = distinct(module)
    parallel = module.add_metadata([ir.MetaDataString(module, "llvm.loop.parallel_accesses"), group])
    call.set_metadata("llvm.access.group", group)
    tell(module, branch, parallel)
