"""Read the statements of a PTX body: declarations, labels and instructions."""

from __future__ import annotations

import struct

from .errors import EmulatorError
from .syntax import (
    Address,
    Group,
    Immediate,
    Instruction,
    Label,
    Location,
    Name,
    Negated,
    Operand,
    Pair,
    Prototype,
    Statement,
    Targets,
    Variable,
    Vector,
)
from .tokens import Token, tokens

VECTORS = {".v2": 2, ".v4": 4, ".v8": 8}
# What may stand in the declaration of a variable or a parameter and changes nothing here.
HINTS = {".ptr", ".unified", ".managed", ".global", ".const", ".shared", ".local", ".generic", ".attribute"}


class StatementReader:
    """A place in the tokens of a text, and how to read a statement there."""

    def __init__(self, text: str) -> None:
        self.tokens = list(tokens(text))
        self.at = 0
        # The files are named at the end of the text, behind the instructions that point to them.
        self.files = {
            int(number.text): name.text.strip('"')
            for word, number, name in zip(self.tokens, self.tokens[1:], self.tokens[2:], strict=False)
            if word.text == ".file"
        }
        self.loc: Location | None = None

    @property
    def token(self) -> Token:
        """Return the token to be read next."""
        return self.tokens[self.at]

    @property
    def line(self) -> int:
        """Return its line."""
        return self.token.line

    def advance(self) -> None:
        """Go on by one token."""
        if self.token.kind == "end":
            raise EmulatorError("the text ends inside a statement or a body", self.line)
        self.at += 1

    def take(self) -> Token:
        """Return the next token and go on."""
        token = self.token
        self.advance()
        return token

    def accept(self, text: str) -> bool:
        """Go on if the next token is this one, and return whether it was."""
        found = self.token.text == text and self.token.kind != "string"
        if found:
            self.advance()
        return found

    def expect(self, text: str) -> None:
        """Go on over this token, or raise."""
        if not self.accept(text):
            raise EmulatorError(f"expected {text!r}, found {self.token.text!r}", self.line)

    def until(self, text: str) -> list[Token]:
        """Return the tokens before `text`, and go on behind it."""
        found = []
        while not self.accept(text):
            found.append(self.take())
        return found

    def word(self) -> str:
        """Return a name."""
        if self.token.kind != "word":
            raise EmulatorError(f"expected a name, found {self.token.text!r}", self.line)
        return self.take().text

    def integer(self) -> int:
        """Return an integer, with its sign."""
        if self.accept("-"):
            return -self.integer()
        if self.token.kind != "integer":
            raise EmulatorError(f"expected an integer, found {self.token.text!r}", self.line)
        return _integer(self.take().text)

    def statement(self) -> list[Statement]:
        """Read one statement; a declaration can give several variables."""
        word = self.token.text
        if word in (".reg", ".local", ".shared", ".param", ".const", ".global"):
            return list(self.variables())
        if word == ".loc":
            self.location()
            return []
        if word == ".pragma":
            self.until(";")
            return []
        if self.accept(";"):
            return []
        if self.token.kind == "word" and self.tokens[self.at + 1].text == ":":
            return [self.labelled()]
        return [self.instruction()]

    def location(self) -> None:
        """Read ``.loc file line column[, function_name ..., inlined_at ...]``."""
        line = self.line
        self.advance()
        number, lineno, column = self.integer(), self.integer(), self.integer()
        while self.line == line and self.token.kind != "end":
            self.advance()
        # Line 0 marks code that the compiler made: it belongs to what stands before.
        if lineno:
            self.loc = Location(self.files.get(number, ""), lineno, column)

    def labelled(self) -> Statement:
        """Read a label, a list of targets or a prototype."""
        line, name = self.line, self.word()
        self.expect(":")
        if self.accept(".branchtargets") or self.accept(".calltargets"):
            return Targets(name, tuple(t.text for t in self.until(";") if t.text != ","), line)
        if self.accept(".callprototype"):
            results = self.parameter_list() if self.token.text == "(" else ()
            self.word()
            parameters = self.parameter_list() if self.token.text == "(" else ()
            self.until(";")
            return Prototype(name, results, parameters, line)
        return Label(name, line)

    def parameter_list(self) -> tuple[Variable, ...]:
        """Read parameters in parentheses."""
        self.expect("(")
        found: list[Variable] = []
        while not self.accept(")"):
            found.extend(self.variable_group())
            self.accept(",")
        return tuple(found)

    def variables(self, *, extern: bool = False) -> list[Variable]:
        """Read the declaration of one or more variables."""
        found = self.variable_group(extern=extern)
        while self.accept(","):
            found.extend(self.declarator(found[0]))
        self.expect(";")
        return found

    def variable_group(self, *, extern: bool = False) -> list[Variable]:
        """Read a state space, a type and one declarator."""
        line, space = self.line, self.word()[1:]
        align, vector, kind = 0, 1, ""
        while self.token.kind == "word" and self.token.text.startswith("."):
            word = self.take().text
            if word == ".align":
                align = self.integer()
            elif word in VECTORS:
                vector = VECTORS[word]
            elif word in HINTS:
                if word == ".attribute":
                    self.until(")")
            else:
                kind = word[1:]
        shape = Variable(space, kind, "", line, align=align, vector=vector, extern=extern)
        return self.declarator(shape)

    def declarator(self, like: Variable) -> list[Variable]:
        """Read a name with its count, dimensions and initialiser."""
        name = self.word()
        if self.accept("<"):
            count = self.integer()
            self.expect(">")
            return [_like(like, f"{name}{i}") for i in range(count)]
        count_: int | None = 1
        while self.accept("["):
            count_ = None if self.token.text == "]" else (count_ or 1) * self.integer()
            self.expect("]")
        initial: tuple[Operand, ...] = ()
        if self.accept("="):
            initial = tuple(_leaves(self.initialiser()))
        return [_like(like, name, count_, initial)]

    def initialiser(self) -> Operand:
        """Read a value, or values in braces."""
        if self.accept("{"):
            items = []
            while not self.accept("}"):
                items.append(self.initialiser())
                self.accept(",")
            return Vector(tuple(items))
        if self.accept("generic"):
            self.expect("(")
            name = self.word()
            self.expect(")")
            return Name(name, self.addend(), generic=True)
        return self.operand()

    def instruction(self) -> Instruction:
        """Read an instruction, with its predicate."""
        line, predicate = self.line, None
        if self.accept("@"):
            negated = self.accept("!")
            name = Name(self.word())
            predicate = Negated(name) if negated else name
        opcode, *modifiers = self.word().split(".")
        operands = []
        while not self.accept(";"):
            operands.append(self.operand())
            if self.token.text != ";":
                self.expect(",")
        return Instruction(predicate, opcode, tuple(modifiers), tuple(operands), line, self.loc)

    def operand(self) -> Operand:
        """Read one operand."""
        first = self.simple_operand()
        if self.accept("|"):
            return Pair(first, self.simple_operand())
        return first

    def simple_operand(self) -> Operand:
        """Read an operand that is no pair."""
        if self.accept("!"):
            return Negated(self.simple_operand())
        if self.accept("["):
            return self.address()
        if self.accept("{"):
            return Vector(self.operands("}"))
        if self.accept("("):
            return Group(self.operands(")"))
        if self.token.kind == "word":
            return Name(self.word(), self.addend())
        return self.constant()

    def operands(self, end: str) -> tuple[Operand, ...]:
        """Read operands up to a closing sign."""
        found = []
        while not self.accept(end):
            found.append(self.operand())
            self.accept(",")
        return tuple(found)

    def address(self) -> Operand:
        """Read what stands in square brackets; a call's argument list can carry more than one item."""
        base = Name(self.word()) if self.token.kind == "word" else None
        offset = self.addend() if base else self.integer() + self.addend()
        if self.token.text == ",":
            raise EmulatorError(
                "a memory operand of several parts (a texture's or a tensor's) is not emulated", self.line
            )
        self.expect("]")
        return Address(base, offset)

    def addend(self) -> int:
        """Read ``+ integer`` as often as it stands."""
        total = 0
        while self.token.text in ("+", "-"):
            sign = -1 if self.take().text == "-" else 1
            total += sign * self.integer()
        return total

    def constant(self) -> Immediate:
        """Read a number."""
        negative = self.accept("-")
        if self.token.kind == "float":
            return _float(self.take().text, negative)
        value = self.integer()
        return Immediate(-value if negative else value)


def _like(shape: Variable, name: str, count: int | None = 1, initial: tuple[Operand, ...] = ()) -> Variable:
    return Variable(shape.space, shape.type, name, shape.line, shape.align, count, shape.vector, initial, shape.extern)


def _leaves(item: Operand) -> list[Operand]:
    if isinstance(item, Vector):
        return [leaf for part in item.items for leaf in _leaves(part)]
    return [item]


def _integer(text: str) -> int:
    text = text.rstrip("U")
    if len(text) > 1 and text[0] == "0" and text[1].isdigit():
        return int(text, 8)
    return int(text, 0)


def _float(text: str, negative: bool) -> Immediate:
    if text[:2] in ("0f", "0F"):
        return Immediate(int(text[2:], 16) ^ (0x80000000 if negative else 0), 32)
    if text[:2] in ("0d", "0D"):
        return Immediate(int(text[2:], 16) ^ (1 << 63 if negative else 0), 64)
    value = -float(text) if negative else float(text)
    return Immediate(int.from_bytes(struct.pack("<d", value), "little"), 64)
