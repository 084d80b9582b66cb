"""Values that may live in one place of a group's frame: a loop's sums before a turn and after it, of which one lives at a time.

Apart they would be copied in every turn, and take twice the cache: the sums of matmul_tiled are as large as its tile of A.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from jitkit.backends.spmd.ir import Function


def shared(function: Function, kept: list[set[str]], kind: Callable[[str], Hashable]) -> list[list[str]]:
    """Return the values that are kept at barriers, those together that share a place.

    Parameters
    ----------
    function : Function
        The whole kernel.
    kept : list of set
        The values that are kept at each barrier: no two of one barrier share a place.
    kind : callable
        What two values must have in common to share one.
    """
    homes = {name: [name] for name in sorted(set().union(*kept))}
    for block in function.blocks.values():
        for phi in block.phis:
            for value in phi.operands:
                a, b = homes.get(phi.name), homes.get(value.text)
                if a is None or b is None or a is b or kind(a[0]) != kind(b[0]):
                    continue
                if all(len(names & {*a, *b}) < 2 for names in kept):
                    a += b
                    homes |= dict.fromkeys(b, a)
    return list({id(names): names for names in homes.values()}.values())
