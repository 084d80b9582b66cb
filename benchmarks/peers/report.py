"""Write the tables of peers into README, each between its markers: `python -m benchmarks.peers.report`.

The figures come from the newest file in `results`, where `python -m benchmarks.peers.measure` keeps one for each core; how
near the cases are to their ceilings from the file of that name in `benchmarks/roofline/results`, which
`python -m benchmarks.roofline --keep` writes. What the other files come to is said in a sentence below each table.
"""

from __future__ import annotations

import argparse
import json
import statistics
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from . import rows
from .sides import SIDES

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).with_name("results")
CEILINGS = ROOT / "benchmarks" / "roofline" / "results"
KERNELS = "float32"
"""The type of the figures for kernels: a column for each peer leaves no room for two."""

Machine = tuple[dict[str, Any], dict[str, float]]
"""What was found on a machine, and how near its cases are to their ceilings."""
Parts = tuple[str, str, list[str], str]
"""What the figures of a table are, a remark, its lines, and what they come to."""
NOTHING: Parts = ("", "", [], "")


def main(arguments: Sequence[str] | None = None) -> None:
    """Replace the tables in README.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command-line arguments; those of the process unless given.
    """
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers.report", description="the tables of peers in README"
    )
    parser.add_argument(
        "--results", type=Path, default=RESULTS, metavar="FOLDER", help="a file of results for each core"
    )
    parser.add_argument(
        "--ceilings",
        type=Path,
        default=CEILINGS,
        metavar="FOLDER",
        help="how near the cases are to their ceilings, likewise",
    )
    parser.add_argument(
        "--readme", type=Path, default=ROOT / "README.md", metavar="FILE", help="what holds the markers"
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit with 1 where a table is not up to date"
    )
    options = parser.parse_args(arguments)
    before = options.readme.read_text(encoding="utf-8")
    machines, after = every_machine(options.results, options.ceilings), before
    found = machines[0][0]
    if missing := [name for name in rows.every() if name not in found["rows"]]:
        print(f"not measured yet: {', '.join(missing)}")
    for table in rows.FILES:
        # A table of which nothing is measured yet stays as it is.
        if any(row.name in found["rows"] for row in rows.table(table)):
            after = included(after, table, block(machines, table), options.readme.name)
    if options.check:
        raise SystemExit(
            0 if after == before else f"{options.readme} does not show {options.results}: run without --check"
        )
    options.readme.write_text(after, encoding="utf-8")


def markers(table: str) -> tuple[str, str]:
    """Return what stands before a table and after it."""
    return f"<!-- peers of {table}: begin -->", f"<!-- peers of {table}: end -->"


def included(text: str, table: str, shown: str, name: str) -> str:
    """Return a text with what stands between the markers of a table replaced."""
    begin, end = markers(table)
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise SystemExit(f"{name} must hold {begin} and after it {end}, each once, to say where the table goes")
    head, _, rest = text.partition(begin)
    return f"{head}{begin}\n{shown}{end}{rest.partition(end)[2]}"


def every_machine(results: Path, ceilings: Path) -> list[Machine]:
    """Return what was found on each core, the newest first.

    Raises
    ------
    SystemExit
        Where the folder holds no results.
    """
    machines = []
    for file in sorted(results.glob("*.json")):
        near = ceilings / file.name
        of_cases = json.loads(near.read_text()) if near.exists() else []
        parts = {line["case"]: line["part"] for line in of_cases if line["dtype"] == KERNELS}
        machines.append((json.loads(file.read_text()), parts))
    if not machines:
        raise SystemExit(f"{results} holds no results yet: run python -m benchmarks.peers.measure")
    days = [_days(_every_result(found)) for found, _ in machines]
    newest = sorted(range(len(machines)), key=lambda k: (days[k][-1], days[k][0]), reverse=True)
    return [machines[k] for k in newest]


