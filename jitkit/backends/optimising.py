"""Running LLVM's passes over a module, once, and freeing them.

llvmlite 0.50 never frees a pass manager: `ObjectRef`, which its class names first, hides what would do it. Each
kernel that was compiled kept 0.16 MB that way, which a process that makes kernels by the thousand would never get back.
"""

from __future__ import annotations

import llvmlite.binding as llvm
from llvmlite.binding.newpassmanagers import NewPassManager


def run(passes: llvm.ModulePassManager, module: llvm.ModuleRef, builder: llvm.PassBuilder) -> None:
    """Run passes over a module; they cannot run again."""
    try:
        passes.run(module, builder)
    finally:
        NewPassManager._dispose(passes)
        passes.detach()
