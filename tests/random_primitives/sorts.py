"""Checks of sort, argsort, sort_by_key, unique, searchsorted, select, partition and run_length_encode."""

from __future__ import annotations

import math

from .drawing import ALL, COMPLEX, INTEGERS, REAL, Check, Draw, arguments

_KINDS = ("small", "few", "special", "missing", "equal", "whole", "far", "ascending", "descending")


def sort(draw: Draw) -> Check:
    name = draw.pick(("sort", "argsort"))
    way = draw.pick(("plain", "plain", "plain", "descending", "descending", "key", "less"))
    kinds = ALL if way == "plain" else REAL if way == "descending" else (*INTEGERS[:4], "float64")
    if way == "less":
        kinds = ("int16", "int32", "int64", "uint8")
    dtype, shape = draw.dtype(kinds), draw.shape(large=True) or (1,)
    x = draw.array(dtype, shape, draw.pick(_KINDS if way != "key" else ("small", "few", "equal")))
    axis = draw.pick([None, *range(-len(shape), len(shape))])
    key = draw.pick(("negated", "digit", "abs")) if way == "key" else None
    less = draw.pick(("greater", "by_digit")) if way == "less" else None
    seen = {"negated": f"-{x}", "digit": f"{x} % 3", "abs": f"np.abs({x})", "by_digit": f"{x} % 4"}.get(
        str(key or less), x
    )
    down = way == "descending" or (way == "key" and draw.chance(0.3))
    at = draw.line("at", f"order({seen}, {axis}, {down or less == 'greater'})")
    wanted = draw.line("wanted", at if name == "argsort" else f"arranged({x}, {at}, {axis})")
    options = {"key": key, "less": less, "descending": True if down else None}
    outs, out = [], None
    if draw.chance(0.4):
        if name == "sort" and draw.chance(0.4) and axis is not None:
            native = f"{x}.flags.writeable and {x}.dtype.isnative"
            out = draw.line("out", f"{x} if {native} else np.empty_like({wanted})")
        else:
            out = draw.room(f"{wanted}.shape", f"{wanted}.dtype")
        outs = [out]
    return draw.check(f"jk.{name}({x}, axis={axis}{draw.options(**options, out=out)})", wanted, "bits", outs)


def sort_by_key(draw: Draw) -> Check:
    dtype, shape = draw.dtype(REAL), draw.shape(large=True) or (1,)
    keys = draw.array(dtype, shape, draw.pick(_KINDS))
    count = draw.pick((1, 1, 2, 3))
    parts = [draw.array(draw.dtype(), shape, draw.pick(("small", "special"))) for _ in range(count)]
    v = parts[0] if count == 1 else f"({', '.join(parts)})"
    if count == 2 and draw.chance(0.5):
        v = f"Best{v}"
    v = v if count == 1 else draw.line("v", v)
    axis, down = draw.random.randrange(-len(shape), len(shape)), draw.chance(0.3)
    at = draw.line("at", f"order({keys}, {axis}, {down})")
    wanted = draw.line("wanted", f"arranged({keys}, {at}, {axis}), arranged({v}, {at}, {axis})")
    call = f"jk.sort_by_key({keys}, {v}, axis={axis}{draw.options(descending=True if down else None)})"
    return draw.check(call, wanted, "bits")


def unique(draw: Draw) -> Check:
    dtype, shape = draw.dtype(), draw.shape(large=True) or (1,)
    kind = draw.pick(("few", "small", "special", "missing", "whole", "equal", "far"))
    asked = {name: True for name in ("return_index", "return_inverse", "return_counts") if draw.chance(0.35)}
    if dtype in COMPLEX:
        kind, asked = draw.pick(("few", "small")), {k: v for k, v in asked.items() if k == "return_counts"}
    axis = draw.random.randrange(-len(shape), len(shape)) if draw.chance(0.25) and dtype not in COMPLEX else None
    if axis is not None and math.prod(shape) > 5000:
        axis = None
    if axis is not None:
        kind = draw.pick(("few", "equal"))
    nan = False if draw.chance(0.15) and axis is None else None
    x = draw.array(dtype, shape, kind)
    options = {**asked, "axis": axis, "equal_nan": nan}
    native = draw.line("y", f"{x}.astype({dtype!r})")
    wanted = draw.line("wanted", f"distinct({native}{arguments(**options)})")
    return draw.check(f"jk.unique({x}{draw.options(**options)})", wanted)


def searchsorted(draw: Draw) -> Check:
    dtype, n = draw.dtype(REAL), draw.size(large=True)
    other = dtype if draw.chance(0.6) else draw.dtype(REAL)
    kinds = ("small", "few", "special", "missing", "equal", "whole")
    a, shape = draw.array(dtype, (n,), draw.pick(kinds), plain=True), draw.shape(large=True)
    sorter = None
    if draw.chance(0.25):
        sorter = draw.line("at", f"np.argsort({a}, kind='stable')")
    else:
        a = draw.line(
            "a", f"laid(np.sort({a}), {draw.pick(('plain', 'plain', 'reversed', 'every other', 'read-only'))!r})"
        )
        draw.lines[-1] = draw.lines[-1] if n else f"{a} = np.zeros(0, {dtype!r})"
    v, side = draw.array(other, shape, draw.pick(kinds)), draw.pick(("'left'", "'right'"))
    wanted = draw.line("wanted", f"np.searchsorted({a}, {v}, {side}, {sorter})")
    outs, out = [], None
    if draw.chance(0.25):
        outs = [out := draw.room(f"np.shape({wanted})", "np.int64")]
    return draw.check(f"jk.searchsorted({a}, {v}, {side}{draw.options(sorter=sorter, out=out)})", wanted, None, outs)


def select(draw: Draw) -> Check:
    name, dtype, shape = draw.pick(("select", "select", "partition")), draw.dtype(), draw.shape(large=True)
    x = draw.array(dtype, shape, draw.pick(_KINDS))
    pred = "bool" if dtype == "bool" or dtype in COMPLEX else draw.pick(("is_positive", "bool"))
    if dtype in INTEGERS and draw.chance(0.5):
        pred = "is_odd"
    where = draw.line("where", f"np.asarray({'np.not_equal(0, ' if pred == 'bool' else pred + '('}{x}))")
    given = pred
    if name == "select" and draw.chance(0.5):
        given = where = draw.array("bool", shape, draw.pick(("small", "equal")))
    native = draw.line("y", f"{x}.astype({dtype!r})")
    if name == "select":
        wanted = f"{native}[{where}]" if shape else f"{native}.reshape(-1)[{where}.reshape(-1)]"
    else:
        rest = f"{native}.reshape(-1)"
        wanted = f"np.concatenate([{rest}[{where}.reshape(-1)], {rest}[~{where}.reshape(-1)]]), int({where}.sum())"
    return draw.check(f"jk.{name}({given}, {x}{draw.options()})", draw.line("wanted", wanted), "bits")


def run_lengths(draw: Draw) -> Check:
    dtype, n = draw.dtype(), draw.size(large=True)
    x = draw.array(dtype, (n,), draw.pick(("few", "equal", "missing", "ascending", "small", "special", "far")))
    native = draw.line("y", f"{x}.astype({dtype!r})")
    wanted = draw.line("wanted", f"{native}[runs({native})[0]], np.diff(runs({native})[1])")
    return draw.check(f"jk.run_length_encode({x}{draw.options()})", wanted)


CHECKS = (sort, sort, sort_by_key, unique, unique, searchsorted, select, select, run_lengths)
