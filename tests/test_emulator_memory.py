"""Memory, atomics, branches and calls of translated PTX, one thread after the other."""

import numpy as np
import pytest
from emulator_helpers import HEAD, Kernel, apply

from jitkit.emulator.errors import EmulatorError, UnsupportedError
from jitkit.emulator.reader import read
from jitkit.emulator.translation import translate

PROLOGUE = """.visible .entry k(.param .u64 p) {
.reg .b64 %rd<9>; .reg .b32 %r<9>; .reg .pred %p<4>; .reg .b16 %h<4>; .reg .f32 %f<4>;
ld.param.u64 %rd1, [p]; mov.u32 %r0, %tid.x;
"""


def run(body, data, n=1, before="", **options):
    """Run a body over an array whose address is in ``%rd1``; return the error's kind and line."""
    kernel = Kernel(HEAD + before + PROLOGUE + body + "\nret; }", "k")
    return kernel(n, data, **options)


@pytest.mark.parametrize(
    ("kind", "value", "want"),
    [
        ("s8", 0x80, -128),
        ("u8", 0x80, 128),
        ("s16", 0x8001, -32767),
        ("u16", 0x8001, 0x8001),
        ("b32", 0xFFFFFFFF, 0xFFFFFFFF),
    ],
)
def test_a_load_extends_by_the_sign(kind, value, want):
    data = np.array([value, 0], np.int64)
    run(f"ld.global.{kind} %rd2, [%rd1]; st.u64 [%rd1+8], %rd2;", data)
    assert data[1] == want


@pytest.mark.parametrize(("kind", "count"), [("u8", 4), ("b16", 2), ("u32", 4), ("f32", 4), ("u64", 2)])
def test_vectors(kind, count):
    size = int(kind[1:]) // 8
    data = np.arange(64, dtype=np.uint8)
    wide = {1: "%h", 2: "%h", 4: "%r" if kind[0] == "u" else "%f", 8: "%rd"}[size]
    names = ", ".join(f"{wide}{i if size < 8 else i + 2}" for i in range(count))
    run(f"ld.global.v{count}.{kind} {{{names}}}, [%rd1]; st.global.v{count}.{kind} [%rd1+32], {{{names}}};", data)
    assert np.array_equal(data[32 : 32 + size * count], data[: size * count])


def test_shared_memory_by_offset_by_name_and_by_generic_address():
    body = """st.shared.u32 [s+4], 7; mov.u32 %r1, s; add.u32 %r1, %r1, 4; ld.shared.u32 %r2, [%r1];
    mov.u64 %rd2, s; cvta.shared.u64 %rd3, %rd2; ld.u32 %r3, [%rd3+4]; add.u32 %r2, %r2, %r3;
    cvta.to.shared.u64 %rd4, %rd3; ld.shared.u32 %r4, [%rd4+4]; add.u32 %r2, %r2, %r4; st.u32 [%rd1], %r2;
    isspacep.shared %p1, %rd3; selp.u32 %r5, 1, 0, %p1; isspacep.shared %p1, %rd1; selp.u32 %r6, 1, 0, %p1;
    st.v2.u32 [%rd1+4], {%r5, %r6};"""
    data = np.zeros(3, np.uint32)
    run(body, data, before=".shared .align 8 .b8 t[24];\n.shared .align 4 .b8 s[16];\n")
    assert data.tolist() == [21, 1, 0]


def test_static_shared_memory_is_laid_out_before_the_dynamic():
    text = HEAD + ".shared .align 8 .b8 a[24]; .shared .align 16 .b8 b[20]; .extern .shared .align 16 .b8 dyn[];\n"
    text += PROLOGUE + "mov.u64 %rd2, a; mov.u64 %rd3, b; mov.u64 %rd4, dyn; st.v2.u64 [%rd1], {%rd2, %rd3}; "
    kernel = Kernel(text + "st.u64 [%rd1+16], %rd4; ret; }", "k")
    data = np.zeros(3, np.int64)
    kernel(1, data)
    assert (kernel.translation.shared_static, kernel.translation.uses_dynamic_shared) == (48, True)
    a, b, dynamic = data
    assert b % 16 == 0
    assert a % 8 == 0
    assert max(a + 24, b + 20) <= dynamic == 48


