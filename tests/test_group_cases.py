"""The group kernels of the catalogue on every backend: any shape, any dtype that suits, and answers known beforehand."""

from __future__ import annotations

import importlib.util
import itertools
import re

import numpy as np
import pytest

from benchmarks.peers import plain
from jitkit import cases
from jitkit.cases import bitonic, block_sum, group_histogram, matmul_tiled, stencil_tiled, transpose
from jitkit.cases.case import Problem
from jitkit.cases.heat import heat

NAMES = [name for name in cases.names() if cases.load(name).kernel.group]
needs_nvvm = pytest.mark.skipif(importlib.util.find_spec("numba_cuda") is None, reason="numba-cuda is not installed")
every_case = pytest.mark.parametrize("name", NAMES)
both_floats = pytest.mark.parametrize("dtype", ["float32", "float64"])


def tree_sums(x):
    """The sums of blocks in the very order of the kernel, so that not a bit may differ."""
    padded = np.zeros(block_sum.blocks(x.size) * block_sum.BLOCK, x.dtype)
    padded[: x.size] = x
    passes = padded.reshape(-1, block_sum.EACH, block_sum.GROUP)
    parts = np.zeros_like(passes[:, 0])
    for k in range(block_sum.EACH):
        parts = parts + passes[:, k]
    while parts.shape[1] > 1:
        parts = parts[:, : parts.shape[1] // 2] + parts[:, parts.shape[1] // 2 :]
    return parts[:, 0]


def multiplied(backend, A, B, dtype):
    C = np.full((A.shape[0], B.shape[1]), 77, dtype)
    launch = matmul_tiled.matmul_tiled.on(backend)[matmul_tiled.space(*C.shape)]
    launch(A.astype(dtype), B.astype(dtype), C)
    return C


def transposed(backend, x):
    out = np.zeros(x.shape[::-1], x.dtype)
    transpose.transpose.on(backend)[transpose.space(*x.shape)](x, out)
    return out


def summed(backend, x):
    sums = np.full(block_sum.blocks(x.size), 77, x.dtype)
    block_sum.block_sum.on(backend)[sums.size * block_sum.GROUP](x, sums)
    return sums


def counted(backend, x, low, bins_per_unit, counts=None):
    counts = np.zeros(group_histogram.BINS, np.int32) if counts is None else counts
    launch = group_histogram.group_histogram.on(backend)[group_histogram.space(x.size)]
    launch(x, counts, low, bins_per_unit)
    return counts


def sorted_in_blocks(backend, x):
    out = np.zeros_like(x)
    bitonic.bitonic.on(backend)[bitonic.blocks(x.size) * bitonic.LANES](x, out)
    return out


def test_the_catalogue_has_six_group_kernels():
    assert NAMES == ["bitonic", "block_sum", "group_histogram", "matmul_tiled", "stencil_tiled", "transpose"]


@every_case
@both_floats
def test_every_backend_agrees_with_the_reference(name, dtype, backend):
    case = cases.load(name)
    problem = case.problem("tiny", dtype=dtype, seed=1)
    expected = case.reference(problem)
    case.launch(problem, backend)
    case.check(problem, expected, by=backend)


SHAPES = [(5, 33, 3), (1, 1, 1), (40, 32, 64), (41, 33, 65), (5, 70, 3), (50, 2, 100), (97, 31, 1)]


@pytest.mark.parametrize(("n", "terms", "m"), SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "int64"])
def test_small_integers_multiply_without_error(n, terms, m, dtype, backend):
    rng = np.random.default_rng(n)
    A, B = rng.integers(-9, 10, (n, terms)), rng.integers(-9, 10, (terms, m))
    got = multiplied(backend, A, B, dtype)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, A @ B)


def test_rotations_multiply_to_their_sum(backend):
    def rotation(degrees):
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        return np.array([[c, -s], [s, c]])

    np.testing.assert_allclose(
        multiplied(backend, rotation(20), rotation(70), "float64"), [[0, -1], [1, 0]], atol=1e-15
    )


@pytest.mark.parametrize("shape", [(1, 1), (64, 64), (65, 63), (1, 70), (70, 1)])
@pytest.mark.parametrize("dtype", ["float64", "int16", "complex64"])
def test_transpose_of_any_shape(shape, dtype, backend):
    x = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    np.testing.assert_array_equal(transposed(backend, x), x.T)


