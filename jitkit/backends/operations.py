"""The language's operations as Numba meets them while it compiles for the CPU.

Numba's `intrinsic` is a template like all that it overloads: for each call it asks for the target and its registries, for
literal and other types, and in the end by Python's signature whether the code wants to know its place. An operation has one
definition, which is asked once for the types of a call.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.datamodel import models, register_default
from numba.core.errors import TypingError

from jitkit.backends.lowering.typing import Definition


class OperationType(types.Callable, types.Opaque):
    """The type of an operation.

    Parameters
    ----------
    definition : callable
        ``definition(typing context, *types)``, which returns a signature and ``code(context, builder, signature, args)``.
    """

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self._signatures: dict[tuple[Any, ...], Any] = {}
        self._codes: dict[tuple[Any, ...], Callable[..., ir.Value]] = {}
        super().__init__(f"operation {definition.__qualname__} at {id(definition)}")

    def get_call_type(self, context: Any, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        """Return the signature for arguments of some types: of literals before what these are of."""
        key = args, tuple(kws.items())
        found = self._signatures.get(key)
        if found is None:
            found = self._signatures[key] = self._defined_for_literals(context, args, kws)
        return found

    def _defined_for_literals(self, context: Any, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        try:
            return self._defined(context, args, kws)
        except TypingError:  # the one to show where others do no better: it names what the user wrote
            with contextlib.suppress(TypingError):
                plain = {name: types.unliteral(kind) for name, kind in kws.items()}
                return self._defined(context, tuple(map(types.unliteral, args)), plain)
            raise

    def _defined(self, context: Any, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        signature, code = self.definition(context, *args, **kws)
        declared = inspect.signature(self.definition)
        signature = signature.replace(pysig=declared.replace(parameters=[*declared.parameters.values()][1:]))
        self._codes[signature.args] = code
        return signature

    def get_call_signatures(self) -> tuple[tuple[()], bool]:
        """Return that any types may fit."""
        return (), True

    def get_impl_key(self, sig: Any) -> Any:
        """Return what stands for the code of a signature."""
        return self._codes[sig.args]

    def code(self, context: Any, signature: Any) -> Callable[..., ir.Value]:
        """Return what generates a call, as ``code(builder, args, loc)``."""
        generate = self._codes[signature.args]
        return lambda builder, args, loc=None: generate(context, builder, signature, args)


register_default(OperationType)(models.OpaqueModel)


class CpuOperation:
    """What stands for an operation in the globals of rewritten code."""

    def __init__(self, definition: Definition) -> None:
        self._numba_type_ = OperationType(definition)
