"""What is generated for group kernels on CUDA: barriers, shared memory, registers; and how launches are cut. No GPU is needed."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import typeof, types

import jitkit as jk
from jitkit.backends import cuda_grid, sass
from jitkit.backends.layout import layout_of
from jitkit.launch.space import Space

pytest.importorskip("numba_cuda")
from jitkit.backends import cuda

TILE = 16


@jk.kernel(group=256)
def block_sum(i, x, out):
    partial = jk.shared(256, x.dtype)
    me = jk.local_index()
    partial[me] = x[i] if i < x.shape[0] else 0.0
    jk.barrier()
    if me < 32:
        total = partial[me]
        for k in range(me + 32, 256, 32):
            total += partial[k]
        partial[me] = total
    jk.barrier()
    if me == 0:
        total = partial[0]
        for k in range(1, 32):
            total += partial[k]
        out[jk.group_index()] = total


@jk.kernel(group=(TILE, TILE))
def product(i, j, a, b, c):
    rows, columns, depth = c.shape[0], c.shape[1], a.shape[1]
    left, right = jk.shared((TILE, TILE), a.dtype), jk.shared((TILE, TILE + 1), a.dtype)
    row, column = jk.local_index()
    total = 0.0
    for first in range(0, depth, TILE):
        left[row, column] = a[i, first + column] if i < rows and first + column < depth else 0.0
        right[row, column] = b[first + row, j] if j < columns and first + row < depth else 0.0
        jk.barrier()
        for k in range(TILE):
            total += left[row, k] * right[k, column]
        jk.barrier()
    if i < rows and j < columns:
        c[i, j] = total


@jk.kernel(group=(4, 4, 8))
def box(i, j, k, x, out):
    block = jk.shared((4, 4, 8), np.float32)
    a, b, c = jk.local_index()
    block[a, b, c] = x[i, j, k]
    jk.barrier()
    out[i, j, k] = block[3 - a, 3 - b, 7 - c]


def halo(values, row, column):
    jk.barrier()
    return values[TILE - 1 - row, TILE - 1 - column]


@jk.kernel(group=(TILE, TILE))
def through_helpers(i, j, x, out):
    values = jk.shared((TILE, TILE), x.dtype)
    row, column = jk.local_index()
    values[row, column] = x[i, j]
    first = halo(values, row, column)
    second = halo(values, column, row)
    out[i, j] = first - second


@jk.kernel(group=128)
def histogram(i, x, counts, weights, bins):
    own = jk.shared(bins, np.int32)
    sums = jk.shared((bins, 3), x.dtype)
    me = jk.local_index()
    for bin in range(me, bins, 128):
        own[bin] = 0
        sums[bin, 1] = 0.0
    jk.barrier()
    if i < x.shape[0]:
        jk.atomic.add(own, int(x[i]), 1)
        jk.atomic.add(sums, (int(x[i]), 1), x[i])
    jk.barrier()
    for bin in range(me, bins, 128):
        jk.atomic.add(counts, bin, own[bin])
        jk.atomic.add(weights, bin, sums[bin, 1])


@jk.kernel(group=64)
def collectives(i, x, out):
    out[i, 0] = jk.group_reduce(max, x[i])
    out[i, 1] = jk.group_scan("add", x[i])


@jk.kernel
def sorted_three(i, x, out):
    three = jk.local(3, x.dtype)
    for k in range(3):
        three[k] = x[i, k]
    if three[0] > three[1]:
        three[0], three[1] = three[1], three[0]
    if three[1] > three[2]:
        three[1], three[2] = three[2], three[1]
    if three[0] > three[1]:
        three[0], three[1] = three[1], three[0]
    for k in range(3):
        out[i, k] = three[k]


@jk.kernel
def looked_up(i, x, out):
    table = jk.local(4, np.float32)
    for k in range(4):
        table[k] = x[k]
    out[i] = table[int(x[i])]


def array(*shape: int, dtype: type = np.float32) -> np.ndarray:
    return np.zeros(shape, dtype)


IMAGE = array(64, 64)
CASES = {
    # kernel: its arguments, barriers as written, bytes of shared memory
    "block_sum": (block_sum, (array(500), array(2)), 2, 256 * 4),
    "block_sum in float64": (block_sum, (array(500, dtype=np.float64), array(2, dtype=np.float64)), 2, 256 * 8),
    "product": (product, (IMAGE, IMAGE, IMAGE), 2, 16 * 16 * 4 + 16 * 17 * 4),
    "box": (box, (array(8, 8, 8), array(8, 8, 8)), 1, 4 * 4 * 8 * 4),
    "through_helpers": (through_helpers, (IMAGE, IMAGE), 2, 16 * 16 * 4),
    "histogram": (histogram, (array(500), array(10, dtype=np.int32), array(10), 10), 2, 48 + 128),
    "collectives": (collectives, (array(64), array(64, 2)), 4, (64 + 32 + 64 + 8) * 4),
}


def barriers_of(ptx: str) -> int:
    """How many barriers stand in PTX; a loop that NVVM unrolls has each several times."""
    return len(re.findall(r"^\s*bar\.sync\s+0;", ptx, re.MULTILINE))


def uses_local_memory(ptx: str) -> bool:
    """Whether a thread has memory of its own beyond its registers."""
    return bool(re.search(r"\.local|__local_depot", ptx))


@jk.kernel(group=(2, 4))
def of_every_type(i, j, x, out):
    out[i, j] = jk.group_reduce(max, i) + jk.group_reduce("add", 0.5) + jk.broadcast(x[i, j])
    if jk.group_reduce("logical_or", x[i, j] != 0):
        out[i, j] += jk.group_scan("add", np.int8(j))


@pytest.mark.parametrize("dtype", [np.float16, np.int8, np.uint64, np.bool_, np.complex128])
def test_collectives_take_numbers_of_every_type(dtype):
    found = of_every_type.inspect(array(2, 4, dtype=dtype), array(2, 4, dtype=np.complex128), backend="cuda")
    assert not uses_local_memory(found.ptx)


@pytest.mark.parametrize("name", CASES)
def test_large_arrays_are_indexed_with_64_bits(name):
    kernel, args, barriers, _ = CASES[name]
    layouts, ndim = tuple(map(layout_of, args)), len(kernel.group)
    function = cuda.build(kernel.program, False, layouts, cuda.Variant(ndim, narrow=False, unit_steps=False))
    leaves = [types.int64 if isinstance(arg, int) else typeof(arg) for arg in args]
    ptx = cuda.ptx(function, (*[types.int64] * (3 * ndim), *leaves), False, (9, 0), 256)
    assert barriers_of(ptx) == barriers
    assert not uses_local_memory(ptx)


@pytest.mark.parametrize("name", CASES)
def test_generated_code(name):
    kernel, args, barriers, shared = CASES[name]
    for cc in ((8, 0), (9, 0)):
        found = kernel.inspect(*args, backend="cuda", cc=cc)
        assert barriers_of(found.ptx) == barriers
        assert not uses_local_memory(found.ptx)
        assert (".f64" in found.ptx) == (args[0].dtype == np.float64)
        if found.registers is not None:
            assert (found.spills, found.shared) == (0, shared)
            assert 0 < found.occupancy <= 1


def test_threads_of_a_block_are_declared():
    # Without this a kernel with many registers cannot start in blocks of 1024.
    assert ".maxntid 256" in block_sum.inspect(array(5), array(5), backend="cuda").ptx
    assert ".maxntid 128" in box.inspect(array(8, 8, 8), array(8, 8, 8), backend="cuda").ptx


def test_every_work_item_runs():
    # The body guards: a test around it would keep some of a group from its barriers.
    @jk.kernel(group=32)
    def shift(i, x):
        tile = jk.shared(32, np.float32)
        tile[jk.local_index()] = x[i]
        jk.barrier()
        x[i] = tile[31 - jk.local_index()]

    assert "setp" not in shift.inspect(array(5), backend="cuda").ptx


def test_last_dimension_runs_along_x():
    @jk.kernel(group=(2, 32))
    def place(i, j, out):
        out[0] = jk.local_index()[1]
        out[1] = jk.group_index()[0]

    ptx = place.inspect(array(2, dtype=np.int32), backend="cuda").ptx
    assert "%tid.x" in ptx
    assert "%ctaid.y" in ptx
    assert "%tid.y" not in ptx
    assert "%ctaid.x" not in ptx


def test_atomics_on_shared_memory_are_instructions():
    ptx = histogram.inspect(array(50), array(9, dtype=np.int32), array(9), 9, backend="cuda").ptx
    for instruction in ("atom.shared.add.u32", "atom.shared.add.f32", "atom.global.add.u32", "atom.global.add.f32"):
        assert instruction in ptx


INSTRUCTIONS = {
    "add": {"i": "add.u", "u": "add.u", "f": "add.f"}, "sub": {"i": "add.u", "u": "add.u", "f": "add.f"},
    "min": {"i": "min.s", "u": "min.u", "f": "cas.b"}, "max": {"i": "max.s", "u": "max.u", "f": "cas.b"},
    "exch": dict.fromkeys("iuf", "exch.b"), "cas": dict.fromkeys("iuf", "cas.b"),
    "and_": dict.fromkeys("iu", "and.b"), "or_": dict.fromkeys("iu", "or.b"), "xor": dict.fromkeys("iu", "xor.b"),
}  # fmt: skip


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_atomic_instructions(name):
    function = getattr(jk.atomic, name)

    @jk.kernel
    def update(i, x, old, value):
        old[i] = function(x, 2 * i, value[i])

    @jk.kernel
    def swap(i, x, old, value):
        old[i] = function(x, 2 * i, old[i], value[i])

    for dtype in (np.int32, np.int64, np.uint32, np.uint64, np.float32, np.float64):
        kind = np.dtype(dtype).kind
        if kind in INSTRUCTIONS[name]:
            x = array(9, dtype=dtype)
            ptx = (swap if name == "cas" else update).inspect(x, x, x, backend="cuda", cc=(8, 0)).ptx
            wanted = f"atom.global.{INSTRUCTIONS[name][kind]}{8 * np.dtype(dtype).itemsize}"
            assert re.findall(r"\batom\.[\w.]+", ptx) == [wanted]


def test_private_memory_with_constant_indices_is_registers():
    ptx = sorted_three.inspect(array(9, 3), array(9, 3), backend="cuda").ptx
    assert not uses_local_memory(ptx)


def test_private_memory_with_computed_indices_is_local_memory():
    assert uses_local_memory(looked_up.inspect(array(9), array(9), backend="cuda").ptx)


def test_dynamic_arrays_lie_one_behind_the_other():
    found = histogram.inspect(array(50), array(9, dtype=np.int32), array(9), 9, backend="cuda")
    assert ".extern .shared .align 16 .b8 jk_dynamic[]" in found.ptx
    if found.shared is not None:
        assert found.shared == 48 + 112  # 36 and 108 bytes, each rounded up to 16


def test_too_much_shared_memory_of_constant_size_is_refused():
    @jk.kernel(group=32)
    def large(i, x):
        tile = jk.shared((128, 128), np.float32)
        tile[0, i] = x[i]
        jk.barrier()
        x[i] = tile[0, 31 - i]

    with pytest.raises(jk.KernelTypeError, match=r"65536 bytes .* at most 49152.*pass an extent as an argument"):
        large.inspect(array(32), backend="cuda")


# ---- occupancy


@pytest.mark.parametrize(
    ("registers", "shared", "block", "occupancy"),
    [(32, 0, 256, 1), (64, 0, 256, 0.5), (32, 0, 32, 0.5), (32, 99 * 1024, 256, 0.25), (16, 0, 48, 1), (16, 0, 40, 1)],
)
def test_occupancy_of_groups(registers, shared, block, occupancy):
    # sm_90: 64 warps, 32 blocks, 64 Ki registers and 228 KiB of shared memory
    assert sass.occupancy(registers, shared, (9, 0), block) == occupancy


# ---- cutting a launch into grids

groups = st.sampled_from([(1,), (256,), (16, 16), (1, 256), (32, 1), (4, 4, 8), (1, 1, 64)])


@given(groups, st.data())
def test_grids_hold_whole_groups_and_the_whole_space(group, data):
    counts = tuple(data.draw(st.integers(1, 65535 * size * 3)) for size in group)
    starts = tuple(data.draw(st.integers(0, 1000)) for _ in group)
    steps = tuple(data.draw(st.integers(1, 7)) for _ in group)
    space, covered = Space(starts, steps, counts), 0
    for part, first in cuda_grid.group_parts(space, group):
        blocks, block = cuda_grid.group_grid(part, group)
        assert block[: len(group)] == group[::-1]
        assert all(n <= most for n, most in zip(blocks, cuda_grid.MAX_BLOCKS, strict=True))
        per_axis = zip(part.counts, blocks[: len(group)][::-1], group, strict=True)
        assert all(n <= b * size < n + size for n, b, size in per_axis)
        places = zip(part.starts, starts, steps, first, group, strict=True)
        assert all(begin == start + step * number * size for begin, start, step, number, size in places)
        covered += part.points
    assert covered == space.points


def test_a_cut_launch_counts_groups_from_its_own_first():
    x = array(4, dtype=np.int32)
    for cut in (False, True):
        variant = cuda.Variant(2, narrow=True, unit_steps=True, cut=cut)
        function = cuda.build(numbered.program, False, (layout_of(x),), variant)
        signature = (*[types.int32] * 6, types.Array(types.int32, 1, "C"))
        ptx = cuda.ptx(function, signature, False, (9, 0), 64)
        assert ("_param_4" in ptx.split(")", 1)[1]) == cut  # the first of the places where the counts would be


@jk.kernel(group=(2, 32))
def numbered(i, j, out):
    out[0] = jk.group_index()[0]
