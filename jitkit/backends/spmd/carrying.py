"""Group kernels whose rows go past the cache, in whole lines that neighbouring groups fill together.

A row of a group's result seldom begins and ends with a line of the cache: NumPy's arrays begin 16 bytes behind one. A store
past the cache that fills a line in part costs more than it saves: rows of 256 bytes whose ends are stored plainly take 1.05
of the time of plain stores. So the end of each row waits until the next group, which goes on where this one stopped, has the
rest of its line: transpose takes 0.79 (float32) and 0.74 (float64) of the time. What waits at the end of a thread's groups is
stored plainly. It takes AVX-512, whose permutations put a line together of any two in one instruction.

A row's place is its vector's last line as it was computed, and behind it the address that follows. A store under a mask is
made at once; what other stores of its work-items have waiting goes before it, for it may be what this one changes.
"""

from __future__ import annotations

from typing import NamedTuple

from jitkit.backends.spmd import plan
from jitkit.backends.spmd.affine import affine
from jitkit.backends.spmd.group_shape import Shape
from jitkit.backends.spmd.ir import Function, Instruction
from jitkit.backends.spmd.memory import LINE
from jitkit.backends.spmd.phases import Phase
from jitkit.backends.spmd.shapes import DROPPED, Shapes, reach, size_of
from jitkit.backends.spmd.streaming import origin

PLACE = 2 * LINE
"""Bytes of a row's place."""
MOST = 128
"""Rows of a group, whose places would fill more than a quarter of the first cache."""
_KINDS = ("float", "double", "i32", "i64")


class Carried(NamedTuple):
    """What a group function stores by whole lines.

    Attributes
    ----------
    argument : int
        The number of the argument that is written.
    size : int
        Bytes of an element.
    rows : int
        Rows of a group.
    lines : int
        Lines of a vector.
    stores : list of Instruction
        The stores, in an order.
    """

    argument: int
    size: int
    rows: int
    lines: int
    stores: list[Instruction]

    def number(self, item: Instruction) -> int | None:
        """Return a store's number, or None for another instruction."""
        return next((k for k, store in enumerate(self.stores) if store is item), None)


