"""What a benchmark found, as numbers, as text, as HTML and as JSON."""

from __future__ import annotations

import html
import io
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from jitkit.benchmarking.measured import INTERPRETER, NUMPY, Timing
from jitkit.benchmarking.roofline import Roofline

HEADINGS = ("size", "by", "points", "time", "GB/s", "GFLOP/s", "roofline", "× interp.", "× NumPy")


@dataclass(frozen=True, repr=False)
class Benchmark:
    """The outcome of `jitkit.benchmark`: prints as a table, in a terminal and in Jupyter.

    Attributes
    ----------
    name, dtype : str
        The kernel or case, and the type of its arrays.
    machine : dict of str to str
        The processor, the number of threads, and versions.
    timings : tuple of Timing
        By size, and for each size by side.
    rooflines : dict of str to Roofline
        The measured ceilings, by backend.
    """

    name: str
    dtype: str
    machine: dict[str, str]
    timings: tuple[Timing, ...]
    rooflines: dict[str, Roofline]

    def of_roofline(self, timing: Timing) -> float | None:
        """Return which part of the attainable speed a timing reaches; over 1 where caches hold the data."""
        ceiling = self.rooflines.get("cpu" if timing.by == NUMPY else timing.by)
        return None if ceiling is None else ceiling.shortest(timing.moved, timing.flops) / timing.seconds

    def speedup(self, timing: Timing, over: str) -> float | None:
        """Return how many times faster a timing is than another side, by the time a point.

        The interpreter runs a smaller problem of the same kind; other sides are compared at the same size.
        """
        sizes = (None,) if over == INTERPRETER else (timing.size,)
        found = [other for other in self.timings if other.by == over and (sizes == (None,) or other.size in sizes)]
        return found[0].per_point / timing.per_point if found else None

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yield the cells of each line, as text."""
        from jitkit.cli.console import duration, significant

        for timing in self.timings:
            part, rate = self.of_roofline(timing), timing.rate
            speedups = (self.speedup(timing, over) for over in (INTERPRETER, NUMPY))
            yield (
                timing.size,
                timing.by,
                f"{timing.points:,}",
                f"{duration(timing.seconds)} ±{timing.spread:3.0%}",
                significant(timing.bandwidth / 1e9),
                "" if rate is None else significant(rate / 1e9),
                "" if part is None else f"{part:.0%}",
                *("" if speedup is None else significant(speedup) for speedup in speedups),
            )

    def notes(self) -> str:
        """Return what the table is about: the machine and its ceilings."""
        from jitkit.cli.console import significant

        ceilings = [
            f"{backend}: {significant(found.bandwidth / 1e9)} GB/s by a triad, "
            f"{significant(found.peak / 1e9)} GFLOP/s by fused multiply-adds"
            for backend, found in self.rooflines.items()
        ]
        return "; ".join([", ".join(self.machine.values()), *ceilings])

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data, for JSON; times in seconds, rates in bytes and operations a second."""
        lines = [
            asdict(timing)
            | {
                "bandwidth": timing.bandwidth,
                "rate": timing.rate,
                "of_roofline": self.of_roofline(timing),
                "over_interpreted": self.speedup(timing, INTERPRETER),
                "over_numpy": self.speedup(timing, NUMPY),
            }
            for timing in self.timings
        ]
        ceilings = {backend: asdict(found) for backend, found in self.rooflines.items()}
        about = {"name": self.name, "dtype": self.dtype, "machine": self.machine}
        return {**about, "rooflines": ceilings, "timings": lines}

    def table(self, narrow: bool = False) -> Any:
        """Return the table for `rich`; a narrow one leaves the points out."""
        from jitkit.cli.console import table

        kept = [heading for heading in HEADINGS if not (narrow and heading == "points")]
        shown = table(*kept, title=f"{self.name}, {self.dtype}", numbers=HEADINGS[2:])
        shown.padding = (0, 1, 0, 0)
        for cells in self.rows():
            shown.add_row(*(cell for heading, cell in zip(HEADINGS, cells, strict=True) if heading in kept))
        return shown

    def plot(self, path: str | Path) -> None:
        """Draw times against size and the roofline into a file; needs matplotlib.

        Parameters
        ----------
        path : str or Path
            The file; its suffix decides the format.
        """
        from jitkit.benchmarking.plot import draw

        title = f"{self.name}, {self.dtype}: {', '.join(self.machine.values())}"
        draw(self.timings, self.rooflines, title, Path(path))

    def __repr__(self) -> str:
        from rich.console import Console

        # In a notebook rich would show the table at once, beside the page that `_repr_html_` makes, and return nothing.
        text = Console(
            file=io.StringIO(),
            width=140,
            markup=False,
            highlight=False,
            emoji=False,
            force_jupyter=False,
            force_terminal=False,
        )
        text.print(self.table())
        text.print(self.notes(), soft_wrap=True)
        return "\n".join(line.rstrip() for line in text.file.getvalue().splitlines())  # type: ignore[attr-defined]

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(text)}</th>" for text in HEADINGS)
        body = "\n".join(
            "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in cells) + "</tr>" for cells in self.rows()
        )
        caption = f"<caption>{html.escape(self.name)}, {html.escape(self.dtype)}</caption>"
        table = f"<table>{caption}<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"
        return f"{table}\n<p><small>{html.escape(self.notes())}</small></p>"
