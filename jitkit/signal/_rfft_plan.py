"""How Fourier transforms of real numbers are done: by which complex ones, and what stands before and behind them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from jitkit import operands
from jitkit.signal import _fft_odd
from jitkit.signal._fft_convolved import BACK, FORTH
from jitkit.signal._fft_plan import Transform, blocks_of
from jitkit.signal._fft_real import SIDES, Side
from jitkit.signal._fft_tables import by_passes, half_turn_of


def plan(transform: Transform, outer: int, n: int, across: int, scale: float) -> Callable[[Any, Any], None] | None:
    """Return what transforms n real numbers along the middle of (outer, n, across), or goes back to them.

    That is a function of vectors, given and to be written; None where there is none but for rows, of which `across` is 1.
    """
    inner = n // (2 - n % 2)
    if transform.leaves_lanes(inner, across):
        return None
    if n % 2 and not by_passes(n):
        return transform.convolution(outer, n, across, scale, BACK if transform.inverse else FORTH)
    if n % 2 and _fft_odd.serves(transform, outer, n, across):
        return _fft_odd.tiles(transform, outer, n, across, scale)
    if n % 2 == 0 and (transform.in_one(outer, inner) if across == 1 else by_passes(inner)):
        return transform.half(outer, inner, across, scale)
    if across > 1:
        return None
    if transform.is_alone(outer, inner):
        return transform.alone(outer, inner, scale, *SIDES[n % 2, transform.inverse])
    given, made = (2 * (n // 2 + 1), n) if transform.inverse else (n, 2 * (n // 2 + 1))
    sides = SIDES[n % 2, transform.inverse]
    return functools.partial(_in_blocks, transform, outer, inner, given, made, scale, sides)


def _in_blocks(
    transform: Transform, outer: int, n: int, given: int, made: int, scale: float, sides: tuple[Side | None, Side | None],
    x: Any, out: Any,
) -> None:  # fmt: skip
    """Do `outer` complex transforms, some at a time: what is between the steps stays in the cache.

    Each takes so many of the numbers `given`, and so many are made of it.
    """
    parts, device, backend = transform.parts, transform.device, transform.backend
    turn, (before, behind) = operands.table(half_turn_of(n, parts), device), sides
    for block in blocks_of(outer, n, parts, device):
        count = block.stop - block.start
        source, target = x[given * block.start : given * block.stop], out[made * block.start : made * block.stop]
        z = source if before is None else operands.made((2 * count * n,), (parts,), device)
        spectra = target if behind is None else operands.made((2 * count * n,), (parts,), device)
        if before is not None:
            before(source, z, turn, count, n, parts.type(1), backend)
        transform(z, spectra, count, n, 1, scale if behind is None else 1.0)
        if behind is not None:
            behind(spectra, target, turn, count, n, parts.type(scale), backend)