def test_initialised_variables():
    before = """.const .align 4 .f32 half[2] = {0f3F000000, 0f40200000};
    .global .align 8 .b8 bytes[16] = {1, 2, 0xFF, 4};
    .global .align 8 .u64 there = generic(bytes)+2;\n"""
    body = """ld.const.f32 %f1, [half+4]; st.f32 [%rd1], %f1; ld.global.u64 %rd2, [there]; ld.u8 %r1, [%rd2];
    st.u32 [%rd1+4], %r1; st.global.u8 [bytes+2], 9; ld.u8 %r2, [%rd2]; st.u32 [%rd1+8], %r2;"""
    data = np.zeros(3, np.uint32)
    run(body, data, before=before)
    assert data.tolist() == [0x40200000, 255, 9]


def test_local_memory_belongs_to_each_thread():
    body = """.local .align 8 .b8 own[32]; mov.u64 %rd2, own; mul.wide.u32 %rd3, %r0, 4; add.u64 %rd4, %rd2, %rd3;
    st.local.u32 [%rd4], %r0; cvta.local.u64 %rd5, %rd4; ld.u32 %r1, [%rd5]; add.u32 %r1, %r1, 1;
    add.u64 %rd6, %rd1, %rd3; st.u32 [%rd6], %r1;"""
    data = np.zeros(8, np.uint32)
    run(body, data, n=8)
    assert data.tolist() == list(range(1, 9))


ATOMICS = {
    "add.u32": lambda old, v: old + v, "and.b32": lambda old, v: old & v, "or.b32": lambda old, v: old | v,
    "xor.b32": lambda old, v: old ^ v, "exch.b32": lambda old, v: v, "max.u32": max, "min.u32": min,
    "inc.u32": lambda old, v: 0 if old >= v else old + 1, "dec.u32": lambda old, v: v if old == 0 or old > v else old - 1,
    "add.u64": lambda old, v: old + v, "max.u64": max, "min.u64": min, "exch.b64": lambda old, v: v,
    "min.s32": lambda old, v: min(old, v, key=lambda x: x - (x >> 31 << 32)),
    "max.s64": lambda old, v: max(old, v, key=lambda x: x - (x >> 63 << 64)),
}  # fmt: skip


@pytest.mark.parametrize("space", ["", ".global", ".shared"])
@pytest.mark.parametrize("name", ATOMICS)
def test_atomics(space, name):
    bits = int(name[-2:])
    pattern = (1 << bits) - 1
    values = [0, 1, 5, 7, pattern, 1 << bits - 1, 12345]
    rows = [(old, v) for old in values for v in values]
    place = "%base" if space != ".shared" else "0"
    set_up = "ld.param.u64 %base, [pd]; mad.wide.u32 %base, %i, 8, %base;" if space != ".shared" else ""
    text = f"""{{ .reg .b{bits} old; {set_up} st{space}.b{bits} [{place}], a;
        atom{space}.{name} old, [{place}], b; ld{space}.b{bits} d, [{place}]; sub.u{bits} old, old, a;
        add.u{bits} d, d, old; red{space}.{name} [{place}], b; }}"""
    if name.startswith("exch"):
        text = text.replace(f"red{space}.{name} [{place}], b;", "")
    got = apply(text, (bits, bits), bits, *zip(*rows, strict=True))
    assert got == [ATOMICS[name](*row) & pattern for row in rows]


@pytest.mark.parametrize("space", [".global", ".shared"])
@pytest.mark.parametrize("bits", [16, 32, 64])
def test_compare_and_swap(space, bits):
    rows = [(old, expected, 9) for old in (3, 4) for expected in (3, 4)]
    place = "%base" if space == ".global" else "0"
    text = f"""ld.param.u64 %base, [pd]; mad.wide.u32 %base, %i, 8, %base; st{space}.b{bits} [{place}], a;
        atom{space}.cas.b{bits} a, [{place}], b, c; ld{space}.b{bits} c, [{place}];
        shl.b{bits} c, c, 8; or.b{bits} d, c, a;"""
    got = apply(text, (bits,) * 3, bits, *zip(*rows, strict=True))
    assert got == [(new if old == expected else old) << 8 | old for old, expected, new in rows]


@pytest.mark.parametrize(("kind", "dtype"), [("f32", np.float32), ("f64", np.float64), ("noftz.f16", np.float16)])
def test_atomic_sums_of_floats(kind, dtype):
    data = np.zeros(16, dtype)
    form = kind.split(".")[-1]
    register = {"f32": "%f1", "f64": "%rd2", "f16": "%h1"}[form]
    one = {"f32": "0f3F800000", "f64": "0d3FF0000000000000", "f16": "0x3C00"}[form]
    kernel_register = f".reg .{form if form != 'f16' else 'b16'} x;"
    run(
        f"{kernel_register} mov.{form if form != 'f16' else 'b16'} x, {one}; red.global.add.{kind} [%rd1], x;",
        data,
        n=100,
    )
    assert data[0] == 100, register


