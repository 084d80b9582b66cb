"""quantise: a photograph in a few colours, chosen by k-means.

A pixel is a point in the space of red, green and blue. The centres of clusters of pixels are the colours that replace them
with the least squared error, or nearly so: each pixel takes the nearest colour, each colour becomes the mean of its pixels,
and again (S. P. Lloyd, Least squares quantization in PCM, 1982), from colours that k-means++ draws at first.

    model = jk.ml.KMeans(16, random_state=0).fit(pixels)
    quantised = model.cluster_centers_[model.labels_]

The distances of pixels from colours are never written: a kernel keeps only the nearest colour of each pixel.

Check:
1. The error of 16 colours is within 2 % of the best of three runs of Lloyd's iterations by NumPy, from other colours.
2. Each colour is the mean of its pixels, and each pixel has the nearest colour: the inertia is recomputed by NumPy.
3. More colours leave less error.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import _common
import numpy as np

import jitkit as jk

SIZES = {"python": 12, "cpu": 427, "cuda": 427}
COLOURS = (4, 8, 16)


def photograph(parser: argparse.ArgumentParser, name: str, rows: int) -> np.ndarray:
    """Return a photograph of so many rows, with colours from 0 to 1."""
    try:
        from PIL import Image
        from sklearn.datasets import load_sample_image
    except ImportError:
        parser.error(
            "the photograph comes with scikit-learn and is read by Pillow; one is missing: pip install 'jitkit[examples]'"
        )
    picture = Image.fromarray(load_sample_image(f"{name}.jpg"))
    columns = max(8, round(rows * picture.width / picture.height))
    return np.asarray(picture.resize((columns, rows), Image.Resampling.LANCZOS), dtype=np.float32) / 255


def lloyd(pixels: np.ndarray, colours: int, seed: int) -> float:
    """Return the squared error that 40 iterations leave, by NumPy, from colours of the same brightness ranks."""
    x = pixels.astype(np.float64)
    order = np.argsort(x.sum(axis=1), kind="stable")
    spread = np.random.default_rng(seed).uniform(size=colours)
    centres = x[order[((np.arange(colours) + spread) / colours * len(x)).astype(int)]]
    for _ in range(40):
        labels = (0.5 * (centres**2).sum(axis=1) - x @ centres.T).argmin(axis=1)
        counts = np.bincount(labels, minlength=colours)
        sums = np.stack([np.bincount(labels, column, colours) for column in x.T], axis=1)
        centres = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], centres)
    return float(((x - centres[labels]) ** 2).sum())


def draw(options: argparse.Namespace, image: np.ndarray, models: dict[int, jk.ml.KMeans]) -> None:
    """Draw the photograph and its versions, each with its colours and their shares."""
    from _picture import bare, picture

    (n, m), pixels = image.shape[:2], image.reshape(-1, 3)
    with picture(options.plot, f"quantise: {n} × {m} pixels, on {options.backend}", (11.5, 8.6), dark=True) as figure:
        for part, colours in zip(figure.subfigures(2, 2).flat, (0, *COLOURS), strict=True):
            top, below = part.subplots(2, 1, height_ratios=(9, 1))
            if not colours:
                top.imshow(image)
                bare(top, f"original: {len(np.unique((255 * pixels).astype(int), axis=0)):,} colours")
                dark_first = pixels[np.argsort(pixels.sum(axis=1))]
                below.imshow(dark_first[None, :: max(1, len(pixels) // 512)], aspect="auto")
                bare(below, "")
                continue
            model = models[colours]
            error = model.inertia_ / image.size
            top.imshow(model.cluster_centers_[model.labels_].reshape(image.shape).clip(0, 1))
            bare(top, f"{colours} colours, {-10 * np.log10(error):.1f} dB, {model.n_iter_} iterations")
            order = np.argsort(model.cluster_centers_.sum(axis=1))
            shares, left = np.bincount(model.labels_, minlength=colours) / len(model.labels_), 0.0
            for colour in order:
                below.barh(0, shares[colour], left=left, color=model.cluster_centers_[colour].clip(0, 1), height=1)
                left += shares[colour]
            below.set(xlim=(0, 1), ylim=(-0.5, 0.5))
            bare(below, "")


def main(argv: Sequence[str] | None = None) -> None:
    parser = _common.parser(__doc__, "rows of the photograph", SIZES, limits=(8, 427))
    parser.add_argument("--photograph", choices=("china", "flower"), default="china", help="which (default: china)")
    options = _common.parse(parser, argv)
    image = photograph(parser, options.photograph, options.size)
    pixels = image.reshape(-1, 3)
    models = {
        colours: jk.ml.KMeans(colours, n_init=3, random_state=0, tol=1e-5, backend=options.backend).fit(pixels)
        for colours in _common.progress(COLOURS, "colours")
    }
    if options.plot:
        draw(options, image, models)
    most = models[COLOURS[-1]]
    best = min(lloyd(pixels, COLOURS[-1], seed) for seed in range(3))
    _common.check_at_least("error that NumPy's runs leave, over ours", best / most.inertia_, 0.98)
    wide, centres = pixels.astype(np.float64), most.cluster_centers_.astype(np.float64)
    distances = ((wide[:, None] - centres) ** 2).sum(axis=2).min(axis=1).sum()
    _common.check("inertia over NumPy's", most.inertia_ / distances, 1, within=1e-5)
    errors = [models[colours].inertia_ for colours in COLOURS]
    _common.check_at_least(
        "least fall of the error from one picture to the next", min(np.divide(errors[:-1], errors[1:])), 1.2
    )


if __name__ == "__main__":
    main()
