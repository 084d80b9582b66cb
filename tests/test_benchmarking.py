"""`jk.benchmark` and `jitkit bench`: what is timed is right, what is derived is right, and mistakes are refused."""

from __future__ import annotations

import importlib.util
import json
import math
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import jitkit as jk
from jitkit import cases
from jitkit.benchmarking import roofline, timing, workload
from jitkit.benchmarking.measured import Timing
from jitkit.benchmarking.result import HEADINGS, Benchmark
from jitkit.benchmarking.roofline import Roofline
from jitkit.benchmarking.run import benchmark
from jitkit.benchmarking.workload import WrongResultError
from jitkit.cli import main

MODULE = """
    import numpy as np
    import jitkit as jk

    @jk.kernel
    def blur(i, j, u, out, k):
        out[i, j] = k * u[i, j]

    @jk.kernel
    def alone(i, x):
        x[i] = 0

    def make(n):
        u = np.ones((n, n), np.float32)
        return (n, n), (u, np.zeros_like(u), 0.5)
"""
QUICK = ("--seconds", "0")


@jk.kernel
def heat(i, j, u, out, k):
    out[i, j] = u[i, j] + k * (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1] - 4 * u[i, j])


@jk.kernel
def add_one(i, x):
    x[i] += 1


@jk.kernel(group=32)
def sum_groups(i, x, sums):
    total = jk.group_reduce("add", x[i] if i < x.shape[0] else 0.0)
    if jk.local_index() == 0:
        sums[jk.group_index()] = total


def heat_in_numpy(u, out, k):
    after = u.copy()
    around = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:]
    after[1:-1, 1:-1] += k * (around - 4 * u[1:-1, 1:-1])
    return after


def make_heat(n):
    u = np.random.default_rng(0).random((n, n), dtype=np.float32)
    return (slice(1, n - 1), slice(1, n - 1)), (u, u.copy(), 0.1)


@pytest.fixture(autouse=True)
def small_ceilings(monkeypatch, tmp_path):
    """Ceilings measured in a moment."""
    monkeypatch.setattr(roofline, "L3", tmp_path / "none")
    monkeypatch.setattr(roofline, "SMALLEST", 1 << 16)
    monkeypatch.setattr(roofline, "POINTS", 64)


