"""Checks of map, vectorize and lazy arrays."""

from __future__ import annotations

from .drawing import INTEGERS, Check, Draw, arguments

_REAL = (*INTEGERS, "float32", "float64")


def map_arrays(draw: Draw) -> Check:
    f = draw.pick(
        ("twice", "negated", "difference", "product", "both", "pair", "np.maximum", "'add'", "operator.sub", "abs")
    )
    unary = f in ("twice", "negated", "abs")
    dtype, shape = draw.dtype(_REAL), draw.shape(large=True)
    kind = draw.pick(("small", "few", "special", "whole", "missing"))
    arrays = [draw.array(dtype, shape, kind)]
    if not unary:
        other = dtype if draw.chance(0.6) else draw.dtype(_REAL)
        second = shape if draw.chance(0.7) or not shape else draw.pick((shape[-1:], (), (1,) * len(shape)))
        arrays.append(draw.pick(("3", "1")) if draw.chance(0.15) else draw.array(other, second, kind))
    numpys = {"'add'": "np.add", "operator.sub": "np.subtract", "abs": "np.abs"}.get(f, f)
    wanted = draw.line("wanted", f"{numpys}({', '.join(arrays)})")
    several = f in ("both", "pair")
    outs, out = [], None
    if not several and draw.chance(0.35):
        same = f"{wanted}.dtype == {arrays[0]}.dtype and {wanted}.shape == {arrays[0]}.shape and {arrays[0]}.flags.writeable"
        if draw.chance(0.4) and shape:
            out = draw.line("out", f"{arrays[0]} if {same} else np.empty_like({wanted})")
        else:
            out = draw.room(f"np.shape({wanted})", f"np.asarray({wanted}).dtype")
        outs = [out]
    method = draw.pick(("map", "vectorize"))
    call = f"jk.map({f}, " if method == "map" else f"jk.vectorize({f})("
    if method == "vectorize" and out and draw.chance(0.4):
        where = draw.array("bool", shape)
        before = draw.line("before", f"{out}.copy()")
        wanted = draw.line("wanted", f"np.where({where}, {wanted}, {before})")
        return draw.check(f"{call}{', '.join(arrays)}{draw.options(out=out, where=where)})", wanted, None, outs)
    return draw.check(f"{call}{', '.join(arrays)}{draw.options(out=out)})", wanted, None, outs, scalar=method != "map")


def overlapping(draw: Draw) -> Check:
    """A result goes over its neighbours' places."""
    n, dtype = draw.size(large=True) + 1, draw.dtype(("int32", "int64", "float64"))
    x = draw.array(dtype, (n + 1,), draw.pick(("small", "whole")), plain=True)
    source, target = draw.pick(((f"{x}[1:]", f"{x}[:-1]"), (f"{x}[:-1]", f"{x}[1:]"), (f"{x}[::-1]", x)))
    name = draw.pick(("map", "scan", "sort", "vectorize"))
    y = draw.line("y", source)
    out = draw.line("out", target)
    call, numpys = {
        "map": ("jk.map(twice, ", f"twice({y})"),
        "vectorize": ("jk.vectorize(twice)(", f"twice({y})"),
        "scan": ("jk.scan('maximum', ", f"np.maximum.accumulate({y})"),
        "sort": ("jk.sort(", f"np.sort({y})"),
    }[name]
    wanted = draw.line("wanted", numpys)
    return draw.check(f"{call}{y}{draw.options(out=out)})", wanted, None, [out])


def ufunc_methods(draw: Draw) -> Check:
    f, numpys = draw.pick((("'add'", "np.add"), ("'maximum'", "np.maximum"), ("operator.mul", "np.multiply")))
    dtype = draw.dtype(INTEGERS)
    method = draw.pick(("outer", "accumulate", "reduce"))
    if method == "outer":
        a, b = (draw.array(dtype, draw.pick(((1,), (5,), (17,), (2, 3), (0,), (64,)))) for _ in range(2))
        wanted = draw.line("wanted", f"{numpys}.outer({a}, {b})")
        return draw.check(f"jk.vectorize({f}).outer({a}, {b}{draw.options()})", wanted)
    shape = draw.shape(large=True) or (1,)
    x, axis = draw.array(dtype, shape, draw.pick(("small", "whole"))), draw.random.randrange(-len(shape), len(shape))
    wanted = draw.line("wanted", f"{numpys}.{method}({x}{arguments(axis=axis)})")
    return draw.check(f"jk.vectorize({f}).{method}({x}{draw.options(axis=axis)})", wanted)


