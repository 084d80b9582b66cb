"""Samples that a training holds out, to see how it does on others."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass
class Held:
    """What is held out.

    Attributes
    ----------
    x : array
        Samples, where the network lies.
    y : ndarray
        Their targets.
    parameters : ndarray
        Those of the network that had the best score.
    weights : ndarray or None
        How much each sample counts.
    """

    x: Any
    y: NDArray[Any]
    parameters: NDArray[Any]
    weights: NDArray[Any] | None = None


def split(
    n: int, fraction: float, random: np.random.RandomState, labels: NDArray[Any] | None, who: str
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return which of `n` samples are for training and which are held out, in random order.

    Classes are held out in equal parts: of a class of m samples in random order the k-th stands at (k + 1/2) / m, and the
    samples that stand first are taken. Without classes these are those that scikit-learn's `train_test_split` takes.

    Raises
    ------
    ValueError
        Where either part would be too small.
    """
    count = math.ceil(fraction * n)
    if count < 2 or n - count < 1:
        raise ValueError(
            f"{who}: validation_fraction={fraction:g} holds out {count} of {n} samples; hold out at least two and leave one"
        )
    order = random.permutation(n)
    if labels is not None:
        by_class = np.argsort(labels[order], kind="stable")
        sizes = np.bincount(labels)
        ranks = np.arange(n) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        order = order[by_class[np.argsort((ranks + 0.5) / np.repeat(sizes, sizes), kind="stable")]]
    return order[count:], order[:count]
