"""Running a check: what it returns, where it puts that, and what it leaves as it was."""

from __future__ import annotations

import inspect
import operator
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import jitkit as jk

from . import bins, maps, operators, oracle, reductions, scans, sorts, values
from .drawing import Check, Draw

FAMILIES: dict[str, tuple[Callable[[Draw], Check], ...]] = {
    "reductions": reductions.CHECKS, "scans": scans.CHECKS, "sorts": sorts.CHECKS, "bins": bins.CHECKS, "maps": maps.CHECKS,
}  # fmt: skip
_REFUSALS = (jk.JitkitError, ValueError, TypeError, IndexError)
"""What a call may raise where NumPy, or the definition, raises too."""
_NAMES = {
    **{name: item for module in (operators, oracle, values) for name, item in vars(module).items() if callable(item)},
    "np": np, "jk": jk, "operator": operator,
}  # fmt: skip


def check_of(seed: int, backend: str, families: tuple[str, ...] = tuple(FAMILIES)) -> Check:
    """Return the check of a seed, which is always the same."""
    draw = Draw(seed, backend)
    return draw.pick(FAMILIES[draw.pick(families)])(draw)  # type: ignore[no-any-return]


def failure(check: Check) -> str | None:
    """Return what is wrong with what a call returns, changes or leaves, or None.

    It is called twice on arguments made anew, since the second call may be known, and on a CPU with one thread and two:
    results have the same bits.
    """
    before = jk.get_num_threads()
    results: list[Any] = []
    try:
        for threads in check.threads:
            if check.backend == "cpu":
                jk.set_num_threads(min(threads, 4 * before))
            wrong = _once(check, results)
            if wrong:
                return wrong
    finally:
        jk.set_num_threads(before)
    if len(results) == 2 and any(a.tobytes() != b.tobytes() for a, b in zip(*results, strict=True)):
        return "the second call gives other bits than the first"
    return None


def _once(check: Check, results: list[Any]) -> str | None:
    names: dict[str, Any] = dict(_NAMES)
    refusal = None
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for line in check.lines:
            try:
                exec(line, names)
            except Exception as error:  # what NumPy refuses
                refusal = error
                break
        if refusal is None:
            wanted = eval(check.wanted, names)
            bound = 0 if check.bound in (None, "bits") else eval(check.bound or "", names)
    if refusal is not None and any(out not in names for out in check.outs):
        return None
    kept = {name: [part.copy() for part in _arrays(names[name])] for name in _inputs(check, names)}
    around = {name: _memory(names[name]).copy() for name in check.outs}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore" if check.warns else "error")
            found = _on_host(eval(check.call, names))
    except Exception as error:
        refused = isinstance(error, _REFUSALS) and (refusal is not None or "on a GPU" in str(error))
        return None if refused else f"raises {type(error).__name__}: {error}"
    if refusal is not None:
        return f"gives {found!r}; NumPy: {type(refusal).__name__}: {refusal}"
    for name, parts in kept.items():
        if any(a.tobytes() != b.tobytes() for a, b in zip(_arrays(names[name]), parts, strict=True)):
            return f"changes {name}"
    for name, part in zip(
        check.outs, (found if isinstance(found, tuple) else (found,)) if check.outs else (), strict=True
    ):
        if part is not names[name]:
            return f"returns another array than {name}"
        if _spilled(names[name], around[name]):
            return f"writes beside {name}"
    results.append([np.asarray(part).copy() for part in _parts(found)])
    return difference(found, wanted, bound, check)


def _on_host(value: Any) -> Any:
    """Return results with device arrays as NumPy's."""
    if isinstance(value, tuple):
        return tuple(map(_on_host, value)) if type(value) is tuple else type(value)(*map(_on_host, value))
    return jk.to_numpy(value) if hasattr(value, "__cuda_array_interface__") else value


def _inputs(check: Check, names: dict[str, Any]) -> Iterator[str]:
    """Yield the names of arrays that a call reads and may not change."""
    outs = [_memory(names[out]) for out in check.outs]
    for line in check.lines:
        name = line.split(" ")[0]
        arrays = _arrays(names.get(name))
        if arrays and name not in check.outs and not any(np.shares_memory(a, out) for a in arrays for out in outs):
            yield name