@pytest.fixture(scope="module")
def found():
    """A case at two sizes, on a machine of round numbers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(roofline, "measure", lambda dtype, backend: Roofline(1e9, 1e9))
        return benchmark("saxpy", sizes=["tiny", 300], seconds=0.0, backends=["python", "cpu"])


class TestTiming:
    def test_median_fastest_and_spread(self):
        found = timing.summary([1.0, 9.0, 2.0, 3.0, 4.0])
        assert (found.median, found.fastest, found.count) == (3.0, 1.0, 5)
        assert found.spread == pytest.approx((4.0 - 2.0) / 2 / 3.0)
        assert timing.summary([2.0]).spread == 0.0

    def clocked(self, monkeypatch, durations):
        """Replace the clock: each call takes the next of some durations, the last again and again."""
        clock, left = [0.0], list(durations)
        monkeypatch.setattr(timing.time, "perf_counter", lambda: clock[0])

        def call():
            clock[0] += left.pop(0) if len(left) > 1 else left[0]

        return call

    def test_steady_times_end_when_the_time_is_up(self, monkeypatch):
        found = timing.sample(self.clocked(monkeypatch, [0.25]), seconds=2.0)
        assert found == timing.Sample(0.25, 0.25, 0.0, 8)

    def test_times_that_vary_go_on_for_three_times_as_long(self, monkeypatch):
        found = timing.sample(self.clocked(monkeypatch, [0.25, 0.5] * 50), seconds=3.0)
        assert found.count == pytest.approx(9.0 / 0.375, abs=1)
        assert not timing.is_steady([1.0, 2.0] * 10)
        assert timing.is_steady([1.0, 1.001] * 10)

    def test_short_calls_are_repeated_within_a_sample(self, monkeypatch):
        found = timing.sample(self.clocked(monkeypatch, [timing.SHORTEST / 8]), seconds=0.0)
        assert found.median == pytest.approx(timing.SHORTEST / 8)
        assert found.count == timing.LEAST


class TestRoofline:
    def test_the_shortest_time_is_that_of_the_scarcer_resource(self):
        ceiling = Roofline(bandwidth=10.0, peak=100.0)
        assert ceiling.shortest(20, 50) == 2.0
        assert ceiling.shortest(20, 500) == 5.0
        assert ceiling.shortest(20, None) == 2.0

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_ceilings_are_measured(self, dtype):
        found = roofline.measure(dtype, seconds=0.0)
        assert 0 < found.bandwidth < np.inf
        assert 0 < found.peak < np.inf

    def test_kernels_compute_what_is_counted(self):
        a, b, c = np.zeros(5), np.arange(5.0), np.ones(5)
        roofline.triad[5](a, b, c, 3.0)
        np.testing.assert_array_equal(a, np.arange(5.0) + 3)
        x = np.full(3, 0.5)
        roofline.multiply_add[3](x, 2, 2.0, 1.0)
        chains = [2 * (2 * (0.5 + k) + 1) + 1 for k in range(roofline.CHAINS)]
        np.testing.assert_array_equal(x, np.full(3, sum(chains)))

    def test_arrays_do_not_fit_into_the_last_cache(self, monkeypatch, tmp_path):
        monkeypatch.setattr(roofline, "L3", tmp_path / "size")
        (tmp_path / "size").write_text("98304K\n")
        assert roofline._array_bytes() == 4 * (96 << 20) // 3
        (tmp_path / "size").write_text("4096000K\n")
        assert roofline._array_bytes() == roofline.LARGEST


class TestWorkload:
    def test_bytes_count_what_is_read_and_what_is_written(self):
        u = np.zeros((10, 10), np.float32)
        space, args = (slice(1, 9), slice(1, 9)), (u, u.copy(), 0.1)
        assert workload.of_launch(heat, "10", space, args).moved == 2 * u.nbytes
        x = np.zeros(7)
        assert workload.of_launch(add_one, "7", 7, (x,)).moved == 2 * x.nbytes
        assert workload.of_launch(add_one, "7", 7, (x,), moved=3).moved == 3

    def test_beginning_of_a_space_keeps_rows_steps_and_whole_groups(self):
        assert workload.fewer((slice(1, 1000), 100), heat, most=300) == (slice(1, 4, 1), slice(0, 100, 1))
        assert workload.fewer(slice(4, 100, 3), add_one, most=5) == slice(4, 19, 3)
        assert workload.fewer(1000, sum_groups, most=100) == slice(0, 96, 1)
        assert workload.fewer(1000, sum_groups, most=3) == slice(0, 32, 1)
        assert workload.fewer(10, add_one) == slice(0, 10, 1)

    def test_what_differs_from_the_reference_is_named(self):
        work = workload.of_launch(add_one, "4", 4, (np.zeros(4),), numpy=lambda x: x + 2)
        done = work.problem.copy()
        work.launching(done, "cpu")()
        with pytest.raises(WrongResultError, match=r"add_one on cpu: x\[0\] is .*1.0.*, and numpy has .*2.0"):
            work.check(done, "cpu")

    def test_reference_of_another_shape_or_number_is_refused(self):
        for result, sentence in ((np.ones(3), "has shape"), ((np.ones(4), np.ones(4)), "returned 2 arrays")):
            work = workload.of_launch(add_one, "4", 4, (np.zeros(4),), numpy=lambda x, result=result: result)
            with pytest.raises(WrongResultError, match=sentence):
                work.check(work.problem, "cpu")


class TestBenchmark:
    def test_case_is_timed_on_every_side(self, found):
        lines = [(line.size, line.by, line.points) for line in found.timings]
        beside = [(size, by, points) for size, points in (("tiny", 1000), ("300", 300)) for by in ("NumPy", "cpu")]
        assert lines == [("tiny", "python", 1000), *beside]
        assert all(line.seconds > 0 and line.samples > 0 for line in found.timings)

    def test_costs_are_those_of_the_case(self, found):
        line = found.timings[-1]
        assert (line.moved, line.flops) == (3 * 4 * 300, 2 * 300)
        assert line.bandwidth == 3600 / line.seconds
        assert found.of_roofline(line) == pytest.approx(3600 / 1e9 / line.seconds)

    def test_speedups_are_by_the_time_a_point(self, found):
        python, numpy, line = found.timings[0], found.timings[3], found.timings[4]
        assert found.speedup(line, "python") == pytest.approx(python.seconds / 1000 / (line.seconds / 300))
        assert found.speedup(line, "NumPy") == pytest.approx(numpy.seconds / line.seconds)
        assert found.speedup(line, "cuda") is None
        assert found.of_roofline(python) is None

    def test_it_prints_as_a_table_and_as_html(self, found):
        text, page = repr(found), found._repr_html_()
        for heading in HEADINGS:
            assert heading in text
            assert f"<th>{heading}</th>" in page
        assert text.count("\n") > 8
        assert page.count("<tr>") == 1 + len(found.timings)
        assert "1.00 GB/s by a triad" in text

    def test_it_is_text_in_a_notebook_too(self, found, monkeypatch):
        monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
        monkeypatch.setenv("FORCE_COLOR", "1")
        assert repr(found).startswith("saxpy, float32\n")

    def test_it_is_plain_data_too(self, found):
        data = json.loads(json.dumps(found.as_dict()))
        assert data["name"] == "saxpy"
        assert [line["by"] for line in data["timings"]] == [line.by for line in found.timings]
        assert data["timings"][-1]["over_numpy"] == found.speedup(found.timings[-1], "NumPy")

    def test_kernel_over_sizes_beside_numpy(self):
        steps = []
        found = benchmark(
            heat,
            make=make_heat,
            sizes=[8, 40],
            numpy=heat_in_numpy,
            flops=7,
            seconds=0.0,
            backends=["python", "cpu"],
            progress=lambda *step: steps.append(step),
        )
        lines = [(line.size, line.by, line.points) for line in found.timings]
        assert lines == [
            ("part", "python", 36),
            ("8", "NumPy", 36),
            ("8", "cpu", 36),
            ("40", "NumPy", 38 * 38),
            ("40", "cpu", 38 * 38),
        ]
        assert found.timings[-1].flops == 7 * 38 * 38
        assert [done for done, _, _ in steps] == list(range(7))
        assert {total for _, total, _ in steps} == {6}

    def test_arguments_stay_untouched(self):
        x = np.zeros(50)
        found = benchmark(add_one, x, space=50, seconds=0.0)
        assert not x.any()
        assert [line.by for line in found.timings][:2] == ["python", "cpu"]

    def test_group_kernel_is_timed(self):
        found = benchmark(sum_groups, np.ones(100), np.zeros(4), space=100, seconds=0.0, backends=["cpu"])
        assert found.timings[0].points == 100

    def test_wrong_kernel_is_not_timed(self, monkeypatch):
        with pytest.raises(WrongResultError, match="add_one"):
            benchmark(add_one, np.zeros(4), space=4, numpy=lambda x: x, seconds=0.0, backends=["cpu"])

    def test_wrong_case_is_not_timed(self, monkeypatch):
        case = cases.load("saxpy")
        wrong = lambda problem: {"y": np.full_like(problem.args[2], 7)}  # noqa: E731
        monkeypatch.setitem(case.__dict__, "reference", wrong)
        with pytest.raises(WrongResultError, match="case 'saxpy': cpu gave y"):
            benchmark(case, sizes=["tiny"], seconds=0.0, backends=["cpu"])

    @pytest.mark.parametrize(
        ("call", "error", "sentence"),
        [
            (lambda: benchmark(add_one, np.ones(3)), jk.LaunchError, "launched over a space"),
            (lambda: benchmark(heat, make=make_heat), jk.LaunchError, r"takes sizes="),
            (lambda: benchmark("saxpy", space=3), jk.LaunchError, "brings its own arguments"),
            (lambda: benchmark(print), jk.KernelTypeError, "takes a kernel, a case or the name"),
            (lambda: benchmark("saxpi"), ValueError, "there is no case 'saxpi'"),
            (lambda: benchmark("saxpy", backends=["gpu"]), jk.BackendError, "gpu"),
            (lambda: benchmark("saxpy", backends="cpu"), jk.KernelTypeError, r"write backends=\['cpu'\]"),
            (lambda: benchmark("saxpy", backends=[]), jk.LaunchError, "backends is empty"),
            (lambda: benchmark("saxpy", sizes="tiny"), jk.KernelTypeError, r"write sizes=\['tiny'\]"),
            (lambda: benchmark("saxpy", sizes=[2.5]), ValueError, "an int of at least 1, or a name, not 2.5"),
            (lambda: benchmark("saxpy", sizes=[0]), ValueError, "an int of at least 1"),
            (lambda: benchmark("saxpy", seconds=math.nan), jk.LaunchError, "seconds is 0 or more, and finite, not nan"),
            (lambda: benchmark("saxpy", seconds="long"), jk.KernelTypeError, "seconds is a number"),
            (lambda: benchmark("saxpy", progress=3), jk.KernelTypeError, r"called as progress\(done, total, text\)"),
            (lambda: benchmark(add_one, space=3), jk.LaunchError, r"add_one\(i, x\): missing a required argument: 'x'"),
            (lambda: benchmark(add_one, np.ones(3), 2, space=3), jk.LaunchError, "too many positional arguments"),
            (lambda: benchmark(add_one, np.ones(3), space=0), jk.LaunchError, "add_one has no points to time"),
            (lambda: benchmark(add_one, np.ones(3), space=3, sizes=[3]), jk.LaunchError, "sizes of add_one need make="),
            (lambda: benchmark(add_one, np.ones(3), space=3, dtype="int8"), jk.LaunchError, "dtype is for cases"),
            (lambda: benchmark(add_one, np.ones(3), space=3, flops="7"), jk.KernelTypeError, "flops is a number"),
            (lambda: benchmark(add_one, np.ones(3), space=3, moved=-1), jk.LaunchError, "moved is 0 or more"),
            (lambda: benchmark(add_one, np.ones(3), space=3, numpy=7), jk.KernelTypeError, "numpy is a function"),
            (lambda: benchmark(add_one, make=7, sizes=[3]), jk.KernelTypeError, r"called as make\(size\), not 7"),
            (
                lambda: benchmark(add_one, make=lambda n: n, sizes=[3]),
                jk.KernelTypeError,
                r"make\(3\) returns the space",
            ),
        ],
    )
    def test_mistakes_are_refused(self, call, error, sentence):
        with pytest.raises(error, match=sentence):
            call()

    def test_pictures_are_drawn(self, found, tmp_path):
        pytest.importorskip("matplotlib")
        found.plot(tmp_path / "a.png")
        assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
        line = Timing("9", "cpu", 9, 9, None, 1.0, 0.0, 1, 1.0)
        Benchmark("k", "float32", {"processor": "abacus"}, (line,), {}).plot(tmp_path / "b.svg")
        assert (tmp_path / "b.svg").stat().st_size > 1000


def run(*words, code=0):
    """Run `jitkit bench` in this process."""
    result = CliRunner().invoke(main, ["bench", *words], prog_name="jitkit", env={"COLUMNS": "80"})
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def module(tmp_path):
    """A function that writes a module of the user's and returns its path."""

    def write(rest):
        path = tmp_path / "kernels_of_mine.py"
        path.write_text(textwrap.dedent(MODULE) + textwrap.dedent(rest))
        return str(path)

    return write


