"""Checks of reduce, map_reduce, count, any, all, argmin, argmax and minmax."""

from __future__ import annotations

import math
from typing import Any

from .drawing import ALL, FLOATS, INTEGERS, REAL, Check, Draw, arguments

UFUNCS = {
    "add": ("'add'", "np.add", "operator.add"),
    "multiply": ("'multiply'", "np.multiply", "operator.mul"),
    "minimum": ("'minimum'", "min", "np.minimum"),
    "maximum": ("'maximum'", "max", "np.maximum"),
    "fmin": ("np.fmin",),
    "fmax": ("'fmax'",),
    "bitwise_and": ("operator.and_", "'bitwise_and'"),
    "bitwise_or": ("operator.or_", "np.bitwise_or"),
    "bitwise_xor": ("operator.xor", "'bitwise_xor'"),
    "logical_and": ("'logical_and'",),
    "logical_or": ("np.logical_or",),
    "logical_xor": ("np.logical_xor",),
}
USERS = {"plus": (*INTEGERS, "float32", "float64"), "first": ALL, "last": ALL, "larger": ("bool", *INTEGERS, "float64")}
STRUCTS = {"best": 2, "best_struct": 2, "composed": 2, "composed_struct": 2, "extremes": 3}


def dtypes_of(op: str) -> tuple[str, ...]:
    """Return the types that an operator takes."""
    if op in USERS:
        return USERS[op]
    if op.startswith("bitwise"):
        return ("bool", *INTEGERS)
    return ALL if op in ("add", "multiply") or op.startswith("logical") else REAL


def kind_for(draw: Draw, op: str, dtype: str) -> str:
    """Return which elements an operator is given: sums and products of floats stay finite and well conditioned."""
    floats = dtype in FLOATS or dtype.startswith("complex")
    if op in ("add", "multiply", "plus") and floats:
        return "near one" if op == "multiply" else draw.pick(("small", "few", "missing"))  # type: ignore[no-any-return]
    if op == "larger" and floats:
        return draw.pick(("small", "few", "whole"))  # type: ignore[no-any-return]
    return draw.pick(("small", "few", "whole", "special", "equal", "missing", "ascending"))  # type: ignore[no-any-return]


def operator_of(draw: Draw) -> tuple[str, str, str]:
    """Return an operator's name, how it is given, and what it is to NumPy."""
    name = draw.pick([*UFUNCS, "add", "add", "minimum", "maximum", *USERS])
    if name in USERS:
        return name, name, name
    return name, draw.pick(UFUNCS[name]), f"np.{name}"


def initial_for(draw: Draw, op: str, dtype: str) -> str | None:
    """Return an initial value now and then."""
    if not draw.chance(0.3):
        return None
    if op.startswith("logical") or dtype == "bool":
        return draw.pick(("True", "False"))  # type: ignore[no-any-return]
    return draw.pick(("3", "2.5") if dtype in FLOATS else ("3", "1"))  # type: ignore[no-any-return]


def tuple_of(draw: Draw, op: str, shape: Any) -> tuple[str, str]:
    """Add the arrays that an operator of tuples takes, and return them as it is given them, and its dtype."""
    dtype = draw.pick(("int64", "int32", "float64", "float32"))
    if op.startswith("composed"):
        dtype = draw.pick(("int64", "int32"))
    kinds = ("small", "few") if op.startswith("best") else ("small", "special") if dtype[0] == "i" else ("small",)
    parts = [draw.array(dtype, shape, draw.pick(kinds))]
    if op.startswith("best"):
        places = f"np.arange({math.prod(shape)}).reshape({shape!r})"
        parts.append(draw.line("x", places))
    elif op == "extremes":
        parts += [draw.array(dtype, shape, "small"), draw.array("int64", shape, "whole")]
    else:
        parts.append(draw.array(dtype, shape, "special"))
    kind = {"best_struct": "Best", "composed_struct": "Affine"}.get(op, "")
    return draw.line("v", f"{kind}({', '.join(parts)})"), dtype