def test_pairs_of_halves_are_added_atomically():
    data = np.array([1, 2, 3, 4], np.float16)
    run("mov.b32 %r1, 0x40003C00; atom.global.add.noftz.f16x2 %r2, [%rd1], %r1; st.u32 [%rd1+4], %r2;", data)
    assert data.tolist() == [2, 4, 1, 2]


def test_asynchronous_copies_fill_up_with_zeros():
    body = """cp.async.cg.shared.global [s], [%rd1], 16; cp.async.ca.shared.global [s+16], [%rd1], 8, 5;
    cp.async.commit_group; cp.async.wait_group 0; ld.shared.v2.u64 {%rd2, %rd3}, [s]; ld.shared.u64 %rd4, [s+16];
    st.v2.u64 [%rd1+16], {%rd2, %rd3}; st.u64 [%rd1+32], %rd4;"""
    data = np.arange(1, 41, dtype=np.uint8)
    run(body, data, before=".shared .align 16 .b8 s[32];\n")
    assert data[16:].tolist() == [*range(1, 17), 1, 2, 3, 4, 5, 0, 0, 0]


FUNCTIONS = """.func (.param .b32 out) factorial(.param .b32 n) {
    .reg .b32 %r<6>; .reg .pred %p<2>;
    ld.param.u32 %r1, [n]; mov.u32 %r4, 1; setp.lt.u32 %p1, %r1, 2; @%p1 bra done;
    sub.u32 %r2, %r1, 1;
    { .param .b32 arg; st.param.b32 [arg], %r2; .param .b32 got; call.uni (got), factorial, (arg); ld.param.b32 %r3, [got]; }
    mul.lo.u32 %r4, %r1, %r3;
done: st.param.b32 [out], %r4; ret; }
.func (.reg .b32 out) triple(.reg .b32 n) { mul.lo.u32 out, n, 3; ret; }
.func (.param .b32 out) square(.param .b32 n) { .reg .b32 %r<3>; ld.param.u32 %r1, [n]; mul.lo.u32 %r2, %r1, %r1;
    st.param.b32 [out], %r2; ret; }
.func quit(.param .b32 n) { .reg .b32 %r<3>; .reg .pred %p; ld.param.u32 %r1, [n]; setp.gt.u32 %p, %r1, 2; @%p exit; ret; }
"""
STORE = "mul.wide.u32 %rd3, %r0, 4; add.u64 %rd3, %rd1, %rd3; st.u32 [%rd3], %r2;"


def test_recursion():
    data = np.zeros(8, np.uint32)
    body = "{ .param .b32 arg; .param .b32 got; st.param.b32 [arg], %r0; call (got), factorial, (arg); ld.param.b32 %r2, [got]; }"
    run(body + STORE, data, n=8, before=FUNCTIONS)
    assert data.tolist() == [1, 1, 2, 6, 24, 120, 720, 5040]


def test_arguments_and_results_in_registers():
    data = np.zeros(4, np.uint32)
    run("call (%r2), triple, (%r0);" + STORE, data, n=4, before=FUNCTIONS)
    assert data.tolist() == [0, 3, 6, 9]


def test_calls_by_address():
    body = """and.b32 %r1, %r0, 1; setp.eq.u32 %p1, %r1, 0; mov.u64 %rd4, factorial; mov.u64 %rd5, square;
    selp.b64 %rd6, %rd4, %rd5, %p1;
    { .param .b32 arg; .param .b32 got; st.param.b32 [arg], %r0; proto: .callprototype (.param .b32 _) _ (.param .b32 _);
      call (got), %rd6, (arg), proto; ld.param.b32 %r2, [got]; }"""
    data = np.zeros(6, np.uint32)
    run(body + STORE, data, n=6, before=FUNCTIONS)
    assert data.tolist() == [1, 1, 2, 9, 24, 25]


def test_a_function_can_end_the_thread():
    data = np.zeros(5, np.uint32)
    body = "{ .param .b32 arg; st.param.b32 [arg], %r0; call quit, (arg); } add.u32 %r2, %r0, 10;"
    run(body + STORE, data, n=5, before=FUNCTIONS)
    assert data.tolist() == [10, 11, 12, 0, 0]


