"""A planted bug with its clean twin, and how to run both."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jitkit as jk

MARK = "# BUG"


@dataclass(frozen=True)
class Pair:
    """A kernel with one bug, and one that looks alike.

    Attributes
    ----------
    bug, clean : kernel
        The two.
    space : int, slice or tuple
        What they are launched over.
    arguments, clean_arguments : callable
        Make the arguments of each.
    kind : str
        The kind of finding.
    array : str or None
        The array that the finding names.
    lines : frozenset of int
        The lines that the finding may name.
    """

    bug: Any
    clean: Any
    space: Any
    arguments: Callable[[], tuple[Any, ...]]
    clean_arguments: Callable[[], tuple[Any, ...]]
    kind: str
    array: str | None
    lines: frozenset[int]


@dataclass(frozen=True)
class Suite:
    """The pairs of one kind of bug."""

    kind: str
    pairs: list[Pair] = field(default_factory=list)

    def pair(
        self,
        bug: Callable,
        clean: Callable,
        space: Any,
        arguments: Callable[[], tuple[Any, ...]],
        array: str | None = None,
        *,
        group: int | tuple[int, ...] | None = None,
        helper: Callable | None = None,
        clean_arguments: Callable[[], tuple[Any, ...]] | None = None,
    ) -> None:
        """Add a pair; `helper` is the function that holds the bug where that is not the kernel itself."""
        kernels = [jk.kernel(group=group)(function) for function in (bug, clean)]
        lines = marked(helper or bug)
        self.pairs.append(Pair(*kernels, space, arguments, clean_arguments or arguments, self.kind, array, lines))


def marked(function: Callable) -> frozenset[int]:
    """Return the lines of a function that carry the mark."""
    texts, first = inspect.getsourcelines(function)
    lines = frozenset(first + k for k, text in enumerate(texts) if text.rstrip().endswith(MARK))
    if not lines:
        raise ValueError(f"{function.__name__} has no line that ends in {MARK}")
    return lines
