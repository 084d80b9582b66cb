"""Numba's code of a kernel's body kept as plain LLVM IR: only the driver, into which it is inlined, becomes machine code.

By itself Numba optimises each function and emits it before it links a copy into its callers. For a body that is never
called from Python this costs compile time, and LLVM widens the body's inner loops too early.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import llvmlite.binding as llvm
from numba.core.codegen import JITCodeLibrary

_ENVIRONMENT = "_ZN08NumbaEnv"


class UnlinkedLibrary(JITCodeLibrary):
    """A code library whose module stays as it was written."""

    def _optimize_functions(self, ll_module: Any) -> None:
        # Before helpers are inlined LLVM does not see their barriers, and takes loops around them apart.
        ll_module.data_layout = self._codegen._data_layout

    def _optimize_final_module(self) -> None:
        """Leave the module alone."""

    def _finalize_final_module(self) -> None:
        # Numba writes into the environment's global after compiling, so that alone has to exist.
        names = [item.name for item in self._final_module.global_variables if item.name.startswith(_ENVIRONMENT)]
        globals_ = "".join(f"@{name} = common global ptr null\n" for name in names)
        self._codegen._add_module(llvm.parse_assembly(globals_))
        self._codegen._engine.finalize_object()
        self._finalized = True


@contextlib.contextmanager
def unlinked(codegen: Any) -> Iterator[None]:
    """Make the libraries that Numba creates inside the ``with`` block unlinked; Numba's compiler lock must be held."""
    codegen._library_class = UnlinkedLibrary
    try:
        yield
    finally:
        del codegen._library_class
