"""The kernels of k-means, over samples that lie as the lanes of vectors.

Samples are packed once, `LANES` of them side by side for each feature, less the mean of all: a kernel then reads the
features of neighbouring samples as vectors, against `TOGETHER` centres at a time, and keeps the nearest. No distance is
written. Sums of clusters are those of fixed stretches of samples, added in order: equal inputs give equal bits.
"""

# Kernels take whatever they are launched with, so they carry no annotations.
# mypy: disable-error-code="no-untyped-def,no-untyped-call"
from __future__ import annotations

import math
from typing import Any

import numpy as np

import jitkit as jk
from jitkit.arrays import to_numpy
from jitkit.launch.launcher import Launcher
from jitkit.operands import made
from jitkit.primitives.reduce import reduce

LANES = 64
# With two vectors of samples, sums in eight registers hide the latency of multiplications; of six or eight centres' sums
# none was faster, and with four fewer are left over.
TOGETHER = 4
PAIR = 2
"""Candidates for a seed that are compared at once: there are two of them and more."""
STRETCHES, SHARES = 32, 1 << 16
"""Stretches of samples whose sums are kept apart on a host, and work-items that they keep busy on a GPU.

The largest GPUs hold some 2**18 threads at once, and each reads a stretch on its own. A stretch has at least twice as many
samples as there are clusters, so that the table of sums is no larger than they are.
"""


@jk.kernel
def _pack(b, f, i, x, mean, panels):
    row = b * LANES + i
    panels[b, f, i] = x[row, f] - mean[f] if row < x.shape[0] else 0


@jk.kernel(fastmath=True)
def _assign(b, i, panels, centres, halves, labels):
    best = np.inf
    label = 0
    for g in range(centres.shape[0]):
        dots = jk.local(TOGETHER, panels.dtype)
        for r in range(TOGETHER):
            dots[r] = 0
        for f in range(panels.shape[1]):
            value = panels[b, f, i]
            for r in range(TOGETHER):
                dots[r] += value * centres[g, f, r]
        for r in range(TOGETHER):
            score = halves[g, r] - dots[r]
            if score < best:
                best = score
                label = g * TOGETHER + r
    labels[b, i] = label


@jk.kernel
def _add_up(s, f, x, labels, each, sums):
    for k in range(sums.shape[1]):
        sums[s, k, f] = 0
    for row in range(s * each, min(x.shape[0], s * each + each)):
        sums[s, labels[row], f] += x[row, f]


@jk.kernel
def _count(s, _, n, labels, before, each, counts, changed):
    for k in range(counts.shape[1]):
        counts[s, k] = 0
    different = 0
    for row in range(s * each, min(n, s * each + each)):
        counts[s, labels[row]] += 1
        different += 1 if labels[row] != before[row] else 0
    changed[s, 0] = different


@jk.kernel
def _add_up_weighted(s, f, x, weights, labels, each, sums):
    for k in range(sums.shape[1]):
        sums[s, k, f] = 0
    for row in range(s * each, min(x.shape[0], s * each + each)):
        sums[s, labels[row], f] += weights[row] * x[row, f]


@jk.kernel
def _weigh(s, _, weights, labels, each, totals):
    for k in range(totals.shape[1]):
        totals[s, k] = 0
    for row in range(s * each, min(weights.shape[0], s * each + each)):
        totals[s, labels[row]] += weights[row]


@jk.kernel
def _weighted_blocks(g, b, distances, weights, sums):
    total = 0.0
    for i in range(LANES):
        total += distances[g, b, i] * weights[b * LANES + i] if b * LANES + i < weights.shape[0] else 0
    sums[g, b] = total


@jk.kernel(fastmath=True)
def _apart(b, i, n, panels, centres, labels, distances):
    total = 0.0
    label = labels[b, i]
    for f in range(panels.shape[1]):
        difference = panels[b, f, i] - centres[label, f]
        total += difference * difference
    distances[b, i] = total if b * LANES + i < n else 0


@jk.kernel(fastmath=True)
def _closer(g, b, i, n, panels, candidates, closest, distances):
    totals = jk.local(PAIR, panels.dtype)
    for r in range(PAIR):
        totals[r] = 0
    for f in range(panels.shape[1]):
        value = panels[b, f, i]
        for r in range(PAIR):
            difference = value - candidates[g, f, r]
            totals[r] += difference * difference
    for r in range(PAIR):
        distances[g * PAIR + r, b, i] = min(totals[r], closest[b, i]) if b * LANES + i < n else 0


