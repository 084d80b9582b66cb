"""`jitkit list`: the catalogue of cases."""

from __future__ import annotations

from rich.text import Text

from jitkit import cases
from jitkit.cli.console import show_table, table


def show() -> None:
    """Print a table of the cases."""
    shown = table("name", "summary and source", "dtypes", "sizes", numbers=("sizes",))
    for case in map(cases.load, (*cases.names(), *cases.primitives(), *cases.toolkit())):
        text = Text(case.summary).append(f"\n{case.source}", style="dim")
        sizes = "\n".join(f"{name} {size:,}" for name, size in case.sizes.items())
        shown.add_row(case.name, text, "\n".join(case.dtypes), sizes, end_section=True)
    show_table(shown)
