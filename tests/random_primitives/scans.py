"""Checks of scan, scan_by_key, reduce_by_key, segment_reduce and reduceat."""

from __future__ import annotations

from . import reductions
from .drawing import Check, Draw, arguments
from .reductions import STRUCTS, UFUNCS, dtypes_of, initial_for, kind_for, operator_of, tuple_of


def scan(draw: Draw) -> Check:
    structs = draw.chance(0.2)
    if structs:
        op = given = numpys = draw.pick(list(STRUCTS))
        shape, initial = draw.shape(0.6) or (1,), None
        x, dtype = tuple_of(draw, op, shape)
    else:
        op, given, numpys = operator_of(draw)
        shape = draw.shape(0.6, large=op in UFUNCS) or (1,)
        dtype = draw.dtype(dtypes_of(op))
        kind = "near one" if op == "multiply" and dtype[0] in "fc" else kind_for(draw, op, dtype)
        x, initial = draw.array(dtype, shape, kind), initial_for(draw, op, dtype)
    axis = draw.pick([None, *range(-len(shape), len(shape))])
    inclusive, reverse = False if draw.chance(0.35) else None, True if draw.chance(0.35) else None
    if structs and inclusive is not None:
        initial = "(5, -1, 2)" if op == "extremes" else "(5, 1)"
        initial = {"best_struct": "Best(5, 1)", "composed_struct": "Affine(5, 1)"}.get(op, initial)
    keywords = {"initial": initial, "inclusive": inclusive, "reverse": reverse}
    wanted = draw.line("wanted", f"scanned({numpys}, {x}, axis={axis}{arguments(**keywords)})")
    outs, out = [], None
    if not structs and draw.chance(0.4):
        outs = [out := _target(draw, x, wanted)]
    call = f"jk.scan({given}, {x}, axis={axis}{draw.options(**keywords, out=out)})"
    return draw.check(call, wanted, _bound(op, x, wanted, axis, initial), outs)


def _target(draw: Draw, x: str, wanted: str) -> str:
    """Add where the result goes: the input itself where that is possible, part of the same memory, or anywhere else."""
    if draw.chance(0.4):
        same = f"{wanted}.dtype == {x}.dtype and {wanted}.shape == {x}.shape and {x}.flags.writeable"
        return draw.line("out", f"{x} if {same} else np.empty_like({wanted})")
    return draw.room(f"{wanted}.shape", f"{wanted}.dtype")


def _bound(op: str, x: str, wanted: str, axis: object, initial: object) -> str | None:
    if op in ("add", "plus"):
        return f"scan_bound({x}, {axis}, {initial or 0})"
    if op == "multiply":
        return f"product_bound({wanted}, {x}.size)"
    return "bits" if op in ("first", "last") else None


def keys_of(draw: Draw, n: int) -> str:
    """Add keys of runs."""
    return draw.array(draw.dtype(), (n,), draw.pick(("few", "few", "missing", "equal", "ascending", "small")))


def by_key(draw: Draw) -> Check:
    n = draw.size()
    keys = keys_of(draw, n)
    structs = draw.chance(0.2)
    if structs:
        op = given = numpys = draw.pick(list(STRUCTS))
        x, _ = tuple_of(draw, op, (n,))
        initial, inclusive = None, None
    else:
        op, given, numpys = operator_of(draw)
        dtype = draw.dtype(dtypes_of(op))
        x, initial = draw.array(dtype, (n,), kind_for(draw, op, dtype)), initial_for(draw, op, dtype)
        inclusive = False if draw.chance(0.35) else None
    if draw.chance(0.5):
        wanted = draw.line("wanted", f"{keys}[runs({keys})[0]], by_segment({numpys}, {x}, runs({keys})[1])")
        bound = f"sum_bound({x})" if op in ("add", "plus") else None
        bound = f"product_bound({wanted}[1], {x}.size)" if op == "multiply" else bound
        return draw.check(f"jk.reduce_by_key({given}, {keys}, {x}{draw.options()})", wanted, bound)
    keywords = {"initial": initial, "inclusive": inclusive}
    wanted = draw.line("wanted", f"scanned_by_key({numpys}, {keys}, {x}{arguments(**keywords)})")
    outs, out = [], None
    if not structs and draw.chance(0.4):
        outs = [out := _target(draw, x, wanted)]
    call = f"jk.scan_by_key({given}, {keys}, {x}{draw.options(**keywords, out=out)})"
    return draw.check(call, wanted, _bound(op, x, wanted, None, initial), outs)


