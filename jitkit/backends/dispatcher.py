"""Numba's dispatchers of functions that only other compiled code calls.

By itself Numba links each compiled function into this process, wrapped as a Python function that serves as its name. The
code of kernels and helpers is only linked into drivers, and its library serves as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba.core import types
from numba.core.datamodel import models, register_default
from numba.core.registry import CPUDispatcher

from jitkit.backends.passes import KernelCompiler


class _BodyType(types.Dispatcher):
    """The type of a function."""

    def get_call_type(self, context: Any, args: Any, kws: Any) -> Any:
        """Return the signature for arguments of some types; Numba would choose among all that were compiled."""
        return self.dispatcher.signature_for(args, kws)


register_default(_BodyType)(models.OpaqueModel)


class BodyDispatcher(CPUDispatcher):
    """The dispatcher of one function.

    Parameters
    ----------
    func : callable
        The function.
    forceinline : bool
        Whether LLVM must inline it wherever it is called.
    """

    def __init__(self, func: Callable, forceinline: bool) -> None:
        # NumPy's error model: a division by zero gives infinity or 0 and never raises, which is what lets loops vectorise.
        # No reference counts: kernels own no memory. No wrappers: only the driver is called, and not by Python's objects.
        options = {
            "nopython": True, "error_model": "numpy", "_nrt": False, "forceinline": forceinline, "no_cpython_wrapper": True,
            "no_cfunc_wrapper": True,
        }  # fmt: skip
        super().__init__(func, targetoptions=options, pipeline_class=KernelCompiler)
        self._type = _BodyType(self)
        self.typingctx._remove_global(self)
        self.typingctx.insert_global(self, self._type)

    @property
    def _numba_type_(self) -> _BodyType:
        return self._type

    def signature_for(self, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        """Compile for arguments of some types, and return the signature."""
        pysig, folded = self._compiler.fold_argument_types(args, kws)
        self.compile(tuple(folded))
        return self.overloads[tuple(folded)].signature.replace(pysig=pysig)

    def compile(self, sig: Any) -> Any:
        """Compile for a tuple of types, unless that has been done."""
        found = self.overloads.get(sig)
        return super().compile(sig) if found is None else found.entry_point

    def add_overload(self, cres: Any) -> None:
        """Keep what was compiled, and do not tell Numba's way from Python's calls of it."""
        self.overloads[tuple(cres.signature.args)] = cres
