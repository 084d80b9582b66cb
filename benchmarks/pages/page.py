"""The page of speedups as HTML: plain data in, one text out; it needs no script and no network."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

SIDES = {
    "interpreted": "interpreted",
    "NumPy": "NumPy",
    "C": "C",
    "cpu": "jitkit, CPU",
    "float64": "jitkit, CPU, float64",
    "cuda": "jitkit, GPU",
}
OURS = ("cpu", "float64", "cuda")
MEMORY = "memory"
PEERS = ("NumPy", "C")
WIDTH, HEIGHT, MARGIN = 104, 26, 3
STEP = 1.3
STEPS_SHOWN = 20


@dataclass(frozen=True)
class Commit:
    """A commit with results, and the first line of its message."""

    hash: str
    date: str
    subject: str


@dataclass
class Row:
    """One thing that is computed; each list has an entry for each commit, None where there is no result.

    Attributes
    ----------
    name : str
        The name of its class among the benchmarks.
    label : str
        What the page calls it.
    times : dict of str to list
        Nanoseconds a point, by side.
    relative : dict of str to list
        jitkit's time over each peer's, the two having taken turns.
    memory : dict of str to list
        Bytes a point that a call on the CPU takes at its peak, under `MEMORY`.
    """

    name: str
    label: str
    times: dict[str, list[float | None]] = field(default_factory=dict)
    relative: dict[str, list[float | None]] = field(default_factory=dict)
    memory: dict[str, list[float | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Machine:
    """The results of one machine: its facts, what was installed, its commits from the oldest on, and its rows."""

    facts: dict[str, str]
    versions: dict[str, str]
    commits: Sequence[Commit]
    rows: Sequence[Row]


@dataclass(frozen=True)
class Step:
    """A change of speed between two neighbouring commits with results, as times faster."""

    factor: float
    row: str
    commit: Commit


def document(project: str, machines: Iterable[Machine], plots: str) -> str:
    """Return the page.

    Parameters
    ----------
    project : str
        The project's name.
    machines : iterable of Machine
        What to show.
    plots : str
        The page with asv's plots, relative to this one.
    """
    style = Path(__file__).with_name("page.css").read_text()
    sections = "\n".join(_section(machine, plots) for machine in machines)
    title = html.escape(f"{project}: speedups")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>Times are for one point of each problem, in float32 unless it says float64, on all cores. The factors are against the
interpreter, which runs a smaller problem of the same kind. Memory is what a call takes at its peak beside its arguments, for
one point. The curves go over the commits, the newest on the right; higher is faster, and a curve's full height is at least
a factor of two. The last column compares with NumPy and C running the same problem in turn in one process, which holds on a
busy machine too.
<a href="{html.escape(plots)}">All plots, by asv</a>.</p>
{sections}
</main>
</body>
</html>
"""


def _section(machine: Machine, plots: str) -> str:
    facts = ", ".join(html.escape(value) for key, value in sorted(machine.facts.items()) if key in ("cpu", "os", "ram"))
    versions = ", ".join(html.escape(f"{key} {value}") for key, value in sorted(machine.versions.items()) if value)
    newest = machine.commits[-1]
    sides = [side for side in SIDES if any(side in row.times for row in machine.rows)]
    heads = "".join(f'<th scope="col">{html.escape(SIDES[side])}</th>' for side in sides)
    has_memory = any(row.memory for row in machine.rows)
    heads += f'<th scope="col">{MEMORY}</th>' * has_memory
    chosen = "".join(f"&{'' if key == 'machine' else 'f-'}{key}={quote(fact)}" for key, fact in machine.facts.items())
    plot = f"{plots}#view=explore&params=3,2{chosen}&bench=speedups."
    body = "\n".join(_row(row, sides, has_memory, plot) for row in machine.rows)
    return f"""<section>
<h2>{html.escape(machine.facts["machine"])}</h2>
<p class="facts">{facts}<br>{versions}<br>{len(machine.commits)} commits, the newest
<code>{newest.hash[:8]}</code> of {newest.date}: {html.escape(newest.subject)}</p>
<table>
<thead><tr><th scope="col">kernel</th>{heads}<th scope="col">jitkit is as fast as</th></tr></thead>
<tbody>
{body}
</tbody>
</table>
{_steps_table(machine)}
</section>"""


def _row(row: Row, sides: Sequence[str], has_memory: bool, plot: str) -> str:
    link = f"{plot}{row.name}.track_ns_per_point"
    interpreted = newest(row.times.get("interpreted", []))
    cells = "".join(_cell(side, row.times.get(side, []), interpreted) for side in sides)
    name = f'<th scope="row"><a href="{html.escape(link)}">{html.escape(row.label)}</a></th>'
    cells += _memory(row.memory.get(MEMORY, [])) * has_memory
    return f"<tr>{name}{cells}{_verdict(row)}</tr>"


def _cell(side: str, times: Sequence[float | None], interpreted: float | None) -> str:
    label, now = html.escape(SIDES[side]), newest(times)
    if now is None:
        return f'<td data-label="{label}" class="none">&ndash;</td>'
    factor = f"<b>{number(interpreted / now)}&times;</b> " if interpreted else ""
    kind = ' class="ours"' if side in OURS else ""
    return f'<td data-label="{label}"{kind}><span>{factor}<small>{duration(now)}</small></span>{sparkline(times)}</td>'


