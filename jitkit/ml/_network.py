"""A multilayer perceptron in memory: parameters, activations and gradients of all layers, and one step of training.

All parameters lie in one vector, weights first, and so do their gradients: an optimiser's step is one launch. The steps of
an epoch write the losses of their samples side by side; they are added once, at its end, on the host. Every sum has the
same order on every backend but those in products of matrices, which BLAS computes on the host.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np

import jitkit as jk
from jitkit import operands
from jitkit.arrays import to_numpy
from jitkit.launch.launcher import Launcher
from jitkit.ml._products import product
from jitkit.ml.cross_entropy import fused, scaled
from jitkit.ml.dense import LAYERS, forward, gradients
from jitkit.ml.optimisers import adam, adam_rate, advance, with_momentum


class Rule(NamedTuple):
    """How parameters move: the arguments of an optimiser."""

    solver: str
    rate: float
    decay: float
    momentum: float
    nesterov: bool
    beta_1: float
    beta_2: float
    epsilon: float


@jk.kernel
def _gather(i, j, x, order, first, out):
    out[i, j] = x[order[first + i], j]


@jk.kernel
def _gather_labels(i, labels, order, first, out):
    out[i] = labels[order[first + i]]


@jk.kernel
def _squares(i, z, y, order, first, scale, losses, out):
    total = 0.0
    for j in range(z.shape[1]):
        apart = z[i, j] - y[order[first + i], j]
        total += apart * apart
        out[i, j] = apart * scale
    losses[first + i] = 0.5 * total / z.shape[1]


_rows, _labels, _regression = Launcher(_gather), Launcher(_gather_labels), Launcher(_squares)


class Network:
    """The arrays of a perceptron.

    Parameters
    ----------
    sizes : list of int
        Of the layers, with the inputs and the outputs.
    activation : str
        Of the hidden layers.
    dtype : dtype
        Of everything.
    backend : str or None
        Where it runs.
    classes : bool
        Whether the outputs are scores of classes; otherwise they are numbers.
    """

    def __init__(self, sizes: list[int], activation: str, dtype: Any, backend: str | None, classes: bool) -> None:
        self.sizes, self.activation, self.dtype = sizes, activation, np.dtype(dtype)
        self.backend, self.classes = backend, classes
        self.device = "cuda" if backend == "cuda" else None
        self.shapes = list(itertools.pairwise(sizes))
        self.weighted = sum(a * b for a, b in self.shapes)
        self.count = self.weighted + sum(sizes[1:])
        self.steps = 0
        self._buffers: dict[int, tuple[list[Any], list[Any], Any]] = {}
        self.vectors = [self._zeros(self.count) for _ in range(4)]
        self.parameters, self.slopes, self.first, self.second = self.vectors
        self.weights, self.biases = self._views(self.parameters)
        self.by_weight, self.by_bias = self._views(self.slopes)

    def _zeros(self, shape: Any) -> Any:
        return jk.full(shape, 0, self.dtype, device=self.device)

    def _views(self, flat: Any) -> tuple[list[Any], list[Any]]:
        weights, biases, at = [], [], 0
        for a, b in self.shapes:
            weights.append(flat[at : at + a * b].reshape((a, b)))
            at += a * b
        for b in self.sizes[1:]:
            biases.append(flat[at : at + b])
            at += b
        return weights, biases

    def load(self, weights: list[np.ndarray], biases: list[np.ndarray]) -> None:
        """Take parameters from the host."""
        flat = np.concatenate([a.ravel() for a in (*weights, *biases)]).astype(self.dtype)
        operands.assign(self.parameters, flat)

    def stored(self) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return copies of the parameters on the host."""
        flat = np.array(to_numpy(self.parameters))
        return self._views(flat)

    def on_device(self, x: np.ndarray) -> Any:
        """Return an array where the network lies."""
        return x if self.device is None else jk.asarray(x, device=self.device)

    def _room(self, n: int) -> tuple[list[Any], list[Any], Any]:
        """Return what a batch of `n` samples needs: activations, their gradients, labels."""
        if n not in self._buffers:
            if len(self._buffers) > 2:
                self._buffers.clear()
            activations = [self._zeros((n, size)) for size in self.sizes]
            deltas = [self._zeros((n, size)) for size in self.sizes]
            self._buffers[n] = activations, deltas, jk.full((n,), 0, np.int64, device=self.device)
        return self._buffers[n]

    def forward(self, x: Any) -> Any:
        """Return the outputs, before softmax, for samples where the network lies."""
        last = len(self.shapes) - 1
        for k, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            y = self._zeros((x.shape[0], weight.shape[1]))
            forward(x, weight, bias, "identity" if k == last else self.activation, y, self.backend)
            x = y
        return x

    def slope(self, X: Any, y: Any, order: Any, first: int, n: int, losses: Any, shares: Any = None) -> None:
        """Write the losses of the samples ``order[first:first + n]`` and the gradient of their mean.

        That is a sum by `shares`, which stand in the order of the losses, where there are some.
        """
        activations, deltas, labels = self._room(n)
        backend, last = self.backend, len(self.shapes) - 1
        _rows((n, self.sizes[0]), backend)(X, order, first, activations[0])
        for k in range(last + 1):
            name = "identity" if k == last else self.activation
            forward(activations[k], self.weights[k], self.biases[k], name, activations[k + 1], backend)
        if self.classes:
            _labels(n, backend)(y, order, first, labels)
            scale = 1.0 / n if shares is None else 1.0
            fused(activations[-1], (activations[-1], labels, first, scale, losses, deltas[-1]), backend)
        else:
            scale = 1.0 / ((n if shares is None else 1) * self.sizes[-1])
            _regression(n, backend)(activations[-1], y, order, first, scale, losses, deltas[-1])
        if shares is not None:
            scaled((n, self.sizes[-1]), backend)(shares[first : first + n], deltas[-1])
        for k in range(last, -1, -1):
            gradients(activations[k], deltas[k + 1], self.by_weight[k], self.by_bias[k], backend)
            if k:
                product("ABT", deltas[k + 1], self.weights[k], deltas[k], backend)
                shape = (n, self.sizes[k])
                LAYERS[self.activation].slopes(shape, backend)(deltas[k], activations[k], deltas[k])

    def move(self, rule: Rule, whole: float) -> None:
        """Take an optimiser's step along the gradient of samples whose weights add up to `whole`."""
        self.steps += 1
        p, slopes, decay = self.parameters, self.slopes, rule.decay / whole
        if rule.solver == "adam":
            rate = adam_rate(rule.rate, self.steps, rule.beta_1, rule.beta_2)
            args: tuple[Any, ...] = (p, slopes, self.first, self.second, rate, rule.beta_1, rule.beta_2, rule.epsilon)
            advance(adam, args, self.count, decay, self.weighted, self.backend)
        else:
            args = (p, slopes, self.first, rule.rate, rule.momentum, rule.nesterov)
            advance(with_momentum, args, self.count, decay, self.weighted, self.backend)

    def forget(self) -> None:
        """Keep the parameters alone: begin anew with what an optimiser remembers of the steps."""
        self.steps = 0
        for vector in (self.first, self.second):
            operands.assign(vector, np.zeros(self.count, self.dtype))

    def penalty(self) -> float:
        """Return the sum of the squares of the weights."""
        weights = to_numpy(self.parameters)[: self.weighted]
        return float(np.dot(weights, weights))
