"""Marks where ways meet, for kernels whose lanes LLVM led past such a place: a barrier behind it was then refused.

Where ``n % 2 == 1`` tells that ``n % 4 > 0`` as well, LLVM leads the work-items that skip a loop straight into the next, past
the test that the others still make (jump threading), and they seem to part. It copies no block with a convergent call. The
marks cost other optimisations, so only code that was refused is optimised again with them.
"""

from __future__ import annotations

import re

from jitkit.backends.spmd.graph import Graph, loops, reversed_graph

_CALL = "  call void @jk.meeting()"
_DECLARATION = (
    "declare void @jk.meeting() convergent noduplicate nounwind willreturn memory(inaccessiblemem: readwrite)\n"
)
_LABEL = re.compile(r'label (%(?:"[^"]*"|[-\w.$]+))')


def marked(text: str, name: str) -> str:
    """Return a module's text with a mark in each block of a function that several ways lead to, loops' headers apart."""
    lines = text.splitlines()
    start = next(k for k, line in enumerate(lines) if line.startswith("define") and f"@{name}(" in line)
    end = lines.index("}", start)
    graph, first, block = Graph(), dict[str, int](), "entry"
    for k in range(start, end):
        if label := re.match(r'("[^"]*"|[-\w.$]+):', lines[k]):
            block = f"%{label.group(1)}"
        elif lines[k].startswith("  ") and " = phi " not in lines[k]:
            first.setdefault(block, k)
            graph.setdefault(block, []).extend(_LABEL.findall(lines[k]))
    entry = next(iter(graph))
    headers = {loop.header for loop in loops(graph, entry).values()}
    meetings = {node for node, before in reversed_graph(graph).items() if len(before) > 1} - headers
    for node in sorted(meetings, key=first.__getitem__, reverse=True):
        lines.insert(first[node], _CALL)
    return "\n".join([*lines, _DECLARATION])


def unmarked(text: str) -> str:
    """Return a module's text without the marks."""
    return re.sub(r"^ *(tail )?call void @jk\.meeting\(\).*\n", "", text, flags=re.MULTILINE)