@jk.kernel(fastmath=True)
def _distances(i, k, x, centres, out):
    total = 0.0
    for f in range(x.shape[1]):
        difference = x[i, f] - centres[f, k]
        total += difference * difference
    out[i, k] = math.sqrt(total)


pack, assign, add_up, count = Launcher(_pack), Launcher(_assign), Launcher(_add_up), Launcher(_count)
apart, closer, distances = Launcher(_apart), Launcher(_closer), Launcher(_distances)
add_up_weighted, weigh, weighted_blocks = Launcher(_add_up_weighted), Launcher(_weigh), Launcher(_weighted_blocks)


class Samples:
    """Samples where k-means runs, packed, with room for their labels.

    Parameters
    ----------
    x : ndarray of shape (n, features)
        The samples, on the host.
    mean : ndarray of shape (features,)
        What is taken off.
    backend : str or None
        Where the kernels run.
    weights : ndarray of shape (n,), of the dtype of `x`, or None
        How much each counts, on the host; 1 where None.
    """

    def __init__(self, x: np.ndarray, mean: np.ndarray, backend: str | None, weights: np.ndarray | None = None) -> None:
        self.backend, self.device = backend, "cuda" if backend == "cuda" else None
        self.n, self.features = x.shape
        self.dtype = x.dtype
        self.weights = weights
        self.weighed = None if weights is None else self.moved(weights)
        self.mean = mean.astype(x.dtype).astype(np.float64)  # centres are without what samples are without
        self.blocks = -(-self.n // LANES)
        self.x = self.moved(x)
        self.panels = self._made((self.blocks, self.features, LANES), x.dtype)
        pack(tuple(self.panels.shape), backend)(self.x, self.moved(self.mean.astype(x.dtype)), self.panels)
        self.labels, self.before = (jk.full((self.blocks, LANES), -1, np.int32, device=self.device) for _ in range(2))

    def moved(self, x: np.ndarray) -> Any:
        """Return an array where the kernels run."""
        return x if self.device is None else jk.asarray(x, device=self.device)

    def _made(self, shape: tuple[int, ...], dtype: Any) -> Any:
        return made(shape, (np.dtype(dtype),), self.device)

    def rows(self, indices: Any) -> np.ndarray:
        """Return packed samples."""
        return np.stack([to_numpy(self.panels[index // LANES])[:, index % LANES] for index in indices])

    def assign(self, centres: np.ndarray) -> None:
        """Find the nearest centre of each sample."""
        self.labels, self.before = self.before, self.labels
        k = len(centres)
        groups = -(-k // TOGETHER)
        padded = np.zeros((groups * TOGETHER, self.features), self.dtype)
        padded[:k] = centres
        halves = np.full(groups * TOGETHER, np.inf, self.dtype)
        halves[:k] = 0.5 * np.einsum("kf,kf->k", padded[:k], padded[:k])
        packed = np.ascontiguousarray(padded.reshape(groups, TOGETHER, -1).swapaxes(1, 2))
        args = (self.panels, self.moved(packed), self.moved(halves.reshape(groups, TOGETHER)), self.labels)
        assign((self.blocks, LANES), self.backend)(*args)

    def sums(self, k: int) -> tuple[np.ndarray, np.ndarray, int]:
        """Return the sums of clusters without the mean, in float64, what their samples weigh, and how many changed."""
        flat, before = self.labels.reshape((-1,)), self.before.reshape((-1,))
        stretches, each = self._stretches(k, self.features)
        table = self._made((stretches, k, self.features), np.float64)
        if self.weighed is None:
            add_up((stretches, self.features), self.backend)(self.x, flat, each, table)
        else:
            add_up_weighted((stretches, self.features), self.backend)(self.x, self.weighed, flat, each, table)
        stretches, each = self._stretches(k, 1)
        counts = self._made((stretches, k), np.int64)
        changed = self._made((stretches, 1), np.int64)
        count((stretches, 1), self.backend)(self.n, flat, before, each, counts, changed)
        if self.weighed is not None:
            counts = self._made((stretches, k), np.float64)
            weigh((stretches, 1), self.backend)(self.weighed, flat, each, counts)
        totals = self._over_stretches(counts)
        sums = self._over_stretches(table) - totals[:, None] * self.mean
        return sums, totals, int(self._over_stretches(changed)[0])

    def _stretches(self, k: int, columns: int) -> tuple[int, int]:
        """Return into how many stretches samples are cut, for sums of so many columns, and how many samples each has."""
        most = STRETCHES if self.device is None else max(1, SHARES // columns)
        each = -(-self.n // max(1, min(most, self.n // (2 * k))))
        return -(-self.n // each), each

    def _over_stretches(self, table: Any) -> np.ndarray:
        """Return the sums of a table over its first axis, where many tables would have to come from a GPU on that."""
        if table.shape[0] > STRETCHES:
            flat = reduce("add", table.reshape((table.shape[0], -1)), axis=0, backend=self.backend)
            return np.asarray(to_numpy(flat)).reshape(tuple(table.shape[1:]))
        return np.asarray(to_numpy(table).sum(axis=0))

    def apart(self, centres: np.ndarray) -> np.ndarray:
        """Return the squared distance of each sample from its centre, computed from differences."""
        out = self._made((self.blocks, LANES), self.dtype)
        args = (self.n, self.panels, self.moved(centres.astype(self.dtype)), self.labels, out)
        apart((self.blocks, LANES), self.backend)(*args)
        found: np.ndarray = to_numpy(out).reshape(-1)[: self.n]
        return found

    def found(self) -> np.ndarray:
        """Return the labels on the host."""
        labels: np.ndarray = np.array(to_numpy(self.labels).reshape(-1)[: self.n])
        return labels

    def plus_plus(self, k: int, rng: np.random.RandomState) -> np.ndarray:
        """Return `k` samples, drawn by the greedy k-means++: the best of several draws by squared distance each time."""
        trials = 2 + int(math.log(k))
        chosen = [self._first(rng)]
        closest = jk.full((self.blocks, LANES), np.inf, self.dtype, device=self.device)
        closest, blocks = self._draw(np.array(chosen), closest)
        closest, blocks = closest[0], blocks[0]
        while len(chosen) < k:
            draws = self._places(rng.uniform(size=trials) * blocks.sum(), closest, blocks)
            nearer, potentials = self._draw(draws, closest)
            best = int(potentials.sum(axis=1).argmin())
            chosen.append(int(draws[best]))
            closest, blocks = nearer[best], potentials[best]
        return self.rows(chosen)

    def inertia(self, centres: np.ndarray) -> float:
        """Return the sum of the squared distances of samples from their centres, each times its weight."""
        squares = self.apart(centres)
        weighted = squares if self.weights is None else squares * self.weights.astype(np.float64)
        return float(weighted.sum(dtype=np.float64))

    def _first(self, rng: np.random.RandomState) -> int:
        """Return a sample, drawn by its weight."""
        drawn = float(rng.random_sample())
        if self.weights is None:
            return int(min(drawn * self.n, self.n - 1))
        ends = np.cumsum(self.weights, dtype=np.float64)
        return int(np.searchsorted(ends, min(drawn * ends[-1], np.nextafter(ends[-1], 0)), side="right"))

    def _draw(self, candidates: np.ndarray, closest: Any) -> tuple[Any, np.ndarray]:
        """Return the squared distances from the nearest centre with each candidate, and their sums by block."""
        groups = -(-len(candidates) // PAIR)
        rows = self.rows(np.resize(candidates, groups * PAIR)).reshape(groups, PAIR, self.features)
        packed = self.moved(np.ascontiguousarray(rows.swapaxes(1, 2)))
        out = self._made((groups * PAIR, self.blocks, LANES), self.dtype)
        closer((groups, self.blocks, LANES), self.backend)(self.n, self.panels, packed, closest, out)
        if self.weighed is None:
            sums = reduce("add", out.reshape((groups * PAIR * self.blocks, LANES)), axis=1, backend=self.backend)
        else:
            sums = self._made((groups * PAIR, self.blocks), self.dtype)
            weighted_blocks(tuple(sums.shape), self.backend)(out, self.weighed, sums)
        return out, to_numpy(sums).reshape(-1, self.blocks)[: len(candidates)].astype(np.float64)

    def _places(self, drawn: np.ndarray, closest: Any, blocks: np.ndarray) -> np.ndarray:
        """Return the samples at which the running sum of squared distances, by weight, passes what was drawn."""
        ends = np.cumsum(blocks)
        places = []
        for value in drawn:
            block = min(int(np.searchsorted(ends, value)), self.blocks - 1)
            squares = to_numpy(closest[block]).astype(np.float64)
            if self.weights is not None:
                here = self.weights[block * LANES : (block + 1) * LANES]
                squares = squares[: len(here)] * here
            within = np.cumsum(squares)
            rest = value - (ends[block - 1] if block else 0.0)
            places.append(min(block * LANES + int(np.searchsorted(within, rest)), self.n - 1))
        return np.array(places)
