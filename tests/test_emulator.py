"""PTX that nvcc made of CUDA C (tests/ptx/src), executed by the emulator and compared with NumPy."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest

from jitkit.emulator.errors import EmulatorError
from jitkit.emulator.findings import ExecutionError
from jitkit.emulator.module import Module

PTX = Path(__file__).with_name("ptx")
rng = np.random.default_rng(5)


@functools.cache
def text(name):
    return PTX.joinpath(f"{name}.ptx").read_text()


def module(name, cc=90):
    return Module(text(f"{name}.sm_{cc}"))


def blocks_of(x, size):
    return np.pad(x, (0, -len(x) % size)).reshape(-1, size)


@pytest.mark.parametrize("n", [1, 255, 256, 1000])
def test_sums_of_blocks_by_shuffles(n):
    x = rng.random(n, dtype=np.float32)
    sums = np.zeros(-(-n // 256), np.float32)
    module("reduction").launch("block_sum", len(sums), 256, [x, sums, n])
    np.testing.assert_allclose(sums, blocks_of(x, 256).astype(np.float64).sum(1), rtol=1e-6)


@pytest.mark.parametrize("threads", [1, 32, 64, 1024])
def test_sums_of_blocks_in_dynamic_shared_memory(threads):
    x = rng.random(5000)
    sums = np.zeros(-(-len(x) // threads))
    module("reduction").launch("block_sum_double", len(sums), threads, [x, sums, len(x)], shared=8 * threads)
    np.testing.assert_allclose(sums, blocks_of(x, threads).sum(1), rtol=1e-13)


def test_votes_matches_and_reductions_of_warps():
    x = rng.integers(-4, 5, 256).astype(np.int32)
    ballots, same = np.zeros(256, np.uint32), np.zeros(256, np.uint32)
    anys, alls, sums = (np.zeros(256, np.int32) for _ in range(3))
    module("reduction").launch("warp_votes", 2, 128, [x, ballots, anys, alls, sums, same])
    warps, bits = x.reshape(8, 32), 1 << np.arange(32, dtype=np.uint64)
    np.testing.assert_array_equal(ballots, np.repeat(((warps > 0) * bits).sum(1), 32))
    np.testing.assert_array_equal(anys, np.repeat((warps > 2).any(1), 32))
    np.testing.assert_array_equal(alls, np.repeat((warps > -3).all(1), 32))
    np.testing.assert_array_equal(sums, np.repeat(warps.sum(1), 32))
    equal = warps[:, :, None] == warps[:, None, :]
    np.testing.assert_array_equal(same, (equal * bits).sum(2).ravel())


def test_barriers_that_reduce():
    x = rng.integers(-4, 5, 300).astype(np.int32)
    x[200:] = 1
    counts, ands, ors = (np.zeros(300, np.int32) for _ in range(3))
    module("reduction").launch("counted_barriers", 3, 100, [x, counts, ands, ors])
    groups = x.reshape(3, 100)
    np.testing.assert_array_equal(counts, np.repeat((groups > 0).sum(1), 100))
    np.testing.assert_array_equal(ands != 0, np.repeat((groups > -3).all(1), 100))
    np.testing.assert_array_equal(ors != 0, np.repeat((groups > 2).any(1), 100))


@pytest.mark.parametrize("n", [1, 256, 700])
def test_scans(n):
    x = rng.integers(-100, 100, n).astype(np.int32)
    y, z = np.zeros(n, np.int32), np.zeros(n)
    module("scan").launch("scan_shuffles", -(-n // 256), 256, [x, y, n])
    module("scan").launch("scan_shared", -(-n // 256), 256, [x.astype(np.float64), z, n])
    expected = np.cumsum(blocks_of(x, 256), 1).ravel()[:n]
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(z, expected)


def test_histogram():
    x = rng.integers(0, 256, 30_000).astype(np.uint8)
    counts = np.zeros(256, np.uint32)
    module("histogram").launch("histogram", 7, 96, [x, counts, len(x)])
    np.testing.assert_array_equal(counts, np.bincount(x, minlength=256))


@pytest.mark.parametrize(("m", "n", "k"), [(1, 1, 1), (16, 16, 16), (17, 33, 50), (64, 48, 80)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_matrix_product(m, n, k, dtype):
    a, b, c = rng.random((m, k)).astype(dtype), rng.random((k, n)).astype(dtype), np.zeros((m, n), dtype)
    name = "matmul_float" if dtype is np.float32 else "matmul_double"
    module("matmul").launch(name, (-(-n // 16), -(-m // 16)), (16, 16), [a, b, c, m, n, k])
    np.testing.assert_allclose(c, a.astype(np.float64) @ b, rtol=64 * np.finfo(dtype).eps)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 8, 32), (5, 19, 70)])
def test_stencil_with_a_halo(shape):
    u = rng.random(shape, dtype=np.float32)
    out, (nz, ny, nx) = np.zeros_like(u), shape
    module("stencil").launch("laplacian", (-(-nx // 32), -(-ny // 8), nz), (32, 8), [u, out, nx, ny, nz], bounds=True)
    v = np.pad(u, 1).astype(np.float64)
    neighbours = v[:-2, 1:-1, 1:-1] + v[2:, 1:-1, 1:-1] + v[1:-1, :-2, 1:-1] + v[1:-1, 2:, 1:-1]
    neighbours += v[1:-1, 1:-1, :-2] + v[1:-1, 1:-1, 2:]
    np.testing.assert_allclose(out, neighbours - 6 * v[1:-1, 1:-1, 1:-1], atol=3e-6)


def test_bitonic_sort():
    keys = rng.integers(0, 2**32, (5, 512), dtype=np.uint32)
    expected = np.sort(keys, 1)
    module("bitonic").launch("bitonic", 5, 256, [keys], races=True)
    np.testing.assert_array_equal(keys, expected)


def test_mandelbrot():
    counts, step = np.zeros((37, 50), np.int32), 0.06
    module("mandelbrot").launch("mandelbrot", (4, 3), (16, 16), [counts, 50, 37, -2.0, -1.1, step, 100])
    c = (-2.0 + step * np.arange(50)) + 1j * (-1.1 + step * np.arange(37))[:, None]
    z, expected = np.zeros_like(c), np.zeros(c.shape, int)
    for _ in range(100):
        inside = z.real**2 + z.imag**2 <= 4
        z[inside] = z[inside] ** 2 + c[inside]
        expected += inside
    # A contracted multiply-add rounds once: points that leave at the last moment may do so a step apart.
    assert (counts != expected).mean() < 0.01


@pytest.mark.parametrize("variant", ["nbody.sm_90", "nbody.fast.sm_90"])
def test_accelerations_of_bodies(variant):
    bodies = rng.random((300, 4), dtype=np.float32)
    result = np.zeros_like(bodies)
    Module(text(variant)).launch("accelerations", 5, 64, [bodies, result, 300, 0.01], shared=16 * 64)
    apart = bodies[None, :, :3].astype(float) - bodies[:, None, :3]
    scale = bodies[:, 3] / ((apart**2).sum(2) + 0.01) ** 1.5
    np.testing.assert_allclose(result[:, :3], (apart * scale[..., None]).sum(1), rtol=1e-4, atol=1e-3)
    assert not result[:, 3].any()


FUNCTIONS = (np.exp, np.log, np.sin, np.cos, np.sqrt, np.reciprocal, lambda v: v**1.5, np.tanh, lambda v: v / (v + 3))


@pytest.mark.parametrize(
    ("variant", "entry", "dtype", "tolerance"),
    [
        ("functions.sm_90", "functions", np.float32, 4),
        ("functions.fast.sm_90", "functions", np.float32, 64),
        ("functions.sm_90", "functions_double", np.float64, 4),
    ],
)
def test_math_functions(variant, entry, dtype, tolerance):
    x = rng.uniform(0.01, 10, 1000).astype(dtype)
    out = np.zeros((9, 1000), dtype)
    Module(text(variant)).launch(entry, 8, 128, [x, out, 1000])
    for row, function in zip(out, FUNCTIONS, strict=True):
        expected = function(x.astype(np.longdouble))
        slack = tolerance * np.finfo(dtype).eps
        np.testing.assert_allclose(row, expected, rtol=slack, atol=slack)


def test_half_precision_in_pairs():
    x, y = (rng.random((100, 2)).astype(np.float16) for _ in range(2))
    a = np.array([1.5, -0.25], np.float16)
    expected = (a.astype(np.float64) * x + y).astype(np.float16)
    for cc in (80, 90):
        out = y.copy()
        module("half", cc).launch("axpy_half2", 2, 64, [a.tobytes(), x, out, 100])
        np.testing.assert_array_equal(out, expected)


def test_half_precision_alone():
    x, y, out = (rng.random(100).astype(np.float16) for _ in range(3))
    module("half").launch("norm_half", 1, 128, [x, y, out, 100])
    np.testing.assert_allclose(out, np.hypot(x.astype(float), y), rtol=2e-3)


def test_bfloat16():
    x, y = (rng.random(100).astype(np.float32).view(np.uint32) & np.uint32(0xFFFF0000) for _ in range(2))
    out = np.zeros(100, np.uint16)
    args = [(x >> 16).astype(np.uint16), (y >> 16).astype(np.uint16), out, 100]
    module("half").launch("sum_bfloat16", 1, 128, args)
    expected = x.view(np.float32) + y.view(np.float32)
    np.testing.assert_allclose((out.astype(np.uint32) << 16).view(np.float32), expected, rtol=2**-8)


@pytest.mark.parametrize("cc", [80, 90])
def test_atomics_of_64_bits(cc):
    x, v = rng.integers(-(2**62), 2**62, 1000), rng.random(1000)
    total, low, high, mixed = (
        np.zeros(1, np.uint64),
        np.zeros(1, np.int64),
        np.zeros(1, np.int64),
        np.zeros(1, np.uint64),
    )
    sums, largest = np.zeros(1), np.zeros(1)
    module("atomics64", cc).launch("atomics64", 8, 128, [x, v, total, low, high, mixed, sums, largest, 1000])
    assert total[0] == np.add.reduce(x.view(np.uint64))
    assert (low[0], high[0]) == (min(x.min(), 0), max(x.max(), 0))
    assert mixed[0] == np.bitwise_xor.reduce(x.view(np.uint64))
    assert sums[0] == pytest.approx(v.sum())
    assert largest[0] == v.max()


def test_tickets_are_given_once():
    tickets, counters, exchanged = np.zeros(320, np.int32), np.zeros(4, np.uint32), np.zeros(1, np.int32)
    counters[3] = 2**32 - 1
    module("atomics64").launch("take_tickets", 10, 32, [tickets, counters, exchanged, 6])
    assert sorted(tickets) == list(range(320))
    assert list(counters) == [320, 320 % 7, 2**32 - 1, 0]
    assert exchanged[0] == 7


def test_switch():
    kinds, x = rng.integers(0, 10, 500).astype(np.int32), rng.integers(0, 2**31, 500).astype(np.int32)
    out = np.zeros(500, np.int32)
    module("control").launch("choose", 4, 128, [kinds, x, out, 500])
    primes = (2, 3, 5, 7, 11, 13, 17, 19)
    cases = [
        lambda v: v + 1, lambda v: v * v, lambda v: -v, lambda v: v >> 2, int.bit_count, lambda v: 32 - v.bit_length(),
        lambda v: v % 7, lambda v: v // 3, lambda v: int(f"{v:032b}"[::-1], 2), lambda v: primes[v & 7],
    ]  # fmt: skip
    expected = [cases[kind](int(v)) & 0xFFFFFFFF for kind, v in zip(kinds, x, strict=True)]
    np.testing.assert_array_equal(out.view(np.uint32), expected)


def interpreted(program, x, i):
    a, b, out = x[i], 0.0, 0.0
    for operation in program:
        match operation:
            case 0:
                return a
            case 1:
                a = a + b
            case 2:
                b = a * b + 1
            case 3:
                a, b = b, a
            case 4:
                a = np.sqrt(abs(a))
            case 5:
                b = 2 * b
            case 6:
                a = a / (1 + b * b)
            case 7:
                b = x[(i + 1) % len(x)]
            case 8:
                out = b
    return out


def test_switch_in_a_loop():
    program, x = np.array([7, 1, 2, 5, 8, 3, 4, 6, 2, 9, 1, 0], np.int32), rng.random(100)
    out = np.zeros(100)
    module("control").launch("interpret", 1, 128, [program, x, out, 100])
    np.testing.assert_allclose(out, [interpreted(program, x, i) for i in range(100)], rtol=1e-14)


def test_recursion():
    x, out = np.arange(20, dtype=np.int32), np.zeros(20, np.int32)
    module("control").launch("recurse", 1, 32, [x, out, 20])
    fibonacci = [0, 1]
    while len(fibonacci) < 20:
        fibonacci.append(fibonacci[-1] + fibonacci[-2])
    np.testing.assert_array_equal(out, fibonacci)


def test_calls_and_variables_that_live_as_long_as_the_module():
    kernels, x, out = module("control"), rng.random(100), np.zeros(100)
    coefficients, count = rng.random(6), np.zeros(1, np.uint32)
    for launches in (1, 2):
        kernels.launch("polynomial", 2, 64, [coefficients, 5, x, out, 100])
        kernels.launch("read_calls", 1, 1, [count])
        assert count[0] == 128 * launches
    np.testing.assert_allclose(out, np.polynomial.Polynomial(coefficients)(x), rtol=1e-13)


def test_local_memory():
    x = rng.integers(-1000, 1000, (40, 16)).astype(np.int16)
    expected = np.sort(x, 1)
    module("control").launch("insertion_sort", 2, 32, [x, 40], bounds=True)
    np.testing.assert_array_equal(x, expected)


def test_struct_by_value():
    pair = np.zeros((), np.dtype([("scale", "f8"), ("shift", "i4"), ("flags", "i1", 3)], align=True))
    pair["scale"], pair["shift"], pair["flags"] = 2.5, -3, (1, -2, 3)
    x, out = rng.random(50), np.zeros(50)
    module("control").launch("by_value", 1, 64, [pair[()], x, out, 50])
    np.testing.assert_allclose(out, x * 2.5 - 3 + np.array([1, -2, 3])[np.arange(50) % 3])


def test_printf_is_refused():
    with pytest.raises(EmulatorError, match="vprintf"):
        module("printing").launch("announce", 1, 1, [1])


def launched(entry, *args, **options):
    module("faults").launch(entry, 1, 64, args, **options)


class TestFaults:
    """A fault planted in each kernel, and its repaired twin."""

    def test_past_the_end(self):
        x, y = np.ones(40, np.float32), np.zeros(40, np.float32)
        with pytest.raises(ExecutionError, match=r"byte 160 of an array of 160 bytes") as caught:
            launched("past_the_end", x, y, 40, bounds=True)
        assert caught.value.kind == "out-of-bounds"
        assert (caught.value.thread, caught.value.block) == ((40, 0, 0), (0, 0, 0))
        assert caught.value.filename.endswith("faults.cu")
        assert "y[i] = x[i]" in source_line("faults.cu", caught.value.lineno)
        assert "ld.global.f32" in text("faults.sm_90").splitlines()[caught.value.line - 1]

    def test_inside(self):
        x, y = rng.random(40, dtype=np.float32), np.zeros(40, np.float32)
        launched("inside", x, y, 40, bounds=True, races=True)
        np.testing.assert_array_equal(x, y)

    def test_past_shared_memory(self):
        y = np.zeros(64, np.float32)
        launched("past_shared", y, 64, shared=256, bounds=True)
        np.testing.assert_array_equal(y, np.arange(64)[::-1])
        with pytest.raises(ExecutionError, match="outside the block's shared memory") as caught:
            launched("past_shared", y, 65, shared=256, bounds=True)
        assert "memory[n - 1 - threadIdx.x]" in source_line("faults.cu", caught.value.lineno)

    def test_misaligned(self):
        x, y = np.arange(300, dtype=np.int8), np.zeros(64, np.int32)
        launched("misaligned", x, y, 8, bounds=True)
        np.testing.assert_array_equal(y, x[8 : 8 + 256].view(np.int32))
        with pytest.raises(ExecutionError, match="no multiple of 4") as caught:
            launched("misaligned", x, y, 2, bounds=True)
        assert caught.value.kind == "misaligned"

    def test_barriers_at_two_places(self):
        for x in (np.ones(64, np.int32), -np.ones(64, np.int32)):
            launched("divergent_barrier", x)
        x = np.where(np.arange(64) < 10, 1, -1).astype(np.int32)
        with pytest.raises(ExecutionError, match="waits at a barrier that not every thread") as caught:
            launched("divergent_barrier", x)
        assert caught.value.kind == "barrier-divergence"
        assert "__syncthreads()" in source_line("faults.cu", caught.value.lineno)

    def test_barrier_left_out(self):
        x = np.where(np.arange(64) < 60, 1, -1).astype(np.int32)
        with pytest.raises(ExecutionError, match=r"thread \(60, 0, 0\) has exited"):
            launched("left_behind", x.copy())
        launched("left_behind", x.copy(), strict_barriers=False)

    def test_race_in_shared_memory(self):
        x = rng.random(64, dtype=np.float32)
        with pytest.raises(ExecutionError, match="races with another thread") as caught:
            launched("shared_race", x.copy(), races=True)
        assert caught.value.kind == "race"
        expected = x[::-1].copy()
        launched("no_race", x, races=True, bounds=True)
        np.testing.assert_array_equal(x, expected)

    def test_lanes_that_have_exited_take_no_part(self):
        x = np.arange(64, dtype=np.int32)
        launched("missing_lane", x)
        expected = np.arange(64) ^ 1
        expected[[5, 37]] = 5, 37
        others = np.arange(64) % 32 != 4  # lane 4 reads from lane 5, which is undefined
        np.testing.assert_array_equal(x[others], expected[others])


def source_line(name, number):
    return PTX.joinpath("src", name).read_text().splitlines()[number - 1]


class TestArguments:
    """What a launch refuses, and how it says so."""

    def test_unknown_entry(self):
        with pytest.raises(EmulatorError, match=r"no entry 'sum'; the entries are block_sum, "):
            module("reduction").launch("sum", 1, 1, [])

    def test_wrong_number(self):
        with pytest.raises(EmulatorError, match="bitonic takes 1 arguments"):
            module("bitonic").launch("bitonic", 1, 256, [])

    def test_wrong_size(self):
        with pytest.raises(EmulatorError, match=r"argument 2 \(block_sum_param_2, \.u32\) has 4 bytes, got 8"):
            module("reduction").launch("block_sum", 1, 256, [np.zeros(1), np.zeros(1), np.int64(1)])

    def test_too_large(self):
        with pytest.raises(EmulatorError, match="does not fit"):
            module("reduction").launch("block_sum", 1, 256, [np.zeros(1), np.zeros(1), 2**32])

    def test_list(self):
        with pytest.raises(EmulatorError, match="not a list"):
            module("bitonic").launch("bitonic", 1, 256, [[1, 2]])

    @pytest.mark.parametrize("block", [0, 1025, (1, 1, 65), (1, 2, 3, 4), (32, 64)])
    def test_block(self, block):
        with pytest.raises(EmulatorError, match="block"):
            module("bitonic").launch("bitonic", 1, block, [np.zeros(512, np.uint32)])
