"""Dense layers, optimisers and perceptrons: against NumPy, scikit-learn, and one backend against another."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest

import jitkit as jk
from jitkit.ml._held_out import split

ONCE = {"max_iter": 12, "tol": 0.0, "n_iter_no_change": 100, "random_state": 3}


def normal(shape, seed=0, dtype="float32"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def quietly(model, *args):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(*args)


@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_dense_forward_and_backward(activation, backend):
    x, weight, bias, grad = normal((7, 5)), normal((5, 9), 1), normal(9, 2), normal((7, 9), 3)
    z = x.astype("float64") @ weight + bias
    functions = {
        "identity": (lambda z: z, lambda z: 1 + 0 * z),
        "logistic": (lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
    }
    f, slope = functions[activation]
    y = jk.ml.dense(x, weight, bias, activation, backend=backend)
    np.testing.assert_allclose(y, f(z), rtol=1e-5, atol=1e-6)
    out = np.empty_like(x), np.empty_like(weight), np.empty_like(bias)
    got = jk.ml.dense_backward(grad, x, weight, y, activation, out=out, backend=backend)
    assert all(found is part for found, part in zip(got, out, strict=True))
    delta = grad * slope(z)
    for found, expected in zip(got, (delta @ weight.T, x.T @ delta, delta.sum(0)), strict=True):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_steps_of_optimisers(backend):
    grads = [normal((3, 5), seed) for seed in range(4)]
    p, plain, q = normal((3, 5), 9), normal((3, 5), 9), normal((3, 5), 9)
    velocity, mean, square = (np.zeros((3, 5), "float32") for _ in range(3))
    wide, wide_plain, wide_q = (p.astype("float64") for _ in range(3))
    v, m, s = (np.zeros((3, 5)) for _ in range(3))
    for step, grad in enumerate(grads, 1):
        assert jk.ml.sgd_step(plain, grad, 0.1, backend=backend) is plain
        wide_plain -= 0.1 * grad
        jk.ml.sgd_step(p, grad, 0.1, velocity=velocity, nesterov=step % 2 == 0, weight_decay=0.2, backend=backend)
        slope = grad + 0.2 * wide
        v = 0.9 * v - 0.1 * slope
        wide += 0.9 * v - 0.1 * slope if step % 2 == 0 else v
        jk.ml.adam_step(q, grad, mean, square, step, 0.05, backend=backend)
        m, s = 0.9 * m + 0.1 * grad, 0.999 * s + 0.001 * grad.astype("float64") ** 2
        wide_q -= 0.05 * (m / (1 - 0.9**step)) / (np.sqrt(s / (1 - 0.999**step)) + 1e-8)
    np.testing.assert_allclose(plain, wide_plain, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(p, wide, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(q, wide_q, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: jk.ml.dense(x, x), jk.LaunchError, "ml.dense: takes"),
        (lambda x: jk.ml.dense(x, x.T, np.ones(4)), jk.LaunchError, "bias has the shape"),
        (lambda x: jk.ml.dense(x, x.T, activation="relu6"), jk.LaunchError, "'relu'"),
        (lambda x: jk.ml.dense_backward(x[:, :2], x, x.T, activation="relu"), jk.LaunchError, "pass y="),
        (lambda x: jk.ml.dense_backward(x, x, x.T), jk.LaunchError, "the output and its gradient"),
        (lambda x: jk.ml.sgd_step(x.astype(int), x), jk.KernelTypeError, "float32 or float64"),
        (lambda x: jk.ml.sgd_step(x, x[:1]), jk.LaunchError, "grad= is an array"),
        (lambda x: jk.ml.sgd_step(x.T, x.T), jk.LaunchError, "changed where it lies"),
        (lambda x: jk.ml.adam_step(x, x, x, x, 0), jk.LaunchError, "step=0; it is an integer of 1 or more"),
        (lambda x: jk.ml.sgd_step(x, x, "fast"), jk.LaunchError, "learning_rate='fast'"),
        (
            lambda x: jk.ml.MLPRegressor(learning_rate_init="fast").fit(x, [1, 2]),
            ValueError,
            "learning_rate_init='fast'",
        ),
        (lambda x: jk.ml.MLPRegressor(activation="sin").fit(x, [1, 2]), ValueError, "activation='sin'"),
        (lambda x: jk.ml.MLPRegressor((0,)).fit(x, [1, 2]), ValueError, "at least one neuron"),
        (
            lambda x: jk.ml.MLPRegressor(solver="newton").fit(x, [1, 2]),
            ValueError,
            "solver='newton'; there are 'adam', 'sgd', 'lbfgs'",
        ),
        (lambda x: jk.ml.MLPRegressor(batch_size=0).fit(x, [1, 2]), ValueError, "batch_size=0"),
        (
            lambda x: jk.ml.MLPRegressor(max_iter=0).fit(x, [1, 2]),
            ValueError,
            "max_iter=0; it is a whole number from 1",
        ),
        (
            lambda x: jk.ml.MLPRegressor(learning_rate=0.1).fit(x, [1, 2]),
            ValueError,
            "learning_rate=0.1; there are 'const",
        ),
        (
            lambda x: jk.ml.MLPRegressor(validation_fraction=1.0).fit(x, [1, 2]),
            ValueError,
            "validation_fraction=1.0; it is a number between 0 and 1",
        ),
        (
            lambda x: jk.ml.MLPRegressor(early_stopping=True).fit(x, [1, 2]),
            ValueError,
            "MLPRegressor: validation_fraction=0.1 holds out 1 of 2 samples; hold out at least two",
        ),
        (
            lambda x: jk.ml.MLPClassifier(early_stopping=True).partial_fit(x, [1, 2]),
            ValueError,
            "MLPClassifier: partial_fit does not support early_stopping=True",
        ),
        (lambda x: jk.ml.MLPRegressor(backend="gpu").fit(x, [1, 2]), jk.BackendError, "no backend 'gpu'"),
        (lambda x: jk.ml.MLPRegressor().predict(x), ValueError, "not fitted yet"),
        (
            lambda x: jk.ml.MLPClassifier().partial_fit(x, [0, 1], classes=[0, 1]).partial_fit(x, [0, 2]),
            ValueError,
            "pass all",
        ),
        (lambda x: jk.ml.MLPClassifier().set_params(depth=2), ValueError, "Invalid parameter 'depth'"),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call(np.ones((2, 3)))


def test_losses_are_those_of_the_interpreter(backend):
    """The same batches, weights and sums: what differs is rounding, in products of matrices and in exponentials."""
    X, y = normal((24, 4)), np.arange(24) % 3
    X[:, 0] += y
    options = {**ONCE, "max_iter": 4, "batch_size": 10, "learning_rate_init": 0.02}
    model, plain = (jk.ml.MLPClassifier((6,), **options, backend=b) for b in (backend, "python"))
    quietly(model, X, y)
    quietly(plain, X, y)
    np.testing.assert_allclose(model.loss_curve_, plain.loss_curve_, rtol=2e-6)
    np.testing.assert_allclose(model.coefs_[0], plain.coefs_[0], rtol=2e-4, atol=2e-6)
    np.testing.assert_allclose(model.predict_proba(X), plain.predict_proba(X), rtol=2e-4, atol=2e-6)
    numbers = jk.ml.MLPRegressor((5,), "tanh", solver="sgd", **options, backend=backend)
    plain = jk.ml.MLPRegressor((5,), "tanh", solver="sgd", **options, backend="python")
    quietly(numbers, X, X[:, :2])
    quietly(plain, X, X[:, :2])
    np.testing.assert_allclose(numbers.loss_curve_, plain.loss_curve_, rtol=2e-6)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_trains_as_scikit_learn(solver):
    """Equal seeds draw equal weights and orders, so that all parameters agree; so do more than two classes."""
    peers = pytest.importorskip("sklearn.neural_network", reason="scikit-learn is not installed")
    X, y = normal((50, 6), dtype="float64"), np.array(["a", "b", "c", "d", "e"] * 10)
    options = {**ONCE, "solver": solver, "batch_size": 20, "alpha": 0.1, "activation": "tanh"}
    ours = quietly(jk.ml.MLPRegressor((8, 5), shuffle=False, **options), X, X[:, 0])
    theirs = quietly(peers.MLPRegressor(hidden_layer_sizes=(8, 5), shuffle=False, **options), X, X[:, 0])
    for a, b in zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10)
    ours = quietly(jk.ml.MLPClassifier((8,), shuffle=False, **options), X, y)
    theirs = quietly(peers.MLPClassifier(hidden_layer_sizes=(8,), shuffle=False, **options), X, y)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-2)
    assert ours.score(X, y) == theirs.score(X, y)


def test_partial_fit_warm_start_and_pickle():
    X, y = normal((40, 3), dtype="float64"), np.arange(40) % 2
    whole = quietly(jk.ml.MLPClassifier((4,), **ONCE), X, y)
    parts = jk.ml.MLPClassifier((4,), **ONCE)
    for _ in range(ONCE["max_iter"]):
        parts.partial_fit(X, y, classes=[0, 1])
    np.testing.assert_array_equal(whole.coefs_[0], parts.coefs_[0])
    again = pickle.loads(pickle.dumps(parts))
    again.partial_fit(X, y)
    parts.partial_fit(X, y)
    np.testing.assert_array_equal(again.coefs_[0], parts.coefs_[0])
    warm = jk.ml.MLPClassifier((4,), warm_start=True, **ONCE)
    losses = [quietly(warm, X, y).loss_ for _ in range(2)]
    assert losses[1] < losses[0]
    assert np.allclose(np.exp(warm.predict_log_proba(X)).sum(1), 1)


@pytest.mark.parametrize(
    "options",
    [
        {"solver": "adam", "early_stopping": True, "validation_fraction": 0.25},
        {"solver": "sgd", "early_stopping": True, "learning_rate": "adaptive", "learning_rate_init": 0.05},
        {"solver": "sgd", "learning_rate": "invscaling", "power_t": 0.3},
        {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.1, "tol": 1e-2},
        {"solver": "adam", "learning_rate": "adaptive", "warm_start": True},
    ],
    ids=lambda options: "-".join(map(str, options.values())),
)
def test_rates_fall_and_training_ends_as_in_scikit_learn(options):
    peers = pytest.importorskip("sklearn.neural_network", reason="scikit-learn is not installed")
    X = normal((90, 4), dtype="float64")
    y = np.sin(X[:, 0]) + 0.3 * normal(90, 1, "float64")
    options = {"max_iter": 60, "n_iter_no_change": 3, "random_state": 5, "batch_size": 20, "shuffle": False, **options}
    ours = jk.ml.MLPRegressor((6,), activation="tanh", **options)
    theirs = peers.MLPRegressor(hidden_layer_sizes=(6,), activation="tanh", **options)
    for _ in range(2 if "warm_start" in options else 1):
        quietly(ours, X, y), quietly(theirs, X, y)
    assert (ours.n_iter_, ours.t_) == (theirs.n_iter_, theirs.t_)
    for a, b in zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-8)
    assert (ours.best_loss_ is None) == (theirs.best_loss_ is None)
    if theirs.validation_scores_ is None:
        assert ours.validation_scores_ is ours.best_validation_score_ is None
    else:
        np.testing.assert_allclose(ours.validation_scores_, theirs.validation_scores_, rtol=1e-6, atol=1e-8)
        assert ours.best_validation_score_ == max(ours.validation_scores_)
    weights = np.random.default_rng(2).random(90)
    assert ours.score(X, y, weights) == pytest.approx(theirs.score(X, y, weights), rel=1e-6)


def test_what_is_held_out_chooses_the_parameters(backend):
    X, y = normal((40, 3)), np.array(["no", "yes"] * 20)
    model = jk.ml.MLPClassifier(
        (4,), early_stopping=True, validation_fraction=0.3, max_iter=3, batch_size=14, random_state=1, backend=backend
    )
    quietly(model, X, y)
    random = np.random.RandomState(1)
    for inputs, outputs in ((3, 4), (4, 2)):  # what the parameters at first were drawn with
        random.uniform(size=(inputs, outputs)), random.uniform(size=outputs)
    rest, out = split(40, 0.3, random, np.arange(40) % 2, "")
    assert len(model.validation_scores_) == model.n_iter_ == 3
    assert model.t_ == 3 * 28
    assert model.best_validation_score_ == max(model.validation_scores_) == model.score(X[out], y[out])
    assert set(rest) | set(out) == set(range(40))
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize(("sizes", "fraction", "wanted"), [((50, 30, 20), 0.1, (5, 3, 2)), ((1, 9), 0.3, (0, 3))])
def test_classes_are_held_out_alike(sizes, fraction, wanted):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    rest, out = split(len(labels), fraction, np.random.RandomState(0), labels, "")
    assert tuple(np.bincount(labels[out], minlength=len(sizes))) == wanted
    np.testing.assert_array_equal(np.sort(np.concatenate([rest, out])), np.arange(len(labels)))


def test_verbose_prints_epochs(capsys):
    X = normal((30, 2))
    options = {
        "learning_rate": "adaptive",
        "learning_rate_init": 0.1,
        "verbose": True,
        "early_stopping": True,
        "tol": 9.0,
    }
    quietly(jk.ml.MLPRegressor((3,), solver="sgd", max_iter=4, n_iter_no_change=1, **options), X, X[:, 0])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Iteration 1, loss = ")
    assert lines[1].startswith("Validation score: ")
    assert (
        "The score of what is held out did not rise by more than tol=9 for 1 epochs. The learning rate falls to 0.02."
        in lines
    )
    quietly(jk.ml.MLPRegressor((3,), max_iter=2), X, X[:, 0])
    assert not capsys.readouterr().out


def test_float32_stays_and_columns_of_frames_are_kept():
    X = normal((30, 2))
    model = quietly(jk.ml.MLPRegressor((3,), **ONCE), X, X[:, 0])
    assert {a.dtype for a in (*model.coefs_, model.predict(X))} == {np.dtype("float32")}
    assert repr(jk.ml.MLPRegressor((3,), alpha=0.5)) == "MLPRegressor(alpha=0.5, hidden_layer_sizes=(3,))"


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_weights_of_samples_as_in_scikit_learn(solver, backend):
    peers = pytest.importorskip("sklearn.neural_network", reason="scikit-learn is not installed")
    X, y = normal((50, 4), dtype="float64"), np.arange(50) % 3
    weights = np.random.default_rng(4).integers(0, 4, 50) * 0.5
    options = {
        **ONCE,
        "max_iter": 5,
        "solver": solver,
        "batch_size": 20,
        "alpha": 0.1,
        "activation": "tanh",
        "shuffle": False,
    }
    ours = quietly(jk.ml.MLPRegressor((5,), **options, backend=backend), X, X[:, 0], weights)
    theirs = quietly(peers.MLPRegressor(hidden_layer_sizes=(5,), **options), X, X[:, 0], weights)
    for a, b in zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10)
    ours = quietly(jk.ml.MLPClassifier((5,), **options, backend=backend), X, y, weights)
    theirs = quietly(peers.MLPClassifier(hidden_layer_sizes=(5,), **options), X, y, weights)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=2e-2)


def test_equal_weights_are_none_and_samples_without_weight_are_not_there():
    X, y = normal((40, 3), dtype="float64"), np.arange(40) % 2
    options = {**ONCE, "max_iter": 6, "batch_size": 40, "shuffle": False, "alpha": 0.0}
    plain = quietly(jk.ml.MLPClassifier((4,), **options), X[:25], y[:25])
    weights = np.repeat([2.0, 0.0], [25, 15])
    weighted = quietly(jk.ml.MLPClassifier((4,), **options), X, y, weights)
    np.testing.assert_allclose(weighted.coefs_[0], plain.coefs_[0], rtol=1e-9)
    np.testing.assert_allclose(weighted.loss_curve_, plain.loss_curve_, rtol=1e-9)
    none_in_a_batch = quietly(jk.ml.MLPClassifier((4,), **{**options, "batch_size": 5}), X, y, weights)
    assert np.isfinite(none_in_a_batch.coefs_[0]).all()


@pytest.mark.parametrize("weighted", [False, True], ids=["alike", "weighted"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_lbfgs_finds_a_minimum(dtype, weighted, backend):
    """At its end the loss, as scikit-learn defines it, is no larger than scikit-learn's, and its gradient is small."""
    peers = pytest.importorskip("sklearn.neural_network", reason="scikit-learn is not installed")
    X, y = normal((30, 3), dtype=dtype), np.arange(30) % 3
    weights = np.random.default_rng(4).integers(0, 4, 30) * 0.5 if weighted else None
    few = 40 if backend == "python" else 300
    options = {"solver": "lbfgs", "alpha": 1.0, "activation": "tanh", "max_iter": few, "random_state": 2}
    ours = quietly(jk.ml.MLPClassifier((4,), **options, backend=backend), X, y, weights)
    theirs = quietly(peers.MLPClassifier(hidden_layer_sizes=(4,), **options), X, y, weights)
    assert ours.loss_ <= theirs.loss_ * (1 + (2e-2 if backend == "python" else 5e-3))
    chances = ours.predict_proba(X).astype(np.float64)[np.arange(30), y]
    whole = 30 if weights is None else weights.sum()
    loss = np.average(-np.log(chances), weights=weights) + 0.5 * sum((w**2).sum() for w in ours.coefs_) / whole
    assert ours.loss_ == pytest.approx(loss, rel=1e-5)


