"""Go through the statements of a body."""

from __future__ import annotations

from collections.abc import Iterator

from ..syntax import Address, Group, Instruction, Label, Name, Negated, Operand, Pair, Statement, Targets, Vector
from .body import Body
from .registry import find

# These heed their predicate themselves.
PREDICATED = {"bra"}


def names(statement: Statement) -> Iterator[str]:
    """Yield the names in the operands of a statement."""
    if isinstance(statement, Targets):
        yield from statement.names
    if isinstance(statement, Instruction):
        for operand in statement.operands:
            yield from operand_names(operand)


def operand_names(operand: Operand) -> Iterator[str]:
    """Yield the names in an operand."""
    if isinstance(operand, Name):
        yield operand.name
    elif isinstance(operand, Address) and operand.base is not None:
        yield operand.base.name
    elif isinstance(operand, Vector | Group):
        for item in operand.items:
            yield from operand_names(item)
    elif isinstance(operand, Pair):
        yield from operand_names(operand.first)
        yield from operand_names(operand.second)
    elif isinstance(operand, Negated):
        yield from operand_names(operand.operand)


def translate(fn: Body) -> None:
    """Translate the statements of the current frame."""
    for statement in fn.frame.function.body or ():
        if isinstance(statement, Label):
            fn.label(fn.frame.prefix + statement.name)
        elif isinstance(statement, Instruction):
            translate_instruction(fn, statement)


def translate_instruction(fn: Body, ins: Instruction) -> None:
    """Translate one instruction, under its predicate."""
    fn.at(ins)
    handler = find(ins)
    if not fn.open:
        fn.label(fn.fresh("unreached"))
    if ins.predicate is None or ins.opcode in PREDICATED:
        handler(fn, ins)
        return
    then, behind = fn.fresh("then"), fn.fresh("behind")
    fn.branch(fn.read(ins.predicate, "i1"), then, behind)
    fn.label(then)
    handler(fn, ins)
    fn.label(behind)
