"""Variables that are assigned once: what Numba's own pass makes of the same functions, statement by statement."""

import random
import re

import pytest
from numba.core import bytecode, interpreter, ssa, transforms

from jitkit.backends import single_assignment


def straight(x):
    y = x + 1
    y = y * y
    x = y - x
    return x


def branches(x, n):
    y = 0
    if x > 0:
        y = x
    elif x < -n:
        y = n
        x = y
    return x + y


def loops(n):
    total, last = 0, 1
    for i in range(n):
        for j in range(i):
            if j == last:
                last = total
                continue
            total += j
            if total > 100:
                break
        total -= i
    return total * last


def late(n):
    while n > 0:
        if n % 2:
            found = n
        n -= 1
    return found


def crossed(a, b, n):
    for _ in range(n):
        a, b = b, a
    return a - b


def program(seed):
    """Return the text of a function of assignments, branches and loops."""
    draw = random.Random(seed)
    names, lines = ["a", "b", "c", "d"], ["def drawn(a, b, n):", "    c, d = a, n"]

    def block(depth, room):
        for _ in range(draw.randint(1, 4)):
            indent, kind = "    " * depth, draw.random() if depth < room else 0
            if kind < 0.6:
                lines.append(f"{indent}{draw.choice(names)} = {draw.choice(names)} + {draw.choice(names)}")
            elif kind < 0.8:
                lines.append(f"{indent}if {draw.choice(names)} > {draw.choice(names)}:")
                block(depth + 1, room)
                if draw.random() < 0.5:
                    lines.append(f"{indent}else:")
                    block(depth + 1, room)
            else:
                lines.append(f"{indent}while {draw.choice(names)} < n:")
                block(depth + 1, room)
                if draw.random() < 0.5:
                    lines.append(f"{indent}    break")

    block(1, 4)
    return "\n".join([*lines, f"    return {draw.choice(names)}"])


def drawn(seed):
    space = {}
    exec(program(seed), space)
    return space["drawn"]


def read(func):
    known = bytecode.FunctionIdentity.from_function(func)
    found = interpreter.Interpreter(known).interpret(bytecode.ByteCode(known))
    found.blocks = transforms.canonicalize_cfg(found.blocks)
    return found


@pytest.mark.parametrize("func", [straight, branches, loops, late, crossed, *map(drawn, range(40))])
def test_statements_are_those_of_numba(func):
    ours, theirs = read(func), read(func)
    single_assignment.reconstruct(ours.blocks)
    ssa.reconstruct_ssa(theirs)
    assert statements(ours) == statements(theirs)


def statements(function):
    """Return a function's statements without lines: phi nodes have that of their block here, there that of a reader."""
    return re.sub(r":\d+\)", ")", function.dump_to_string())
