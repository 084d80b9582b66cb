"""Functions of numbers against higher precision: at most 4 ULP, with NaN, infinities and signed zeros in their places."""

from __future__ import annotations

import decimal
import functools
import math
from typing import Any

import numpy as np
import pytest

import jitkit as jk
from jitkit.backends.lowering import target

ULPS = 4
LENGTHS = (1, 2, 3, 5, 7, 8, 13, 16, 31, 33)
EXTENDED = np.longdouble

# What computes the same in extended precision, and where the function is at home.
ONE: dict[str, tuple[Any, float, float]] = {
    "acos": (np.arccos, -1, 1), "acosh": (np.arccosh, 1, 100), "asin": (np.arcsin, -1, 1), "asinh": (np.arcsinh, -50, 50),
    "atan": (np.arctan, -20, 20), "atanh": (np.arctanh, -1, 1), "cbrt": (np.cbrt, -100, 100), "cos": (np.cos, -30, 30),
    "cosh": (np.cosh, -20, 20), "degrees": (np.degrees, -10, 10), "erf": (None, -6, 6), "erfc": (None, -6, 28),
    "exp": (np.exp, -110, 90), "exp2": (np.exp2, -150, 128), "expm1": (np.expm1, -20, 20), "fabs": (np.fabs, -9, 9),
    "log": (np.log, 0, 10), "log10": (np.log10, 0, 10), "log1p": (np.log1p, -1, 5), "log2": (np.log2, 0, 10),
    "radians": (np.radians, -400, 400), "sin": (np.sin, -30, 30), "sinh": (np.sinh, -20, 20), "sqrt": (np.sqrt, 0, 50),
    "tan": (np.tan, -8, 8), "tanh": (np.tanh, -9, 9),
}  # fmt: skip
TWO = {
    "atan2": np.arctan2, "copysign": np.copysign, "fmod": np.fmod, "hypot": np.hypot, "pow": np.power,
}  # fmt: skip


def four(a, b, c, d, fastmath=False):
    """Return a kernel that applies four functions of one number."""

    @jk.kernel(fastmath=fastmath)
    def apply(i, x, out):
        out[0, i] = a(x[0, i])
        out[1, i] = b(x[1, i])
        out[2, i] = c(x[2, i])
        out[3, i] = d(x[3, i])

    return apply


def of_two(f, fastmath=False):
    """Return a kernel that applies a function of two numbers."""

    @jk.kernel(fastmath=fastmath)
    def apply(i, x, y, out):
        out[i] = f(x[i], y[i])

    return apply


# ---- the oracle


def exact(name: str, *arguments: np.ndarray) -> np.ndarray:
    """Return a function's values in extended precision."""
    with np.errstate(all="ignore"):
        if name in ("erf", "erfc"):
            values = [error_function(abs(float(x)), name == "erfc" and x > 0) for x in arguments[0]]
            odd = np.copysign(np.array(values, EXTENDED), arguments[0])
            return np.where(arguments[0] > 0, odd, 1 - odd) if name == "erfc" else odd
        function = TWO[name] if name in TWO else ONE[name][0]
        return function(*(argument.astype(EXTENDED) for argument in arguments))


@functools.cache
def error_function(x: float, complement: bool) -> Any:
    """Return erf or erfc of x >= 0 by the Taylor series about 0, in enough decimal digits for the cancellation."""
    if math.isnan(x) or x == 0:
        return EXTENDED(x)
    if x > 28:
        return EXTENDED(0 if complement else 1)
    with decimal.localcontext() as context:
        context.prec = 40 + int(x * x * 0.9)
        z = decimal.Decimal(x)
        term, total, n = z, z, 0
        while abs(term) > abs(total).scaleb(-context.prec) or n < x * x:
            n += 1
            term *= -z * z / n
            total += term / (2 * n + 1)
        root_pi = decimal.Decimal(PI).sqrt()
        result = 2 * total / root_pi
        return EXTENDED(str(1 - result if complement else result))


PI = (
    "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798214808651328"
    "2306647093844609550582231725359408128481117450284102701938521105559644622948954930381964428810975665933446128475648"
    "2337867831652712019091456485669234603486104543266482133936072602491412737245870066063155881748815209209628292540917"
    "1536436789259036001133053054882046652138414695194151160943305727036575959195309218611738193261179310511854807446237"
    "9962749567351885752724891227938183011949129833673362440656643086021394946395224737190702179860943702770539217176293"
    "1767523846748184676694051320005681271452635608277857713427577896091736371787214684409012249534301465495853710507922"
    "796892589235420199561121290219608640344181598136297747713099605187072113499999983729780499510597317328160963185950"
)