def block(machines: Sequence[Machine], table: str) -> str:
    """Return the table of the first machine, what is to be said with it, and what those of the others come to, as Markdown."""
    (first, parts), *others = machines
    taken, (head, aside, lines, last) = _table(first, table, parts)
    texts = [f"{head}, {_where(first, taken)}. {_versions(taken)}; {aside}.", last]
    for found, near in others:
        taken, (_, _, _, last) = _table(found, table, near)
        if taken:
            texts.append(f"The same on {_where(found, taken)}: {last[0].lower()}{last[1:]}")
    intro, *after = (textwrap.fill(text, 120, break_on_hyphens=False) for text in texts)
    return "\n".join([intro, "", *lines, "", "\n\n".join(after), ""])


def _table(found: dict[str, Any], table: str, parts: dict[str, float]) -> tuple[list[dict[str, Any]], Parts]:
    """Return the results that a table shows of a machine, and the parts of the table."""
    measured = {row: found["rows"][row.name] for row in rows.table(table) if row.name in found["rows"]}
    if table == "cases":
        of_kernels = {row.name: by_dtype[KERNELS] for row, by_dtype in measured.items() if KERNELS in by_dtype}
        return list(of_kernels.values()), _kernels(of_kernels, parts) if of_kernels else NOTHING
    taken = [result for by_dtype in measured.values() for result in by_dtype.values()]
    return taken, _speeds(measured) if taken else NOTHING


def _where(found: dict[str, Any], taken: Iterable[dict[str, Any]]) -> str:
    return f"{found['threads']} threads of {found['machine']}, {' to '.join(_days(taken))}"


