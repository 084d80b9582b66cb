"""Beyond the ends: what stands before and behind signals that are filtered, as in scipy.signal.upfirdn.

`_borders` has the modes of scipy.ndimage, where elements are only moved; here lines go on, too.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.launch.launcher import Launcher

Extension = Literal[
    "constant", "wrap", "edge", "smooth", "symmetric", "reflect", "antisymmetric", "antireflect", "line"
]
EXTENSIONS: tuple[str, ...] = get_args(Extension)


@jk.kernel
def margin(o, j, x, signs, bases, tilts, uppers, lowers, drifts, out):
    """Put together an element outside of an element and of differences, where these count: infinity times 0 is NaN."""
    value = signs[j] * x[o, bases[j]]
    if tilts[j] != 0:
        value += tilts[j] * (x[o, uppers[j]] - x[o, lowers[j]])
    if drifts[j] != 0:
        value += drifts[j] * (x[o, x.shape[1] - 1] - x[o, 0])
    out[o, j] = value


_margin = Launcher(margin)


@dataclass
class _Recipe:
    """How places outside follow: ``sign * x[base] + tilt * (x[upper] - x[lower]) + drift * (x[-1] - x[0])``."""

    bases: np.ndarray
    signs: Any = 1.0
    tilts: Any = 0.0
    uppers: Any = 0
    lowers: Any = 0
    drifts: Any = 0.0


def _recipe(places: np.ndarray, n: int, mode: str) -> _Recipe:
    """Return how places outside `n` elements follow from them; beyond one element there is that element, or minus it."""
    last = n - 1
    ends = np.clip(places, 0, last)
    if mode == "wrap":
        return _Recipe(places % n)
    if mode in ("symmetric", "antisymmetric"):
        turn = places % (2 * n)
        sign = np.where(turn < n, 1.0, -1.0) if mode == "antisymmetric" else 1.0
        return _Recipe(np.where(turn < n, turn, 2 * n - 1 - turn), sign)
    if mode == "edge" or n == 1:
        return _Recipe(ends)
    if mode == "line":
        return _Recipe(ends, drifts=(places - ends) / last)
    if mode == "smooth":
        lowers = np.where(places < 0, 0, last - 1)
        return _Recipe(ends, tilts=places - ends, uppers=lowers + 1, lowers=lowers)
    turn, back = places % (2 * last), -places % (2 * last)
    if mode == "reflect":
        return _Recipe(np.minimum(turn, back))
    # Two reflections about both ends come back to where they began, higher by twice what the last element is above the first.
    drifts, over = 2.0 * (places // (2 * last)), turn > last
    return _Recipe(np.where(over, last, turn), tilts=over.astype(float), uppers=last, lowers=back, drifts=drifts)


def check(mode: Any, who: str, argument: str, others: tuple[str, ...] = ()) -> None:
    """Refuse an extension that there is not.

    Raises
    ------
    ValueError
        Where there is no such extension.
    """
    known = (*EXTENSIONS, *others)
    if not isinstance(mode, str) or mode not in known:
        raise ValueError(f"jk.{who}: {argument}={mode!r}; there are {', '.join(map(repr, known))}")


def margins(rows: Any, reach: int, mode: str, cval: float, backend: str | None) -> Any:
    """Return `reach` elements before each row of a C-contiguous matrix, and as many behind it, side by side."""
    n, dtype, device = rows.shape[1], operands.dtype_of(rows), operands.device_of(rows)
    if mode == "constant":
        return jk.full((rows.shape[0], 2 * reach), dtype.type(cval), dtype, device=device)
    found = _recipe(np.concatenate([np.arange(-reach, 0), np.arange(n, n + reach)]), n, mode)

    def table(values: Any, kind: Any) -> Any:
        return operands.constant(np.array(np.broadcast_to(values, 2 * reach), kind), device)

    tables = (
        table(found.signs, dtype), table(found.bases, np.int64), table(found.tilts, dtype),
        table(found.uppers, np.int64), table(found.lowers, np.int64), table(found.drifts, dtype),
    )  # fmt: skip
    out = operands.made((rows.shape[0], 2 * reach), (dtype,), device)
    _margin(tuple(out.shape), backend)(rows, *tables, out)
    return out
