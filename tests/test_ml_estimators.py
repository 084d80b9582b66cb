"""KMeans and LogisticRegression against NumPy and scikit-learn, and every estimator under scikit-learn's own checks."""

from __future__ import annotations

import subprocess
import sys
import warnings

import numpy as np
import pytest

import jitkit as jk
from jitkit.ml._lbfgs import minimise

CORNERS = 8.0 * np.array([[0, 0], [1, 0], [0, 1], [1, 1]])


def blobs(n, dtype="float32", seed=0):
    rng = np.random.default_rng(seed)
    return (CORNERS[np.arange(n) % 4] + rng.standard_normal((n, 2))).astype(dtype)


def lloyd(x, centres, steps):
    """K-means as the textbook has it, with all distances, in float64."""
    x = x.astype("float64")
    for _ in range(steps):
        labels = ((x[:, None] - centres) ** 2).sum(-1).argmin(1)
        centres = np.stack([x[labels == k].mean(0) for k in range(len(centres))])
    distances = ((x[:, None] - centres) ** 2).sum(-1)
    return distances.argmin(1), centres, distances.min(1).sum()


def test_kmeans_steps_as_lloyd(backend):
    x = blobs(150)
    start = x[:4] + np.float32(0.5)
    labels, centres, inertia = lloyd(x, start.astype("float64"), 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = jk.ml.KMeans(4, init=start, max_iter=2, tol=0.0, backend=backend).fit(x)
    np.testing.assert_array_equal(model.labels_, labels)
    np.testing.assert_allclose(model.cluster_centers_, centres, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(model.inertia_, inertia, rtol=1e-5)
    assert model.cluster_centers_.dtype == np.float32
    seeded = jk.ml.KMeans(4, random_state=2, backend=backend).fit(x)
    np.testing.assert_array_equal(seeded.labels_, jk.ml.KMeans(4, random_state=2, backend="python").fit_predict(x))
    np.testing.assert_array_equal(seeded.predict(x), seeded.labels_)
    expected = np.sqrt(((x[:, None] - seeded.cluster_centers_) ** 2).sum(-1))
    np.testing.assert_allclose(seeded.transform(x), expected, rtol=1e-5)
    np.testing.assert_allclose(seeded.score(x), -seeded.inertia_, rtol=1e-5)


def test_kmeans_on_a_gpu_adds_up_many_stretches_there(monkeypatch):
    monkeypatch.setattr(sys.modules["jitkit.ml._lloyd"], "STRETCHES", 4)
    x = blobs(90, "float32")
    with jk.emulate_cuda():
        model = jk.ml.KMeans(4, init=x[:4], backend="cuda").fit(x)
    expected = jk.ml.KMeans(4, init=x[:4], backend="cpu").fit(x)
    np.testing.assert_array_equal(model.labels_, expected.labels_)
    np.testing.assert_allclose(model.cluster_centers_, expected.cluster_centers_, rtol=1e-6)


@pytest.mark.parametrize(("n", "features", "k"), [(1000, 3, 5), (700, 20, 9), (400, 1, 2)])
def test_kmeans_is_as_good_as_scikit_learns(n, features, k):
    peers = pytest.importorskip("sklearn.cluster", reason="scikit-learn is not installed")
    rng = np.random.default_rng(n)
    x = (4 * rng.standard_normal((k, features)))[rng.integers(0, k, n)] + rng.standard_normal((n, features))
    start = x[:k]
    ours = jk.ml.KMeans(k, init=start, tol=0.0).fit(x)
    theirs = peers.KMeans(k, init=start, tol=0.0).fit(x)
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)
    np.testing.assert_allclose(ours.inertia_, theirs.inertia_, rtol=1e-10)
    best = min(peers.KMeans(k, random_state=seed).fit(x).inertia_ for seed in range(5))
    assert jk.ml.KMeans(k, n_init=5, random_state=0).fit(x).inertia_ <= 1.1 * best


def test_kmeans_of_empty_clusters_duplicates_and_far_means():
    x = blobs(80, "float64")
    far = np.array([[0.0, 0.0], [8.0, 8.0], [1e3, 1e3], [2e3, 2e3]])
    model = jk.ml.KMeans(4, init=far).fit(x)
    assert len(np.unique(model.labels_)) == 4
    shifted = jk.ml.KMeans(4, random_state=0).fit(x.astype("float32") + np.float32(4096))
    np.testing.assert_array_equal(shifted.labels_, jk.ml.KMeans(4, random_state=0).fit(x.astype("float32")).labels_)
    times = np.array([[1.6e9], [1.6e9 + 128], [1.6e9 + 384]], np.float32)  # neighbours, and the next but one
    model = jk.ml.KMeans(2, init=times[::2]).fit(times)
    assert (model.inertia_, model.labels_.tolist()) == (2 * 64**2, [0, 0, 1])
    with pytest.warns(UserWarning, match="distinct clusters"):
        assert jk.ml.KMeans(3, random_state=0).fit(np.ones((5, 2))).inertia_ == 0
    assert jk.ml.KMeans(4, init="random", random_state=0).fit(x).inertia_ < 400
    assert jk.ml.KMeans(4, init=lambda X, k, random_state: X[:k]).fit(x).n_iter_ < 10


def test_verbose_prints_iterations(capsys, backend):
    x = np.array([[0.0], [1.0], [2.0], [8.0], [9.0], [13.0]])
    model = jk.ml.KMeans(2, init=x[:2], tol=0.0, verbose=1, backend=backend).fit(x)
    *lines, last = capsys.readouterr().out.splitlines()
    centres, expected = x[:2], []
    for _ in lines:
        apart = np.abs(x - centres.T)
        expected.append(f"Iteration {len(expected) + 1}, inertia = {(apart.min(axis=1) ** 2).sum():.8g}")
        centres = np.array([x[apart.argmin(axis=1) == k].mean(axis=0) for k in range(2)])
    assert lines == expected
    assert len(lines) == model.n_iter_ == 3
    assert last == "Converged in iteration 3: no sample changed its cluster."
    jk.ml.KMeans(2, init=x[:2], max_iter=1, tol=0.0, verbose=True, backend=backend).fit(x)
    assert capsys.readouterr().out.endswith("Not converged after max_iter=1 iterations.\n")
    jk.ml.KMeans(2, init=x[:2], tol=9.0, verbose=True, backend=backend).fit(x)
    assert "Converged in iteration 1: the centres moved by " in capsys.readouterr().out
    jk.ml.KMeans(2, init=x[:2], backend=backend).fit(x)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("classes", [2, 4])
def test_logistic_regression_is_scikit_learns(classes):
    peers = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not installed")
    rng = np.random.default_rng(classes)
    x = rng.standard_normal((300, 5))
    y = (x @ rng.standard_normal((5, classes)) + rng.gumbel(size=(300, classes))).argmax(1)
    for options in ({}, {"C": 0.05}, {"fit_intercept": False}):
        ours = jk.ml.LogisticRegression(tol=1e-9, max_iter=1000, **options).fit(x, y)
        theirs = peers.LogisticRegression(tol=1e-9, max_iter=1000, **options).fit(x, y)
        np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(ours.predict_proba(x), theirs.predict_proba(x), rtol=1e-4, atol=1e-5)
        assert ours.score(x, y) == theirs.score(x, y)


@pytest.mark.parametrize("classes", [2, 3])
def test_logistic_regression_ends_where_the_gradient_vanishes(classes, backend):
    rng = np.random.default_rng(5)
    x = rng.standard_normal((60, 2)).astype("float32")
    y = (x @ rng.standard_normal((2, classes)) + rng.gumbel(size=(60, classes))).argmax(1)
    model = jk.ml.LogisticRegression(C=2.0, backend=backend).fit(x, y)
    error = model.predict_proba(x) - np.eye(classes)[y]
    error = error[:, 1:] if classes == 2 else error
    gradient = x.T @ error / 60 + model.coef_.T / (2.0 * 60)
    assert np.abs(gradient).max() < 2e-4
    assert np.abs(error.mean(0)).max() < 2e-4
    assert model.coef_.dtype == np.float32


def test_warm_start_goes_on():
    x, y = blobs(200, "float64"), np.arange(200) % 4
    model = jk.ml.LogisticRegression(warm_start=True, max_iter=1000).fit(x, y)
    first = model.n_iter_[0]
    assert model.fit(x, y).n_iter_[0] < first


def test_features_whose_squares_overflow_are_no_minimum():
    with pytest.warns(UserWarning, match="scale the features"):
        jk.ml.LogisticRegression(backend="python").fit(1e200 * np.array([[-1.0], [2.0]]), [0, 1])


def test_minimum_of_rosenbrocks_valley():
    def valley(p):
        x, y = p
        return (1 - x) ** 2 + 100 * (y - x * x) ** 2, np.array(
            [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)]
        )

    found = minimise(valley, np.array([-1.2, 1.0]), 1e-8, 200)
    assert found.converged
    np.testing.assert_allclose(found.x, [1, 1], rtol=1e-7)
    assert not minimise(valley, np.array([-1.2, 1.0]), 1e-8, 5).converged


