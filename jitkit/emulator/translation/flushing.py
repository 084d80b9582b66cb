"""Whether the processor itself can take float32 subnormals for 0, as ``.ftz`` asks, in place of code at each operation.

x86's MXCSR has two bits for that, for all arithmetic of the thread. They serve an entry in which every operation that
rounds or compares float32 numbers has ``.ftz``, and in which no other float arithmetic stands. (The code costs a factor of
six on an n-body kernel.)
"""

from __future__ import annotations

from collections.abc import Iterable

from ..assembly import FLUSHES
from ..syntax import Function, Instruction

COVERED = {"add", "sub", "mul", "fma", "mad", "div", "rcp", "sqrt", "rsqrt", "setp", "set"}
"""What the bits cover; the bits of a number that others only move, or pick, they leave alone."""
MOVES = {"mov", "ld", "ldu", "st", "selp", "shfl", "neg", "abs", "copysign"}
BY_CODE = {"min", "max", "ex2", "lg2", "sin", "cos", "tanh"}
"""Those that flush by code of their own."""
DIRECTED = {"rz", "rm", "rp"}
OTHER_FLOATS = {"f64", "f16", "f16x2", "bf16", "bf16x2", "tf32", "e4m3x2", "e5m2x2"}


def by_hardware(functions: Iterable[Function]) -> bool:
    """Tell whether the processor's own flushing gives what the instructions of these functions ask for."""
    found = [s for function in functions for s in function.body or () if isinstance(s, Instruction)]
    return FLUSHES and any(ins.has("ftz") for ins in found) and all(map(_agrees, found))


def _agrees(ins: Instruction) -> bool:
    if ins.has(*OTHER_FLOATS):
        return ins.opcode in ("mov", "ld", "ldu", "st")
    if not ins.has("f32") or ins.opcode in MOVES:
        return True
    if ins.opcode in ("atom", "red"):  # of global memory they flush on a GPU too
        return ins.has("global") or ins.has("exch", "cas")
    if (
        ins.opcode == "cvt"
    ):  # from an integer it gives no subnormal; to one, a subnormal becomes 0 unless rounded up or down
        return not ins.has(*DIRECTED, "rmi", "rpi", "sat")
    return ins.opcode in COVERED | BY_CODE and ins.has("ftz") and not ins.has(*DIRECTED)