def test_lbfgs_learns_numbers_and_goes_on_where_it_ended():
    X = np.linspace(-2, 2, 60)[:, None]
    y = np.sin(2 * X[:, 0])
    model = jk.ml.MLPRegressor((12,), "tanh", solver="lbfgs", max_iter=800, random_state=0, warm_start=True)
    assert quietly(model, X, y).score(X, y) > 0.99
    first = model.loss_
    assert quietly(pickle.loads(pickle.dumps(model)), X, y).loss_ <= first
    with pytest.raises(ValueError, match="partial_fit takes solver='adam' or 'sgd': 'lbfgs' needs all samples at once"):
        model.partial_fit(X, y)
    with pytest.warns(Warning, match="MLPRegressor: no minimum within max_iter=2 steps"):
        jk.ml.MLPRegressor((12,), solver="lbfgs", max_iter=2, random_state=0).fit(X, y)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 2], r"sample_weight has the shape \(2,\); it is a number for each sample"),
        ([1, -1, 1, 1], "sample_weight has -1.0 in it; weights are numbers from 0"),
        ([0, 0, 0, 0], "all weights in sample_weight are zero"),
    ],
)
def test_mistakes_in_weights_are_named(weights, message):
    with pytest.raises(ValueError, match=message):
        jk.ml.MLPClassifier().fit(np.ones((4, 2)), [0, 1, 0, 1], weights)
