"""Integer and bit instructions of PTX against exact Python integers."""

import operator

import pytest
from emulator_helpers import apply
from hypothesis import given, settings
from hypothesis import strategies as st

CORNERS = [0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFF]
CORNERS += [0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x12345678, 0x7FFFFFFFFFFFFFFF, 1 << 63, (1 << 64) - 1]
WORDS = st.lists(
    st.tuples(*[st.one_of(st.integers(0, 2**64 - 1), st.sampled_from(CORNERS))] * 4), min_size=1, max_size=30
)


def signed(v, bits):
    v &= (1 << bits) - 1
    return v - (1 << bits) if v >> (bits - 1) else v


def value(v, kind):
    """A bit pattern as the number of a type such as ``s32``."""
    bits = int(kind[1:])
    return signed(v, bits) if kind[0] == "s" else v & ((1 << bits) - 1)


def clamp(v, low, high):
    return max(low, min(high, v))


def quotient(a, b, kind):
    if b == 0:
        return -1
    q = abs(a) // abs(b)
    return -q if (a < 0) != (b < 0) else q


def remainder(a, b, kind):
    return a if b == 0 else a - b * quotient(a, b, kind)


def shift_left(a, n, bits):
    return a << n if n < bits else 0


def shift_right(a, n, bits):
    return a >> min(n, 2 * bits)


def bfind(a, bits, is_signed):
    a = ~a if is_signed and a < 0 else a
    return a.bit_length() - 1


def bfe(a, start, length, bits, is_signed):
    start, length = start & 255, length & 255
    if length == 0:
        return 0
    top = min(start + length - 1, bits - 1)
    pattern = a & ((1 << bits) - 1)
    sign = (pattern >> top) & 1 if is_signed else 0
    return sum(((pattern >> (i + start) & 1) if i < length and i + start < bits else sign) << i for i in range(bits))


def bfi(a, b, start, length, bits):
    start, length = start & 255, length & 255
    places = [i for i in range(length) if start + i < bits]
    for i in places:
        b = b & ~(1 << (start + i)) | (a >> i & 1) << (start + i)
    return b


def prmt(a, b, selectors, signs=True):
    data = [(b << 32 | a) >> 8 * i & 255 for i in range(8)]
    picked = [data[s & 7] for s in selectors]
    if signs:
        picked = [255 * (p >> 7) if s & 8 else p for p, s in zip(picked, selectors, strict=True)]
    return sum(p << 8 * i for i, p in enumerate(picked))


def check(instruction, kinds, out, reference, rows):
    """Compare with `reference`, whose arguments are numbers of the types `kinds`."""
    widths = [int(k[1:]) for k in kinds]
    columns = [[row[i] for row in rows] for i in range(len(kinds))]
    got = apply(instruction, widths, out, *columns)
    for result, *row in zip(got, *columns, strict=True):
        numbers = [value(v, k) for v, k in zip(row, kinds, strict=True)]
        assert result == reference(*numbers) & ((1 << out) - 1), (instruction, numbers)


def binary_forms():
    for kind in ("s16", "s32", "s64", "u16", "u32", "u64"):
        bits = int(kind[1:])
        for name, function in (("add", operator.add), ("sub", operator.sub), ("min", min), ("max", max)):
            yield f"{name}.{kind} d, a, b;", (kind, kind), bits, function
        yield f"mul.lo.{kind} d, a, b;", (kind, kind), bits, operator.mul
        yield f"mul.hi.{kind} d, a, b;", (kind, kind), bits, lambda a, b, n=bits: a * b >> n
        if bits < 64:
            yield f"mul.wide.{kind} d, a, b;", (kind, kind), 2 * bits, operator.mul
        yield f"div.{kind} d, a, b;", (kind, kind), bits, lambda a, b, k=kind: quotient(a, b, k)
        yield f"rem.{kind} d, a, b;", (kind, kind), bits, lambda a, b, k=kind: remainder(a, b, k)
        yield f"shr.{kind} d, a, b;", (kind, "u32"), bits, lambda a, n, w=bits: shift_right(a, n, w)
    for bits in (16, 32, 64):
        word = f"u{bits}"
        yield f"shl.b{bits} d, a, b;", (word, "u32"), bits, lambda a, n, w=bits: shift_left(a, n, w)
        for name, function in (("and", operator.and_), ("or", operator.or_), ("xor", operator.xor)):
            yield f"{name}.b{bits} d, a, b;", (word, word), bits, function
        yield f"sub.s{bits} d, 3, a;", (word,), bits, lambda a: 3 - a


