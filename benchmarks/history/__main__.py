"""Record the newest commits in asv's history: `python -m benchmarks.history --machine NAME`.

Every commit that changed the package since the newest recorded one is measured by `benchmarks/speedups.py`, one after the
other, and added to `benchmarks/results`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.history import commits
from benchmarks.history.slim import slim

CONFIG = commits.ROOT / "asv.conf.json"


def main(arguments: Sequence[str] | None = None) -> None:
    """Record commits.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command-line arguments; those of the process unless given.
    """
    options = _parser().parse_args(arguments)
    results = _results_of(options.config)
    found = options.commit or commits.changing(options.since)
    done = set() if options.commit else commits.recorded(results, options.machine)
    chosen = commits.chosen(found, done, options.steps, options.gaps)
    if options.list or not chosen:
        print(
            "\n".join(commits.git("log", "-1", "--format=%h %s", commit).strip() for commit in chosen) or "up to date"
        )
        return
    name_machine(options.machine, results)
    started = time.perf_counter()
    status = run(chosen, options)
    size = slim(results)
    taken = time.perf_counter() - started
    print(f"{len(chosen)} commits in {taken / 60:.1f} minutes; {results} now holds {size / 1024:.0f} KiB")
    sys.exit(status)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=__doc__.partition("\n")[0])
    parser.add_argument("commit", nargs="*", help="commits to record, instead of what is new")
    parser.add_argument("--machine", required=True, help="the name that the machine has in the results")
    parser.add_argument("--steps", type=int, metavar="N", help="at most so many commits, spread evenly")
    parser.add_argument("--since", default=commits.FIRST, metavar="COMMIT", help="none older than this")
    parser.add_argument("--gaps", action="store_true", help="fill gaps too: commits older than the newest recorded")
    parser.add_argument(
        "--also", action="append", default=[], metavar="REGEX", help="more benchmarks, as asv's --bench"
    )
    parser.add_argument("--row", action="append", default=[], metavar="NAME", help="only these rows of the speedups")
    parser.add_argument("--list", action="store_true", help="only say which commits")
    parser.add_argument("--config", type=Path, default=CONFIG, help="an asv.conf.json of your own")
    return parser


def _results_of(config: Path) -> Path:
    from asv.config import Config

    return (config.parent / Config.load(str(config)).results_dir).absolute()


def name_machine(name: str, results: Path) -> None:
    """Tell asv the facts about this machine: those recorded with earlier results, or what asv finds.

    Under one name all results make one history, whatever the host is called.
    """
    from asv.machine import Machine, MachineCollection

    recorded = results / name / "machine.json"
    facts = json.loads(recorded.read_text()) if recorded.exists() else Machine.get_defaults()
    facts = {key: value for key, value in facts.items() if key != "version"}
    MachineCollection.save(name, {**facts, "machine": name})


def run(chosen: Sequence[str], options: argparse.Namespace) -> int:
    """Let asv measure the commits, the newest first, and return its exit status."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as hashes:
        hashes.write("".join(f"{commits.git('rev-parse', commit).strip()}\n" for commit in reversed(chosen)))
        hashes.flush()
        command = [sys.executable, "-m", "asv", "--config", str(options.config), "run", f"HASHFILE:{hashes.name}"]
        command += ["--machine", options.machine, "--no-pull"]
        # One process imports the benchmarks and is forked for each number: seconds a commit instead of minutes.
        command += ["--launch-method", "forkserver"]
        rows = "|".join(options.row) or ".*"
        for pattern in (rf"^speedups\.({rows})\.", *options.also):
            command += ["--bench", pattern]
        environment = {**os.environ, "JITKIT_SPEEDUPS": " ".join(options.row)}
        return subprocess.run(command, cwd=options.config.parent, env=environment, check=False).returncode


if __name__ == "__main__":
    main()
