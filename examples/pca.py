"""pca: handwritten digits seen from the directions in which they differ the most.

A digit of the data set that scikit-learn brings along is 8 x 8 pixels: a point in 64 dimensions. Its principal
components are the eigenvectors of the covariance of all of them (H. Hotelling, J. Educ. Psychol. 24, 417-441, 1933).
The covariance is a matrix product; each eigenvector is found by the power iteration: multiply, take out what points along
the components found before, scale to length 1, and again until the direction stays:

    v = jk.linalg.gemv(1.0, covariance, v)
    v = jk.linalg.axpy(-jk.linalg.dot(v, u), u, v)          # for each earlier component u
    v = jk.linalg.axpy(1 / jk.linalg.norm(v) - 1, v, v)

Check:
1. The variances along the components are the squared singular values of the centred data, computed by numpy.linalg.svd.
2. The components point along NumPy's singular vectors.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import _common
import numpy as np

import jitkit as jk

SIZES = {"python": 60, "cpu": 1_797, "cuda": 1_797}
COMPONENTS, SHOWN_DIGITS = 6, 260
FEW = 100
STEPS, CLOSE = 3_000, 1e-4  # the residual, of the eigenvalue; the variance is as near as its square


def digits(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return so many digits as rows of pixels from 0 to 1, and which digits they are; few of them in 4 x 4 pixels."""
    from sklearn.datasets import load_digits

    data = load_digits()
    images = data.images[:count] / 16
    if count < FEW:
        images = images.reshape(count, 4, 2, 4, 2).mean((2, 4))
    return images.reshape(count, -1), data.target[:count]


def components(
    options: argparse.Namespace, x: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray, list[list[float]]]:
    """Return the components as columns, the variances along them, and the residual of each step."""
    with jk.backend(options.backend):
        rows, columns = (jk.asarray(np.ascontiguousarray(a), device=options.device) for a in (x.T, x))
        covariance = jk.linalg.matmul(rows, columns)
        found: list[Any] = []
        variances, residuals = [], []
        for k in _common.progress(range(count), f"{count} components"):
            v = jk.asarray(np.random.default_rng(k).standard_normal(x.shape[1]), device=options.device)
            v, variance, path = power_iteration(covariance, v, found)
            found.append(v)
            variances.append(variance / (len(x) - 1))
            residuals.append(path)
    return np.stack([jk.to_numpy(v) for v in found], axis=1), np.array(variances), residuals


def power_iteration(matrix: Any, v: Any, found: list[Any]) -> tuple[Any, float, list[float]]:
    """Return the dominant eigenvector apart from those found before, its eigenvalue, and the residual of each step."""
    path: list[float] = []
    v = unit(without(v, found))
    while len(path) < STEPS and (not path or path[-1] > CLOSE):
        product = without(jk.linalg.gemv(1.0, matrix, v), found)
        eigenvalue, length = float(jk.linalg.dot(v, product)), float(jk.linalg.norm(product))
        path.append(max(length**2 - eigenvalue**2, 0.0) ** 0.5 / eigenvalue)  # |M v - eigenvalue v|, since |v| = 1
        v = jk.linalg.axpy(1 / length - 1, product, product)
    return v, eigenvalue, path


def without(v: Any, found: list[Any]) -> Any:
    """Return a vector without its parts along some unit vectors."""
    for u in found:
        v = jk.linalg.axpy(-float(jk.linalg.dot(u, v)), u, v)
    return v


def unit(v: Any) -> Any:
    """Return a vector of length 1."""
    return jk.linalg.axpy(1 / float(jk.linalg.norm(v)) - 1, v, v)


def draw(
    options: argparse.Namespace, x: np.ndarray, labels: np.ndarray, found: np.ndarray, residuals: list, mean: Any
) -> None:
    """Draw the digits in the plane of the first two components, the components, and how the iteration comes near."""
    import matplotlib
    from _picture import GREY, SWINGS, bare, picture
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    plane = x @ found[:, :2]
    colours = matplotlib.colormaps["tab10"]
    side = round(x.shape[1] ** 0.5)
    title = f"pca: {len(x):,} digits of {x.shape[1]} pixels, on {options.backend}"
    names = [f"c{k}" for k in range(COMPONENTS)]
    several = found.shape[1]
    with picture(options.plot, title, (13, 7.2), dark=True) as figure:
        axes = figure.subplot_mosaic(
            [["plane", *names[:3]], ["plane", *names[3:]], ["plane", *["residual"] * 3]], width_ratios=(4.2, 1, 1, 1)
        )
        axes["plane"].scatter(*plane.T, c=colours(labels), s=5, alpha=0.35, linewidths=0)
        step = max(1, len(x) // SHOWN_DIGITS)
        for pixels, label, spot in zip((x + mean)[::step], labels[::step], plane[::step], strict=True):
            ink = np.zeros((side, side, 4))
            ink[..., :3], ink[..., 3] = colours(label)[:3], pixels.reshape(side, side).clip(0, 1)
            axes["plane"].add_artist(AnnotationBbox(OffsetImage(ink, zoom=17 / side), spot, frameon=False, pad=0))
        axes["plane"].set(xlabel="first component", ylabel="second component", title="each digit where it falls")
        axes["plane"].tick_params(colors=GREY)
        for k, name in enumerate(names):
            if k >= several:
                axes[name].set_axis_off()
                continue
            widest = np.abs(found[:, k]).max()
            axes[name].imshow(
                found[:, k].reshape(side, side), cmap=SWINGS, vmin=-widest, vmax=widest, interpolation="bicubic"
            )
            bare(axes[name], f"component {k + 1}")
        for k, path in enumerate(residuals):
            axes["residual"].semilogy(
                np.arange(1, len(path) + 1), path, color=matplotlib.colormaps["plasma"](0.25 + k / 8)
            )
        axes["residual"].set(title="residual of the power iteration, for each component", xlabel="steps")


def main(argv: Sequence[str] | None = None) -> None:
    parser = _common.parser(__doc__, "digits", SIZES, limits=(10, 1_797))
    options = _common.parse(parser, argv)
    try:
        pixels, labels = digits(options.size)
    except ImportError:
        parser.error(
            "the digits need scikit-learn, which is not installed; it comes with pip install 'jitkit[examples]'"
        )
    mean = pixels.mean(0)
    x = pixels - mean
    count = COMPONENTS if options.size >= FEW else 2
    found, variances, residuals = components(options, x, count)
    if options.plot:
        draw(options, x, labels, found, residuals, mean)
    _, values, vectors = np.linalg.svd(x, full_matrices=False)
    expected = values[:count] ** 2 / (len(x) - 1)
    _common.check("largest error of a variance, of it", float(np.abs(variances / expected - 1).max()), 0, within=1e-5)
    alignment = np.abs(np.sum(vectors[:count].T * found, axis=0)).min()
    _common.check_at_least("least cosine with a singular vector", float(alignment), 0.999)


if __name__ == "__main__":
    main()