def sat32(v):
    return clamp(v, -(2**31), 2**31 - 1)


def low24(v, kind):
    return signed(v, 24) if kind[0] == "s" else v & 0xFFFFFF


def halves(function):
    """A function of two 16-bit numbers, applied to both halves of two words."""

    def both(a, b):
        return sum((function(signed(a >> s, 16), signed(b >> s, 16)) & 0xFFFF) << s for s in (0, 16))

    return both


def byte_dot(a, b, c, first, second):
    return c + sum(value(a >> 8 * i, first + "8") * value(b >> 8 * i, second + "8") for i in range(4))


def half_dot(a, b, c, start):
    return c + sum(signed(a >> 16 * i, 16) * signed(b >> 8 * (i + start), 8) for i in range(2))


def other_forms():
    yield "add.sat.s32 d, a, b;", ("s32", "s32"), 32, lambda a, b: sat32(a + b)
    yield "sub.sat.s32 d, a, b;", ("s32", "s32"), 32, lambda a, b: sat32(a - b)
    yield "mad.hi.sat.s32 d, a, b, c;", ("s32",) * 3, 32, lambda a, b, c: sat32((a * b >> 32) + c)
    for kind in ("s32", "u32"):
        yield f"mul24.lo.{kind} d, a, b;", (kind,) * 2, 32, lambda a, b, k=kind: low24(a, k) * low24(b, k)
        yield f"mul24.hi.{kind} d, a, b;", (kind,) * 2, 32, lambda a, b, k=kind: low24(a, k) * low24(b, k) >> 16
        yield f"mad24.lo.{kind} d, a, b, c;", (kind,) * 3, 32, lambda a, b, c, k=kind: low24(a, k) * low24(b, k) + c
    for kind in ("s32", "u32", "s64", "u64", "s16", "u16"):
        bits = int(kind[1:])
        yield f"mad.lo.{kind} d, a, b, c;", (kind,) * 3, bits, lambda a, b, c: a * b + c
        yield f"sad.{kind} d, a, b, c;", (kind,) * 3, bits, lambda a, b, c: c + abs(a - b)
        if bits < 64:
            yield f"mad.wide.{kind} d, a, b, c;", (kind, kind, f"u{2 * bits}"), 2 * bits, lambda a, b, c: a * b + c
        if kind[0] == "s":
            yield f"abs.{kind} d, a;", (kind,), bits, abs
            yield f"neg.{kind} d, a;", (kind,), bits, operator.neg
    for bits in (32, 64):
        word, mask = f"u{bits}", (1 << bits) - 1
        yield f"not.b{bits} d, a;", (word,), bits, operator.invert
        yield f"cnot.b{bits} d, a;", (word,), bits, lambda a: int(a == 0)
        yield f"popc.b{bits} d, a;", (word,), 32, int.bit_count
        yield f"clz.b{bits} d, a;", (word,), 32, lambda a, n=bits: n - a.bit_length()
        yield f"brev.b{bits} d, a;", (word,), bits, lambda a, n=bits: int(f"{a:0{n}b}"[::-1], 2)
        yield (
            f"bfi.b{bits} d, a, b, c, e;",
            (word, word, "u32", "u32"),
            bits,
            lambda a, b, c, e, n=bits: bfi(a, b, c, e, n),
        )
        for kind in (f"s{bits}", f"u{bits}"):
            is_signed = kind[0] == "s"
            yield f"bfind.{kind} d, a;", (kind,), 32, lambda a, n=bits, s=is_signed: bfind(a, n, s)
            yield (
                f"bfind.shiftamt.{kind} d, a;",
                (kind,),
                32,
                lambda a, n=bits, s=is_signed: -1 if bfind(a, n, s) < 0 else n - 1 - bfind(a, n, s),
            )
            yield (
                f"bfe.{kind} d, a, b, c;",
                (word, "u32", "u32"),
                bits,
                lambda a, b, c, n=bits, s=is_signed: bfe(a, b, c, n, s),
            )
        yield f"{{ .reg .pred p; setp.lt.s{bits} p, a, b; selp.b{bits} d, a, b, p; }}", (f"s{bits}",) * 2, bits, min
        assert mask
    triple = ("u32",) * 3
    yield "shf.l.wrap.b32 d, a, b, c;", triple, 32, lambda a, b, c: (b << 32 | a) << (c & 31) >> 32
    yield "shf.l.clamp.b32 d, a, b, c;", triple, 32, lambda a, b, c: (b << 32 | a) << min(c, 32) >> 32
    yield "shf.r.wrap.b32 d, a, b, c;", triple, 32, lambda a, b, c: (b << 32 | a) >> (c & 31)
    yield "shf.r.clamp.b32 d, a, b, c;", triple, 32, lambda a, b, c: (b << 32 | a) >> min(c, 32)
    yield "bmsk.clamp.b32 d, a, b;", triple[:2], 32, lambda a, b: ((1 << min(b, 32)) - 1) << min(a, 32)
    yield "bmsk.wrap.b32 d, a, b;", triple[:2], 32, lambda a, b: ((1 << (b & 31)) - 1) << (a & 31)
    yield "szext.clamp.s32 d, a, b;", triple[:2], 32, lambda a, b: signed(a, min(b, 32)) if b else 0
    yield "szext.clamp.u32 d, a, b;", triple[:2], 32, lambda a, b: a & ((1 << min(b, 32)) - 1)
    for table in (0x80, 0xFE, 0x96, 0x1B, 0xE2):
        yield (
            f"lop3.b32 d, a, b, c, {table};",
            triple,
            32,
            lambda a, b, c, t=table: sum(
                (t >> ((a >> i & 1) << 2 | (b >> i & 1) << 1 | c >> i & 1) & 1) << i for i in range(32)
            ),
        )
    yield "prmt.b32 d, a, b, c;", triple, 32, lambda a, b, c: prmt(a, b, [c >> 4 * i & 15 for i in range(4)])
    tables = {
        "f4e": lambda c, i: c + i & 7, "b4e": lambda c, i: c - i & 7, "rc8": lambda c, i: c, "ecl": max, "ecr": min,
        "rc16": lambda c, i: [0, 1, 0, 1][i] + 2 * (c & 1),
    }  # fmt: skip
    for mode, pick in tables.items():
        yield (
            f"prmt.b32.{mode} d, a, b, c;",
            triple,
            32,
            lambda a, b, c, f=pick: prmt(a, b, [f(c & 3, i) for i in range(4)], signs=False),
        )
    for name, function in (("add", operator.add), ("min", min), ("max", max)):
        yield f"{name}.s16x2 d, a, b;", ("u32", "u32"), 32, halves(function)
    for first in "su":
        for second in "su":
            yield (
                f"dp4a.{first}32.{second}32 d, a, b, c;",
                triple,
                32,
                lambda a, b, c, f=first, s=second: byte_dot(a, b, c, f, s),
            )
    yield "dp2a.lo.s32.s32 d, a, b, c;", triple, 32, lambda a, b, c: half_dot(a, b, c, 0)
    yield "dp2a.hi.s32.s32 d, a, b, c;", triple, 32, lambda a, b, c: half_dot(a, b, c, 2)
    yield "slct.s32.s32 d, a, b, c;", ("s32",) * 3, 32, lambda a, b, c: a if c >= 0 else b


