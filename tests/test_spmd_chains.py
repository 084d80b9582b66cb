"""Code without loops whose operations wait for one another goes by vectors of several registers."""

from __future__ import annotations

import numpy as np
import pytest

import jitkit as jk
from jitkit.backends.spmd import plan, pressure, reader
from jitkit.backends.spmd.shapes import Shapes

SIZES = [1, 15, 16, 33, 100, 1000]


def chains(count, length, stores=1, apart=1 << 20):
    """Return code with so many chains of products and shifts, and results so many bytes apart, its shapes with lanes along %i."""
    steps = "".join(
        f"  %p{c}.{k} = mul i64 %v{c}.{k}, 3528531795\n"
        f"  %h{c}.{k} = lshr i64 %p{c}.{k}, 32\n"
        f"  %v{c}.{k + 1} = xor i64 %h{c}.{k}, %p{c}.{k}\n"
        for k in range(length) for c in range(count)
    )  # fmt: skip
    starts = "".join(f"  %v{c}.0 = add i64 %i, {c}\n" for c in range(count))
    ends = "".join(
        f"  %r{c} = add i64 %i, {c * apart // 8}\n"
        f"  %a{c} = getelementptr i64, ptr %x, i64 %r{c}\n"
        f"  store i64 %v{c % count}.{length}, ptr %a{c}, align 8\n"
        for c in range(stores)
    )
    function = reader.read(f"define void @f(i64 %i, ptr %x) {{\nentry:\n{starts}{steps}{ends}  ret void\n}}\n", "f")
    return function, Shapes(function, {"%i": 1})


@pytest.mark.parametrize(
    ("count", "length", "strung"),
    [(2, 20, True), (1, 40, True), (2, 5, False), (1, 10, False), (12, 20, False)],
    ids=["two chains", "one", "short", "one and short", "many side by side"],
)
def test_long_chains_are_strung_out(count, length, strung):
    assert pressure.strings_out(*chains(count, length)) is strung
    assert plan.worthwhile(*chains(count, length), fastmath=False) is strung


@pytest.mark.parametrize(("apart", "worth"), [(1 << 20, True), (4096, True), (2048, False), (8, False)])
def test_results_of_a_point_in_one_page_are_left_to_llvm(apart, worth):
    assert plan.worthwhile(*chains(2, 20, stores=2, apart=apart), fastmath=False) is worth


@jk.kernel
def mixed(i, x, low, high):
    """Mix a word in sixteen rounds that wait for one another; store its lower half, and all of it."""
    a = np.uint64(x[i])
    for _ in range(16):
        a = (a >> 32) ^ (a & 0xFFFFFFFF) * 0xD2511F53
        a = a + 0x9E3779B97F4A7C15
    low[i] = np.uint32(a & 0xFFFFFFFF)
    high[i] = a


@pytest.mark.parametrize("size", SIZES)
def test_halves_of_words(size, backend):
    if backend != "cpu" and size > 33:
        pytest.skip("vectors are the CPU's")
    x = np.random.default_rng(size).integers(0, 2**64, size, dtype=np.uint64)
    low, high = np.zeros(size, np.uint32), np.zeros(size, np.uint64)
    with np.errstate(over="ignore"):
        mixed.on(backend)[size](x, low, high)

    def word(a):
        for _ in range(16):
            a = (a >> 32) ^ (a & 0xFFFFFFFF) * 0xD2511F53
            a = (a + 0x9E3779B97F4A7C15) % 2**64
        return a

    expected = [word(a) for a in x.tolist()]
    assert high.tolist() == expected
    assert low.tolist() == [a & 0xFFFFFFFF for a in expected]