def _memory(values: Sequence[float | None]) -> str:
    """Return the cell of what a call takes at its peak: results and what is in between, not what it is given."""
    now = values[-1] if values else None
    text = "&ndash;" if now is None else f"<small>{number(now) if now >= 0.005 else 0} B</small>"
    kind = ' class="none"' if now is None else ""
    return f'<td data-label="{MEMORY}"{kind}><span>{text}</span></td>'


def _verdict(row: Row) -> str:
    """Return the cell that says how jitkit stands to each peer."""
    found = [(peer, newest(row.relative.get(peer, []))) for peer in PEERS]
    lines = [
        f'<span class="{"ahead" if ratio <= 1 else "behind"}">{number(1 / ratio)}&times; {peer}</span>'
        for peer, ratio in found
        if ratio
    ]
    kind = "" if lines else ' class="none"'
    return f'<td data-label="jitkit is"{kind}>{"<br>".join(lines) or "&ndash;"}</td>'


def sparkline(values: Sequence[float | None]) -> str:
    """Return an inline SVG of values over commits, on a logarithmic scale, the small ones on top.

    The full height is a factor of two or more, so that noise looks like noise.
    """
    logs = {k: math.log2(value) for k, value in enumerate(values) if value}
    if len(logs) < 2:
        return ""
    middle = (max(logs.values()) + min(logs.values())) / 2
    span = max(1.0, max(logs.values()) - min(logs.values()))
    across, up = (WIDTH - 2 * MARGIN) / (len(values) - 1), HEIGHT - 2 * MARGIN
    places = [(MARGIN + k * across, MARGIN + up * (0.5 + (log - middle) / span)) for k, log in logs.items()]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    first, last = (values[k] for k in (min(logs), max(logs)))
    text = f"from {duration(first or 0)} to {duration(last or 0)} a point"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{text}">'
        f'<title>{text}</title><polyline points="{points}"/>'
        f'<circle cx="{places[-1][0]:.1f}" cy="{places[-1][1]:.1f}" r="2.2"/></svg>'
    )


def steps(machine: Machine) -> list[Step]:
    """Return where a row became faster or slower by `STEP`, the largest first.

    Both the time and the ratio to a peer must say so: a neighbour on the machine changes one, hardly both.
    """
    found = []
    for row in machine.rows:
        times = row.times.get("cpu", [])
        for k in range(1, len(machine.commits)):
            factors = [_factor(values, k) for values in (times, *row.relative.values())]
            known = [factor for factor in factors if factor]
            if len(known) > 1 and (min(known) >= STEP or max(known) <= 1 / STEP):
                weakest = min(known, key=lambda factor: abs(math.log(factor)))
                found.append(Step(weakest, row.label, machine.commits[k]))
    return sorted(found, key=lambda step: -abs(math.log(step.factor)))


def _factor(values: Sequence[float | None], k: int) -> float | None:
    before, after = (values[k - 1], values[k]) if k < len(values) else (None, None)
    return before / after if before and after else None


def _steps_table(machine: Machine) -> str:
    found = steps(machine)[:STEPS_SHOWN]
    if not found:
        return ""
    lines = "\n".join(_step(step) for step in found)
    head = '<tr><th scope="col">kernel</th><th scope="col">change</th><th scope="col">commit</th></tr>'
    return f"<h3>The largest steps</h3>\n<table>\n<thead>{head}</thead>\n<tbody>\n{lines}\n</tbody>\n</table>"


def _step(step: Step) -> str:
    ahead = step.factor >= 1
    text = f"{number(step.factor if ahead else 1 / step.factor)}&times; {'faster' if ahead else 'slower'}"
    change = f'<td data-label="change"><span class="{"ahead" if ahead else "behind"}">{text}</span></td>'
    commit = f"<code>{step.commit.hash[:8]}</code> {html.escape(step.commit.subject)}"
    return f'<tr><th scope="row">{html.escape(step.row)}</th>{change}<td data-label="commit" class="text">{commit}</td></tr>'


def newest(values: Sequence[float | None]) -> float | None:
    """Return the last value, if it is there."""
    return values[-1] if values and values[-1] else None


def number(value: float) -> str:
    """Return a factor with two or three significant digits, and thousands set apart.

    Examples
    --------
    >>> number(12345.6), number(12.34), number(0.1234)
    ('12,300', '12', '0.12')
    """
    if value >= 10:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.1f}" if value >= 2 else f"{value:.2f}"


def duration(nanoseconds: float) -> str:
    """Return a time with three significant digits.

    Examples
    --------
    >>> duration(0.4236), duration(1234.5)
    ('0.424 ns', '1.23 µs')
    """
    for limit, unit in ((1e6, "ms"), (1e3, "µs")):
        if nanoseconds >= limit:
            return f"{nanoseconds / limit:.3g} {unit}"
    return f"{nanoseconds:.3g} ns"
