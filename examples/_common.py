"""What the examples share: the command line, a progress bar, and checks that end the script when they fail."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import track

if importlib.util.find_spec("jitkit") is None:  # not installed: take the package beside this folder
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import jitkit as jk

BACKENDS = ("auto", "python", "cpu", "cuda")


def parser(story: str, size: str, sizes: Mapping[str, int], limits: tuple[int, int]) -> argparse.ArgumentParser:
    """Return the command line that every example has.

    Parameters
    ----------
    story : str
        The example's docstring, shown by ``--help``.
    size : str
        What ``--size`` counts.
    sizes : mapping of str to int
        The size to take on each backend when none is given; the interpreter needs a small one.
    limits : tuple of int
        The smallest and the largest size that make sense.
    """
    defaults = f"default: {sizes['python']} interpreted, {sizes['cpu']} on the CPU, {sizes['cuda']} on a GPU"
    result = argparse.ArgumentParser(description=story, formatter_class=argparse.RawDescriptionHelpFormatter)
    result.add_argument(
        "--backend",
        choices=BACKENDS,
        default="auto",
        help="where to run (default: a GPU if there is one, else the CPU)",
    )
    result.add_argument("--size", type=int, metavar="N", help=f"{size}, from {limits[0]} to {limits[1]} ({defaults})")
    result.add_argument("--plot", type=Path, metavar="FILE", help="draw a picture, such as out.png; needs matplotlib")
    result.set_defaults(what=size, sizes=sizes, limits=limits)
    return result


def parse(parser: argparse.ArgumentParser, argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the options `backend`, `device`, `size` and `plot`, and whatever else the parser knows.

    What cannot be done ends the script with one sentence and exit status 2, before anything is computed. From then on Ctrl-C
    ends a script, which reads the command line itself, with a word.
    """
    options = parser.parse_args(argv)
    if argv is None:
        sys.excepthook = _ended
    try:
        options.backend = _available(options.backend)
    except jk.BackendError as error:
        where = "environment variable JITKIT_BACKEND" if options.backend == "auto" else "argument --backend"
        parser.error(f"{where}: {error}")
    options.device = "cuda" if options.backend == "cuda" else "cpu"
    if options.size is None:
        options.size = options.sizes[options.backend if options.backend != "cuda" or _has_gpu() else "python"]
    smallest, largest = options.limits
    if not smallest <= options.size <= largest:
        parser.error(f"argument --size: {options.what}: {options.size} is not from {smallest} to {largest}")
    if options.plot is not None:
        _check_picture(parser, options.plot)
    return options


def _ended(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """Show what ended the script: of Ctrl-C not the 50 lines that were under way then."""
    if issubclass(kind, KeyboardInterrupt):
        print("interrupted", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, traceback)


def _available(backend: str) -> str:
    """Return the backend that a launch is to run on."""
    if backend == "auto":
        backend = os.environ.get("JITKIT_BACKEND") or ("cuda" if _has_gpu() else "cpu")
    with jk.backend(backend):  # refuses a name that JITKIT_BACKEND got wrong
        if backend == "cuda":
            jk.empty(1, device="cuda")  # says what is missing
    return backend


def _has_gpu() -> bool:
    return any(device.compute_capability for device in jk.devices())  # the CUDA simulator has none


def _check_picture(parser: argparse.ArgumentParser, path: Path) -> None:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
    except ImportError:
        parser.error("argument --plot: matplotlib is not installed; it comes with pip install 'jitkit[plot]'")
    formats = FigureCanvasAgg.get_supported_filetypes()
    if path.suffix[1:].lower() not in formats:
        parser.error(f"argument --plot: the name {path} must end in one of .{', .'.join(sorted(formats))}")
    if not path.absolute().parent.is_dir():
        parser.error(f"argument --plot: there is no folder {path.absolute().parent}")


def progress(steps: Sequence[int], doing: str) -> Iterable[int]:
    """Iterate over `steps` behind a progress bar; there is none where stderr is not a terminal."""
    console = Console(stderr=True)
    return track(steps, description=doing, console=console, transient=True, disable=not console.is_terminal)


def check(what: str, got: float, expected: float, within: float) -> None:
    """Compare a result with an independent reference, and end the script with exit status 1 where they differ."""
    _conclude(abs(got - expected) <= within, f"{what}: {got:.8g}, expected {expected:.8g} within {within:.2g}")


def check_at_least(what: str, got: float, least: float) -> None:
    """As `check`, for a result that may be as large as it likes."""
    _conclude(got >= least, f"{what}: {got:.4g}, expected at least {least:.4g}")


def _conclude(passed: bool, text: str) -> None:
    if not passed:
        sys.exit(f"check failed: {text}")
    print(f"check passed: {text}")
