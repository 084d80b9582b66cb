"""pagerank: who matters in Les Miserables, by where a reader ends up who hops from character to character.

D. E. Knuth counted in how many scenes of Victor Hugo's novel any two characters meet (The Stanford GraphBase, 1993);
networkx brings the graph of 77 characters along. The reader hops from the present character to one whom that one meets,
the more likely the more scenes they share; now and then, with probability 0.15, the reader opens the book anywhere. How
often each character is visited in the long run is the PageRank. One hop of all readers at once is one launch:

    ranks = jk.sparse.pagerank(graph, nstart=ranks, max_iter=1, tol=math.inf)

which multiplies the ranks by the sparse matrix of the graph.

Check:
1. The ranks are those of the dominant eigenvector of the whole Google matrix, computed densely by numpy.linalg.eig.
2. The iteration comes nearer by a factor of at most 0.85 a hop (T. Haveliwala, S. Kamvar, The second eigenvalue of the
   Google matrix, 2003).
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from typing import Any

import _common
import numpy as np

import jitkit as jk

SIZES = {"python": 77, "cpu": 77, "cuda": 77}
ALPHA = 0.85
HOPS = 60


def novel(count: int) -> Any:
    """Return the graph of the characters who meet the most, as many as asked for."""
    import networkx

    graph = networkx.les_miserables_graph()
    meetings = dict(graph.degree(weight="weight"))
    return graph.subgraph(sorted(graph, key=lambda name: -meetings[name])[:count]).copy()


def iterate(options: argparse.Namespace, weights: np.ndarray) -> list[np.ndarray]:
    """Return the ranks after each hop; all readers start with the first character."""
    row, column = np.nonzero(weights)
    indptr = np.concatenate([[0], np.cumsum(np.count_nonzero(weights, axis=1))])
    graph = jk.sparse.Csr(weights[row, column], column, indptr, weights.shape)
    ranks = [np.eye(len(weights))[0]]
    with jk.backend(options.backend):
        for _ in _common.progress(range(HOPS), f"{HOPS} hops"):
            ranks.append(jk.sparse.pagerank(graph, ALPHA, nstart=ranks[-1], max_iter=1, tol=math.inf))
    return ranks


def eigenvector(weights: np.ndarray) -> np.ndarray:
    """Return the dominant eigenvector of the Google matrix, as the check's reference."""
    n, meetings = len(weights), weights.sum(1, keepdims=True)
    hops = np.where(meetings > 0, weights / np.where(meetings > 0, meetings, 1), 1 / n)
    values, vectors = np.linalg.eig((ALPHA * hops + (1 - ALPHA) / n).T)
    vector = vectors[:, np.argmax(values.real)].real
    return vector / vector.sum()


def draw(options: argparse.Namespace, graph: Any, ranks: list[np.ndarray], expected: np.ndarray) -> None:
    """Draw the graph with discs as large as the ranks, the foremost characters, and how the iteration comes near."""
    from _picture import NIGHT, STARLIGHT, bare, picture
    from matplotlib import patheffects
    from matplotlib.collections import LineCollection

    names, last = list(graph), ranks[-1]
    spots = places(graph)
    order = np.argsort(last)
    title = f"pagerank: {len(names)} characters of Les Misérables, {HOPS} hops, on {options.backend}"
    with picture(options.plot, title, (13, 7.6), dark=True) as figure:
        axes = figure.subplot_mosaic([["net", "bars"], ["net", "error"]], width_ratios=(2.1, 1), height_ratios=(2, 1))
        lines = [(spots[names.index(a)], spots[names.index(b)]) for a, b in graph.edges]
        widths = [0.3 + 0.12 * graph[a][b]["weight"] for a, b in graph.edges]
        axes["net"].add_collection(LineCollection(lines, linewidths=widths, colors=STARLIGHT, alpha=0.22))
        axes["net"].scatter(
            *spots[order].T,
            s=16_000 * last[order],
            c=np.sqrt(last[order]),
            cmap="inferno",
            vmin=0,
            edgecolors="none",
            zorder=2,
        )
        halo = [patheffects.withStroke(linewidth=3, foreground=NIGHT, alpha=0.8)]
        for k in order[-13:]:
            below = -(3 + 62 * math.sqrt(last[k]))
            style = {"ha": "center", "va": "top", "fontsize": 9, "zorder": 3, "path_effects": halo}
            axes["net"].annotate(names[k], spots[k], (0, below), textcoords="offset points", **style)
        bare(axes["net"], "area: PageRank, width of a line: scenes in common")
        top = order[-14:]
        axes["bars"].barh([names[k] for k in top], last[top], color="#ff8a2f", height=0.7)
        axes["bars"].set(title="the foremost", xlabel="PageRank")
        hops = np.arange(HOPS + 1)
        distance = [np.abs(x - expected).sum() for x in ranks]
        axes["error"].semilogy(hops, distance[0] * ALPHA**hops, color="#2f9bff", label="0.85 a hop")
        axes["error"].semilogy(hops, np.maximum(distance, 1e-17), "o", color="white", markersize=2.5, label="measured")
        axes["error"].set(title="distance from the eigenvector", xlabel="hops")
        axes["error"].legend()


def places(graph: Any) -> np.ndarray:
    """Return where the characters stand: those who meet attract, all others repel each other."""
    import networkx

    found = networkx.spring_layout(graph, k=3.2 / math.sqrt(len(graph)), weight=None, iterations=400, seed=3)
    spots = np.array([found[name] for name in graph])
    spots -= np.median(spots, axis=0)
    distance = np.hypot(*spots.T)[:, None] + 1e-9
    return spots * distance**-0.35  # the middle is crowded: spread it


def main(argv: Sequence[str] | None = None) -> None:
    parser = _common.parser(__doc__, "characters", SIZES, limits=(3, 77))
    options = _common.parse(parser, argv)
    try:
        graph = novel(options.size)
    except ImportError:
        parser.error("the graph needs networkx, which is not installed; it comes with pip install 'jitkit[examples]'")
    weights = np.zeros((len(graph), len(graph)))
    names = list(graph)
    for a, b, scenes in graph.edges(data="weight"):
        weights[names.index(a), names.index(b)] = weights[names.index(b), names.index(a)] = scenes
    ranks, expected = iterate(options, weights), eigenvector(weights)
    if options.plot:
        draw(options, graph, ranks, expected)
    distance = np.array([np.abs(x - expected).sum() for x in ranks])
    near = ALPHA**HOPS * distance[0]
    _common.check("distance from the eigenvector", float(distance[-1]), 0, within=1.01 * near)
    steps = distance[1:] / np.maximum(distance[:-1], 1e-300)
    _common.check_at_least("0.85 over the slowest hop", float(ALPHA / steps[distance[:-1] > 1e-10].max()), 1 - 1e-6)


if __name__ == "__main__":
    main()
