"""LLVM's textual IR taken apart: one function as blocks of instructions, each with its types and operands."""

from __future__ import annotations

import re

from jitkit.backends.spmd.ir import BINARY, CASTS, Block, Function, Instruction, UnsupportedIRError, Value

_TOKEN = re.compile(
    r"""c?"(?:[^"\\]|\\.)*" | [%@!](?:"(?:[^"\\]|\\.)*"|[-\w.$]+) | \#\d+
    | -?\d+\.\d+(?:e[-+]\d+)? | -?[\w.$+]+ | \.\.\. | [][(){}<>,=*:|]""",
    re.VERBOSE,
)
_OPEN, _CLOSE = "([{<", ")]}>"
_PARAMETER_WORDS = set(
    "noundef nonnull signext zeroext inreg nocapture readonly readnone writeonly returned noalias immarg nofree nest".split()
)


class _Line:
    """The tokens of one instruction, read from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text)]
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def next(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1][0]

    def take(self, token: str) -> bool:
        if self.peek() == token:
            self.at += 1
            return True
        return False

    def balanced(self) -> str:
        """Return one token, or a bracketed group as it is written."""
        start, depth = self.tokens[self.at][1], 0
        while True:
            token = self.next()
            depth += token in _OPEN
            depth -= token in _CLOSE
            if depth == 0:
                return self.text[start : self.tokens[self.at - 1][2]]

    def type(self) -> str:
        text = self.balanced()
        while self.peek() == "addrspace":
            raise UnsupportedIRError("address spaces")
        return text

    def value(self, kind: str) -> Value:
        """Return an operand of a known type."""
        first = self.peek()
        text = self.balanced()
        if first in ("getelementptr", "inttoptr", "ptrtoint", "splat") or first[0] in "<{[":
            while self.peek() not in ("(", "") and first[0] not in "<{[":
                text += " " + self.next()
            if first[0] not in "<{[":
                text += " " + self.balanced()
        return Value(kind, text)

    def typed(self) -> Value:
        kind = self.type()
        while self.peek() in _PARAMETER_WORDS or self.peek() in ("align", "range", "dereferenceable", "nofpclass"):
            word = self.next()
            if word == "align":
                self.next()
            elif self.peek() == "(":
                self.balanced()
        return self.value(kind)

    def flags(self, known: set[str]) -> str:
        words = []
        while self.peek() in known:
            words.append(self.next())
        return " ".join(words)

    def rest(self) -> str:
        return self.text[self.tokens[self.at][1] :] if self.at < len(self.tokens) else ""


_FLAGS = set(
    "nuw nsw exact disjoint nneg inbounds nusw samesign fast nnan ninf nsz arcp contract afn reassoc tail musttail notail "
    "volatile".split()
)
_PREDICATES = set("eq ne ugt uge ult ule sgt sge slt sle oeq ogt oge olt ole one ord ueq une uno true false".split())


def read(text: str, name: str) -> Function:
    """Return a function out of a module's text.

    Raises
    ------
    UnsupportedIRError
        For instructions that the vectoriser has no meaning for.
    """
    lines = text.splitlines()
    start = next(k for k, line in enumerate(lines) if line.startswith("define") and f"@{name}(" in line)
    header = _Line(lines[start])
    while header.peek() not in (f"@{name}", f'@"{name}"'):
        header.next()
    header.next()
    parameters = _parameters(header)
    globals_ = {line.split(" = ")[0]: line for line in lines if line.startswith("@")}
    function = Function(name, parameters, {}, globals_)
    block: Block | None = None
    for line in lines[start + 1 :]:
        if line.startswith("}"):
            break
        stripped = line.split(" ; preds")[0].strip()
        if not stripped or stripped.startswith(";"):
            continue
        if not line.startswith(" "):
            label = stripped.split(";")[0].strip().removesuffix(":")
            block = Block("%" + label)
            function.blocks[block.name] = block
            continue
        assert block is not None
        block.code.append(_instruction(re.sub(r"(, ![\w.]+ !\d+)+$", "", stripped)))
    _leave_out_dead_ends(function)
    return function


def _leave_out_dead_ends(function: Function) -> None:
    """Remove the blocks from which every way ends at ``unreachable``, and the branches to them.

    LLVM has proved that no point comes there; where it found that late the branches still stand, and lanes would part at them
    for good.
    """
    blocks, dead, before = function.blocks, set[str](), -1
    while len(dead) != before:
        before = len(dead)
        for name, block in blocks.items():
            if block.code[-1].op == "unreachable" or (block.successors and dead.issuperset(block.successors)):
                dead.add(name)
    if function.entry in dead:
        return
    for name in dead:
        del blocks[name]
    for block in blocks.values():
        alive = [label for label in block.successors if label not in dead]
        if len(alive) < len(block.successors):
            block.code[-1] = Instruction("", "br", "void", [], labels=alive)


def _parameters(line: _Line) -> list[Value]:
    line.next()
    found = []
    while not line.take(")"):
        found.append(line.typed())
        line.take(",")
    return found


def _instruction(text: str) -> Instruction:
    line = _Line(text)
    name = ""
    if len(line.tokens) > 1 and line.tokens[1][0] == "=":
        name = line.next()
        line.next()
    op = line.next()
    if op in ("tail", "musttail", "notail"):
        op = line.next()
    if op in BINARY or op == "fneg":
        return _binary(line, name, op)
    if op in CASTS:
        return _cast(line, name, op)
    reader = _READERS.get(op)
    if reader is None:
        raise UnsupportedIRError(f"the instruction {op}: {text}")
    return reader(line, name, op)


def _binary(line: _Line, name: str, op: str) -> Instruction:
    head = line.flags(_FLAGS)
    first = line.typed()
    operands = [first]
    if line.take(","):
        operands.append(line.value(first.type))
    return Instruction(name, op, first.type, operands, head)


def _cast(line: _Line, name: str, op: str) -> Instruction:
    head = line.flags(_FLAGS)
    operand = line.typed()
    line.take("to")
    return Instruction(name, op, line.type(), [operand], head)


def _compare(line: _Line, name: str, op: str) -> Instruction:
    head = line.flags(_FLAGS | _PREDICATES)
    first = line.typed()
    line.take(",")
    return Instruction(name, op, "i1", [first, line.value(first.type)], head)


def _select(line: _Line, name: str, op: str) -> Instruction:
    head = line.flags(_FLAGS)
    operands = [line.typed()]
    while line.take(","):
        operands.append(line.typed())
    return Instruction(name, op, operands[1].type, operands, head)


def _freeze(line: _Line, name: str, op: str) -> Instruction:
    operand = line.typed()
    return Instruction(name, op, operand.type, [operand])


def _load(line: _Line, name: str, op: str) -> Instruction:
    if line.peek() in ("atomic", "volatile"):
        raise UnsupportedIRError(f"an {line.peek()} load")
    kind = line.type()
    line.take(",")
    operand = line.typed()
    return Instruction(name, op, kind, [operand], tail=_alignment(line))


def _store(line: _Line, name: str, op: str) -> Instruction:
    if line.peek() in ("atomic", "volatile"):
        raise UnsupportedIRError(f"an {line.peek()} store")
    value = line.typed()
    line.take(",")
    return Instruction(name, op, "void", [value, line.typed()], tail=_alignment(line))


def _alignment(line: _Line) -> str:
    return line.tokens[line.at + 2][0] if line.peek() == "," and line.tokens[line.at + 1][0] == "align" else "1"


def _element_pointer(line: _Line, name: str, op: str) -> Instruction:
    head = line.flags(_FLAGS)
    if line.peek() == "inrange":
        raise UnsupportedIRError("inrange")
    element = line.type()
    operands = []
    while line.take(","):
        operands.append(line.typed())
    return Instruction(name, op, "ptr", operands, head, element=element)


def _phi(line: _Line, name: str, op: str) -> Instruction:
    head = line.flags(_FLAGS)
    kind = line.type()
    operands, labels = [], []
    while line.take("["):
        operands.append(line.value(kind))
        line.take(",")
        labels.append(line.next())
        line.take("]")
        line.take(",")
    return Instruction(name, op, kind, operands, head, labels=labels)


def _branch(line: _Line, name: str, op: str) -> Instruction:
    if line.take("label"):
        return Instruction(name, op, "void", [], labels=[line.next()])
    condition = line.typed()
    labels = []
    while line.take(","):
        line.take("label")
        labels.append(line.next())
    if labels[0] == labels[1]:
        return Instruction(name, op, "void", [], labels=labels[:1])
    return Instruction(name, op, "void", [condition], labels=labels)


def _end(line: _Line, name: str, op: str) -> Instruction:
    return Instruction(name, op, "void", [], tail=line.rest())


def _call(line: _Line, name: str, op: str) -> Instruction:
    head = line.flags(_FLAGS)
    while line.peek() in _PARAMETER_WORDS | {"fastcc", "range", "align", "nofpclass", "dereferenceable"}:
        word = line.next()
        if word == "align":
            line.next()
        elif line.peek() == "(":
            line.balanced()
    kind = line.type()
    if line.peek() == "(":  # a variadic function's type
        raise UnsupportedIRError("a call of a variadic function")
    callee = line.next()
    if callee == "asm":
        raise UnsupportedIRError("inline assembly")
    return Instruction(name, op, kind, _parameters(line), head, callee)


def _extract(line: _Line, name: str, op: str) -> Instruction:
    operand = line.typed()
    indices = re.findall(r"\d+", line.rest())
    kind = operand.type
    for index in indices:
        kind = members(kind)[int(index)]
    return Instruction(name, op, kind, [operand], tail=", ".join(indices))


def _insert(line: _Line, name: str, op: str) -> Instruction:
    whole = line.typed()
    line.take(",")
    part = line.typed()
    return Instruction(name, op, whole.type, [whole, part], tail=", ".join(re.findall(r"\d+", line.rest())))


def _alloca(line: _Line, name: str, op: str) -> Instruction:
    kind = line.type()
    rest = line.rest()
    align = re.search(r"align (\d+)", rest)
    if re.search(r"^, i\d+ (?!1\b)", rest):
        raise UnsupportedIRError("an alloca of run-time size")
    return Instruction(name, op, "ptr", [], element=kind, tail=align.group(1) if align else "16")


def _atomic(line: _Line, name: str, op: str) -> Instruction:
    head = line.flags({"volatile", "weak"})
    if op == "atomicrmw":
        head = f"{head} {line.next()}".strip()
    operands = [line.typed()]
    while line.take(",") and line.peek() not in ("align",):
        operands.append(line.typed())
    kind = operands[1].type if op == "atomicrmw" else f"{{ {operands[1].type}, i1 }}"
    words = line.rest()
    order = re.match(r"(?:monotonic|acquire|release|acq_rel|seq_cst|syncscope\(\S+\)|\s)+", words)
    return Instruction(name, op, kind, operands, head, tail=order.group().strip() if order else "monotonic")


_READERS = {
    "icmp": _compare, "fcmp": _compare, "select": _select, "freeze": _freeze, "load": _load, "store": _store,
    "getelementptr": _element_pointer, "phi": _phi, "br": _branch, "ret": _end, "unreachable": _end, "call": _call,
    "extractvalue": _extract, "insertvalue": _insert, "alloca": _alloca, "atomicrmw": _atomic, "cmpxchg": _atomic,
}  # fmt: skip


def members(kind: str) -> list[str]:
    """Return the types of the members of a structure or array type."""
    line = _Line(kind)
    opening = line.next()
    if opening == "[":
        count = int(line.next())
        line.next()
        return [line.type()] * count
    if opening == "<" and line.peek() == "{":
        line.next()
    found = []
    while line.peek() not in ("}", ""):
        found.append(line.type())
        line.take(",")
    return found
