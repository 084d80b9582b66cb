"""Checks of histogram, bincount, histogram2d and histogramdd."""

from __future__ import annotations

from .drawing import FLOATS, INTEGERS, Check, Draw, arguments

_WEIGHTS = ("float32", "float64", "int32", "uint8")


def bincount(draw: Draw) -> Check:
    dtype, n = draw.dtype(INTEGERS), draw.size(large=True)
    x = draw.array(dtype, (n,), "few" if dtype in INTEGERS[:4] else draw.pick(("few", "small")))
    if draw.chance(0.3) and dtype not in ("int8", "uint8"):
        x = draw.line("x", f"{x} * {dtype_of(dtype)}(97)")
    least = draw.pick((None, None, 0, 1, 300))
    weights = draw.array(draw.pick(_WEIGHTS), (n,)) if draw.chance(0.4) else None
    options = {"weights": weights, "minlength": least}
    wanted = draw.line("wanted", f"np.bincount({x}{arguments(**options)})")
    bound = f"np.bincount({x}, np.abs({weights}), {least or 0}) * 1e-13" if weights else None
    return draw.check(f"jk.bincount({x}{draw.options(**options)})", wanted, bound)


def dtype_of(name: str) -> str:
    return f"np.{name}"


def _edges(draw: Draw) -> str:
    if draw.chance(0.4):
        return repr(draw.pick(([-3.0, -1.0, 0.0, 0.5, 2.0], [0, 1, 2, 5], [-2.5, 1.5], [0.0, 0.0, 1.0, 1.0, 4.0])))
    return repr(draw.pick((1, 2, 10, 10, 37, 256, 1000)))


def _range(draw: Draw) -> str | None:
    return draw.pick((None, "(-2, 3)", "(0.0, 1.0)", "(-1.5, 40.25)", "(1, 1)"))  # type: ignore[no-any-return]


def histogram(draw: Draw) -> Check:
    dtype, shape = draw.dtype((*INTEGERS, *FLOATS)), draw.shape(large=True)
    limits = _range(draw)
    kinds = ("small", "few", "equal") if limits is None else ("small", "few", "missing", "whole", "special")
    x, bins = draw.array(dtype, shape, draw.pick(kinds)), _edges(draw)
    limits = limits if bins[0] != "[" else None
    weight = draw.pick(_WEIGHTS)
    weights = draw.array(weight, shape) if draw.chance(0.3) else None
    density = True if draw.chance(0.15) else None
    options = {"range": limits, "density": density, "weights": weights}
    wide = f"{weights}.astype(np.result_type({weights}, np.uint64 if {weights}.dtype.kind == 'u' else np.int64))"
    numpys = options | {"weights": wide if weights and "int" in weight else weights}
    wanted = draw.line("wanted", f"np.histogram({x}, {bins}{arguments(**numpys)})")
    bound = None
    if weights or density:
        total = f"np.abs({weights}.astype(float)).sum()" if weights else f"np.nansum(np.abs({wanted}[0]))"
        bound = f"({total} + np.nanmax(np.abs(np.append({wanted}[0], 0)))) * 4e-7, 0"
    call = f"jk.histogram({x}, {bins}{draw.options(**options)})"
    return draw.check(call, wanted, bound, warns=bool(density))


def histogram_of_points(draw: Draw) -> Check:
    name, n = draw.pick(("histogram2d", "histogramdd")), draw.size(large=True)
    count = 2 if name == "histogram2d" else draw.pick((1, 2, 3))
    dtype = draw.pick(("float64", "float32", "int32", "float64"))
    kind = draw.pick(("small", "few", "equal"))
    points = [draw.array(dtype, (n,), kind) for _ in range(count)]
    bins = "[" + ", ".join(draw.pick(("3", "4", "10", "[-2, 0, 0.5, 3]")) for _ in points) + "]"
    if draw.chance(0.4):
        bins = draw.pick(("10", "4"))
    limits = None
    if draw.chance(0.4):
        limits = "[" + ", ".join(draw.pick(("(-1, 2)", "(0, 1)")) for _ in points) + "]"
    weights = draw.array("float64", (n,)) if draw.chance(0.3) else None
    density = True if draw.chance(0.15) else None
    options = {"range": limits, "density": density, "weights": weights}
    sample = ", ".join(points) if name == "histogram2d" else f"({', '.join(points)},)"
    numpys = sample if name == "histogram2d" else f"np.stack([{', '.join(points)}], -1)"
    wanted = draw.line("wanted", f"np.{name}({numpys}, {bins}{arguments(**options)})")
    most = f"{'1e-6' if density else '1e-12'} * (1 + np.nanmax(np.abs(np.append({wanted}[0], 0))))"
    bound = f"{most}, {', '.join('0' * count)}" if name == "histogram2d" else f"{most}, ({'0, ' * count})"
    call = f"jk.{name}({sample}, {bins}{draw.options(**options)})"
    return draw.check(call, wanted, bound if weights or density else None, warns=bool(density))


CHECKS = (bincount, histogram, histogram, histogram_of_points)