def reduce(draw: Draw) -> Check:
    if draw.chance(0.2):
        return reduce_tuple(draw)
    op, given, numpys = operator_of(draw)
    dtype, shape = draw.dtype(dtypes_of(op)), draw.shape(large=op in UFUNCS)
    x = draw.array(dtype, shape, kind_for(draw, op, dtype))
    axis, keepdims = draw.axis(shape), True if draw.chance(0.3) else None
    initial = initial_for(draw, op, dtype)
    where = draw.line("where", f"numbers({draw.random.randrange(99)}, 'bool', {shape!r})") if draw.chance(0.2) else None
    if where and op in USERS:
        initial = initial or "1"
    kind = None
    if numpys.startswith("np.add") and where is None and dtype in ("int32", "float32", "uint8") and draw.chance(0.3):
        kind = repr(draw.pick(("int64", "float64")))
    wide = {"dtype": kind} if numpys.startswith("np.") else {}
    options = arguments(axis=axis, initial=initial, keepdims=keepdims, where=where, **wide)
    oracle = f"reduced({numpys}, {x}{options})" if numpys.startswith("np.") else f"folded({numpys}, {x}{options})"
    outs, out, wanted = [], None, draw.line("wanted", oracle)
    if draw.chance(0.3):
        out = draw.room(f"np.shape({wanted})", f"np.asarray({wanted}).dtype")
        outs = [out]
    keywords = {"axis": axis, "initial": initial, "where": where, "dtype": kind, "keepdims": keepdims, "out": out}
    call = f"jk.reduce({given}, {x}{draw.options(**keywords)})"
    return draw.check(call, wanted, _bound(op, x, wanted, axis, keepdims, initial), outs)


def _bound(op: str, x: str, wanted: str, axis: Any, keepdims: Any, initial: Any) -> str | None:
    if op in ("add", "plus"):
        return f"sum_bound({x}, {axis}, {bool(keepdims)}, {initial or 0})"
    if op == "multiply":
        return f"product_bound({wanted}, {x}.size)"
    return "bits" if op in ("first", "last") else None


def reduce_tuple(draw: Draw) -> Check:
    op, shape = draw.pick(list(STRUCTS)), draw.shape()
    v, _ = tuple_of(draw, op, shape)
    axis, keepdims = draw.axis(shape), True if draw.chance(0.3) else None
    initial = None
    if draw.chance(0.3):
        initial = "(5, -1, 2)" if op == "extremes" else "(5, 1)"
        initial = {"best_struct": "Best(5, 1)", "composed_struct": "Affine(5, 1)"}.get(op, initial)
    wanted = draw.line("wanted", f"folded({op}, {v}{arguments(axis=axis, initial=initial, keepdims=keepdims)})")
    call = f"jk.reduce({op}, {v}{draw.options(axis=axis, initial=initial, keepdims=keepdims)})"
    return draw.check(call, wanted)


def map_reduce(draw: Draw) -> Check:
    op, given, numpys = operator_of(draw)
    dtypes = [d for d in dtypes_of(op) if d not in ("bool", "float16")]
    if draw.chance(0.5):
        f, dtype = draw.pick(("twice", "negated")), draw.dtype(dtypes)
    else:
        f, dtype = draw.pick(("difference", "product")), draw.dtype(dtypes)
    if op == "multiply":
        dtype = draw.dtype(INTEGERS)
    shape = draw.shape(large=op in UFUNCS)
    kind = draw.pick(("small", "few")) if dtype[0] in "fc" else draw.pick(("small", "whole", "special"))
    arrays = [draw.array(dtype, shape, kind) for _ in range(2 if f in ("difference", "product") else 1)]
    if len(arrays) == 2 and len(shape) > 1 and draw.chance(0.3):  # broadcast
        arrays[1] = draw.array(dtype, (shape[-1],), kind)
    axis, keepdims, initial = draw.axis(shape), True if draw.chance(0.2) else None, initial_for(draw, op, dtype)
    between = draw.line("y", f"np.asarray({f}({', '.join(arrays)}))")
    options = arguments(axis=axis, initial=initial, keepdims=keepdims)
    wanted = draw.line("wanted", f"{'reduced' if numpys.startswith('np.') else 'folded'}({numpys}, {between}{options})")
    outs, out = [], None
    if draw.chance(0.2):
        outs = [out := draw.room(f"np.shape({wanted})", f"np.asarray({wanted}).dtype")]
    keywords = draw.options(axis=axis, initial=initial, keepdims=keepdims, out=out)
    call = f"jk.map_reduce({f}, {given}, {', '.join(arrays)}{keywords})"
    bound = _bound(op, between, wanted, axis, keepdims, initial)
    return draw.check(call, wanted, None if bound == "bits" else bound, outs)