def carried(
    function: Function, shapes: Shapes, shape: Shape, phases: dict[str, Phase], unit_step: bool
) -> Carried | None:
    """Return the stores to the only array that a group kernel writes, if the next group goes on with their rows.

    Nothing that a group reads from memory may be what it has stored: it reads before it stores, and other arrays. Whoever
    hands it one array as two arguments gets the same numbers.

    Parameters
    ----------
    function : Function
        The kernel, whose blocks end at its barriers.
    shapes : Shapes
        How its values differ between the lanes of a vector.
    shape : Shape
        How the group's work-items become vectors.
    phases : dict
        Its phases, by the block each starts with.
    unit_step : bool
        Whether the last index advances by one.
    """
    if not plan.masked_stores_are_fast() or not unit_step or shape.fastest != len(shape.group) - 1:
        return None
    code = [(name, item) for name, block in function.blocks.items() for item in block.code]
    if not all(_is_harmless(item) for _, item in code):
        return None
    accesses = [(n, item) for n, item in code if item.op in ("load", "store") and _is_global(item, shapes)]
    stores = [(name, item) for name, item in accesses if item.op == "store"]
    origins = {origin(item.operands[1], shapes) for _, item in stores}
    names = [p.text for p in function.parameters]
    written = next(iter(origins), "")
    if len(origins) != 1 or written not in names or names.index(written) < len(shape.group):
        return None
    if any(name in shapes.loop or not _goes_on(item, function, shapes, shape) for name, item in stores):
        return None
    loads = [(name, item) for name, item in accesses if item.op == "load"]
    if any(origin(item.operands[0], shapes) == written for _, item in loads):
        return None
    behind = reach(shapes.graph, [name for name, _ in stores], "")
    starts = [start for start, phase in phases.items() if any(name in phase.function.blocks for name, _ in stores)]
    if len(starts) != 1 or any(name in behind | set(phases[starts[0]].function.blocks) for name, _ in loads):
        return None
    rows = shape.vectors // (shape.full + (shape.rest > 0)) * len(stores)
    sizes = {size_of(item.accessed) for _, item in stores}
    if rows > MOST or len(sizes) > 1:
        return None
    size = sizes.pop()
    return Carried(names.index(written), size, rows, shape.lanes * size // LINE, [item for _, item in stores])


def _is_harmless(item: Instruction) -> bool:
    if item.op == "call":
        return item.callee.startswith(("@llvm.", "@jk.", '@"jk.', *DROPPED))
    return item.op not in ("atomicrmw", "cmpxchg")


def _is_global(item: Instruction, shapes: Shapes) -> bool:
    pointer = item.operands[-1].text
    return pointer not in shapes.shared and pointer not in shapes.private


def _goes_on(item: Instruction, function: Function, shapes: Shapes, shape: Shape) -> bool:
    """Tell whether a store writes whole lines of neighbours, and the next group those behind this one's."""
    pointer, kind, last = item.operands[1], item.accessed, len(shape.group) - 1
    if kind not in _KINDS or shapes.of(pointer) != size_of(kind) or shape.lanes * size_of(kind) % LINE:
        return False
    group, index = f"@jk.group_index.{last}", function.parameters[last].text
    step = 0
    for part, factor in affine(pointer, shapes.made).items():
        made = shapes.made.get(part)
        step += factor * ((made is not None and made.callee == group) + (part == index) * shape.group[last])
    return step == shape.group[last] * size_of(kind)


def functions(carried: Carried, name: str) -> str:
    """Return the LLVM text of what the group function calls, and of ``name(places)``, which stores all that waits.

    A group function of 32-bit integers may store under masks itself, so it declares `STORE`.
    """
    rows = _END_OF_ALL.replace("ROWS", str(carried.rows)).replace("END", name)
    return "\n".join([_JOINED, *_begin(carried.lines), *_join(carried.lines), rows]).replace("LANES", _LANES)


def _begin(lines: int) -> list[str]:
    """Return what begins a row: all but its last line in part is stored plainly.

    Where no element begins a line all is, and nothing waits.
    """
    wholes = [
        line for k in range(lines - 1)
        for line in (f"  %at.{k} = getelementptr i8, ptr %target, i64 {LINE * k}",
                     f"  store <16 x i32> %v.{k}, ptr %at.{k}, align 1")
    ]  # fmt: skip
    return [
        f"define internal void @jitkit.row.begin(ptr %place, ptr %target, {_given(lines)}) noinline nounwind {{",
        "  call void @jitkit.row.end(ptr %place)",
        *wholes,
        f"  %last = getelementptr i8, ptr %target, i64 {LINE * (lines - 1)}",
        "  %address = ptrtoint ptr %target to i64",
        "  %low = and i64 %address, 3",
        "  %odd = icmp ne i64 %low, 0",
        "  %offset = and i64 %address, 63",
        "  %words = lshr i64 %offset, 2",
        "  %waiting = select i1 %odd, i64 0, i64 %words",
        "  %stored = sub i64 16, %waiting",
        "  %mask = call <16 x i1> @jitkit.row.first(i64 %stored)",
        f"  call void @llvm.masked.store.v16i32.p0(<16 x i32> %v.{lines - 1}, ptr align 1 %last, <16 x i1> %mask)",
        f"  store <16 x i32> %v.{lines - 1}, ptr %place, align 64",
        "  %behind = getelementptr i8, ptr %last, i64 64",
        "  %next = select i1 %odd, ptr null, ptr %behind",
        "  %at = getelementptr i8, ptr %place, i64 64",
        "  store ptr %next, ptr %at, align 8",
        "  ret void\n}",
    ]


def _join(lines: int) -> list[str]:
    """Return what stores lines, each from the end of one vector and the beginning of the next."""
    stores = []
    for k in range(lines):
        before = f"%v.{k - 1}" if k else "%before"
        stores += [
            f"  %line.{k} = call <16 x i32> {_PERMUTE}(<16 x i32> {before}, <16 x i32> %from, <16 x i32> %v.{k})",
            f"  %at.{k} = getelementptr i8, ptr %line.at, i64 {LINE * k}",
            f"  store <16 x i32> %line.{k}, ptr %at.{k}, align 64, !nontemporal !0",
        ]
    return [
        f"define internal void @jitkit.row.join(ptr %place, ptr %target, {_given(lines)}) alwaysinline nounwind {{",
        "entry:",
        "  %at = getelementptr i8, ptr %place, i64 64",
        "  %next = load ptr, ptr %at, align 8",
        "  %goes.on = icmp eq ptr %next, %target",
        "  br i1 %goes.on, label %on, label %begin, !prof !1",
        "on:",
        "  %before = load <16 x i32>, ptr %place, align 64",
        "  %address = ptrtoint ptr %target to i64",
        "  %offset = and i64 %address, 63",
        "  %from = call <16 x i32> @jitkit.row.from(i64 %offset)",
        "  %back = sub i64 0, %offset",
        "  %line.at = getelementptr i8, ptr %target, i64 %back",
        *stores,
        f"  store <16 x i32> %v.{lines - 1}, ptr %place, align 64",
        f"  %behind = getelementptr i8, ptr %target, i64 {LINE * lines}",
        "  store ptr %behind, ptr %at, align 8",
        "  ret void",
        "begin:",
        f"  call void @jitkit.row.begin(ptr %place, ptr %target, {_given(lines)})",
        "  ret void\n}",
    ]


def _given(lines: int) -> str:
    return ", ".join(f"<16 x i32> %v.{k}" for k in range(lines))


_LANES = f"<{', '.join(f'i32 {k}' for k in range(LINE // 4))}>"
STORE = "@llvm.masked.store.v16i32.p0", "void", ["<16 x i32>", "ptr", "<16 x i1>"]
"""What stores some words of a line: its name, and what it returns and takes."""
_PERMUTE = "@llvm.x86.avx512.vpermi2var.d.512"
_JOINED = """
declare <16 x i32> @llvm.x86.avx512.vpermi2var.d.512(<16 x i32>, <16 x i32>, <16 x i32>)

; Which of 32 words make a line, the last few of 16 and the first of the next.
define internal <16 x i32> @jitkit.row.from(i64 %offset) alwaysinline nounwind {
  %words = lshr i64 %offset, 2
  %count = trunc i64 %words to i32
  %first = sub i32 16, %count
  %one = insertelement <16 x i32> poison, i32 %first, i64 0
  %all = shufflevector <16 x i32> %one, <16 x i32> poison, <16 x i32> zeroinitializer
  %from = add <16 x i32> %all, LANES
  ret <16 x i32> %from
}

; The mask of a line's first words.
define internal <16 x i1> @jitkit.row.first(i64 %words) alwaysinline nounwind {
  %count = trunc i64 %words to i32
  %one = insertelement <16 x i32> poison, i32 %count, i64 0
  %all = shufflevector <16 x i32> %one, <16 x i32> poison, <16 x i32> zeroinitializer
  %mask = icmp ult <16 x i32> LANES, %all
  ret <16 x i1> %mask
}

; Stores what waits in a row's place.
define internal void @jitkit.row.end(ptr %place) noinline nounwind {
  %at = getelementptr i8, ptr %place, i64 64
  %next = load ptr, ptr %at, align 8
  %waits = icmp ne ptr %next, null
  br i1 %waits, label %some, label %none
some:
  %address = ptrtoint ptr %next to i64
  %offset = and i64 %address, 63
  %back = sub i64 0, %offset
  %target = getelementptr i8, ptr %next, i64 %back
  %last = load <16 x i32>, ptr %place, align 64
  %from = call <16 x i32> @jitkit.row.from(i64 %offset)
  %line = call <16 x i32> @llvm.x86.avx512.vpermi2var.d.512(<16 x i32> %last, <16 x i32> %from, <16 x i32> %last)
  %words = lshr i64 %offset, 2
  %mask = call <16 x i1> @jitkit.row.first(i64 %words)
  call void @llvm.masked.store.v16i32.p0(<16 x i32> %line, ptr align 4 %target, <16 x i1> %mask)
  br label %none
none:
  ret void
}

; Stores what waits in some places, and leaves nothing there.
define internal void @jitkit.rows.leave(ptr %places, i64 %count) noinline nounwind {
entry:
  br label %again
again:
  %row = phi i64 [ 0, %entry ], [ %following, %again ]
  %offset = mul i64 %row, 128
  %place = getelementptr i8, ptr %places, i64 %offset
  call void @jitkit.row.end(ptr %place)
  %at = getelementptr i8, ptr %place, i64 64
  store ptr null, ptr %at, align 8
  %following = add i64 %row, 1
  %more = icmp ult i64 %following, %count
  br i1 %more, label %again, label %done
done:
  ret void
}
"""
_END_OF_ALL = """
define void @END(ptr %places) noinline nounwind {
  call void @jitkit.rows.leave(ptr %places, i64 ROWS)
  ret void
}

!0 = !{i32 1}
!1 = !{!"branch_weights", i32 1000, i32 1}
"""
