"""asv's results, small enough to live in the repository: rounded, without samples and without the benchmarks' texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DIGITS = 4
DROPPED = ("samples", "profile")


def slim(folder: Path) -> int:
    """Shrink every file of a results folder in place, and return how many bytes all take afterwards."""
    used = set()
    for path in folder.glob("*/*-*.json"):
        data = rounded(without_samples(json.loads(path.read_text())))
        used |= set(data["results"])
        _write(path, data)
    listed = folder / "benchmarks.json"
    if listed.exists():
        _write(listed, without_texts(json.loads(listed.read_text()), used))
    return sum(path.stat().st_size for path in folder.rglob("*.json"))


def rounded(value: Any) -> Any:
    """Return JSON with its fractions rounded to four significant digits.

    Examples
    --------
    >>> rounded({"a": [0.123456, 123456, None]})
    {'a': [0.1235, 123456, None]}
    """
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return value


def without_samples(data: dict[str, Any]) -> dict[str, Any]:
    """Return the results of a commit without single samples, whose columns are the last."""
    columns = [name for name in data["result_columns"] if name not in DROPPED]
    assert columns == data["result_columns"][: len(columns)], "asv has moved the column of the samples"
    kept = {name: row[: len(columns)] for name, row in data["results"].items()}
    return {**data, "result_columns": columns, "results": kept}


def without_texts(data: dict[str, Any], used: set[str]) -> dict[str, Any]:
    """Return the descriptions of those benchmarks that have results; each says its file instead of its text."""
    about = {name: value for name, value in data.items() if not isinstance(value, dict)}
    kept = {name: value for name, value in data.items() if name in used}
    return about | {name: {**value, "code": f"benchmarks/{name.split('.')[0]}.py"} for name, value in kept.items()}


def _write(path: Path, data: Any) -> None:
    path.write_text(json.dumps(data, separators=(",", ":"), sort_keys=True) + "\n")
