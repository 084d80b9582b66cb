"""MLPClassifier and MLPRegressor: multilayer perceptrons under scikit-learn's names."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from jitkit.arrays import to_numpy
from jitkit.launch.arguments import is_device_array
from jitkit.ml._estimator import classes_of, column, finite, numbers, same_length, weights_of
from jitkit.ml._perceptron import Perceptron
from jitkit.ml.softmax import softmax


class MLPClassifier(Perceptron):
    """A multilayer perceptron that learns classes, by the cross entropy of a softmax.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int, default (100,)
        Neurons of each hidden layer.
    activation : {"identity", "logistic", "tanh", "relu"}, default "relu"
        The activation of hidden neurons.
    solver : {"adam", "sgd", "lbfgs"}, default "adam"
        How parameters move; "lbfgs" looks at all samples in each step, which is best for few of them, and knows no batches,
        epochs, rates or early stopping.
    alpha : float, default 1e-4
        The strength of the penalty on the squares of the weights.
    batch_size : int or "auto", default "auto"
        Samples of a step; at most 200 unless given.
    learning_rate : {"constant", "invscaling", "adaptive"}, default "constant"
        How the rate of "sgd" falls: not at all, after each epoch to ``learning_rate_init / (t_ + 1) ** power_t``, or to a
        fifth where training would end else, as long as it is above 1e-6.
    learning_rate_init : float, default 1e-3
        The learning rate at first.
    power_t : float, default 0.5
        See `learning_rate`.
    max_iter : int, default 200
        The most epochs, or steps of "lbfgs".
    shuffle : bool, default True
        Take the samples of each epoch in a new order.
    random_state : int, numpy.random.RandomState or None, default None
        What the weights at first and the orders come from.
    tol : float, default 1e-4
        Training ends when the loss has not fallen by more than this for `n_iter_no_change` epochs; "lbfgs" ends where no
        component of the gradient is larger.
    momentum, nesterovs_momentum : float, default 0.9, and bool, default True
        Of "sgd".
    beta_1, beta_2, epsilon : float, default 0.9, 0.999 and 1e-8
        Of "adam".
    n_iter_no_change : int, default 10
        See `tol`.
    warm_start : bool, default False
        Go on from the parameters of the last `fit`.
    verbose : bool, default False
        Print the loss of each epoch.
    early_stopping : bool, default False
        Hold samples out, end the training when the share of their classes that is predicted has not risen by `tol` for
        `n_iter_no_change` epochs, and keep the parameters that scored best.
    validation_fraction : float, default 0.1
        The part of the samples that is held out, of each class alike.
    backend : {"python", "cpu", "cuda"} or None, default None
        Where it learns and predicts; chosen as for a launch unless given.

    Attributes
    ----------
    classes_ : ndarray
        The classes, in order.
    coefs_, intercepts_ : list of ndarray
        The weights, of shape (inputs, outputs), and the biases of each layer.
    loss_, best_loss_, loss_curve_ : float, float, list of float
        Of the last epoch, the least (None where samples are held out), and of all epochs: the mean over the samples as each
        was met, and the penalty of the weights at the end of the epoch.
    validation_scores_, best_validation_score_ : list of float and float, or None
        Of all epochs, and the best, where samples are held out.
    t_ : int
        The samples met in all epochs.
    n_iter_, n_layers_, n_outputs_, n_features_in_, feature_names_in_, out_activation_
        As in scikit-learn.

    Notes
    -----
    The interface is that of `sklearn.neural_network.MLPClassifier`; two classes have two outputs under a softmax. Equal
    seeds give equal orders and weights on every backend, and losses that agree up to rounding. scikit-learn is not needed.
    Device arrays are taken, results are NumPy arrays.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> model = jk.ml.MLPClassifier((16,), max_iter=400, learning_rate_init=0.05, random_state=1, tol=0.0, n_iter_no_change=400)
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     model.fit(X, ["same", "other", "other", "same"]).predict(X).tolist()
    ['same', 'other', 'other', 'same']
    """

    _kind = "classifier"
    classes_: np.ndarray

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from samples of shape (n, features) and their classes; return the estimator.

        `sample_weight`, of shape (n,), says how much each sample counts in the mean of its batch.
        """
        self._check()
        again = self.warm_start and hasattr(self, "_network")
        x = self._samples(X, reset=not again, least=2)
        classes, labels = classes_of(column(y, len(x), type(self).__name__), type(self).__name__)
        if again and not np.array_equal(classes, self.classes_):
            raise ValueError(f"warm_start keeps the classes {self.classes_}, and y has {classes}")
        self.classes_, self.n_outputs_ = classes, len(classes)
        return self._fit(x, labels, weights_of(sample_weight, x, type(self).__name__))

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Learn for one epoch; the first call takes all `classes`, or those of its `y`. Return the estimator."""
        self._check()
        self._refuse_what_needs_all_samples()
        first = not hasattr(self, "_network")
        x, who = self._samples(X, reset=first), type(self).__name__
        y = column(y, len(x), who)
        if first:
            self.classes_ = np.unique(classes) if classes is not None else classes_of(y, who)[0]
            self.n_outputs_ = len(self.classes_)
            self._begin(x.dtype)
        labels = np.searchsorted(self.classes_, y)
        if (self.classes_[np.minimum(labels, len(self.classes_) - 1)] != y).any():
            raise ValueError(f"{who}: y has classes that are not among {self.classes_}: pass all of them first")
        weights = weights_of(sample_weight, x, who)
        self._learn(x.astype(self._network.dtype, copy=False), labels, 1, weights=weights)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class for samples, of shape (n, classes)."""
        outputs = self._outputs(X)
        chances: np.ndarray = to_numpy(softmax(outputs, backend=self._network.backend))
        return chances

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithms of the probabilities."""
        with np.errstate(divide="ignore"):
            logarithms: np.ndarray = np.log(self.predict_proba(X))
        return logarithms

    def predict(self, X: Any) -> np.ndarray:
        """Return the likeliest class of each sample."""
        outputs = to_numpy(self._outputs(X))
        chosen: np.ndarray = self.classes_[outputs.argmax(axis=1)]
        return chosen

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of samples whose class is predicted, by their weights."""
        found = self.predict(X)
        weights = weights_of(sample_weight, np.empty(len(found)), type(self).__name__)
        return float(np.average(found == np.asarray(y), weights=weights))

    def _score(self, outputs: Any, y: np.ndarray, weights: np.ndarray | None = None) -> float:
        return float(np.average(to_numpy(outputs).argmax(axis=1) == y, weights=weights))