def test_branches_through_a_table_loops_and_predicates():
    body = """table: .branchtargets zero, one, two; mov.u32 %r2, 100; setp.gt.u32 %p1, %r0, 2; @%p1 bra behind;
    brx.idx %r0, table;
    zero: mov.u32 %r2, 5; bra.uni behind;
    one: mov.u32 %r2, 0; mov.u32 %r3, 0;
    again: add.u32 %r2, %r2, %r3; add.u32 %r3, %r3, 1; setp.le.u32 %p2, %r3, 10; @%p2 bra again; bra behind;
    two: mov.u32 %r2, 7; @!%p1 add.u32 %r2, %r2, 1; @%p1 mov.u32 %r2, 0;
    behind:"""
    data = np.zeros(4, np.uint32)
    run(body + STORE, data, n=4)
    assert data.tolist() == [5, 55, 8, 100]


def test_names_in_braces_are_their_own():
    body = """mov.u32 %r2, 1; { .reg .b32 x; mov.u32 x, 5; { .reg .b64 x; mov.u64 x, 6; bra end; end: cvt.u32.u64 %r3, x; }
    add.u32 %r2, %r2, x; bra end; end: add.u32 %r2, %r2, %r3; }"""
    data = np.zeros(1, np.uint32)
    run(body + STORE, data)
    assert data.tolist() == [12]


def test_special_registers():
    body = """mov.u32 %r1, %ntid.x; mov.u32 %r2, %laneid; mov.u32 %r3, %warpid; mov.u32 %r4, %lanemask_lt;
    mov.u32 %r5, %ctaid.x; mul.wide.u32 %rd3, %r0, 16; add.u64 %rd3, %rd1, %rd3; st.v4.u32 [%rd3], {%r1, %r2, %r3, %r4};"""
    data = np.zeros((40, 4), np.uint32)
    run(body, data, n=40)
    threads = np.arange(40)
    lanes = threads % 32
    assert np.array_equal(data, np.stack([0 * lanes + 40, lanes, threads // 32, 2**lanes - 1], 1))


def test_a_trap_is_an_error_with_its_line():
    data = np.zeros(1, np.uint32)
    kind, line = run("setp.eq.u32 %p1, %r0, 0;\n@%p1 trap;\nst.u32 [%rd1], 1;", data)
    assert kind == 6
    assert line == (HEAD + PROLOGUE).count("\n") + 2
    assert data[0] == 0


def test_every_access_is_checked_and_skipped_where_it_must_not_be_made():
    text = HEAD + PROLOGUE + "ld.global.u32 %r1, [%rd1];\nst.global.v2.u32 [%rd1+8], {%r1, %r1};\nst.shared.u8 [3], 1; "
    kernel, seen = Kernel(text + "atom.global.add.u32 %r2, [%rd1], 1; ret; }", "k", bounds=True), []
    data = np.array([7, 0, 0, 0], np.uint32)

    def check(address, size, line, access):
        seen.append((address - data.ctypes.data, size, access & 255, access >> 8))
        return size != 8

    kernel(1, data, check=check)
    assert [s[1:] for s in seen] == [(4, 1, 1), (8, 2, 1), (1, 2, 2), (4, 4, 1)]
    assert [s[0] for s in seen[:2]] == [0, 8]
    assert data.tolist() == [8, 0, 0, 0]


REFUSED = [
    ("frobnicate.b32 %r1, %r2;", UnsupportedError, "frobnicate.b32"),
    ("add.wibble.s32 %r1, %r2, 1;", UnsupportedError, "add.wibble.s32"),
    ("tex.2d.v4.f32.s32 {%f0, %f1, %f2, %f3}, [%rd1, {%r1, %r2}];", EmulatorError, "several parts"),
    ("add.s32 %r1, %r2;", EmulatorError, "2 operands"),
    ("add.s32 %nowhere, %r2, 1;", EmulatorError, "%nowhere"),
    ("add.s32 %h1, %r2, 1;", EmulatorError, "16 bits"),
    ("mov.u32 %r1, %pm0;", UnsupportedError, "%pm0"),
    ("call vprintf, (%r1);", UnsupportedError, "printf"),
    ("call missing, (%r1);", UnsupportedError, "missing"),
    ("bra nowhere_else;", EmulatorError, "nowhere_else"),
]


@pytest.mark.parametrize(("body", "error", "named"), REFUSED)
def test_what_is_not_known_is_refused_by_name_and_line(body, error, named):
    with pytest.raises(error, match="PTX line 8") as info:
        translate(read(HEAD + PROLOGUE + "\n" + body + "\nret; }"), "k")
    assert named in str(info.value)


def test_recursion_that_waits_is_refused():
    text = ".func f() { bar.sync 0; call f; ret; }\n" + PROLOGUE + "call f; ret; }"
    with pytest.raises(UnsupportedError, match=r"'f' is recursive and waits"):
        translate(read(HEAD + text), "k")
