"""digits: a network learns to read handwritten digits, the same way on every backend.

The digits are those that come with scikit-learn: 1797 pictures of 8 by 8 greys (E. Alpaydin, C. Kaynak, Optical recognition
of handwritten digits, UCI, 1998). Every fourth is kept for the test, the others train a perceptron with hidden neurons:

    model = jk.ml.MLPClassifier((64,), activation="relu", solver="adam", random_state=0)
    model.partial_fit(X, y)        # an epoch: products of matrices, and kernels for all between them

A step goes forward, takes the cross entropy of a softmax, goes backward, and moves all parameters in one launch.

Check:
1. The losses of four epochs at a tiny size are those of the interpreter, which runs the same kernels point by point.
2. The gradient moves downhill: the last epoch's loss is below a tenth of the first's (trained on all digits only).
3. At least 97 % of the test's digits are read right (trained on all digits; 80 % with 600 digits or more).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import _common
import numpy as np

import jitkit as jk

SIZES = {"python": 24, "cpu": 1797, "cuda": 1797}
EPOCHS, BATCH, HIDDEN = 60, 32, 64
FEW = 60
"""Fewer digits than these are too few to learn from; with them the example only shows that it runs."""


def digits(parser: argparse.ArgumentParser, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures with greys from 0 to 1, a row each, and what they show."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        parser.error("the digits come with scikit-learn, which is not installed: pip install 'jitkit[examples]'")
    found = load_digits()
    return (found.data[:count] / 16).astype(np.float32), found.target[:count]


def train(options: argparse.Namespace, X: np.ndarray, y: np.ndarray) -> tuple[jk.ml.MLPClassifier, np.ndarray]:
    """Return the trained network, and the share of the test's digits it reads right after each epoch."""
    few = len(X) < FEW
    test = np.arange(len(X)) % 4 == 3
    model = jk.ml.MLPClassifier(
        (8 if few else HIDDEN,), batch_size=BATCH, learning_rate_init=2e-3, random_state=0, backend=options.backend
    )
    scores = []
    for _ in _common.progress(range(2 if few else EPOCHS), "epochs"):
        model.partial_fit(X[~test], y[~test], classes=np.arange(10))
        scores.append(model.score(X[test], y[test]))
    return model, np.array(scores)


def losses(backend: str, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the losses of four steps on 16 pictures of 4 by 4 points."""
    small = X[:16].reshape(-1, 4, 2, 4, 2).mean((2, 4)).reshape(-1, 16).astype(np.float32)
    model = jk.ml.MLPClassifier((4,), batch_size=16, learning_rate_init=0.02, random_state=0, backend=backend)
    for _ in range(4):
        model.partial_fit(small, y[:16], classes=np.arange(10))
    return np.array(model.loss_curve_)


def draw(
    options: argparse.Namespace, model: jk.ml.MLPClassifier, X: np.ndarray, y: np.ndarray, scores: np.ndarray
) -> None:
    """Draw the losses, the confusion matrix, what hidden neurons look at, and the digits that were misread."""
    from _picture import SWINGS, bare, picture

    test = np.arange(len(X)) % 4 == 3
    X, y, read = X[test], y[test], model.predict(X[test])
    sure = model.predict_proba(X).max(axis=1)
    title = f"digits: {len(y)} read after training on {len(test) - len(y)}, on {options.backend}"
    with picture(options.plot, title, (11.5, 6.6), dark=True) as figure:
        left, right = figure.subfigures(1, 2, width_ratios=(1.35, 1))
        top = left.subplots(2, 1, height_ratios=(1, 2.1))
        epochs = np.arange(1, len(scores) + 1)
        top[0].semilogy(epochs, model.loss_curve_, color="#ff8a2f", label="loss")
        top[0].semilogy(epochs, np.maximum(1 - scores, 1e-3), color="#2f9bff", label="misread in the test")
        top[0].set(title="training", xlabel="epochs")
        top[0].legend(ncols=2, loc="upper right")
        table = np.zeros((10, 10), int)
        np.add.at(table, (y, read), 1)
        wrongly = np.where(np.eye(10, dtype=bool), 0, table)
        top[1].imshow(wrongly, cmap="inferno", vmin=0, vmax=max(3, wrongly.max()))
        for row, column in np.argwhere(table):
            shade = "#6fa8dc" if row == column else "white"
            top[1].text(column, row, table[row, column], ha="center", va="center", color=shade, fontsize=8)
        top[1].set(title="how often a digit (row) was read as one (column)", xticks=range(10), yticks=range(10))
        top[1].spines[:].set_visible(False)
        upper, lower = right.subfigures(2, 1, height_ratios=(1, 1))
        neurons = np.argsort(-np.abs(model.coefs_[1]).sum(axis=1))[:15]
        for axes, neuron in zip(upper.subplots(3, 5).flat, neurons, strict=False):
            weights = model.coefs_[0][:, neuron].reshape(8, 8)
            most = np.abs(weights).max()
            axes.imshow(weights, cmap=SWINGS, vmin=-most, vmax=most, interpolation="bicubic")
            bare(axes, "")
        upper.suptitle("what hidden neurons look for (orange) and against (blue)", fontsize=10)
        wrong = np.flatnonzero(read != y)
        wrong = wrong[np.argsort(-sure[wrong])]
        for k, axes in enumerate(lower.subplots(2, 5).flat):
            bare(axes, f"{y[wrong[k]]}, not {read[wrong[k]]}" if k < len(wrong) else "")
            if k < len(wrong):
                axes.imshow(X[wrong[k]].reshape(8, 8), cmap="gray", interpolation="bicubic")
                axes.title.set_fontsize(9)
        lower.suptitle(f"misread: {len(wrong)} of {len(y)}, those read with most conviction first", fontsize=10)


def main(argv: Sequence[str] | None = None) -> None:
    parser = _common.parser(__doc__, "digits", SIZES, limits=(16, 1797))
    options = _common.parse(parser, argv)
    X, y = digits(parser, options.size)
    model, scores = train(options, X, y)
    if options.plot:
        draw(options, model, X, y, scores)
    plain, ours = (losses(backend, X, y) for backend in ("python", options.backend))
    _common.check(
        "losses over the interpreter's, farthest from 1", 1 + np.max(np.abs(ours / plain - 1)), 1, within=2e-6
    )
    if options.size == 1797:
        first, last = model.loss_curve_[0], model.loss_curve_[-1]
        _common.check_at_least("loss of the first epoch over the last's", first / last, 10)
    if options.size >= 600:
        _common.check_at_least("digits read right", scores[-1], 0.97 if options.size == 1797 else 0.8)


if __name__ == "__main__":
    main()
