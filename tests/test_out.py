"""`out=`: where a function's arrays go, in any layout, over its inputs too, and what is refused, by the name of the function."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse

import jitkit as jk

RNG = np.random.default_rng(12)
SQUARE = RNG.random((2, 3, 3)) + 3 * np.eye(3)
DEFINITE = SQUARE @ SQUARE.swapaxes(1, 2)
LINKS = scipy.sparse.csr_array(RNG.random((6, 6)))

CALLS = {
    "linalg.solve": (jk.linalg.solve, SQUARE, RNG.random((2, 3, 3))),
    "linalg.solve_triangular": (jk.linalg.solve_triangular, SQUARE, RNG.random((2, 3, 3))),
    "linalg.solve_tridiagonal": (
        lambda d, b, **kw: jk.linalg.solve_tridiagonal(d[:, 1:], d, d[:, 1:], b, **kw), 2 + SQUARE[0], RNG.random((3, 3)),
    ),
    "linalg.cholesky": (jk.linalg.cholesky, DEFINITE),
    "linalg.eigh": (jk.linalg.eigh, DEFINITE),
    "linalg.eigvalsh": (jk.linalg.eigvalsh, DEFINITE),
    "linalg.inv": (jk.linalg.inv, SQUARE),
    "linalg.det": (jk.linalg.det, SQUARE),
    "linalg.slogdet": (jk.linalg.slogdet, SQUARE),
    "linalg.qr": (jk.linalg.qr, RNG.random((2, 4, 3))),
    "linalg.lstsq": (jk.linalg.lstsq, RNG.random((2, 4, 3)), RNG.random((2, 4, 2))),
    "linalg.cho_solve": (lambda c, b, **kw: jk.linalg.cho_solve((c, True), b, **kw), SQUARE, RNG.random((2, 3))),
    "linalg.norm": (lambda x, **kw: jk.linalg.norm(x, axis=1, **kw), RNG.random((3, 5))),
    "linalg.cg": (lambda a, b, x0, **kw: jk.linalg.cg(a, b, x0, **kw)[0], DEFINITE[0], RNG.random(3), RNG.random(3)),
    "linalg.bicgstab": (lambda a, b, x0, **kw: jk.linalg.bicgstab(a, b, x0, **kw)[0], SQUARE[0], RNG.random(3), RNG.random(3)),
    "sparse.pagerank": (lambda start, **kw: jk.sparse.pagerank(LINKS, nstart=start, **kw), RNG.random(6)),
    "stats.bootstrap": (lambda x, **kw: jk.stats.bootstrap(x, n_resamples=5, rng=1, **kw)[1], RNG.random(5)),
    "stats.permutation_test": (
        lambda x, y, **kw: jk.stats.permutation_test(x, y, n_resamples=5, rng=1, **kw)[2], RNG.random(5), RNG.random(4),
    ),
    "spatial.cdist": (jk.spatial.cdist, RNG.random((3, 3)), RNG.random((3, 3))),
    "spatial.knn": (lambda x, **kw: jk.spatial.knn(x, k=2, **kw), RNG.random((9, 2))),
    "ml.layer_norm_backward": (jk.ml.layer_norm_backward, RNG.random((4, 3)), RNG.random((4, 3)), RNG.random(3)),
    "ml.dense_backward": (jk.ml.dense_backward, RNG.random((4, 3)), RNG.random((4, 5)), RNG.random((5, 3))),
    "ml.cross_entropy": (lambda x, **kw: jk.ml.cross_entropy(x, np.arange(4), "none", **kw), RNG.random((4, 4))),
}  # fmt: skip


LAYOUTS = {
    "in order": lambda part: np.empty(part.shape, part.dtype),
    "turned": lambda part: np.empty(part.shape[::-1], part.dtype).T,
    "every other": lambda part: np.empty((2 * part.shape[0], *part.shape[1:]), part.dtype)[::2],
    "narrow": lambda part: np.empty(part.shape, part.dtype.str.replace("8", "4")),
}
REFUSED = {
    "shape": (lambda part: np.empty((*part.shape, 1)), jk.LaunchError, "out= has the shape"),
    "dtype": (lambda part: np.empty(part.shape, bool), jk.KernelTypeError, "out= is of dtype bool"),
    "frozen": (lambda part: np.broadcast_to(part[:1], part.shape), jk.LaunchError, "out= is a read-only array"),
    "list": (lambda part: part.tolist(), jk.KernelTypeError, "out= is an array, not a list"),
}


def parts_of(result):
    return result if isinstance(result, tuple) else (result,)


def called(name, args, outs):
    return parts_of(CALLS[name][0](*args, out=outs[0] if len(outs) == 1 else tuple(outs)))


@pytest.fixture(params=CALLS)
def name(request):
    with jk.backend("python"):
        yield request.param


def test_results_go_where_they_are_asked_for(name):
    function, *args = CALLS[name]
    expected = parts_of(function(*args))
    for layout in LAYOUTS.values():
        outs = [layout(part) for part in expected]
        for got, out, part in zip(called(name, args, outs), outs, expected, strict=True):
            assert got is out
            np.testing.assert_allclose(out, part, rtol=1e-6)


def test_results_go_over_what_they_are_made_of(name):
    function, *args = CALLS[name]
    expected = parts_of(function(*args))
    for k, j in np.ndindex(len(args), len(expected)):
        if args[k].shape == expected[j].shape:
            own, outs = [arg.copy() for arg in args], [np.empty_like(part) for part in expected]
            outs[j] = own[k]
            assert called(name, own, outs)[j] is own[k]
            for out, part in zip(outs, expected, strict=True):
                np.testing.assert_allclose(out, part, rtol=1e-13)


def test_results_go_over_a_part_that_is_read_again_for_each_row():
    x, out = RNG.random((4, 3)), RNG.random((4, 3))
    expected = jk.ml.layer_norm(x, out[1].copy(), out[2].copy(), backend="python")
    np.testing.assert_array_equal(jk.ml.layer_norm(x, out[1], out[2], out=out, backend="python"), expected)


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_take_a_result_is_refused(name, what):
    function, *args = CALLS[name]
    expected, (wrong, error, message) = parts_of(function(*args)), REFUSED[what]
    for j in range(len(expected)):
        outs = [np.empty_like(part) for part in expected]
        outs[j] = wrong(expected[j])
        with pytest.raises(error, match=f"jk.{name}: {message}"):
            called(name, args, outs)
    if len(expected) > 1:
        with pytest.raises(jk.KernelTypeError, match=f"jk.{name}: .* a tuple of {len(expected)} arrays"):
            function(*args, out=np.empty_like(expected[0]))


def test_numbers_and_what_numpy_solves():
    x, labels, out = RNG.random((4, 3)), np.array([0, 2, 1, 1]), np.empty(())
    for call in (
        lambda **kw: jk.linalg.norm(x, **kw),
        lambda **kw: jk.linalg.norm(x, 1, **kw),
        lambda **kw: jk.ml.cross_entropy(x, labels, backend="python", **kw),
    ):
        assert call(out=out) is out
        assert out == call()
    a = RNG.random((2, 60, 60)) + 60 * np.eye(60)
    b = a[0, :, :2].copy()
    expected = np.linalg.solve(a[0], b)
    assert jk.linalg.solve(a[0], b, out=b) is b
    np.testing.assert_array_equal(b, expected)
    symmetric = a + a.swapaxes(1, 2)
    expected = np.linalg.cholesky(symmetric)
    assert jk.linalg.cholesky(symmetric, out=symmetric) is symmetric
    np.testing.assert_array_equal(symmetric, expected)


@pytest.mark.parametrize("function", [jk.linalg.solve, jk.linalg.cholesky])
def test_a_wrong_matrix_leaves_out_as_it_is(function):
    a = np.stack([np.eye(3), np.zeros((3, 3))])
    others = (np.ones((2, 3, 3)),) if function is jk.linalg.solve else ()
    out = others[0] if others else np.ones((2, 3, 3))
    with pytest.raises(np.linalg.LinAlgError, match="matrix 1 is"):
        function(a, *others, out=out, backend="python")
    np.testing.assert_array_equal(out, 1)
