"""`jk.sparse`: products of sparse matrices against SciPy's, and PageRank against networkx' definition, on every backend."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from scipy import sparse

import jitkit as jk
from jitkit.sparse import Csr, _by_columns, _formats, ell, matmul, matvec, pagerank

RNG = np.random.default_rng(6)


def random_matrix(n, m, density=0.2, dtype="float32"):
    dense = RNG.random((n, m)) - 0.5
    return sparse.csr_array((dense * (RNG.random((n, m)) < density)).astype(dtype))


def parts_of(a):
    return a.data, a.indices, a.indptr, a.shape


def close(got, want):
    assert (got.dtype, got.shape) == (want.dtype, want.shape)
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


def test_products_with_vectors(backend):
    a, x = random_matrix(70, 50), RNG.random(50, dtype="float32")
    close(matvec(a, x, backend=backend), a @ x)
    close(matvec(ell(a, backend=backend), x, backend=backend), a @ x)
    x[0] = np.inf  # which rows that are filled up with column 0 must not see
    close(matvec(ell(a, backend=backend), x, backend=backend), a @ x)
    close(matmul(a, np.stack([x] * 20).T, backend=backend), a @ np.stack([x] * 20).T)


def test_forms_of_a_matrix():
    a, x = random_matrix(40, 40, dtype="float64"), RNG.random(40)
    for form in (parts_of(a), Csr(*parts_of(a)), sparse.csr_matrix(a), a.tocoo(), a.tocsc(), sparse.dia_array(a)):
        close(matvec(form, x), a @ x)
    close(matmul(ell(a), np.eye(40)), a.toarray())
    close(matmul(a.astype(int), x), a.astype(int) @ x)
    close(matvec(a.astype("float32"), x), a.astype("float32").astype("float64") @ x)


SHORT, LONG, NONE = np.arange(32) % 9, np.arange(32) + 20, np.zeros(32, int)
"""The lengths of a piece's rows: pieces of short and of long rows are multiplied by different loops."""


@pytest.mark.parametrize(
    "lengths",
    {
        "every": (RNG.permutation(np.arange(90)) % 37,),
        "short, long and short": (SHORT, LONG, SHORT[::-1]),
        "empty at the ends": (NONE, SHORT, NONE, LONG, NONE),
        "none": (NONE, NONE),
        "one long among empty ones": (NONE, [5000], NONE),
        "a single row": ([3],),
    }.values(),
)
def test_rows_of_every_length(lengths, backend):
    indptr = np.concatenate([[0], np.cumsum(np.concatenate(lengths))])
    data = RNG.random(indptr[-1])
    a = sparse.csr_array((data, RNG.integers(0, 60, data.size), indptr), shape=(indptr.size - 1, 60))
    close(matvec(a, np.arange(60.0), backend=backend, out=np.full(indptr.size - 1, np.nan)), a @ np.arange(60.0))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_transposed_products(dtype, backend, monkeypatch):
    monkeypatch.setattr(_by_columns, "WORTHWHILE", 100)
    a = random_matrix(90, 40, dtype=dtype)
    y, out = RNG.random(90).astype(dtype), np.empty(80, dtype)
    want = a.T @ y
    close(matvec(a.T, y, backend=backend), want)
    close(matvec(sparse.csc_matrix(a.T), y, backend=backend), want)
    matvec(a.T, y, out=out[::2], backend=backend)
    close(out[::2], want)
    x = y[:40].copy()
    square = a[:40].T
    want = square @ x
    assert matvec(square, x, out=x, backend=backend) is x
    close(x, want)


@pytest.mark.parametrize(
    ("n", "m", "count"), [(5, 40_000, 70_000), (700, 300, 50_000), (40_000, 1, 33_000), (90, 70, 0)]
)
def test_matrices_by_columns_of_any_shape(n, m, count):
    indices, columns = RNG.integers(0, n, count), np.sort(RNG.integers(0, m, count))
    indptr = np.searchsorted(columns, np.arange(m + 1))
    a = sparse.csc_array((RNG.random(count), indices, indptr), shape=(n, m))
    x = RNG.random(m)
    want = np.zeros(n)
    np.add.at(want, indices, a.data * x[columns])
    got = matvec(a, x, backend="cpu")
    np.testing.assert_allclose(got, want, rtol=1e-10)
    np.testing.assert_array_equal(matvec(a, x, backend="cpu"), got)


