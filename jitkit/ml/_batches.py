"""The samples of an epoch in the order in which they are met, batch by batch, and how much each counts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Batches(NamedTuple):
    """What the batches of an epoch weigh.

    Attributes
    ----------
    wholes : list of float
        The sum of the weights of each batch: how many samples it has, where all count alike.
    whole : float
        The sum of a full batch, on average.
    shares : ndarray or None
        The part of its batch's sum that each sample is; None where all count alike.
    parts : ndarray or None
        The part of the epoch's mean loss that the loss of each sample is.
    """

    wholes: list[float]
    whole: float
    shares: np.ndarray | None
    parts: np.ndarray | None

    def mean(self, losses: np.ndarray) -> float:
        """Return the mean of the losses of all samples: of the batches' weighted means, by how many samples these have."""
        if self.parts is None:
            return float(np.mean(losses, dtype=np.float64))
        return float(np.dot(losses.astype(np.float64), self.parts))


def batches(n: int, batch: int, weights: np.ndarray | None) -> Batches:
    """Return what batches of `batch` of `n` samples weigh; a batch in which nothing counts has shares of zero."""
    firsts = np.arange(0, n, batch)
    sizes = np.diff(firsts, append=n)
    if weights is None:
        return Batches([float(size) for size in sizes], float(batch), None, None)
    wholes = np.add.reduceat(weights.astype(np.float64), firsts)
    shares = weights / np.repeat(np.where(wholes > 0, wholes, 1), sizes)
    return Batches(wholes.tolist(), float(wholes.sum()) * batch / n, shares, shares * np.repeat(sizes, sizes) / n)
