"""What is no array, number or dtype is refused in one sentence that names the function, the argument and what it takes."""

from __future__ import annotations

import traceback

import numpy as np
import pytest
import scipy.sparse

import jitkit as jk

x = np.arange(6.0)
image = np.ones((4, 5))
matrix = np.eye(3)
points = np.random.default_rng(0).random((9, 3))
ragged = [[1.0], [2.0, 3.0]]
ring = scipy.sparse.csr_array(np.roll(np.eye(3), 1, 0))

LENGTHS = "is no array, as its parts have different lengths"
CALLS = {
    "sort of lists of different lengths": (lambda: jk.sort(ragged), rf"jk\.sort: \[\[1\.0\], \[2\.0, 3\.0\]\] {LENGTHS}"),
    "map": (lambda: jk.map(abs, ragged), rf"jk\.map: .* {LENGTHS}"),
    "vectorize": (lambda: jk.vectorize(abs)(ragged), rf"jk\.vectorize: .* {LENGTHS}"),
    "offsets": (lambda: jk.segment_reduce("add", x, ragged), rf"jk\.segment_reduce: .* {LENGTHS}"),
    "solve": (lambda: jk.linalg.solve(ragged, x), rf"jk\.linalg\.solve: .* {LENGTHS}"),
    "cg": (lambda: jk.linalg.cg(ragged, x), rf"jk\.linalg\.cg: .* {LENGTHS}"),
    "bins": (lambda: jk.histogram(x, bins=ragged), rf"jk\.histogram: .* {LENGTHS}"),
    "asarray": (lambda: jk.asarray(ragged), r"jk\.asarray: .*; it takes an array or equally long lists"),
    "dtype of reduce": (lambda: jk.reduce("add", x, dtype="flaot32"), r"jk\.reduce: dtype='flaot32' is no dtype"),
    "dtype of map": (lambda: jk.map(abs, x, dtype="flaot32"), r"jk\.map: dtype='flaot32' is no dtype"),
    "dtype of scan": (lambda: jk.scan("add", x, dtype=2.5), r"jk\.scan: dtype=2\.5 is no dtype: write np\.float32"),
    "dtype of counting": (lambda: jk.counting(3, dtype="flaot32"), r"jk\.counting: dtype='flaot32' is no dtype"),
    "empty of a text": (lambda: jk.empty("abc"), r"jk\.empty: .*; it takes a shape and a dtype"),
    "zeros of a negative extent": (lambda: jk.zeros(-3), r"jk\.zeros: .*; it takes a shape and a dtype"),
    "full of two values": (lambda: jk.full(5, [1.0, 2.0]), r"jk\.full: .*; it takes a shape, a value"),
    "axis past C's integers": (lambda: jk.sort(x, axis=2**40), r"jk\.sort: axis 1099511627776 is out of bounds"),
    "axes past C's integers": (lambda: jk.reduce("add", x, axis=2**70), r"jk\.reduce: axis 118\d+ is out of bounds"),
    "backend in a list": (lambda: jk.map(abs, x, backend=["cpu"]), r"there is no backend \['cpu'\]"),
    "no out at all": (lambda: jk.map(abs, x, out=()), r"jk\.map: the result has one part, so out= is a tuple of one array"),
    "two outs of a scan": (lambda: jk.scan("add", x, out=(x, x)), r"jk\.scan: the result has one part"),
    "minlength": (lambda: jk.bincount(np.arange(3), minlength="7"), r"jk\.bincount: minlength='7'; it is an integer of 0"),
    "minlength of NaN": (lambda: jk.bincount(np.arange(3), minlength=np.nan), r"jk\.bincount: minlength=nan"),
    "bins of None": (lambda: jk.histogram2d(x, x, bins=None), r"bins=None; give a number of bins"),
    "range of one number": (lambda: jk.histogramdd(points, range=2.0), r"jk\.histogramdd: range=2\.0; it is a pair"),
    "shape": (lambda: jk.constant(1.0, "abc"), r"jk\.constant: shape='abc'; it is an integer of 0 or more"),
    "start": (lambda: jk.counting([1, 2]), r"jk\.counting: stop=\[1, 2\]; it is a real number"),
    "endless": (lambda: jk.counting(np.nan), r"jk\.counting: stop=nan; it is finite"),
    "tolerance": (lambda: jk.linalg.cg(matrix, [1.0, 2.0, 3.0], rtol="1"), r"jk\.linalg\.cg: rtol='1'; it is a real number"),
    "no matrix": (lambda: jk.linalg.cg((), [1.0, 2.0]), r"jk\.linalg\.cg: the matrix is an empty tuple"),
    "alpha": (lambda: jk.sparse.pagerank(ring, alpha=None), r"jk\.sparse\.pagerank: alpha=None; it is a real number"),
    "steps": (lambda: jk.sparse.pagerank(ring, max_iter=2.5), r"jk\.sparse\.pagerank: max_iter=2\.5; it is an integer"),
    "ddof": (lambda: jk.stats.cov(image, ddof="1"), r"jk\.stats\.cov: ddof='1'; it is a real number"),
    "ddof of NaN": (lambda: jk.stats.cov(image, ddof=np.nan), r"jk\.stats\.cov: ddof=nan is no integer"),
    "bootstrap": (lambda: jk.stats.bootstrap(x, "std", ddof=None), r"jk\.stats\.bootstrap: ddof=None; it is a real number"),
    "cval": (lambda: jk.signal.median_filter(image, 3, cval="a", mode="constant"), r"median_filter: cval='a'; it is a real"),
    "truncate": (lambda: jk.signal.gaussian_filter(image, 1.0, truncate=np.nan), r"truncate=nan; it is a finite"),
    "window": (lambda: jk.signal.resample(x, 4, window=["a"]), r"jk\.signal\.resample: elements of dtype <U1"),
    "lengths": (lambda: jk.signal.fftn(image, s=[4, 4, 4]), r"jk\.signal\.fftn: s=\(4, 4, 4\) has 3 lengths for an array of 2"),
    "radius": (lambda: jk.spatial.radius_neighbors(points, "1"), r"radius_neighbors: radius='1'; it is a real number"),
    "box": (lambda: jk.spatial.pair_counts(points, [0.1, 0.2], box="a"), r"jk\.spatial\.pair_counts: elements of dtype <U1"),
    "G": (lambda: jk.spatial.nbody_accelerations(points, np.ones(9), G=None), r"nbody_accelerations: G=None; it is a real"),
}  # fmt: skip


@pytest.mark.parametrize("what", CALLS)
def test_wrong_arguments_are_named_with_their_function(what):
    call, sentence = CALLS[what]
    expected = (jk.JitkitError, TypeError, ValueError)
    with pytest.raises(expected, match=sentence) as caught:
        call()
    assert "\n" not in str(caught.value)
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert all("/jitkit/" in frame.filename or frame.filename == __file__ for frame in frames)
    assert caught.value.__cause__ is None


def test_upper_is_taken_by_its_truth():
    assert jk.linalg.cholesky(matrix, upper=None).tolist() == matrix.tolist()


def test_shapes_of_constants_may_be_lists():
    assert np.asarray(jk.constant(2, [2, 1])).tolist() == [[2], [2]]


def test_a_parameter_may_be_an_array_without_dimensions():
    decay = lambda t, y, p: (-p[0] * y[0],)  # noqa: E731
    found = jk.ode.solve_ensemble(decay, (0.0, 1.0), np.ones((1, 2)), np.array(0.0), backend="python")
    assert found.success
    assert np.all(found.y == 1)
