"""Approximate functions of the special function unit: ex2, lg2, sin, cos, rsqrt, tanh.

They are the C library's here, which lies within every bound that PTX states for them. Those bounds are absolute for
``sin`` and ``cos`` and hold near zero; a GPU's results differ in the last bits.
"""

from __future__ import annotations

from ..syntax import Instruction
from ..types import type_of
from .body import Body
from .floats import finish, flushed, suffix
from .integers import sources
from .registry import instruction

FUNCTIONS = {"ex2": "exp2", "lg2": "log2", "sin": "sin", "cos": "cos", "tanh": "tanh"}


@instruction("ex2 lg2 sin cos tanh", "approx ftz", ("f32",), operands=2)
def function(fn: Body, ins: Instruction) -> None:
    """Call the function."""
    (a,) = (flushed(fn, ins, type_of(ins), v) for v in sources(fn, ins, "float"))
    finish(fn, ins, fn.call("float", f"llvm.{FUNCTIONS[ins.opcode]}.f32", f"float {a}"))


@instruction("rsqrt", "approx ftz", ("f32", "f64"), operands=2)
def rsqrt(fn: Body, ins: Instruction) -> None:
    """Return 1 / sqrt(x); the root of -0 is -0, so that the result is -infinity."""
    kind = type_of(ins)
    (a,) = (flushed(fn, ins, kind, v) for v in sources(fn, ins, kind.llvm))
    root = fn.call(kind.llvm, f"llvm.sqrt.{suffix(kind.llvm)}", f"{kind.llvm} {a}")
    finish(fn, ins, fn.emit(f"fdiv {kind.llvm} 1.0, {root}"))
