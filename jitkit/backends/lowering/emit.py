"""Instructions for scalars: conversions, and arithmetic with NumPy's meaning, as LLVM IR that CPUs and NVVM both take.

A value's LLVM form follows from its scalar type: integers ``iN``, booleans ``i1``, float32 and float64 themselves, float16
its 16 bits (computed in float32 and rounded back, which gives the correctly rounded result: 24 >= 2 * 11 + 2 bits),
complex a pair, a weak float the pair of `weak`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir

from jitkit.backends.lowering.weak import FLOAT_PAIR
from jitkit.frontend.promotion import BOOL, Scalar, is_weak, kind

I1, I16, I32, I64 = (ir.IntType(bits) for bits in (1, 16, 32, 64))
F32, F64 = ir.FloatType(), ir.DoubleType()
FLOAT16, FLOAT32, FLOAT64 = np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64)


@dataclass(frozen=True)
class Mode:
    """What generated code is for: the target (``cpu`` or ``cuda``) and the arithmetic allowed.

    `narrow` says that every array spans less than 2 GiB, so that places in arrays are computed in 32 bits: on a GPU a
    64-bit product is four instructions (heat: 1.3 times the instructions of nvcc's ``int`` indices without it).
    `group` is the shape of a kernel's groups, None in a plain kernel; `cut` says that a CUDA grid holds only part of a
    launch's groups.
    """

    target: str
    fastmath: bool = False
    narrow: bool = False
    group: tuple[int, ...] | None = None
    cut: bool = False

    @property
    def flags(self) -> tuple[str, ...]:
        """LLVM's fast-math flags. NaN and infinity are kept in both modes, signed zeros only in the strict one."""
        return ("contract", "reassoc", "arcp", "nsz") if self.fastmath else ("contract",)


def llvm_type(scalar: Scalar) -> ir.Type:
    """Return the LLVM type that holds a scalar."""
    if scalar is float:
        return FLOAT_PAIR
    if scalar is int:
        return I64
    if scalar is complex:
        return ir.LiteralStructType([F64, F64])
    if scalar == BOOL:
        return I1
    if scalar.kind in "iu":
        return ir.IntType(8 * scalar.itemsize)
    if scalar.kind == "c":
        part = F32 if scalar.itemsize == 8 else F64
        return ir.LiteralStructType([part, part])
    return {2: I16, 4: F32, 8: F64}[scalar.itemsize]


def part_of(scalar: Scalar) -> Scalar:
    """Return the real type of a complex type's parts; a real type is its own."""
    if scalar is complex:
        return float
    if not is_weak(scalar) and scalar.kind == "c":
        return FLOAT32 if scalar.itemsize == 8 else FLOAT64
    return scalar


def is_signed(scalar: Scalar) -> bool:
    """Tell whether integers of this type have a sign."""
    return kind(scalar) == "i"


class Emitter:
    """An instruction builder that knows the kernel's arithmetic mode."""

    def __init__(self, builder: ir.IRBuilder, mode: Mode) -> None:
        self.builder, self.mode, self.flags = builder, mode, mode.flags

    # ---- conversions

    def convert(self, value: ir.Value, source: Scalar, target: Scalar) -> ir.Value:
        """Return a value in another scalar type, as NumPy's astype would."""
        if source is int and value.type == I32:  # an index held in 32 bits; see weak.weak_index
            value = self.builder.sext(value, I64)
        if source == target and is_weak(source) == is_weak(target):
            return value
        if target == BOOL and not is_weak(target):
            return self.truth(value, source)
        if kind(source) == "c" or kind(target) == "c":
            return self._convert_complex(value, source, target)
        if source is float:
            value, source = self.narrowed(value, target)
        if target is float:
            return self._weaken(value, source)
        if source == FLOAT16:
            value, source = self.half_to_float(value), FLOAT32
        if target == FLOAT16:
            return self.float_to_half(self.convert(value, source, FLOAT32))
        return self._convert_real(value, source, target)

    def narrowed(self, pair: ir.Value, target: Scalar) -> tuple[ir.Value, Scalar]:
        """Return the member of a weak float that has the target's precision, with its type."""
        if target in (FLOAT32, FLOAT16):
            return self.builder.extract_value(pair, 1), FLOAT32
        return self.builder.extract_value(pair, 0), FLOAT64

    def _weaken(self, value: ir.Value, source: Scalar) -> ir.Value:
        # Both members straight from the source: whoever wants the float then never sees a double.
        pair = ir.Constant(FLOAT_PAIR, ir.Undefined)
        pair = self.builder.insert_value(pair, self.convert(value, source, FLOAT64), 0)
        return self.builder.insert_value(pair, self.convert(value, source, FLOAT32), 1)

    def _convert_complex(self, value: ir.Value, source: Scalar, target: Scalar) -> ir.Value:
        if kind(source) == "c":
            if kind(target) != "c":
                return self.convert(self.builder.extract_value(value, 0), self._component(source), target)
            parts = [self.builder.extract_value(value, k) for k in (0, 1)]
            return self.pair(*(self.convert(p, self._component(source), self._component(target)) for p in parts))
        part = self._component(target)
        return self.pair(self.convert(value, source, part), ir.Constant(llvm_type(part), 0.0))

    @staticmethod
    def _component(scalar: Scalar) -> Scalar:
        return FLOAT64 if scalar is complex else part_of(scalar)

    def pair(self, first: ir.Value, second: ir.Value) -> ir.Value:
        """Return two values as a complex number."""
        result = ir.Constant(ir.LiteralStructType([first.type, second.type]), ir.Undefined)
        return self.builder.insert_value(self.builder.insert_value(result, first, 0), second, 1)

    def _convert_real(self, value: ir.Value, source: Scalar, target: Scalar) -> ir.Value:
        builder, wide = self.builder, llvm_type(target)
        if kind(source) == "f":
            if kind(target) == "f":
                return (builder.fpext if wide == F64 else builder.fptrunc)(value, wide) if value.type != wide else value
            return self._float_to_int(value, target)
        if kind(target) == "f":
            return (builder.sitofp if is_signed(source) else builder.uitofp)(value, wide)
        if value.type.width == wide.width:
            return value
        if value.type.width > wide.width:
            return builder.trunc(value, wide)
        return (builder.sext if is_signed(source) else builder.zext)(value, wide)

    def _float_to_int(self, value: ir.Value, target: Scalar) -> ir.Value:
        # NumPy converts through the signed 64-bit integer and wraps for the narrow and unsigned types, as C does on x86.
        # A direct conversion of an out-of-range value would be poison to LLVM.
        builder, wide = self.builder, llvm_type(target)
        if kind(target) == "u" and wide.width == 64:
            limit = ir.Constant(value.type, 2.0**63)
            small = builder.fptosi(value, I64)
            large = builder.xor(builder.fptosi(builder.fsub(value, limit), I64), ir.Constant(I64, -(2**63)))
            return builder.select(builder.fcmp_ordered("<", value, limit), small, large)
        middle = ir.IntType(32) if wide.width < 32 else ir.IntType(64) if kind(target) == "u" else wide
        whole = builder.fptosi(value, middle)
        return builder.trunc(whole, wide) if middle.width > wide.width else whole

    def half_to_float(self, bits: ir.Value) -> ir.Value:
        """Return the float32 value of 16 bits."""
        if self.mode.target == "cuda":  # NVVM has no half type in the dialect numba-cuda speaks
            asm = ir.InlineAsm(ir.FunctionType(F32, [I16]), "cvt.f32.f16 $0, $1;", "=f,h")
            return self.builder.call(asm, [bits])
        return self.builder.fpext(self.builder.bitcast(bits, ir.HalfType()), F32)

    def float_to_half(self, value: ir.Value) -> ir.Value:
        """Return the 16 bits of a float32 value, rounded to nearest even."""
        if self.mode.target == "cuda":
            asm = ir.InlineAsm(ir.FunctionType(I16, [F32]), "cvt.rn.f16.f32 $0, $1;", "=h,f")
            return self.builder.call(asm, [value])
        return self.builder.bitcast(self.builder.fptrunc(value, ir.HalfType()), I16)

    def negated(self, value: ir.Value) -> ir.Value:
        """Return the negative of a float."""
        if self.mode.target == "cuda":  # NVVM's dialect is LLVM 7, which has no fneg; it knows this pattern
            return self.builder.fsub(ir.Constant(value.type, -0.0), value)
        return self.builder.fneg(value)

    # ---- truth

    def truth(self, value: ir.Value, scalar: Scalar) -> ir.Value:
        """Return whether a value is not zero."""
        if scalar is float:
            value, scalar = self.builder.extract_value(value, 0), FLOAT64
        if kind(scalar) == "c":
            parts = [self.truth(self.builder.extract_value(value, k), self._component(scalar)) for k in (0, 1)]
            return self.builder.or_(*parts)
        if scalar == FLOAT16:
            value, scalar = self.half_to_float(value), FLOAT32
        zero = ir.Constant(value.type, 0)
        if kind(scalar) == "f":
            return self.builder.fcmp_unordered("!=", value, zero)
        return value if value.type == I1 else self.builder.icmp_unsigned("!=", value, zero)

    # ---- control flow

    @contextlib.contextmanager
    def unless(self, condition: ir.Value) -> Iterator[None]:
        """Run the block only where a condition does not hold."""
        with self.builder.if_then(self.builder.not_(condition)):
            yield

    def call_intrinsic(self, name: str, args: list[ir.Value], result: ir.Type | None = None) -> ir.Value:
        """Call one of LLVM's own functions on floats, such as ``llvm.sqrt``."""
        result = args[0].type if result is None else result
        if self.mode.target == "cuda":
            suffix = "f" if args[0].type == F32 else ""
            return self.call(name.replace("llvm.", "__nv_") + suffix, result, args)
        suffix = {F32: "f32", F64: "f64"}[args[0].type]
        return self.call(f"{name}.{suffix}", result, args)

    def call(self, symbol: str, result: ir.Type, args: list[ir.Value], attributes: tuple[str, ...] = ()) -> Any:
        """Call a pure function by its symbol, declaring it where it is new to the module."""
        module = self.builder.module
        function = module.globals.get(symbol)
        if function is None:
            function = ir.Function(module, ir.FunctionType(result, [arg.type for arg in args]), symbol)
            function.attributes.add("nounwind")
            if not symbol.startswith("llvm."):
                function.attributes.add("readnone")
        instruction = self.builder.call(function, args, fastmath=self.flags if result in (F32, F64) else ())
        for attribute in attributes:  # llvmlite's own list of attributes has no free strings
            set.add(instruction.attributes, attribute)
        return instruction
