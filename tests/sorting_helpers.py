"""What the tests of the sorts share: the stable order by NumPy, and inputs that sorting finds hard."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import strategies
from primitives_helpers import sizes

from jitkit.primitives import _merge, _radix, _row_network, _short, _sorting, _spans

DTYPES = ("bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64").split()
SPECIAL = (np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0)


def order_of(keys, axis=-1, descending=False):
    """The indices that sort, by the definition: numbers in order, then NaN; equal ones stay."""
    keys = np.asarray(keys)
    missing = keys != keys
    _, rank = np.unique(np.where(missing, keys.dtype.type(0), keys), return_inverse=True)
    rank = rank.reshape(keys.shape).astype(np.int64)
    rank = np.where(missing, rank.size + 1, -rank if descending else rank)
    return np.argsort(rank, axis=axis, kind="stable")


def hard_inputs(dtype, n, seed=0):
    """Yield arrays of n elements: of the whole range, few values, equal, sorted, reversed, of far outliers."""
    rng = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    any_bits = rng.integers(0, 256, n * dtype.itemsize, np.uint8)
    whole = any_bits < 100 if dtype.kind == "b" else any_bits.view(dtype)
    yield whole
    yield rng.integers(0, 3, n).astype(dtype)
    yield np.full(n, 1, dtype)
    ascending = np.sort(whole)
    yield ascending
    yield ascending[::-1].copy()
    if dtype.kind == "f":
        x = rng.standard_normal(n).astype(dtype)
        x[rng.integers(0, n, 1 + n // 4)] = rng.choice(SPECIAL, 1 + n // 4)
        yield x
    if dtype.kind != "b":
        x = rng.integers(0, 100, n).astype(dtype)
        x[n // 2] = ascending[0] if ascending[0] == ascending[0] else 0
        x[n // 3] = 120
        yield x


def same_bits(a, b):
    """Compare exactly: the two zeros differ, and so do the bits of NaN."""
    assert (a.dtype, a.shape) == (b.dtype, b.shape)
    np.testing.assert_array_equal(np.ascontiguousarray(a).view(np.uint8), np.ascontiguousarray(b).view(np.uint8))


def around_boundaries(largest):
    """A strategy of sizes: those that insertion sorts, blocks, buckets, and powers of two, one less and one more."""
    near = [n + d for n in (_spans.FEW, 8, 64, 512, 4096, 8192) if n < largest for d in (-1, 0, 1)]
    return strategies.one_of(strategies.sampled_from(near), sizes(largest))


@pytest.fixture
def many_buckets(monkeypatch):
    """Let arrays of a hundred elements be sorted in the way of long ones, by fresh plans."""
    limits = _radix.Limits(digits=4, short=40, bucket=16, buckets=64, piece=16, many=4, sorting=2)
    monkeypatch.setattr(_radix, "CPU", limits)
    monkeypatch.setattr(_radix, "GPU", limits)
    monkeypatch.setattr(_row_network, "FEW", 0)
    monkeypatch.setattr(_merge, "CPU", _merge.Limits(16, 16))
    monkeypatch.setattr(_merge, "GPU", _merge.Limits(16, 16))
    for module, plans in ((_short, "radix_plans"), (_short, "_known"), (_sorting, "_merge")):
        monkeypatch.setattr(module, plans, {})
