"""MLPClassifier and MLPRegressor: multilayer perceptrons under scikit-learn's names."""

from __future__ import annotations

import math
from typing import Any, Literal, Self

import numpy as np

from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.launch.arguments import is_device_array
from jitkit.ml._estimator import (
    Estimator,
    check_backend,
    classes_of,
    column,
    finite,
    numbers,
    random_of,
    same_length,
    warn_not_converged,
)
from jitkit.ml._network import Network, Rule
from jitkit.ml.dense import LAYERS
from jitkit.ml.softmax import softmax


class _Perceptron(Estimator):
    """What both perceptrons share."""

    _network: Network
    n_outputs_: int

    def __init__(
        self,
        hidden_layer_sizes: tuple[int, ...] = (100,),
        activation: Literal["identity", "logistic", "tanh", "relu"] = "relu",
        *,
        solver: Literal["adam", "sgd"] = "adam",
        alpha: float = 1e-4,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate_init: float = 1e-3,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int = 10,
        warm_start: bool = False,
        backend: str | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.warm_start = warm_start
        self.backend = backend

    def __getstate__(self) -> dict[str, Any]:
        state = {name: value for name, value in vars(self).items() if name != "_network"}
        return state | ({"_vectors": [to_numpy(v) for v in self._network.vectors]} if "_network" in vars(self) else {})

    def __setstate__(self, state: dict[str, Any]) -> None:
        vectors = state.pop("_vectors", None)
        vars(self).update(state)
        if vectors is not None:
            self._network = self._new_network(vectors[0].dtype)
            self._network.steps = self._steps
            for vector, held in zip(self._network.vectors, vectors, strict=True):
                operands.assign(vector, held)

    def _check(self) -> None:
        """Refuse parameters that mean nothing."""
        who, sizes = type(self).__name__, self._hidden()
        if any(not isinstance(size, int | np.integer) or size < 1 for size in sizes):
            raise ValueError(f"{who}: hidden_layer_sizes={self.hidden_layer_sizes!r}; layers have at least one neuron")
        if str(self.activation) not in LAYERS:
            raise ValueError(f"{who}: activation={self.activation!r}; there are {', '.join(map(repr, LAYERS))}")
        if str(self.solver) not in ("adam", "sgd"):
            raise ValueError(f"{who}: solver={self.solver!r}; there are 'adam' and 'sgd'")
        batch = [] if isinstance(self.batch_size, str) and self.batch_size == "auto" else ["batch_size"]
        self._refuse(
            counts=["max_iter", "n_iter_no_change", *batch], positive=["learning_rate_init"], not_negative=["alpha"]
        )
        check_backend(self.backend)

    def _hidden(self) -> list[Any]:
        sizes: Any = self.hidden_layer_sizes
        return list(sizes) if np.ndim(sizes) else [sizes]

    def _new_network(self, dtype: Any) -> Network:
        sizes = [self.n_features_in_, *self._hidden(), self.n_outputs_]
        return Network(sizes, self.activation, dtype, self._where(), self._kind == "classifier")

    def _begin(self, dtype: Any) -> None:
        """Make the network with random weights, after X. Glorot and Y. Bengio (AISTATS 2010)."""
        self._random = random_of(self.random_state)
        self._network = self._new_network(dtype)
        weights, biases = [], []
        for inputs, outputs in self._network.shapes:
            bound = math.sqrt((2.0 if self.activation == "logistic" else 6.0) / (inputs + outputs))
            weights.append(self._random.uniform(-bound, bound, (inputs, outputs)))
            biases.append(self._random.uniform(-bound, bound, outputs))
        self._network.load(weights, biases)
        self._steps = self.n_iter_ = self.t_ = 0
        self.loss_curve_: list[float] = []
        self.best_loss_ = math.inf
        self.n_layers_ = len(self._network.sizes)
        self.out_activation_ = "softmax" if self._kind == "classifier" else "identity"

    def _learn(self, X: np.ndarray, y: np.ndarray, epochs: int) -> bool:
        """Train, and tell whether the loss ceased to fall."""
        network, n = self._network, len(X)
        batch = min(200, n) if self.batch_size == "auto" else min(int(self.batch_size), n)
        rule = Rule(
            self.solver, float(self.learning_rate_init), float(self.alpha), float(self.momentum),
            bool(self.nesterovs_momentum), float(self.beta_1), float(self.beta_2), float(self.epsilon),
        )  # fmt: skip
        x, targets = network.on_device(X), network.on_device(y)
        losses = network.on_device(np.zeros(n, network.dtype))
        stale, converged = 0, False
        for _ in range(epochs):
            order = network.on_device(self._random.permutation(n) if self.shuffle else np.arange(n))
            for first in range(0, n, batch):
                network.step(x, targets, order, first, min(batch, n - first), losses, rule)
            loss = float(np.mean(to_numpy(losses), dtype=np.float64))
            self.loss_ = loss + 0.5 * self.alpha * network.penalty() / batch
            self.loss_curve_.append(self.loss_)
            self.n_iter_ += 1
            stale = stale + 1 if self.loss_ > self.best_loss_ - self.tol else 0
            self.best_loss_ = min(self.best_loss_, self.loss_)
            if stale > self.n_iter_no_change:
                converged = True
                break
        self._steps, self.t_ = network.steps, self.t_ + epochs * n
        self.coefs_, self.intercepts_ = network.stored()
        return converged

    def _fit(self, X: np.ndarray, y: np.ndarray) -> Self:
        if not (self.warm_start and hasattr(self, "_network")):
            self._begin(X.dtype)
        if not self._learn(X, y, self.max_iter):
            warn_not_converged(f"{type(self).__name__}: the loss still fell after max_iter={self.max_iter} epochs.")
        return self

    def _outputs(self, X: Any) -> Any:
        """Return the outputs before softmax, where the network lies."""
        self._fitted("coefs_")
        x = self._samples(X, reset=False).astype(self._network.dtype, copy=False)
        return self._network.forward(self._network.on_device(x))


class MLPClassifier(_Perceptron):
    """A multilayer perceptron that learns classes, by the cross entropy of a softmax.

    Parameters
    ----------
    hidden_layer_sizes : tuple of int, default (100,)
        Neurons of each hidden layer.
    activation : {"identity", "logistic", "tanh", "relu"}, default "relu"
        The activation of hidden neurons.
    solver : {"adam", "sgd"}, default "adam"
        How parameters move.
    alpha : float, default 1e-4
        The strength of the penalty on the squares of the weights.
    batch_size : int or "auto", default "auto"
        Samples of a step; at most 200 unless given.
    learning_rate_init : float, default 1e-3
        The learning rate of every step.
    max_iter : int, default 200
        The most epochs.
    shuffle : bool, default True
        Take the samples of each epoch in a new order.
    random_state : int, numpy.random.RandomState or None, default None
        What the weights at first and the orders come from.
    tol : float, default 1e-4
        Training ends when the loss has not fallen by more than this for `n_iter_no_change` epochs.
    momentum, nesterovs_momentum : float, default 0.9, and bool, default True
        Of "sgd".
    beta_1, beta_2, epsilon : float, default 0.9, 0.999 and 1e-8
        Of "adam".
    n_iter_no_change : int, default 10
        See `tol`.
    warm_start : bool, default False
        Go on from the parameters of the last `fit`.
    backend : {"python", "cpu", "cuda"} or None, default None
        Where it learns and predicts; chosen as for a launch unless given.

    Attributes
    ----------
    classes_ : ndarray
        The classes, in order.
    coefs_, intercepts_ : list of ndarray
        The weights, of shape (inputs, outputs), and the biases of each layer.
    loss_, best_loss_, loss_curve_ : float, float, list of float
        Of the last epoch, the least, and of all epochs: the mean over the samples as each was met, and the penalty of the
        weights at the end of the epoch.
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

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from samples of shape (n, features) and their classes; return the estimator."""
        self._check()
        again = self.warm_start and hasattr(self, "_network")
        x = self._samples(X, reset=not again, least=2)
        classes, labels = classes_of(column(y, len(x), type(self).__name__), type(self).__name__)
        if again and not np.array_equal(classes, self.classes_):
            raise ValueError(f"warm_start keeps the classes {self.classes_}, and y has {classes}")
        self.classes_, self.n_outputs_ = classes, len(classes)
        return self._fit(x, labels)

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:
        """Learn for one epoch; the first call takes all `classes`, or those of its `y`. Return the estimator."""
        self._check()
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
        self._learn(x.astype(self._network.dtype, copy=False), labels, 1)
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

    def score(self, X: Any, y: Any) -> float:
        """Return the share of samples whose class is predicted."""
        return float(np.mean(self.predict(X) == np.asarray(y)))


class MLPRegressor(_Perceptron):
    """A multilayer perceptron that learns numbers, by the squared error.

    Parameters
    ----------
    hidden_layer_sizes, activation, solver, alpha, batch_size, learning_rate_init, max_iter, shuffle, random_state, tol
        As for `MLPClassifier`.
    momentum, nesterovs_momentum, beta_1, beta_2, epsilon, n_iter_no_change, warm_start, backend
        As for `MLPClassifier`.

    Attributes
    ----------
    coefs_, intercepts_ : list of ndarray
        The weights, of shape (inputs, outputs), and the biases of each layer.
    loss_, best_loss_, loss_curve_ : float, float, list of float
        Half the mean squared error, as for `MLPClassifier`.
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

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from samples of shape (n, features) and their numbers, (n,) or (n, outputs); return the estimator."""
        self._check()
        x = self._samples(X, reset=not (self.warm_start and hasattr(self, "_network")), least=2)
        y = self._targets(y, len(x))
        self.n_outputs_ = y.shape[1]
        return self._fit(x, y.astype(x.dtype))

    def partial_fit(self, X: Any, y: Any) -> Self:
        """Learn for one epoch, and return the estimator."""
        self._check()
        first = not hasattr(self, "_network")
        x = self._samples(X, reset=first)
        y = self._targets(y, len(x))
        if first:
            self.n_outputs_ = y.shape[1]
            self._begin(x.dtype)
        dtype = self._network.dtype
        self._learn(x.astype(dtype, copy=False), y.astype(dtype), 1)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return a number for each sample, or as many as there were in `y`."""
        outputs: np.ndarray = to_numpy(self._outputs(X))
        return outputs.reshape(-1) if self.n_outputs_ == 1 else outputs

    def score(self, X: Any, y: Any) -> float:
        """Return the share of the targets' variance that is predicted."""
        y, found = np.asarray(y, np.float64), self.predict(X)
        y = y.reshape(found.shape)
        rest, all_of_it = ((y - found) ** 2).sum(axis=0), ((y - y.mean(axis=0)) ** 2).sum(axis=0)
        share = np.where(all_of_it > 0, 1 - rest / np.where(all_of_it > 0, all_of_it, 1), np.where(rest > 0, 0.0, 1.0))
        return float(np.mean(share))