def lazy_of(draw: Draw, n: int) -> tuple[str, str]:
    """Return a lazy vector of n numbers and what it is to NumPy, as expressions."""
    kind = draw.pick(("counting", "constant", "transformed", "permuted", "nested"))
    if kind == "counting":
        start, step = draw.random.randint(-5, 5), draw.pick((1, 2, -3))
        dtype = draw.pick((None, "'int32'", "'float64'"))
        ends = f"{start}, {start + n * step}, {step}{arguments(dtype=dtype)}"
        return f"jk.counting({ends})", f"np.arange({ends})"
    if kind == "constant":
        value = draw.pick(("3", "2.5", "True"))
        dtype = "'int32'" if value == "True" else draw.pick((None, "'float32'"))
        return f"jk.constant({value}, {n}{arguments(dtype=dtype)})", f"np.full({n}, {value}{arguments(dtype=dtype)})"
    if kind == "transformed":
        x = draw.array(draw.dtype(("int32", "int64", "float64")), (n,))
        return f"jk.transformed(twice, {x})", f"twice({x})"
    if kind == "nested":
        inner, plain = f"jk.counting({n})", f"np.arange({n})"
        x = draw.array("int64", (n,))
        return f"jk.transformed(difference, {inner}, {x})", f"difference({plain}, {x})"
    x = draw.array(draw.dtype(("int32", "int64", "float64")), (max(1, n),), "whole")
    at = draw.line("at", f"np.random.default_rng({draw.random.randrange(99)}).integers(0, {max(1, n)}, {n})")
    return f"jk.permuted({x}, {at})", f"{x}[{at}]"


def lazy(draw: Draw) -> Check:
    n = draw.size()
    given, plain = lazy_of(draw, n)
    view = draw.pick(("", "", "[::-1]", "[1:]", "[::2]", "[::-3]", ".reshape(1, -1)", ".reshape(-1, 1).T"))
    given, plain = draw.line("lazy", f"({given}){view}"), draw.line("y", f"({plain}){view}")
    options = draw.options()
    vector = "reshape" not in view
    calls = {
        "array": (f"np.asarray({given})", plain),
        "sum": (
            f"jk.reduce('maximum', {given}, initial=-7{options})",
            f"np.maximum.reduce({plain}, axis=None, initial=-7)",
        ),
        "scan": (f"jk.scan(np.minimum, {given}{options})", f"np.minimum.accumulate({plain}, axis=-1)"),
        "sort": (f"jk.sort({given}{options})", f"np.sort({plain})"),
        "map": (f"jk.map(twice, {given}{options})", f"twice({plain})"),
        "any": (f"jk.any({given}{options})", f"np.any({plain})"),
        "count": (f"jk.count(bool, {given}{options})", f"np.int64(np.count_nonzero({plain}))"),
        "last": (f"jk.reduce(last, {given}, initial=1{options})", f"folded(last, {plain}, initial=1)"),
    }
    if vector:
        calls["select"] = (f"jk.select(bool, {given}{options})", f"{plain}[{plain} != 0]")
        calls["runs"] = (
            f"jk.run_length_encode({given}{options})",
            f"({plain}[runs({plain})[0]], np.diff(runs({plain})[1]))",
        )
        calls["zipped"] = (
            f"jk.map(sum_of_parts, jk.zipped({given}, {given}){options})",
            f"{plain} + {plain}",
        )
    call, wanted = calls[draw.pick(list(calls))]
    return draw.check(call, draw.line("wanted", wanted))


CHECKS = (map_arrays, map_arrays, overlapping, ufunc_methods, lazy, lazy)