FORMS = [*binary_forms(), *other_forms()]


@pytest.mark.parametrize("form", FORMS, ids=[f[0] for f in FORMS])
def test_exact(form):
    @settings(max_examples=12, deadline=None, derandomize=True)
    @given(rows=WORDS)
    def compare(rows):
        check(*form, rows)

    pairs = [(a, b, c, e) for a in CORNERS for b in CORNERS for c, e in ((3, 5), (40, 250), (0xFFFFFFFF, 8), (0, 64))]
    check(*form, pairs)
    compare()


CONVERTED = [
    (t, s)
    for t in ("s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64")
    for s in ("s8", "u8", "s16", "u32", "s64", "u64")
]


@pytest.mark.parametrize(("target", "kind"), CONVERTED)
@pytest.mark.parametrize("sat", ["", ".sat"])
def test_conversion_between_integers(target, kind, sat):
    bits = int(target[1:])
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if target[0] == "s" else (0, (1 << bits) - 1)
    out = max(bits, 16)

    def reference(v):
        # What is narrower than its register is extended by its own sign.
        return clamp(v, low, high) if sat else value(v, target)

    check(f"cvt{sat}.{target}.{kind} d, a;", (kind,), out, reference, [(v,) for v in CORNERS])


def test_conversion_fills_a_wider_register_by_its_sign():
    got = apply("cvt.s8.s32 d, a;", (32,), 32, [0x80, 0x7F, 0x1FF])
    assert got == [0xFFFFFF80, 0x7F, 0xFFFFFFFF]