def test_transpose_of_a_strided_matrix(backend):
    x = np.arange(80.0 * 40).reshape(80, 40)[::2, ::-1]
    np.testing.assert_array_equal(transposed(backend, x), x.T)


@pytest.mark.parametrize("size", [1, 255, 2048, 2049, 5000])
@both_floats
def test_block_sums_are_added_in_one_order(size, dtype, backend):
    x = np.random.default_rng(size).standard_normal(size).astype(dtype)
    np.testing.assert_array_equal(summed(backend, x), tree_sums(x))


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint32"])
def test_block_sums_of_integers(dtype, backend):
    x = np.arange(3000, dtype=dtype)
    assert summed(backend, x).tolist() == [2047 * 2048 // 2, 2999 * 3000 // 2 - 2047 * 2048 // 2]


@both_floats
def test_histogram_leaves_out_what_numpy_leaves_out(dtype, backend):
    x = 3 * np.random.default_rng(7).standard_normal(40_000).astype(dtype)
    x[[0, 100, 4_999]] = -4.0, -5.0, 3.96875  # a lower edge, below all bins, the lower edge of the last bin
    expected, _ = np.histogram(x, bins=256, range=(-4.0, 4.0))
    assert 0 < expected.sum() < x.size
    np.testing.assert_array_equal(counted(backend, x, -4.0, 32.0), expected)


@both_floats
def test_histogram_of_what_is_no_number_is_empty(dtype, backend):
    x = np.array([np.nan, np.inf, -np.inf, 4.0, -4.5, -1e30], dtype)
    assert not counted(backend, x, -4.0, 32.0).any()


def test_histogram_of_equal_elements_loses_none(backend):
    x = np.full(200_000 if backend == "cpu" else 5_000, 0.5)
    counts = counted(backend, x, 0.0, 256.0)
    assert counts[128] == counts.sum() == x.size
    assert counted(backend, x, 0.0, 256.0, counts)[128] == 2 * x.size


def test_histogram_of_integers_is_a_bincount(backend):
    x = np.random.default_rng(5).integers(0, 256, 5_000, dtype=np.int32)
    np.testing.assert_array_equal(counted(backend, x, 0.0, 1.0), np.bincount(x, minlength=256))


@pytest.mark.parametrize("shape", [(3, 3), (1, 5), (20, 184), (5, 185), (129, 20)])
@both_floats
def test_stencil_gives_what_the_plain_kernel_gives(shape, dtype, backend):
    u = np.random.default_rng(3).random(shape).astype(dtype)
    tiled, pointwise = np.full_like(u, -1), np.full_like(u, -1)
    plates = [u, u.copy(), u.copy(), u.copy(), pointwise]
    for before, after in itertools.pairwise(plates):
        heat.on("cpu")[1 : max(shape[0] - 1, 1), 1 : max(shape[1] - 1, 1)](before, after, 0.1)
    stencil_tiled.stencil_tiled.on(backend)[stencil_tiled.space(*shape)](u, tiled, 0.1)
    np.testing.assert_allclose(tiled, pointwise, rtol=16 * np.finfo(dtype).eps)


def test_stencil_conserves_a_plane(backend):
    row, column = np.mgrid[:20.0, :190.0]
    u = 2 * row - 3 * column
    out = u.copy()
    out[1:-1, 1:-1] = np.nan
    stencil_tiled.stencil_tiled.on(backend)[stencil_tiled.space(*u.shape)](u, out, 0.25)
    np.testing.assert_array_equal(out, u)


@pytest.mark.parametrize("size", [1, 2, 3, 100, 511, 512, 513, 1200])
@pytest.mark.parametrize("dtype", ["float32", "int64", "uint8"])
def test_blocks_of_any_length_are_sorted(size, dtype, backend):
    x = np.random.default_rng(size).integers(0, 200, size).astype(dtype)
    expected = np.concatenate([np.sort(x[k : k + bitonic.BLOCK]) for k in range(0, size, bitonic.BLOCK)])
    np.testing.assert_array_equal(sorted_in_blocks(backend, x), expected)


@both_floats
def test_infinities_and_nan_are_sorted_as_numpy_does(dtype, backend):
    x = np.random.default_rng(2).standard_normal(300).astype(dtype)
    x[[0, 50, 299]], x[[1, 70]], x[[2, 3, 120, 298]] = np.inf, -np.inf, np.nan
    got = sorted_in_blocks(backend, x)
    np.testing.assert_array_equal(got, np.sort(x))
    assert got[:2].tolist() == [-np.inf, -np.inf]
    assert np.isnan(got[-4:]).all()
    assert got[-7:-4].tolist() == [np.inf] * 3


@both_floats
@pytest.mark.parametrize("size", [512, 700])
@pytest.mark.parametrize("nans", [1, 40, 511, 512])
def test_nan_in_whole_and_short_blocks(nans, size, dtype, backend):
    x = np.random.default_rng(nans).standard_normal(size).astype(dtype)
    x[np.random.default_rng(size).permutation(512)[:nans]] = np.nan
    x[512:513] = np.nan  # first of what there is of the last block
    expected = np.concatenate([np.sort(x[:512]), np.sort(x[512:])])
    np.testing.assert_array_equal(sorted_in_blocks(backend, x), expected)


@pytest.mark.parametrize("dtype", ["int32", "uint64"])
def test_the_largest_integers_are_sorted(dtype, backend):
    ends = np.iinfo(dtype)
    x = np.random.default_rng(5).choice(np.array([ends.min, 0, 1, ends.max - 1, ends.max], dtype), 530)
    expected = np.concatenate([np.sort(x[:512]), np.sort(x[512:])])
    np.testing.assert_array_equal(sorted_in_blocks(backend, x), expected)


@pytest.mark.parametrize("ones", [0, 1, 255, 256, 300, 511, 512])
def test_zeros_and_ones_are_sorted(ones, backend):
    x = np.random.default_rng(ones).permutation(np.repeat([0.0, 1.0], [512 - ones, ones]))
    assert sorted_in_blocks(backend, x).tolist() == [0.0] * (512 - ones) + [1.0] * ones


@pytest.mark.parametrize("step", [-1, 1, 3, 256])
def test_orderly_blocks_are_sorted(step, backend):
    x = np.arange(512.0) * step % 512
    np.testing.assert_array_equal(sorted_in_blocks(backend, x), np.sort(x))


@pytest.mark.parametrize("name", plain.PEERS)
def test_plain_peers_agree_with_the_reference(name, backend):
    case = cases.load(name)
    problem = case.problem(12)
    expected = case.reference(problem)
    plain.bind(case, problem, backend)()
    case.check(problem, expected, by="plain kernel")


@every_case
def test_the_sanitizer_finds_nothing(name):
    case = cases.load(name)
    problem = case.problem("tiny")
    if name == "matmul_tiled":  # a group that goes through two tiles of its terms, and three terms more
        A, B, C = (np.ones(shape, np.float32) for shape in [(28, 67), (67, 42), (28, 42)])
        problem = Problem(matmul_tiled.space(*C.shape), (A, B, C), problem.written)
    report = case.kernel.check[problem.space](*problem.args)
    assert report.ok, str(report)


# Barriers as written, those run through where the compiler unrolls their loop, and bytes of shared memory in float32;
# the counts of a histogram are int32 whatever is counted. bitonic has two barriers and three reductions of two each; what a
# warp hands the others takes 32 places twice in each reduction, of which one counts in int32.
DECLARED = {
    "bitonic": ({2 + 3 * 2}, 4 * (2 * 512 + 2 * 2 * 32)),
    "block_sum": ({2, 1 + 8}, 4 * 256),
    "group_histogram": ({2}, 4 * 256),
    "matmul_tiled": ({2}, 4 * (40 * 32 + 32 * 64)),
    "stencil_tiled": ({1}, 4 * 4 * 4 * 224),
    "transpose": ({1}, 4 * 64 * 65),
}


@needs_nvvm
@every_case
@both_floats
def test_ptx_has_the_barriers_and_the_shared_memory_as_written(name, dtype):
    case = cases.load(name)
    problem = case.problem("tiny", dtype=dtype)
    ptx = case.kernel.inspect(*problem.args, space=problem.space, backend="cuda", cc=(9, 0)).ptx
    barriers, shared = DECLARED[name]
    wider = 2 if dtype == "float64" and name != "group_histogram" else 1
    assert len(re.findall(r"\bbar(?:rier)?\.sync", ptx)) in barriers
    counted = 4 * 2 * 32 if name == "bitonic" else 0
    assert sum(map(int, re.findall(r"\.shared .*\.b8 \S+\[(\d+)\]", ptx))) == wider * shared + counted
    assert not re.search(r"\.local|__local_depot", ptx)
