"""mma.sync, ldmatrix and cp.async against NumPy, each lane's registers filled by the tables of the PTX document."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jitkit.emulator import ExecutionError, Module, UnsupportedError

HEAD = ".version 8.0\n.target sm_90\n.address_size 64\n"
LANES = np.arange(32)
GROUP, PLACE = LANES >> 2, LANES & 3


# ---- the tables: (row, column) of each lane's i-th element, as the document states them for each shape


def a16(k, i):
    """m16n8k8 and m16n8k16 of 16-bit floats."""
    row = GROUP + (0 if i < 2 or 4 <= i < 6 else 8)
    return row, PLACE * 2 + (i & 1) + (8 if i >= 4 else 0)


def b16(k, i):
    return PLACE * 2 + (i & 1) + (8 if i >= 2 else 0), GROUP


def a8(k, i):
    """m16n8k16 and m16n8k32 of 8-bit integers."""
    if k == 16:
        return GROUP + (0 if i < 4 else 8), PLACE * 4 + (i & 3)
    return GROUP + (0 if i < 4 or 8 <= i < 12 else 8), PLACE * 4 + (i & 3) + (16 if i >= 8 else 0)


def b8(k, i):
    return PLACE * 4 + (i & 3) + (16 if i >= 4 else 0), GROUP


def a32(k, i):
    """m16n8k4 and m16n8k8 of tf32."""
    return GROUP + (8 if i % 2 else 0), PLACE + (4 if i >= 2 else 0)


def b32(k, i):
    return PLACE + (4 if i else 0), GROUP


def c16(i):
    return GROUP + (0 if i < 2 else 8), PLACE * 2 + (i & 1)


A = {"f16": a16, "bf16": a16, "tf32": a32, "s8": a8, "u8": a8}
B = {"f16": b16, "bf16": b16, "tf32": b32, "s8": b8, "u8": b8}


# ---- numbers in the types of the instructions


def values(kind, shape, rng):
    """Return numbers that the type holds exactly, and their bits."""
    if kind in ("s8", "u8"):
        x = rng.integers(-128 if kind == "s8" else 0, 128 if kind == "s8" else 256, shape)
        return x.astype(np.float64), x.astype(np.uint8)
    if kind == "f16":
        x = rng.standard_normal(shape).astype(np.float16)
        return x.astype(np.float64), x.view(np.uint16)
    if kind == "bf16":
        bits = rng.standard_normal(shape).astype(np.float32).view(np.uint32) >> 16
        return (bits << 16).view(np.float32).astype(np.float64), bits.astype(np.uint16)
    x = rng.standard_normal(shape).astype(np.float32)
    if kind == "tf32":
        kept = (x.view(np.uint32) & ~np.uint32(0x1FFF)).view(np.float32)
        return kept.astype(np.float64), x.view(np.uint32)  # with bits that do not count
    return x.astype(np.float64), x.view(np.uint32)


def registers(bits, table, count):
    """Return each lane's elements, packed into registers of 32 bits."""
    found = np.stack([bits[table(i)] for i in range(count)], axis=1)
    return np.ascontiguousarray(found).view(np.uint32)


def kernel(instruction, inputs, outputs):
    """Return PTX in which a lane loads its registers, applies an instruction, and stores what it made."""
    names = [f"%{letter}<{count + 1}>" for letter, count in zip("abc", inputs, strict=True)]
    body = [f".reg .b32 {name};" for name in (*names, f"%d<{outputs + 1}>", "%i")] + [".reg .b64 %p, %q;"]
    body += ["mov.u32 %i, %tid.x;"]
    for number, (letter, count) in enumerate(zip("abc", inputs, strict=True)):
        body += [f"ld.param.u64 %p, [p{number}];", f"mad.wide.u32 %q, %i, {4 * count}, %p;"]
        body += [f"ld.global.b32 %{letter}{k}, [%q+{4 * k}];" for k in range(count)]
    body += [instruction, "ld.param.u64 %p, [p3];", f"mad.wide.u32 %q, %i, {4 * outputs}, %p;"]
    body += [f"st.global.b32 [%q+{4 * k}], %d{k};" for k in range(outputs)]
    parameters = ", ".join(f".param .u64 p{k}" for k in range(4))
    return HEAD + f".visible .entry k({parameters}) {{\n" + "\n".join([*body, "ret;"]) + "\n}\n"


def listed(letter, count):
    return "{" + ", ".join(f"%{letter}{k}" for k in range(count)) + "}"