class TestCommand:
    def test_table_of_a_case_fits_a_terminal(self):
        output = run("saxpy", "--size", "tiny", "--size", "300", "--backend", "cpu", *QUICK)
        assert max(map(len, output.splitlines()[:-1])) <= 80
        rows = [line.split()[:2] for line in output.splitlines()]
        assert [row for row in rows if row[1:] in (["NumPy"], ["cpu"])] == [
            [size, by] for size in ("tiny", "300") for by in ("NumPy", "cpu")
        ]

    def test_json_is_json(self):
        data = json.loads(run("saxpy", "--size", "300", "--backend", "cpu", "--json", "--dtype", "float64", *QUICK))
        assert data["dtype"] == "float64"
        assert data["timings"][-1]["points"] == 300
        assert not math.isnan(data["timings"][-1]["seconds"])

    def test_kernel_of_the_users_own(self, module):
        path = module('JITKIT_BENCH = {"blur": {"make": make, "sizes": [4, 9], "numpy": lambda u, out, k: k * u}}')
        output = run(f"{path}:blur", "--backend", "cpu", "--size", "7", *QUICK)
        assert output.startswith("blur, float32")
        assert [line.split()[0] for line in output.splitlines() if " cpu " in line] == ["7"]

    def test_launches_to_warm_will_do(self, module):
        path = module("JITKIT_WARM = [(alone, 6, (np.ones(6),))]")
        data = json.loads(run(f"{path}:alone", "--json", *QUICK))
        assert [(line["by"], line["points"]) for line in data["timings"]][:2] == [("python", 6), ("cpu", 6)]

    def test_wrong_reference_fails(self, module):
        path = module('JITKIT_BENCH = {"blur": {"make": make, "sizes": [4], "numpy": lambda u, out, k: u}}')
        assert "numpy has" in run(f"{path}:blur", *QUICK, code=1)

    @pytest.mark.parametrize(
        ("rest", "words", "sentence"),
        [
            ("", ["blur"], "does not say with which arguments to launch blur"),
            ("JITKIT_BENCH = {'blur': {'maker': make}}", ["blur"], "unknown maker; known: args, flops, make"),
            ("JITKIT_WARM = [(alone, 6, (np.ones(6),))]", ["alone", "--size", "9"], "--size needs a function"),
            ("JITKIT_WARM = [(alone, 6, (np.ones(6),))]", ["alone", "--dtype", "int8"], "--dtype is for cases"),
        ],
    )
    def test_what_cannot_be_launched_is_refused(self, module, rest, words, sentence):
        name, *options = words
        output = run(f"{module(rest)}:{name}", *options, *QUICK, code=2)
        assert sentence in " ".join(output.split())

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ("@jk.kernel\ndef odd(i, x): x[i] = 1 // 0", "modulo by zero, in kernel odd at point (0,)"),
            ("@jk.kernel\ndef odd(i, x): x[i] = 0\ndef prepare(n): return n, (np.zeros(-n),)", "negative dimensions"),
        ],
    )
    def test_what_the_users_code_raises_is_one_sentence_with_its_line(self, module, wrong, sentence):
        prepare = "def prepare(n): return n, (np.zeros(n),)"
        path = module(f"{prepare}\n{wrong}\nJITKIT_BENCH = {{'odd': {{'make': prepare, 'sizes': [3]}}}}")
        output = run(f"{path}:odd", *QUICK, code=2)
        assert output.startswith("Error: odd: ")
        assert sentence in output
        line = Path(path).read_text().splitlines().index(wrong.splitlines()[-1]) + 1
        assert output.endswith(f"({path}, line {line})\n")

    def test_entry_that_is_no_dict_is_refused(self, module):
        output = run(f"{module('JITKIT_BENCH = [alone]')}:alone", *QUICK, code=2)
        assert "{'make': function, 'sizes': [...]}} says how to launch alone" in output

    def test_narrow_terminal_gets_blocks_in_which_nothing_is_cut(self):
        words = ["bench", "saxpy", "--size", "tiny", "--backend", "cpu", *QUICK]
        output = CliRunner().invoke(main, words, env={"COLUMNS": "40"}).output
        blocks = [line.split(None, 1) for line in output.splitlines()]
        assert any([cell.strip() for cell in block] == ["by", "cpu"] for block in blocks)
        assert any(block[0] == "roofline" and block[1].strip().endswith("%") for block in blocks if block)

    def test_broken_matplotlib_is_said(self, tmp_path, monkeypatch):
        pytest.importorskip("matplotlib")
        monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
        assert "cannot be imported" in run("saxpy", "--plot", str(tmp_path / "a.png"), code=2)

    def test_full_disk_is_one_sentence(self):
        if not Path("/dev/full").exists():
            pytest.skip("no device here is always full")
        with open("/dev/full", "w") as full:
            command = [sys.executable, "-m", "jitkit", "list"]
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert done.stderr == "Error: the output cannot be written: No space left on device\n"

    @pytest.mark.parametrize("words", [["--size", "huge"], ["--dtype", "int3"], ["--size", "-4"]])
    def test_sizes_and_dtypes_that_cannot_be_are_refused(self, words):
        assert "case 'heat'" in run("heat", *words, code=2)

    def test_picture_is_refused_before_anything_is_timed(self, tmp_path, monkeypatch):
        find = importlib.util.find_spec
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name, *rest: None if name == "matplotlib" else find(name, *rest)
        )
        assert "needs matplotlib" in run("saxpy", "--plot", str(tmp_path / "a.png"), code=2)

    def test_picture_is_drawn(self, tmp_path):
        pytest.importorskip("matplotlib")
        path = tmp_path / "a.png"
        run("saxpy", "--size", "tiny", "--backend", "cpu", "--plot", str(path), *QUICK)
        assert path.read_bytes().startswith(b"\x89PNG")