def arguments(low: float, high: float, dtype: np.dtype, count: int, seed: int) -> np.ndarray:
    """Return numbers from a function's home range, from all bit patterns, and the special ones."""
    rng = np.random.default_rng(seed)
    limits = np.finfo(dtype)
    special = [
        0.0,
        limits.smallest_subnormal,
        limits.tiny,
        limits.eps,
        0.5,
        1.0,
        1 - limits.epsneg,
        2.0,
        1e5,
        1e10,
        limits.max,
        np.inf,
    ]
    bits = rng.integers(0, 2 ** (8 * dtype.itemsize), count, dtype=f"u{dtype.itemsize}").view(dtype)
    bits[np.isnan(bits)] = np.nan  # quiet ones only
    home = rng.uniform(low, high, 2 * count).astype(dtype)
    small = (rng.choice([-1, 1], count) * 10 ** rng.uniform(-8, 0, count)).astype(dtype)
    with np.errstate(over="ignore"):
        specials = np.array([*special, *(-x for x in special), np.nan], dtype)
    return rng.permutation(np.concatenate([specials, home, bits, small]))


def agreeing(found: np.ndarray, wanted: np.ndarray, *, zeros_signed: bool) -> np.ndarray:
    """Return where values are those of extended precision: NaN, infinity and zero exactly, others within `ULPS`."""
    dtype = found.dtype
    with np.errstate(all="ignore"):
        near = wanted.astype(dtype)
        spacing = np.maximum(np.spacing(np.abs(near)), np.finfo(dtype).smallest_subnormal).astype(EXTENDED)
        good = np.abs(found - wanted) <= ULPS * spacing
        edge = np.abs(wanted) > EXTENDED(np.finfo(dtype).max) * (1 - 2 * ULPS * np.finfo(dtype).eps)
        good |= (
            edge & (np.abs(found) >= np.finfo(dtype).max * (1 - 4 * ULPS * np.finfo(dtype).eps)) & (found * wanted > 0)
        )
        good |= np.isnan(found) & np.isnan(wanted)
        good &= np.isnan(found) == np.isnan(wanted)
        if zeros_signed:
            good &= (np.signbit(found) == np.signbit(wanted)) | (wanted != 0)
    return good


def flushed(x: np.ndarray, limits: np.finfo) -> np.ndarray:
    """Return numbers with zeros for those below the smallest normal one."""
    return np.where(np.abs(x) < limits.tiny, np.copysign(x.dtype.type(0), x), x)


def check_ulps(
    found: np.ndarray,
    wanted: np.ndarray,
    what: str,
    *operands: np.ndarray,
    zeros_signed: bool = True,
    flushing: bool = False,
) -> None:
    """Compare with values of extended precision; with `flushing`, numbers too small to be normal may count as zero.

    CUDA's fastmath does that (PTX's ``.ftz``), and libdevice tests parts of float64 numbers as float32.
    """
    good, limits = agreeing(found, wanted, zeros_signed=zeros_signed), np.finfo(found.dtype)
    if flushing:
        of_zeros = exact(what.removeprefix("math."), *(flushed(operand[: found.size], limits) for operand in operands))
        for value in (wanted, of_zeros):
            good |= agreeing(found, flushed(value, limits), zeros_signed=zeros_signed)
    wrong = np.flatnonzero(~good)
    assert wrong.size == 0, (
        f"{what} of {', '.join(repr(operand[wrong[0]]) for operand in operands)} is {found[wrong[0]]!r}, "
        f"{wanted[wrong[0]]!r} in extended precision; {wrong.size} of {found.size} differ by more than {ULPS} ULP"
    )


# ---- functions of one number

GROUPS = [sorted(ONE)[k : k + 4] for k in range(0, len(ONE), 4)]