def segments(draw: Draw) -> Check:
    n = draw.size()
    count = draw.pick((1, 2, 5, 30))
    inner = sorted(draw.random.randint(0, n) for _ in range(count - 1))
    offsets = draw.line(
        "at", f"np.array({[0, *inner, n]!r}, {draw.pick(('np.int64', 'np.int64', 'np.int32', 'np.uint8'))!s})"
    )
    if n > 255:
        draw.lines[-1] = draw.lines[-1].replace("uint8", "uint32")
    structs = draw.chance(0.2)
    if structs:
        op = given = numpys = draw.pick(list(STRUCTS))
        x, _ = tuple_of(draw, op, (n,))
        initial = None
    else:
        op, given, numpys = operator_of(draw)
        dtype = draw.dtype(dtypes_of(op))
        x, initial = draw.array(dtype, (n,), kind_for(draw, op, dtype)), initial_for(draw, op, dtype)
    wanted = draw.line("wanted", f"by_segment({numpys}, {x}, {offsets}, initial={initial})")
    outs, out = [], None
    if not structs and draw.chance(0.3):
        outs = [out := draw.room(f"{wanted}.shape", f"{wanted}.dtype")]
    bound = f"sum_bound({x}, initial={initial or 0})" if op in ("add", "plus") else None
    bound = f"product_bound({wanted}, {x}.size)" if op == "multiply" else bound
    return draw.check(
        f"jk.segment_reduce({given}, {x}, {offsets}{draw.options(initial=initial, out=out)})", wanted, bound, outs
    )


def reduceat(draw: Draw) -> Check:
    op, given, numpys = operator_of(draw)
    while op in reductions.USERS:
        op, given, numpys = operator_of(draw)
    dtype, shape = draw.dtype(dtypes_of(op)), tuple(max(1, n) for n in draw.shape(0.6, large=True)) or (3,)
    x, axis = draw.array(dtype, shape, kind_for(draw, op, dtype)), draw.random.randrange(-len(shape), len(shape))
    at = [draw.random.randrange(shape[axis]) for _ in range(draw.random.randint(1, 12))]
    if draw.chance(0.6):
        at = sorted(set(at))
    indices = draw.line("at", f"np.array({at!r}, {draw.pick(('np.int64', 'np.int64', 'np.int32'))})")
    wide = (
        draw.line("y", f"{x}.astype(np.longdouble)")
        if dtype in ("float16", "float32", "float64") and op == "add"
        else x
    )
    result = f"np.add.reduce({x}[..., :0]).dtype" if op in ("add", "multiply") else "None"
    call, numpy = (
        f"jk.vectorize({given}).reduceat({x}, {indices}, {axis}",
        f"{numpys}.reduceat({wide}, {indices}, {axis})",
    )
    wanted = draw.line("wanted", numpy if wide == x else f"{numpy}.astype({result})")
    outs, out = [], None
    if draw.chance(0.3):
        outs = [out := draw.room(f"{wanted}.shape", f"{wanted}.dtype")]
    bound = f"sum_bound({x})" if op == "add" else f"product_bound({wanted}, {x}.size)" if op == "multiply" else None
    return draw.check(f"{call}{draw.options(out=out)})", wanted, bound, outs)


CHECKS = (scan, scan, by_key, by_key, segments, reduceat)