def _every_result(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (result for by_dtype in found["rows"].values() for result in by_dtype.values())


def _days(taken: Iterable[dict[str, Any]]) -> list[str]:
    """Return the first and the last day on which results were taken, or the only one."""
    days = sorted({result["date"] for result in taken})
    return days[:1] + days[1:][-1:]


def _lines(head: Sequence[str], body: Iterable[Sequence[str]]) -> list[str]:
    rule = ["---", *["---:"] * (len(head) - 1)]
    return ["| " + " | ".join(cells) + " |" for cells in (head, rule, *body)]


def _versions(taken: Iterable[dict[str, Any]]) -> str:
    there = {(side, version) for result in taken for side, version in result["versions"].items()}
    return ", ".join(f"{side} {version}" for side in SIDES for version in sorted(v for s, v in there if s == side))


def _kernels(found: dict[str, dict[str, Any]], parts: dict[str, float]) -> Parts:
    """Return a table with columns of ceilings and peers."""
    there = {peer for result in found.values() for peer in result["ratio"]}
    peers = [peer for peer in SIDES if peer in there]
    body = [_row(name, result, parts.get(name), peers) for name, result in found.items()]
    body.append(["geometric mean", "", "", *(_mean(found, peer) for peer in peers)])
    sizes = " and ".join(sorted({result["size"] for result in found.values()}))
    head = (
        f"jitkit's time over each peer's, by pairs (below 1: jitkit is faster; bold: the best peer), {KERNELS}, the cases at "
        f"size {sizes}"
    )
    aside = (
        "Warp has one thread on a CPU, and NumPy is the reference of the case where there is no plainer way. The ceiling of a "
        "case is the bandwidth of a triad, or of reading where it writes little, or the rate of the instructions that it "
        "needs (a histogram, one update of a counter for each element), whichever takes longer"
    )
    return head, aside, _lines(["case", "jitkit, ms", "of its ceiling", *peers], body), _losses(found, parts)


def _row(name: str, result: dict[str, Any], part: float | None, peers: Sequence[str]) -> list[str]:
    best, near = best_peer(result), "" if part is None else f"{part:.2f}"
    return [name, _ms(result), near, *(_cell(result["ratio"].get(peer), peer == best) for peer in peers)]


def best_peer(result: dict[str, Any]) -> str | None:
    """Return the fastest side beside jitkit."""
    return min(result["ratio"], key=lambda peer: result["median"][peer], default=None)


def _ms(result: dict[str, Any]) -> str:
    return _digits(1e3 * result["median"]["jitkit"], 3)


def _digits(value: float, count: int) -> str:
    """Return a number with so many digits that say something, and no exponent."""
    text = f"{value:#.{count}g}"
    return f"{value:.0f}" if value >= 10**count or "e" in text else text.rstrip(".")


def _cell(ratio: float | None, is_best: bool) -> str:
    if ratio is None:
        return ""
    text = f"{ratio:.2f}" if ratio >= 0.095 else f"{ratio:.2g}"
    return f"**{text}**" if is_best else text


def _mean(found: dict[str, dict[str, Any]], peer: str) -> str:
    ratios = [result["ratio"][peer] for result in found.values() if peer in result["ratio"]]
    return _cell(statistics.geometric_mean(ratios), False)


def _losses(found: dict[str, dict[str, Any]], parts: dict[str, float]) -> str:
    """Return the mean against the best, what it would be at the ceilings, and the name of every case in which a peer is ahead."""
    best = {name: result["ratio"][peer] for name, result in found.items() if (peer := best_peer(result))}
    # Caches and registers can carry a case above the ceiling: it is where it can be then.
    reachable = [ratio * min(1.0, parts[name]) for name, ratio in best.items() if name in parts]
    behind = [
        f"{name} ({peer} by {ratio:.2f})"
        for name, result in found.items()
        for peer, ratio in result["ratio"].items()
        if ratio > 1
    ]
    mean = f"Against the best peer of each case: {statistics.geometric_mean(best.values()):.2f} in the geometric mean"
    if len(reachable) == len(best):
        mean += f", and {statistics.geometric_mean(reachable):.2f} were each at its ceiling"
    mean += "."
    return f"{mean} Behind in: {', '.join(behind)}." if behind else f"{mean} Behind in none."


def _speeds(measured: dict[rows.Row, dict[str, Any]]) -> Parts:
    """Return a table with a line for each operation, with all its peers."""
    dtypes = [dtype for dtype in rows.row.BOTH if any(dtype in by_dtype for by_dtype in measured.values())]
    heading = [
        "operation",
        *(f"{dtype}, ms" for dtype in dtypes),
        *(f"times the speed of, {dtype}" for dtype in dtypes),
    ]
    body = [
        [
            row.label,
            *(_ms(by_dtype[dtype]) if dtype in by_dtype else "" for dtype in dtypes),
            *(_speed(by_dtype[dtype]) if dtype in by_dtype else "" for dtype in dtypes),
        ]
        for row, by_dtype in measured.items()
    ]
    head = "jitkit's speed over each peer's, by pairs (below 1: the peer is faster; bold: the best peer)"
    aside = "those that can use two threads have two"
    return head, aside, _lines(heading, body), " ".join(_against_the_best(measured, dtypes))


def _speed(result: dict[str, Any]) -> str:
    best = best_peer(result)
    shown = ((peer, _digits(1 / ratio, 2)) for peer, ratio in result["ratio"].items())
    return ", ".join(f"{peer} **{speed}**" if peer == best else f"{peer} {speed}" for peer, speed in shown)


def _against_the_best(measured: dict[rows.Row, dict[str, Any]], dtypes: Sequence[str]) -> Iterator[str]:
    for dtype in dtypes:
        results = [by_dtype[dtype] for by_dtype in measured.values() if dtype in by_dtype]
        best = [1 / result["ratio"][peer] for result in results if (peer := best_peer(result))]
        behind = sum(speed < 1 for speed in best)
        mean = f"{statistics.geometric_mean(best):.2f}"
        yield f"Against the best peer, {dtype}: {mean} in the geometric mean, and slower in {behind} of {len(best)}."


if __name__ == "__main__":
    main()
