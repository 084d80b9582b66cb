"""Powers of two in kernels by vectors: exp's, whose exponents are floats, and those of integers."""

from __future__ import annotations

import math

import numpy as np
import pytest

import jitkit as jk
from jitkit.backends.lowering import target


@jk.kernel
def exponentials(i, x, n, out, times):
    """Add in a loop that LLVM does not widen; `times` is 1."""
    total = 0.0
    scaled = 0.0
    for _ in range(times):
        total += math.exp(x[i])
        scaled += math.ldexp(x[i], n[i])
    out[0, i] = total
    out[1, i] = scaled


def arguments(dtype, size):
    rng, limits = np.random.default_rng(size), np.finfo(dtype)
    ends = np.log(limits.smallest_subnormal.astype(np.longdouble)), np.log(limits.max.astype(np.longdouble))
    special = [0, -0.0, np.inf, -np.inf, np.nan, limits.max, -limits.max, limits.tiny]
    x = np.concatenate([special, rng.uniform(ends[0] - 2, ends[1] + 2, size)]).astype(dtype)
    return x, rng.integers(-2200, 2200, x.size).astype(np.int32)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 24, 25, 3000])
def test_results_that_overflow_or_are_subnormal(backend, dtype, size):
    x, n = arguments(dtype, size if backend == "cpu" else min(size, 25))
    out = np.zeros((2, x.size), dtype)
    with np.errstate(all="ignore"):
        exponentials.on(backend)[x.size](x, n, out, 1)
        exact = np.exp(x.astype(np.longdouble)).astype(dtype)
        powers = np.ldexp(x, n)
    np.testing.assert_allclose(
        out[0], exact, rtol=4 * np.finfo(dtype).eps, atol=float(np.finfo(dtype).smallest_subnormal)
    )
    np.testing.assert_array_equal(out[1], powers)


@pytest.mark.skipif("avx512f" not in target.features(), reason="needs AVX-512")
def test_exponents_do_not_become_integers():
    @jk.kernel
    def alone(i, x, out, times):
        total = 0.0
        for k in range(times):
            total += math.exp(x[i] * x[k])
        out[i] = total

    x = np.zeros(100, np.float32)
    code = alone.inspect(x, x.copy(), 3, space=100, backend="cpu").asm
    assert "vscalefps" in code
    assert "vcvtdq2ps\t%zmm" not in code