def test_weights_stand_for_repeated_samples(backend):
    """Weights of 0, 1, 2, 3 are samples left out, and taken once, twice, three times."""
    x = blobs(150)
    weights = np.arange(150) // 4 % 4
    repeated = np.repeat(x, weights, axis=0)
    ours = jk.ml.KMeans(4, init=x[:4], tol=0.0, backend=backend).fit(x, sample_weight=weights)
    plain = jk.ml.KMeans(4, init=x[:4], tol=0.0, backend=backend).fit(repeated)
    np.testing.assert_allclose(ours.cluster_centers_, plain.cluster_centers_, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(ours.inertia_, plain.inertia_, rtol=1e-4)
    np.testing.assert_allclose(ours.score(x, sample_weight=weights), -ours.inertia_, rtol=1e-5)
    np.testing.assert_array_equal(ours.labels_, ours.predict(x))
    for init in ("k-means++", "random"):
        seeded = jk.ml.KMeans(4, init=init, n_init=4, random_state=0, backend=backend).fit(x, sample_weight=weights)
        np.testing.assert_allclose(seeded.inertia_, plain.inertia_, rtol=1e-3)
    for classes in (2, 4):
        y = np.arange(150) % classes
        y[::7] = 0
        ours = jk.ml.LogisticRegression(tol=1e-6, backend=backend).fit(x.astype(float), y, weights)
        plain = jk.ml.LogisticRegression(tol=1e-6, backend=backend).fit(repeated.astype(float), np.repeat(y, weights))
        np.testing.assert_allclose(ours.coef_, plain.coef_, rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(ours.score(x, y, weights), plain.score(repeated, np.repeat(y, weights)))


def test_weights_as_in_scikit_learn():
    cluster = pytest.importorskip("sklearn.cluster", reason="scikit-learn is not installed")
    linear = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not installed")
    rng = np.random.default_rng(0)
    x, weights = rng.standard_normal((300, 3)), rng.random(300)
    weights[::5] = 0
    ours = jk.ml.KMeans(5, init=x[:5], tol=0.0).fit(x, sample_weight=weights)
    theirs = cluster.KMeans(5, init=x[:5], tol=0.0).fit(x, sample_weight=weights)
    np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, rtol=1e-9)
    np.testing.assert_allclose(ours.inertia_, theirs.inertia_, rtol=1e-9)
    far = np.array([[0.0, 0, 0], [90, 90, 90], [91, 90, 90]])  # two of them lose all their samples
    ours = jk.ml.KMeans(3, init=far, tol=0.0).fit(x, sample_weight=weights)
    theirs = cluster.KMeans(3, init=far, tol=0.0).fit(x, sample_weight=weights)
    np.testing.assert_allclose(ours.inertia_, theirs.inertia_, rtol=1e-9)
    for classes in (2, 4):
        y = (x @ rng.standard_normal((3, classes)) + rng.standard_normal((300, classes))).argmax(1)
        for C in (0.1, np.inf):
            ours = jk.ml.LogisticRegression(C, tol=1e-8).fit(x, y, weights)
            theirs = linear.LogisticRegression(C=C, tol=1e-10, max_iter=1000).fit(x, y, weights)
            np.testing.assert_allclose(ours.predict_proba(x), theirs.predict_proba(x), atol=1e-5)
            np.testing.assert_allclose(ours.score(x, y, weights), theirs.score(x, y, weights))


@pytest.mark.parametrize("class_weight", ["balanced", {0: 3.0}, {0: 0.5, 1: 2, 2: 1.5, 9: 4}])
def test_weights_of_classes_are_those_of_scikit_learn(class_weight):
    linear = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not installed")
    rng = np.random.default_rng(5)
    x, weights = rng.standard_normal((300, 4)), rng.integers(0, 4, 300)
    y = (x @ rng.standard_normal((4, 3)) + [1.5, 0, 0] + rng.standard_normal((300, 3))).argmax(1)
    for given in (None, weights):
        ours = jk.ml.LogisticRegression(tol=1e-8, class_weight=class_weight).fit(x, y, given)
        theirs = linear.LogisticRegression(tol=1e-10, max_iter=1000, class_weight=class_weight).fit(x, y, given)
        np.testing.assert_allclose(ours.predict_proba(x), theirs.predict_proba(x), atol=1e-5)


def test_a_weight_of_a_class_is_that_of_its_samples(backend):
    x, y = np.array([[-2.0], [-1.0], [0.5], [1.0], [2.0]]), np.array(["a", "b", "a", "b", "b"])
    ours = jk.ml.LogisticRegression(class_weight={"a": 3}, backend=backend).fit(x, y)
    plain = jk.ml.LogisticRegression(backend=backend).fit(
        np.repeat(x, [3, 1, 3, 1, 1], axis=0), np.repeat(y, [3, 1, 3, 1, 1])
    )
    np.testing.assert_allclose(ours.coef_, plain.coef_, rtol=1e-3)
    balanced = jk.ml.LogisticRegression(class_weight="balanced", backend=backend).fit(x, y)
    by_hand = jk.ml.LogisticRegression(class_weight={"a": 5 / 4, "b": 5 / 6}, backend=backend).fit(x, y)
    np.testing.assert_allclose(balanced.coef_, by_hand.coef_, rtol=1e-6)


def weighted(x, class_weight):
    return jk.ml.LogisticRegression(class_weight=class_weight).fit(x, [0, 0, 1, 1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: jk.ml.KMeans(9).fit(x), "n_samples=4 should be >= n_clusters=9"),
        (lambda x: jk.ml.KMeans(0).fit(x), "n_clusters=0; it is a whole number from 1"),
        (lambda x: jk.ml.KMeans(2, tol="a").fit(x), "tol='a'; it is a number from 0"),
        (lambda x: jk.ml.KMeans(2, verbose="yes").fit(x), "verbose='yes'; it is a number from 0"),
        (lambda x: jk.ml.KMeans(2, init="best").fit(x), "init='best'"),
        (lambda x: jk.ml.KMeans(2, init=x).fit(x), "init has the shape"),
        (lambda x: jk.ml.KMeans(2, random_state="x").fit(x), "cannot be used to seed"),
        (lambda x: jk.ml.KMeans(2).predict(x), "not fitted yet"),
        (lambda x: jk.ml.KMeans(2).fit(x).predict(x[:, :1]), "X has 1 features, but KMeans is expecting 2"),
        (lambda x: jk.ml.KMeans(2).fit(x * np.nan), "contains NaN"),
        (
            lambda x: jk.ml.KMeans(2).fit(x, sample_weight=[1, 2, 3]),
            r"the shape \(3,\); it is a number for each sample",
        ),
        (lambda x: jk.ml.KMeans(2).fit(x, sample_weight=[1, 2, -3, 1]), "sample_weight has -3.0 in it"),
        (lambda x: jk.ml.KMeans(2).fit(x, sample_weight=[1, 2, np.nan, 1]), "sample_weight contains NaN"),
        (lambda x: jk.ml.KMeans(2).fit(x, sample_weight=np.zeros(4)), "all weights in sample_weight are zero"),
        (lambda x: jk.ml.KMeans(2).fit(x, sample_weight=[1, 0, 0, 0]), "1 samples have a weight above 0, fewer than"),
        (lambda x: jk.ml.KMeans(2).fit(x[0]), "Expected 2D array"),
        (lambda x: jk.ml.LogisticRegression(C=0).fit(x, [0, 0, 1, 1]), "C=0; it is a number above 0"),
        (lambda x: jk.ml.LogisticRegression(l1_ratio=-1).fit(x, [0, 0, 1, 1]), "l1_ratio=-1; it is a number from 0"),
        (lambda x: jk.ml.LogisticRegression(l1_ratio=2).fit(x, [0, 0, 1, 1]), "l1_ratio=2; it is a number from 0 to 1"),
        (
            lambda x: jk.ml.LogisticRegression(l1_ratio="l1").fit(x, [0, 0, 1, 1]),
            "l1_ratio='l1'; it is a number from 0",
        ),
        (lambda x: weighted(x, {0: 1, 3: 2}), "class_weight names 3, and the classes of y are .0, 1."),
        (lambda x: weighted(x, {0: -1}), "weights are numbers from 0"),
        (lambda x: weighted(x, {0: 0, 1: 0}), "weights are numbers from 0"),
        (lambda x: weighted(x, "even"), "class_weight='even'; it is a dict, 'balanced' or None"),
        (lambda x: weighted(x, 2.0), "class_weight=2.0; it is a dict"),
        (lambda x: jk.ml.LogisticRegression().fit(x, [0, 0, 0, 0]), "at least 2 classes"),
        (lambda x: jk.ml.LogisticRegression().fit(x, [0.5, 0, 1, 1]), "Unknown label type"),
        (lambda x: jk.ml.LogisticRegression().fit(x, [0, 1]), "inconsistent numbers of samples"),
        (
            lambda x: jk.ml.LogisticRegression().fit(x, np.array([0, "a", 1, "b"], object)),
            "labels in y are of int and str",
        ),
        (lambda x: jk.ml.MLPClassifier((2,)).fit(x, np.array([0, None, 1, 0], object)), "of NoneType and int"),
        (
            lambda x: jk.ml.LogisticRegression().fit(x, [0, 0, 1, 1], [1, 1, 1, np.inf]),
            "sample_weight contains infinity",
        ),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(CORNERS)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(("l1_ratio", "C"), [(1.0, 0.2), (0.5, 0.2), (1.0, 5.0), (1.0, 1e-4)])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_penalties_on_absolute_values_as_in_scikit_learn(l1_ratio, C, classes, fit_intercept):
    linear = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not installed")
    rng = np.random.default_rng(8)
    x = rng.standard_normal((80, 12))
    y = np.digitize(x[:, 0] - 0.7 * x[:, 1] + 0.4 * rng.standard_normal(80), [0.0, 0.8][: classes - 1])
    weights = rng.integers(0, 3, 80)
    options = {"C": C, "l1_ratio": l1_ratio, "fit_intercept": fit_intercept}
    ours = jk.ml.LogisticRegression(tol=1e-9, max_iter=3000, **options).fit(x, y, weights)
    theirs = linear.LogisticRegression(solver="saga", tol=1e-10, max_iter=5_000, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.fit(x, y, weights)

    def objective(model):
        chances, size = model.predict_proba(x)[np.arange(80), y], np.abs(model.coef_)
        return -C * (weights * np.log(chances)).sum() + l1_ratio * size.sum() + 0.5 * (1 - l1_ratio) * (size**2).sum()

    assert ours.coef_.shape == theirs.coef_.shape
    assert objective(ours) <= objective(theirs) * (1 + 1e-10)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-3)
    assert not ours.coef_[np.abs(theirs.coef_) < 1e-12].any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_coefficients_that_say_little_are_zero_on_every_backend(dtype, backend):
    """Where the penalty ends the search: of what is zero the slope is within it, of all else it is the penalty."""
    rng = np.random.default_rng(8)
    x = rng.standard_normal((60, 8)).astype(dtype)
    y = (x[:, 0] + 0.5 * rng.standard_normal(60) > 0).astype(int)
    model = jk.ml.LogisticRegression(C=0.1, l1_ratio=1.0, tol=1e-5, backend=backend).fit(x, y)
    assert 0 < np.count_nonzero(model.coef_) < 5
    slope = (model.predict_proba(x)[:, 1].astype(float) - y) @ x.astype(float)
    held = np.abs(slope) * 0.1
    assert (held <= 1 + 1e-3).all()
    np.testing.assert_allclose(held[model.coef_[0] != 0], 1, rtol=1e-3)


@pytest.mark.parametrize(
    "model",
    [
        jk.ml.KMeans(n_init=2),
        jk.ml.LogisticRegression(),
        jk.ml.LogisticRegression(l1_ratio=0.5),
        jk.ml.MLPClassifier((8,), max_iter=60, learning_rate_init=0.02),
        jk.ml.MLPRegressor((8,), max_iter=60, learning_rate_init=0.02),
    ],
    ids=lambda model: type(model).__name__,
)
def test_passes_the_checks_of_scikit_learn(model):
    checks = pytest.importorskip("sklearn.utils.estimator_checks", reason="scikit-learn is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Seeds are drawn in the order of the samples, which this check shuffles; scikit-learn's own KMeans is excused, too.
        excused = {"check_sample_weight_equivalence_on_dense_data": "other seeds, other clusters"}
        expected = excused if isinstance(model, jk.ml.KMeans) else None
        results = checks.check_estimator(model, expected_failed_checks=expected, on_skip=None, on_fail=None)
    assert not [(r["check_name"], r["exception"]) for r in results if r["status"] not in ("passed", "skipped", "xfail")]
    assert sum(r["status"] == "passed" for r in results) > 40


def test_works_without_scikit_learn():
    script = (
        "import sys; sys.modules['sklearn'] = None\n"
        "import numpy as np, jitkit as jk\n"
        "x = np.arange(8.0).reshape(4, 2)\n"
        "with jk.backend('python'):\n"
        "    assert jk.ml.KMeans(2, random_state=0).fit(x).inertia_ == 8\n"
        "    assert jk.ml.LogisticRegression().fit(x, [0, 0, 1, 1]).score(x, [0, 0, 1, 1]) == 1\n"
        "try:\n    jk.ml.KMeans().predict(x)\nexcept ValueError as error:\n    print(type(error).__module__)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "jitkit.ml._estimator"


def test_import_of_the_package_leaves_scikit_learn_alone():
    script = "import sys, jitkit, jitkit.ml; print('sklearn' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "False\n"
    )
