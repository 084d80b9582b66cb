"""bilateral: take the noise off a photograph and leave its edges sharp.

A Gaussian blur averages each pixel with those around it, across edges too. The bilateral filter also weighs how far the
greys are apart, so that a pixel is averaged with its own side of an edge. It is the kernel of `jitkit.cases.bilateral`;
`clamp` there is a plain function that keeps an index inside the image:

    @jk.kernel(fastmath=True)
    def bilateral(i, j, image, spatial, out, radius, steepness):
        n, m = image.shape
        centre = image[i, j]
        total = 0.0
        weights = 0.0
        for a in range(2 * radius + 1):
            row = clamp(i + a - radius, n)
            for b in range(2 * radius + 1):
                pixel = image[row, clamp(j + b - radius, m)]
                difference = pixel - centre
                weight = spatial[a] * spatial[b] * math.exp(-(difference * difference * steepness))
                total += weight * pixel
                weights += weight
        out[i, j] = total / weights

The photograph is that of Grace Hopper which comes with matplotlib; `--image` takes another one. Noise is added to it,
and what the filters make of that is compared with the original (C. Tomasi, R. Manduchi, ICCV 1998).

Check:
1. With steepness 0 the kernel is the Gaussian blur, computed here by NumPy, one axis after the other.
2. The bilateral filter brings the noisy photograph at least 1 dB closer to the original (peak signal-to-noise ratio).
3. Along the edges, it is closer to the original than the Gaussian blur.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import _common
import numpy as np

import jitkit as jk
from jitkit.cases.bilateral import bilateral

SIZES = {"python": 40, "cpu": 600, "cuda": 600}
NOISE, RADIUS, SIGMA, SIGMA_GREY = 0.08, 5, 1.8, 0.2
PROFILE = np.exp(-0.5 * (np.arange(-RADIUS, RADIUS + 1) / SIGMA) ** 2)


def photograph(path: Path | None, rows: int) -> np.ndarray:
    """Return a photograph in greys from 0 to 1, scaled to so many rows."""
    from matplotlib.cbook import get_sample_data
    from PIL import Image

    picture = Image.open(path or get_sample_data("grace_hopper.jpg", asfileobj=False)).convert("L")
    columns = max(2 * RADIUS, round(rows * picture.width / picture.height))
    return np.asarray(picture.resize((columns, rows), Image.Resampling.LANCZOS), dtype=np.float32) / 255


def smooth(options: argparse.Namespace, image: np.ndarray, steepness: float, doing: str) -> np.ndarray:
    """Return the filtered image, computed in bands of rows; steepness 0 does not look at the greys."""
    n, m = image.shape
    source, profile = (jk.asarray(a.astype(np.float32), device=options.device) for a in (image, PROFILE))
    out = jk.empty((n, m), np.float32, device=options.device)
    with jk.backend(options.backend):
        for row in _common.progress(range(0, n, 20), doing):
            bilateral[row : min(row + 20, n), 0:m](source, profile, out, RADIUS, steepness)
    return jk.to_numpy(out)


def blur(image: np.ndarray) -> np.ndarray:
    """Return the Gaussian blur of an image by NumPy, as the check's reference."""
    weights = PROFILE / PROFILE.sum()
    for _ in range(2):
        padded = np.pad(image.astype(np.float64), ((RADIUS, RADIUS), (0, 0)), mode="edge")
        image = np.apply_along_axis(np.convolve, 0, padded, weights, mode="valid").T
    return image


def psnr(image: np.ndarray, original: np.ndarray) -> float:
    """Return the peak signal-to-noise ratio in decibels, for greys from 0 to 1."""
    return -10 * np.log10(np.mean((image.astype(np.float64) - original) ** 2))


def draw(options: argparse.Namespace, original: np.ndarray, versions: dict[str, np.ndarray]) -> None:
    """Draw the photograph and its versions, and below each a part of it, enlarged."""
    from _picture import bare, picture

    n, m = original.shape
    part = np.s_[n // 12 : n // 12 + n // 3, m // 3 : m // 3 + n // 3]
    with picture(options.plot, f"bilateral: {n} × {m} pixels, on {options.backend}", (13, 7.4), dark=True) as figure:
        axes = figure.subplots(2, 4, height_ratios=(m / n * 1.55, 1))
        for column, (name, image) in zip(axes.T, {"original": original, **versions}.items(), strict=True):
            title = name if image is original else f"{name}: {psnr(image, original):.1f} dB"
            for axis, pixels, text in zip(column, (image, image[part]), (title, ""), strict=True):
                axis.imshow(pixels, cmap="gray", vmin=0, vmax=1)
                bare(axis, text)


def main(argv: Sequence[str] | None = None) -> None:
    parser = _common.parser(__doc__, "rows of the photograph", SIZES, limits=(32, 4_000))
    parser.add_argument("--image", type=Path, metavar="FILE", help="a photograph of yours instead of Grace Hopper's")
    options = _common.parse(parser, argv)
    try:
        original = photograph(options.image, options.size)
    except ImportError:
        parser.error(
            "the photograph needs matplotlib, which is not installed; it comes with pip install 'jitkit[plot]'"
        )
    except OSError as error:
        parser.error(f"argument --image: {options.image} cannot be read: {error.strerror or 'it is no picture'}")
    noisy = original + np.random.default_rng(0).normal(0, NOISE, original.shape).astype(np.float32)
    blurred = smooth(options, noisy, 0.0, "Gaussian blur")
    filtered = smooth(options, noisy, 1 / (2 * SIGMA_GREY**2), "bilateral filter")
    if options.plot:
        draw(options, original, {"with noise": noisy, "Gaussian blur": blurred, "bilateral filter": filtered})
    _common.check("largest error of the Gaussian blur", np.max(np.abs(blurred - blur(noisy))), 0, within=1e-5)
    _common.check_at_least("noise removed, in dB", psnr(filtered, original) - psnr(noisy, original), 1)
    steps = np.hypot(*np.gradient(original))
    edges = steps > np.quantile(steps, 0.9)
    gain = psnr(filtered[edges], original[edges]) - psnr(blurred[edges], original[edges])
    _common.check_at_least("better than the blur along the edges, in dB", gain, 1)


if __name__ == "__main__":
    main()
