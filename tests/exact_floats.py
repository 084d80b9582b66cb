"""Floating-point formats in exact arithmetic: bits to fractions and back, rounded in every direction."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

NAN = "nan"


@dataclass(frozen=True)
class Format:
    """An IEEE 754 format by its width and its digits, the hidden one included."""

    bits: int
    digits: int

    @property
    def field(self):
        return self.bits - self.digits

    @property
    def bias(self):
        return (1 << (self.field - 1)) - 1

    @property
    def infinity(self):
        return ((1 << self.field) - 1) << (self.digits - 1)


FORMATS = {"f16": Format(16, 11), "bf16": Format(16, 8), "f32": Format(32, 24), "f64": Format(64, 53)}


def decode(bits, form):
    """A finite number as (Fraction, negative), an infinity as (inf, negative), or a NaN."""
    negative = bool(bits >> (form.bits - 1))
    exponent = bits >> (form.digits - 1) & ((1 << form.field) - 1)
    stored = bits & ((1 << (form.digits - 1)) - 1)
    if exponent == (1 << form.field) - 1:
        return (NAN, negative) if stored else (math.inf, negative)
    if exponent:
        stored |= 1 << (form.digits - 1)
    scale = max(exponent, 1) - form.bias - (form.digits - 1)
    size = Fraction(stored) * Fraction(2) ** scale
    return (-size if negative else size), negative


def floor_log2(x):
    guess = x.numerator.bit_length() - x.denominator.bit_length()
    return guess if Fraction(2) ** guess <= x else guess - 1


def round_whole(x, mode, negative):
    """A positive fraction as an integer; `negative` is the sign that stands before it."""
    low = math.floor(x)
    rest = x - low
    up = {
        "rn": rest > Fraction(1, 2) or (rest == Fraction(1, 2) and low % 2 == 1),
        "rna": rest >= Fraction(1, 2),
        "rz": False,
        "rp": rest > 0 and not negative,
        "rm": rest > 0 and negative,
    }[mode]
    return low + up


def encode(number, form, mode="rn", negative=False):
    """The bits of a number rounded to a format; `negative` is the sign of a zero."""
    sign = 1 << (form.bits - 1)
    if number == NAN:
        return NAN
    if isinstance(number, float):
        return form.infinity | (sign if number < 0 else 0)
    if number == 0:
        return sign if negative else 0
    negative = number < 0
    size = abs(number)
    unit = max(floor_log2(size), 1 - form.bias) - (form.digits - 1)
    steps = round_whole(size / Fraction(2) ** unit, mode, negative)
    bits = steps + (unit + form.bias + form.digits - 2 << (form.digits - 1))
    if bits >= form.infinity:
        inward = mode == "rz" or (mode == "rm" and not negative) or (mode == "rp" and negative)
        bits = form.infinity - 1 if inward else form.infinity
    return bits | (sign if negative else 0)


def is_nan(bits, form):
    return (bits & ~(1 << (form.bits - 1))) > form.infinity


def corners(form):
    """Zeros, the least and largest numbers of both kinds, ones and their neighbours, infinities and NaNs, both signs."""
    one = form.bias << (form.digits - 1)
    least = 1 << (form.digits - 1)
    sizes = [0, 1, 2, 3, least - 1, least, least + 1, one - 1, one, one + 1, one + least, one + least // 2 + 1]
    sizes += [form.infinity - 1, form.infinity - 2, form.infinity, form.infinity | least >> 1, form.infinity + 1]
    return [s | sign for s in sizes for sign in (0, 1 << (form.bits - 1))]


def random_bits(form, count, seed=0):
    """Bit patterns drawn evenly, and as many with exponents near that of 1."""
    rng = np.random.default_rng(seed)
    drawn = [int(v) & ((1 << form.bits) - 1) for v in rng.integers(0, 2**64, 2 * count, dtype=np.uint64)]
    near = rng.integers(-form.digits - 2, form.digits + 2, count)
    mask = ((1 << form.field) - 1) << (form.digits - 1)
    middle = [v & ~mask | (form.bias + int(e)) << (form.digits - 1) for v, e in zip(drawn[count:], near, strict=True)]
    return drawn[:count] + middle


def flush(bits, form):
    """A subnormal made 0 of its sign."""
    return bits if bits & form.infinity else bits & 1 << (form.bits - 1)
