"""PTX's cvt between integers and floats, and between floats, against exact fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest
from emulator_helpers import apply
from exact_floats import FORMATS, NAN, Format, corners, decode, encode, flush, is_nan, random_bits, round_whole

INTEGERS = ["s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64"]
TF32 = Format(19, 11)
E5M2 = Format(8, 3)


def bounds(kind):
    bits = int(kind[1:])
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if kind[0] == "s" else (0, (1 << bits) - 1)


def near_integers(kind):
    """Floats at whole numbers, at halves, and at the ends of every integer type."""
    form = FORMATS[kind]
    values = [Fraction(n, 4) for n in range(-14, 15)]
    values += [
        Fraction(s * 2**e) + d
        for s in (1, -1)
        for e in (7, 8, 15, 16, 31, 32, 63, 64)
        for d in (0, 1, -1, Fraction(1, 2))
    ]
    return [encode(v, form) for v in values]


def values_of(kind, count=200):
    form = FORMATS[kind]
    return corners(form) + near_integers(kind) + random_bits(form, count)


def whole(number, mode):
    size = round_whole(abs(number), mode, number < 0)
    return -size if number < 0 else size


@pytest.mark.parametrize("source", ["f32", "f64", "f16", "bf16"])
@pytest.mark.parametrize("target", INTEGERS)
@pytest.mark.parametrize("mode", ["rn", "rz", "rm", "rp"])
def test_float_to_integer(source, target, mode):
    form, bits = FORMATS[source], int(target[1:])
    low, high = bounds(target)
    values = values_of(source, 50)
    got = apply(f"cvt.{mode}i.{target}.{source} d, a;", (form.bits,), max(bits, 16), values)
    for result, value in zip(got, values, strict=True):
        number, negative = decode(value, form)
        if number == NAN:
            want = 1 << bits - 1 if 64 in (form.bits, bits) else 0
            want = want - (1 << bits) if target[0] == "s" and want else want
        elif number == math.inf:
            want = low if negative else high
        else:
            want = max(low, min(high, whole(number, mode)))
        assert result == want & ((1 << max(bits, 16)) - 1), (hex(value), number)


def integers_of(kind):
    low, high = bounds(kind)
    ends = [low, low + 1, -1, 0, 1, 2, 3, high, high - 1]
    powers = [
        s * (1 << e) + d
        for s in (1, -1)
        for e in range(1, 64)
        for d in (-1, 0, 1, (1 << e) >> 9, (1 << e) >> 8, (1 << e) >> 11)
    ]
    powers += [(1 << e) + (1 << e - 24) + d for e in range(25, 63) for d in (-1, 0, 1)]
    powers += [(1 << e) + (1 << e - 8) + d for e in range(9, 63) for d in (-1, 0, 1)]
    return sorted({v for v in ends + powers if low <= v <= high})


@pytest.mark.parametrize("target", ["f32", "f64", "f16", "bf16"])
@pytest.mark.parametrize("source", INTEGERS)
@pytest.mark.parametrize("mode", ["rn", "rz", "rm", "rp"])
def test_integer_to_float(source, target, mode):
    form, values = FORMATS[target], integers_of(source)
    got = apply(f"cvt.{mode}.{target}.{source} d, a;", (max(int(source[1:]), 16),), form.bits, values)
    for result, value in zip(got, values, strict=True):
        assert result == encode(Fraction(value), form, mode), (value, hex(result))


NARROWING = [("f32", "f64"), ("f16", "f32"), ("f16", "f64"), ("bf16", "f32"), ("bf16", "f64")]
NARROWING += [("bf16", "f16"), ("f16", "bf16")]


@pytest.mark.parametrize(("target", "source"), NARROWING)
@pytest.mark.parametrize("mode", ["rn", "rz", "rm", "rp"])
def test_narrowing(target, source, mode):
    narrow, wide = FORMATS[target], FORMATS[source]
    values = values_of(source) + [
        encode(decode(v, narrow)[0], wide, "rn") for v in random_bits(narrow, 80) if not is_nan(v, narrow)
    ]
    # Beside the midpoints of the narrow format, and where it overflows and underflows.
    middles = [decode(v, narrow)[0] + decode(v + 1, narrow)[0] for v in corners(narrow)[:24] if v + 1 < narrow.infinity]
    values += [v + d for v in (encode(m / 2, wide) for m in middles) for d in (-1, 0, 1) if v + d >= 0]
    got = apply(f"cvt.{mode}.{target}.{source} d, a;", (wide.bits,), narrow.bits, values)
    for result, value in zip(got, values, strict=True):
        number, negative = decode(value, wide)
        want = encode(-math.inf if number == math.inf and negative else number, narrow, mode, negative)
        assert is_nan(result, narrow) if want == NAN else result == want, (hex(value), hex(result))


@pytest.mark.parametrize(
    ("target", "source"), [("f64", "f32"), ("f32", "f16"), ("f64", "f16"), ("f32", "bf16"), ("f64", "bf16")]
)
def test_widening_is_exact(target, source):
    wide, narrow = FORMATS[target], FORMATS[source]
    values = values_of(source, 500)
    got = apply(f"cvt.{target}.{source} d, a;", (narrow.bits,), wide.bits, values)
    for result, value in zip(got, values, strict=True):
        assert is_nan(result, wide) if is_nan(value, narrow) else decode(result, wide) == decode(value, narrow)


@pytest.mark.parametrize("kind", ["f32", "f64", "f16"])
@pytest.mark.parametrize("mode", ["rn", "rz", "rm", "rp"])
def test_integral_values(kind, mode):
    form, values = FORMATS[kind], values_of(kind)
    got = apply(f"cvt.{mode}i.{kind}.{kind} d, a;", (form.bits,), form.bits, values)
    for result, value in zip(got, values, strict=True):
        number, negative = decode(value, form)
        if number == NAN:
            assert is_nan(result, form)
        elif number == math.inf:
            assert result == value
        else:
            assert result == encode(Fraction(whole(number, mode)), form, "rn", negative), hex(value)


def test_flushing_and_saturation():
    f32, f64 = FORMATS["f32"], FORMATS["f64"]
    values = values_of("f32")
    flushed = apply("cvt.ftz.f64.f32 d, a;", (32,), 64, values)
    saturated = apply("cvt.sat.f32.f32 d, a;", (32,), 32, values)
    for value, wide, unit in zip(values, flushed, saturated, strict=True):
        assert is_nan(wide, f64) or decode(wide, f64) == decode(flush(value, f32), f32)
        number, negative = decode(value, f32)
        inside = (
            Fraction(0)
            if number == NAN or negative
            else min(Fraction(1), Fraction(1) if number == math.inf else number)
        )
        assert unit == encode(inside, f32)
    doubles = values_of("f64")
    for value, result in zip(doubles, apply("cvt.rn.ftz.f32.f64 d, a;", (64,), 32, doubles), strict=True):
        number, negative = decode(value, f64)
        if number not in (NAN, math.inf):
            assert result == flush(encode(number, f32, "rn", negative), f32)


@pytest.mark.parametrize("kind", ["f16", "bf16"])
@pytest.mark.parametrize("mode", ["rn", "rz"])
def test_pairs(kind, mode):
    """The first operand goes to the upper half; ``.relu`` makes negative numbers 0, ``.satfinite`` stops at the largest."""
    form, values = FORMATS[kind], values_of("f32")
    for extra in ("", ".relu", ".satfinite"):
        got = apply(f"cvt.{mode}{extra}.{kind}x2.f32 d, a, b;", (32, 32), 32, values, values[::-1])
        for result, value in zip(
            [r >> 16 for r in got] + [r & 0xFFFF for r in got], values + values[::-1], strict=True
        ):
            number, negative = decode(value, FORMATS["f32"])
            want = encode(-math.inf if number == math.inf and negative else number, form, mode, negative)
            if want == NAN:
                assert is_nan(result, form)
                continue
            want = 0 if extra == ".relu" and negative else want
            size = min(want & 0x7FFF, form.infinity - 1) if extra == ".satfinite" else want & 0x7FFF
            assert result == want & 0x8000 | size, (extra, hex(value))


@pytest.mark.parametrize("mode", ["rna", "rn", "rz"])
def test_tf32(mode):
    values = values_of("f32")
    got = apply(f"cvt.{mode}.tf32.f32 d, a;", (32,), 32, values)
    for result, value in zip(got, values, strict=True):
        number, negative = decode(value, FORMATS["f32"])
        want = encode(-math.inf if number == math.inf and negative else number, TF32, mode, negative)
        assert result & 0x1FFF == 0
        assert is_nan(result >> 13, TF32) if want == NAN else result >> 13 == want, hex(value)


def e4m3(byte):
    """The value of an e4m3 byte, by the definition: bias 7, no infinity, one NaN."""
    exponent, stored = byte >> 3 & 15, byte & 7
    if byte & 127 == 127:
        return NAN
    size = Fraction(stored + (8 if exponent else 0)) * Fraction(2) ** (max(exponent, 1) - 10)
    return -size if byte >> 7 else size


def e5m2(byte):
    number, negative = decode(byte, E5M2)
    return -math.inf if number == math.inf and negative else number


@pytest.mark.parametrize(("name", "meaning", "largest"), [("e4m3", e4m3, 448), ("e5m2", e5m2, 57344)])
def test_eight_bits(name, meaning, largest):
    """Every byte widens exactly, and a float32 becomes the byte nearest to it, ties to even, clamped."""
    half = FORMATS["f16"]
    got = apply(f"cvt.rn.f16x2.{name}x2 d, a;", (16,), 32, [b | b << 8 for b in range(256)])
    for byte, result in enumerate(got):
        assert result >> 16 == result & 0xFFFF
        want = encode(meaning(byte), half, "rn", byte >= 128)
        assert is_nan(result & 0xFFFF, half) if want == NAN else result & 0xFFFF == want, byte
    numbers = [b for b in range(256) if isinstance(meaning(b), Fraction)]
    values = [float(v) for v in np.random.default_rng(0).normal(size=300)] + [float(meaning(b)) for b in numbers]
    values += [1e9, -1e9, largest * 1.01, 2.0**-10, 2.0**-17, 3 * 2.0**-10, 2.0**-11, 0.0]
    bits = [int(v) for v in np.array(values, np.float32).view(np.uint32)]
    for value, result in zip(
        bits, apply(f"cvt.rn.satfinite.{name}x2.f32 d, a, b;", (32, 32), 16, bits, bits), strict=True
    ):
        assert result >> 8 == result & 255
        exact = decode(value, FORMATS["f32"])[0]
        target = max(-Fraction(largest), min(Fraction(largest), exact))
        best = min((abs(meaning(b) - target), b & 1, b) for b in numbers)
        assert meaning(result & 255) == meaning(best[2]), hex(value)
    assert apply(f"cvt.rn.satfinite.{name}x2.f32 d, a, b;", (32, 32), 16, [0x7FC00000], [0x7FC00000]) == [0x7F7F]
