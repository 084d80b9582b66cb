"""The examples: each runs at a small size on every backend, draws its picture, and notices a kernel that is wrong."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from jitkit import cases

EXAMPLES = Path(__file__).parents[1] / "examples"
SIZES = {
    "bilateral": 32, "black_scholes": 5, "heat": 8, "mandelbrot": 16, "nbody": 4, "philox": 500, "saxpy": 100, "wave": 6,
    "bitonic": 1, "block_sum": 2_100, "group_histogram": 3_000, "matmul_tiled": 6, "stencil_tiled": 36, "transpose": 12,
}  # fmt: skip
OF_TOOLKIT = {
    "cylinder": 3, "dam_break": 3, "digits": 16, "galaxies": 8, "gray_scott": 8, "ising": 8, "life": 12, "lorenz96": 2,
    "option_pricing": 256, "pagerank": 8, "pca": 20, "photo_blur": 24, "quantise": 8, "spectrogram": 2048,
}  # fmt: skip
every_example = pytest.mark.parametrize("name", sorted({**SIZES, **OF_TOOLKIT}))
every_example_of_a_kernel = pytest.mark.parametrize("name", sorted(SIZES))


@pytest.fixture
def load(monkeypatch):
    """Import an example, under a name of its own: `wave` is a module of the standard library as well."""
    monkeypatch.syspath_prepend(str(EXAMPLES))

    def load_one(name):
        spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load_one


@pytest.fixture
def without_matplotlib(monkeypatch):
    import matplotlib.backends.backend_agg  # noqa: F401

    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.setitem(sys.modules, name, None)


def refusal(run, *argv, capsys):
    """Return the sentence with which an example refuses its command line."""
    with pytest.raises(SystemExit) as stopped:
        run([str(arg) for arg in argv])
    assert stopped.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err.splitlines()[-1]


class WrongKernel:
    """The kernel of a case, whose results come out one percent too small."""

    def __init__(self, name):
        self.case = cases.load(name)
        problem = self.case.problem("tiny")
        self.written = [k for k, name in enumerate(self.case.arguments(problem)) if name in problem.written]

    def __getitem__(self, space):
        def launch(*args):
            self.case.kernel[space](*args)
            with np.errstate(all="ignore"):  # parts of the array may not be written yet
                for k in self.written:
                    np.multiply(args[k], 0.99, out=args[k], casting="unsafe")

        return launch


def test_every_case_of_a_kernel_has_an_example():
    assert set(cases.names()) == set(SIZES)
    assert {path.stem for path in EXAMPLES.glob("[!_]*.py")} == {*SIZES, *OF_TOOLKIT}


@every_example
def test_example_checks_its_result_and_draws(name, backend, load, tmp_path, capsys, monkeypatch):
    from matplotlib.image import imread

    example, picture = load(name), tmp_path / "picture.png"
    if backend == "cuda" and name == "nbody":
        monkeypatch.setattr(example, "STEPS", example.FRAMES)  # the simulator needs minutes for all steps
    example.main(["--backend", backend, "--size", str({**SIZES, **OF_TOOLKIT}[name]), "--plot", str(picture)])
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"drawn: {picture}"
    assert len(said) > 1
    assert all(line.startswith("check passed: ") for line in said[1:])
    pixels = imread(picture)
    assert min(pixels.shape[:2]) > 400
    assert pixels[..., :3].std() > 0.02


@every_example_of_a_kernel
def test_example_fails_when_the_kernel_is_wrong(name, load, monkeypatch):
    example = load(name)
    monkeypatch.setattr(example, name, WrongKernel(name))
    with pytest.raises(SystemExit) as stopped:
        example.main(["--backend", "python", "--size", str(SIZES[name])])
    assert isinstance(stopped.value.code, str)  # which Python prints, and makes exit status 1
    assert stopped.value.code.startswith("check failed: ")
    assert ", expected " in stopped.value.code


@every_example_of_a_kernel
def test_docstring_shows_the_kernel_as_it_is(name, load):
    source = textwrap.dedent(inspect.getsource(cases.load(name).kernel.func))
    described = ast.parse(source).body[0].body[0]
    lines = source.splitlines()
    del lines[described.lineno - 1 : described.end_lineno]
    assert textwrap.indent("\n".join(lines), "    ") in load(name).__doc__


@every_example
def test_help_tells_the_story_and_the_options(name, load, capsys):
    example = load(name)
    with pytest.raises(SystemExit) as stopped:
        example.main(["--help"])
    assert stopped.value.code == 0
    said = capsys.readouterr().out
    assert example.__doc__.strip() in said
    assert all(option in said for option in ("--backend", "--size", "--plot"))


@every_example
def test_impossible_size_is_refused(name, load, capsys):
    run = load(name).main
    assert f"{10**12} is not from " in refusal(run, "--size", 10**12, capsys=capsys)
    assert "0 is not from " in refusal(run, "--size", 0, capsys=capsys)
    assert "invalid int value: 'many'" in refusal(run, "--size", "many", capsys=capsys)


def test_backend_that_is_none_is_refused(load, capsys, monkeypatch):
    run = load("saxpy").main
    assert "'python', 'cpu', 'cuda'" in refusal(run, "--backend", "gpu", capsys=capsys)
    monkeypatch.setenv("JITKIT_BACKEND", "gpu")
    said = refusal(run, capsys=capsys)
    assert "JITKIT_BACKEND" in said
    assert "no backend 'gpu'" in said


def test_auto_takes_the_backend_of_the_environment(load, tmp_path, monkeypatch):
    example, seen = load("saxpy"), []
    monkeypatch.setenv("JITKIT_BACKEND", "python")
    monkeypatch.setattr(example, "draw", lambda options, y: seen.append((options.backend, options.size)))
    example.main(["--plot", str(tmp_path / "unused.png")])
    assert seen == [("python", example.SIZES["python"])]


def test_plot_without_matplotlib_names_the_extra(load, capsys, without_matplotlib):
    assert "jitkit[plot]" in refusal(load("heat").main, "--plot", "out.png", capsys=capsys)
    assert "jitkit[plot]" in refusal(load("bilateral").main, capsys=capsys)


def test_plot_that_cannot_be_written_is_refused_before_the_run(load, tmp_path, capsys):
    run = load("heat").main
    assert f"no folder {tmp_path / 'no'}" in refusal(run, "--plot", tmp_path / "no" / "out.png", capsys=capsys)
    assert "must end in one of" in refusal(run, "--plot", tmp_path / "out.txt", capsys=capsys)


def test_bilateral_takes_a_photograph_of_ones_own(load, tmp_path, capsys):
    from PIL import Image

    run, own = load("bilateral").main, tmp_path / "own.png"
    row, column = np.mgrid[:40, :50]
    Image.fromarray(np.where((row // 10 + column // 10) % 2, 200, 60).astype(np.uint8)).save(own)
    run(["--backend", "python", "--size", "32", "--image", str(own)])
    assert capsys.readouterr().out.count("check passed") == 3
    assert "missing.png cannot be read" in refusal(run, "--image", tmp_path / "missing.png", capsys=capsys)
    (tmp_path / "text.png").write_text("no picture")
    assert "it is no picture" in refusal(run, "--image", tmp_path / "text.png", capsys=capsys)


def test_examples_run_from_any_folder(tmp_path):
    """Also where jitkit is not installed: the examples then take it from the checkout."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, str(EXAMPLES / "saxpy.py"), "--backend", "python", "--size", "10"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "sum of the first 10 odd numbers: 100" in done.stdout
    done = subprocess.run([*command, "--size", "0"], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode == 2


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to a single process")
def test_ctrl_c_ends_an_example_with_a_word(tmp_path):
    script = f"""
import os, runpy, signal, sys
import jitkit as jk
signal.signal(signal.SIGINT, signal.default_int_handler)  # which is not so in a shell's background
jk.devices = lambda: os.kill(os.getpid(), signal.SIGINT)  # what _common asks once the command line is read
sys.argv = ["saxpy.py", "--size", "10"]
sys.path.insert(0, {str(EXAMPLES)!r})
runpy.run_path({str(EXAMPLES / "saxpy.py")!r}, run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "interrupted\n")