def test_indices_outside_a_matrix_by_columns_are_refused():
    a = sparse.csc_array((np.ones(5), [0, 3, 1, 2, 3], [0, 2, 3, 5]), shape=(4, 3))
    matvec(a, np.ones(3))
    a.indices = np.array([0, 3, -1, 2, 3], np.int32)
    with pytest.raises(jk.LaunchError, match=r"indices are rows, from 0 to 3; there is a -1 among"):
        matvec(a, np.ones(3))
    a.indices = np.array([0, 3, 1, 2, 3], np.int32)
    with pytest.raises(jk.LaunchError, match=r"of the shape \(4, 3\) takes a vector of 3, not \(4,\)"):
        matvec(a, np.ones(4))
    a.indptr = np.array([0, 2, 5], np.int32)
    with pytest.raises(jk.LaunchError, match="a matrix of 3 columns has 4 pointers"):
        matvec(a, np.ones(3))
    with pytest.raises(jk.KernelTypeError, match="real"):
        matvec(sparse.csc_array(np.eye(3) * 1j), np.ones(3))


def test_columns_in_any_order_and_more_than_once():
    columns, data, x = [3, 0, 3, 1, 1, 2, 0, 0], RNG.random(8), RNG.random(4)
    a = sparse.csr_array((data, columns, [0, 3, 3, 8]), shape=(3, 4))
    want = np.zeros(3)
    np.add.at(want, [0, 0, 0, 2, 2, 2, 2, 2], data * x[columns])
    for form in (a, parts_of(a), ell(a)):
        close(matvec(form, x), want)
        close(matmul(form, x[:, None]), want[:, None])


@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("bad", [-1, 4, 2**31 - 1, -(2**31)])
@pytest.mark.parametrize("call", [lambda a: matvec(a, np.ones(4)), lambda a: matmul(a, np.ones((4, 2))), pagerank, ell])
def test_indices_outside_a_matrix_of_scipys_are_refused(call, bad, index):
    a = sparse.csr_array((np.ones(5), [0, 3, 1, 2, 3], [0, 2, 3, 4, 5]), shape=(4, 4))
    a.indices, a.indptr = a.indices.astype(index), a.indptr.astype(index)
    call(a)
    a.indices = a.indices.copy()  # parts that were not seen before
    a.indices[2] = bad
    with pytest.raises(jk.LaunchError, match=rf"columns, from 0 to 3; there is a {bad} among"):
        call(a)


def test_bounds_of_rows_outside_a_matrix_of_scipys_are_refused():
    a = sparse.csr_array((np.ones(5), [0, 3, 1, 2, 3], [0, 2, 3, 4, 5]), shape=(4, 4))
    for bounds in ([0, 2, 3, 4, 6], [-1, 2, 3, 4, 5], [0, 4, 3, 4, 5]):
        a.indptr = np.array(bounds, np.int32)
        with pytest.raises(jk.LaunchError, match="indptr ascends from 0 to at most 5"):
            matvec(a, np.ones(4))
    a.indptr = np.array([0, 2, 5], np.int32)
    with pytest.raises(jk.LaunchError, match="a matrix of 4 rows has 5 pointers"):
        matvec(a, np.ones(4))
    a.indptr, a.indices = np.array([0, 1, 1, 2, 3], np.int32), np.array([0, 3, 1, 99, -7], np.int32)
    close(matvec(a, np.arange(4.0)), np.array([0.0, 0, 3, 1]))  # what lies behind the last row is not of the matrix


def test_indices_are_looked_at_once_and_forgotten_with_their_matrix(monkeypatch):
    looks = []
    look = _formats._look
    monkeypatch.setattr(_formats, "_look", lambda *args: (looks.append(1), look(*args)))
    a, before = random_matrix(9, 9), len(_formats._looked_at)
    for _ in range(3):
        matvec(a, np.ones(9))
    assert len(looks) == 1
    with pytest.raises(jk.LaunchError):
        matvec(
            sparse.csr_array((a.data, a.indices, a.indptr), shape=(9, 3)), np.ones(3)
        )  # the same parts, fewer columns
    del a
    gc.collect()
    assert len(_formats._looked_at) <= before


def test_empty_matrices_and_results():
    a, x = random_matrix(30, 30, dtype="float64"), RNG.random(30)
    for empty in (sparse.csr_array, sparse.csc_array):
        assert matvec(empty((0, 5)), np.ones(5)).shape == (0,)
        assert matvec(empty((5, 0)), np.ones(0)).tolist() == [0] * 5
    close(matvec(ell(sparse.csr_array((4, 5))), np.ones(5)), np.zeros(4))
    close(matmul(a, np.ones((30, 0))), np.ones((30, 0)))
    want = a @ x
    assert matvec(a, x, out=x) is x
    close(x, want)


