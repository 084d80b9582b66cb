"""PTX text cut into tokens, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .errors import EmulatorError

TOKEN = re.compile(
    r"(?P<newline>\n)|(?P<space>[ \t\r\f\v]+|//[^\n]*)|(?P<comment>/\*.*?\*/)"
    r"|(?P<string>\"[^\"\n]*\")"
    r"|(?P<float>0[fF][0-9a-fA-F]{8}\b|0[dD][0-9a-fA-F]{16}\b|\d+\.\d*(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)"
    r"|(?P<integer>0[xX][0-9a-fA-F]+U?|0[bB][01]+U?|\d+U?)"
    r"|(?P<word>\.[\w$]+(?:::[\w$]+)*|[%$_A-Za-z][\w$]*(?:(?:\.|::)[\w$]+)*)"
    r"|(?P<sign>[][{}()<>,;:@!+\-|=*~&^?/])",
    re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A piece of the text; `kind` is ``"word"``, ``"integer"``, ``"float"``, ``"string"``, ``"sign"`` or ``"end"``."""

    kind: str
    text: str
    line: int


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a text, and an ``"end"`` after the last."""
    line, at = 1, 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise EmulatorError(f"cannot read {text[at : at + 20]!r}: is this PTX text?", line)
        kind = str(match.lastgroup)
        if kind not in ("newline", "space", "comment"):
            yield Token(kind, match.group(), line)
        line += match.group().count("\n")
        at = match.end()
    yield Token("end", "the end of the text", line)
