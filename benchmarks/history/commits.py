"""Which commits to record: those that changed what runs, or as many of them as there is time for."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
# The first commit whose kernels run compiled on all cores.
FIRST = "af3aaa1"
# What can change how fast a CPU computes.
PATHS = (
    "jitkit",
    *(f":(exclude)jitkit/{name}" for name in ("cli", "emulator", "backends/cuda*", "backends/sanitizer")),
)


def git(*words: str, root: Path = ROOT) -> str:
    """Return what a git command prints."""
    return subprocess.run(["git", "-C", str(root), *words], stdout=subprocess.PIPE, text=True, check=True).stdout


def changing(first: str = FIRST, last: str = "HEAD", root: Path = ROOT) -> list[str]:
    """Return the full hashes of the commits from `first` to `last` that touch `PATHS`, the oldest first."""
    found = git("rev-list", "--first-parent", "--reverse", f"{first}..{last}", "--", *PATHS, root=root).split()
    return [git("rev-parse", first, root=root).strip(), *found]


def recorded(results: Path, machine: str) -> set[str]:
    """Return the beginnings of the hashes that a machine has results for."""
    return {path.name.partition("-")[0] for path in (results / machine).glob("*-*.json")}


def chosen(commits: Sequence[str], done: Collection[str], steps: int | None, gaps: bool) -> list[str]:
    """Return the commits to record.

    Parameters
    ----------
    commits : sequence of str
        Full hashes, the oldest first.
    done : collection of str
        The beginnings of those that are recorded.
    steps : int, optional
        At most so many, spread evenly, the newest among them; one of them gives the newest.
    gaps : bool
        Whether commits before the newest recorded one count too.
    """
    known = [any(commit.startswith(start) for start in done) for commit in commits]
    newest = max((k for k, there in enumerate(known) if there), default=-1)
    wanted = [commit for k, commit in enumerate(commits) if not known[k] and (gaps or k > newest)]
    return spread(wanted, steps)


def spread(commits: Sequence[str], steps: int | None) -> list[str]:
    """Return so many of a sequence, evenly spread, the first and the last among them.

    Examples
    --------
    >>> spread("abcdefg", 3), spread("abcdefg", 1)
    (['a', 'd', 'g'], ['g'])
    """
    if steps is None or steps >= len(commits):
        return list(commits)
    if steps == 1:
        return [commits[-1]]
    places = {round(k * (len(commits) - 1) / (steps - 1)) for k in range(steps)}
    return [commits[place] for place in sorted(places)]