def test_parts_on_a_device():
    a, x = random_matrix(30, 30), RNG.random(30, dtype="float32")
    with jk.emulate_cuda():
        device = [jk.asarray(part, device="cuda") for part in parts_of(a)[:3]]
        got = matvec((*device, a.shape), jk.asarray(x, device="cuda"))
        close(jk.to_numpy(got), a @ x)


def plain_pagerank(a, alpha, home, dangling, x, tol):
    """Do what networkx' documentation says, with dense matrices."""
    a, n = a.toarray(), a.shape[0]
    leaving = a.sum(1)
    shares = np.divide(a, leaving[:, None], out=np.zeros_like(a), where=leaving[:, None] != 0)
    while True:
        new = alpha * (x @ shares + x[leaving == 0].sum() * dangling) + (1 - alpha) * home
        x, moved = new, np.abs(new - x).sum()
        if moved < n * tol:
            return x


def graph(n):
    a = abs(random_matrix(n, n, 0.1, dtype="float64")).tolil()
    a[5], a[n - 1] = 0, 0
    return sparse.csr_array(a)


def test_pagerank(backend):
    a, even = graph(60), np.full(60, 1 / 60)
    out = np.empty(60)
    assert pagerank(a, out=out, backend=backend) is out
    close(out, plain_pagerank(a, 0.85, even, even, even, 1e-6))


def test_options_of_pagerank():
    a, even, home, start = graph(50), np.full(50, 1 / 50), np.arange(50.0), np.arange(50.0)[::-1]
    got = pagerank(a, 0.6, personalization=home, nstart=start, tol=1e-10)
    home, start = home / home.sum(), start / start.sum()
    close(got, plain_pagerank(a, 0.6, home, home, start, 1e-10))
    close(pagerank(parts_of(a), 0.6, home, dangling=even), plain_pagerank(a, 0.6, home, even, even, 1e-6))
    assert pagerank(sparse.csr_array((0, 0))).shape == (0,)
    np.testing.assert_allclose(pagerank(a.astype("float32")).sum(), 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda a: matvec(a, np.ones(3)), jk.LaunchError, r"takes a vector of 4, not \(3,\)"),
        (lambda a: matmul(a, np.ones((3, 4))), jk.LaunchError, "takes one of 4 rows"),
        (lambda a: matvec(a.toarray(), np.ones(4)), jk.KernelTypeError, "one of SciPy's or a tuple"),
        (lambda a: matvec(sparse.csr_array([1.0, 2.0]), np.ones(2)), jk.LaunchError, "has two dimensions"),
        (lambda a: matvec(a * 1j, np.ones(4)), jk.KernelTypeError, "takes real numbers"),
        (
            lambda a: matvec((a.data, a.indices, a.indptr[1:], a.shape), np.ones(4)),
            jk.LaunchError,
            "no matrix of 4 rows",
        ),
        (
            lambda a: matvec((a.data, a.indices + 9, a.indptr, a.shape), np.ones(4)),
            jk.LaunchError,
            "columns, from 0 to 3",
        ),
        (lambda a: matvec((a.data, a.indices, a.indptr[::-1], a.shape), np.ones(4)), jk.LaunchError, "indptr ascends"),
        (lambda a: matvec((a.data, a.data, a.indptr, a.shape), np.ones(4)), jk.KernelTypeError, "are integers"),
        (lambda a: pagerank(a[:2]), jk.LaunchError, "the matrix is square"),
        (lambda a: pagerank(a, nstart=np.ones(3)), jk.LaunchError, r"nstart= has the shape \(3,\)"),
        (lambda a: pagerank(a, dangling=np.zeros(4)), ValueError, "dangling= has the sum 0"),
        (lambda a: pagerank(a, nstart=np.array([1, np.inf, -np.inf, 0])), ValueError, "nstart= has the sum nan"),
        (lambda a: pagerank(a * np.inf), ValueError, "the weights of links, or their sum at a node, are not finite"),
        (lambda a: pagerank(a, max_iter=1, tol=1e-12), RuntimeError, "still change by"),
        (lambda a: pagerank(a, max_iter=0), RuntimeError, "allows no step"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(sparse.csr_array(np.diag([1.0, 2.0, 3.0], 1)))
