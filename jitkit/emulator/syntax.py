"""The parts of a PTX module, as `reader.read` gives them."""

from __future__ import annotations

from dataclasses import dataclass, field

from .errors import EmulatorError


@dataclass(frozen=True)
class Name:
    """A register, a variable, a function, a label or ``_``, and bytes added to it (of a variable's address).

    `generic` is set in the initialiser ``generic(name)``.
    """

    name: str
    offset: int = 0
    generic: bool = False


@dataclass(frozen=True)
class Immediate:
    """A constant: an integer, or the bits of a floating-point number and its width, 32 or 64."""

    value: int
    float_bits: int = 0


@dataclass(frozen=True)
class Address:
    """A memory operand: a register, a variable or nothing, and an offset in bytes."""

    base: Name | None
    offset: int


@dataclass(frozen=True)
class Vector:
    """Operands in braces."""

    items: tuple[Operand, ...]


@dataclass(frozen=True)
class Group:
    """Operands in parentheses: the results or the arguments of a call."""

    items: tuple[Operand, ...]


@dataclass(frozen=True)
class Pair:
    """Two destinations, ``first|second``."""

    first: Operand
    second: Operand


@dataclass(frozen=True)
class Negated:
    """A predicate operand with an exclamation mark."""

    operand: Operand


Operand = Name | Immediate | Address | Vector | Group | Pair | Negated


@dataclass(frozen=True)
class Location:
    """Where the source of an instruction stands, out of ``.loc``."""

    filename: str
    lineno: int
    column: int


@dataclass(frozen=True)
class Variable:
    """A declared register, variable or parameter.

    `count` is the number of elements, None for one of unknown size (``[]``); `vector` is 1, 2 or 4.
    """

    space: str
    type: str
    name: str
    line: int
    align: int = 0
    count: int | None = 1
    vector: int = 1
    initial: tuple[Operand, ...] = ()
    extern: bool = False


@dataclass(frozen=True)
class Instruction:
    """One instruction: ``@predicate opcode.modifiers operands;``."""

    predicate: Negated | Name | None
    opcode: str
    modifiers: tuple[str, ...]
    operands: tuple[Operand, ...]
    line: int
    loc: Location | None = None

    @property
    def text(self) -> str:
        """Return the opcode with its modifiers."""
        return ".".join((self.opcode, *self.modifiers))

    def has(self, *modifiers: str) -> bool:
        """Return whether one of the modifiers stands."""
        return any(m in self.modifiers for m in modifiers)


@dataclass(frozen=True)
class Label:
    """A place that branches go to."""

    name: str
    line: int


@dataclass(frozen=True)
class Targets:
    """A list of labels (``.branchtargets``) or of functions (``.calltargets``)."""

    name: str
    names: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Prototype:
    """The signature of an indirect call (``.callprototype``)."""

    name: str
    results: tuple[Variable, ...]
    parameters: tuple[Variable, ...]
    line: int


Statement = Variable | Instruction | Label | Targets | Prototype


@dataclass
class Function:
    """An ``.entry`` or a ``.func``; `body` is None where it is only declared.

    The names declared in an inner block ``{ }`` of a body carry the block's number: ``param0@3``.
    """

    kind: str
    name: str
    parameters: tuple[Variable, ...]
    results: tuple[Variable, ...]
    body: tuple[Statement, ...] | None
    line: int
    directives: dict[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass
class Module:
    """A PTX module: its functions and variables by name, and the source files by number."""

    version: tuple[int, int]
    target: str
    functions: dict[str, Function]
    variables: dict[str, Variable]
    files: dict[int, str]

    @property
    def entries(self) -> tuple[str, ...]:
        """Return the names of the kernels."""
        return tuple(f.name for f in self.functions.values() if f.kind == "entry" and f.body is not None)

    def entry(self, name: str) -> Function:
        """Return a kernel by name, or raise `EmulatorError` with the names that there are."""
        if name not in self.entries:
            raise EmulatorError(f"there is no entry {name!r}; the entries are {', '.join(self.entries) or 'none'}")
        return self.functions[name]
