"""Random numbers in kernels: the known answers of Random123, one meaning on every backend, and what is no key."""

from __future__ import annotations

import importlib.util
import math
import platform

import numpy as np
import pytest

import jitkit as jk
from jitkit.cases.philox import blocks
from jitkit.random import uniform as drawn  # a name of the user's own

# Salmon et al., Random123, kat_vectors: philox4x32 10, counter, key, answer; words of 32 bits.
KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]
SEEDS = [0, 1, -1, 2**63 - 1, -(2**63)]
N = 300


@jk.kernel
def write_blocks(i, words, keys, counters, steps):
    words[i, 0], words[i, 1], words[i, 2], words[i, 3] = jk.random.block(keys[i], counters[i], steps[i])


@jk.kernel
def write_all(i, words, x, x32, z, z32, key, step):
    words[i] = jk.random.bits(key, i, step)
    x[i] = drawn(key, i, step)
    x32[i] = jk.random.uniform32(key, i, step)
    z[i] = jk.random.normal(key, i, step)
    z32[i] = jk.random.normal32(key, i, step)


@jk.kernel(group=4)
def write_in_groups(i, words, key):
    if i < words.shape[0]:
        words[i] = jk.random.bits(key, i)


@jk.kernel
def write_backwards(i, words, key):
    at = words.shape[0] - 1 - i
    words[at] = jk.random.bits(key, at)


@jk.kernel
def with_float_counter(i, x, key):
    x[i] = jk.random.uniform(key, 0.5 * x[i])


@jk.kernel
def without_counter(i, x, key):
    x[i] = jk.random.uniform(key)


def words_of(text):
    return [int(word, 16) for word in text.split()]


def two_words(words):
    return np.uint64(words[0] | words[1] << 32)


def outputs(n=N):
    return [np.zeros(n, dtype) for dtype in (np.uint64, np.float64, np.float32, np.float64, np.float32)]


def test_known_answers_in_kernels(backend):
    counters, keys, answers = zip(*(map(words_of, row) for row in KNOWN_ANSWERS), strict=True)
    words = np.zeros((3, 4), np.uint32)
    arguments = [
        np.array(list(map(two_words, part))) for part in (keys, [c[:2] for c in counters], [c[2:] for c in counters])
    ]
    write_blocks.on(backend)[3](words, *arguments)
    np.testing.assert_array_equal(words, answers)


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_known_answers_outside_of_kernels(counter, key, answer):
    counter = words_of(counter)
    found = jk.random.block(two_words(words_of(key)), two_words(counter[:2]), two_words(counter[2:]))
    assert found == tuple(words_of(answer))
    assert all(type(word) is np.uint32 for word in found)


@pytest.mark.parametrize("seed", SEEDS)
def test_functions_give_the_same_in_kernels_and_outside(backend, seed):
    words, x, x32, z, z32 = outputs()
    write_all.on(backend)[N](words, x, x32, z, z32, seed, 3)
    reference = blocks(seed, np.arange(N), 3).astype(np.uint64)
    a, b, c, d = reference
    np.testing.assert_array_equal(words, a | b << np.uint64(32))
    np.testing.assert_array_equal(
        x, [float((int(h) >> 5) * 2**26 + (int(w) >> 6)) / 2**53 for w, h in zip(a, b, strict=True)]
    )
    np.testing.assert_array_equal(x32, (a >> np.uint64(8)) / 2.0**24)
    other = np.array([((int(h) >> 5) * 2**26 + (int(w) >> 6)) / 2**53 for w, h in zip(c, d, strict=True)])
    np.testing.assert_allclose(
        z, np.sqrt(-2 * np.log(x + 2.0**-53)) * np.cos(2 * math.pi * other), rtol=1e-14, atol=1e-15
    )
    radius = np.sqrt(-2 * np.log(((a >> np.uint64(1)) + 0.5) / 2.0**31))
    angle = b.astype(np.uint32).view(np.int32) * (math.pi / 2**31)
    np.testing.assert_allclose(z32, radius * np.cos(angle), rtol=2e-6, atol=2e-6)
    point = (seed, 5, 3)
    assert words[5] == jk.random.bits(*point)
    assert x[5] == jk.random.uniform(*point)
    assert x32[5] == jk.random.uniform32(*point)
    np.testing.assert_array_max_ulp(z[5], jk.random.normal(*point), 16)
    np.testing.assert_array_max_ulp(z32[5], np.float32(jk.random.normal32(*point)), 16)


