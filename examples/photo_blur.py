"""photo_blur: two ways to blur a colour photograph, one that smears its edges and one that keeps them.

`jk.signal.gaussian_filter` averages each pixel with its neighbours, across edges too. `jk.signal.bilateral_filter` gives
each neighbour a second weight that falls with the distance of the two colours, so that a petal is averaged with itself
and not with the leaves behind it (C. Tomasi, R. Manduchi, ICCV 1998). Both get the same photograph with the same noise,
and the same Gaussian in place.

The photographs are those that come with scikit-learn, a flower and a Chinese temple (`--photo china`).

Check:
1. With a very wide Gaussian in colour the bilateral filter is the Gaussian blur, which NumPy computes here for itself.
2. Where the photograph is flat, the noise that is left is a fraction of what was added.
3. Along the strongest edges most of the contrast of the original survives, and more than behind the Gaussian blur.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import _common
import numpy as np

import jitkit as jk

SIZES = {"python": 24, "cpu": 427, "cuda": 427}
NOISE, RADIUS, SIGMA, SIGMA_COLOUR = 0.05, 4, 1.8, 0.25


def photograph(name: str, rows: int) -> np.ndarray:
    """Return a photograph in colours from 0 to 1, scaled to so many rows."""
    from PIL import Image
    from sklearn.datasets import load_sample_image

    picture = Image.fromarray(load_sample_image(f"{name}.jpg"))
    columns = round(rows * picture.width / picture.height)
    return np.asarray(picture.resize((columns, rows), Image.Resampling.LANCZOS), dtype=np.float32) / 255


def blurred_by_numpy(image: np.ndarray) -> np.ndarray:
    """Return the Gaussian blur of an image, one axis after the other."""
    taps = np.exp(-0.5 * (np.arange(-RADIUS, RADIUS + 1) / SIGMA) ** 2)
    for axis in (0, 1):
        pads = [(RADIUS, RADIUS) if k == axis else (0, 0) for k in range(3)]
        padded = np.pad(image.astype(np.float64), pads, mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * RADIUS + 1, axis=axis)
        image = windows @ (taps / taps.sum())
    return image


def blur(options: argparse.Namespace, noisy: np.ndarray) -> dict[str, np.ndarray]:
    """Return the noisy photograph under each filter."""
    there = jk.asarray(noisy, device=options.device)
    with jk.backend(options.backend):
        found = {
            "gaussian": jk.signal.gaussian_filter(there, SIGMA, mode="nearest", radius=RADIUS, axes=(0, 1)),
            "bilateral": jk.signal.bilateral_filter(there, SIGMA, SIGMA_COLOUR, RADIUS),
            "wide": jk.signal.bilateral_filter(there, SIGMA, 1e4, RADIUS),
        }
        return {name: jk.to_numpy(image) for name, image in found.items()}


def steepness(image: np.ndarray) -> np.ndarray:
    """Return how steep the brightness of an image is at each pixel."""
    return np.hypot(*np.gradient(image.astype(np.float64).mean(axis=2)))


def draw(options: argparse.Namespace, versions: dict[str, np.ndarray], steep: float) -> None:
    """Draw the versions, a part of each enlarged, and the brightness along a row of that part."""
    from _picture import SWINGS, bare, picture

    n, m, _ = versions["original"].shape
    top, left = (n * 3 // 8, m * 3 // 8) if options.photo == "flower" else (n // 4, m // 8)
    part = np.s_[top : top + n // 4, left : left + n // 3]
    title = f"photo_blur: {n} × {m} pixels, window {2 * RADIUS + 1} × {2 * RADIUS + 1}, on {options.backend}"
    with picture(options.plot, title, (13, 8.2), dark=True) as figure:
        axes = figure.subplots(3, 4, height_ratios=(1, 1.15, 1.0))
        for column, (name, image) in zip(axes.T, versions.items(), strict=True):
            lost = image.astype(np.float64).mean(axis=2) - versions["original"].mean(axis=2)
            for axis, pixels in zip(column, (image, image[part]), strict=False):
                axis.imshow(np.clip(pixels, 0, 1), interpolation="nearest")
                bare(axis, name if axis is column[0] else "")
            bare(column[2], "" if name == "original" else "difference from the original, ± 0.15")
            column[2].imshow(lost, cmap=SWINGS, vmin=-0.15, vmax=0.15)
            corner = (left, top), n // 3, n // 4
            column[0].add_patch(_rectangle(*corner))
        axes[2, 0].imshow(steepness(versions["original"]), cmap="gray", vmax=2 * steep)
        bare(axes[2, 0], "the original's edges")


def _rectangle(corner: tuple[int, int], width: int, height: int) -> object:
    from matplotlib.patches import Rectangle

    return Rectangle(corner, width, height, fill=False, edgecolor="white", linewidth=1)


def main(argv: Sequence[str] | None = None) -> None:
    parser = _common.parser(__doc__, "rows of the photograph", SIZES, limits=(16, 427))
    parser.add_argument("--photo", choices=("flower", "china"), default="flower", help="which one (default: flower)")
    options = _common.parse(parser, argv)
    try:
        original = photograph(options.photo, options.size)
    except ImportError:
        parser.error("the photographs come with scikit-learn and Pillow: pip install 'jitkit[examples]'")
    noise = np.random.default_rng(0).normal(0, NOISE, original.shape).astype(np.float32)
    found = blur(options, original + noise)
    steep = steepness(original)
    edges, flat = steep >= np.quantile(steep, 0.97), steep <= np.quantile(steep, 0.3)
    if options.plot:
        versions = {"original": original, "with noise": original + noise}
        versions |= {"Gaussian blur": found["gaussian"], "bilateral filter": found["bilateral"]}
        draw(options, versions, float(np.quantile(steep, 0.97)))
    reference = blurred_by_numpy(original + noise)
    for name in ("gaussian", "wide"):
        what = "Gaussian filter" if name == "gaussian" else "wide bilateral filter"
        _common.check(f"{what}, largest error", np.abs(found[name] - reference).max(), 0, within=1e-5)
    left_over = np.std((found["bilateral"] - original)[flat]) / np.std(noise[flat])
    _common.check_at_least("noise in flat parts, how many times less", 1 / left_over, 1.4)
    kept = {name: np.mean(steepness(found[name])[edges]) / np.mean(steep[edges]) for name in ("gaussian", "bilateral")}
    _common.check_at_least("contrast of edges, part that is kept", kept["bilateral"], 0.6)
    _common.check_at_least(
        "contrast of edges over that of the Gaussian blur", kept["bilateral"] / kept["gaussian"], 1.2
    )


if __name__ == "__main__":
    main()
