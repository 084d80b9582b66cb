"""Read PTX text: `read(text)` gives a `syntax.Module`.

The grammar is that of NVIDIA's document "Parallel Thread Execution ISA", chapters 4 and 5, as NVVM and nvcc write it.
"""

from __future__ import annotations

from .errors import EmulatorError, UnsupportedError
from .scopes import Block, flatten
from .statements import StatementReader
from .syntax import Function, Module, Variable

LINKING = {".visible", ".extern", ".weak", ".common"}
SPACES = {".global", ".const", ".shared", ".local", ".param", ".reg"}
# Directives of a function that speak to the assembler about resources, with integers behind them.
TUNING = {
    ".maxntid", ".reqntid", ".minnctapersm", ".maxnctapersm", ".maxnreg", ".noreturn", ".maxclusterrank",
    ".explicitcluster", ".reqnctapercluster", ".abi_preserve", ".abi_preserve_control", ".blocksareclusters",
}  # fmt: skip


def read(text: str) -> Module:
    r"""Read a PTX module.

    Parameters
    ----------
    text : str
        PTX, as nvcc, NVVM or Triton write it.

    Returns
    -------
    Module
        Its functions and variables.

    Raises
    ------
    EmulatorError
        If the text is not PTX, with the line.

    Examples
    --------
    >>> read(".version 8.0\n.target sm_90\n.address_size 64\n.visible .entry nothing() { ret; }").entries
    ('nothing',)

    References
    ----------
    NVIDIA, Parallel Thread Execution ISA, https://docs.nvidia.com/cuda/parallel-thread-execution/
    """
    return ModuleReader(text).module()


class ModuleReader(StatementReader):
    """Reads what stands outside functions."""

    def module(self) -> Module:
        """Read to the end."""
        self.out = Module((0, 0), "", {}, {}, self.files)
        while self.token.kind != "end":
            self.top_level()
        if not self.out.target:
            raise EmulatorError("there is no .target directive; PTX text begins with .version and .target", 1)
        return self.out

    def top_level(self) -> None:
        """Read one directive, a variable or a function."""
        word = self.token.text
        if word == ".version":
            self.version()
        elif word == ".target":
            self.advance()
            self.out.target = self.word()
            while self.accept(","):
                self.advance()
        elif word == ".address_size":
            self.address_size()
        elif word == ".file":
            self.file()
        elif word == ".section":
            self.section()
        elif word in (".pragma", ".alias"):
            self.until(";")
        elif word == ".loc":
            self.location()
        else:
            self.declaration()

    def version(self) -> None:
        """Read ``.version major.minor``."""
        self.advance()
        major, minor = self.take().text.split(".")
        self.out.version = (int(major), int(minor))

    def address_size(self) -> None:
        """Read ``.address_size``; addresses have 64 bits here."""
        line = self.line
        self.advance()
        if self.integer() != 64:
            raise UnsupportedError("only .address_size 64 is emulated", line)

    def file(self) -> None:
        """Go over ``.file number "name"[, time, size]``, which was read ahead."""
        for _ in range(3):
            self.advance()
        while self.accept(","):
            self.advance()

    def section(self) -> None:
        """Go over a section of debugging information."""
        while not self.accept("{"):
            self.advance()
        while not self.accept("}"):
            self.advance()

    def declaration(self) -> None:
        """Read a variable or a function."""
        linking = set()
        while self.token.text in LINKING:
            linking.add(self.take().text)
        word = self.token.text
        if word in (".entry", ".func"):
            self.function(word[1:])
        elif word in SPACES:
            for variable in self.variables(extern=".extern" in linking):
                self.add(variable)
        else:
            raise EmulatorError(f"{word!r} begins no directive that is known here", self.line)

    def add(self, variable: Variable) -> None:
        """Keep a variable; a definition stands above a declaration."""
        known = self.out.variables.get(variable.name)
        if known is None or known.extern:
            self.out.variables[variable.name] = variable

    def function(self, kind: str) -> None:
        """Read an ``.entry`` or a ``.func``; a definition stands above a declaration."""
        line = self.line
        self.advance()
        while self.accept(".noreturn"):
            pass
        results = self.parameter_list() if self.token.text == "(" else ()
        name = self.word()
        parameters = self.parameter_list() if self.token.text == "(" else ()
        found = Function(kind, name, parameters, results, None, line, self.tuning())
        if not self.accept(";"):
            found.body = flatten(self.body(), name)
        known = self.out.functions.get(name)
        if known is None or known.body is None:
            self.out.functions[name] = found

    def tuning(self) -> dict[str, tuple[int, ...]]:
        """Read the directives between the parameters of a function and its body."""
        found = {}
        while self.token.text not in ("{", ";"):
            word = self.take()
            if word.text == ".pragma":
                self.until(";")
                continue
            if word.text not in TUNING:
                raise EmulatorError(f"{word.text!r} is not known among the directives of a function", word.line)
            numbers = []
            while self.token.kind == "integer" or self.token.text == ",":
                if not self.accept(","):
                    numbers.append(self.integer())
            found[word.text[1:]] = tuple(numbers)
        return found

    def body(self) -> Block:
        """Read the statements of a function or of a block inside one."""
        self.expect("{")
        block = Block([])
        while not self.accept("}"):
            if self.token.text == "{":
                block.items.append(self.body())
            else:
                block.items.extend(self.statement())
        return block
