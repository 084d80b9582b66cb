"""Write the tables of peers into README, each between its markers: `python -m benchmarks.peers.report`.

The figures come from `results.json`, which `python -m benchmarks.peers.measure` writes; how near the cases are to their
ceilings from `benchmarks/roofline/results.json`, which `python -m benchmarks.roofline --json` writes.
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
RESULTS = Path(__file__).with_name("results.json")
CEILINGS = ROOT / "benchmarks" / "roofline" / "results.json"
KERNELS = "float32"
"""The type of the figures for kernels: a column for each peer leaves no room for two."""


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
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE", help="the results")
    parser.add_argument(
        "--ceilings", type=Path, default=CEILINGS, metavar="FILE", help="how near the cases are to their ceilings"
    )
    parser.add_argument(
        "--readme", type=Path, default=ROOT / "README.md", metavar="FILE", help="what holds the markers"
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit with 1 where a table is not up to date"
    )
    options = parser.parse_args(arguments)
    before = options.readme.read_text(encoding="utf-8")
    found, after = json.loads(options.json.read_text()), before
    if missing := [name for name in rows.every() if name not in found["rows"]]:
        print(f"not measured yet: {', '.join(missing)}")
    parts = {
        line["case"]: line["part"] for line in json.loads(options.ceilings.read_text()) if line["dtype"] == KERNELS
    }
    for table in rows.FILES:
        # A table of which nothing is measured yet stays as it is.
        if any(row.name in found["rows"] for row in rows.table(table)):
            after = included(after, table, block(found, table, parts), options.readme.name)
    if options.check:
        raise SystemExit(
            0 if after == before else f"{options.readme} does not show {options.json}: run without --check"
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


def block(found: dict[str, Any], table: str, parts: dict[str, float]) -> str:
    """Return a table and what is to be said with it, as Markdown; `parts` says how near the cases are to their ceilings."""
    measured = {row: found["rows"][row.name] for row in rows.table(table) if row.name in found["rows"]}
    if table == "cases":
        of_kernels = {row.name: by_dtype[KERNELS] for row, by_dtype in measured.items() if KERNELS in by_dtype}
        head, aside, lines, last = _kernels(of_kernels, parts)
        taken: Iterable[dict[str, Any]] = of_kernels.values()
    else:
        head, aside, lines, last = _speeds(measured)
        taken = [result for by_dtype in measured.values() for result in by_dtype.values()]
    first = f"{head}, {found['threads']} threads of {found['machine']}, {_dates(taken)}. {_versions(taken)}; {aside}."
    texts = [textwrap.fill(text, 120, break_on_hyphens=False) for text in (first, last)]
    return "\n".join([texts[0], "", *lines, "", texts[1], ""])


def _lines(head: Sequence[str], body: Iterable[Sequence[str]]) -> list[str]:
    rule = ["---", *["---:"] * (len(head) - 1)]
    return ["| " + " | ".join(cells) + " |" for cells in (head, rule, *body)]


def _dates(taken: Iterable[dict[str, Any]]) -> str:
    days = sorted({result["date"] for result in taken}) or ["never"]
    return days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"


def _versions(taken: Iterable[dict[str, Any]]) -> str:
    there = {(side, version) for result in taken for side, version in result["versions"].items()}
    return ", ".join(f"{side} {version}" for side in SIDES for version in sorted(v for s, v in there if s == side))


def _kernels(found: dict[str, dict[str, Any]], parts: dict[str, float]) -> tuple[str, str, list[str], str]:
    """Return what the figures of kernels are, a remark, columns of ceilings and peers, and what they come to."""
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
        "needs, whichever takes longer"
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


def _speeds(measured: dict[rows.Row, dict[str, Any]]) -> tuple[str, str, list[str], str]:
    """Return what the figures of operations are, a remark, a line for each with all peers, and what they come to."""
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
