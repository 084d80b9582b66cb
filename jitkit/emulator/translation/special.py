"""The special registers: the place of a thread in its warp, block and grid, clocks, and sizes."""

from __future__ import annotations

import re

from ..errors import UnsupportedError
from .writer import Writer

FIXED = {
    "%nsmid": "1", "%smid": "0", "%is_explicit_cluster": "false", "%cluster_ctarank": "0", "%cluster_nctarank": "1",
    "%clusterid.y": "0", "%clusterid.z": "0", "%current_graph_exec": "0",
    **{f"%cluster_ctaid.{axis}": "0" for axis in "xyz"}, **{f"%cluster_nctaid.{axis}": "1" for axis in "xyz"},
}  # fmt: skip
LANEMASKS = {"eq", "le", "lt", "ge", "gt"}


def special(fn: Writer, name: str, kind: str) -> str:
    """Return the value of a special register, read as an LLVM integer."""
    if name in ("%tid.x", "%tid.y", "%tid.z"):
        return fn.fit(name, "i32", kind)
    if re.fullmatch(r"%(ntid|ctaid|nctaid)\.[xyz]", name):
        return fn.fit(fn.block_field(name[1:]), "i32", kind)
    if name in ("%laneid", "%warpid", "%nwarpid"):
        return fn.fit(place(fn, name), "i32", kind)
    if name.startswith("%lanemask_"):
        return fn.fit(lanemask(fn, name), "i32", kind)
    if name in ("%clock", "%clock64", "%clock_hi", "%globaltimer", "%globaltimer_lo", "%globaltimer_hi"):
        return clock(fn, name, kind)
    if name == "%gridid":
        return fn.fit(fn.block_field("gridid"), "i64", kind)
    if name in ("%dynamic_smem_size", "%total_smem_size"):
        return fn.fit(fn.block_field("dynamic_size" if "dyn" in name else "shared_size"), "i32", kind)
    if name == "%clusterid.x":
        return fn.fit(fn.block_field("ctaid.x"), "i32", kind)
    if name == "WARP_SZ":
        return "32"
    if name in FIXED:
        return FIXED[name]
    raise UnsupportedError(f"the register {name} is not declared, or is a special one that is not emulated", fn.line)


def linear_index(fn: Writer) -> str:
    """Return the number of the thread in its block, counted in x, then y, then z."""
    row = fn.emit(f"mul i32 %tid.z, {fn.block_field('ntid.y')}")
    row = fn.emit(f"add i32 {row}, %tid.y")
    row = fn.emit(f"mul i32 {row}, {fn.block_field('ntid.x')}")
    return fn.emit(f"add i32 {row}, %tid.x")


def place(fn: Writer, name: str) -> str:
    """Return the lane, the warp, or the number of warps."""
    if name == "%nwarpid":
        total = fn.emit(f"add i32 {fn.block_field('thread_count')}, 31")
        return fn.emit(f"lshr i32 {total}, 5")
    index = linear_index(fn)
    return fn.emit(f"and i32 {index}, 31") if name == "%laneid" else fn.emit(f"lshr i32 {index}, 5")


def lanemask(fn: Writer, name: str) -> str:
    """Return the mask of the lanes that compare with this one as the register's name says."""
    relation = name.removeprefix("%lanemask_")
    if relation not in LANEMASKS:
        raise UnsupportedError(f"the special register {name} is not known", fn.line)
    own = fn.emit(f"shl i32 1, {place(fn, '%laneid')}")
    below = fn.emit(f"sub i32 {own}, 1")
    to_here = fn.emit(f"or i32 {below}, {own}")
    if relation in ("eq", "lt", "le"):
        return {"eq": own, "lt": below, "le": to_here}[relation]
    return fn.emit(f"xor i32 {below if relation == 'ge' else to_here}, -1")


def clock(fn: Writer, name: str, kind: str) -> str:
    """Return a count that grows with time; its unit is not a GPU's cycle."""
    ticks = fn.call("i64", "llvm.readcyclecounter")
    if name.endswith("_hi"):
        ticks = fn.emit(f"lshr i64 {ticks}, 32")
    return fn.fit(ticks, "i64", kind)
