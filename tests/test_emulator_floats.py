"""Floating-point instructions of PTX against exact fractions, rounded in every direction."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from emulator_helpers import apply, kernel
from exact_floats import FORMATS, NAN, corners, decode, encode, flush, is_nan, random_bits
from hypothesis import given, settings
from hypothesis import strategies as st

from jitkit.emulator.assembly import FLUSHES

MODES = ["rn", "rz", "rm", "rp"]


def product(a, b):
    (x, nx), (y, ny) = a, b
    negative = nx != ny
    if NAN in (x, y) or (math.inf in (x, y) and 0 in (x, y)):
        return NAN, False
    if math.inf in (x, y):
        return (-math.inf if negative else math.inf), negative
    return x * y, negative


def total(a, b, mode):
    (x, nx), (y, ny) = a, b
    x, y = (-math.inf if v in (math.inf, -math.inf) and n else v for v, n in ((x, nx), (y, ny)))
    if NAN in (x, y) or {x, y} == {math.inf, -math.inf}:
        return NAN, False
    if isinstance(x, float) or isinstance(y, float):
        return (x, nx) if isinstance(x, float) else (y, ny)
    if x + y == 0 and (nx != ny or x != 0):
        return Fraction(0), mode == "rm"
    return x + y, nx


def negate(a):
    x, n = a
    return (x if x in (NAN, math.inf) else -x), not n


def quotient(a, b):
    (x, nx), (y, ny) = a, b
    negative = nx != ny
    if NAN in (x, y) or (x == y == math.inf) or (x == 0 and y == 0):
        return NAN, False
    if x == math.inf or y == 0:
        return (-math.inf if negative else math.inf), negative
    if y == math.inf:
        return Fraction(0), negative
    return x / y, negative


def root(a, form):
    """A square root close enough to round: exact where it is rational, else between two neighbours of any format."""
    x, negative = a
    if x == NAN or (negative and x != 0):
        return NAN, False
    if x in (0, math.inf):
        return a
    shift = 2 * (form.digits + 60) + 2 * form.bias
    scaled = (x.numerator << (2 * shift)) // x.denominator
    whole = math.isqrt(scaled)
    exact = whole * whole == scaled and (x.numerator << (2 * shift)) % x.denominator == 0
    return Fraction(2 * whole + (not exact), 2 << shift), False


def operation(name, values, mode, form):
    if name == "add":
        return total(*values, mode)
    if name == "sub":
        return total(values[0], negate(values[1]), mode)
    if name == "mul":
        return product(*values)
    if name == "div":
        return quotient(*values)
    if name == "rcp":
        return quotient((Fraction(1), False), values[0])
    if name == "sqrt":
        return root(values[0], form)
    return total(product(*values[:2]), values[2], mode) if name == "fma" else None


def saturate(number):
    if number == NAN or number <= 0:
        return Fraction(0)
    return min(number, Fraction(1))


def expected(name, row, form, mode, ftz, sat):
    row = [flush(v, form) if ftz else v for v in row]
    values = [decode(v, form) for v in row]
    number, negative = operation(name, values, mode, form)
    number = -math.inf if number == math.inf and negative else number
    if sat:
        number, negative = saturate(number), False
    bits = encode(number, form, mode, negative)
    return flush(bits, form) if ftz and bits != NAN else bits


def check(text, name, kind, columns, mode, ftz=False, sat=False):
    form = FORMATS[kind]
    got = apply(text, (form.bits,) * len(columns), form.bits, *columns)
    for result, *row in zip(got, *columns, strict=True):
        want = expected(name, row, form, mode, ftz, sat)
        if ftz and want in (0x00800000, 0x80800000):
            # PTX does not say whether what rounds up to the smallest normal number is flushed before: both are right.
            want = result if result == expected(name, row, form, "rz", ftz, sat) else want
        assert is_nan(result, form) if want == NAN else result == want, (text, [hex(v) for v in row], hex(result), want)


def columns_of(kind, count, random=150):
    form = FORMATS[kind]
    some = corners(form) if count < 3 else [*corners(form)[::2][:9], corners(form)[-6], 1 << form.bits - 1]
    rows = list(itertools.product(some, repeat=count))
    rows += list(zip(*(random_bits(form, random, seed) for seed in range(count)), strict=True))
    return [list(column) for column in zip(*rows, strict=True)]


ARITY = {"add": 2, "sub": 2, "mul": 2, "div": 2, "rcp": 1, "sqrt": 1, "fma": 3}


def text_of(name, kind, mode, extra=""):
    operands = ", ".join("dabc"[: ARITY[name] + 1])
    return f"{name}.{mode}{extra}.{kind} {operands};"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["f32", "f64"])
@pytest.mark.parametrize("name", ARITY)
def test_arithmetic(name, kind, mode):
    check(text_of(name, kind, mode), name, kind, columns_of(kind, ARITY[name]), mode)


# Float arithmetic of another width keeps the processor from flushing: then each operation does.
OTHER = " { .reg .f64 other; add.f64 other, 0d3FF0000000000000, 0d3FF0000000000000; }"


@pytest.mark.parametrize("other", ["", OTHER], ids=["by-processor", "by-code"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", ARITY)
def test_flushing(name, mode, other):
    text = text_of(name, "f32", mode, ".ftz") + other
    check(text, name, "f32", columns_of("f32", ARITY[name]), mode, ftz=True)
    if FLUSHES:
        assert kernel(text, (32,) * ARITY[name], 32).translation.flushing == (not other and mode == "rn")


@pytest.mark.parametrize("name", ["add", "mul", "fma"])
@pytest.mark.parametrize("kind", ["f32", "f16"])
@pytest.mark.parametrize("ftz", ["", ".ftz"])
def test_saturation(name, kind, ftz):
    columns = columns_of(kind, ARITY[name])
    check(text_of(name, kind, "rn", f"{ftz}.sat"), name, kind, columns, "rn", ftz=bool(ftz), sat=True)


@pytest.mark.parametrize("kind", ["f16", "bf16"])
@pytest.mark.parametrize("name", ["add", "sub", "mul", "fma"])
def test_sixteen_bits(name, kind):
    check(text_of(name, kind, "rn"), name, kind, columns_of(kind, ARITY[name], random=1500), "rn")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(*[st.integers(0, 0xFFFF)] * 3), min_size=1, max_size=60), st.sampled_from(["f16", "bf16"]))
def test_pairs_are_two_numbers(rows, kind):
    form = FORMATS[kind]
    words = [[row[i] | row[(i + 1) % 3] << 16 for row in rows] for i in range(3)]
    got = apply(f"fma.rn.{kind}x2 d, a, b, c;", (32,) * 3, 32, *words)
    for result, row in zip(got, rows, strict=True):
        for part, lane in ((result & 0xFFFF, row), (result >> 16, row[1:] + row[:1])):
            want = expected("fma", lane, form, "rn", False, False)
            assert is_nan(part, form) if want == NAN else part == want, [hex(v) for v in lane]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(*[st.integers(0, 2**64 - 1)] * 3), min_size=1, max_size=30), st.sampled_from(["f32", "f64"]))
def test_fma_of_any_bits(rows, kind):
    mask = (1 << FORMATS[kind].bits) - 1
    check(f"fma.rn.{kind} d, a, b, c;", "fma", kind, [[v & mask for v in c] for c in zip(*rows, strict=True)], "rn")


@pytest.mark.parametrize("kind", ["f32", "f64", "f16", "bf16"])
@pytest.mark.parametrize("name", ["min", "max"])
@pytest.mark.parametrize("nan", ["", ".NaN"])
def test_extremes(name, kind, nan):
    if nan and kind == "f64":
        return
    form = FORMATS[kind]
    columns = columns_of(kind, 2)
    got = apply(f"{name}{nan}.{kind} d, a, b;", (form.bits,) * 2, form.bits, *columns)
    for result, *row in zip(got, *columns, strict=True):
        nans = [is_nan(v, form) for v in row]
        if all(nans) or (nan and any(nans)):
            assert is_nan(result, form)
        elif any(nans):
            assert result == row[nans.index(False)]
        else:
            # Ordered as sign and magnitude, -0 lies below +0.
            keys = {(-(v & ~(1 << form.bits - 1)) - 1 if v >> form.bits - 1 else v): v for v in row}
            assert result == keys[min(keys) if name == "min" else max(keys)], [hex(v) for v in row]


RELATIONS = {
    "eq": lambda a, b: a == b, "ne": lambda a, b: a != b, "lt": lambda a, b: a < b, "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b, "ge": lambda a, b: a >= b,
}  # fmt: skip


@pytest.mark.parametrize("kind", ["f32", "f64", "f16", "bf16", "f32.ftz"])
def test_comparisons(kind):
    kind, _, ftz = kind.partition(".")
    form = FORMATS[kind]
    columns = columns_of(kind, 2, random=50)
    names = [*RELATIONS, *(f"{r}u" for r in RELATIONS), "num", "nan"]
    for relation in names:
        text = f"setp.{relation}{'.ftz' if ftz else ''}.{kind} d, a, b;"
        got = apply(text, (form.bits,) * 2, 1, *columns)
        for result, *row in zip(got, *columns, strict=True):
            numbers = [decode(flush(v, form) if ftz else v, form) for v in row]
            values = [-math.inf if v == math.inf and n else v for v, n in numbers]
            unordered = NAN in values
            if relation in ("num", "nan"):
                want = unordered == (relation == "nan")
            else:
                want = relation.endswith("u") if unordered else RELATIONS[relation[:2]](*values)
            assert result == want, (text, [hex(v) for v in row])


@pytest.mark.parametrize("kind", ["f32", "f64", "f16", "bf16"])
def test_signs(kind):
    form = FORMATS[kind]
    top, (values,) = 1 << form.bits - 1, columns_of(kind, 1)
    assert apply(f"neg.{kind} d, a;", (form.bits,), form.bits, values) == [v ^ top for v in values]
    assert apply(f"abs.{kind} d, a;", (form.bits,), form.bits, values) == [v & ~top for v in values]
    if form.bits > 16:
        a, b = columns_of(kind, 2)
        got = apply(f"copysign.{kind} d, a, b;", (form.bits,) * 2, form.bits, a, b)
        assert got == [y & ~top | x & top for x, y in zip(a, b, strict=True)]


@pytest.mark.parametrize("kind", ["f32", "f64"])
def test_kinds_of_numbers(kind):
    form = FORMATS[kind]
    (values,) = columns_of(kind, 1)
    size = [v & ~(1 << form.bits - 1) for v in values]
    least = 1 << form.digits - 1
    want = {
        "finite": [s < form.infinity for s in size], "infinite": [s == form.infinity for s in size],
        "number": [s <= form.infinity for s in size], "notanumber": [s > form.infinity for s in size],
        "normal": [least <= s < form.infinity for s in size], "subnormal": [0 < s < least for s in size],
    }  # fmt: skip
    for name, answers in want.items():
        assert apply(f"testp.{name}.{kind} d, a;", (form.bits,), 1, values) == answers, name


def floats(values, kind):
    return np.array(values, np.uint32 if kind == "f32" else np.uint64).view(np.float32 if kind == "f32" else np.float64)


APPROXIMATE = {
    "ex2.approx": np.exp2, "lg2.approx": np.log2, "sin.approx": np.sin, "cos.approx": np.cos, "tanh.approx": np.tanh,
    "rsqrt.approx": lambda x: 1 / np.sqrt(x), "rcp.approx": lambda x: 1 / x, "sqrt.approx": np.sqrt,
}  # fmt: skip


@pytest.mark.parametrize("name", APPROXIMATE)
def test_approximate_functions(name):
    """Within 2e-7 of float64 arithmetic, which is inside every bound that PTX states; the special values exactly."""
    special = [0, 1 << 31, 0x7F800000, 0xFF800000, 0x7FC00000, 0x3F800000, 0xBF800000]
    bits = special + [int(v) for v in np.linspace(-30, 30, 301, dtype=np.float32).view(np.uint32)]
    got = floats(apply(f"{name}.f32 d, a;", (32,), 32, bits), "f32")
    with np.errstate(all="ignore"):
        want = APPROXIMATE[name](floats(bits, "f32").astype(np.float64)).astype(np.float32)
    np.testing.assert_allclose(got, want, rtol=2e-7, atol=2e-7)
    assert np.array_equal(np.signbit(got[:2]), np.signbit(want[:2]))


def test_division_forms():
    columns = columns_of("f32", 2)
    for form in ("div.approx", "div.full"):
        check(f"{form}.f32 d, a, b;", "div", "f32", columns, "rn")
        check(f"{form}.ftz.f32 d, a, b;", "div", "f32", columns, "rn", ftz=True)


@pytest.mark.parametrize("kind", ["f16", "bf16"])
def test_set_of_halves(kind):
    one = {"f16": 0x3C00, "bf16": 0x3F80}[kind]
    two = encode(Fraction(2), FORMATS[kind])
    assert apply(f"set.lt.{kind}.{kind} d, a, b;", (16, 16), 16, [one, two], [two, one]) == [one, 0]
    pair = apply(f"set.ge.{kind}x2.{kind}x2 d, a, b;", (32, 32), 32, [one | two << 16], [two | one << 16])
    assert pair == [one << 16]
    assert apply(f"set.lt.u32.{kind} d, a, b;", (16, 16), 32, [one, two], [two, one]) == [0xFFFFFFFF, 0]
