"""The instructions that can be translated: each family registers its function under its opcodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..errors import EmulatorError, UnsupportedError
from ..syntax import Instruction
from .body import Body

Handler = Callable[["Body", Instruction], None]


@dataclass(frozen=True)
class Family:
    """A function that translates instructions of some opcodes: those whose modifiers all are in `allowed`."""

    handler: Handler
    allowed: frozenset[str]
    operands: tuple[int, ...]


FAMILIES: dict[str, list[Family]] = {}


def instruction(
    opcodes: str, allows: str = "", types: Iterable[str] = (), operands: Iterable[int] | int = ()
) -> Callable[[Handler], Handler]:
    """Register a function for `opcodes`.

    Parameters
    ----------
    opcodes : str
        Opcodes, separated by blanks.
    allows : str, optional
        The modifiers that the function heeds.
    types : iterable of str, optional
        The types that it takes.
    operands : int or iterable of int, optional
        How many operands there may be; any number if not given.
    """
    allowed = frozenset(allows.split()) | frozenset(types)
    counts = (operands,) if isinstance(operands, int) else tuple(operands)

    def register(handler: Handler) -> Handler:
        for opcode in opcodes.split():
            FAMILIES.setdefault(opcode, []).append(Family(handler, allowed, counts))
        return handler

    return register


def find(ins: Instruction) -> Handler:
    """Return the function for an instruction, or raise `UnsupportedError` with its name and line."""
    families = FAMILIES.get(ins.opcode, [])
    fitting = [f for f in families if f.allowed.issuperset(ins.modifiers)]
    if not fitting:
        known = "this form of it" if families else "it"
        raise UnsupportedError(f"{ins.text}: the emulator does not know {known}", ins.line)
    for family in fitting:
        if not family.operands or len(ins.operands) in family.operands:
            return family.handler
    raise EmulatorError(f"{ins.text} with {len(ins.operands)} operands", ins.line)