RELATIONS = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge,
    "lo": operator.lt, "ls": operator.le, "hi": operator.gt, "hs": operator.ge,
}  # fmt: skip


@pytest.mark.parametrize("kind", ["s16", "u16", "s32", "u32", "s64", "u64"])
@pytest.mark.parametrize("relation", RELATIONS)
def test_comparisons(kind, relation):
    if relation in ("lo", "ls", "hi", "hs"):
        kind = "u" + kind[1:]
    pairs = [(a, b) for a in CORNERS for b in CORNERS]
    check(f"setp.{relation}.{kind} d, a, b;", (kind, kind), 1, lambda a, b: int(RELATIONS[relation](a, b)), pairs)
    check(f"set.{relation}.u32.{kind} d, a, b;", (kind, kind), 32, lambda a, b: -RELATIONS[relation](a, b), pairs)


def test_setp_gives_the_complement_and_combines():
    text = "setp.lt.and.s32 q|r, a, b, c; selp.u32 d, 1, 0, q; @r add.u32 d, d, 2;"
    for c in (0, 1):
        got = apply(text, (32, 32, 1), 32, [1, 2, 3], [2, 2, 2], [c] * 3)
        assert got == ([1, 2, 2] if c else [0, 0, 0])


@settings(max_examples=20, deadline=None, derandomize=True)
@given(rows=WORDS)
def test_carries_add_and_multiply_numbers_of_two_words(rows):
    add = """{ .reg .b32 al, ah, bl, bh, l, h; mov.b64 {al, ah}, a; mov.b64 {bl, bh}, b;
        add.cc.u32 l, al, bl; addc.u32 h, ah, bh; mov.b64 d, {l, h}; }"""
    subtract = add.replace("add.cc", "sub.cc").replace("addc", "subc")
    multiply = """{ .reg .b32 al, ah, bl, bh, l, h; mov.b64 {al, ah}, a; mov.b64 {bl, bh}, b;
        mul.lo.u32 l, al, bl; mul.hi.u32 h, al, bl; mad.lo.cc.u32 h, al, bh, h; madc.hi.u32 bh, al, bh, 0;
        mad.lo.u32 h, ah, bl, h; mov.b64 d, {l, h}; }"""
    check(add, ("u64", "u64"), 64, operator.add, rows)
    check(subtract, ("u64", "u64"), 64, operator.sub, rows)
    check(multiply, ("u64", "u64"), 64, operator.mul, rows)


def test_find_nth_set():
    def reference(mask, base, offset):
        if offset == 0:
            return base if mask >> base & 1 else -1
        places = range(base, 32) if offset > 0 else range(base, -1, -1)
        found = [i for i in places if mask >> i & 1]
        return found[abs(offset) - 1] if abs(offset) <= len(found) else -1

    rows = [
        (m, b, o)
        for m in (0, 1, 0xF0F0, 0xFFFFFFFF, 1 << 31)
        for b in (0, 4, 15, 31)
        for o in (-9, -2, -1, 0, 1, 3, 32)
    ]
    check("fns.b32 d, a, b, c;", ("u32", "u32", "s32"), 32, reference, rows)


def test_vectors_are_taken_apart_and_put_together():
    assert apply("{ .reg .b16 x, y; mov.b32 {x, y}, a; mov.b32 d, {y, x}; }", (32,), 32, [0x12345678]) == [0x56781234]


def test_predicates_combine():
    text = "and.pred q, a, b; xor.pred r, a, b; not.pred q, q; or.pred d, q, r; and.pred d, d, !b;"
    table = [(a, b) for a in (0, 1) for b in (0, 1)]
    want = [int((not (a and b) or a != b) and not b) for a, b in table]
    assert apply(text, (1, 1), 1, *zip(*table, strict=True)) == want
