"""Compare two commits and name what got slower: `python -m benchmarks.gate BASE HEAD`.

Both run in processes of their own that take turns, every few milliseconds, so that what disturbs the machine disturbs both
alike. A row counts as slower where its median ratio is over the limit in the first pair of processes and in those started
afterwards to make sure. HEAD may be `.`, the working tree.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import _sides

ROOT = Path(__file__).parents[2]
LIMIT = 1.2
TURNS = 15
AGAIN = 2  # pairs of processes more, where the first says slower


@dataclass(frozen=True)
class Verdict:
    """What came of a row: HEAD's time over BASE's, or why there is none."""

    row: str
    ratio: float | None
    reason: str = ""

    def is_slower(self, limit: float) -> bool:
        """Tell whether the ratio is over a limit, or HEAD cannot run the row any more."""
        return self.ratio > limit if self.ratio is not None else self.reason.startswith("HEAD")


class Side:
    """A process with one commit's jitkit."""

    def __init__(self, tree: Path, row: str, scratch: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": f"{tree}{os.pathsep}{scratch}", "OMP_WAIT_POLICY": "passive"}
        environment["JITKIT_CACHE_DIR"] = str(scratch / f"cache-{tree.name}")
        command = [sys.executable, "-P", "-m", "benchmarks.gate.side", row]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, env=environment, cwd=scratch, text=True, **pipes)
        self.answer = self._read()

    def seconds(self) -> float:
        """Return the seconds of one launch, timed now."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self._read())

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip() or "missing the process died"


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare, print a table, and exit with 1 where something got slower.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command-line arguments; those of the process unless given.
    """
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="jitkit-gate-") as folder:
        scratch = Path(folder)
        (scratch / "benchmarks").symlink_to(ROOT / "benchmarks")
        trees = [unpacked(commit, scratch / name) for commit, name in ((options.base, "base"), (options.head, "head"))]
        verdicts = []
        for row in options.row or [row.name for row in _sides.rows()]:
            verdicts.append(judge(row, trees, scratch, options.limit, options.turns))
            print(line(verdicts[-1], options.limit), flush=True)
    slower = [verdict for verdict in verdicts if verdict.is_slower(options.limit)]
    if options.markdown:
        options.markdown.write_text(markdown(verdicts, options))
    print(f"{len(slower)} of {len(verdicts)} rows slower: {', '.join(verdict.row for verdict in slower) or 'none'}")
    sys.exit(1 if slower else 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gate", description=__doc__.partition("\n")[0])
    parser.add_argument("base", help="the commit to compare with")
    parser.add_argument("head", help="the commit to judge; . is the working tree")
    names = [row.name for row in _sides.rows()]
    parser.add_argument("--row", action="append", choices=names, metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument("--limit", type=float, default=LIMIT, help="the ratio of times that is too much (%(default)s)")
    parser.add_argument("--turns", type=int, default=TURNS, help="turns of each pair of processes (%(default)s)")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write a table for a comment")
    return parser


def unpacked(commit: str, folder: Path) -> Path:
    """Return a folder with the package of a commit."""
    folder.mkdir()
    if commit == ".":
        (folder / "jitkit").symlink_to(ROOT / "jitkit")
        return folder
    command = ["git", "-C", str(ROOT), "archive", commit, "jitkit"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"no commit {commit!r}: {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as packed:
        packed.extractall(folder, filter="data")
    return folder


def judge(row: str, trees: Sequence[Path], scratch: Path, limit: float, turns: int) -> Verdict:
    """Compare a row of two trees, again where the first comparison says slower."""
    verdict = compare(row, trees, scratch, turns)
    if verdict.ratio is None or verdict.ratio <= limit:
        return verdict
    more = [compare(row, trees, scratch, turns).ratio for _ in range(AGAIN)]
    return Verdict(row, min(ratio for ratio in (verdict.ratio, *more) if ratio is not None))


def compare(row: str, trees: Sequence[Path], scratch: Path, turns: int) -> Verdict:
    """Let one pair of processes take turns, and return the median of their ratios."""
    base, head = sides = [Side(tree, row, scratch) for tree in trees]
    try:
        for name, side in (("BASE", base), ("HEAD", head)):
            if side.answer != "ready":
                return Verdict(row, None, f"{name} cannot run it: {side.answer.removeprefix('missing ')}")
        return Verdict(row, statistics.median(ratios(base, head, turns)))
    finally:
        for side in sides:
            side.close()


def ratios(base: Side, head: Side, turns: int) -> Iterable[float]:
    """Yield HEAD's time over BASE's for each turn, begun by one and the other."""
    for turn in range(turns):
        if turn % 2:
            mine = head.seconds()
            yield mine / base.seconds()
        else:
            other = base.seconds()
            yield head.seconds() / other


def line(verdict: Verdict, limit: float) -> str:
    """Return a verdict as a line of text."""
    if verdict.ratio is None:
        return f"{verdict.row:<24} {verdict.reason}"
    return f"{verdict.row:<24} {verdict.ratio:6.2f}{'  SLOWER' if verdict.is_slower(limit) else ''}"


def markdown(verdicts: Sequence[Verdict], options: argparse.Namespace) -> str:
    """Return the verdicts as a Markdown table, the slowest first."""
    known = sorted((verdict for verdict in verdicts if verdict.ratio), key=lambda verdict: -(verdict.ratio or 0))
    rows = [f"| {item.row} | {item.ratio:.2f} | {_mark(item, options.limit)} |" for item in known]
    rows += [f"| {item.row} | | {item.reason} |" for item in verdicts if item.ratio is None]
    head = f"Times of `{options.head}` over those of `{options.base}`, taken in turns (below 1: faster)."
    return "\n".join([head, "", "| row | ratio | |", "| --- | ---: | --- |", *rows, ""])


def _mark(verdict: Verdict, limit: float) -> str:
    ratio = verdict.ratio or 1.0
    return "**slower**" if ratio > limit else "faster" if ratio < 1 / limit else ""


if __name__ == "__main__":
    main()
