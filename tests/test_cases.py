"""The catalogue of cases: each reference against the kernel function in the plain interpreter."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from jitkit import cases

EVERY_CASE = [(name, dtype) for name in cases.names() for dtype in cases.load(name).dtypes]


def points(space):
    """All points of a launch space."""
    extents = space if isinstance(space, tuple) else (space,)
    return itertools.product(
        *(range(e) if isinstance(e, int) else range(e.start, e.stop, e.step or 1) for e in extents)
    )


def run_point_by_point(case, problem):
    """The oracle of the references: the user's function in the plain interpreter, with no compiler anywhere."""
    if case.kernel.group:  # its work-items wait for one another, so they cannot be called one by one
        case.launch(problem, backend="python")
        return
    for point in points(problem.space):
        case.kernel.func(*point, *problem.args)


def arrays(problem):
    return [arg for arg in problem.args if isinstance(arg, np.ndarray)]


@pytest.mark.parametrize(("name", "dtype"), EVERY_CASE)
def test_reference_agrees_with_the_kernel_function(name, dtype):
    case = cases.load(name)
    problem = case.problem("tiny", dtype=dtype)
    expected = case.reference(problem)
    run_point_by_point(case, problem)
    case.check(problem, expected)


@pytest.mark.parametrize(("name", "dtype"), EVERY_CASE)
def test_reference_keeps_the_problem_and_the_types(name, dtype):
    case = cases.load(name)
    problem = case.problem("tiny", dtype=dtype)
    before = problem.copy()
    expected = case.reference(problem)
    for kept, original in zip(arrays(problem), arrays(before), strict=True):
        np.testing.assert_array_equal(kept, original)
    assert tuple(expected) == problem.written
    for parameter, array in case.results(problem).items():
        assert (expected[parameter].dtype, expected[parameter].shape) == (array.dtype, array.shape)


@pytest.mark.parametrize(("name", "dtype"), EVERY_CASE)
def test_kernel_writes_what_the_problem_says_and_nothing_else(name, dtype):
    case = cases.load(name)
    problem = case.problem("tiny", dtype=dtype)
    before = case.arguments(problem.copy())
    run_point_by_point(case, problem)
    for parameter, after in case.arguments(problem).items():
        if isinstance(after, np.ndarray):
            assert np.array_equal(after, before[parameter]) != (parameter in problem.written), parameter


@pytest.mark.parametrize(("name", "dtype"), EVERY_CASE)
def test_floating_arrays_have_the_dtype_asked_for(name, dtype):
    problem = cases.load(name).problem("tiny", dtype=dtype)
    assert problem.dtype == dtype
    assert {array.dtype for array in arrays(problem) if array.dtype.kind == "f"} == {np.dtype(dtype)}


@pytest.mark.parametrize("name", cases.names())
def test_check_finds_a_wrong_result(name):
    case = cases.load(name)
    problem = case.problem("tiny")
    expected = case.reference(problem)
    for parameter, array in case.results(problem).items():
        array[...] = expected[parameter] + 1
    with pytest.raises(AssertionError, match=f"case '{name}'.*the reference"):
        case.check(problem, expected)


@pytest.mark.parametrize("name", cases.names())
def test_cost_counts_the_points_of_the_space(name):
    case = cases.load(name)
    problem = case.problem("tiny")
    cost = case.cost(problem)
    assert cost.points == sum(1 for _ in points(problem.space))
    assert cost.points <= 2_000
    assert cost.bytes > 0
    assert (cost.flops > 0) != (name == "transpose")  # which only moves


@pytest.mark.parametrize("name", cases.names())
def test_cost_grows_with_the_size(name):
    case = cases.load(name)
    tiny, small = (case.cost(case.problem(size)) for size in ("tiny", "small"))
    assert (small.points, small.bytes, small.flops) > (tiny.points, tiny.bytes, tiny.flops)
    assert tuple(case.sizes) == ("tiny", "small", "large")
    assert case.sizes["small"] < case.sizes["large"]


@pytest.mark.parametrize("name", cases.names())
def test_case_bears_the_name_of_its_file_and_kernel(name):
    case = cases.load(name)
    assert case.name == name == case.kernel.name
    assert case.summary
    assert case.source


def test_names_are_the_files_of_the_folder():
    stems = {path.stem for path in Path(cases.__file__).parent.glob("*.py")}
    assert {*cases.names(), *cases.primitives(), *cases.toolkit()} == stems - {"__init__", "case"}
    assert len(cases.names()) >= 13


def test_unknown_name_lists_the_names():
    with pytest.raises(ValueError, match=r"no case 'heta'.*heat.*saxpy"):
        cases.load("heta")


def test_unknown_size_and_dtype_list_the_known():
    heat = cases.load("heat")
    with pytest.raises(ValueError, match="no size 'huge'; give one of tiny, small, large"):
        heat.problem("huge")
    with pytest.raises(ValueError, match="no dtype 'int32'; give one of float32, float64"):
        heat.problem("tiny", dtype="int32")


def test_size_may_be_a_number_and_the_seed_decides_the_inputs():
    saxpy = cases.load("saxpy")
    one, same, other = (saxpy.problem(7, seed=seed).args[1] for seed in (3, 3, 4))
    assert one.shape == (7,)
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_copy_owns_its_arrays():
    problem = cases.load("heat").problem("tiny")
    copy = problem.copy()
    assert not any(np.shares_memory(a, b) for a, b in zip(arrays(problem), arrays(copy), strict=True))


def test_launch_runs_the_kernel_in_the_interpreter():
    case = cases.load("heat")
    problem = case.problem("tiny")
    expected = case.reference(problem)
    case.launch(problem, backend="python")
    case.check(problem, expected)


def test_importing_the_catalogue_does_not_import_numba():
    script = "import sys; from jitkit import cases; cases.names(); sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
