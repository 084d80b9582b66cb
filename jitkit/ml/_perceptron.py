"""What both perceptrons share: parameters, the epochs of a training and when they end."""

from __future__ import annotations

import math
from typing import Any, Literal, Self

import numpy as np

from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.ml._batches import batches
from jitkit.ml._estimator import Estimator, check_backend, random_of, warn_not_converged
from jitkit.ml._held_out import Held, split
from jitkit.ml._lbfgs import minimise
from jitkit.ml._network import Network, Rule
from jitkit.ml.dense import LAYERS

SOLVERS = ("adam", "sgd", "lbfgs")
RATES = ("constant", "invscaling", "adaptive")
LEAST_RATE = 1e-6
"""An "adaptive" learning rate falls no more below this, as in scikit-learn."""


class Perceptron(Estimator):
    """What both perceptrons share."""

    _network: Network
    n_outputs_: int

    def __init__(
        self,
        hidden_layer_sizes: tuple[int, ...] = (100,),
        activation: Literal["identity", "logistic", "tanh", "relu"] = "relu",
        *,
        solver: Literal["adam", "sgd", "lbfgs"] = "adam",
        alpha: float = 1e-4,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: Literal["constant", "invscaling", "adaptive"] = "constant",
        learning_rate_init: float = 1e-3,
        power_t: float = 0.5,
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
        verbose: bool = False,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        backend: str | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
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
        self.verbose = verbose
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
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
        if str(self.solver) not in SOLVERS:
            raise ValueError(f"{who}: solver={self.solver!r}; there are {', '.join(map(repr, SOLVERS))}")
        if str(self.learning_rate) not in RATES:
            raise ValueError(f"{who}: learning_rate={self.learning_rate!r}; there are {', '.join(map(repr, RATES))}")
        batch = [] if isinstance(self.batch_size, str) and self.batch_size == "auto" else ["batch_size"]
        self._refuse(
            counts=["max_iter", "n_iter_no_change", *batch], positive=["learning_rate_init"],
            not_negative=["alpha", "power_t"], within=["validation_fraction"],
        )  # fmt: skip
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
        self._steps = self.t_ = 0
        self.loss_curve_: list[float] = []
        self._rate, self._stale = float(self.learning_rate_init), 0
        self.best_loss_ = None if self.early_stopping else math.inf
        self.validation_scores_: list[float] | None = [] if self.early_stopping else None
        self.best_validation_score_ = -math.inf if self.early_stopping else None
        self.n_layers_ = len(self._network.sizes)
        self.out_activation_ = "softmax" if self._kind == "classifier" else "identity"

    def _rule(self) -> Rule:
        return Rule(
            self.solver, self._rate, float(self.alpha), float(self.momentum),
            bool(self.nesterovs_momentum), float(self.beta_1), float(self.beta_2), float(self.epsilon),
        )  # fmt: skip

    def _learn(
        self, X: np.ndarray, y: np.ndarray, epochs: int, held: Held | None = None, weights: np.ndarray | None = None
    ) -> bool:
        """Train, and tell whether it was at its end: the losses ceased to fall, or the scores of what is held out to rise."""
        network, n = self._network, len(X)
        batch = min(200, n) if self.batch_size == "auto" else min(int(self.batch_size), n)
        x, targets = network.on_device(X), network.on_device(y)
        losses = network.on_device(np.zeros(n, network.dtype))
        self.n_iter_, ended = 0, False
        while self.n_iter_ < epochs and not ended:
            places, rule = self._random.permutation(n) if self.shuffle else np.arange(n), self._rule()
            order, met = network.on_device(places), batches(n, batch, None if weights is None else weights[places])
            shares = None if met.shares is None else network.on_device(met.shares.astype(network.dtype))
            for first, whole in zip(range(0, n, batch), met.wholes, strict=True):
                if whole > 0:
                    network.slope(x, targets, order, first, min(batch, n - first), losses, shares)
                    network.move(rule, whole)
            self.loss_ = met.mean(to_numpy(losses)) + 0.5 * self.alpha * network.penalty() / met.whole
            self.loss_curve_.append(self.loss_)
            self.n_iter_, self.t_ = self.n_iter_ + 1, self.t_ + n
            self._say(f"Iteration {self.n_iter_}, loss = {self.loss_:.8f}")
            ended = self._ends(held)
        if held is not None:
            operands.assign(network.parameters, held.parameters)
        self._steps = network.steps
        self.coefs_, self.intercepts_ = network.stored()
        return ended

    def _ends(self, held: Held | None) -> bool:
        """Note how the last epoch went; let the rate fall, or tell that training is at its end."""
        self._stale = 0 if self._better(held) else self._stale + 1
        falls = str(self.learning_rate) if self.solver == "sgd" else "constant"
        if falls == "invscaling":
            self._rate = self.learning_rate_init / (self.t_ + 1) ** self.power_t
        if self._stale <= self.n_iter_no_change:
            return False
        what = "The training loss did not fall" if held is None else "The score of what is held out did not rise"
        text = f"{what} by more than tol={self.tol:g} for {self.n_iter_no_change} epochs."
        if falls != "adaptive" or self._rate <= LEAST_RATE:
            self._say(f"{text} Training ends.")
            return True
        self._rate, self._stale = self._rate / 5, 0
        self._say(f"{text} The learning rate falls to {self._rate:g}.")
        return False

    def _better(self, held: Held | None) -> bool:
        """Tell whether the last epoch improved on the best by `tol` or more, and note the best."""
        if held is None:
            best = math.inf if self.best_loss_ is None else self.best_loss_  # what `fit` held out, partial_fit does not
            better = not self.loss_ > best - self.tol
            self.best_loss_ = min(best, self.loss_)
            return bool(better)
        score = self._score(self._network.forward(held.x), held.y, held.weights)
        assert self.validation_scores_ is not None
        assert self.best_validation_score_ is not None
        self.validation_scores_.append(score)
        self._say(f"Validation score: {score:f}")
        better = not score < self.best_validation_score_ + self.tol
        if score > self.best_validation_score_:
            self.best_validation_score_ = score
            held.parameters = np.array(to_numpy(self._network.parameters))
        return better

    def _search(self, X: np.ndarray, y: np.ndarray, weights: np.ndarray | None) -> None:
        """Train by L-BFGS, on all samples at once."""
        network, n = self._network, len(X)
        x, targets, order = network.on_device(X), network.on_device(y), network.on_device(np.arange(n))
        losses, met = network.on_device(np.zeros(n, network.dtype)), batches(n, n, weights)
        shares = None if met.shares is None else network.on_device(met.shares.astype(network.dtype))
        decay = float(self.alpha) / met.whole

        def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
            operands.assign(network.parameters, network.on_device(parameters.astype(network.dtype)))
            network.slope(x, targets, order, 0, n, losses, shares)
            slope, inner = np.array(to_numpy(network.slopes), np.float64), parameters[: network.weighted]
            slope[: network.weighted] += decay * inner
            return met.mean(to_numpy(losses)) + 0.5 * decay * float(inner @ inner), slope

        start = np.array(to_numpy(network.parameters), np.float64)
        found = minimise(loss, start, float(self.tol), int(self.max_iter))
        operands.assign(network.parameters, network.on_device(found.x.astype(network.dtype)))
        self.n_iter_, self.loss_, self._steps = found.iterations, found.value, network.steps
        self.coefs_, self.intercepts_ = network.stored()
        self._say(f"Iterations {self.n_iter_}, loss = {self.loss_:.8f}")
        if not found.converged:
            warn_not_converged(f"{type(self).__name__}: no minimum within max_iter={self.max_iter} steps.")

    def _fit(self, X: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> Self:
        who = type(self).__name__
        if self.warm_start and hasattr(self, "_network"):
            self._network.forget()
            self._rate = float(self.learning_rate_init)
            if self.early_stopping and self.validation_scores_ is None:
                self.validation_scores_, self.best_validation_score_ = [], -math.inf
        else:
            self._begin(X.dtype)
        if self.solver == "lbfgs":
            self._search(X.astype(self._network.dtype, copy=False), y, weights)
            return self
        held = None
        if self.early_stopping:
            labels = y if self._kind == "classifier" else None
            rest, out = split(len(X), float(self.validation_fraction), self._random, labels, who)
            network = self._network
            held = Held(
                network.on_device(X[out].astype(network.dtype, copy=False)), y[out], to_numpy(network.parameters),
                None if weights is None else self._counting(weights[out], "what is held out"),
            )  # fmt: skip
            X, y = X[rest], y[rest]
            weights = None if weights is None else self._counting(weights[rest], "what is left for training")
        if not self._learn(X.astype(self._network.dtype, copy=False), y, self.max_iter, held, weights):
            grew = "the loss still fell" if held is None else "the score of what is held out still rose"
            warn_not_converged(f"{who}: {grew} after max_iter={self.max_iter} epochs.")
        return self

    def _score(self, outputs: Any, y: np.ndarray, weights: np.ndarray | None = None) -> float:
        """Return how good outputs before softmax are."""
        raise NotImplementedError

    def _counting(self, weights: np.ndarray, what: str) -> np.ndarray:
        """Return the weights of a part of the samples, of which one is above zero."""
        if not weights.any():
            raise ValueError(f"{type(self).__name__}: all weights of {what} are zero; give more samples a weight")
        return weights

    def _refuse_what_needs_all_samples(self) -> None:
        if self.solver == "lbfgs":
            raise ValueError(
                f"{type(self).__name__}: partial_fit takes solver='adam' or 'sgd': 'lbfgs' needs all samples at once"
            )
        if self.early_stopping:
            raise ValueError(
                f"{type(self).__name__}: partial_fit does not support early_stopping=True: it sees a part of the samples; "
                "score samples of your own between the calls"
            )

    def _outputs(self, X: Any) -> Any:
        """Return the outputs before softmax, where the network lies."""
        self._fitted("coefs_")
        x = self._samples(X, reset=False).astype(self._network.dtype, copy=False)
        return self._network.forward(self._network.on_device(x))
