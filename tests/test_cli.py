"""The command line: each command, and each mistake that a user can make."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import importlib.util
import itertools
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner

import jitkit as jk
from jitkit import cases
from jitkit.backends import gpu, sass
from jitkit.cases import heat as heat_module
from jitkit.cli import console, demo, doctor, main, measure, plot, signatures, targets
from jitkit.cli.failures import Failed, Refused

ROOT = Path(__file__).parents[1]
SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
NO_GPU = "no GPU in this test: buy one"

BLUR = """
    import numpy as np
    import jitkit as jk

    @jk.kernel
    def blur(i, j, u, out, k):
        out[i, j] = k * u[i, j]
"""


def heat_step(u, k):
    """The oracle of the picture: one step of the heat equation, in float64."""
    after = u.astype(np.float64)
    inner = after[1:-1, 1:-1]
    around = after[:-2, 1:-1] + after[2:, 1:-1] + after[1:-1, :-2] + after[1:-1, 2:]
    after[1:-1, 1:-1] = inner + k * (around - 4 * inner)
    return after


def run(*words, code=0):
    """Run a command in this process; anything but an orderly end is a failure of the test."""
    result = CliRunner().invoke(main, list(words), prog_name="jitkit", env={"COLUMNS": "100"})
    orderly = result.exception is None or isinstance(result.exception, SystemExit)
    assert orderly, f"{words} raised {result.exception!r}"
    assert result.exit_code == code, result.output
    return result.output


def refusal(*words, code=2):
    """Run a command that must end in an error and print nothing else; return the error on one line."""
    output = run(*words, code=code)
    assert "Traceback" not in output
    usage, found, sentence = output.partition("Error: ")
    assert found
    assert not usage or usage.startswith("Usage: ")
    return " ".join(sentence.split())


def cells(output, first):
    """Return the cells of the table row that begins with a text."""
    found = [re.split(r"\s{2,}", line.strip()) for line in output.splitlines() if line.strip().startswith(first)]
    assert len(found) == 1, output
    return found[0]


def seconds(text):
    number, unit = text.split()
    return float(number.replace(",", "")) * SECONDS[unit]


def without_package(monkeypatch, module):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == module else found(name, *rest))


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """An empty current directory, whose modules are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(tmp_path) in str(sys.modules[name].__file__):
            del sys.modules[name]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of this test's own."""
    monkeypatch.setenv("JITKIT_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def no_gpu(monkeypatch):
    """A machine without a GPU, wherever the test runs."""
    monkeypatch.setattr(gpu, "missing", lambda: NO_GPU)


@pytest.fixture(scope="module")
def output():
    """What `jitkit demo` prints without a GPU."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gpu, "missing", lambda: NO_GPU)
        return run("demo")


@pytest.fixture
def wrong_reference(monkeypatch):
    """A case `heat` whose reference is wrong, so that every backend disagrees with it."""
    wrong = dataclasses.replace(heat_module.CASE, reference=lambda problem: {"out": np.zeros_like(problem.args[1])})
    monkeypatch.setattr(heat_module, "CASE", wrong)


def write(name, *parts):
    Path(name).write_text("\n".join(textwrap.dedent(part) for part in parts))


class TestEntry:
    def test_version(self):
        assert run("--version").split() == ["jitkit", jk.__version__]

    def test_help_lists_every_command(self):
        output = run("--help")
        for name in ("demo", "doctor", "list", "run", "inspect", "warm", "cache"):
            assert re.search(rf"^  {name} +\w.*\.$", output, re.MULTILINE), name  # its summary is not cut short

    @pytest.mark.parametrize("name", [*main.commands, "cache info", "cache list", "cache clear"])
    def test_every_command_has_help(self, name):
        assert run(*name.split(), "--help").startswith(f"Usage: jitkit {name}")

    def test_examples_in_help_keep_their_lines(self):
        assert "\n  jitkit inspect heat --show ptx --cc 8.0\n" in run("inspect", "--help")
        assert "\n  JITKIT_WARM = [\n      (blur," in run("warm", "--help")

    def test_unknown_command(self):
        assert "No such command 'nope'" in refusal("nope")

    def test_help_imports_nothing_heavy(self):
        script = (
            "import sys; from jitkit.cli import main; main(['--help'], standalone_mode=False); "
            "print(*{'numpy', 'numba', 'llvmlite', 'rich', 'matplotlib'} & set(sys.modules), file=sys.stderr)"
        )
        done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.startswith("Usage: ")
        assert done.stderr.split() == []

    def test_as_a_module_output_and_errors_go_their_ways(self):
        def python_m(*words):
            command = [sys.executable, "-m", "jitkit", *words]
            return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

        good, bad = python_m("cache", "info"), python_m("run", "heta")
        assert (good.returncode, good.stderr) == (0, "")
        assert os.environ["JITKIT_CACHE_DIR"] in "".join(good.stdout.split())
        assert (bad.returncode, bad.stdout) == (2, "")
        assert bad.stderr.startswith("Error: there is no case 'heta'; the cases are ")
        assert bad.stderr.count("\n") == 1


class TestDemo:
    def test_every_backend_that_runs_is_within_the_tolerance_of_the_reference(self, output):
        for name in ("python", "cpu"):
            ulp, unit = cells(output, f"{name}  ")[-1].split()
            assert unit == "ULP"
            assert float(ulp) <= 8  # four machine epsilons are at most eight units in the last place

    def test_backends_agree_with_one_another(self, output):
        names, points, difference, verdict = cells(output, "python and cpu")
        assert (names, verdict) == ("python and cpu", "agree")
        assert int(points) == 22 * 28
        assert float(difference.split()[0]) <= 8

    def test_speedups_are_ratios_of_the_times_a_point(self, output):
        interpreted = seconds(cells(output, "python  ")[3])
        assert cells(output, "python  ")[4] == "1.00"
        for name in ("NumPy, float64", "cpu  "):
            _, points, time, per_point, speedup, *_ = cells(output, name)
            assert seconds(time) / float(points.replace(",", "")) == pytest.approx(seconds(per_point), rel=0.02)
            assert float(speedup.replace(",", "")) == pytest.approx(interpreted / seconds(per_point), rel=0.02)

    def test_a_backend_that_cannot_run_is_listed_with_the_reason(self, output):
        assert f"cuda cannot run here: {NO_GPU}" in output

    def test_disagreement_with_the_reference_is_a_failure(self, no_gpu, wrong_reference):
        assert refusal("demo", code=1).startswith("case 'heat': python gave out[0, 0] = ")

    def test_disagreement_between_backends_is_a_failure(self):
        case = cases.load("heat")
        problem = case.problem("tiny")
        good = case.reference(problem)["out"]
        bad = good.copy()
        bad[3, 4] += 0.5
        exact = demo.agreements_of(case, problem, {"python": {"out": good}, "cpu": {"out": good.copy()}})
        assert [(a.one, a.other, a.points, a.off) for a in exact] == [("python", "cpu", 22 * 28, 0.0)]
        with pytest.raises(Failed, match=r"cpu, with python as the reference, gave out\[3, 4\]"):
            demo.agreements_of(case, problem, {"python": {"out": good}, "cpu": {"out": bad}})

    def test_plot_is_a_picture(self, no_gpu, tmp_path):
        from matplotlib import image

        target = tmp_path / "out.png"
        assert str(target) in run("demo", "--plot", str(target)).replace("\n", "")
        pixels = image.imread(target)
        assert min(pixels.shape[:2]) >= 600
        assert len(np.unique(pixels[..., 0])) > 100  # the shades of red in the fields

    def test_plotted_fields_solve_the_heat_equation(self):
        before, after = plot.simulate(30, shape=(200, 220))
        expected = before
        for _ in range(30):
            expected = heat_step(expected, 0.2)
        np.testing.assert_allclose(after, expected, atol=1e-5)
        assert np.abs(after - before).max() > 0.1

    @pytest.mark.parametrize(
        ("name", "sentence"),
        [
            ("nowhere/out.png", r"--plot nowhere/out.png: there is no folder .*nowhere"),
            ("out.xyz", r"--plot out.xyz: the file's name must end in one of .*\.png"),
            ("out", r"--plot out: the file's name must end in"),
        ],
    )
    def test_a_picture_that_cannot_be_drawn_is_refused_first(self, workspace, monkeypatch, name, sentence):
        monkeypatch.setattr(demo, "compare", lambda *_: pytest.fail("timed before the file was looked at"))
        assert re.match(sentence, refusal("demo", "--plot", name))

    def test_plot_without_matplotlib_names_the_extra(self, monkeypatch):
        without_package(monkeypatch, "matplotlib")
        sentence = refusal("demo", "--plot", "out.png")
        assert sentence == "--plot needs matplotlib, which is not installed: pip install 'jitkit[plot]'"


class TestDoctor:
    def test_reports_what_is_here(self):
        output = run("doctor")
        for name, version in (("numba", importlib.metadata.version("numba")), ("numpy", np.__version__)):
            assert cells(output, f"{name} ")[1:] == ["ok", version]
        assert cells(output, "cpu backend")[1] == "ok"
        assert cells(output, "threads")[2].startswith(f"{jk.get_num_threads()},")
        assert "broken" not in output

    def test_what_is_optional_and_absent_breaks_nothing(self, monkeypatch):
        versions = importlib.metadata.version

        def version(name):
            if name in ("numba-cuda", "matplotlib"):
                raise importlib.metadata.PackageNotFoundError(name)
            return versions(name)

        monkeypatch.setattr(importlib.metadata, "version", version)
        without_package(monkeypatch, "numba_cuda")
        monkeypatch.setattr(gpu, "missing", gpu._without_gpu.__wrapped__)
        monkeypatch.setattr(sass, "tool", lambda name: None)
        output = run("doctor")
        for name in ("numba-cuda", "matplotlib", "cuda backend", "PTX", "ptxas", "nvdisasm"):
            found = cells(output, f"{name} ")
            assert found[1] == "absent"
            assert "pip install" in found[2]

    def test_wrong_results_are_broken(self, monkeypatch):
        @jk.kernel
        def double(i, x):
            x[i] = 3 * x[i]

        monkeypatch.setattr(doctor, "double", double)
        output = run("doctor", code=1)
        assert cells(output, "cpu backend")[1] == "broken"
        assert "the cpu backend doubled an array wrongly" in output
        assert "Error: broken: cpu backend\n" in output

    def test_wrong_settings_are_broken_and_the_rest_is_still_examined(self, monkeypatch):
        monkeypatch.setenv("JITKIT_BACKEND", "gpu")
        output = run("doctor", code=1)
        assert "there is no backend 'gpu'" in " ".join(output.split())
        assert cells(output, "cpu backend")[1] == "ok"
        assert "Error: broken: settings\n" in output

    def test_a_cpu_without_vector_math_is_no_fault(self, monkeypatch):
        from jitkit.backends import symbols

        monkeypatch.setattr(symbols, "vector_library", lambda: None)
        findings = {finding.name: finding for finding in doctor.PROBES["vector math"]()}
        assert findings["vector math"].state == doctor.ABSENT
        assert "libmvec" in findings["vector math"].text

    def test_a_cache_that_keeps_nothing_says_why(self, monkeypatch, tmp_path):
        tmp_path.chmod(0o777)
        monkeypatch.setenv("JITKIT_CACHE_DIR", str(tmp_path))
        (finding,) = doctor.PROBES["cache"]()
        assert finding.state == doctor.ABSENT
        assert "chmod go-w" in finding.text


class TestList:
    def test_shows_every_case_with_its_sizes_dtypes_and_source(self):
        output = run("list")
        words = " ".join(output.split())
        for case in map(cases.load, cases.names()):
            assert cells(output, f"{case.name} ")[0] == case.name
            assert case.source.split(",")[0] in words
            for name, size in case.sizes.items():
                assert f"{name} {size:,}" in output
            assert all(dtype in output for dtype in case.dtypes)

    @pytest.mark.parametrize("columns", ["40", "80", "200"])
    def test_loses_no_word_in_a_narrow_terminal(self, columns):
        result = CliRunner().invoke(main, ["list"], env={"COLUMNS": columns})
        found = re.findall(r"[\w-]+", result.output)
        for case in map(cases.load, cases.names()):
            missing = set(re.findall(r"[\w-]+", f"{case.name} {case.summary} {case.source}")) - set(found)
            assert not missing, case.name
        assert max(map(len, result.output.splitlines())) <= int(columns)


class TestRun:
    # 100 points along each side: the CUDA simulator starts one OS thread for each point.
    def test_agrees_with_the_reference(self, backend):
        output = run("run", "saxpy", "--backend", backend, "--size", "100", "--repeat", "2")
        assert output.startswith(f"saxpy on {measure.label(backend)}")
        assert "agrees with the NumPy reference" in output
        assert "median of 2 launches" in output

    @pytest.mark.parametrize("name", cases.names())
    def test_runs_every_case(self, name):
        assert "agrees with the NumPy reference" in run("run", name, "--size", "tiny", "--repeat", "1")

    def test_rates_are_the_cost_over_the_time(self):
        output = run("run", "heat", "--dtype", "float64", "--size", "300", "--repeat", "3")
        cost = cases.load("heat").cost(cases.load("heat").problem(300, "float64"))
        time = seconds(re.search(r"^time +([\d.,]+ \w+),", output, re.MULTILINE)[1])
        for unit, amount in (("GB/s", cost.bytes), ("GFLOP/s", cost.flops)):
            rate = float(re.search(rf"([\d.,]+) {unit}", output)[1].replace(",", ""))
            assert rate == pytest.approx(amount / time / 1e9, rel=0.02)
        assert f"{cost.points:,} points), float64" in output

    def test_the_number_of_threads_is_for_this_run(self):
        before = jk.get_num_threads()
        assert run("run", "saxpy", "--size", "1000", "--threads", "1").startswith("saxpy on cpu, 1 thread")
        assert jk.get_num_threads() == before

    def test_the_interpreter_runs_the_tiny_size(self, monkeypatch):
        monkeypatch.setenv("JITKIT_BACKEND", "python")
        output = run("run", "heat", "--repeat", "1")
        assert output.startswith("heat on python")
        assert "tiny, 24 (616 points)" in output

    def test_wrong_results_are_a_failure(self, wrong_reference):
        sentence = refusal("run", "heat", "--size", "tiny", code=1)
        assert sentence.startswith("case 'heat': cpu gave out[0, 0] = ")

    @pytest.mark.gpu
    def test_on_a_gpu_nothing_is_copied_while_timing(self):
        case = cases.load("heat")
        placed = measure.placed(case.problem("tiny"), "cuda")
        assert all(hasattr(arg, "__cuda_array_interface__") for arg in placed.args[:2])
        assert "agrees with the NumPy reference" in run("run", "heat", "--backend", "cuda")

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            (["heta"], r"there is no case 'heta'; the cases are .*heat.*saxpy"),
            (
                ["heat", "--size", "huge"],
                r"case 'heat' has no size 'huge'; give one of tiny, small, large, or a",
            ),
            (["heat", "--size", "0"], r"case 'heat': the size must be at least 1, not 0"),
            (["heat", "--size", "-3"], r"case 'heat': the size must be at least 1, not -3"),
            (["heat", "--size", "2"], r"case 'heat' has no points at size 2"),
            (["heat", "--size", "1000000000"], r"case 'heat': size 1000000000 does not fit into memory"),
            (["heat", "--size", "9" * 30], r"case 'heat': size 9+ does not fit into memory"),
            (["heat", "--dtype", "int8"], r"case 'heat' has no dtype 'int8'; give one of float32, float64"),
            (["heat", "--dtype", "flat32"], r"case 'heat' has no dtype 'flat32'; give one of float32, float64"),
            (["heat", "--threads", "0"], r"set_num_threads: the number of threads must be from 1 to"),
            (
                ["heat", "--threads", "1", "--backend", "python"],
                r"--threads is for the cpu backend; .* python$",
            ),
            (["heat", "--repeat", "0"], r"Invalid value for '--repeat'"),
            (
                ["heat", "--backend", "tpu"],
                r"Invalid value for '--backend': 'tpu' is not one of 'python', 'cpu'",
            ),
            ([], r"Missing argument 'NAME'"),
        ],
    )
    def test_mistakes(self, words, sentence):
        assert re.match(sentence, refusal("run", *words))

    def test_a_gpu_that_is_not_there(self, no_gpu):
        assert NO_GPU in refusal("run", "heat", "--backend", "cuda")

    def test_a_wrong_environment_variable(self, monkeypatch):
        monkeypatch.setenv("JITKIT_BACKEND", "gpu")
        assert "JITKIT_BACKEND: there is no backend 'gpu'" in refusal("run", "heat")

    def test_memory_that_runs_out_later(self, monkeypatch):
        def reference(problem):
            raise MemoryError("Unable to allocate 7 GiB")

        monkeypatch.setattr(heat_module, "CASE", dataclasses.replace(heat_module.CASE, reference=reference))
        assert refusal("run", "heat") == "there is not enough memory for this: Unable to allocate 7 GiB"


class TestInspect:
    @pytest.mark.parametrize("target", ["heat", "heat:heat", "jitkit.cases.heat", "jitkit.cases.heat:heat"])
    def test_a_case_knows_its_types(self, target):
        assert run("inspect", target, "--show", "types").splitlines() == [
            "u: 2-D float32 array",
            "out: 2-D float32 array",
            "k: float",
        ]

    def test_summary_says_whether_the_loop_is_vectorised(self):
        output = run("inspect", "saxpy")
        assert output.startswith("saxpy on cpu\n")
        assert re.search(r"^vectorised: (yes|no)$", output, re.MULTILINE)

    @pytest.mark.parametrize(
        ("words", "contained"),
        [
            (["--show", "llvm"], r"^define .*\{$"),
            (["--show", "asm"], r"^\s+ret[qn]?$|^\s+ret\s"),
            (["--show", "ptx"], r"^\.target sm_90"),
            (["--show", "ptx", "--cc", "8.0"], r"^\.target sm_80"),
            (["--cc", "8.0"], r"^saxpy on cuda$"),
            (["--backend", "cuda"], r"^PTX lines: \d+$"),
        ],
    )
    def test_views(self, words, contained):
        assert re.search(contained, run("inspect", "saxpy", *words), re.MULTILINE)

    @pytest.mark.skipif(not (sass.tool("ptxas") and sass.tool("nvdisasm")), reason="needs ptxas and nvdisasm")
    def test_sass(self):
        assert "FFMA" in run("inspect", "saxpy", "--show", "sass")

    def test_sass_without_the_tools_says_how_to_get_them(self, monkeypatch):
        monkeypatch.setattr(sass, "tool", lambda name: None)
        assert refusal("inspect", "saxpy", "--show", "sass") == (
            "saxpy: there is no SASS without ptxas and nvdisasm: pip install nvidia-cuda-nvcc nvidia-cuda-nvdisasm"
        )

    def test_without_numba_cuda_names_the_extra(self, monkeypatch):
        def inspect(*args, **kwargs):
            raise ModuleNotFoundError("No module named 'numba_cuda'")

        monkeypatch.setattr(jk.Kernel, "inspect", inspect)
        assert "pip install 'jitkit[cuda]'" in refusal("inspect", "saxpy", "--show", "ptx")

    def test_a_kernel_in_a_file_takes_its_types_from_the_command_line(self, workspace):
        write("mine.py", BLUR)
        output = run("inspect", "mine.py:blur", "--args", "float32[:,:], float64[:, :], float", "--show", "types")
        assert output.splitlines() == ["u: 2-D float32 array", "out: 2-D float64 array", "k: float"]

    def test_a_kernel_in_a_module_of_the_current_directory(self, workspace):
        write("my_module.py", BLUR)
        output = run("inspect", "my_module:blur", "--args", "float32[:,:],float32[:,:],float32")
        assert output.startswith("blur on cpu")

    def test_a_file_may_import_its_neighbours(self, workspace):
        (workspace / "folder").mkdir()
        write("folder/neighbour.py", "FACTOR = 3")
        write("folder/mine.py", "from neighbour import FACTOR", BLUR.replace("k *", "FACTOR *"))
        assert "blur on cpu" in run("inspect", "folder/mine.py", "--args", "float32[:,:],float32[:,:],float")

    def test_a_file_named_like_a_standard_module_displaces_nothing(self, workspace):
        import random

        write("random.py", BLUR)
        assert "blur on cpu" in run("inspect", "random.py", "--args", "float32[:,:],float32[:,:],float")
        assert sys.modules["random"] is random

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            (["mine.py:blur"], r"blur\(i, j, u, out, k\) belongs to no case, so its argument types .* --args"),
            (["mine.py:blu"], r"mine.py has no kernel 'blu'; its kernels are blur$"),
            (["two.py"], r"name a kernel of two.py as two.py:KERNEL; its kernels are blur, other$"),
            (["none.py:blur"], r"there is no file none.py$"),
            (["folder/"], r"folder is a directory; name a .py file in it$"),
            (["folder/notes.txt"], r"folder/notes.txt is not a Python file: its name must end in .py$"),
            (["nowhere:blur"], r"there is no module 'nowhere' in .*; the cases are .*heat"),
            (["heet"], r"there is no module .heet. .*, and no such case; did you mean heat\? the cases are .*heat"),
            (["nowhere.at.all:blur"], r"there is no module 'nowhere.at.all' in "),
            (["jitkit.cases.heta:heat"], r"there is no module 'jitkit.cases.heta' in "),
            (["a..b:c"], r"'a..b' is neither a case \(.*heat.*\), nor a dotted module, nor a .py file$"),
            (["textwrap:dedent"], r"textwrap has no kernel 'dedent'; it has no kernels"),
            (["broken.py:k"], r"cannot import broken.py: ZeroDivisionError: division by zero \(.*broken.py, line 2\)$"),
            (["syntax.py:k"], r"cannot import syntax.py: .* \(.*syntax.py, line 1\)$"),
            (["exits.py:k"], r"cannot import exits.py: SystemExit: 3 \(.*exits.py, line 1\)$"),
            (["needs.py:k"], r"cannot import needs.py: ModuleNotFoundError: No module named 'absent_thing'"),
            (["class.py:k"], r".*@jk.kernel takes a plain function"),
            (["mine.py:blur", "--args", "float33[:]"], r"--args: there is no type 'float33'; write float "),
            (["mine.py:blur", "--args", "str"], r"--args: there is no type 'str'; write float "),
            (["mine.py:blur", "--args", "float32[3]"], r"--args: 'float32\[3\]' is not a type; write float "),
            (["mine.py:blur", "--args", "float32[]"], r"--args: 'float32\[\]': the brackets hold one colon for each"),
            (["mine.py:blur", "--args", "float32[:],"], r"--args: '' is not a type; write float "),
            (["mine.py:blur", "--args", "float,float,float"], r".*mine.py:\d+: blur: "),
            (["heat", "--cc", "9"], r".*a compute capability is written like 9.0, not '9'$"),
            (["heat", "--cc", "9.0", "--backend", "cpu"], r"--cc is the compute capability of a GPU"),
            (["heat", "--cc", "9.0", "--show", "asm"], r"--cc is the compute capability of a GPU"),
            (["heat", "--show", "ptx", "--backend", "cpu"], r"heat: there is no PTX on the cpu backend: ask with"),
            (["heat", "--show", "llvm", "--backend", "cuda"], r"heat: there is no LLVM on the cuda backend: ask with"),
            (["heat", "--backend", "python"], r"Invalid value for '--backend': 'python' is not one of 'cpu', 'cuda'"),
        ],
    )
    def test_mistakes(self, workspace, words, sentence):
        (workspace / "folder").mkdir()
        write("folder/notes.txt", "no Python")
        write("mine.py", BLUR)
        write("two.py", BLUR, BLUR.replace("def blur", "def other"))
        write("broken.py", "import jitkit\n1 / 0")
        write("syntax.py", "def f(:")
        write("exits.py", "import sys; sys.exit(3)")
        write("needs.py", "import absent_thing")
        write("class.py", "import jitkit as jk\njk.kernel(3)")
        assert re.match(sentence, refusal("inspect", *words))


class TestSignatures:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("float32[:]", [(np.ndarray, "float32", 1)]),
            (" int16[:,:] , uint8[:, :, :] ", [(np.ndarray, "int16", 2), (np.ndarray, "uint8", 3)]),
            ("float32, complex64", [(np.float32, "float32", 0), (np.complex64, "complex64", 0)]),
            ("bool[:]", [(np.ndarray, "bool", 1)]),
            ("", []),
        ],
    )
    def test_arrays_and_numpy_scalars(self, text, expected):
        values = signatures.example_values(text)
        assert [(type(value), value.dtype.name, value.ndim) for value in values] == expected

    def test_python_numbers(self):
        assert list(map(type, signatures.example_values("int, float,complex, bool"))) == [int, float, complex, bool]

    def test_arrays_are_contiguous_in_one_order_only(self):
        (array,) = signatures.example_values("float64[:,:,:]")
        assert array.flags.c_contiguous
        assert not array.flags.f_contiguous

    @pytest.mark.parametrize("text", ["object", "float32[:", "str[:]", "datetime64[:]", "list[int]", "1", "int[:;:]"])
    def test_what_is_no_type(self, text):
        with pytest.raises(Refused, match="--args: "):
            signatures.example_values(text)


class TestTargets:
    def test_a_colon_splits_only_before_a_name(self):
        assert targets.split("a.b:c") == ("a.b", "c")
        assert targets.split(r"C:\a.py:c") == (r"C:\a.py", "c")
        assert targets.split(r"C:\a.py") == (r"C:\a.py", None)
        assert targets.split("heat") == ("heat", None)

    def test_a_case_comes_before_a_module_of_its_name(self, workspace):
        write("heat.py", BLUR)
        assert targets.find_kernel("heat").kernel is cases.load("heat").kernel
        assert targets.find_kernel("heat.py").kernel.name == "blur"


class TestWarmAndCache:
    def test_kernels_are_compiled_and_kept(self, workspace, cache):
        launches = "[(blur, (8, 8), (np.ones((8, 8), d), np.ones((8, 8), d), 0.5)) for d in ('float32', 'float64')]"
        write("warmed.py", BLUR, f"JITKIT_WARM = {launches}")
        assert "holds no entries" in run("cache", "list")
        assert re.search(r"^entries +0 *$", run("cache", "info"), re.MULTILINE)

        table = " ".join(run("warm", "warmed.py").split())
        for dtype in ("float32", "float64"):
            assert f"blur u: 2-D {dtype} array, out: 2-D {dtype} array, k: float" in table

        listed = run("cache", "list")
        assert listed.count("kernel blur, backend cpu, types") == 2
        kept = len(list(cache.glob("*.jitkit")))  # with what launches need to know of the kernel, and the scheduler
        info = run("cache", "info")
        assert re.search(rf"^entries +{kept} *$", info, re.MULTILINE)
        assert re.search(r"^state +in use *$", info, re.MULTILINE)
        assert str(cache) in info.replace("\n", "")

        assert run("cache", "clear").startswith(f"removed {kept} entries from ")
        assert re.search(r"^entries +0 *$", run("cache", "info"), re.MULTILINE)
        assert list(cache.glob("*.jitkit")) == []

    def test_a_warm_kernel_is_not_run(self, workspace, cache):
        write("quiet.py", BLUR, "out = np.zeros((8, 8))\nJITKIT_WARM = [(blur, (8, 8), (np.ones((8, 8)), out, 0.5))]")
        run("warm", "quiet.py")
        assert not sys.modules["jitkit_file_quiet"].out.any()

    def test_a_case_is_compiled_for_all_its_dtypes(self):
        output = " ".join(run("warm", "saxpy").split())
        for dtype in cases.load("saxpy").dtypes:
            assert f"saxpy a: float, x: 1-D {dtype} array, y: 1-D {dtype} array" in output

    def test_the_catalogue_is_all_cases(self):
        output = run("warm", "jitkit.cases")
        rows = re.findall(r"^ (\w+) +\w+: .* [mun]?s *$", output, re.MULTILINE)
        expected = itertools.chain.from_iterable([name] * len(cases.load(name).dtypes) for name in cases.names())
        assert rows == list(expected)

    @pytest.mark.parametrize(
        ("module", "sentence"),
        [
            ("", r"mine.py does not say for which types to compile: .*JITKIT_WARM = .*; its kernels are blur$"),
            (
                "JITKIT_WARM = [blur]",
                r"mine.py: an entry of JITKIT_WARM is \(kernel, space, args\) .*, not <jitkit",
            ),
            (
                "JITKIT_WARM = blur",
                r"mine.py: an entry of JITKIT_WARM is \(kernel, space, args\) .*, not <jitkit",
            ),
            ("JITKIT_WARM = [(blur, 8, 0.5)]", r"mine.py: an entry of JITKIT_WARM is \(kernel, space, args\)"),
            (
                "JITKIT_WARM = [(blur, (8, 8), (1.0, 2.0))]",
                r"blur\(i, j, u, out, k\): missing a required argument",
            ),
            ("JITKIT_WARM = [(blur, -1, (1.0, 2.0))]", r"blur\[\.\.\.\]: an extent of the launch space is -1"),
            ("JITKIT_WARM = [(blur, (8, 8), ('a', 1, 2))]", r"blur: argument u is a str: kernels know numbers"),
        ],
    )
    def test_mistakes(self, workspace, module, sentence):
        write("mine.py", BLUR, module)
        assert re.match(sentence, refusal("warm", "mine.py"))

    def test_the_interpreter_compiles_nothing(self, monkeypatch):
        monkeypatch.setenv("JITKIT_BACKEND", "python")
        assert refusal("warm", "heat").startswith("JITKIT_BACKEND chooses the interpreter, which compiles nothing")

    def test_for_a_gpu_that_is_not_there(self, no_gpu):
        assert NO_GPU in refusal("warm", "heat", "--backend", "cuda")

    @pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
    def test_a_cache_that_others_can_write_is_not_used(self, workspace, cache):
        cache.mkdir()
        cache.chmod(0o777)
        assert "keeps nothing: " in run("cache", "info")
        for command in ("list", "clear"):
            assert re.match(r"the cache keeps nothing: .*chmod go-w", refusal("cache", command))

    def test_no_home_directory(self, monkeypatch):
        from jitkit.backends import store

        monkeypatch.setattr(store, "default_directory", lambda: None)
        assert "there is no home directory" in run("cache", "info")


class TestNumbers:
    def test_duration(self):
        texts = ["2.00 s", "75.0 s", "1.00 s", "12.3 ms", "150 us", "0.200 ns"]
        assert list(map(console.duration, (2.0, 75.0, 0.99996, 0.0123, 1.5e-4, 2e-10))) == texts

    def test_memory(self):
        texts = ["0 bytes", "1023 bytes", "1.00 KiB", "1.50 GiB"]
        assert list(map(console.memory, (0, 1023, 1 << 10, 3 << 29))) == texts

    def test_counted(self):
        texts = ["0 entries", "1 entry", "2,000 entries"]
        assert [console.counted(n, "entry", "entries") for n in (0, 1, 2000)] == texts

    def test_units_in_the_last_place(self):
        want = {"x": np.array([1.0, 2.0], np.float32)}
        got = {"x": np.nextafter(np.nextafter(want["x"], np.float32(9)), np.float32(9))}
        assert measure.largest_ulps(got, want) == 2.0
        assert measure.largest_ulps(want, want) == 0.0

    def test_largest_difference_of_unsigned_and_complex_numbers(self):
        assert measure.largest_difference({"x": np.array([1], np.uint8)}, {"x": np.array([3], np.uint8)}) == 2.0
        assert measure.largest_difference({"x": np.array([3 + 4j])}, {"x": np.array([0j])}) == 5.0

    def test_timers_call_as_often_as_they_say(self):
        calls = []
        assert len(measure.repeated(lambda: calls.append(1), 3)) == 3 == len(calls)
        assert len(measure.for_a_while(lambda: None, seconds=0.0, least=2)) == 2
        assert len(measure.for_a_while(lambda: None, seconds=1e9, most=7)) == 7
        assert measure.not_at_all(lambda: pytest.fail("called")) == []


class TestWarnings:
    def test_what_jitkit_warns_of_is_one_line(self, monkeypatch):
        import warnings

        from jitkit.errors import JitkitWarning

        @main.command(name="warns")
        def warns():
            warnings.warn("mend this", JitkitWarning, stacklevel=1)
            click.echo("done")

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("always")
                assert run("warns").splitlines() == ["Warning: mend this", "done"]
        finally:
            del main.commands["warns"]