PRODUCTS = [
    ("f16", "f16", 8, "f32"), ("f16", "f16", 16, "f32"), ("f16", "f16", 16, "f16"), ("bf16", "bf16", 8, "f32"),
    ("bf16", "bf16", 16, "f32"), ("tf32", "tf32", 4, "f32"), ("tf32", "tf32", 8, "f32"), ("s8", "s8", 16, "s32"),
    ("s8", "u8", 32, "s32"), ("u8", "u8", 32, "s32"),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b", "k", "result"), PRODUCTS)
def test_products(a, b, k, result):
    rng = np.random.default_rng(k)
    x, x_bits = values(a, (16, k), rng)
    y, y_bits = values(b, (k, 8), rng)
    per = 4 // x_bits.itemsize
    na, nb, nc = 16 * k // 32 // per, 8 * k // 32 // per, 2 if result == "f16" else 4
    if result == "s32":
        z = rng.integers(-(2**20), 2**20, (16, 8)).astype(np.float64)
        z_bits = z.astype(np.int32).view(np.uint32)
    else:
        z, z_bits = values(result, (16, 8), rng)
    given = [
        registers(x_bits, lambda i: A[a](k, i), na * per),
        registers(y_bits, lambda i: B[b](k, i), nb * per),
        registers(z_bits, c16, 4),
    ]
    out = np.zeros((32, nc), np.uint32)
    operands = ", ".join(listed(*pair) for pair in zip("dabc", (nc, na, nb, nc), strict=True))
    text = kernel(f"mma.sync.aligned.m16n8k{k}.row.col.{result}.{a}.{b}.{result} {operands};", (na, nb, nc), nc)
    Module(text).launch("k", 1, 32, [*given, out])
    kind = {"f16": np.float16, "f32": np.float32, "s32": np.int32}[result]
    got = np.zeros((16, 8), kind)
    for i in range(4):
        got[c16(i)] = out.view(kind)[:, i]
    size = np.abs(x) @ np.abs(y) + np.abs(z)
    limit = 0 if result == "s32" else (k + 1) * 2.0**-24 * size + (2.0**-11 * size if result == "f16" else 0)
    assert np.all(np.abs(got.astype(np.float64) - (x @ y + z)) <= limit)


def test_a_product_of_doubles():
    rng = np.random.default_rng(5)
    x, y, z = rng.standard_normal((8, 4)), rng.standard_normal((4, 8)), rng.standard_normal((8, 8))
    text = (
        HEAD
        + """
    .visible .entry k(.param .u64 pa, .param .u64 pb, .param .u64 pc) {
        .reg .f64 %a, %b, %c<2>, %d<2>;
        .reg .b64 %p, %q;
        .reg .b32 %i;
        mov.u32 %i, %tid.x;
        ld.param.u64 %p, [pa]; mad.wide.u32 %q, %i, 8, %p; ld.global.f64 %a, [%q];
        ld.param.u64 %p, [pb]; mad.wide.u32 %q, %i, 8, %p; ld.global.f64 %b, [%q];
        ld.param.u64 %p, [pc]; mad.wide.u32 %q, %i, 16, %p; ld.global.v2.f64 {%c0, %c1}, [%q];
        mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%d0, %d1}, {%a}, {%b}, {%c0, %c1};
        st.global.v2.f64 [%q], {%d0, %d1};
        ret;
    }"""
    )
    own = z.reshape(32, 2).copy()  # lane: row lane / 4, columns 2 (lane % 4) and the next
    Module(text).launch("k", 1, 32, [x.ravel().copy(), y.T.ravel().copy(), own])
    np.testing.assert_allclose(own.reshape(8, 8), x @ y + z, rtol=1e-14, atol=1e-14)


def test_warps_do_not_meet_and_products_chain():
    """Two warps, each adding its product twice: parts of one product must not reach the next."""
    rng = np.random.default_rng(9)
    x, x_bits = values("f16", (2, 16, 8), rng)
    y, y_bits = values("f16", (2, 8, 8), rng)
    a = np.concatenate([registers(bits, lambda i: a16(8, i), 4) for bits in x_bits])
    b = np.concatenate([registers(bits, lambda i: b16(8, i), 2) for bits in y_bits])
    c, out = np.zeros((64, 4), np.float32), np.zeros((64, 4), np.float32)
    shape = "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32"
    twice = (
        f"{shape} {listed('d', 4)}, {listed('a', 2)}, {listed('b', 1)}, {listed('c', 4)};"
        f"{shape} {listed('d', 4)}, {listed('a', 2)}, {listed('b', 1)}, {listed('d', 4)};"
    )
    Module(kernel(twice, (2, 1, 4), 4)).launch("k", 1, 64, [a, b, c, out])
    for warp in range(2):
        got = np.zeros((16, 8), np.float32)
        for i in range(4):
            got[c16(i)] = out[32 * warp : 32 * warp + 32, i]
        np.testing.assert_allclose(got, 2 * (x[warp] @ y[warp]), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "form",
    [
        "m16n8k256.row.col.s32.b1.b1.s32.xor.popc",
        "m16n8k16.row.row.f32.f16.f16.f32",
        "m16n8k16.row.col.f32.f16.bf16.f32",
        "m16n8k8.row.col.f16.tf32.tf32.f16",
    ],
)
def test_other_products_are_refused_by_name(form):
    operands = ", ".join(listed(*pair) for pair in zip("dabc", (4, 4, 2, 4), strict=True))
    module = Module(kernel(f"mma.sync.aligned.{form} {operands};", (4, 2, 4), 4))
    with pytest.raises(UnsupportedError, match=r"PTX line \d+: mma\.sync\.aligned"):
        module.program("k")


MATRICES = """
.visible .entry k(.param .u64 px, .param .u64 pd, .param .u32 by) {{
    .shared .align 16 .b8 tile[512];
    .reg .b32 %i, %at, %t, %by, %x<4>, %d<4>;
    .reg .b64 %p, %q;
    mov.u32 %i, %tid.x;
    mov.u32 %t, tile;
    shl.b32 %at, %i, 4;
    add.u32 %at, %at, %t;
    ld.param.u64 %p, [px];
    mad.wide.u32 %q, %i, 16, %p;
    cp.async.cg.shared.global [%at], [%q], 16;
    cp.async.commit_group;
    cp.async.wait_group 0;
    bar.sync 0;
    ld.param.u32 %by, [by];
    add.u32 %at, %at, %by;
    ldmatrix.sync.aligned.m8n8.x{count}{trans}.shared.b16 {registers}, [%at];
    ld.param.u64 %p, [pd];
    mad.wide.u32 %q, %i, {bytes}, %p;
{stores}
    ret;
}}"""


def matrices(count, trans):
    stores = "\n".join(f"    st.global.b32 [%q+{4 * k}], %d{k};" for k in range(count))
    return HEAD + MATRICES.format(
        count=count, trans=trans, registers=listed("d", count), bytes=4 * count, stores=stores
    )


@pytest.mark.parametrize("trans", ["", ".trans"])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_ldmatrix(count, trans):
    x = np.random.default_rng(count).integers(0, 2**16, (4, 8, 8), dtype=np.uint16)
    out = np.zeros((32, count), np.uint32)
    Module(matrices(count, trans)).launch("k", 1, 32, [x, out, np.uint32(0)], bounds=True, races=True)
    for j in range(count):
        matrix = x[j].T if trans else x[j]
        np.testing.assert_array_equal(out.view(np.uint16).reshape(32, count, 2)[:, j].reshape(8, 8), matrix)


def test_ldmatrix_past_the_end_is_found():
    x, out = np.zeros((4, 8, 8), np.uint16), np.zeros((32, 4), np.uint32)
    with pytest.raises(ExecutionError, match="outside the block's shared memory") as caught:
        Module(matrices(4, "")).launch("k", 1, 32, [x, out, np.uint32(16)], bounds=True)
    assert caught.value.kind == "out-of-bounds"


def test_half_a_warp_is_an_error():
    x, out = np.zeros((4, 8, 8), np.uint16), np.zeros((32, 4), np.uint32)
    with pytest.raises(ExecutionError, match="waits for lanes of its warp") as caught:
        Module(matrices(4, "")).launch("k", 1, 16, [x, out, np.uint32(0)])
    assert caught.value.kind == "deadlock"


@pytest.mark.parametrize("checks", [{}, {"bounds": True, "races": True}], ids=["plain", "checked"])
def test_a_tiled_product_by_nvcc(checks):
    rng = np.random.default_rng(3)
    a, b = (rng.standard_normal(shape).astype(np.float16) for shape in ((48, 64), (40, 64)))
    c = np.zeros((48, 40), np.float32)
    text = Path(__file__).with_name("ptx").joinpath("tensor.sm_90.ptx").read_text()
    Module(text).launch("matmul_half", (5, 3), 32, [a, b, c, np.int32(40), np.int32(64)], **checks)
    x, y = a.astype(np.float64), b.astype(np.float64)
    np.testing.assert_allclose(c, x @ y.T, rtol=0, atol=65 * 2.0**-24 * (np.abs(x) @ np.abs(y.T)).max())


PARTLY = """
.visible .entry k(.param .u64 px, .param .u64 pd, .param .u32 size) {
    .shared .align 16 .b8 tile[16];
    .reg .b32 %at, %size, %d<4>;
    .reg .b64 %p;
    mov.u32 %at, tile;
    ld.param.u64 %p, [px];
    ld.param.u32 %size, [size];
    cp.async.cg.shared.global [%at], [%p], 16, %size;
    cp.async.wait_all;
    ld.shared.v4.u32 {%d0, %d1, %d2, %d3}, [%at];
    ld.param.u64 %p, [pd];
    st.global.v4.u32 [%p], {%d0, %d1, %d2, %d3};
    ret;
}"""


@pytest.mark.parametrize("size", [0, 4, 8, 12, 16])
@pytest.mark.parametrize("bounds", [False, True])
def test_copies_fill_up_with_zeros(size, bounds):
    x, out = np.arange(1, 5, dtype=np.uint32), np.ones(4, np.uint32)
    Module(HEAD + PARTLY).launch("k", 1, 1, [x, out, np.uint32(size)], bounds=bounds)
    np.testing.assert_array_equal(out, np.where(np.arange(4) < size // 4, x, 0))


def test_copies_are_checked():
    x, out = np.zeros(8, np.uint32)[:2], np.ones(4, np.uint32)
    module = Module(HEAD + PARTLY)
    module.launch("k", 1, 1, [x, out, np.uint32(8)], bounds=True)
    with pytest.raises(ExecutionError, match=r"read of global memory of 12 bytes at byte 0 of an array of 8 bytes"):
        module.launch("k", 1, 1, [x, out, np.uint32(12)], bounds=True)
