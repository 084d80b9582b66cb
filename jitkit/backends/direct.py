"""Functions as LLVM has them: arguments and results are values.

By itself Numba hands an array's fields over one by one and a result by its address, and returns a code that says whether an
exception was raised, which each caller looks at. What kernels call is inlined and raises nothing: all of that would be
written, parsed and optimised away again. With what `dispatcher` and `compiling` spare, a scan by a new operator compiles in
0.5 s and not 1.2, reduce_by_key in 0.8 and not 1.6.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils, errors, types
from numba.core import ir as numba_ir
from numba.core.callconv import CPUCallConv
from numba.core.cpu import CPUContext
from numba.core.lowering import Lower

from jitkit.backends.operations import OperationType


def call(context: Any, builder: ir.IRBuilder, compiled: Any, args: Sequence[ir.Value]) -> ir.Value:
    """Generate the call of a function.

    Parameters
    ----------
    context
        Numba's CPU context.
    builder : ir.IRBuilder
        Where.
    compiled
        The function's compile result, or its descriptor.
    args : sequence of ir.Value
        Its arguments, in the types that it was compiled for.
    """
    described = getattr(compiled, "fndesc", compiled)
    function = _declared(context, builder.module, described.uid, described.restype, described.argtypes)
    if described.inline:
        function.attributes.add("alwaysinline")
    return _returned(context, builder, function, described.restype, args)


def implementation(described: Any, library: Any) -> Callable[..., ir.Value]:
    """Return what Numba calls where code calls a function: it links the function's library too."""

    def implement(context: Any, builder: ir.IRBuilder, signature: Any, args: Sequence[ir.Value]) -> ir.Value:
        return call(context, builder, described, args)

    implement.libs = (library,)  # type: ignore[attr-defined]
    return implement


def _declared(context: Any, module: ir.Module, uid: int, result: Any, kinds: Sequence[Any]) -> ir.Function:
    kind = ir.FunctionType(_result_type(context, result), [context.get_value_type(item) for item in kinds])
    return cgutils.get_or_insert_function(module, kind, f"jk.{uid}")


def _result_type(context: Any, result: Any) -> ir.Type:
    model = context.data_model_manager[result]
    return model.get_value_type() if isinstance(result, types.Optional) else model.get_return_type()


def _returned(
    context: Any, builder: ir.IRBuilder, function: ir.Function, result: Any, args: Sequence[ir.Value]
) -> ir.Value:
    value = builder.call(function, args)
    return value if isinstance(result, types.Optional) else context.get_returned_value(builder, result, value)


class _Convention(CPUCallConv):
    """The ways out of a function; calls of Numba's own functions are made as ever."""

    def return_value(self, builder: ir.IRBuilder, retval: ir.Value) -> None:
        builder.ret(retval)

    def return_optional_value(self, builder: ir.IRBuilder, retty: Any, valty: Any, value: ir.Value) -> None:
        builder.ret(self.context.cast(builder, value, valty, retty))

    def return_user_exc(self, builder: ir.IRBuilder, *args: Any, **kwargs: Any) -> None:
        # No body raises. Numba's loop over a tuple still has a way out for an index behind its end, which would part lanes.
        builder.unreachable()

    return_dynamic_user_exc = return_user_exc
    _return_errcode_raw = return_user_exc


class _Context(CPUContext):
    """Numba's CPU context while it generates one of these functions."""

    plain: Any

    @property
    def call_conv(self) -> _Convention:
        return _Convention(self)

    def post_lowering(self, mod: Any, library: Any) -> None:
        """Leave out Numba's memory management, which would be linked with each function."""

    def get_function(self, fn: Any, sig: Any, _firstcall: bool = True) -> Any:
        """Return what generates a call."""
        return fn.code(self, sig) if isinstance(fn, OperationType) else super().get_function(fn, sig, _firstcall)

    def compile_subroutine(self, *args: Any, **kwargs: Any) -> Any:
        """Compile a function of Numba's own in its own way."""
        return self.plain.compile_subroutine(*args, **kwargs)


def context_of(plain: Any) -> Any:
    """Return the context with which one of these functions is generated."""
    context = copy.copy(plain)
    context.__class__ = _Context
    context.plain = plain
    return context


class DirectLower(Lower):
    """From Numba's typed IR to LLVM's."""

    def emit_environment_object(self) -> None:
        """Numba's exceptions and objects of Python's would need an environment."""

    def setup_function(self, fndesc: Any) -> None:
        """Begin the function."""
        self.function = _declared(self.context, self.module, fndesc.uid, fndesc.restype, fndesc.argtypes)
        if fndesc.inline:
            self.function.attributes.add("alwaysinline")
        self.entry_block = self.function.append_basic_block("entry")
        self.builder = ir.IRBuilder(self.entry_block)
        self.call_helper = None

    def extract_function_arguments(self) -> Sequence[ir.Value]:
        """Return the arguments."""
        self.fnargs = self.function.args
        return self.fnargs

    def lower_block(self, block: Any) -> None:
        """Generate a block; Numba would note for each statement what an error would say, and look for ``try``."""
        self._cur_ir_block = block
        for inst in block.body:
            self.loc = inst.loc
            try:
                self.lower_inst(inst)
            except Exception:
                with errors.new_error_context('lowering "{inst}" at {loc}', inst=inst, loc=self.loc):
                    raise

    def alloca_lltype(self, name: str, lltype: ir.Type, datamodel: Any = None) -> ir.Value:
        """Make room for a variable; Numba would have LLVM tell the size of each, for debuggers."""
        return cgutils.alloca_once(self.builder, lltype, name=name)

    def lower_inst(self, inst: Any) -> None:
        """Generate a statement; for the log that Numba might be asked for it turns each into a text first."""
        if type(inst) is numba_ir.Assign:
            name = inst.target.name
            self.storevar(self.lower_assign(self.typeof(name), inst), name)
        else:
            super().lower_inst(inst)

    def storevar(self, value: ir.Value, name: str, argidx: int | None = None) -> None:
        """Store a variable, in whose place nothing is to be released."""
        if name in self._singly_assigned_vars:
            self._blk_local_varmap[name] = value
        else:
            self.builder.store(value, self.getvar(name))

    def _lower_call_RecursiveCall(self, fnty: Any, expr: Any, signature: Any) -> ir.Value:  # noqa: N802
        args = self.fold_call_args(fnty, signature, expr.args, expr.vararg, expr.kws)
        uid = fnty.get_overloads(signature.args).uid
        function = _declared(self.context, self.module, uid, signature.return_type, signature.args)
        return _returned(self.context, self.builder, function, signature.return_type, args)
