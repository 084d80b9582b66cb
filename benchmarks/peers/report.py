"""Write the table of peers into README, between its markers: `python -m benchmarks.peers.report`.

The figures come from `results.json`, which `python -m benchmarks.peers.measure` writes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .sides import SIDES

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).with_name("results.json")
BEGIN, END = "<!-- peers: begin -->", "<!-- peers: end -->"


def main(arguments: Sequence[str] | None = None) -> None:
    """Replace the table in README.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command-line arguments; those of the process unless given.
    """
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers.report", description="the table of peers in README"
    )
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE", help="the results")
    parser.add_argument(
        "--readme", type=Path, default=ROOT / "README.md", metavar="FILE", help="what holds the markers"
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit with 1 where the table is not up to date"
    )
    options = parser.parse_args(arguments)
    before = options.readme.read_text(encoding="utf-8")
    after = included(before, block(json.loads(options.json.read_text())), options.readme.name)
    if options.check:
        raise SystemExit(
            0 if after == before else f"{options.readme} does not show {options.json}: run without --check"
        )
    options.readme.write_text(after, encoding="utf-8")


def included(text: str, table: str, name: str) -> str:
    """Return a text with what stands between the markers replaced."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise SystemExit(f"{name} must hold {BEGIN} and after it {END}, each once, to say where the table goes")
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n{table}{END}{rest.partition(END)[2]}"


def block(found: dict[str, Any]) -> str:
    """Return the table and what is to be said with it, as Markdown."""
    peers = _order(found)
    head = ["case", "jitkit, ms", *peers]
    rows = [_row(name, row, peers) for name, row in found["cases"].items()]
    rows.append(["geometric mean", "", *(_mean(found, peer) for peer in peers)])
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, ["---", *["---:"] * (len(head) - 1)], *rows)]
    texts = [textwrap.fill(text, 120, break_on_hyphens=False) for text in (_words(found), _losses(found))]
    return "\n".join([texts[0], "", *lines, "", texts[1], ""])


def _order(found: dict[str, Any]) -> list[str]:
    """Return the peers that take part anywhere, in the order in which they are measured."""
    there = {peer for row in found["cases"].values() for peer in row["ratio"]}
    return [peer for peer in SIDES if peer in there]


def _words(found: dict[str, Any]) -> str:
    about = found["about"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    return (
        f"jitkit's time over each peer's, by pairs (below 1: jitkit is faster), {about['dtype']}, the cases at size "
        f"{about['size']}, {about['threads']} threads of {about['machine']}, {about['date']}. {versions}; Warp has one "
        "thread on a CPU; NumPy is the reference of the case where there is no plainer way."
    )


def _row(name: str, row: dict[str, Any], peers: Sequence[str]) -> list[str]:
    best = min(row["median"][peer] for peer in peers if peer in row["ratio"])
    cells = [_cell(row["ratio"].get(peer), row["median"].get(peer) == best) for peer in peers]
    return [name, f"{1e3 * row['median']['jitkit']:.3g}", *cells]


def _cell(ratio: float | None, is_best: bool) -> str:
    """Return a ratio, the one to the best peer emphasised."""
    if ratio is None:
        return ""
    text = f"{ratio:.2f}" if ratio >= 0.095 else f"{ratio:.2g}"
    return f"**{text}**" if is_best else text


def _mean(found: dict[str, Any], peer: str) -> str:
    ratios = [row["ratio"][peer] for row in found["cases"].values() if peer in row["ratio"]]
    return _cell(statistics.geometric_mean(ratios), False)


def _losses(found: dict[str, Any]) -> str:
    """Return a sentence that names every case in which a peer is ahead, and the mean against the best."""
    behind, best = [], []
    for name, row in found["cases"].items():
        peer = min(row["ratio"], key=lambda peer: row["median"][peer])
        best.append(row["ratio"][peer])
        behind += [f"{name} ({other} by {ratio:.2f})" for other, ratio in row["ratio"].items() if ratio > 1]
    mean = f"Against the best peer of each case (bold): {statistics.geometric_mean(best):.2f} in the geometric mean."
    return f"{mean} Behind in: {', '.join(behind)}." if behind else f"{mean} Behind in none."


if __name__ == "__main__":
    main()
