"""Numba's code of functions kept as plain LLVM IR: only the driver, into which it is inlined, becomes machine code.

By itself Numba optimises each function and emits it, and links a copy into each of its callers, and that with all it holds
into theirs. For code that is never called from Python this costs compile time, and LLVM widens the inner loops too early.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba.core.codegen import CodeLibrary, JITCodeLibrary

_ENVIRONMENT = "_ZN08NumbaEnv"


class UnlinkedLibrary(JITCodeLibrary):
    """A code library whose module stays as it was written, apart from those of the functions that it calls."""

    def __init__(self, codegen: Any, name: str) -> None:
        CodeLibrary.__init__(self, codegen, name)
        self._linking_libraries: list[Any] = []
        self._final_module: Any = None
        self._shared_module: Any = None

    def add_ir_module(self, ir_module: ir.Module) -> None:
        """Add functions."""
        self.add_llvm_module(llvm.parse_assembly(str(ir_module)))

    def add_llvm_module(self, ll_module: Any) -> None:
        """Add functions."""
        self._raise_if_finalized()
        if self._final_module is None:
            self._final_module = ll_module
        else:
            self._final_module.link_in(ll_module)

    def finalize(self) -> None:
        """Let nothing be added any more."""
        self._finalized = True
        # Numba writes into the environments of functions of its own after compiling, so these have to exist.
        names = [item.name for item in self._final_module.global_variables if item.name.startswith(_ENVIRONMENT)]
        if names:
            text = "".join(f"@{name} = common global ptr null\n" for name in names)
            self._codegen._add_module(llvm.parse_assembly(text))
            self._codegen._engine.finalize_object()

    def _get_module_for_linking(self) -> Any:
        """Return a module of these functions and of all that they call."""
        self._ensure_finalized()
        if self._shared_module is None:
            whole = self._final_module.clone()
            for library in self._reached():
                whole.link_in(library._final_module, preserve=True)
            self._shared_module = whole
        return self._shared_module

    def _reached(self) -> list[Any]:
        """Return the libraries behind this one, each once."""
        found: dict[Any, None] = {}
        pending = list(self._linking_libraries)
        while pending:
            library = pending.pop()
            if library not in found:
                found[library] = None
                pending += library._linking_libraries
        return list(found)


@contextlib.contextmanager
def unlinked(codegen: Any) -> Iterator[None]:
    """Make the libraries that Numba creates inside the ``with`` block unlinked; Numba's compiler lock must be held."""
    codegen._library_class = UnlinkedLibrary
    try:
        yield
    finally:
        del codegen._library_class
