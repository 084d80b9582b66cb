"""The cases of kernels in PyTorch: whole-array operations, in place where there is such a form."""

from __future__ import annotations

from typing import Any

import torch

from jitkit.cases import bitonic, block_sum

from .._kept import kept
from .._steps import steps_of
from ._tensors import tensors


def saxpy(a: Any, x: Any, y: Any) -> Any:
    """Return a call that adds to `y` in place."""
    tx, ty = tensors(x, y)
    return lambda: ty.add_(tx, alpha=a)


def heat(u: Any, out: Any, k: Any) -> Any:
    """Return a call on slices."""
    tu, to = tensors(u, out)
    inner, target = tu[1:-1, 1:-1], to[1:-1, 1:-1]

    def step() -> None:
        torch.add(tu[:-2, 1:-1], tu[2:, 1:-1], out=target)
        target.add_(tu[1:-1, :-2]).add_(tu[1:-1, 2:]).sub_(inner, alpha=4).mul_(k).add_(inner)

    return step


def wave(u_prev: Any, u: Any, u_next: Any, courant2: Any) -> Any:
    """Return a call on slices."""
    before, now, after = tensors(u_prev, u, u_next)
    inside = (slice(1, -1),) * 3
    inner, target = now[inside], after[inside]

    def step() -> None:
        torch.add(now[:-2, 1:-1, 1:-1], now[2:, 1:-1, 1:-1], out=target)
        target.add_(now[1:-1, :-2, 1:-1]).add_(now[1:-1, 2:, 1:-1])
        target.add_(now[1:-1, 1:-1, :-2]).add_(now[1:-1, 1:-1, 2:]).sub_(inner, alpha=6)
        target.mul_(courant2).add_(inner, alpha=2).sub_(before[inside])

    return step


def black_scholes(spot: Any, strike: Any, expiry: Any, call: Any, put: Any, rate: Any, volatility: Any) -> Any:
    """Return a call that writes the prices."""
    s, x, t, tc, tp = tensors(spot, strike, expiry, call, put)

    def price() -> None:
        deviation = t.sqrt().mul_(volatility)
        d1 = torch.log(s / x).add_(t, alpha=rate).div_(deviation).add_(deviation, alpha=0.5)
        discounted = t.mul(-rate).exp_().mul_(x)
        below = (d1 - deviation).mul_(0.5**0.5).erf_().mul_(0.5).add_(0.5)
        above = d1.mul_(0.5**0.5).erf_().mul_(0.5).add_(0.5)
        torch.mul(s, above, out=tc)
        tc.sub_(below.mul_(discounted))
        torch.sub(tc, s, out=tp)
        tp.add_(discounted)

    return price


def nbody(x: Any, y: Any, z: Any, mass: Any, ax: Any, ay: Any, az: Any, softening2: Any) -> Any:
    """Return a call that takes some rows of all pairs at a time."""
    tx, ty, tz, tm, *targets = tensors(x, y, z, mass, ax, ay, az)

    def accelerate() -> None:
        for rows in torch.arange(x.size).split(256):
            block = slice(int(rows[0]), int(rows[-1]) + 1)
            apart = [t[None, :] - t[block, None] for t in (tx, ty, tz)]
            inverse = sum(d * d for d in apart).add_(softening2).rsqrt_()
            pull = (inverse * inverse).mul_(inverse).mul_(tm)
            for target, d in zip(targets, apart, strict=True):
                target[block] = pull.mul(d).sum(1)

    return accelerate


def matmul_tiled(A: Any, B: Any, C: Any) -> Any:
    """Return a call of MKL."""
    ta, tb, tc = tensors(A, B, C)
    return lambda: torch.mm(ta, tb, out=tc)


def transpose(x: Any, out: Any) -> Any:
    """Return a call that copies."""
    tx, to = tensors(x, out)
    return lambda: to.copy_(tx.t())


def block_sums(x: Any, sums: Any) -> Any:
    """Return a call that sums whole blocks as rows, and what is left over."""
    tx, ts = tensors(x, sums)
    whole = x.size - x.size % block_sum.BLOCK
    blocks = tx[:whole].view(-1, block_sum.BLOCK)

    def add() -> None:
        torch.sum(blocks, 1, out=ts[: len(blocks)])
        ts[len(blocks) :] = tx[whole:].sum()

    return add


def group_histogram(x: Any, counts: Any, low: float, bins_per_unit: float) -> Any:
    """Return a call that counts."""
    (tx,) = tensors(x)
    return kept(lambda: torch.histc(tx, counts.size, low, low + counts.size / bins_per_unit), counts)


def sorted_blocks(x: Any, out: Any) -> Any:
    """Return a call that sorts whole blocks as rows, and what is left over."""
    tx, to = tensors(x, out)
    whole = x.size - x.size % bitonic.BLOCK

    def sort() -> None:
        to[:whole].view(-1, bitonic.BLOCK).copy_(tx[:whole].view(-1, bitonic.BLOCK).sort(dim=1).values)
        to[whole:] = tx[whole:].sort().values

    return sort


KERNELS = (saxpy, heat, wave, black_scholes, nbody, matmul_tiled, transpose)
PEERS = {f.__name__: f for f in KERNELS} | {
    "block_sum": block_sums,
    "group_histogram": group_histogram,
    "stencil_tiled": steps_of(heat),
    "bitonic": sorted_blocks,
    "philox": lambda x, key: tensors(x)[0].uniform_,
}