class MLPRegressor(Perceptron):
    """A multilayer perceptron that learns numbers, by the squared error.

    Parameters
    ----------
    hidden_layer_sizes, activation, solver, alpha, batch_size, learning_rate, learning_rate_init, power_t, max_iter, shuffle
        As for `MLPClassifier`.
    random_state, tol, momentum, nesterovs_momentum, beta_1, beta_2, epsilon, n_iter_no_change, warm_start, verbose, backend
        As for `MLPClassifier`.
    early_stopping, validation_fraction : bool, default False, and float, default 0.1
        As for `MLPClassifier`; the score is the share of the targets' variance that is predicted.

    Attributes
    ----------
    coefs_, intercepts_ : list of ndarray
        The weights, of shape (inputs, outputs), and the biases of each layer.
    loss_, best_loss_, loss_curve_ : float, float, list of float
        Half the mean squared error, as for `MLPClassifier`.
    validation_scores_, best_validation_score_, t_
        As for `MLPClassifier`.
    n_iter_, n_layers_, n_outputs_, n_features_in_, feature_names_in_, out_activation_
        As in scikit-learn.

    Notes
    -----
    The interface is that of `sklearn.neural_network.MLPRegressor`, which is not needed.
    Device arrays are taken, results are NumPy arrays.

    Examples
    --------
    >>> import numpy as np, jitkit as jk
    >>> X = np.linspace(-1, 1, 50)[:, None]
    >>> model = jk.ml.MLPRegressor((30,), max_iter=500, learning_rate_init=0.01, random_state=0)
    >>> bool(model.fit(X, 2 * X[:, 0]).score(X, 2 * X[:, 0]) > 0.98)
    True
    """

    _kind = "regressor"

    def _targets(self, y: Any, n: int) -> np.ndarray:
        who = type(self).__name__
        table = np.asarray(to_numpy(y) if is_device_array(y) else y)
        y = column(y, n, who) if y is None or table.ndim < 2 or table.shape[1] == 1 else table
        same_length(y, n)
        y = numbers(y, "y")
        finite(y, "y", who)
        return np.asarray(y.reshape(n, -1))

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from samples of shape (n, features) and their numbers, (n,) or (n, outputs); return the estimator.

        `sample_weight` is as for `MLPClassifier.fit`.
        """
        self._check()
        x = self._samples(X, reset=not (self.warm_start and hasattr(self, "_network")), least=2)
        y = self._targets(y, len(x))
        self.n_outputs_ = y.shape[1]
        return self._fit(x, y.astype(x.dtype), weights_of(sample_weight, x, type(self).__name__))

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn for one epoch, and return the estimator."""
        self._check()
        self._refuse_what_needs_all_samples()
        first = not hasattr(self, "_network")
        x = self._samples(X, reset=first)
        y = self._targets(y, len(x))
        if first:
            self.n_outputs_ = y.shape[1]
            self._begin(x.dtype)
        dtype = self._network.dtype
        weights = weights_of(sample_weight, x, type(self).__name__)
        self._learn(x.astype(dtype, copy=False), y.astype(dtype), 1, weights=weights)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return a number for each sample, or as many as there were in `y`."""
        outputs: np.ndarray = to_numpy(self._outputs(X))
        return outputs.reshape(-1) if self.n_outputs_ == 1 else outputs

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the share of the targets' variance that is predicted, by the weights of samples."""
        found = self.predict(X)
        weights = weights_of(sample_weight, np.empty(len(found)), type(self).__name__)
        return self._score(found, np.asarray(to_numpy(y) if is_device_array(y) else y), weights)

    def _score(self, outputs: Any, y: np.ndarray, weights: np.ndarray | None = None) -> float:
        found = np.asarray(to_numpy(outputs), np.float64).reshape(len(y), -1)
        y = y.astype(np.float64).reshape(found.shape)
        mean = np.average(y, axis=0, weights=weights)
        rest, all_of_it = (np.average((y - x) ** 2, axis=0, weights=weights) for x in (found, mean))
        share = np.where(all_of_it > 0, 1 - rest / np.where(all_of_it > 0, all_of_it, 1), np.where(rest > 0, 0.0, 1.0))
        return float(np.mean(share))
