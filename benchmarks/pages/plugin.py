"""The page of speedups beside asv's: a plugin for `asv publish`, named in asv.conf.json.

`index.html` becomes our page, `asv.html` asv's. Where the package asv-tachyon is installed, its page replaces the one that
asv brings, which loads its scripts from the network and shows nothing without.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asv.console import log
from asv.publishing import OutputPublisher
from asv.results import iter_results
from asv.util import load_json

from benchmarks.history.commits import git
from benchmarks.pages import page

BENCHMARK = re.compile(r"speedups\.(\w+)\.(\w+)")
COLUMNS = {
    "track_ns_per_point": "times",
    "track_float64": "times",
    "track_relative": "relative",
    "track_peak_memory": "memory",
}
"""Where a row of the page keeps what a benchmark says."""
PLOTS = "asv.html"
TOOLKIT = ("linalg", "ml", "ode", "random", "signal", "sparse", "spatial", "stats")
VERSIONS = ("python", "numpy", "numba", "numba-cuda")


class Speedups(OutputPublisher):
    """Writes the page; asv finds the class by its base."""

    name = "speedups"
    button_label = "Speedups"
    description = "Each kernel by each way to compute it"
    order = 9

    @classmethod
    def publish(cls, conf: Any, repo: Any, benchmarks: Any, graphs: Any, revisions: dict[str, int]) -> None:
        """Write the page into the folder of the site."""
        site = Path(conf.html_dir)
        for benchmark in benchmarks.values():
            benchmark["less_is_better"] = True  # what asv-tachyon takes for granted of times alone
        _replace_plots(site)
        found = defaultdict(list)
        for result in iter_results(conf.results_dir):
            if result.commit_hash in revisions:
                found[result.params["machine"]].append(result)
        for results in found.values():
            results.sort(key=lambda result: revisions[result.commit_hash])
        newest_first = sorted(found.values(), key=lambda results: -revisions[results[-1].commit_hash])
        machines = [machine_of(results, benchmarks, conf) for results in newest_first]
        subjects = {commit.hash: commit.subject for machine in machines for commit in machine.commits}
        (site / "commits.json").write_text(json.dumps(subjects))  # shown by asv-tachyon
        (site / "index.html").write_text(page.document(conf.project, machines, PLOTS), encoding="utf-8")


def _replace_plots(site: Path) -> None:
    """Move asv's page aside, and put the one that works without a network in its place."""
    shutil.copy(site / "index.html", site / PLOTS)
    tachyon = importlib.util.find_spec("asv_tachyon")
    if tachyon is None or tachyon.origin is None:
        log.warning("asv-tachyon is not installed: asv's plots will load scripts from the network")
        return
    static = Path(tachyon.origin).parent / "static"
    shutil.copy(static / "index.html", site / PLOTS)
    shutil.copytree(static / "assets", site / "assets", dirs_exist_ok=True)
    shutil.copy(static / "favicon.svg", site)


def machine_of(results: list[Any], benchmarks: Any, conf: Any) -> page.Machine:
    """Return what one machine's results, the oldest commit first, say for the page."""
    rows: dict[str, page.Row] = {}
    stems = [path.stem for path in Path(conf.benchmark_dir).glob("[a-z]*.py")]
    for k, result in enumerate(results):
        for key in sorted(result.get_result_keys(benchmarks)):
            matched = BENCHMARK.fullmatch(key)
            if matched and matched[2] in COLUMNS:
                row = rows.setdefault(matched[1], page.Row(matched[1], label(matched[1], stems)))
                columns = getattr(row, COLUMNS[matched[2]])
                _add(columns, values_of(result, key, benchmarks[key]["params"]), k, len(results))
    newest = results[-1].params
    versions = {name: newest.get(name, "") for name in VERSIONS}
    facts = load_json(str(Path(conf.results_dir, newest["machine"], "machine.json")))
    del facts["version"]  # of the file's form
    commits = [_commit(result, conf) for result in results]
    shown = sorted((row for row in rows.values() if _has_values(row)), key=lambda row: row.label)
    return page.Machine(facts, versions, commits, shown)


def label(name: str, stems: Iterable[str]) -> str:
    """Return how a row is called: the file of its benchmark, and of the class what that does not say already.

    Examples
    --------
    >>> label("LinalgNormNorms", ["linalg_norm", "saxpy"]), label("SortSortsByComparison", ["sort", "sort_by_key"])
    ('linalg.norm', 'sort, sorts by comparison')
    """
    folded = {stem: stem.replace("_", "") for stem in stems}
    found = max((stem for stem in folded if name.lower().startswith(folded[stem])), key=len, default="")
    if not found:
        return name
    package, _, rest = found.partition("_")
    module = f"{package}.{rest}" if package in TOOLKIT else found
    words = re.sub(r"(?<=[a-z])(?=[A-Z][a-z]|[0-9])", " ", name[len(folded[found]) :]).lower()
    said = words.replace(" ", "_").removesuffix("s") in found
    return module if said else f"{module}, {words}"


def values_of(result: Any, key: str, params: list[list[str]]) -> dict[str, float]:
    """Return the values of a benchmark with one parameter, by the parameter; those that are n/a are left out."""
    (names,) = params
    values = result.get_result_value(key, params)
    return {
        name.strip("'"): value
        for name, value in zip(names, values, strict=True)
        if value is not None and value == value
    }


def _add(columns: dict[str, list[float | None]], values: Mapping[str, float], k: int, commits: int) -> None:
    for name, value in values.items():
        columns.setdefault(name, [None] * commits)[k] = value


def _has_values(row: page.Row) -> bool:
    return _any(row.times.values())


def _any(columns: Iterable[list[float | None]]) -> bool:
    return any(value is not None for column in columns for value in column)


def _commit(result: Any, conf: Any) -> page.Commit:
    date = datetime.fromtimestamp(result.date / 1000, UTC).date().isoformat()
    root = Path(conf.repo) if Path(conf.repo).exists() else Path.cwd()
    return page.Commit(result.commit_hash, date, git("log", "-1", "--format=%s", result.commit_hash, root=root).strip())