def test_types_of_the_functions():
    found = [getattr(jk.random, name)(1, 2) for name in "bits uniform uniform32 normal normal32".split()]
    assert [value.dtype.name for value in found] == ["uint64", "float64", "float32", "float64", "float32"]


def test_group_size_and_order_of_points_change_nothing(backend):
    reference = blocks(9, np.arange(10), 0)
    expected = reference[0].astype(np.uint64) | reference[1].astype(np.uint64) << np.uint64(32)
    for kernel, space in ((write_in_groups, 10), (write_backwards, 10)):
        words = np.zeros(10, np.uint64)
        kernel.on(backend)[space](words, 9)
        np.testing.assert_array_equal(words, expected)


def test_without_a_counter_it_is_zero(backend):
    x = np.zeros(2)
    without_counter.on(backend)[2](x, 4)
    assert (x == jk.random.uniform(4, 0, 0)).all()


def test_extreme_words_stay_in_range():
    from jitkit.random import numbers

    words = np.uint32(0), np.uint32(2**32 - 1)
    for low in words:
        for high in words:
            assert 0 <= numbers.unit(low, high) < 1
            assert 0 < numbers.positive_unit(low, high) <= 1
            assert np.isfinite(numbers.normal_pair(numbers.positive_unit(low, high), numbers.unit(high, low))).all()
            assert np.isfinite(numbers.normal_pair32(low, high)).all()
        assert 0 <= numbers.unit32(low) < 1
        assert 0 < numbers.positive_unit32(low) <= 1
    assert numbers.unit(words[1], words[1]) == 1 - 2.0**-53
    assert numbers.unit32(words[1]) == np.float32(1 - 2.0**-24)


def test_a_float_is_no_counter(backend):
    with pytest.raises(TypeError, match="float"):
        with_float_counter.on(backend)[2](np.ones(2), 1)


def test_a_float_is_no_key_outside():
    with pytest.raises(TypeError):
        jk.random.bits(1.5)


def test_kernels_with_random_numbers_check_clean():
    report = write_all.check[20](*outputs(20), 7, 0)
    assert report.ok, str(report)


@pytest.mark.parametrize("name", ["uniform", "uniform32", "normal", "normal32"])
def test_a_kernel_that_draws_is_vector_code(name):
    function, dtype = getattr(jk.random, name), np.float32 if name.endswith("32") else np.float64

    @jk.kernel
    def fill(i, x, key):
        x[i] = function(key, i)

    found = fill.inspect(np.zeros(8, dtype), 7, space=8, backend="cpu")
    assert found.vectorized
    if platform.machine() == "x86_64":
        assert "pmuludq" in found.asm  # 32 x 32 bits, one instruction for several points


@pytest.mark.skipif(importlib.util.find_spec("numba_cuda") is None, reason="numba-cuda is not installed")
def test_float32_kernels_stay_float32_on_the_gpu():
    @jk.kernel
    def fill32(i, x, key):
        x[i] = jk.random.normal32(key, i) + jk.random.uniform32(key, i, 1)

    ptx = fill32.inspect(np.zeros(8, np.float32), 7, space=8, backend="cuda").ptx
    assert "mul.wide.u32" in ptx or "mul.hi.u32" in ptx or "mul.lo.s64" in ptx
    # What is left of float64 is CUDA's own cosine, whose slow path for large arguments this call cannot reach.
    assert "div.rn.f64" not in ptx
    assert "fma.rn.f64" not in ptx
