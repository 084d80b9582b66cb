"""Loads of elements that stand a few apart, one for each lane: whole vectors of memory, sorted by shuffles.

``x[:, ::2]``, ``picture[..., 1]`` and the parts of complex numbers are such. Between the first lane's element and the last's all
memory is the array's, and nothing outside is read: the last vector ends with the last lane's element.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Literal

from jitkit.backends.spmd.affine import affine
from jitkit.backends.spmd.shapes import Shapes, is_scalar, size_of
from jitkit.backends.spmd.writer import Text

MOST = 4
"""Elements from one lane's to the next's; of those further apart a vector of memory holds one or two."""


def elements_apart(kind: str, stride: int) -> int | None:
    """Return how many elements of a type lanes lie apart that are loaded so, or None where they are loaded one by one."""
    step, odd = divmod(stride, size_of(kind))
    return None if odd or not 0 < abs(step) <= MOST else step


def load(text: Text, kind: str, address: str, step: int, align: str, lanes: int, register: int) -> str:
    """Write the loads of all lanes' elements; return their vector.

    Parameters
    ----------
    text : Text
        Where the code goes.
    kind : str
        The type of an element.
    address : str
        The address of lane 0's element.
    step : int
        Elements from one lane's to the next's.
    align : str
        The alignment of an element.
    lanes : int
        Work-items a vector.
    register : int
        Elements that fill a register.
    """
    width = min(lanes, register)
    parts = [_register(text, kind, address, first * step, step, align, width) for first in range(0, lanes, width)]
    while len(parts) > 1:
        width *= 2
        parts = [
            _shuffled(text, kind, width // 2, a, b, list(range(width)))
            for a, b in zip(parts[::2], parts[1::2], strict=True)
        ]
    return parts[0]


def _register(text: Text, kind: str, address: str, first: int, step: int, align: str, width: int) -> str:
    """Load one register's elements, the first of which stands `first` elements from an address."""
    reach = (width - 1) * abs(step)
    lowest = first + min(0, (width - 1) * step)
    places = [lane * abs(step) if step > 0 else reach - lane * abs(step) for lane in range(width)]
    starts = [min(start, reach + 1 - width) for start in range(0, reach + 1, width)]
    loaded: str | None = None
    taken: set[int] = set()
    for start in starts:
        place = text.emit(f"getelementptr i8, ptr {address}, i64 {(lowest + start) * size_of(kind)}")
        vector = text.emit(f"load <{width} x {kind}>, ptr {place}, align {align}")
        here = {lane: at - start for lane, at in enumerate(places) if lane not in taken and 0 <= at - start < width}
        if loaded is None:
            order: list[int | None] = [here.get(lane) for lane in range(width)]
            loaded = vector if order == list(range(width)) else _shuffled(text, kind, width, vector, vector, order)
        else:
            order = [width + here[lane] if lane in here else lane for lane in range(width)]
            loaded = _shuffled(text, kind, width, loaded, vector, order)
        taken |= here.keys()
    assert loaded is not None
    return loaded


def _shuffled(text: Text, kind: str, count: int, a: str, b: str, order: list[int | None] | list[int]) -> str:
    whole = f"<{count} x {kind}>"
    places = ", ".join(f"i32 {'poison' if k is None else k}" for k in order)
    return text.emit(f"shufflevector {whole} {a}, {whole} {b}, <{len(order)} x i32> <{places}>")


def leaves_gaps(op: Literal["load", "store"], shapes: Shapes) -> bool:
    """Tell whether a kernel's loads, or stores, leave out some of the elements between one lane's and the next's.

    Where none is left out, as with ``x[2 * i]`` and ``x[2 * i + 1]``, LLVM loads and stores whole vectors by itself; else it
    gathers and scatters on AVX-512, at more than a cycle an element.
    """
    places: dict[tuple[str, int, Hashable], set[int]] = {}
    for item in (item for block in shapes.function.blocks.values() for item in block.code if item.op == op):
        stride = shapes.of(item.operands[-1])
        step = None if not stride or not is_scalar(item.accessed) else elements_apart(item.accessed, stride)
        if stride and step is not None and abs(step) > 1:
            parts = affine(item.operands[-1], shapes.made)
            place = parts.pop("", 0)
            places.setdefault((item.accessed, step, frozenset(parts.items())), set()).add(place % abs(stride))
    return any(len(found) < abs(step) for (_, step, _), found in places.items())
