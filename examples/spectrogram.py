"""spectrogram: the pitch of a sound that rises and falls, seen by short Fourier transforms.

A bird's call is a chirp: its frequency f(t) changes all the time. Cut into short windows that overlap, each weighed by
Hann's bell and transformed by `jk.signal.rfft`, the call becomes a picture of power over time and frequency: a whole
batch of transforms in one call (D. Gabor, "Theory of communication", 1946).

The sound is sin(phi(t)) with phi'(t) / (2 pi) = f(t), a law that is written down here, in three voices: one that sweeps
up, one that sways, and a faint one that falls. Noise of the same strength is laid over it.

Check:
1. The ridge of the picture, the loudest frequency of each window read between the bins, is the swaying law.
2. Parseval: the energy of all windows equals that of their spectra.
3. Windows added up again give the sound back, by `jk.signal.irfft`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import _common
import numpy as np

import jitkit as jk

SIZES = {"python": 4_096, "cpu": 262_144, "cuda": 262_144}
RATE = 8_000.0  # samples a second, for the axes of the picture
VOICES = ("sways", "sweeps up", "falls")


def laws(t: np.ndarray) -> np.ndarray:
    """Return the frequency of each voice, in cycles a sample, for times from 0 to 1."""
    return np.stack([0.22 + 0.06 * np.sin(2 * np.pi * 2 * t), 0.02 + 0.10 * t**2, 0.46 - 0.12 * t])


def sound(n: int) -> np.ndarray:
    """Return the three voices with noise; each phase is the sum of its frequencies."""
    phases = 2 * np.pi * np.cumsum(laws(np.arange(n) / n), axis=1)
    voices = np.array([[1.0], [0.45], [0.2]]) * np.sin(phases)
    return (voices.sum(axis=0) + np.random.default_rng(7).normal(0, 0.5, n)).astype(np.float32)


def short_spectra(options: argparse.Namespace, x: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return overlapping windows under Hann's bell, their spectra, and what comes back from those."""
    bell = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    windows = np.lib.stride_tricks.sliding_window_view(x, window)[:: window // 4] * bell.astype(np.float32)
    there = jk.asarray(windows, device=options.device)
    with jk.backend(options.backend):
        spectra = jk.signal.rfft(there)
        back = jk.signal.irfft(spectra)
    return windows, jk.to_numpy(spectra), jk.to_numpy(back)


def ridge(power: np.ndarray, window: int) -> np.ndarray:
    """Return the loudest frequency of each window: the top of a parabola through the logarithms of three bins."""
    top = np.clip(power.argmax(axis=1), 1, power.shape[1] - 2)
    low, middle, high = (np.log(power[np.arange(len(top)), top + k]) for k in (-1, 0, 1))
    return (top + 0.5 * (low - high) / (low - 2 * middle + high)) / window


def added_up(windows: np.ndarray, n: int, hop: int) -> np.ndarray:
    """Return the sum of windows where they overlap."""
    total = np.zeros(n)
    for k, part in enumerate(windows):
        total[k * hop : k * hop + len(part)] += part
    return total


def draw(options: argparse.Namespace, n: int, power: np.ndarray, found: np.ndarray, window: int) -> None:
    """Draw the spectrogram, with the laws beside the ridge."""
    from _picture import picture

    seconds, centres = n / RATE, (np.arange(len(power)) * (window // 4) + window / 2) / n
    decibels = 10 * np.log10(power / power.max() + 1e-12)
    title = f"spectrogram: {n:,} samples, {len(power):,} windows of {window}, on {options.backend}"
    with picture(options.plot, title, (12, 6.6), dark=True) as figure:
        image = figure.subplots()
        extent = (centres[0] * seconds, centres[-1] * seconds, 0, RATE / 2)
        mesh = image.imshow(decibels.T, origin="lower", aspect="auto", extent=extent, cmap=_voices(), vmin=-32, vmax=0)
        shown = slice(None, None, max(1, len(found) // 60))
        image.plot(centres[shown] * seconds, found[shown] * RATE, "o", color="white", markersize=3.2, label="the ridge")
        for law, name in zip(laws(centres), VOICES, strict=True):
            line = image.plot(centres * seconds, law * RATE, color="#7fe7ff", linewidth=0.9, linestyle=(0, (2, 6)))
            at = len(centres) // 8
            image.text(centres[at] * seconds, law[at] * RATE + 130, name, color="white", fontsize=11, ha="center")
        line[0].set_label("the laws that the voices were made by")
        image.set(xlabel="seconds", ylabel="hertz", ylim=(0, RATE / 2), xlim=extent[:2])
        image.legend(loc="upper right", labelcolor="white", framealpha=0.6, frameon=True, facecolor="black")
        figure.colorbar(mesh, ax=image, label="power, decibels below the loudest", pad=0.01)


def _voices() -> object:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(
        "voices", ["#0b0e14", "#16204a", "#4b2a8a", "#c8385a", "#ffb347", "#fff6dc"]
    )


def main(argv: Sequence[str] | None = None) -> None:
    options = _common.parse(_common.parser(__doc__, "samples", SIZES, limits=(2_048, 8_000_000)), argv)
    window = 128 if options.size < 65_536 else 1_024
    x = sound(options.size)
    windows, spectra, back = short_spectra(options, x, window)
    power = np.abs(spectra.astype(np.complex128)) ** 2
    found = ridge(power, window)
    if options.plot:
        draw(options, len(x), power, found, window)
    centres = (np.arange(len(power)) * (window // 4) + window / 2) / len(x)
    off = np.median(np.abs(found - laws(centres)[0])) * window
    _common.check("ridge, median distance from the law in bins", off, 0, within=0.15)
    energy = 2 * power.sum() - power[:, 0].sum() - power[:, -1].sum()
    _common.check(
        "energy of the spectra over that of the windows", energy / window / np.sum(windows**2.0), 1, within=1e-5
    )
    again = added_up(back, len(x), window // 4)[window : len(x) - 2 * window] / 2  # four bells add up to 2
    _common.check(
        "largest error of the sound that came back", np.abs(again - x[window : len(x) - 2 * window]).max(), 0, 1e-5
    )


if __name__ == "__main__":
    main()
