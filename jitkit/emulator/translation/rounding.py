"""Arithmetic rounded towards zero, down or up: in helper functions that set the processor's rounding mode."""

from __future__ import annotations

from ..syntax import Instruction
from .body import Body

# The modes of `llvm.set.rounding`.
MODES = {"rz": 0, "rn": 1, "rp": 2, "rm": 3}
SUFFIX = {"half": "f16", "float": "f32", "double": "f64"}
INTRINSICS = {"sqrt": "llvm.sqrt", "fma": "llvm.fma"}


def mode_of(ins: Instruction) -> str:
    """Return the rounding that an instruction names; to nearest if none."""
    return next((m for m in ins.modifiers if m in MODES), "rn")


def rounded(fn: Body, ins: Instruction, operation: str, kind: str, *values: str) -> str:
    """Return an operation (``fadd``, ``fsub``, ``fmul``, ``fdiv``, ``fma`` or ``sqrt``) rounded as the instruction says."""
    mode = mode_of(ins)
    arguments = [f"{kind} {v}" for v in values]
    if mode != "rn":
        return directed(fn, operation, mode, kind, kind, arguments)
    if operation in INTRINSICS:
        return fn.call(kind, f"{INTRINSICS[operation]}.{SUFFIX[kind]}", *arguments)
    return fn.emit(f"{operation} {kind} {', '.join(values)}")


def directed(fn: Body, operation: str, mode: str, source: str, target: str, arguments: list[str]) -> str:
    """Return a call of the helper for one operation, one rounding, and the types that it takes and gives."""
    name = f"emulator.{operation}.{mode}.{source}.{target}"
    fn.unit.helper(name, lambda: _helper(fn, name, operation, MODES[mode], source, target, len(arguments)))
    return fn.emit(f"call {target} @{name}({', '.join(arguments)})")


def _helper(fn: Body, name: str, operation: str, mode: int, source: str, target: str, count: int) -> str:
    suffixes = [SUFFIX.get(target, target)] + ([SUFFIX.get(source, source)] if source != target else [])
    intrinsic = f"llvm.experimental.constrained.{operation}.{'.'.join(suffixes)}"
    kinds = ", ".join([source] * count)
    fn.unit.declare(f"declare {target} @{intrinsic}({kinds}, metadata, metadata)")
    fn.unit.declare("declare void @llvm.set.rounding(i32)")
    arguments = ", ".join(f"{source} %{i}" for i in range(count))
    return "\n".join(
        [
            f"define internal {target} @{name}({arguments}) noinline strictfp {{",
            f"  call void @llvm.set.rounding(i32 {mode}) strictfp",
            f"  %result = call {target} @{intrinsic}({arguments}, "
            'metadata !"round.dynamic", metadata !"fpexcept.strict") strictfp',
            "  call void @llvm.set.rounding(i32 1) strictfp",
            f"  ret {target} %result",
            "}",
        ]
    )