def _arrays(value: Any) -> list[np.ndarray]:
    parts = oracle.parts_of(value)
    return [part for part in parts if isinstance(part, np.ndarray)]


def _memory(array: np.ndarray) -> np.ndarray:
    """Return the array that a view is of."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _spilled(out: np.ndarray, before: np.ndarray) -> bool:
    """Tell whether memory around an array was written."""
    whole = _memory(out)
    if whole is out or not whole.size:
        return False
    copy = bytearray(before.tobytes("A"))
    offset = out.__array_interface__["data"][0] - whole.__array_interface__["data"][0]
    np.ndarray(out.shape, out.dtype, copy, offset, out.strides)[...] = out
    return bytes(copy) != whole.tobytes("A")


def _parts(value: Any) -> list[Any]:
    """Return the numbers and arrays of a result, depth first."""
    if isinstance(value, (list, tuple)) or hasattr(value, "__dataclass_fields__"):
        return [
            leaf for part in (value if isinstance(value, list) else oracle.parts_of(value)) for leaf in _parts(part)
        ]
    return [value]


def difference(found: Any, wanted: Any, bound: Any, check: Check) -> str | None:
    """Name the first element that differs by more than it may, or say which type or shape does."""
    outer = tuple if isinstance(wanted, list) else type(wanted)
    if isinstance(wanted, (tuple, list)) and type(found) is not outer and not hasattr(wanted, "_asdict"):
        return f"is a {type(found).__name__}, not a {outer.__name__}"
    ours, numpys = _parts(found), _parts(wanted)
    if len(ours) != len(numpys):
        return f"has {len(ours)} parts, not {len(numpys)}"
    bounds = _parts(bound) if isinstance(bound, tuple) else [bound] * len(ours)
    for k, (a, b, most) in enumerate(zip(ours, numpys, bounds, strict=True)):
        wrong = _array_difference(a, b, most, check)
        if wrong:
            return f"part {k}: {wrong}" if len(ours) > 1 else wrong
    return None


def _array_difference(a: Any, b: Any, bound: Any, check: Check) -> str | None:
    if not check.outs and check.scalar and isinstance(a, np.ndarray) != isinstance(b, np.ndarray):
        return f"is {a!r} of type {type(a).__name__}, not {type(b).__name__}"
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype != b.dtype.newbyteorder("="):
        return f"is of {a.dtype}, not {b.dtype}"
    if a.shape != b.shape:
        return f"is of shape {a.shape}, not {b.shape}"
    with np.errstate(all="ignore"):
        same = (a == b) | ((a != a) & (b != b))
        if check.bound == "bits" and a.dtype.kind == "f":
            same &= np.signbit(a) == np.signbit(b)
        elif check.bound not in (None, "bits"):
            wide = np.clongdouble if a.dtype.kind == "c" else np.longdouble
            off = np.abs(a.astype(wide) - b.astype(wide))
            same |= np.isfinite(b) & (off <= bound)
    if same.all():
        return None
    at = tuple(int(k) for k in np.argwhere(~np.atleast_1d(same))[0]) if a.ndim else ()
    return f"[{', '.join(map(str, at))}] is {a[at]!r}, not {b[at]!r} ({np.size(same) - np.count_nonzero(same)} differ)"


def reproduction(check: Check) -> str:
    """Return a program that shows what a check gives and what it should."""
    text = "\n".join([*check.lines, f"print({check.call})", f"print({check.wanted})"])
    needed: dict[str, Any] = {}
    pending = [text]
    while pending:
        for word in set(re.findall(r"\w+", pending.pop())):
            item = _NAMES.get(word)
            if word not in needed and getattr(item, "__module__", "").startswith(__package__ or "random_primitives"):
                needed[word] = item
                pending.append(inspect.getsource(item))
    sources = "\n\n".join(inspect.getsource(item) for item in needed.values())
    head = (
        "import itertools\nimport operator\nfrom dataclasses import dataclass\nfrom typing import Any, NamedTuple\n\n"
        'import numpy as np\n\nimport jitkit as jk\n\nWIDE = {"f": np.longdouble, "c": np.clongdouble}\n'
    )
    return f"{head}\n\n{sources}\n\n{text}\n"
