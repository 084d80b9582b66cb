"""Tables and numbers for the terminal."""

from __future__ import annotations

import sys

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

LEAST = 16
"""Characters of a column of text below which its words come apart."""
_TIMES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns"))
_SIZES = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def console() -> Console:
    """Return a console that prints text as it is: `float32[:]` and `jitkit[cuda]` are no markup."""
    return Console(markup=False, highlight=False, emoji=False)


def progress(text: str) -> None:
    """Say what is being done, to somebody who watches; a line and no spinner, whose thread would disturb the timing."""
    if sys.stderr.isatty():
        print(f"{text} ...", file=sys.stderr)


def table(*headings: str, title: str | None = None, numbers: tuple[str, ...] = ()) -> Table:
    """Return an empty table; the columns named in `numbers` are aligned to the right and never broken."""
    result = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        number = heading in numbers
        result.add_column(heading, justify="right" if number else "left", no_wrap=number, overflow="fold")
    return result


def show_table(shown: Table) -> None:
    """Print a table; where the terminal is too narrow for it, each of its lines as a block of headings and cells."""
    screen = console()
    screen.print(shown if _fits(shown, screen) else _blocks(shown))


def _fits(shown: Table, screen: Console) -> bool:
    """Tell whether numbers stand whole, and each column of text has its width or `LEAST`."""
    around = 2 + len(shown.columns) * (shown.padding[1] + shown.padding[3])
    for column in shown.columns:
        cells = (column.header, *column.cells)
        width = max((Measurement.get(screen, screen.options, cell).maximum for cell in cells), default=0)
        around += width if column.no_wrap else min(width, LEAST)
    return around <= screen.width


def _blocks(shown: Table) -> Table:
    result = facts()
    result.title = shown.title
    for number, cells in enumerate(zip(*(column.cells for column in shown.columns), strict=True)):
        if number:
            result.add_row("", "")
        for column, cell in zip(shown.columns, cells, strict=True):
            if cell != "":
                result.add_row(column.header, cell)
    return result


def facts(title: str | None = None) -> Table:
    """Return a table of two columns without headings: a name and what there is to say about it."""
    result = Table(title=title, title_justify="left", title_style="bold", box=None, show_header=False, pad_edge=False)
    result.add_column(no_wrap=True, style="cyan")
    result.add_column(overflow="fold")
    return result


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "entry", "entries"), counted(2, "thread")
    ('1 entry', '2 threads')
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def duration(seconds: float) -> str:
    """Return a time with three significant digits.

    Examples
    --------
    >>> duration(0.00123456)
    '1.23 ms'
    """
    unit, name = next(((unit, name) for unit, name in _TIMES if seconds >= unit * 0.9995), _TIMES[-1])
    return f"{significant(seconds / unit)} {name}"


def memory(size: int) -> str:
    """Return a number of bytes.

    Examples
    --------
    >>> memory(3 << 19)
    '1.50 MiB'
    """
    unit, name = next(((unit, name) for unit, name in _SIZES if size >= unit), (1, "bytes"))
    return f"{size} bytes" if unit == 1 else f"{significant(size / unit)} {name}"


def significant(value: float) -> str:
    """Return a number with three significant digits, and thousands set apart.

    Examples
    --------
    >>> significant(12345.6), significant(1.2), significant(0.00123)
    ('12,346', '1.20', '0.00123')
    """
    if value >= 99.95:
        return f"{value:,.0f}"
    return f"{value:#.3g}" if 0 < value < 0.9995 else f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"
