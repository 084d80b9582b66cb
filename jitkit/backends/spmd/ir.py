"""LLVM IR as data: functions, blocks, instructions and their operands, as `reader` takes them out of the text."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

BINARY = set("add sub mul sdiv udiv srem urem shl lshr ashr and or xor fadd fsub fmul fdiv frem".split())
CASTS = set("trunc zext sext fptrunc fpext fptoui fptosi uitofp sitofp ptrtoint inttoptr bitcast addrspacecast".split())


class UnsupportedIRError(Exception):
    """Code that the vectoriser does not take: the caller uses the scalar way instead."""


@dataclass(frozen=True)
class Value:
    """An operand: its type and its text (a local ``%x``, or a constant)."""

    type: str
    text: str

    @functools.cached_property  # asked for a hundred thousand times while a reduction is compiled
    def local(self) -> bool:
        """Whether an instruction or a parameter defines it."""
        return self.text.startswith("%")


@dataclass
class Instruction:
    """One instruction.

    Attributes
    ----------
    name : str
        The local it defines, or "".
    op : str
        The opcode; ``call`` for every kind of call.
    type : str
        The type of its result.
    operands : list of Value
        Its inputs; of a phi the incoming values, of a call the arguments.
    head : str
        The text between the opcode and the first type (flags, predicate).
    callee : str
        Of a call, the function.
    labels : list of str
        Of a branch its targets, of a phi where its values come from.
    tail : str
        What follows the operands and matters: alignment, indices, ordering.
    element : str
        Of a getelementptr or alloca, the type it steps over.
    """

    name: str
    op: str
    type: str
    operands: list[Value]
    head: str = ""
    callee: str = ""
    labels: list[str] = field(default_factory=list)
    tail: str = ""
    element: str = ""

    @property
    def ends(self) -> bool:
        """Whether it ends its block."""
        return self.op in ("br", "ret", "unreachable", "switch")

    @property
    def accessed(self) -> str:
        """Of a load or a store, the type of what is in memory."""
        return self.type if self.op == "load" else self.operands[0].type


@dataclass
class Block:
    """A basic block."""

    name: str
    code: list[Instruction] = field(default_factory=list)

    @property
    def successors(self) -> list[str]:
        """The names of the blocks that may follow."""
        return self.code[-1].labels

    @property
    def phis(self) -> list[Instruction]:
        """Its phi instructions."""
        return [item for item in self.code if item.op == "phi"]


@dataclass
class Function:
    """A function: its parameters, its blocks in order, the entry first, and its module's global variables' definitions."""

    name: str
    parameters: list[Value]
    blocks: dict[str, Block]
    globals: dict[str, str] = field(default_factory=dict)

    @property
    def entry(self) -> str:
        """The name of the first block."""
        return next(iter(self.blocks))

    def uses(self, name: str) -> bool:
        """Tell whether an instruction reads a local."""
        return any(v.text == name for block in self.blocks.values() for item in block.code for v in item.operands)

    def constants(self, text: str) -> list[str]:
        """Return the definitions of the global variables (tables that LLVM made of a switch, say) that a text uses."""
        return [line for name, line in self.globals.items() if name in text]