def count(draw: Draw) -> Check:
    pred = draw.pick(("is_positive", "is_odd", "bool", "np.isnan", "np.signbit", "'isfinite'"))
    dtype = draw.dtype({"is_odd": INTEGERS, "bool": ALL, "is_positive": REAL}.get(pred, FLOATS))
    shape = draw.shape(large=True)
    x = draw.array(dtype, shape, draw.pick(("small", "few", "special", "whole", "missing", "equal")))
    axis, keepdims = draw.axis(shape), True if draw.chance(0.3) else None
    numpys = {"bool": "np.not_equal(0, ", "'isfinite'": "np.isfinite("}.get(pred, f"{pred}(")
    wanted = draw.line(
        "wanted", f"np.add.reduce(np.asarray({numpys}{x})), axis={axis}, keepdims={bool(keepdims)}, dtype=np.int64)"
    )
    outs, out = [], None
    if draw.chance(0.2):
        outs = [out := draw.room(f"np.shape({wanted})", "np.int64")]
    return draw.check(f"jk.count({pred}, {x}{draw.options(axis=axis, keepdims=keepdims, out=out)})", wanted, None, outs)


def any_all(draw: Draw) -> Check:
    name, dtype, shape = draw.pick(("any", "all")), draw.dtype(), draw.shape(large=True)
    x = draw.array(dtype, shape, draw.pick(("small", "few", "special", "missing", "equal")))
    if draw.chance(0.3):  # seldom one
        x = draw.line("x", f"{x} * 0" if dtype != "bool" else f"{x} & False")
    axis, keepdims = draw.axis(shape), True if draw.chance(0.3) else None
    wanted = draw.line("wanted", f"np.{name}({x}{arguments(axis=axis, keepdims=keepdims)})")
    outs, out = [], None
    if draw.chance(0.3):
        outs = [out := draw.room(f"np.shape({wanted})", "bool")]
    return draw.check(f"jk.{name}({x}{draw.options(axis=axis, keepdims=keepdims, out=out)})", wanted, None, outs)


def arg_extreme(draw: Draw) -> Check:
    name, dtype, shape = draw.pick(("argmin", "argmax")), draw.dtype(REAL), draw.shape(large=True)
    x = draw.array(
        dtype, shape, draw.pick(("small", "few", "special", "missing", "equal", "whole", "far", "descending"))
    )
    axis, keepdims = draw.axis(shape, several=False), True if draw.chance(0.3) else None
    wanted = draw.line("wanted", f"np.{name}({x}{arguments(axis=axis, keepdims=keepdims)})")
    outs, out = [], None
    if draw.chance(0.3):
        outs = [out := draw.room(f"np.shape({wanted})", "np.int64")]
    return draw.check(f"jk.{name}({x}{draw.options(axis=axis, keepdims=keepdims, out=out)})", wanted, None, outs)


def minmax(draw: Draw) -> Check:
    dtype, shape = draw.dtype(REAL), draw.shape(large=True)
    x = draw.array(dtype, shape, draw.pick(("small", "few", "special", "missing", "equal", "whole", "far")))
    axis, keepdims = draw.axis(shape), True if draw.chance(0.3) else None
    options = arguments(axis=axis, keepdims=keepdims)
    native = draw.line("y", f"{x}.astype({dtype!r})")
    wanted = draw.line("wanted", f"np.min({native}{options}), np.max({native}{options})")
    outs, out = [], None
    if draw.chance(0.3):
        outs = [draw.room(f"np.shape({wanted}[{k}])", repr(dtype)) for k in range(2)]
        out = f"({', '.join(outs)})"
    return draw.check(f"jk.minmax({x}{draw.options(axis=axis, keepdims=keepdims, out=out)})", wanted, None, outs)


CHECKS = (reduce, reduce, map_reduce, count, any_all, arg_extreme, minmax)