@pytest.mark.parametrize("fastmath", [False, True], ids=["strict", "fastmath"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("names", GROUPS, ids="-".join)
def test_functions_of_one_number(backend, names, dtype, fastmath):
    names = (names + GROUPS[0])[:4]
    available = [name if hasattr(math, name) else "sqrt" for name in names]  # math.cbrt and exp2: Python 3.11
    kernel = four(*(getattr(math, name) for name in available), fastmath=fastmath)
    count = 2000 if backend == "cpu" and not {"erf", "erfc"} & set(names) else 60
    x = np.stack([arguments(*ONE[name][1:], np.dtype(dtype), count, 7) for name in available])
    wanted = [exact(name, row) for name, row in zip(available, x, strict=True)]
    for length in (*(LENGTHS if backend == "cpu" else ()), x.shape[1]):
        out = np.zeros((4, length), dtype)
        kernel.on(backend)[length](np.ascontiguousarray(x[:, :length]), out)
        for name, row, value, operand in zip(available, out, wanted, x, strict=True):
            check_ulps(
                row, value[:length], f"math.{name}", operand,
                zeros_signed=not fastmath, flushing=fastmath and backend == "cuda",
            )  # fmt: skip


# ---- functions of two numbers


def grid(dtype: np.dtype, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of special numbers, of numbers of moderate size, and of any size."""
    limits = np.finfo(dtype)
    special = [
        0.0,
        limits.smallest_subnormal,
        limits.tiny,
        0.5,
        1.0,
        1.5,
        2.0,
        3.0,
        1e4,
        1e10,
        limits.max,
        np.inf,
        np.nan,
    ]
    special += [-x for x in special]
    x, y = (part.ravel() for part in np.meshgrid(special, special))
    rng = np.random.default_rng(11)
    near = rng.uniform(-6, 6, (2, count))
    wide = rng.choice([-1, 1], (2, count)) * 10 ** rng.uniform(-30, 30, (2, count))
    mixed = np.array([np.abs(wide[0]), near[1]])
    return tuple(
        np.concatenate([part, *rows]).astype(dtype)
        for part, rows in zip((x, y), zip(near, wide, mixed, strict=True), strict=True)
    )


@pytest.mark.parametrize("fastmath", [False, True], ids=["strict", "fastmath"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", TWO)
def test_functions_of_two_numbers(backend, name, dtype, fastmath):
    kernel = of_two(getattr(math, name), fastmath=fastmath)
    x, y = grid(np.dtype(dtype), 1000 if backend == "cpu" else 20)
    wanted = exact(name, x, y)
    for length in (*(LENGTHS if backend == "cpu" else ()), x.size):
        out = np.zeros(length, dtype)
        with np.errstate(all="ignore"):
            kernel.on(backend)[length](x[:length], y[:length], out)
        flushing = fastmath and backend == "cuda"
        check_ulps(out, wanted[:length], f"math.{name}", x, y, zeros_signed=not fastmath, flushing=flushing)


@jk.kernel
def without_avx512(i, x, out):
    """Apply exp as CPUs do that have no instruction to multiply by a power of two; no other test compiles this function."""
    out[i] = math.exp(x[i])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_exp_without_avx512(monkeypatch, tmp_path, dtype):
    monkeypatch.setenv("JITKIT_CACHE_DIR", str(tmp_path))
    features = target.features() - {"avx512f"}
    monkeypatch.setattr(target, "features", lambda: features)
    x, _ = grid(np.dtype(dtype), 1000)
    out = np.zeros_like(x)
    without_avx512.on("cpu")[x.size](x, out)
    check_ulps(out, exact("exp", x), "math.exp", x)


@jk.kernel
def natural(i, x, out):
    out[i] = math.log(x[i])


def test_a_logarithm_does_not_hang_on_what_stands_beside_it(backend):
    x = np.linspace(0.01, 9, 99).astype("float32")
    beside = x.copy()
    beside[::3] = 0
    out, other = np.zeros_like(x), np.zeros_like(x)
    natural.on(backend)[x.size](x, out)
    natural.on(backend)[x.size](beside, other)
    np.testing.assert_array_equal(other, np.where(beside > 0, out, -np.inf))


@jk.kernel
def logarithms(i, x, base, out):
    out[0, i] = math.log(x[i], 3)
    out[1, i] = math.log(x[i], base)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_logarithm_to_a_base(backend, dtype):
    x = np.geomspace(1e-20, 1e20, 200).astype(dtype)
    out = np.zeros((2, x.size), dtype)
    logarithms.on(backend)[x.size](x, 0.5, out)
    logs = np.log(x.astype(EXTENDED))
    np.testing.assert_allclose(out[0], logs / np.log(EXTENDED(3)), rtol=12 * np.finfo(dtype).eps)
    np.testing.assert_allclose(out[1], logs / np.log(EXTENDED(0.5)), rtol=12 * np.finfo(dtype).eps)


# ---- numbers in, integers and booleans out


@jk.kernel
def whole_numbers(i, x, out):
    out[0, i] = math.floor(x[i])
    out[1, i] = math.ceil(x[i])
    out[2, i] = math.trunc(x[i])
    out[3, i] = round(x[i])
    out[4, i] = int(x[i])
    out[5, i] = math.floor(x[i]) // 2  # an int, not a float
    out[6, i] = math.floor(i / 2) * 3
    out[7, i] = round(x[i] * 0 + 2.5)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "uint32"])
def test_rounding_gives_python_ints(backend, dtype):
    x = (np.arange(0, 80) / 4 - 10 if np.dtype(dtype).kind == "f" else np.arange(80)).astype(dtype)
    out = np.zeros((8, x.size), np.int64)
    whole_numbers.on(backend)[x.size](x, out)
    even = 2 if np.dtype(dtype).kind == "f" else round(2.5)
    expected = [
        [math.floor(v), math.ceil(v), math.trunc(v), round(v), int(v), math.floor(v) // 2, math.floor(i / 2) * 3, even]
        for i, v in enumerate(x.tolist())
    ]
    np.testing.assert_array_equal(out, np.transpose(expected))


def test_rounding_leaves_large_integers_exact(backend):
    @jk.kernel
    def floors(i, out):
        out[i] = math.floor(i + 2**53 + 1)

    out = np.zeros(5, np.int64)
    floors.on(backend)[5](out)
    np.testing.assert_array_equal(out, np.arange(5) + 2**53 + 1)


@jk.kernel
def classified(i, x, out):
    out[0, i] = math.isnan(x[i])
    out[1, i] = math.isinf(x[i])
    out[2, i] = math.isfinite(x[i])
    out[3, i] = np.isnan(x[i])
    out[4, i] = np.isinf(x[i])
    out[5, i] = np.isfinite(x[i])
    out[6, i] = np.signbit(x[i])
    out[7, i] = x[i] != x[i]


@pytest.mark.parametrize("fastmath", [False, True], ids=["strict", "fastmath"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_nan_and_infinity_are_told_apart(backend, dtype, fastmath):
    x = np.array([0.0, -0.0, 1.5, -2.0, np.inf, -np.inf, np.nan, np.finfo(dtype).max, np.finfo(dtype).tiny] * 5, dtype)
    out = np.zeros((8, x.size), bool)
    jk.kernel(classified.func, fastmath=fastmath).on(backend)[x.size](x, out)
    nan, inf, finite = np.isnan(x), np.isinf(x), np.isfinite(x)
    np.testing.assert_array_equal(out, [nan, inf, finite, nan, inf, finite, np.signbit(x), nan])


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int16", "uint32", "int64", "uint64"])
def test_bits_are_counted(backend, dtype):
    @jk.kernel
    def counts(i, x, out):
        out[i] = np.bitwise_count(x[i])

    x = np.random.default_rng(3).integers(-(2**63), 2**63, 37).astype(dtype)
    if dtype != "bool":
        x[:2] = np.iinfo(dtype).min, np.iinfo(dtype).max
    out = np.zeros(x.size, np.uint8)
    counts.on(backend)[x.size](x, out)
    np.testing.assert_array_equal(out, np.bitwise_count(x))


@jk.kernel(fastmath=True)
def reassociated(i, x, y, out):
    out[0, i] = x[i] - x[i]
    out[1, i] = x[i] * 0.0
    out[2, i] = x[i] / y[i]
    out[3, i] = (x[i] + y[i]) - x[i]
    out[4, i] = x[i] + y[i] + 1 + 2


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_fastmath_keeps_nan_and_infinity(backend, dtype):
    special = [0.0, 1.0, -3.0, np.inf, -np.inf, np.nan]
    x, y = (part.ravel().astype(dtype) for part in np.meshgrid(special, special))
    out = np.zeros((5, x.size), dtype)
    reassociated.on(backend)[x.size](x, y, out)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(out[[0, 1, 2, 4]], [x - x, x * 0.0, x / y, x + y + 3])
    finite = np.isfinite(x) & np.isfinite(y)
    np.testing.assert_allclose(out[3, finite], y[finite], rtol=4 * np.finfo(dtype).eps)


# ---- NumPy's functions

NUMPY_ONE = """
absolute arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil cos cosh deg2rad exp exp2 expm1 fabs floor log log10 log1p
log2 negative positive rad2deg reciprocal rint sign sin sinh sqrt square tan tanh trunc
""".split()
NUMPY_TWO = """
add arctan2 copysign divide floor_divide fmax fmin fmod hypot maximum minimum multiply power remainder subtract
""".split()


def numpy_groups() -> list[list[str]]:
    names = [*NUMPY_ONE, "exp", "sqrt"]
    return [names[k : k + 4] for k in range(0, len(names) - len(names) % 4, 4)]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("names", numpy_groups(), ids="-".join)
def test_numpy_functions_of_one_number(backend, names, dtype):
    kernel = four(*(getattr(np, name) for name in names))
    x = np.stack([arguments(-3, 3, np.dtype(dtype), 60, seed) for seed in range(4)])
    out = np.zeros(x.shape, dtype)
    with np.errstate(all="ignore"):
        kernel.on(backend)[x.shape[1]](x, out)
        wanted = [getattr(np, name)(row.astype(EXTENDED)) for name, row in zip(names, x, strict=True)]
    for name, row, value, operand in zip(names, out, wanted, x, strict=True):
        check_ulps(row, value, f"np.{name}", operand)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NUMPY_TWO)
def test_numpy_functions_of_two_numbers(backend, name, dtype):
    x, y = grid(np.dtype(dtype), 50)
    out = np.zeros(x.size, dtype)
    ufunc = getattr(np, name)
    with np.errstate(all="ignore"):
        of_two(ufunc).on(backend)[x.size](x, y, out)
        if name in ("floor_divide", "remainder"):  # a quotient that extended precision rounds to another integer
            np.testing.assert_array_equal(out, ufunc(x, y))
            return
        wanted = ufunc(x.astype(EXTENDED), y.astype(EXTENDED))
    # NumPy takes x ** 0.5 for a square root, which gives -0.0 and -inf what the power does not.
    kept = ~((name == "power") & (y == 0.5) & (x <= 0))
    unsigned = ("fmax", "fmin", "maximum", "minimum")
    check_ulps(out[kept], wanted[kept], f"np.{name}", x[kept], y[kept], zeros_signed=name not in unsigned)


@jk.kernel
def ufuncs_of_extremes(i, x, y, out):
    out[0, i], out[1, i] = np.minimum(x[i], y[i]), np.maximum(x[i], y[i])
    out[2, i], out[3, i] = np.maximum(x[i], 0), np.minimum(1, x[i])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_nan_wins_from_either_side_and_equal_zeros_keep_their_sign(backend, dtype):
    special = np.array([np.nan, -np.inf, -1, -0.0, 0.0, 2, np.inf], dtype)
    x, y = (side.ravel() for side in np.meshgrid(np.repeat(special, 3), special))
    out = np.zeros((4, x.size), dtype)
    ufuncs_of_extremes.on(backend)[x.size](x, y, out)
    np.testing.assert_array_equal(out, [np.minimum(x, y), np.maximum(x, y), np.maximum(x, 0), np.minimum(1, x)])
    zeros = (x == 0) & (y == 0) & (np.signbit(x) == np.signbit(y))
    assert (np.signbit(out[:2, zeros]) == np.signbit(x[zeros])).all()


@jk.kernel
def of_integers(i, x, y, out, real):
    out[0, i] = np.absolute(x[i])
    out[1, i] = np.square(x[i])
    out[2, i] = np.sign(x[i])
    out[3, i] = np.floor(x[i])
    out[4, i] = np.trunc(x[i])
    out[5, i] = np.negative(x[i])
    out[6, i] = np.maximum(x[i], y[i])
    out[7, i] = np.minimum(x[i], y[i])
    out[8, i] = np.fmod(x[i], y[i])
    out[9, i] = np.clip(x[i], 2, 9)
    out[10, i] = np.where(x[i] > y[i], x[i], y[i])
    out[11, i] = np.bitwise_and(x[i], y[i])
    out[12, i] = np.left_shift(x[i], 3)
    out[13, i] = np.conjugate(x[i])
    real[0, i] = np.sqrt(y[i])
    real[1, i] = np.exp(np.clip(x[i], 0, 5))


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
def test_numpy_functions_of_integers(backend, dtype):
    limits = np.iinfo(dtype)
    values = np.array([0, 1, 2, 3, 5, 100, limits.max, limits.min, limits.min + 1], dtype)
    x, y = (part.ravel() for part in np.meshgrid(values, values))
    out = np.zeros((14, x.size), dtype)
    real = np.zeros((2, x.size), np.sqrt(np.ones(1, dtype)).dtype)
    with np.errstate(all="ignore"):
        of_integers.on(backend)[x.size](x, y, out, real)
        floats = np.sqrt(y), np.exp(np.clip(x, 0, 5))
        expected = [
            np.absolute(x), np.square(x), np.sign(x), np.floor(x), np.trunc(x), np.negative(x), np.maximum(x, y),
            np.minimum(x, y), np.fmod(x, y), np.clip(x, 2, 9), np.where(x > y, x, y), x & y, x << 3, x,
        ]  # fmt: skip
    assert all(row.dtype == dtype for row in expected)
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_allclose(real, floats, rtol=4 * np.finfo(real.dtype).eps)


@pytest.mark.parametrize("dtype", ["int8", "int32", "uint8", "uint64"])
def test_reciprocals_of_integers_truncate(backend, dtype):
    @jk.kernel
    def reciprocals(i, x, out):
        out[i] = np.reciprocal(x[i])

    values = [1, 2, 3, 100, *([-1, -2, -100] if dtype.startswith("i") else [])]
    x, out = np.array(values, dtype), np.zeros(len(values), dtype)
    reciprocals.on(backend)[x.size](x, out)
    np.testing.assert_array_equal(out, [int(1 / value) for value in values])


# ---- smallest and largest


@jk.kernel
def extremes(i, x, y, out):
    out[0, i] = min(x[i], y[i])
    out[1, i] = max(x[i], y[i])
    out[2, i] = min(x[i], y[i], 1.0, 2)
    out[3, i] = max(0, x[i], y[i])
    out[4, i] = min((x[i], y[i], 5.0))
    out[5, i] = max((y[i], x[i]))
    out[6, i] = np.clip(x[i], -1, y[i])
    out[7, i] = max(0.0, min(x[i], 1.0))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_first_of_the_smallest_and_largest(backend, dtype):
    special = [0.0, -0.0, 1.0, 2.5, -3.0, np.inf, -np.inf, np.nan]
    x, y = (part.ravel().astype(dtype) for part in np.meshgrid(special, special))
    out = np.zeros((8, x.size), dtype)
    extremes.on(backend)[x.size](x, y, out)
    expected = [
        [min(a, b), max(a, b), min(a, b, 1.0, 2), max(0, a, b), min((a, b, 5.0)), max((b, a)), np.clip(a, -1, b),
         max(0.0, min(a, 1.0))]
        for a, b in zip(x.tolist(), y.tolist(), strict=True)
    ]  # fmt: skip
    found, wanted = out, np.transpose(expected)
    np.testing.assert_array_equal(found, wanted)
    signs = [0, 1, 2, 4, 5, 7]  # np.clip does not say which of two zeros it gives, and 0 is an int in max(0, x, y)
    numbers = ~np.isnan(wanted[signs])
    np.testing.assert_array_equal(np.signbit(found[signs])[numbers], np.signbit(wanted[signs])[numbers])


def test_extremes_keep_one_type(backend):
    @jk.kernel
    def scaled(i, x, out):
        out[i] = max(0, x[i]) * 0.1

    x, out = np.linspace(-1, 1, 9, dtype=np.float32), np.zeros(9)
    scaled.on(backend)[9](x, out)
    positive = x > 0
    np.testing.assert_array_equal(out[positive], x[positive] * np.float32(0.1))


def clipped(_):
    @jk.kernel
    def clip(i, x, y, out):
        out[i] = np.clip(x[i], 0, y[i])

    return clip


@pytest.mark.parametrize("name", ["arcsin", "exp2", "expm1", "sign", "floor", "arctan2", "maximum", "clip"])
def test_functions_without_a_complex_version_are_refused(name):
    function = getattr(np, name)
    z = np.ones((4, 3), np.complex128)
    maker = {1: lambda f: four(f, f, f, f), 2: of_two}.get(getattr(function, "nin", 3), clipped)
    arguments = (z, z) if getattr(function, "nin", 3) == 1 else (z[0], z[0], z[0])
    with pytest.raises(jk.KernelTypeError, match=name):
        maker(function).on("cpu")[3](*arguments)


def test_where_gives_a_number(backend):
    @jk.kernel
    def halves(i, x, out):
        chosen = np.where(x[i] > 1, x[i], 0.4)
        other = chosen
        chosen += 2
        out[i] = 10 * round(chosen) + other

    x, out = np.array([0.0, 1.2, 2.6]), np.zeros(3)
    halves.on(backend)[3](x, out)
    np.testing.assert_allclose(out, [20.4, 31.2, 52.6])
